"""Parameter expressions evaluated for all rows at once.

Binding a Qiskit expression row by row costs microseconds a value, which for small circuits is as
much as the simulation. Here an expression runs once, with NumPy columns in place of numbers.
"""

import numpy as np

__all__ = ["evaluate"]

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
        with np.errstate(all="ignore"):  # reported below, with the row
            column = _evaluate_one(expression, columns)
        bad = ~np.isfinite(column) | (np.abs(np.imag(column)) > 1e-12)
        if bad.any():
            row = int(np.flatnonzero(np.broadcast_to(bad, len(values)))[0])
            value = np.broadcast_to(column, len(values))[row]
            raise ValueError(
                f"The circuit parameter expression {expression} is {value} for row {row}, not a "
                "finite real number; scale or shift the features it depends on."
            )
        result[:, k] = np.real(column)
    return result


def _evaluate_one(expression, columns):
    if expression in columns:
        return columns[expression]
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
        return columns[value] if value in columns else value + 0.0

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
    bound = (expression.bind(dict(zip(own, row, strict=True))) for row in rows)
    return np.array([complex(value.numeric()) for value in bound])
