"""Expressions in postfix order, evaluated and differentiated on columns of numbers."""

import numpy as np
from qiskit.circuit import Parameter

__all__ = ["ROUNDING", "replay", "slopes_of"]

# How far rounding may carry a number off the real line, or out of the domain of a function.
ROUNDING = 1e-12


def _within(low, high, function):
    """Apply a function to a column that rounding has carried out of its domain."""

    def clipped(a):
        if not np.iscomplexobj(a):
            near = (a > low - ROUNDING) & (a < high + ROUNDING)
            a = np.where(near, np.clip(a, low, high), a)
        return function(a)

    return clipped


def _power(a, b):
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return np.power(a, b)
    a_root = (a < 0) & (a > -ROUNDING) & (b != np.rint(b))
    return np.power(np.where(a_root, 0.0, a), b)


# What the operations of `_postfix` do to columns.
_BINARY = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "POW": _power,
}
_UNARY = {
    "SIN": np.sin,
    "COS": np.cos,
    "TAN": np.tan,
    "ASIN": _within(-1.0, 1.0, np.arcsin),
    "ACOS": _within(-1.0, 1.0, np.arccos),
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
    "ASIN": _within(-1.0, 1.0, lambda a: 1 / np.sqrt(1 - a**2)),
    "ACOS": _within(-1.0, 1.0, lambda a: -1 / np.sqrt(1 - a**2)),
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
    "POW": lambda a, b: (b * _power(a, b - 1), _power(a, b) * np.log(a)),
}


def replay(tokens, operands):
    """Evaluate expressions of one form on arrays, one for each place of a parameter."""
    stack = []
    operands = iter(operands)
    for token in tokens:
        if isinstance(token, Parameter):
            stack.append(next(operands))
        elif not isinstance(token, str):
            stack.append(token + 0.0)
        elif token in _UNARY:
            stack.append(_UNARY[token](stack.pop()))
        else:
            right = stack.pop()
            stack.append(_BINARY[token](stack.pop(), right))
    (column,) = stack
    return column


def slopes_of(tokens, columns, wanted):
    """Return the derivatives of an expression in postfix order, by parameter.

    Qiskit's own ``gradient`` leaves out the inner derivative of a power before 2.6.
    """
    stack = []
    with np.errstate(all="ignore"):  # the caller looks at what came of it
        for token in tokens:
            if isinstance(token, Parameter):
                stack.append((columns[token], {token: 1.0} if token in wanted else {}))
                continue
            if not isinstance(token, str):
                stack.append((token + 0.0, {}))
                continue
            if token in _UNARY:
                value, inner = stack.pop()
                outer = [(_UNARY_SLOPES[token](value) if inner else 0.0, inner)]
                result = _UNARY[token](value)
            else:
                right, inner_right = stack.pop()
                left, inner_left = stack.pop()
                by_left, by_right = _BINARY_SLOPES[token](left, right)
                outer = [(by_left, inner_left), (by_right, inner_right)]
                result = _BINARY[token](left, right)
            slopes = {}
            for factor, inner in outer:
                for parameter, slope in inner.items():
                    slopes[parameter] = slopes.get(parameter, 0.0) + factor * slope
            stack.append((result, slopes))
    ((_, slopes),) = stack
    return slopes
