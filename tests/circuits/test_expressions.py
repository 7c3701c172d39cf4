"""Column-wise evaluation of parameter expressions against NumPy and row by row binding."""

import functools
import operator
from unittest import mock

import hypothesis
import numpy as np
import pytest
import qiskit
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.circuit import Parameter, ParameterVector

from skquantum._circuits import _expressions
from skquantum._circuits._expressions import Expressions, evaluate

A, B = Parameter("a"), Parameter("b")
X = ParameterVector("x", 3)
PARAMETERS = [A, B, *X]

# Functions in a form that is defined everywhere, and does not magnify rounding too much.
UNARY = [
    lambda e: -e,
    lambda e: e.sin(),
    lambda e: e.cos(),
    lambda e: e.arctan(),
    lambda e: (e.arctan() / 2).tan(),
    lambda e: (e.sin() / 2).arcsin(),
    lambda e: (e.cos() / 2).arccos(),
    lambda e: e.sin().exp(),
    lambda e: (abs(e) + 1).log(),
    lambda e: e.conjugate(),
    lambda e: abs(e),
    lambda e: e**2,
    lambda e: (e.cos() + 2) ** -1.5,
    lambda e: e.cos() ** 3,
    lambda e: e - 1,
    lambda e: 1 - e,
    lambda e: 3 * e,
    lambda e: e / 7,
    lambda e: 1 / (e**2 + 1),
    lambda e: e + 0.25,
    lambda e: e * 0,
]
# Before Qiskit 2.6, 2**x + 3**x is 5**x as soon as it is written.
if tuple(map(int, qiskit.__version__.split(".")[:2])) >= (2, 6):
    UNARY.append(lambda e: 2.5 ** e.sin())
BINARY = [
    lambda e, f: e + f,
    lambda e, f: e - f,
    lambda e, f: e * f,
    lambda e, f: e / (abs(f) + 1),
    lambda e, f: (e.cos() + 2) ** f.sin(),
    lambda e, f: -(e * f),
    lambda e, f: 1 / (-((e - f) ** 2) - 1),
]


class Numbers(np.ndarray):
    """Numbers with the methods of a ParameterExpression."""

    def __getattr__(self, name):
        return functools.partial(getattr(np, name), self)


# Functions of a list of parameters, or of Numbers in their place.
trees = st.recursive(
    st.integers(0, len(PARAMETERS) - 1).map(operator.itemgetter),
    lambda inner: (
        st.builds(lambda make, e: lambda x: make(e(x)), st.sampled_from(UNARY), inner)
        | st.builds(
            lambda make, e, f: lambda x: make(e(x), f(x)), st.sampled_from(BINARY), inner, inner
        )
    ),
    max_leaves=8,
)
rows = st.lists(st.floats(-2, 2), min_size=len(PARAMETERS), max_size=len(PARAMETERS))
values = st.lists(rows, min_size=1, max_size=4).map(np.array)


def compute(tree, values):
    """Values of a tree without Qiskit."""
    column = np.asarray(tree(list(values.T.view(Numbers))))
    hypothesis.assume(np.abs(column).max() < 1e6)
    return column


def bind(expression, values):
    """Values of an expression as Qiskit binds it, row by row."""
    bindings = [dict(zip(PARAMETERS, row, strict=True)) for row in values]
    bound = [
        expression.bind({name: binding[name] for name in expression.parameters})
        for binding in bindings
    ]
    return np.array([complex(value.numeric()) for value in bound])


@hypothesis.settings(max_examples=300, deadline=None, print_blob=True)
@hypothesis.given(st.lists(trees, min_size=1, max_size=3), values)
def test_columns_equal_numpy(trees, values):
    expressions = [tree(PARAMETERS) for tree in trees]
    hypothesis.note([str(expression) for expression in expressions])
    expected = np.column_stack([compute(tree, values) for tree in trees])
    got = evaluate(expressions, PARAMETERS, values)
    assert got.dtype == np.float64
    assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


@hypothesis.settings(max_examples=150, deadline=None, print_blob=True)
@hypothesis.given(trees, values)
def test_replay_and_fallback_equal_binding_row_by_row(tree, values):
    expression = tree(PARAMETERS)
    hypothesis.note(str(expression))
    bound = bind(expression, values)
    # Before version 2.6, Qiskit itself binds a**2 + b**2 wrongly.
    hypothesis.assume(np.allclose(bound, compute(tree, values), rtol=1e-9, atol=1e-9))
    with mock.patch.object(_expressions, "_bind_rows", side_effect=AssertionError("fell back")):
        replayed = evaluate([expression], PARAMETERS, values)[:, 0]
    assert_allclose(replayed, bound.real, rtol=1e-9, atol=1e-9)
    if expression.parameters:
        columns = {parameter: values[:, k] for k, parameter in enumerate(PARAMETERS)}
        fallback = _expressions._bind_rows(expression, columns)
        assert_allclose(fallback, bound, rtol=1e-9, atol=1e-9)


@pytest.fixture(params=["replay", "fallback"])
def path(request, monkeypatch):
    """Run a test on either path."""
    if request.param == "fallback":
        monkeypatch.setattr(_expressions, "_UNARY", {})
        monkeypatch.setattr(_expressions, "_BINARY", {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (A - A - 2, -2),
        (0 * A + 1, 1),
        (A * 0, 0),
        (A * 1, 0.5),
        (A * 1j * 1j, -0.5),
        ((1 + 1j * A) * (1 - 1j * A), 1.25),
        (abs(1j * A), 0.5),
        (A.sign(), 1),
        (A.subs({A: 2 * B}), -0.5),
        (2 * A + A.assign(A, B**2), 1.0625),
        (A.sin().gradient(A), np.cos(0.5)),
        (B / (-(A * B)), -2),
        ((B / -A) * B, -0.125),
        (-(A**2), -0.25),
        ((-A) ** 2, 0.25),
    ],
    ids=str,
)
@pytest.mark.usefixtures("path")
def test_special_expressions(expression, value):
    got = evaluate([expression], [A, B], np.array([[0.5, -0.25]] * 3))
    assert_allclose(got, np.full((3, 1), value), rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        (1 / A, [0.0]),
        (A.log(), [0.0]),
        (A.log(), [-1.0]),
        (A**0.5, [-2.0]),
        (A.arcsin(), [1.5]),
        (A.exp(), [1e4]),
        (1j * A, [1.0]),
        (B / (A - 0.25), [0.25]),
    ],
    ids=str,
)
@pytest.mark.usefixtures("path")
def test_values_that_are_no_finite_real_numbers_are_refused(expression, bad):
    good = [0.0] if "1i" in str(expression) else [0.5]
    with pytest.raises(ValueError, match="not a finite real number") as error:
        evaluate([A * 0, expression], [A, B], np.array([good + [1], bad + [1], good + [1]]))
    assert f"expression {expression} is" in str(error.value)
    assert "for row 1," in str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameter_values_that_are_not_finite_are_refused(value):
    with pytest.raises(ValueError, match=f"expression b is {value} for row 2, not a finite"):
        evaluate([A, B], [A, B], np.array([[0, 0], [1, 1], [2, value]]))


def test_parameters_take_the_columns_in_the_given_order():
    values = np.arange(6.0).reshape(2, 3)
    assert_array_equal(evaluate(X[::-1], list(X), values), values[:, ::-1])
    assert_array_equal(evaluate([X[2], X[0]], [X[2], X[0], X[1]], values), values[:, :2])


def test_shapes_without_rows_or_expressions():
    assert evaluate([A, 2 * A], [A], np.empty((0, 1))).shape == (0, 2)
    assert evaluate([], [A], np.ones((3, 1))).shape == (3, 0)


def test_values_are_not_changed():
    values = np.array([[0.5], [-1.0]])
    values.flags.writeable = False
    result = evaluate([A, A + 0], [A], values)
    result += 1
    assert_array_equal(values, [[0.5], [-1.0]])


@pytest.mark.parametrize(
    "name", "sin cos tan arcsin arccos arctan exp log abs sign conjugate".split()
)
def test_functions_need_no_binding_row_by_row(name):
    with mock.patch.object(_expressions, "_bind_rows", side_effect=AssertionError("fell back")):
        got = evaluate([getattr(A, name)()], [A], np.array([[0.5], [0.25]]))
    assert_allclose(got[:, 0], getattr(np, name)([0.5, 0.25]), rtol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b, x: a,
        lambda a, b, x: 2 * a,
        lambda a, b, x: -a,
        lambda a, b, x: a / 4,
        lambda a, b, x: a * b,
        lambda a, b, x: 0.5 * (a * x[1]) * 3,
        lambda a, b, x: a * a,
        lambda a, b, x: (a * 2) * (b / 8),
        lambda a, b, x: a * b * x[0],
        lambda a, b, x: a + b,
        lambda a, b, x: a.sin() * b**2,
        lambda a, b, x: 1 / (a**2 + 1),
        lambda a, b, x: (a - 2 * b) ** 2,
        lambda a, b, x: (3 * a) ** 3 / b,
        lambda a, b, x: 2 ** (a * b) - 1,
        lambda a, b, x: (a + b) ** (x[0] * a),
        lambda a, b, x: (1 - a) / (2 - b) + 3 / b,
        lambda a, b, x: abs(a - 3 * b) * a,
        lambda a, b, x: (a / 4).arcsin() + (b / 4).arccos() * (a * b).arctan(),
        lambda a, b, x: (a / 3).tan() - (a * b).log() + (a - b).exp().cos(),
        lambda a, b, x: -(a.conjugate() * b.sin()) + a.sign() * b**2 if hasattr(a, "sign") else -a,
    ],
)
def test_chain_rule_against_central_differences(make):
    expression = make(A, B, X)
    prepared = Expressions([X[2], expression, A], PARAMETERS)
    rng = np.random.default_rng(0)
    values = rng.uniform(0.5, 1.5, (7, 5))
    gradient = rng.uniform(-1, 1, (7, 3))
    found = prepared.pull_back(values, gradient, range(5))
    assert_array_equal(prepared.pull_back(values, gradient, [3, 0]), found[:, [3, 0]])
    for number in range(5):
        step = np.zeros(5)
        step[number] = 1e-5
        slopes = (prepared.values(values + step) - prepared.values(values - step)) / 2e-5
        assert_allclose(found[:, number], (gradient * slopes).sum(axis=1), rtol=1e-8, atol=1e-9)


def test_what_is_left_of_zero_times_a_parameter():
    expressions = [0 * A, (0 * (A + B)).sin(), (A - A).cos(), A * 0 + 2]
    prepared = Expressions(expressions, PARAMETERS)
    found = prepared.values(np.ones((3, 5)))
    assert_array_equal(found, np.tile([0.0, 0.0, 1.0, 2.0], (3, 1)))
    slopes = prepared.pull_back(np.ones((3, 5)), np.ones((3, 4)), range(5))
    assert_array_equal(slopes, 0.0)
