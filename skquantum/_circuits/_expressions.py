"""Parameter expressions evaluated for all rows at once.

Binding a Qiskit expression row by row costs microseconds a value, which for small circuits is as
much as the simulation. Here an expression runs once, with NumPy columns in place of numbers.
"""

import numpy as np
from qiskit.circuit import Parameter

from skquantum._circuits._postfix import bind_rows, postfix
from skquantum._circuits._replay import ROUNDING, replay, slopes_of
from skquantum.exceptions import RowError

__all__ = ["Expressions", "check_rows", "evaluate"]

# How many values `check_rows` computes at once.
_CHECKED_TOGETHER = 2**20


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


def check_rows(expressions, parameters, values):
    """Refuse rows of data that circuit parameter expressions cannot take.

    Meant to be called with all rows before the first batch of them runs, so that the error names
    the row of the data.

    Parameters
    ----------
    expressions : sequence of ParameterExpression
        Expressions of a circuit; those that depend on anything but `parameters`, such as
        weights, are left out.
    parameters : sequence of Parameter
        The parameters that the columns of `values` belong to.
    values : ndarray of shape (n_rows, n_parameters)
        Parameter values.

    Raises
    ------
    ValueError
        If an expression is not finite, or not real, for one of the rows.
    """
    known = set(parameters)
    expressions = [
        expression
        for expression in expressions
        if known.issuperset(getattr(expression, "parameters", ()))
    ]
    prepared = Expressions(expressions, parameters)
    step = max(1, _CHECKED_TOGETHER // max(1, len(expressions)))
    for start in range(0, len(values), step):
        rows = range(start, min(start + step, len(values)))
        prepared.values(values[start : rows.stop], rows)


class Expressions:
    """Parameter expressions, prepared to be evaluated again and again.

    Products of a number and at most two parameters, which nearly all are, take a few array
    operations together, and so do others that differ in their parameters only, such as
    ``(pi - x[i]) * (pi - x[j])`` of a ZZ feature map.

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
        read = [postfix(expression) for expression in self._expressions]
        products = [_as_product(tokens, number) for tokens in read]
        self._fast = [k for k, product in enumerate(products) if product is not None]
        others = {k: read[k] for k, product in enumerate(products) if product is None}
        self._groups = _of_one_form(others, number)
        found = [products[k] for k in self._fast]
        self._factors = np.array([factor for factor, _ in found])
        # the number behind the last parameter means 1
        both = [(*numbers, *[len(parameters)] * (2 - len(numbers))) for _, numbers in found]
        self._left, self._right = np.array(both, dtype=int).reshape(-1, 2).T
        self._has_numbers = bool((self._left == len(parameters)).any())
        self._pairs = np.flatnonzero(self._right < len(parameters))
        self._routes = None, None  # of the last `wrt`

    def values(self, values, rows=None):
        """Evaluate the expressions for every row.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values, in the units the expressions expect (radians for angles).
        rows : sequence of int of length n_rows or None, default=None
            What errors call the rows, where these are a part of all; None counts from 0.

        Returns
        -------
        ndarray of shape (n_rows, n_expressions)
            Real values.

        Raises
        ------
        ValueError
            If an expression is not finite, or not real, for one of the rows.
        """
        factors = _with_ones(values) if self._has_numbers else values
        with np.errstate(all="ignore"):  # reported below
            products = self._factors * factors.take(self._left, axis=1)
            if self._pairs.size:
                products[:, self._pairs] *= values[:, self._right[self._pairs]]
        if self._groups:
            result = np.empty((len(values), len(self._expressions)))
            result[:, self._fast] = products
        else:
            result = products
        for members, tokens, numbers in self._groups:
            with np.errstate(all="ignore"):  # reported below
                if tokens is None:
                    columns = dict(zip(self._parameters, values.T, strict=True))
                    found = bind_rows(self._expressions[members[0]], columns)[:, np.newaxis]
                else:
                    found = replay(tokens, [values[:, places] for places in numbers])
            found = np.broadcast_to(found, (len(values), len(members)))
            if np.iscomplexobj(found) or not np.isfinite(found).all():
                for k, column in zip(members, found.T, strict=True):
                    self._check(k, column, rows)
            result[:, members] = np.real(found)
        if not np.isfinite(products).all():
            for k in self._fast:
                self._check(k, result[:, k], rows)
        return result

    def _check(self, k, column, rows, what=""):
        bad = np.flatnonzero(~np.isfinite(column) | (np.abs(np.imag(column)) > ROUNDING))
        if bad.size:
            raise RowError(
                f"The {what}circuit parameter expression {self._expressions[k]} is "
                f"{column[bad[0]]} for row ",
                bad[0] if rows is None else rows[bad[0]],
                ", not a finite real number; scale or shift the features it depends on.",
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
        place, routes = self._routed(tuple(wrt))
        result = np.zeros((len(values), len(wrt)))
        scaled = (gradient[:, self._fast] if self._groups else gradient) * self._factors
        factors = _with_ones(values) if self._pairs.size else None
        for places, used, others in routes:
            slopes = scaled.take(used, axis=1)
            if factors is not None:
                slopes *= factors.take(others, axis=1)
            result[:, places] += slopes
        for members, tokens, numbers in self._groups:
            if tokens is None:
                self._refuse(members[0], wrt)
                continue
            own = [token for token in tokens if isinstance(token, Parameter)]
            # of the members that have each parameter of the first one at the same places
            number = dict(zip(own, numbers, strict=True))
            columns = {token: values[:, places] for token, places in number.items()}
            wanted = {token for token, places in number.items() if (place[places] >= 0).any()}
            for token, slope in (slopes_of(tokens, columns, wanted) if wanted else {}).items():
                to = place[number[token]]
                (used,) = np.nonzero(to >= 0)
                slope = np.broadcast_to(slope, (len(values), len(members)))[:, used]
                members_used = np.asarray(members)[used]
                if np.iscomplexobj(slope) or not np.isfinite(slope).all():
                    for k, column in zip(members_used, slope.T, strict=True):
                        self._check(k, column, None, "slope of ")
                columns_used = gradient[:, members_used] * np.real(slope)
                for chosen in _turns(to[used]):
                    result[:, to[used][chosen]] += columns_used[:, chosen]
        return result

    def jacobian(self, values, wrt):
        """Return the derivatives of all expressions with respect to parameters.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values.
        wrt : sequence of int
            Numbers of the parameters to differentiate with respect to.

        Returns
        -------
        ndarray of shape (n_rows, n_expressions, len(wrt))
            Derivatives.
        """
        n_expressions = len(self._expressions)
        jacobian = np.zeros((len(values), n_expressions, len(wrt)))
        wanted = {self._parameters[number] for number in wrt}
        for k, expression in enumerate(self._expressions):
            if not wanted.isdisjoint(getattr(expression, "parameters", ())):
                one = np.broadcast_to(np.arange(n_expressions) == k, (len(values), n_expressions))
                jacobian[:, k] = self.pull_back(values, one, wrt)
        return jacobian

    def _routed(self, wrt):
        """Return where derivatives go; what was found for the last `wrt` is kept.

        Returns
        -------
        place : ndarray of shape (n_parameters + 1,)
            Of every parameter in `wrt`; -1 for those that are not there.
        routes : list of tuple
            Places of derivatives, each once, the products that add to them, and the other factors
            of these.
        """
        kept, found = self._routes
        if kept == wrt:
            return found
        place = np.full(len(self._parameters) + 1, -1)
        place[list(wrt)] = np.arange(len(wrt))
        routes = []
        for one, other in ((self._left, self._right), (self._right, self._left)):
            (used,) = np.nonzero(place[one] >= 0)
            for chosen in _turns(place[one[used]]):
                turn = used[chosen]
                routes.append((place[one[turn]], turn, other[turn]))
        self._routes = wrt, (place, routes)
        return place, routes

    def _refuse(self, k, wrt):
        """Raise if a derivative is asked for that is unknown."""
        own = getattr(self._expressions[k], "parameters", ())
        if not {self._parameters[number] for number in wrt}.isdisjoint(own):
            raise ValueError(
                f"The circuit parameter expression {self._expressions[k]} holds an operation "
                "whose derivative is unknown; write it with the functions of "
                "ParameterExpression, or use an optimizer without gradients."
            )


def _turns(places):
    """Yield numbers of columns, in an order in which each turn adds one column to a place at most.

    A product of matrices would add them in an order that depends on the number of rows.
    """
    order = np.argsort(places, kind="stable")
    _, counts = np.unique(places, return_counts=True)
    starts = np.cumsum(counts) - counts
    for turn in range(max(counts, default=0)):
        yield order[starts[counts > turn] + turn]


def _with_ones(values):
    padded = np.ones((len(values), values.shape[1] + 1))
    padded[:, :-1] = values
    return padded


def _as_product(tokens, number):
    """Return (factor, numbers of at most two parameters) if an expression is their product."""
    if tokens is None:
        return None
    stack = []
    for token in tokens:
        if isinstance(token, Parameter):
            stack.append((1.0, (number[token],)))
        elif not isinstance(token, str):
            stack.append((token, ()))
        elif token not in ("MUL", "DIV"):
            return None
        else:
            right, below = stack.pop()
            left, above = stack.pop()
            if token == "DIV" and (below or right == 0):
                return None
            stack.append((left * right if token == "MUL" else left / right, above + below))
    ((factor, numbers),) = stack
    if len(numbers) > 2 or isinstance(factor, complex) or not np.isfinite(factor):
        return None
    return float(factor), numbers


def _of_one_form(expressions, number):
    """Sort expressions in postfix order into groups that differ in the names of parameters only.

    Parameters
    ----------
    expressions : dict of int to list or None
        Expressions by their number; None stands for one that has to be bound row by row.
    number : dict of Parameter to int
        Numbers of the parameters.

    Returns
    -------
    list of tuple
        Numbers of expressions, the tokens of the first of them, and for every place of a parameter
        the number of the one that stands there in each expression.
    """
    groups = {}
    for k, tokens in expressions.items():
        places = [number[token] for token in tokens or () if isinstance(token, Parameter)]
        # numbers by their text, for 0.0 equals -0.0, and 1 equals 1.0
        pattern = [places.index(place) for place in places]
        form = k if tokens is None else (*map(_form, tokens), *pattern)
        groups.setdefault(form, []).append((k, tokens, places))
    return [
        ([k for k, _, _ in group], group[0][1], np.transpose([places for *_, places in group]))
        for group in groups.values()
    ]


def _form(token):
    return "x" if isinstance(token, Parameter) else (type(token), repr(token))
