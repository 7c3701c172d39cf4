"""Which column belongs to which parameter: natural order, names, and statements."""

import re

import hypothesis
import pytest
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector

from skquantum._circuits import feature_order, natural_order, stated_order


def names(parameters):
    return [parameter.name for parameter in parameters]


@pytest.mark.parametrize(
    "expected",
    [
        ["x0", "x1", "x2", "x9", "x10", "x11", "x100"],
        ["_x_0_", "_x_1_", "_x_2_", "_x_10_"],
        ["a10b2", "a10b10", "b1"],
        ["1", "2", "10", "x"],
        ["x1", "x²", "x٣"],
        ["x-1", "x1", "x_1", "xa"],  # signs are no numbers, and order is that of Qiskit otherwise
        ["x01", "x1", "x001y", "x2"],
        ["θ2", "θ10", "φ1"],
    ],
)
def test_natural_order(expected):
    parameters = [Parameter(name) for name in expected]
    for rotation in range(len(expected)):
        turned = parameters[rotation:] + parameters[:rotation]
        assert names(natural_order(turned)) == expected
    assert names(natural_order(reversed(parameters))) == expected


def test_vectors_come_by_index():
    x = ParameterVector("x", 12)
    assert natural_order(reversed(list(x))) == list(x)
    vectors = [ParameterVector(name, 2) for name in ("v10", "v2")]
    order = natural_order(element for vector in vectors for element in vector)
    assert names(order) == ["v2[0]", "v2[1]", "v10[0]", "v10[1]"]


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(st.lists(st.text("xyZ_-[]φ", min_size=1, max_size=6), unique=True))
def test_natural_order_is_that_of_qiskit_for_names_without_numbers(given):
    circuit = QuantumCircuit(1)
    for name in given:
        circuit.rx(Parameter(name), 0)
    assert natural_order(circuit.parameters) == list(circuit.parameters)


@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(st.lists(st.integers(0, 10**6), unique=True))
def test_natural_order_is_that_of_the_numbers(numbers):
    order = natural_order([Parameter(f"x{number}") for number in numbers])
    assert names(order) == [f"x{number}" for number in sorted(numbers)]


PARAMETERS = [Parameter(name) for name in ("x0", "x1", "x2")]


@pytest.mark.parametrize("stated", [["x2", "x0", "x1"], ["x2", PARAMETERS[0], PARAMETERS[1]]])
def test_stated_order(stated):
    assert names(stated_order(PARAMETERS, stated, "features")) == ["x2", "x0", "x1"]
    assert names(stated_order(PARAMETERS, tuple(stated), "features")) == ["x2", "x0", "x1"]


def test_a_vector_states_an_order():
    x = ParameterVector("x", 11)
    assert stated_order(reversed(list(x)), x, "features") == list(x)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("x0", "features='x0' is not a list; pass the parameters"),
        (3, "features=3 is not a list"),
        (["x0", 1, "x2"], "features holds 1, which is neither a Parameter nor the name of one"),
        (["x0", "x1", "x22"], "holds 'x22', which is not a free parameter .*: did you mean 'x2'"),
        (["x0", "x1", Parameter("x2")], "holds 'x2', .* another one of that name; pass the name"),
        (["x0", "x0", "x1"], "features holds 'x0' twice; name every parameter once"),
        (["x1"], "names 1 of the 3 free parameters .* leaves out 'x0', 'x2'; name all"),
        ([], "names 0 of the 3 free parameters"),
        (["x0", "x1", "x2", "x3"], "holds 'x3', which is not a free parameter"),
    ],
)
def test_statements_that_are_refused(stated, message):
    with pytest.raises(ValueError, match=message) as info:
        stated_order(PARAMETERS, stated, "features")
    assert "\n" not in str(info.value)


@pytest.mark.parametrize(
    ("features", "columns", "message"),
    [
        (["x0", "x1", "x2"], ["x1", "x0", "x2"], r"contradicts the columns .*\['x1', 'x0', 'x2'\]"),
        (None, ["x0", "x0", "x1"], "X has two columns named 'x0'"),
        (None, ["x0", "x1", "age"], "2 of the 3 columns .* but 'age' is not; rename the columns"),
    ],
)
def test_names_of_columns_that_are_refused(features, columns, message):
    with pytest.raises(ValueError, match=message):
        feature_order(PARAMETERS, features, columns)


@pytest.mark.parametrize(
    ("features", "columns", "expected"),
    [
        (None, None, ["x0", "x1", "x2"]),
        (None, ["x2", "x0", "x1"], ["x2", "x0", "x1"]),
        (None, ["age", "size", "weight"], ["x0", "x1", "x2"]),
        (["x2", "x1", "x0"], ["age", "size", "weight"], ["x2", "x1", "x0"]),
        (["x2", "x1", "x0"], ["x0", "size", "weight"], ["x2", "x1", "x0"]),
        (["x2", "x0", "x1"], ["x2", "x0", "x1"], ["x2", "x0", "x1"]),
    ],
)
def test_feature_order(features, columns, expected, recwarn):
    assert names(feature_order(PARAMETERS, features, columns)) == expected
    assert not recwarn.list


def test_warning_where_natural_order_is_a_surprise(recwarn):
    parameters = [Parameter(name) for name in ("x0", "x1", "x10", "x2")]
    with pytest.warns(UserWarning, match=re.escape("natural order ('x2' before 'x10')")):
        assert names(feature_order(parameters)) == ["x0", "x1", "x2", "x10"]
    recwarn.clear()
    feature_order(parameters, ["x0", "x1", "x10", "x2"])
    feature_order(parameters, None, ["x0", "x1", "x10", "x2"])
    feature_order(ParameterVector("x", 12))
    assert not recwarn.list
