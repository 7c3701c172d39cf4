"""Parameter expressions evaluated for all rows at once.

Binding a Qiskit expression row by row costs microseconds a value, which for small circuits is as
much as the simulation. Here an expression runs once, with NumPy columns in place of numbers.
"""

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

__all__ = ["derivatives", "evaluate", "expression_key"]

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
    columns = {parameter: values[:, k] for k, parameter in enumerate(parameters)}
    result = np.empty((len(values), len(expressions)))
    for k, expression in enumerate(expressions):
        with np.errstate(all="ignore"):  # reported below
            column = np.broadcast_to(_evaluate_one(expression, columns), len(values))
        bad = np.flatnonzero(~np.isfinite(column) | (np.abs(np.imag(column)) > 1e-12))
        if bad.size:
            raise ValueError(
                f"The circuit parameter expression {expression} is {column[bad[0]]} for row "
                f"{bad[0]}, not a finite real number; scale or shift the features it depends on."
            )
        result[:, k] = np.real(column)
    return result


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


def derivatives(expression, parameters, values):
    """Yield (parameter, derivative of the expression for every row) for its parameters."""
    for parameter in expression.parameters:
        slope = expression.gradient(parameter)
        if isinstance(slope, ParameterExpression) and slope.parameters:
            slope = evaluate([slope], parameters, values)[:, 0]
        else:
            slope = np.full(len(values), float(slope))
        yield parameter, slope


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
        except (KeyError, IndexError):
            pass  # an operation this table does not know: bind row by row, slow and sure
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


def _bind_rows(expression, columns):
    own = list(expression.parameters)
    rows = zip(*(columns[parameter] for parameter in own), strict=True)
    return np.array([_bind(expression, dict(zip(own, row, strict=True))) for row in rows])


def _bind(expression, values):
    try:
        return complex(expression.bind(values).numeric())
    except (ArithmeticError, RuntimeError):  # what Qiskit makes of infinities
        return complex(np.nan)
