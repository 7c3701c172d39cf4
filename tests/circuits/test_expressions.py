"""Column-wise evaluation of parameter expressions against NumPy and row by row binding."""

import functools
import operator
import re
from unittest import mock

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.circuit import Parameter, ParameterVector
from sklearn.preprocessing import MinMaxScaler

from skquantum._circuits import _expressions, _postfix, _replay
from skquantum._circuits._expressions import Expressions, check_rows, evaluate
from skquantum._circuits._postfix import expression_key

A, B = Parameter("a"), Parameter("b")
X = ParameterVector("x", 3)
PARAMETERS = [A, B, *X]
BOUND = Parameter("A")  # comes first where Qiskit sorts terms

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
]
# From Qiskit 2.2 to 2.5.1, 2**x + 3**x is 5**x as soon as it is written, also if x is a number.
RECORDS_WRONGLY = _postfix._RECORDS_WRONGLY
if not RECORDS_WRONGLY:
    UNARY += [lambda e: e * 0, lambda e: 2.5 ** e.sin()]
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


def prepare(trees):
    """Expressions of trees, unless they hold what is refused with this version of Qiskit."""
    expressions = [tree(PARAMETERS) for tree in trees]
    hypothesis.note([str(expression) for expression in expressions])
    try:
        return expressions, Expressions(expressions, PARAMETERS)
    except ValueError as error:
        hypothesis.assume(not re.search(r"holds a power of a number, in which Qiskit", str(error)))
        raise


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
    _, prepared = prepare(trees)
    expected = np.column_stack([compute(tree, values) for tree in trees])
    got = prepared.values(values)
    assert got.dtype == np.float64
    assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


@hypothesis.settings(max_examples=150, deadline=None, print_blob=True)
@hypothesis.given(trees, values, st.floats(-2, 2))
def test_substituted_expressions_equal_numpy(tree, values, number):
    def written(x):
        last = x[4] if RECORDS_WRONGLY else x[4] * 0 + number
        return tree([x[0] * 0.5, x[0] - x[1], *x[2:4], last])

    def substituted(x):
        expression = tree(x) + sum(x) * 0  # all parameters are in it
        expression = expression.subs({A: A * 0.5, B: A - B})
        return expression if RECORDS_WRONGLY else expression.bind({X[2]: number})

    expected = compute(written, values)
    _, prepared = prepare([substituted])
    assert_allclose(prepared.values(values)[:, 0], expected, rtol=1e-9, atol=1e-9)


@hypothesis.settings(max_examples=150, deadline=None, print_blob=True)
@hypothesis.given(trees, values)
def test_replay_and_fallback_equal_binding_row_by_row(tree, values):
    (expression,), _ = prepare([tree])
    bound = bind(expression, values)
    # From version 2.1 to 2.5.1, Qiskit itself binds a**2 + b**2 wrongly.
    hypothesis.assume(np.allclose(bound, compute(tree, values), rtol=1e-9, atol=1e-9))
    with mock.patch.object(_expressions, "bind_rows", side_effect=AssertionError("fell back")):
        replayed = evaluate([expression], PARAMETERS, values)[:, 0]
    assert_allclose(replayed, bound.real, rtol=1e-9, atol=1e-9)
    if expression.parameters and not _postfix._BINDS_WRONGLY:
        columns = {parameter: values[:, k] for k, parameter in enumerate(PARAMETERS)}
        fallback = _postfix.bind_rows(expression, columns)
        assert_allclose(fallback, bound, rtol=1e-9, atol=1e-9)


@pytest.fixture(params=["replay", "fallback"])
def path(request, monkeypatch):
    """Run a test on either path."""
    if request.param == "fallback":
        if _postfix._BINDS_WRONGLY:
            pytest.skip("not used with this version of Qiskit")
        monkeypatch.setattr(_postfix, "UNARY", set())
        monkeypatch.setattr(_postfix, "BINARY", set())


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
        (B / (-(A * B)), -2),
        ((B / -A) * B, -0.125),
        (-(A**2), -0.25),
        ((-A) ** 2, 0.25),
        # Qiskit 2.2 to 2.5 record what a bound number became, and do not take it from there
        (0.5 * (B - BOUND).bind({BOUND: 0.75}), -0.5),
        (A * B * (A - BOUND).bind({BOUND: 0.75}), 0.03125),
        (((A - B) / (B - BOUND.sin())).bind({BOUND: 0.0}), -3),
        ((A - B) * (B - BOUND * BOUND.cos()).bind({BOUND: 0.0}) + A, 0.3125),
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
    good = [0.0] if re.search(r"1i|\bI\b", str(expression)) else [0.5]
    with pytest.raises(ValueError, match="not a finite real number") as error:
        evaluate([A * 0, expression], [A, B], np.array([good + [1], bad + [1], good + [1]]))
    assert f"expression {expression} is" in str(error.value)
    assert "for row 1," in str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameter_values_that_are_not_finite_are_refused(value):
    with pytest.raises(ValueError, match=f"expression b is {value} for row 2, not a finite"):
        evaluate([A, B], [A, B], np.array([[0, 0], [1, 1], [2, value]]))


@pytest.mark.parametrize(
    ("make", "exact"),
    [
        (lambda a, b: 2**a + 3**a, lambda a, b: 2**a + 3**a),
        (lambda a, b: (3**a - 2**a) * b, lambda a, b: (3**a - 2**a) * b),
        (lambda a, b: (a**2 + b**2 + X[0]).bind({a: 0.5, b: -2.0}), lambda a, b: 4.25),
        (lambda a, b: (a**2 + b**2 + X[0]).bind({b: -2.0}), lambda a, b: a**2 + 4),
        (lambda a, b: (a.sin() * b).gradient(a), lambda a, b: np.cos(a) * b),
    ],
)
def test_right_numbers_or_none_where_qiskit_makes_mistakes(make, exact):
    values = np.array([[0.5, -0.25, 0.0], [1.5, 2.0, 0.0]])
    try:
        found = evaluate([make(A, B)], [A, B, X[0]], values)[:, 0]
    except ValueError as error:
        assert re.search(  # noqa: PT017
            r"holds (a power|an operation).* Qiskit 2\.[1-5].*use Qiskit 2.5.2", str(error)
        )
    else:
        assert_allclose(found, np.broadcast_to(exact(*values.T[:2]), 2), rtol=1e-14)


def test_powers_that_qiskit_may_have_merged_are_refused(monkeypatch):
    monkeypatch.setattr(_postfix, "_RECORDS_WRONGLY", True)
    for expression in (5**A, A * B + 2 ** (A * B), (2**A).sin() / B):
        with pytest.raises(ValueError, match=r"\*\*.* holds a power of a number, in which Qiskit"):
            evaluate([A, expression], [A, B], np.ones((2, 2)))
    assert_allclose(evaluate([A**5 + B**A], [A, B], np.full((1, 2), 2.0)), [[36]])


def test_qiskit_is_not_asked_where_it_binds_wrongly(monkeypatch):
    monkeypatch.setattr(_postfix, "_BINDS_WRONGLY", True)
    monkeypatch.setattr(_postfix, "UNARY", set())
    with pytest.raises(ValueError, match=r"sin\(a\) holds an operation that only Qiskit can"):
        evaluate([A.sin()], [A], np.ones((2, 1)))


def test_slopes_of_unknown_operations_are_refused(monkeypatch):
    monkeypatch.setattr(_postfix, "UNARY", set())
    prepared = Expressions([A.sin(), A * B], [A, B])
    assert_array_equal(prepared.pull_back(np.ones((1, 2)), np.ones((1, 2)), [1]), [[1.0]])
    with pytest.raises(ValueError, match=r"sin\(a\) holds an operation whose derivative"):
        prepared.pull_back(np.ones((1, 2)), np.ones((1, 2)), [0])


ULP = np.finfo(float).eps


@pytest.mark.parametrize(
    ("expression", "value", "nearest"),
    [
        (A.arccos(), 1 + 2 * ULP, 0.0),
        (A.arccos(), -1 - 2 * ULP, np.pi),
        (A.arcsin(), 1 + 2 * ULP, np.pi / 2),
        (A.arcsin(), -1 - 2 * ULP, -np.pi / 2),
        ((A / 3 * 3).arccos() + 1, 1 + 4 * ULP, 1.0),
        ((1 - A**2) ** 0.5, 1 + 2 * ULP, 0.0),
        ((A - 1) ** 1.5, 1 - 2 * ULP, 0.0),
        ((A - 1) ** (A / 4), 1 - 2 * ULP, 0.0),
        ((A - 1) ** 3, 1 - 2 * ULP, -((2 * ULP) ** 3)),
        (1 / (A - 1), 1 - 2 * ULP, -1 / (2 * ULP)),
    ],
    ids=str,
)
def test_domains_are_left_by_rounding(expression, value, nearest):
    got = evaluate([expression, A], [A], np.array([[value]]))
    assert_allclose(got, [[nearest, value]], rtol=1e-15, atol=1e-15)


def test_min_max_scaled_columns_have_an_arc_cosine():
    X = np.random.default_rng(0).uniform(0, 1, (1000, 50)) * np.logspace(-3, 3, 50)
    scaled = MinMaxScaler((-1, 1)).fit_transform(X)
    assert scaled.max() > 1  # by rounding
    got = evaluate([A.arccos()], [A], scaled.reshape(-1, 1))
    assert_array_equal(got[:, 0], np.arccos(np.clip(scaled, -1, 1)).ravel())


@pytest.mark.parametrize("value", [1 + 1e-9, -1 - 1e-9, 1.5])
@pytest.mark.parametrize(
    "expression", [A.arccos(), A.arcsin(), (1 - A**2) ** 0.5, ((1 - A**2) ** -0.5)], ids=str
)
def test_domains_are_not_widened(expression, value):
    with pytest.raises(ValueError, match=r"is nan.* for row 0, not a finite real number"):
        evaluate([expression], [A], np.array([[value]]))


def test_a_slope_at_the_edge_of_a_domain_is_asked_for_only_where_it_is_wanted():
    prepared = Expressions([A.arccos() * B], [A, B])
    values = np.array([[0.5, 2.0], [1 + 2 * ULP, 2.0]])
    slopes = prepared.pull_back(values, np.ones((2, 1)), [1])
    assert_allclose(slopes, [[np.pi / 3], [0]], rtol=1e-15)
    with pytest.raises(ValueError, match=r"slope of .* is -inf for row 1"):
        prepared.pull_back(values, np.ones((2, 1)), [0])


@pytest.mark.parametrize("together", [1, 7, 2**20])
def test_the_row_of_the_data_is_named(together, monkeypatch):
    monkeypatch.setattr(_expressions, "_CHECKED_TOGETHER", together)
    values = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    expressions = [A * B, (A + B * 2).sin(), A.arccos(), (A * X[0]).log()]
    check_rows(expressions, [A, B], values)
    values[57, 0] = 1.25
    with pytest.raises(ValueError, match=r"acos\(a\) is nan for row 57,"):
        check_rows(expressions, [A, B], values)
    check_rows([1.5, A * B], [A, B], values)
    prepared = Expressions(expressions, [A, B, X[0]])
    part = np.column_stack([values[50:60], np.ones(10)])
    part[:, 2] = np.sign(part[:, 0])
    for rows in (range(50, 60), np.arange(50, 60)):
        with pytest.raises(ValueError, match=r"acos\(a\) is nan for row 57,"):
            prepared.values(part, rows)
    values[31, 1] = np.inf
    with pytest.raises(ValueError, match=r" is -?(inf|nan) for row 31,"):
        check_rows(expressions[:2], [A, B], values)


def test_what_can_be_read_can_be_evaluated_and_differentiated():
    assert set(_postfix.UNARY) == set(_replay._UNARY) == set(_replay._UNARY_SLOPES)
    assert set(_postfix.BINARY) == set(_replay._BINARY) == set(_replay._BINARY_SLOPES)


def test_keys_tell_expressions_apart():
    sums = [A + B, A - B, B - A, A + B + 1, A + B + 2, A * B, A / B, B / A, A**B, B**A]
    others = [A, B, X[0], Parameter("a"), Parameter("a + b"), A.sin(), A.cos(), 2 * A, A / 2, 1 - A]
    keys = [expression_key(expression) for expression in sums + others]
    assert len(set(keys)) == len(keys)
    assert expression_key((A + B) * 2) == expression_key((A + B) * 2)
    assert expression_key(A * 1) == expression_key(A) or expression_key(A * 1) == (A, 1, "MUL")


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
    with mock.patch.object(_expressions, "bind_rows", side_effect=AssertionError("fell back")):
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
        lambda a, b, x: 2 ** (a * b) - 1 if not RECORDS_WRONGLY else -a,
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


def test_expressions_of_one_form_are_evaluated_as_each_by_itself():
    """To the last bit, whatever else is evaluated, and whatever numbers they hold."""
    x = ParameterVector("x", 5)
    pairs = [(x[i], x[j]) for i in range(5) for j in range(i)]
    expressions = [(np.pi - a) * (np.pi - b) for a, b in pairs]
    expressions += [(c - a) * (a + b).sin() for a, b in pairs for c in (0.5, 2.0)]
    expressions += [a**2 / (1 + b**2) for a, b in pairs] + [
        0.0 + x[0],
        -0.0 - x[1],
        2 * x[0] * x[1],
    ]
    values = np.random.default_rng(0).normal(size=(7, 5))
    together = Expressions(expressions, x).values(values)
    for column, expression in zip(together.T, expressions, strict=True):
        assert_array_equal(Expressions([expression], x).values(values)[:, 0], column)


def test_the_row_and_the_expression_that_fail_are_named_within_a_group():
    x = ParameterVector("x", 3)
    values = np.ones((4, 3))
    values[2, 1] = -1.0
    with pytest.raises(ValueError, match=r"log\(.*x\[1\].*for row 2"):
        Expressions([(1 * entry + 0.5).log() for entry in x], x).values(values)
