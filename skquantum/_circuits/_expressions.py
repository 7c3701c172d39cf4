"""Parameter expressions evaluated for all rows at once.

Binding a Qiskit expression row by row costs microseconds a value, which for small circuits is as
much as the simulation. Here an expression runs once, with NumPy columns in place of numbers.
"""

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

__all__ = ["Expressions", "evaluate", "expression_key"]

# Operation names of Qiskit's expression records, with what they do to columns.
_BINARY = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "POW": np.power,
    "RSUB": lambda a, b: np.subtract(b, a),
    "RDIV": lambda a, b: np.divide(b, a),
    "RPOW": lambda a, b: np.power(b, a),
}
_UNARY = {
    "SIN": np.sin,
    "COS": np.cos,
    "TAN": np.tan,
    "ASIN": np.arcsin,
    "ACOS": np.arccos,
    "ATAN": np.arctan,
    "EXP": np.exp,
    "LOG": np.log,
    "ABS": np.abs,
    "SIGN": np.sign,
    "CONJ": np.conj,
}


# Derivatives: of a function of one operand; of one of two, with respect to both.
_UNARY_SLOPES = {
    "SIN": np.cos,
    "COS": lambda a: -np.sin(a),
    "TAN": lambda a: 1 / np.cos(a) ** 2,
    "ASIN": lambda a: 1 / np.sqrt(1 - a**2),
    "ACOS": lambda a: -1 / np.sqrt(1 - a**2),
    "ATAN": lambda a: 1 / (1 + a**2),
    "EXP": np.exp,
    "LOG": lambda a: 1 / a,
    "ABS": np.sign,
    "SIGN": lambda a: 0.0 * a,
    "CONJ": lambda a: 1.0 + 0.0 * a,
}
_BINARY_SLOPES = {
    "ADD": lambda a, b: (1.0, 1.0),
    "SUB": lambda a, b: (1.0, -1.0),
    "MUL": lambda a, b: (b, a),
    "DIV": lambda a, b: (1 / b, -a / b**2),
    "POW": lambda a, b: (b * np.power(a, b - 1), np.power(a, b) * np.log(a)),
    "RSUB": lambda a, b: (-1.0, 1.0),
    "RDIV": lambda a, b: (-b / a**2, 1 / a),
    "RPOW": lambda a, b: (np.power(b, a) * np.log(b), a * np.power(b, a - 1)),
}


def evaluate(expressions, parameters, values):
    """Evaluate parameter expressions for every row of parameter values.

    Parameters
    ----------
    expressions : sequence of ParameterExpression
        What to evaluate.
    parameters : sequence of Parameter
        The free parameters, in the order of the columns of `values`.
    values : ndarray of shape (n_rows, n_parameters)
        Parameter values, in the units the expressions expect (radians for angles).

    Returns
    -------
    ndarray of shape (n_rows, n_expressions)
        Real values.

    Raises
    ------
    ValueError
        If an expression is not finite, or not real, for one of the rows.
    """
    return Expressions(expressions, parameters).values(values)


class Expressions:
    """Parameter expressions, prepared to be evaluated again and again.

    Products of a number and at most two parameters, which nearly all are, take a few array
    operations together; the others one by one.

    Parameters
    ----------
    expressions : sequence of ParameterExpression
        What to evaluate.
    parameters : sequence of Parameter
        The free parameters, in the order of the columns of the values.
    """

    def __init__(self, expressions, parameters):
        self._expressions = list(expressions)
        self._parameters = tuple(parameters)
        number = {parameter: k for k, parameter in enumerate(parameters)}
        products = [_as_product(expression, number) for expression in self._expressions]
        self._fast = [k for k, product in enumerate(products) if product is not None]
        self._slow = [k for k, product in enumerate(products) if product is None]
        found = [products[k] for k in self._fast]
        self._factors = np.array([factor for factor, _ in found])
        # the number behind the last parameter means 1
        both = [(*numbers, *[len(parameters)] * (2 - len(numbers))) for _, numbers in found]
        self._left, self._right = np.array(both, dtype=int).reshape(-1, 2).T

    def values(self, values):
        """Return the values of the expressions; arguments and errors are those of `evaluate`."""
        result = np.empty((len(values), len(self._expressions)))
        padded = _with_ones(values)
        with np.errstate(all="ignore"):  # reported below
            products = self._factors * padded[:, self._left] * padded[:, self._right]
        result[:, self._fast] = products
        columns = dict(zip(self._parameters, values.T, strict=True)) if self._slow else {}
        for k in self._slow:
            with np.errstate(all="ignore"):  # reported below
                column = np.broadcast_to(_evaluate_one(self._expressions[k], columns), len(values))
            self._check(k, column)
            result[:, k] = np.real(column)
        if not np.isfinite(products).all():
            for k in self._fast:
                self._check(k, result[:, k])
        return result

    def _check(self, k, column, what=""):
        bad = np.flatnonzero(~np.isfinite(column) | (np.abs(np.imag(column)) > 1e-12))
        if bad.size:
            raise ValueError(
                f"The {what}circuit parameter expression {self._expressions[k]} is "
                f"{column[bad[0]]} for row {bad[0]}, not a finite real number; scale or "
                "shift the features it depends on."
            )

    def pull_back(self, values, gradient, wrt):
        """Apply the chain rule from expressions to parameters.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values.
        gradient : ndarray of shape (n_rows, n_expressions)
            Derivatives with respect to the expressions.
        wrt : sequence of int
            Numbers of the parameters to differentiate with respect to.

        Returns
        -------
        ndarray of shape (n_rows, len(wrt))
            Derivatives with respect to the parameters.
        """
        place = np.full(len(self._parameters) + 1, -1)
        place[list(wrt)] = np.arange(len(wrt))
        result = np.zeros((len(values), len(wrt)))
        padded = _with_ones(values)
        scaled = gradient[:, self._fast] * self._factors
        for one, other in ((self._left, self._right), (self._right, self._left)):
            (used,) = np.nonzero(place[one] >= 0)
            to = np.zeros((len(used), len(wrt)))
            to[np.arange(len(used)), place[one[used]]] = 1.0
            result += (scaled[:, used] * padded[:, other[used]]) @ to
        columns = dict(zip(self._parameters, values.T, strict=True)) if self._slow else {}
        for k in self._slow:
            if {self._parameters[number] for number in wrt}.isdisjoint(
                self._expressions[k].parameters
            ):
                continue
            slopes = _slopes(self._expressions[k], columns)
            for number, parameter in enumerate(self._parameters):
                if place[number] >= 0 and parameter in slopes:
                    self._check(k, np.broadcast_to(slopes[parameter], len(values)), "slope of ")
                    result[:, place[number]] += gradient[:, k] * np.real(slopes[parameter])
        return result


def _with_ones(values):
    return np.hstack([values, np.ones((len(values), 1))])


def _as_product(expression, number):
    """Return (factor, numbers of at most two parameters) if an expression is their product."""
    if not isinstance(expression, ParameterExpression):
        return float(expression), ()
    symbol = _as_symbol(expression)
    if symbol is not None:
        return 1.0, (number[symbol],)
    if not expression.parameters:  # what is left of 0 * x
        value = expression.numeric()
        return None if isinstance(value, complex) else (float(value), ())
    records = getattr(expression, "_qpy_replay", None)
    if not records:
        return None
    stack = []

    def operand(value):
        if value is None:
            return stack.pop()
        return (1.0, (number[value],)) if isinstance(value, Parameter) else (value, ())

    for record in records:
        name = str(record.op).rsplit(".", maxsplit=1)[-1]
        if name not in ("MUL", "DIV"):
            return None
        (right, below), (left, above) = operand(record.rhs), operand(record.lhs)
        if name == "DIV" and (below or right == 0):
            return None
        stack.append((left * right if name == "MUL" else left / right, above + below))
    ((factor, numbers),) = stack
    if len(numbers) > 2 or isinstance(factor, complex) or not np.isfinite(factor):
        return None
    return float(factor), numbers


def expression_key(expression):
    """Return something hashable that is equal for equal expressions only.

    Neither the text, in which a parameter named "a + b" looks like a sum, nor Qiskit's hash,
    which fails for some expressions, will do.
    """
    symbol = _as_symbol(expression)
    if symbol is not None:
        return symbol
    records = getattr(expression, "_qpy_replay", None)
    if records is None:
        return str(expression), frozenset(expression.parameters)
    return tuple((str(record.op), record.lhs, record.rhs) for record in records)


def _as_symbol(expression):
    """Return the parameter that an expression is nothing but, or None."""
    if isinstance(expression, Parameter):
        return expression
    if getattr(expression, "_qpy_replay", None) == [] and len(expression.parameters) == 1:
        return next(iter(expression.parameters))  # what is left of 1 * x, for instance
    return None


def _evaluate_one(expression, columns):
    symbol = _as_symbol(expression)
    if symbol is not None:
        return columns[symbol]
    if not expression.parameters:
        return expression.numeric()
    records = getattr(expression, "_qpy_replay", None)
    if records is not None:
        try:
            return _replay(records, columns)
        except (KeyError, IndexError, ValueError):
            pass  # an operation or a record this does not know: bind row by row, slow and sure
    return _bind_rows(expression, columns)


def _replay(records, columns):
    """Run the record of operations that built an expression, as Qiskit's own serialiser does.

    Operands that are None are taken from a stack of intermediate results.
    """
    stack = []

    def operand(value):
        if value is None:
            return stack.pop()
        return columns[value] if isinstance(value, Parameter) else value + 0.0

    for record in records:
        name = str(record.op).rsplit(".", maxsplit=1)[-1]
        if name in _UNARY:
            stack.append(_UNARY[name](operand(record.lhs)))
        else:
            function = _BINARY[name]
            right = operand(record.rhs)
            left = operand(record.lhs)
            stack.append(function(left, right))
    (column,) = stack
    return column


def _slopes(expression, columns):
    """Return the derivatives of an expression with respect to its parameters, by parameter.

    Qiskit's own ``gradient`` leaves out the inner derivative of a power before 2.6.
    """
    records = getattr(expression, "_qpy_replay", None)
    stack = []

    def operand(value):
        if value is None:
            return stack.pop()
        if isinstance(value, Parameter):
            return columns[value], {value: 1.0}
        return value + 0.0, {}

    with np.errstate(all="ignore"):  # the caller looks at what came of it
        for record in records:
            name = str(record.op).rsplit(".", maxsplit=1)[-1]
            if name in _UNARY:
                value, inner = operand(record.lhs)
                outer = [(_UNARY_SLOPES[name](value) if inner else 0.0, inner)]
                result = _UNARY[name](value)
            else:
                right, inner_right = operand(record.rhs)
                left, inner_left = operand(record.lhs)
                by_left, by_right = _BINARY_SLOPES[name](left, right)
                outer = [(by_left, inner_left), (by_right, inner_right)]
                result = _BINARY[name](left, right)
            slopes = {}
            for factor, inner in outer:
                for parameter, slope in inner.items():
                    slopes[parameter] = slopes.get(parameter, 0.0) + factor * slope
            stack.append((result, slopes))
    ((_, slopes),) = stack
    return slopes


def _bind_rows(expression, columns):
    own = list(expression.parameters)
    rows = zip(*(columns[parameter] for parameter in own), strict=True)
    return np.array([_bind(expression, dict(zip(own, row, strict=True))) for row in rows])


def _bind(expression, values):
    try:
        return complex(expression.bind(values).numeric())
    except (ArithmeticError, RuntimeError):  # what Qiskit makes of infinities
        return complex(np.nan)
