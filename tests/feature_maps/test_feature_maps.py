"""Feature maps against closed forms, and what holds for all of them."""

import copy
import math
import pickle
from functools import reduce
from itertools import combinations

import hypothesis
import numpy as np
import oracles
import pytest
from hypothesis import strategies as st
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import efficient_su2
from sklearn.base import clone

from skquantum.engines import AerEngine
from skquantum.feature_maps import (
    FEATURE_MAPS,
    AffineFeatureMap,
    AmplitudeFeatureMap,
    AngleFeatureMap,
    BasisFeatureMap,
    CircuitFeatureMap,
    CXChainFeatureMap,
    IQPFeatureMap,
    PauliFeatureMap,
    ReuploadingFeatureMap,
    RXXChainFeatureMap,
    ZFeatureMap,
    ZZFeatureMap,
    resolve_feature_map,
)
from skquantum.testing import FEATURE_MAP_CHECKS

WIDTH = 4  # number of features where a test does not vary it


def own_circuit():
    """Circuit of WIDTH parameters whose names do not sort as they were created."""
    circuit = QuantumCircuit(3, global_phase=0.5)
    names = ["delta", "alpha", "gamma", "beta"]
    for position, parameter in enumerate(map(Parameter, names)):
        circuit.h(position % 3)
        circuit.crx(parameter, position % 3, (position + 1) % 3)
        circuit.rz(parameter**2 - 1, position % 3)
    return circuit


# For any number of features, ...
ANY_WIDTH = [
    AmplitudeFeatureMap(),
    AngleFeatureMap(),
    AngleFeatureMap("rx", bandwidth=0.3),
    AngleFeatureMap("rz"),
    AngleFeatureMap("rz", reps=3, entanglement="full"),
    AngleFeatureMap(reps=2, entanglement="linear", bandwidth="scale"),
    AngleFeatureMap("rx", reps=3, entanglement="circular"),
    BasisFeatureMap(threshold=0.1),
    IQPFeatureMap(),
    IQPFeatureMap(reps=1, entanglement="linear", bandwidth=0.5),
    IQPFeatureMap(reps=3, entanglement="circular"),
    IQPFeatureMap(entanglement="none", bandwidth="0.5*scale"),
    PauliFeatureMap(),
    PauliFeatureMap(["Y", "XZ"], reps=1, alpha=0.7),
    PauliFeatureMap(["X", "YY", "Z"], entanglement="linear", bandwidth=0.4),
    PauliFeatureMap(["Z", "XYZ"], reps=2),
    PauliFeatureMap(["ZZ", "Z", "IZ"], entanglement="circular"),
    ReuploadingFeatureMap(),
    ReuploadingFeatureMap(bandwidth=1.0),
    ReuploadingFeatureMap(1, reps=2, bandwidth=0.8),
    ReuploadingFeatureMap(reps=1),
    ReuploadingFeatureMap(reps=3, entanglement="none"),
    ReuploadingFeatureMap(2, bandwidth="2 * scale"),
    ReuploadingFeatureMap(3, reps=2, bandwidth=1.0),
    ReuploadingFeatureMap(4, reps=3, entanglement="linear", bandwidth=1.0),
    ReuploadingFeatureMap(5, entanglement="circular"),
    ReuploadingFeatureMap(5, entanglement="full", reps=2, bandwidth=1.0),
    ReuploadingFeatureMap(3, entanglement="none", bandwidth=1.0),
    ZFeatureMap(),
    ZFeatureMap(reps=1, alpha=0.5, bandwidth="scale"),
    ZZFeatureMap(),
    ZZFeatureMap(reps=1, entanglement="linear", alpha=0.9, bandwidth=0.25),
    ZZFeatureMap(reps=3, entanglement="circular"),
    ZZFeatureMap(entanglement="reverse_linear"),
    ZZFeatureMap(entanglement="sca", bandwidth="1e-1*scale"),
]
# ... and for WIDTH features.
MAPS = [
    *ANY_WIDTH,
    AngleFeatureMap(reps=2, entanglement=[(3, 0), (1, 2)]),
    IQPFeatureMap(entanglement=[(3, 0), (0, 1)]),
    PauliFeatureMap(["Z", "YX"], entanglement=[(2, 0), (1, 3)]),
    PauliFeatureMap(["Z", "YX"], entanglement={1: [(0,), (1,), (2,), (3,)], 2: [(2, 0), (1, 3)]}),
    ReuploadingFeatureMap(2, reps=2, entanglement=[(1, 0)], bandwidth=1.0),
    ZZFeatureMap(entanglement=[(0, 2), (3, 1)]),
    ZZFeatureMap(entanglement=np.array([[0, 2], [3, 1]])),
    CircuitFeatureMap(own_circuit()),
    CircuitFeatureMap(own_circuit(), bandwidth=0.3),
    CircuitFeatureMap(own_circuit(), bandwidth="scale"),
    CircuitFeatureMap(efficient_su2(1, reps=1)),
]
SCALED = [feature_map for feature_map in MAPS if hasattr(feature_map, "bandwidth")]


all_maps = pytest.mark.parametrize("feature_map", MAPS, ids=label)
scaled_maps = pytest.mark.parametrize("feature_map", SCALED, ids=label)


def data(n_features=WIDTH, n_samples=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, n_features))


def encode(feature_map, X):
    """States of the rows of a fitted map."""
    return AerEngine().open(feature_map.circuit_).states(feature_map.parameter_values(X))


def same_circuit(first, second):
    """Whether two circuits are equal, although the parameters of each are its own."""
    names = [[parameter.name for parameter in c.parameters] for c in (first, second)]
    values = np.linspace(0.1, 0.9, first.num_parameters)
    return names[0] == names[1] and (
        first.assign_parameters(values) == second.assign_parameters(values)
    )


def fitted(feature_map, X=None, **params):
    return clone(feature_map).set_params(**params).fit(data() if X is None else X)


# --- Closed forms ----------------------------------------------------------------------------


def pairs(entanglement, n_qubits):
    if entanglement is None:
        step = {4: 2}.get(n_qubits, 3) if n_qubits > 3 else None
        jumps = [(k, (k + step) % n_qubits) for k in range(n_qubits)] if step else []
        return pairs("circular", n_qubits) + jumps
    if isinstance(entanglement, dict):
        return entanglement[2]
    if not isinstance(entanglement, str):
        return [tuple(pair) for pair in entanglement]
    chain = list(zip(range(n_qubits - 1), range(1, n_qubits), strict=True))
    ring = [*chain, (n_qubits - 1, 0)] if n_qubits > 2 else chain
    full = list(combinations(range(n_qubits), 2))
    named = {"full": full, "linear": chain, "reverse_linear": chain, "circular": ring, "sca": ring}
    return named.get(entanglement, [])


def angle_state(x, rotation, reps, pairs):
    state = oracles.basis_state([0] * len(x))
    if rotation == "rz":
        for qubit in range(len(x)):
            state = oracles.apply_matrix(state, oracles.gate_matrix("h"), [qubit])
    for rep in range(reps):
        for pair in pairs if rep else []:
            state = oracles.apply_matrix(state, oracles.gate_matrix("cx"), pair)
        for qubit, angle in enumerate(x):
            gate = oracles.rotation(rotation[1].upper(), angle)
            state = oracles.apply_matrix(state, gate, [qubit])
    return state


def closed_form(feature_map, x):
    """State of one row, without a circuit except where the circuit is the map."""
    n = len(x)
    x = x * getattr(feature_map, "bandwidth_", 1.0)
    match feature_map:
        case AmplitudeFeatureMap():
            return oracles.amplitude_state(x)
        case BasisFeatureMap(threshold=threshold):
            return oracles.basis_state(x > threshold)
        case AngleFeatureMap(rotation=rotation, reps=reps, entanglement=entanglement):
            return angle_state(x, rotation, reps, pairs(entanglement, n))
        case IQPFeatureMap(reps=reps, entanglement=entanglement):
            return oracles.iqp_state(x, reps, pairs(entanglement, n))
        case ReuploadingFeatureMap(n_qubits=n_qubits, reps=reps, entanglement=entanglement):
            if reps is None:
                n_qubits = n_qubits or 10
                reps = next(r for r in range(1, 100) if r * n >= max(30, 3 * n_qubits))
            n_qubits = n_qubits or min(reps * n, 10)
            return oracles.reuploading_state(x, n_qubits, reps, pairs(entanglement, n_qubits))
        case ZFeatureMap(reps=reps, alpha=alpha):
            return oracles.z_state(x, reps, alpha)
        case ZZFeatureMap(reps=reps, alpha=alpha, entanglement=entanglement):
            return oracles.zz_state(x, reps, pairs(entanglement, n), alpha)
        case PauliFeatureMap(reps=reps, alpha=alpha, entanglement=entanglement):
            paulis = [p for p in feature_map.paulis or ["Z", "ZZ"] if len(p) <= n]
            triples = list(combinations(range(n), 3)) if "XYZ" in paulis else None
            return oracles.pauli_state(
                x, reps, paulis, triples or pairs(entanglement, n), alpha=alpha
            )
        case CircuitFeatureMap(circuit=circuit):
            return oracles.simulate(circuit, x)


def assert_closed_form(feature_map, X):
    feature_map = clone(feature_map).fit(X)
    expected = [closed_form(feature_map, row) for row in X]
    assert_allclose(encode(feature_map, X), expected, rtol=0, atol=1e-12)


@all_maps
def test_states_equal_closed_forms(feature_map):
    assert_closed_form(feature_map, data())


@pytest.mark.parametrize("feature_map", ANY_WIDTH, ids=label)
def test_states_equal_closed_forms_for_1_to_12_features(feature_map):
    for n_features in range(1, 13):
        assert_closed_form(feature_map, data(n_features, n_samples=2, seed=n_features))


def test_features_beyond_the_qubits_are_folded():
    X = data(64, n_samples=2)
    assert fitted(ReuploadingFeatureMap(), X).circuit_.num_qubits == 10
    assert_closed_form(ReuploadingFeatureMap(), X)
    assert_closed_form(ReuploadingFeatureMap(3, bandwidth=0.1), X)


@pytest.mark.parametrize("n_qubits", [None, 1, 2, 3, 7, 10, 13])
def test_default_has_30_rotations_and_an_entangled_layer(n_qubits):
    width = n_qubits or 10
    for n_features in [*range(1, 101), 784]:
        circuit = ReuploadingFeatureMap(n_qubits, bandwidth=1.0).build(n_features)
        counts = circuit.count_ops()
        reps = next(r for r in range(1, 100) if r * n_features >= max(30, 3 * width))
        n_rotations = reps * n_features
        blocks, rest = divmod(n_rotations, 2 * width)
        assert circuit.num_qubits == counts["h"] == width
        assert circuit.num_parameters == n_features
        assert counts["ry"] == blocks * width + max(0, rest - width)
        assert counts["rz"] == n_rotations - counts["ry"]
        gates = 2 * width if width > 3 else [0, 0, 1, 3][width]
        assert counts.get("cx", 0) == gates * (blocks - (rest == 0)) >= gates
        used = [
            instruction.operation.params[0]
            for instruction in circuit.data
            if instruction.operation.params
        ]
        for rep in range(reps):
            repetition = used[rep * n_features : (rep + 1) * n_features]
            assert sorted(repetition, key=str) == sorted(circuit.parameters, key=str)
        # without entanglers at the end, which would cancel from every overlap
        assert circuit.data[-1].operation.name in ("rz", "ry")


@pytest.mark.parametrize("n_qubits", [2, 3, 5, 10, 12])
def test_no_feature_stays_on_one_qubit(n_qubits):
    for n_features in range(2, 30):
        circuit = ReuploadingFeatureMap(n_qubits, bandwidth=1.0).build(n_features)
        places = {parameter: set() for parameter in circuit.parameters}
        for instruction in circuit.data:
            for parameter in instruction.operation.params:
                places[parameter].add(circuit.find_bit(instruction.qubits[0]).index)
        counts = circuit.count_ops()
        if counts["rz"] + counts["ry"] > n_features:
            assert all(len(qubits) > 1 for qubits in places.values())


@pytest.mark.parametrize("n_qubits", [None, 5, *range(7, 14), 20])
@pytest.mark.parametrize("n_features", [1, 2, 4, 7, 11, 13, 29, 30, 64, 100])
def test_default_scale_is_shared_among_the_rotations(n_qubits, n_features):
    X = data(n_features, 20)
    feature_map = fitted(ReuploadingFeatureMap(n_qubits), X)
    counts = feature_map.circuit_.count_ops()
    n_rotations = counts["rz"] + counts["ry"]
    assert feature_map.bandwidth_ == pytest.approx(2 / np.sqrt(n_rotations * X.var()))


@pytest.mark.parametrize(
    "feature_map",
    [
        *(ReuploadingFeatureMap(n, reps=r) for n in [None, 1, 2, 3, 4] for r in [None, 1, 2, 7]),
        *(ReuploadingFeatureMap(3, entanglement=e) for e in ["none", "full", "circular", [(2, 0)]]),
        *(
            AngleFeatureMap(rotation, reps=reps, entanglement=entanglement, bandwidth="scale")
            for rotation in ["rx", "ry", "rz"]
            for reps in [1, 2, 5]
            for entanglement in ["none", "linear", "circular", "full"]
        ),
    ],
    ids=label,
)
def test_scale_is_the_width_of_the_rbf_kernel(feature_map):
    for n_features in [1, 2, 3, 5, 8]:
        X = data(n_features, 20)
        n_rotations = measured_rotations(feature_map, n_features)
        expected = 2 / np.sqrt(n_rotations * X.var())
        assert fitted(feature_map, X).bandwidth_ == pytest.approx(expected)


def test_default_kernel_is_close_to_the_rbf_kernel():
    for n_features in [1, 2, 5, 12, 40]:
        X = data(n_features, 60)
        states = encode(fitted(ReuploadingFeatureMap(), X), X)
        distances = ((X[:, None] - X) ** 2).sum(axis=2)
        rbf = np.exp(-distances / (n_features * X.var()))
        error = np.abs(np.abs(states @ states.conj().T) ** 2 - rbf)
        # with each feature once, .13, .06 and .03 on average and up to 1 for 1, 2 and 5 features
        assert error.mean() < 0.012
        assert error.max() < 0.1


def test_no_rotation_of_the_default_is_without_effect():
    """The fidelity depends on each rotation: each on its own moves the state."""
    for n_features in [1, 3, 11, 20]:
        circuit = ReuploadingFeatureMap(bandwidth=1.0).build(n_features)
        separate = circuit.copy_empty_like()
        angles = iter(ParameterVector("a", 100))
        used = []
        for instruction in circuit.data:
            operation = instruction.operation
            if operation.params:
                used.append(next(angles))
                operation = type(operation)(used[-1])
            separate.append(operation, instruction.qubits)
        point = np.random.default_rng(0).normal(scale=0.3, size=len(used))
        rows = np.vstack([point, point + 0.1 * np.eye(len(used))])
        states = AerEngine().open(separate).states(rows)
        assert (np.abs(states[1:] @ states[0].conj()) ** 2 < 1 - 1e-3).all()


@hypothesis.settings(max_examples=60, deadline=None, print_blob=True)
@hypothesis.given(st.data())
def test_amplitudes_equal_normalised_rows(draw):
    size = draw.draw(st.integers(1, 9))
    entries = st.just(0.0) | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
    row = np.array(draw.draw(st.lists(entries, min_size=size, max_size=size)))
    hypothesis.assume(row.any())
    with np.errstate(under="ignore"):
        expected = oracles.amplitude_state(row / np.abs(row).max())
        got = encode(AmplitudeFeatureMap().fit(row[None]), row[None])[0]
    assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("row", "bits"), [([0, 1, 1], [0, 1, 1]), ([1.0, 0.0, 0.0], [1, 0, 0]), ([-0.0], [0])]
)
def test_basis_without_threshold_takes_bits(row, bits):
    X = np.array([row], dtype=float)
    got = encode(BasisFeatureMap().fit(X), X)[0]
    assert_allclose(got, oracles.basis_state(bits), rtol=0, atol=1e-12)


def test_custom_data_map():
    X = data(3)
    feature_map = PauliFeatureMap(["Z", "ZZ"], reps=1, data_map_func=lambda x: 0.5 * sum(x))
    expected = [oracles.simulate(feature_map.build(3), row) for row in X]
    assert_allclose(encode(fitted(feature_map, X), X), expected, rtol=0, atol=1e-12)
    single = ZFeatureMap(reps=1, data_map_func=lambda x: x[0] / 2)
    assert_allclose(
        encode(fitted(single, X), X), [oracles.z_state(x, 1, alpha=1) for x in X], atol=1e-12
    )


NUMPY_STYLE = {
    "np.prod": lambda x: np.prod(np.pi - x),
    "Qiskit's own": lambda x: x[0] if len(x) == 1 else reduce(lambda m, n: m * n, np.pi - x),
    "sum of sines": lambda x: np.sum(np.sin(x)),
    "array of one": lambda x: np.cos(x[:1]) * np.float64(2),
    "scalar product": lambda x: np.array([0.3, 0.7])[: len(x)] @ np.asarray(x),
    "scalar functions": lambda x: np.exp(-np.abs(x[0])) + np.arctan(x[-1]) / 2,
    "product of a list": lambda x: math.prod(np.pi - p for p in x),
    "polynomial": lambda x: (x**2).sum() - 1,
    "multiply.reduce": lambda x: np.multiply.reduce(x),
}


@pytest.mark.parametrize("data_map_func", NUMPY_STYLE.values(), ids=NUMPY_STYLE)
def test_data_maps_may_be_written_for_arrays(data_map_func):
    """The function of circuit parameters is that of numbers."""
    X = data(3)
    maps = {
        ZFeatureMap(reps=1, data_map_func=data_map_func): 1,
        ZZFeatureMap(reps=1, entanglement="linear", data_map_func=data_map_func): 2,
    }
    for feature_map, longest in maps.items():
        for row, state in zip(X, encode(fitted(feature_map, X), X), strict=True):
            expected = oracles._hadamards(oracles.basis_state([0, 0, 0]))
            for qubits in [(0,), (1,), (2,), (0, 1), (1, 2)]:
                if len(qubits) <= longest:
                    angle = 2 * np.squeeze(data_map_func(row[list(qubits)]))
                    gate = np.exp(0.5j * angle) * oracles.rotation("Z" * len(qubits), angle)
                    expected = oracles.apply_matrix(expected, gate, qubits)
            assert_allclose(state, expected, rtol=0, atol=1e-12)


BAD_DATA_MAPS = {
    "math": (lambda x: math.sin(x[0]), "fails for the array of circuit parameters .x.0.*NumPy"),
    "sqrt": (lambda x: np.sqrt(x[0]), r"no callable sqrt method.* \*\* with Python numbers"),
    "float": (lambda x: float(np.prod(x)), "fails for the array of circuit parameters"),
    "two features": (lambda x: x[0] * x[1], r"fails for .* \[x\[0\]\]: index 1 is out of bounds"),
    "two arguments": (lambda x, y: x * y, r"missing 1 required positional argument: 'y'"),
    "comparison": (lambda x: x[0] if x[0] > 0 else -x[0], "fails for .*not supported between"),
    "number": (lambda x: 3.0, r"returned 3.0 for x\[0\]; it must return one expression"),
    "nothing": (lambda x: None, r"returned None for x\[0\]; it must return one expression"),
    "foreign": (lambda x: x[0] + Parameter("y"), "of these parameters and no others"),
    "array": (lambda x: np.r_[x, x], "it must return one expression of these parameters"),
}


@pytest.mark.parametrize(("data_map_func", "message"), BAD_DATA_MAPS.values(), ids=BAD_DATA_MAPS)
@pytest.mark.parametrize("cls", [ZFeatureMap, ZZFeatureMap, PauliFeatureMap], ids=label)
def test_data_maps_that_cannot_work_are_refused(cls, data_map_func, message):
    with pytest.raises(ValueError, match=message):
        cls(data_map_func=data_map_func).build(2)


# --- What holds for every map ----------------------------------------------------------------


@all_maps
@pytest.mark.parametrize("check", FEATURE_MAP_CHECKS)
def test_public_checks(check, feature_map):
    check(feature_map, n_features=WIDTH)


@all_maps
def test_build_does_not_change_the_map(feature_map):
    feature_map = fitted(feature_map)
    before, text = dict(vars(feature_map)), repr(feature_map)
    circuit = feature_map.build(WIDTH)
    expected = circuit.copy()
    circuit.x(0)
    circuit.assign_parameters({circuit.parameters[0]: 1.0}, inplace=True)
    assert same_circuit(feature_map.build(WIDTH), expected)
    assert vars(feature_map).keys() == before.keys()
    assert all(value is before[name] for name, value in vars(feature_map).items())
    assert repr(feature_map) == text


@all_maps
def test_fit_learns_the_width_and_builds(feature_map):
    X = data()
    feature_map = clone(feature_map)
    assert feature_map.fit(X) is feature_map
    assert feature_map.n_features_in_ == WIDTH
    assert feature_map.parameter_values(X).shape == (3, feature_map.circuit_.num_parameters)
    assert same_circuit(feature_map.circuit_, feature_map.build(WIDTH))


@all_maps
@pytest.mark.parametrize(
    "duplicate", [clone, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_are_equal(feature_map, duplicate):
    X = data()
    copied = duplicate(feature_map)
    assert repr(copied) == repr(feature_map) or isinstance(feature_map, CircuitFeatureMap)
    assert_array_equal(encode(copied.fit(X), X), encode(fitted(feature_map, X), X))
    refitted = duplicate(copied)
    assert hasattr(refitted, "circuit_") == (duplicate is not clone)


@pytest.mark.parametrize("feature_map", [m for m in MAPS if not hasattr(m, "circuit")], ids=label)
def test_repr_makes_the_map_again(feature_map):
    again = eval(repr(feature_map), {**globals(), "array": np.array})
    assert repr(again) == repr(feature_map)


@all_maps
def test_set_params_is_as_good_as_the_constructor(feature_map):
    params = feature_map.get_params(deep=False)
    other = type(feature_map)(params["circuit"]) if "circuit" in params else type(feature_map)()
    assert other.set_params(**params) is other
    X = data()
    assert_array_equal(encode(other.fit(X), X), encode(fitted(feature_map, X), X))


@all_maps
def test_columns_belong_to_parameters_in_order(feature_map):
    names = [parameter.name for parameter in fitted(feature_map).circuit_.parameters]
    if isinstance(feature_map, CircuitFeatureMap):
        assert names == [parameter.name for parameter in feature_map.circuit.parameters]
    else:
        stem = "theta" if isinstance(feature_map, AmplitudeFeatureMap) else "x"
        assert names == [f"{stem}[{k}]" for k in range(len(names))]


# --- Bandwidth -------------------------------------------------------------------------------


@scaled_maps
def test_bandwidth_is_the_same_as_scaling_the_data(feature_map):
    X = data()
    wide = fitted(feature_map, X, bandwidth=0.37)
    plain = fitted(feature_map, X, bandwidth=1.0)
    assert wide.bandwidth_ == 0.37
    assert_allclose(encode(wide, X), encode(plain, 0.37 * X), rtol=0, atol=1e-12)


@scaled_maps
def test_build_agrees_with_fit(feature_map):
    number = clone(feature_map).set_params(bandwidth=0.37)
    assert same_circuit(number.build(WIDTH), number.fit(data()).circuit_)


def measured_rotations(feature_map, n_features):
    """Rotations by 1 that move the state 0 as far, from fidelities of states close to it."""
    distance = 1e-3
    circuit = clone(feature_map).set_params(bandwidth=1.0).build(n_features)
    rows = np.vstack([np.zeros(n_features), distance * np.eye(n_features)])
    states = AerEngine().open(circuit).states(rows)
    moved = 1 - np.abs(states[1:] @ states[0].conj()) ** 2
    return round(4 * moved.sum() / distance**2)


@scaled_maps
def test_bandwidth_scale(feature_map):
    X = 3 * data(n_samples=20) + 1
    per_unit = getattr(feature_map, "alpha", 1.0)
    n_rotations = WIDTH
    if isinstance(feature_map, AngleFeatureMap | ReuploadingFeatureMap):
        n_rotations = measured_rotations(feature_map, WIDTH)
    scale = 2 / (per_unit * np.sqrt(n_rotations * X.var()))
    for text, factor in {"scale": 1, "0.5*scale": 0.5, "2e-1 * scale": 0.2, " scale ": 1}.items():
        bandwidth = fitted(feature_map, X, bandwidth=text).bandwidth_
        assert bandwidth == pytest.approx(factor * scale, rel=1e-14)
    resolved = fitted(feature_map, X, bandwidth=float(scale))
    assert_allclose(
        encode(fitted(feature_map, X, bandwidth="scale"), X), encode(resolved, X), atol=1e-12
    )


@scaled_maps
def test_bandwidth_scale_forgets_the_units(feature_map):
    X = data(n_samples=10)
    expected = encode(fitted(feature_map, X, bandwidth="0.7*scale"), X)
    for unit in [1000, 1e-6]:
        got = encode(fitted(feature_map, unit * X, bandwidth="0.7*scale"), unit * X)
        assert_allclose(got, expected, rtol=0, atol=1e-12)


@scaled_maps
def test_weights_are_repetitions(feature_map):
    X = data(n_samples=6)
    weights = np.array([3, 0, 1, 2, 1, 5])
    weighted = clone(feature_map).set_params(bandwidth="scale")
    repeated = fitted(weighted, np.repeat(X, weights, axis=0)).bandwidth_
    assert weighted.fit(X, sample_weight=weights).bandwidth_ == pytest.approx(repeated, rel=1e-12)
    fractions = weighted.fit(X, sample_weight=weights / 7).bandwidth_
    assert fractions == pytest.approx(repeated, rel=1e-12)
    unweighted = fitted(weighted, X).bandwidth_
    assert weighted.fit(X, sample_weight=np.ones(6)).bandwidth_ == pytest.approx(unweighted)
    assert unweighted != pytest.approx(repeated)


@all_maps
def test_weights_are_taken_by_every_map(feature_map):
    clone(feature_map).fit(data(), None, np.ones(3))


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1])
def test_constant_features_count_as_variance_one(value):
    X = np.full((7, WIDTH), value)
    feature_map = ReuploadingFeatureMap(reps=1)
    assert feature_map.fit(X).bandwidth_ == pytest.approx(1.0)
    assert feature_map.fit(X, sample_weight=np.arange(7.0)).bandwidth_ == pytest.approx(1.0)


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight holds -2 for row 1, .*use 0"):
        ReuploadingFeatureMap().fit(data(n_samples=3), sample_weight=[1, -2, 1])


# --- The user's circuit ----------------------------------------------------------------------


@pytest.mark.parametrize("bandwidth", [1.0, 0.3, "scale"])
def test_circuit_of_the_user_is_never_changed(bandwidth):
    circuit = own_circuit()
    circuit.metadata = {"key": 1}
    before, parameters = circuit.copy(), list(circuit.parameters)
    feature_map = CircuitFeatureMap(circuit, bandwidth=bandwidth).fit(data())
    encode(feature_map, data())
    feature_map.circuit_.x(0)
    feature_map.build(WIDTH).x(0)
    assert circuit == before
    assert list(circuit.parameters) == parameters
    assert circuit.metadata == {"key": 1}
    assert feature_map.circuit is circuit


def test_own_circuit_may_hold_a_parameter_vector_and_reordered_names():
    x = ParameterVector("x", 12)
    circuit = QuantumCircuit(2)
    for k in reversed(range(12)):
        circuit.rx(x[k], k % 2)
        circuit.cry(x[k] / 2, k % 2, 1 - k % 2)
    X = data(12)
    assert_closed_form(CircuitFeatureMap(circuit), X)
    assert_closed_form(CircuitFeatureMap(circuit, bandwidth="scale"), X)


# --- Large angles ----------------------------------------------------------------------------


@all_maps
def test_large_features(feature_map):
    X = 100 * data()
    feature_map = clone(feature_map).fit(X)
    expected = [closed_form(feature_map, row) for row in X]
    # Angles, some of them products of three features, are rounded relative to their size.
    assert_allclose(encode(feature_map, X), expected, rtol=0, atol=1e-6)
    norms = np.linalg.norm(encode(feature_map, 1e6 * X), axis=1)
    assert_allclose(norms, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rotation", ["rx", "ry", "rz"])
def test_large_angles_are_not_rounded_at_all(rotation):
    X = 1e9 * data()
    expected = [angle_state(row, rotation, 1, []) for row in X]
    assert_allclose(encode(fitted(AngleFeatureMap(rotation), X), X), expected, rtol=0, atol=1e-12)


# --- Refusals: one sentence, with numbers ---------------------------------------------------

REFUSED = [
    (ReuploadingFeatureMap(), 4, r"bandwidth='scale' .* resolved from training data: call fit"),
    (ZFeatureMap(bandwidth="0.5*scale"), 4, r"bandwidth='0.5\*scale' of ZFeatureMap is resolved"),
    *(
        (IQPFeatureMap(bandwidth=text), 4, "IQPFeatureMap is neither a positive number nor 'scale'")
        for text in ["", "auto", "scale*2", "0*scale", "-1*scale", "1.2.3*scale", "1e999*scale"]
    ),
    (AngleFeatureMap(bandwidth=0), 4, "'bandwidth' parameter of AngleFeatureMap .* Got 0 instead"),
    (AngleFeatureMap(bandwidth=-1.0), 4, "'bandwidth' parameter .* Got -1.0 instead"),
    (AngleFeatureMap(bandwidth=np.inf), 4, "'bandwidth' parameter .* Got inf instead"),
    (AngleFeatureMap(bandwidth=np.nan), 4, "'bandwidth' parameter .* Got nan instead"),
    (AngleFeatureMap("x"), 4, "'rotation' parameter of AngleFeatureMap .* Got 'x' instead"),
    (AngleFeatureMap(reps=0), 4, "'reps' parameter of AngleFeatureMap .* Got 0 instead"),
    (
        AngleFeatureMap(entanglement="ring"),
        4,
        "entanglement='ring' is unknown; use one of 'linear'",
    ),
    (AngleFeatureMap(entanglement=[(0, 4)]), 4, r"\(0, 4\), .* different qubits between 0 and 3"),
    (IQPFeatureMap(entanglement=[(1, 1)]), 4, r"\(1, 1\), .* different qubits between 0 and 3"),
    (IQPFeatureMap(entanglement=[(0, -1)]), 4, r"\(0, -1\), .* different qubits between 0 and 3"),
    (IQPFeatureMap(entanglement=[(0, 1, 2)]), 4, r"entanglement holds \(0, 1, 2\)"),
    (IQPFeatureMap(entanglement=[0, 1]), 4, "entanglement holds 0, which is not a pair"),
    (IQPFeatureMap(entanglement=[(0, 0.5)]), 4, r"\(0, 0.5\), which is not a pair"),
    (IQPFeatureMap(entanglement=3), 4, "'entanglement' parameter of IQPFeatureMap"),
    (ReuploadingFeatureMap(0), 4, "'n_qubits' parameter of ReuploadingFeatureMap .* Got 0"),
    (ReuploadingFeatureMap(2.0), 4, "'n_qubits' parameter of ReuploadingFeatureMap .* Got 2.0"),
    (
        ReuploadingFeatureMap(2, entanglement=[(0, 2)], bandwidth=1.0),
        4,
        r"\(0, 2\), .* different qubits between 0 and 1",
    ),
    (ZZFeatureMap(entanglement="pairwise"), 4, "entanglement='pairwise' is unknown; use one of"),
    (ZZFeatureMap(entanglement=[(0, 4)]), 4, r"\(0, 4\), .* different qubits between 0 and 3"),
    (ZFeatureMap(alpha=0), 4, "'alpha' parameter of ZFeatureMap .* Got 0 instead"),
    (ZFeatureMap(data_map_func=1), 4, "'data_map_func' parameter of ZFeatureMap"),
    (PauliFeatureMap("ZZ"), 4, "'paulis' parameter of PauliFeatureMap .* Got 'ZZ'"),
    (PauliFeatureMap(["Z", "zz"]), 4, "paulis holds 'zz', which is not a string of I, X, Y and Z"),
    (PauliFeatureMap(["Z", ""]), 4, "paulis holds '', which is not a string of I, X, Y and Z"),
    (PauliFeatureMap(["Z", 1]), 4, "paulis holds 1, which is not a string of I, X, Y and Z"),
    (PauliFeatureMap(["ZZ"]), 1, "'ZZ'.* is longer than the 1 features"),
    (PauliFeatureMap(["ZZ"], entanglement=[(0, 1)]), 4, "encodes 2 of 4 features; add 'Z'"),
    (PauliFeatureMap(["I"]), 4, "encodes 0 of 4 features"),
    (
        PauliFeatureMap(entanglement={1: [(0,), (1,)], 2: [(0, 5)]}),
        2,
        r"\(0, 5\), .* different qubits between 0 and 1",
    ),
    (BasisFeatureMap("high"), 4, "'threshold' parameter of BasisFeatureMap"),
    (CircuitFeatureMap(own_circuit()), 3, "circuit has 4 free parameters, X has 3 features"),
    (CircuitFeatureMap(QuantumCircuit(1)), 4, "circuit has no free parameters"),
    (CircuitFeatureMap("zz"), 4, "'circuit' parameter of CircuitFeatureMap"),
    *(
        (AngleFeatureMap(), n, f"n_features={n!r}, but at least one feature is needed")
        for n in [0, -1, 2.0, "2", None]
    ),
]


@pytest.mark.parametrize(
    ("feature_map", "n_features", "message"),
    REFUSED,
    ids=[f"{label(m)} {n}" for m, n, _ in REFUSED],
)
def test_build_refuses(feature_map, n_features, message):
    with pytest.raises(ValueError, match=message):
        feature_map.build(n_features)


@pytest.mark.parametrize("feature_map", [AngleFeatureMap(bandwidth="auto"), ZFeatureMap(reps=0)])
def test_fit_refuses_what_build_refuses(feature_map):
    with pytest.raises(ValueError, match=r"bandwidth='auto'|'reps' parameter"):
        feature_map.fit(data())


def test_rows_that_cannot_be_encoded_are_refused():
    with pytest.raises(ValueError, match="Row 1 is all zeros and cannot be normalised"):
        AmplitudeFeatureMap().parameter_values(np.array([[1.0, 0], [0, 0], [0, 0]]))
    with pytest.raises(ValueError, match=r"Feature 0 of row 1 is 0.25, not 0 or 1; give"):
        BasisFeatureMap().parameter_values(np.array([[1.0, 0], [0.25, 3], [0, 0]]))


@all_maps
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(feature_map, bad):
    X = data()
    X[1, 2] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        clone(feature_map).fit(X)


# --- Names -----------------------------------------------------------------------------------


def test_names_resolve_to_defaults():
    for name, made in FEATURE_MAPS.items():
        assert type(resolve_feature_map(name)) is made
        assert repr(resolve_feature_map(name)) == repr(made())
    assert repr(resolve_feature_map(None)) == "ReuploadingFeatureMap()"
    feature_map = ZFeatureMap()
    assert resolve_feature_map(feature_map) is feature_map
    circuit = own_circuit()
    assert resolve_feature_map(circuit).circuit is circuit


def test_every_named_map_is_tested():
    # in test_affine and test_chain_maps
    elsewhere = {AffineFeatureMap, CXChainFeatureMap, RXXChainFeatureMap}
    assert set(FEATURE_MAPS.values()) - elsewhere <= {type(feature_map) for feature_map in MAPS}


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("zzz", ValueError, "feature_map='zzz' is unknown: did you mean 'zz'"),
        ("", ValueError, "feature_map='' is unknown: the known names are 'affine', 'amplitude'"),
        (3, TypeError, "feature_map is 3, not a name"),
        (ZFeatureMap, TypeError, "pass an instance"),
    ],
    ids=label,
)
def test_names_that_mean_nothing_are_refused(value, error, message):
    with pytest.raises(error, match=message):
        resolve_feature_map(value)
