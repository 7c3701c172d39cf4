"""Parameter expressions in postfix order, read from what each version of Qiskit records.

Qiskit has no public way into an expression but binding numbers to it, which is slow, and wrong in
some versions; its serialiser goes by the same records.
"""

import re
from functools import lru_cache

import numpy as np
import qiskit
from qiskit.circuit import Parameter, ParameterExpression

__all__ = ["BINARY", "UNARY", "bind_rows", "expression_key", "postfix"]

# Names of operations, as Qiskit calls them.
UNARY = frozenset("SIN COS TAN ASIN ACOS ATAN EXP LOG ABS SIGN CONJ".split())
BINARY = frozenset("ADD SUB MUL DIV POW".split())
_NUMBERS = (int, float, complex)
_REFLECTED = {"RSUB": "SUB", "RDIV": "DIV", "RPOW": "POW"}

_QISKIT = tuple(map(int, re.findall(r"\d+", qiskit.__version__)[:3]))
# These versions add a ** n and b ** n to (a + b) ** n where a and b are numbers: when they bind
# values, and from 2.2 on already in what they record.
_BINDS_WRONGLY = (2, 1) <= _QISKIT < (2, 5, 2)
_RECORDS_WRONGLY = (2, 2) <= _QISKIT < (2, 5, 2)


def expression_key(expression):
    """Return something hashable that is equal for equal expressions only.

    Neither the text, in which a parameter named "a + b" looks like a sum, nor Qiskit's hash,
    which fails for some expressions, will do.
    """
    return postfix(expression) or (str(expression), frozenset(expression.parameters))


def postfix(expression):
    """Return an expression as numbers, parameters and names of operations in postfix order.

    None stands for an expression that holds an operation which is not known here.
    """
    try:
        return tuple(_tokens(expression))
    except LookupError:
        return None


def _tokens(expression):
    """Read Qiskit's record of the operations that make an expression, as its serialiser does.

    Operands that are None are the results of earlier steps. Up to Qiskit 2.1, the record tells how
    the expression was written: operands may be expressions, and substitutions are steps as well.
    Later versions make the record from the simplified expression; up to 2.5, with steps that work
    out bound numbers, which later steps hold as numbers and do not take from here.
    """
    if not isinstance(expression, ParameterExpression) or isinstance(expression, Parameter):
        return [expression]
    own = list(expression.parameters)
    if not own:
        return [expression.numeric()]
    if hasattr(expression, "is_symbol") and expression.is_symbol():  # 1 * x + 0 * y, for instance
        return [own[int(expression.bind({x: k for k, x in enumerate(own)}).numeric())]]
    records = getattr(expression, "_qpy_replay", None)
    if records == []:  # what Qiskit 2.2 leaves of 0 * x
        return [expression.bind(dict.fromkeys(own, 1.0)).numeric()]
    stack, constant = [], None  # a constant is taken where nothing else is left: 1 of 0 * x + 1

    def taken(value):
        if value is None:
            return stack.pop() if stack else constant
        return [value] if type(value) in _NUMBERS else _tokens(value)

    for record in records or [None]:
        name = _operation(record)
        if name == "SUBSTITUTE":
            stack.append(_substituted(stack.pop(), record.binds))
            continue
        if name not in UNARY and _REFLECTED.get(name, name) not in BINARY:
            raise LookupError(name)
        operands = (record.lhs,) if name in UNARY else (record.rhs, record.lhs)
        last, *first = map(taken, operands)
        if name in _REFLECTED:
            name, last, first = _REFLECTED[name], first[0], [last]
        if name == "POW" and _RECORDS_WRONGLY:
            _check_base(expression, first[0])
        tokens = first[0] if first else []
        tokens += last
        tokens.append(name)
        if all(type(value) in _NUMBERS for value in operands):
            constant = tokens
        else:
            stack.append(tokens)
    (tokens,) = stack
    return tokens


def _substituted(tokens, expressions):
    return [
        new
        for token in tokens
        for new in (_tokens(expressions[token]) if token in expressions else [token])
    ]


def _operation(record):
    """Return the name of a recorded operation."""
    return _name_of(getattr(record, "op", None))


@lru_cache
def _name_of(op):
    """Return the name of a member of Python's enumeration or of Rust's."""
    return getattr(op, "name", None) or str(op).rsplit(".", maxsplit=1)[-1]


def _check_base(expression, base):
    if not any(isinstance(token, Parameter) for token in base):
        raise ValueError(
            f"The circuit parameter expression {expression} holds a power of a number, in which "
            f"Qiskit {qiskit.__version__} may have merged several into a wrong one (2**x + 3**x "
            "becomes 5**x); write (x * log(2)).exp(), bind numbers to powers yourself, or use "
            "Qiskit 2.5.2 or newer."
        )


def bind_rows(expression, columns):
    """Evaluate an expression by Qiskit, row by row: slow, but it knows every operation."""
    if _BINDS_WRONGLY:
        raise ValueError(
            f"The circuit parameter expression {expression} holds an operation that only Qiskit "
            f"can evaluate, and Qiskit {qiskit.__version__} makes mistakes in that; write it out "
            "(derivatives, for instance), or use Qiskit 2.5.2 or newer."
        )
    own = list(expression.parameters)
    rows = zip(*(columns[parameter] for parameter in own), strict=True)
    return np.array([_bind(expression, dict(zip(own, row, strict=True))) for row in rows])


def _bind(expression, values):
    try:
        return complex(expression.bind(values).numeric())
    except (ArithmeticError, RuntimeError):  # what Qiskit makes of infinities
        return complex(np.nan)
