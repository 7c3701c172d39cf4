"""Ansätze against matrices written from their definitions, and what holds for all of them."""

import math
import pickle
from itertools import combinations

import numpy as np
import oracles
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import efficient_su2, n_local, real_amplitudes
from qiskit.quantum_info import Operator
from sklearn.base import clone

from skquantum.ansatze import (
    ANSATZE,
    QCNN,
    Ansatz,
    AttachedCircuit,
    CircuitAnsatz,
    EfficientSU2,
    IdentityBlocks,
    RealAmplitudes,
    ReuploadingAnsatz,
    StronglyEntangling,
    TwoLocal,
    resolve_ansatz,
)
from skquantum.engines import resolve_engine
from skquantum.feature_maps import FEATURE_MAPS, AngleFeatureMap, ZZFeatureMap
from skquantum.testing import ANSATZ_CHECKS

WIDTH = 3  # number of qubits where a test does not vary it


def own_circuit():
    """Circuit of 3 qubits and 4 parameters whose names do not sort as they were created."""
    circuit = QuantumCircuit(3, 2, global_phase=0.5)
    names = ["w[1]", "delta", "w[0]", "alpha"]
    for position, parameter in enumerate(map(Parameter, names)):
        circuit.h(position % 3)
        circuit.crx(parameter, position % 3, (position + 1) % 3)
        circuit.rz(parameter**2 - 1, position % 3)
    inner = QuantumCircuit(2, global_phase=Parameter("alpha2"))
    inner.ryy(Parameter("alpha3"), 0, 1)
    circuit.append(inner.to_gate(), [2, 0])
    return circuit


# Without anything inside of them and for any number of qubits, ...
PLAIN = [
    RealAmplitudes(),
    RealAmplitudes(1, final_rotation=False),
    RealAmplitudes(2, entanglement="circular"),
    EfficientSU2(),
    EfficientSU2(np.int64(2), entanglement="full", final_rotation=False),
    EfficientSU2(1, entanglement="none"),
    TwoLocal(),
    TwoLocal("u", "cz", reps=1, entanglement="circular"),
    TwoLocal(["h", "rx", "p"], "crx", reps=2, entanglement="full", final_rotation=False),
    TwoLocal(np.array(["ry"]), "rzz", reps=2, entanglement="full"),
    StronglyEntangling(),
    StronglyEntangling(np.int64(7)),
    QCNN(),
    QCNN(reps=np.int64(2)),
]
# ... with something inside, ...
COMPOSITE = [
    ReuploadingAnsatz(),
    ReuploadingAnsatz(1, ansatz="real_amplitudes", trainable_scaling=False),
    ReuploadingAnsatz(np.int64(2), ansatz=IdentityBlocks(RealAmplitudes(1))),
    IdentityBlocks(),
    IdentityBlocks("strongly_entangling", n_blocks=np.int64(3)),
    IdentityBlocks(IdentityBlocks(n_blocks=2), n_blocks=2),
]
ANY_WIDTH = [*PLAIN, *COMPOSITE]
# ... and for WIDTH qubits.
ALL = [
    *ANY_WIDTH,
    RealAmplitudes(1, entanglement=[(2, 0), (0, 1)]),
    TwoLocal("rx", "cry", reps=2, entanglement=np.array([[2, 0], [1, 2]])),
    CircuitAnsatz(own_circuit()),
    IdentityBlocks(own_circuit(), n_blocks=2),
    ReuploadingAnsatz(2, ansatz=own_circuit()),
]


all_ansatze = pytest.mark.parametrize("ansatz", ALL, ids=label)
any_width = pytest.mark.parametrize("ansatz", ANY_WIDTH, ids=label)


def numbers(size, seed=0):
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, size)


def unitary(circuit, values):
    return oracles.unitary(circuit, values)


def assert_same(first, second, atol=1e-12):
    assert_allclose(first, second, rtol=0, atol=atol)


def bound(attached, encoding, x, w):
    """Values by parameter of an attached circuit."""
    return dict(zip(encoding.parameters, x, strict=True)) | dict(
        zip(attached.weights, w, strict=True)
    )


@all_ansatze
@pytest.mark.parametrize("check", ANSATZ_CHECKS)
def test_public_checks(check, ansatz):
    check(ansatz, n_qubits=WIDTH)


# --- Matrices from the definitions -----------------------------------------------------------


def product(n_qubits, gates):
    """Matrix of gates, given as (matrix, qubit, ...), the first acting first."""
    # Row bits are the upper half of the bits of the flat matrix.
    flat = np.eye(2**n_qubits, dtype=complex).ravel()
    for matrix, *qubits in gates:
        flat = oracles.apply_matrix(flat, matrix, [n_qubits + qubit for qubit in qubits])
    return flat.reshape(2**n_qubits, -1)


CX = oracles.gate_matrix("cx")


def pairs(entanglement, n_qubits):
    if not isinstance(entanglement, str):
        return [tuple(pair) for pair in entanglement]
    chain = list(zip(range(n_qubits - 1), range(1, n_qubits), strict=True))
    ring = [*chain, (n_qubits - 1, 0)] if n_qubits > 2 else chain
    full = list(combinations(range(n_qubits), 2))
    return {"linear": chain, "circular": ring, "full": full, "none": []}[entanglement]


def two_local(n_qubits, w, rotations, entangler, ansatz):
    """Gates of the two-local family; names end in the number of their parameters."""
    w = iter(w)

    def gate(name_and_count):
        gate_name, n_params = name_and_count
        return oracles.gate_matrix(gate_name, [next(w) for _ in range(n_params)])

    for layer in range(ansatz.reps + 1):
        if layer < ansatz.reps or ansatz.final_rotation:
            for rotation in rotations:
                yield from ((gate(rotation), qubit) for qubit in range(n_qubits))
        if layer < ansatz.reps:
            for pair in pairs(ansatz.entanglement, n_qubits):
                yield gate(entangler), *pair


def pennylane_rot(phi, theta, omega):
    """The matrix in the documentation of `pennylane.Rot`."""
    cos, sin = np.cos(theta / 2), np.sin(theta / 2)
    return np.array(
        [
            [np.exp(-0.5j * (phi + omega)) * cos, -np.exp(0.5j * (phi - omega)) * sin],
            [np.exp(-0.5j * (phi - omega)) * sin, np.exp(0.5j * (phi + omega)) * cos],
        ]
    )


def strongly_entangling(n_qubits, w, reps):
    w = np.reshape(w, (reps, n_qubits, 3))
    for layer in range(reps):
        yield from ((pennylane_rot(*w[layer, qubit]), qubit) for qubit in range(n_qubits))
        for qubit in range(n_qubits) if n_qubits > 1 else []:
            yield CX, qubit, (qubit + layer % (n_qubits - 1) + 1) % n_qubits


# Convolved pairs and pooled pairs (kept, dropped) of each layer.
QCNN_PAIRS = {
    1: [],
    2: [([(0, 1)], [(0, 1)])],
    3: [([(0, 1), (1, 2)], [(0, 1)]), ([(0, 2)], [(0, 2)])],
    4: [([(0, 1), (2, 3), (1, 2)], [(0, 1), (2, 3)]), ([(0, 2)], [(0, 2)])],
    5: [
        ([(0, 1), (2, 3), (1, 2), (3, 4)], [(0, 1), (2, 3)]),
        ([(0, 2), (2, 4)], [(0, 2)]),
        ([(0, 4)], [(0, 4)]),
    ],
    6: [
        ([(0, 1), (2, 3), (4, 5), (1, 2), (3, 4)], [(0, 1), (2, 3), (4, 5)]),
        ([(0, 2), (2, 4)], [(0, 2)]),
        ([(0, 4)], [(0, 4)]),
    ],
}


def any_two_qubit_gate(w):
    """KAK: local rotations, an interaction, local rotations; the first qubit least significant."""
    interaction = sum(
        angle / 2 * oracles.pauli_matrix(label)
        for angle, label in zip(w[6:9], ["XX", "YY", "ZZ"], strict=True)
    )
    before = np.kron(pennylane_rot(*w[3:6]), pennylane_rot(*w[:3]))
    after = np.kron(pennylane_rot(*w[12:15]), pennylane_rot(*w[9:12]))
    return after @ oracles.evolution_matrix(interaction, 1.0) @ before


def qcnn(n_qubits, w, reps):
    w = list(w)

    def take(count):
        taken, w[:count] = w[:count], []
        return taken

    for convolved, pooled in QCNN_PAIRS[n_qubits]:
        for _ in range(reps):
            block = any_two_qubit_gate(take(15))
            yield from ((block, *pair) for pair in convolved)
        if_one, if_zero = take(2)
        pooling = np.kron(np.diag([0, 1]), oracles.rotation("Z", if_one)) + np.kron(
            np.diag([1, 0]), oracles.rotation("X", if_zero)
        )
        yield from ((pooling, *pair) for pair in pooled)
    yield pennylane_rot(*take(3)), 0
    assert not w


def from_definition(ansatz, n_qubits, w):
    """Matrix of an ansatz, without a circuit except where the circuit is the ansatz."""
    match ansatz:
        case RealAmplitudes():
            gates = two_local(n_qubits, w, [("ry", 1)], ("cx", 0), ansatz)
        case EfficientSU2():
            gates = two_local(n_qubits, w, [("ry", 1), ("rz", 1)], ("cx", 0), ansatz)
        case TwoLocal(rotations=rotations, entangler=entangler):
            rotations = ["ry", "rz"] if rotations is None else np.atleast_1d(rotations)
            counts = {"h": 0, "u": 3, "cx": 0, "cz": 0}
            rotations = [(str(gate), counts.get(gate, 1)) for gate in rotations]
            gates = two_local(n_qubits, w, rotations, (entangler, counts.get(entangler, 1)), ansatz)
        case StronglyEntangling(reps=reps):
            gates = strongly_entangling(n_qubits, w, reps)
        case QCNN(reps=reps):
            gates = qcnn(n_qubits, w, reps)
        case CircuitAnsatz(circuit=circuit):
            return oracles.unitary(circuit, w)
        case IdentityBlocks(n_blocks=n_blocks):
            inner = resolve_ansatz(ansatz.ansatz or EfficientSU2(1))
            matrix = np.eye(2**n_qubits)
            for half in np.reshape(w, (n_blocks, 2, -1)):
                forth, back = (from_definition(inner, n_qubits, part) for part in half)
                matrix = back.conj().T @ forth @ matrix
            return matrix
        case ReuploadingAnsatz():
            block = resolve_ansatz(ansatz.ansatz or StronglyEntangling(1))
            return from_definition(block, n_qubits, w)
    return product(n_qubits, gates)


def assert_from_definition(ansatz, n_qubits):
    circuit = ansatz.build(n_qubits)
    w = numbers(circuit.num_parameters, seed=n_qubits)
    assert_same(unitary(circuit, w), from_definition(ansatz, n_qubits, w))


@all_ansatze
def test_matrices_equal_those_of_the_definition(ansatz):
    assert_from_definition(ansatz, WIDTH)


@any_width
@pytest.mark.parametrize("n_qubits", [1, 2, 4])
def test_matrices_for_other_widths(ansatz, n_qubits):
    assert_from_definition(ansatz, n_qubits)


@pytest.mark.parametrize("ansatz", [QCNN(), StronglyEntangling(6)], ids=label)
@pytest.mark.parametrize("n_qubits", [5, 6])
def test_wide_matrices(ansatz, n_qubits):
    assert_from_definition(ansatz, n_qubits)


def test_strongly_entangling_written_out():
    """Three layers on 3 qubits: the ring, the ring of range 2, and the ring again."""
    w = numbers(27).reshape(3, 3, 3)
    expected = product(
        3,
        [
            (pennylane_rot(*w[0, 0]), 0),
            (pennylane_rot(*w[0, 1]), 1),
            (pennylane_rot(*w[0, 2]), 2),
            (CX, 0, 1),
            (CX, 1, 2),
            (CX, 2, 0),
            (pennylane_rot(*w[1, 0]), 0),
            (pennylane_rot(*w[1, 1]), 1),
            (pennylane_rot(*w[1, 2]), 2),
            (CX, 0, 2),
            (CX, 1, 0),
            (CX, 2, 1),
            (pennylane_rot(*w[2, 0]), 0),
            (pennylane_rot(*w[2, 1]), 1),
            (pennylane_rot(*w[2, 2]), 2),
            (CX, 0, 1),
            (CX, 1, 2),
            (CX, 2, 0),
        ],
    )
    assert_same(unitary(StronglyEntangling(3).build(3), w.ravel()), expected)


def test_strongly_entangling_on_two_qubits_has_both_gates():
    w = numbers(6).reshape(2, 3)
    gates = [(pennylane_rot(*w[0]), 0), (pennylane_rot(*w[1]), 1), (CX, 0, 1), (CX, 1, 0)]
    assert_same(unitary(StronglyEntangling(1).build(2), w.ravel()), product(2, gates))


@pytest.mark.parametrize("n_qubits", range(2, 7))
@pytest.mark.parametrize("entanglement", ["linear", "full"])
def test_qiskit_makes_the_same(n_qubits, entanglement):
    """Where Qiskit's names mean the same; "full" it refuses on one qubit."""
    peers = [
        (RealAmplitudes(2, entanglement=entanglement), real_amplitudes),
        (EfficientSU2(2, entanglement=entanglement), efficient_su2),
        (
            TwoLocal(["rx", "ry"], "cz", reps=2, entanglement=entanglement),
            lambda *args, **options: n_local(*args, ["rx", "ry"], "cz", **options),
        ),
    ]
    for ansatz, peer in peers:
        circuit = ansatz.build(n_qubits)
        other = peer(n_qubits, entanglement=entanglement, reps=2)
        w = numbers(circuit.num_parameters)
        assert circuit.assign_parameters(w) == other.assign_parameters(w)


@pytest.mark.parametrize("n_qubits", range(1, 10))
@pytest.mark.parametrize("reps", [1, 2, 5])
def test_number_of_weights(n_qubits, reps):
    halvings = int(np.ceil(np.log2(n_qubits)))
    n_pairs = n_qubits * (n_qubits - 1) // 2
    expected = {
        RealAmplitudes(reps): n_qubits * (reps + 1),
        RealAmplitudes(reps, final_rotation=False): n_qubits * reps,
        EfficientSU2(reps): 2 * n_qubits * (reps + 1),
        EfficientSU2(reps, final_rotation=False): 2 * n_qubits * reps,
        TwoLocal("u", "crz", reps=reps, entanglement="full"): 3 * n_qubits * (reps + 1)
        + n_pairs * reps,
        StronglyEntangling(reps): 3 * n_qubits * reps,
        QCNN(reps): (15 * reps + 2) * halvings + 3,
        IdentityBlocks(RealAmplitudes(1), n_blocks=reps): 2 * reps * n_qubits * 2,
        ReuploadingAnsatz(reps): 3 * n_qubits,
    }
    for ansatz, n_weights in expected.items():
        assert ansatz.build(n_qubits).num_parameters == n_weights
    encoding = AngleFeatureMap().build(n_qubits)
    assert len(ReuploadingAnsatz(reps).attach(encoding).weights) == 4 * n_qubits * reps
    fixed = ReuploadingAnsatz(reps, trainable_scaling=False)
    assert len(fixed.attach(encoding).weights) == 3 * n_qubits * reps


# --- What holds for every ansatz -------------------------------------------------------------


@any_width
@pytest.mark.parametrize("n_qubits", range(1, 7))
def test_every_ansatz_is_a_unitary_of_its_width(ansatz, n_qubits):
    circuit = ansatz.build(n_qubits)
    assert circuit.num_qubits == n_qubits
    names = [parameter.name for parameter in circuit.parameters]
    assert names == [f"w[{k}]" for k in range(len(names))]
    matrix = Operator(circuit.assign_parameters(numbers(len(names)))).data
    assert_same(matrix.conj().T @ matrix, np.eye(2**n_qubits))

    encoding = ZZFeatureMap(reps=1).build(n_qubits)
    attached = ansatz.attach(encoding)
    n_weights = len(attached.weights)
    assert attached.circuit.num_qubits == n_qubits
    assert [weight.name for weight in attached.weights] == [f"w[{k}]" for k in range(n_weights)]
    assert set(attached.circuit.parameters) == {*encoding.parameters, *attached.weights}
    assert attached.is_scaling.shape == (n_weights,)
    assert attached.is_scaling.dtype == bool
    assert attached.mirrors.ndim == 2
    assert attached.mirrors.shape[1] == 2
    assert np.issubdtype(attached.mirrors.dtype, np.integer)
    followed, following = attached.mirrors.T
    assert len(set(following)) == len(following)
    assert not {*followed} & {*following}
    assert {*followed, *following} <= set(range(n_weights))
    assert not attached.is_scaling[attached.mirrors].any()


@pytest.mark.parametrize("ansatz", [*PLAIN, *map(ReuploadingAnsatz, [1, 3])], ids=label)
def test_weights_appear_in_order(ansatz):
    attached = ansatz.attach(AngleFeatureMap("rx").build(WIDTH))
    values = [value for item in attached.circuit.data for value in item.operation.params]
    used = [parameter for value in values for parameter in value.parameters]
    order = dict.fromkeys(parameter for parameter in used if parameter in attached.weights)
    assert tuple(order) == attached.weights


@pytest.mark.parametrize(
    "ansatz", [a for a in ALL if not isinstance(a, ReuploadingAnsatz)], ids=label
)
def test_attached_is_the_encoding_followed_by_the_ansatz(ansatz):
    encoding = ZZFeatureMap(reps=1).build(WIDTH)
    encoding.global_phase = 0.3
    attached = ansatz.attach(encoding)
    x, w = numbers(WIDTH, 1), numbers(len(attached.weights), 2)
    expected = unitary(ansatz.build(WIDTH), w) @ unitary(encoding, x)
    assert_same(unitary(attached.circuit, bound(attached, encoding, x, w)), expected)
    assert not attached.is_scaling.any()
    if not isinstance(ansatz, IdentityBlocks):
        assert attached.mirrors.shape == (0, 2)


def named(*names):
    """Encoding with one RX, controlled and in a composite gate, per parameter."""
    circuit = QuantumCircuit(WIDTH, 1, global_phase=0.7, metadata={"key": 1})
    for position, parameter in enumerate(map(Parameter, names)):
        circuit.h(position % WIDTH)
        circuit.crx(2 * parameter + 1, position % WIDTH, (position + 1) % WIDTH)
        inner = QuantumCircuit(1)
        inner.rz(parameter, 0)
        circuit.append(inner.to_gate(), [position % WIDTH])
    return circuit


def vector(name):
    circuit = QuantumCircuit(WIDTH)
    for position, parameter in enumerate(ParameterVector(name, 12)):
        circuit.rx(parameter, position % WIDTH)
    return circuit


ENCODINGS = {
    "w[0]": (named("w[0]", "w[1]"), "w_1"),
    "w": (named("w"), "w_1"),
    "w and w_1": (named("w", "w_1[3]", "w_2x"), "w_2"),
    "theta": (named("θ", "θ[0]"), "w"),
    "weights": (named("weights", "wx", "a[w]"), "w"),
    "vector w": (vector("w"), "w_1"),
    "vector θ": (vector("θ"), "w"),
    "no data": (QuantumCircuit(WIDTH), "w"),
}


@all_ansatze
@pytest.mark.parametrize("key", ENCODINGS)
def test_attach_survives_any_name_and_never_changes_the_encoding(ansatz, key):
    encoding, stem = ENCODINGS[key]
    before, parameters = encoding.copy(), list(encoding.parameters)
    attached = ansatz.attach(encoding)
    assert encoding == before
    assert list(encoding.parameters) == parameters
    assert [p.name for p in attached.weights] == [
        f"{stem}[{k}]" for k in range(len(attached.weights))
    ]
    assert set(attached.circuit.parameters) == {*parameters, *attached.weights}
    x, w = numbers(len(parameters), 1), numbers(len(attached.weights), 2)
    state = oracles.simulate(attached.circuit, bound(attached, encoding, x, w))
    expected = np.eye(2**WIDTH)[0]
    layers = getattr(ansatz, "layers", 1) or max(2, math.ceil(6 / max(len(parameters), 1)))
    scaling = attached.is_scaling.reshape(layers, -1)
    for part, scales in zip(w.reshape(layers, -1), scaling, strict=True):
        factors = part[scales] if scales.any() else 1.0
        expected = oracles.simulate(encoding, x * factors, expected)
        expected = oracles.simulate(ansatz.build(WIDTH), part[~scales], expected)
    assert_same(state, expected)
    attached.circuit.x(0)
    attached.circuit.assign_parameters(bound(attached, encoding, x, w), inplace=True)
    assert encoding == before


@all_ansatze
def test_build_is_fresh_and_changes_nothing(ansatz):
    before, text = dict(vars(ansatz)), repr(ansatz)
    first = ansatz.build(WIDTH)
    values = numbers(first.num_parameters)
    expected = first.assign_parameters(values)
    second = ansatz.build(WIDTH)
    assert not set(first.parameters) & set(second.parameters)
    first.assign_parameters(values, inplace=True)
    first.x(0)
    assert second.assign_parameters(values) == expected
    assert ansatz.build(WIDTH).assign_parameters(values) == expected
    assert repr(ansatz) == text
    assert all(value is before[key] for key, value in vars(ansatz).items())


@all_ansatze
@pytest.mark.parametrize("copied", [clone, lambda a: pickle.loads(pickle.dumps(a))])
def test_copies_build_the_same(ansatz, copied):
    copy = copied(ansatz)
    assert type(copy) is type(ansatz)
    w = numbers(ansatz.build(WIDTH).num_parameters)
    assert copy.build(WIDTH).assign_parameters(w) == ansatz.build(WIDTH).assign_parameters(w)


@all_ansatze
def test_set_params_is_as_good_as_the_constructor(ansatz):
    params = ansatz.get_params(deep=False)
    other = type(ansatz)(params["circuit"]) if "circuit" in params else type(ansatz)()
    assert other.set_params(**params) is other
    w = numbers(ansatz.build(WIDTH).num_parameters)
    assert other.build(WIDTH).assign_parameters(w) == ansatz.build(WIDTH).assign_parameters(w)


@pytest.mark.parametrize("ansatz", [a for a in ALL if "ircuit" not in label(a)], ids=label)
def test_repr_makes_the_ansatz_again(ansatz):
    again = eval(repr(ansatz), {**globals(), "array": np.array})
    assert repr(again) == repr(ansatz)


@pytest.mark.parametrize("composite", [ReuploadingAnsatz, IdentityBlocks])
@pytest.mark.parametrize("inner", [None, "strongly_entangling", StronglyEntangling(4)])
def test_nested_parameters(composite, inner):
    ansatz = composite(ansatz=inner)
    assert ansatz.set_params(ansatz__reps=2).ansatz.get_params()["reps"] == 2
    assert ansatz.get_params()["ansatz__reps"] == 2
    kept = EfficientSU2 if inner is None and composite is IdentityBlocks else StronglyEntangling
    assert type(ansatz.ansatz) is kept
    ansatz.set_params(ansatz="two_local", ansatz__entangler="cz")
    assert repr(ansatz.ansatz) == "TwoLocal(entangler='cz')"
    with pytest.raises(ValueError, match="Invalid parameter 'layer' for estimator TwoLocal"):
        ansatz.set_params(ansatz__layer=2)


def test_nested_parameters_go_all_the_way_down():
    ansatz = ReuploadingAnsatz(ansatz="identity_blocks").set_params(ansatz__ansatz__reps=5)
    assert repr(ansatz) == "ReuploadingAnsatz(ansatz=IdentityBlocks(ansatz=EfficientSU2(reps=5)))"


@pytest.mark.parametrize("engine", ["aer", "compiled"])
def test_engines_run_attached_circuits(engine):
    encoding = ZZFeatureMap(reps=1, bandwidth=0.7).build(WIDTH)
    for ansatz in [QCNN(), ReuploadingAnsatz(2), IdentityBlocks(), CircuitAnsatz(own_circuit())]:
        circuit = ansatz.attach(encoding).circuit
        values = numbers((2, circuit.num_parameters))
        got = resolve_engine(engine).open(circuit).states(values)
        assert_same(got, oracles.states(circuit, values), atol=1e-10)


@pytest.mark.parametrize("feature_map", FEATURE_MAPS)
def test_every_feature_map_can_be_attached_to(feature_map):
    X = np.array([[0, 1, 1.0], [1, 0, 1]])
    encoding = FEATURE_MAPS[feature_map]().fit(X).circuit_
    attached = ReuploadingAnsatz(2).attach(encoding)
    assert attached.is_scaling.sum() == 2 * encoding.num_parameters
    assert set(encoding.parameters) <= set(attached.circuit.parameters)


# --- Identity blocks -------------------------------------------------------------------------


def mirrored(attached, seed=0):
    """Random weights with those equal that have to be."""
    w = numbers(len(attached.weights), seed)
    w[attached.is_scaling] = 1.0
    w[attached.mirrors[:, 1]] = w[attached.mirrors[:, 0]]
    return w


@pytest.mark.parametrize(
    "inner",
    [*PLAIN, IdentityBlocks("qcnn", n_blocks=2), own_circuit()],
    ids=lambda a: label(a)[:50],
)
@pytest.mark.parametrize("n_blocks", [1, 2])
def test_mirrored_blocks_are_the_identity(inner, n_blocks):
    ansatz = IdentityBlocks(inner, n_blocks=n_blocks)
    attached = ansatz.attach(QuantumCircuit(WIDTH))
    assert len(attached.mirrors) >= len(attached.weights) // 2
    w = mirrored(attached)
    assert_same(unitary(attached.circuit, w), np.eye(2**WIDTH))
    w[attached.mirrors[-1, 1]] += 0.5
    assert np.abs(unitary(attached.circuit, w) - np.eye(2**WIDTH)).max() > 1e-3


def test_mirrors_of_blocks():
    attached = IdentityBlocks(RealAmplitudes(1), n_blocks=2).attach(QuantumCircuit(1))
    assert_array_equal(attached.mirrors, [[0, 2], [1, 3], [4, 6], [5, 7]])


def test_inner_blocks_are_identities_too():
    inner = IdentityBlocks(RealAmplitudes(1))
    attached = IdentityBlocks(inner).attach(QuantumCircuit(2))
    assert_array_equal(np.unique(attached.mirrors[:, 0]), range(4))
    half = mirrored(attached)[:8]
    assert_same(unitary(inner.build(2), half), np.eye(4))


def test_mirrors_count_the_scaling_weights():
    """Re-uploaded identity blocks leave repeated encodings and nothing else."""
    encoding = ZZFeatureMap(reps=1).build(2)
    attached = ReuploadingAnsatz(3, ansatz=IdentityBlocks(n_blocks=2)).attach(encoding)
    assert len(attached.mirrors) == 3 * 2 * 8
    x = numbers(2)
    got = unitary(attached.circuit, bound(attached, encoding, x, mirrored(attached)))
    assert_same(got, np.linalg.matrix_power(unitary(encoding, x), 3))


# --- Re-uploading ----------------------------------------------------------------------------


@pytest.mark.parametrize("block", [None, *PLAIN, own_circuit()], ids=lambda a: label(a)[:50])
@pytest.mark.parametrize("trainable_scaling", [True, False])
def test_one_layer_is_the_encoding_and_the_block(block, trainable_scaling):
    encoding = ZZFeatureMap().build(WIDTH)
    ansatz = ReuploadingAnsatz(1, ansatz=block, trainable_scaling=trainable_scaling)
    attached = ansatz.attach(encoding)
    plain = resolve_ansatz(StronglyEntangling(1) if block is None else block).attach(encoding)
    assert attached.is_scaling.sum() == (WIDTH if trainable_scaling else 0)
    x, w = numbers(WIDTH), numbers(len(plain.weights), 1)
    start = np.ones(len(attached.weights))
    start[~attached.is_scaling] = w
    got = unitary(attached.circuit, bound(attached, encoding, x, start))
    assert_same(got, unitary(plain.circuit, bound(plain, encoding, x, w)))


@pytest.mark.parametrize(("n_features", "layers"), [(1, 6), (2, 3), (3, 2), (4, 2), (30, 2)])
def test_default_layers_upload_six_parameters_and_twice_at_least(n_features, layers):
    encoding = AngleFeatureMap().build(n_features)
    attached = ReuploadingAnsatz().attach(encoding)
    assert attached.is_scaling.sum() == layers * n_features


def test_layers_from_the_definition():
    """One qubit: U(w . x) and then a rotation, three times."""
    encoding = AngleFeatureMap("rx", bandwidth=0.5).build(1)
    attached = ReuploadingAnsatz(3).attach(encoding)
    assert_array_equal(attached.is_scaling.astype(int), [1, 0, 0, 0] * 3)
    w = numbers(12)
    matrix = np.eye(2)
    for scale, *angles in w.reshape(3, 4):
        matrix = pennylane_rot(*angles) @ oracles.rotation("X", 0.5 * scale * 0.8) @ matrix
    assert_same(unitary(attached.circuit, bound(attached, encoding, [0.8], w)), matrix)


def test_scaling_weights_belong_to_features_in_order():
    encoding = named("b", "a")  # a comes first
    attached = ReuploadingAnsatz(1, ansatz=RealAmplitudes(1)).attach(encoding)
    w = np.zeros(len(attached.weights))
    w[:2] = [2.0, 0.5]
    got = unitary(attached.circuit, bound(attached, encoding, [0.3, 0.8], w))
    block = unitary(RealAmplitudes(1).build(WIDTH), w[2:])
    assert_same(got, block @ unitary(encoding, [0.6, 0.4]))


# --- The user's circuit ----------------------------------------------------------------------


def test_circuit_of_the_user_is_never_changed():
    circuit = own_circuit()
    before, parameters = circuit.copy(), list(circuit.parameters)
    ansatz = CircuitAnsatz(circuit)
    ansatz.build(3).assign_parameters(numbers(6), inplace=True)
    ansatz.attach(named("a")).circuit.x(0)
    assert circuit == before
    assert list(circuit.parameters) == parameters
    assert ansatz.circuit is circuit


def test_own_circuit_may_be_encoding_and_ansatz_at_once():
    circuit = own_circuit()
    attached = CircuitAnsatz(circuit).attach(circuit)
    x, w = numbers(6), numbers(6, 1)
    got = unitary(attached.circuit, bound(attached, circuit, x, w))
    assert_same(got, unitary(circuit, w) @ unitary(circuit, x))


# --- Refusals: one sentence, with numbers ----------------------------------------------------


def measured():
    circuit = real_amplitudes(3)
    circuit.measure_all()
    return circuit


def resetting():
    circuit = real_amplitudes(3)
    circuit.reset(0)
    return circuit


def hidden_reset():
    circuit = QuantumCircuit(3)
    circuit.append(resetting().to_instruction(), range(3))
    return circuit


REFUSED = [
    *((RealAmplitudes(), n, f"n_qubits={n!r}, .* at least 1") for n in [0, -1, 2.0, "2", None]),
    (ReuploadingAnsatz(), 0, "n_qubits=0, but an ansatz needs at least 1 qubit"),
    (RealAmplitudes(0), 3, "'reps' parameter of RealAmplitudes .* Got 0 instead"),
    (EfficientSU2(1.5), 3, "'reps' parameter of EfficientSU2 .* Got 1.5 instead"),
    (StronglyEntangling(0), 3, "'reps' parameter of StronglyEntangling .* Got 0 instead"),
    (QCNN(-1), 3, "'reps' parameter of QCNN .* Got -1 instead"),
    (RealAmplitudes(final_rotation=2), 3, "'final_rotation' parameter .* Got 2 instead"),
    (EfficientSU2(entanglement="ring"), 3, "entanglement='ring' is unknown; use one of 'linear'"),
    (EfficientSU2(entanglement=[(0, 3)]), 3, r"\(0, 3\), .* different qubits between 0 and 2"),
    (TwoLocal(entanglement=3), 3, "'entanglement' parameter of TwoLocal"),
    (TwoLocal("ryy"), 3, "TwoLocal holds 'ryy', .* not a gate on 1 qubit: did you mean"),
    (TwoLocal(["ry", "measure"]), 3, "holds 'measure', which is not a gate on 1 qubit: "),
    (TwoLocal([0]), 3, "rotations of TwoLocal holds 0, which is not a gate on 1 qubit"),
    (TwoLocal(entangler="cxx"), 3, "holds 'cxx', .* gate on 2 qubits: did you mean 'cx'"),
    (TwoLocal(entangler=["cx"]), 3, "'entangler' parameter of TwoLocal"),
    (TwoLocal("h"), 3, "TwoLocal on 3 qubits has 0 free parameters, so there is nothing to train"),
    (TwoLocal([], "crx"), 1, "TwoLocal on 1 qubits has 0 free parameters"),
    (CircuitAnsatz(own_circuit()), 2, "has 3 qubits, and 2 are encoded; the numbers must"),
    (CircuitAnsatz(QuantumCircuit(2)), 2, "CircuitAnsatz on 2 qubits has 0 free parameters"),
    (CircuitAnsatz("qcnn"), 2, "'circuit' parameter of CircuitAnsatz"),
    (CircuitAnsatz(measured()), 3, "holds 'measure', which is not a gate; .*unitary"),
    (CircuitAnsatz(resetting()), 3, "holds 'reset', which is not a gate; .*unitary"),
    (IdentityBlocks(hidden_reset()), 3, "no inverse .*reset.*; use gates only"),
    (IdentityBlocks(n_blocks=0), 3, "'n_blocks' parameter of IdentityBlocks .* Got 0 instead"),
    (IdentityBlocks("reuploading"), 3, "IdentityBlocks defines its own attach .*; give a plain"),
    (IdentityBlocks("qccn"), 3, "ansatz='qccn' is unknown: did you mean 'qcnn'"),
    (ReuploadingAnsatz(ansatz=ReuploadingAnsatz()), 3, "ReuploadingAnsatz defines its own"),
    (ReuploadingAnsatz(0), 3, "'layers' parameter of ReuploadingAnsatz .* Got 0 instead"),
    (ReuploadingAnsatz(trainable_scaling="no"), 3, "'trainable_scaling' parameter .* Got 'no'"),
    (ReuploadingAnsatz(ansatz=StronglyEntangling(0)), 3, "'reps' parameter of StronglyEntangling"),
]


@pytest.mark.parametrize(
    ("ansatz", "n_qubits", "message"), REFUSED, ids=[f"{label(a)[:60]} {n}" for a, n, _ in REFUSED]
)
def test_build_refuses(ansatz, n_qubits, message):
    with pytest.raises(ValueError, match=message):
        ansatz.build(n_qubits)
    if isinstance(n_qubits, int) and n_qubits >= 0:
        with pytest.raises(ValueError, match=message):
            ansatz.attach(QuantumCircuit(n_qubits))


@pytest.mark.parametrize("ansatz", [RealAmplitudes(), ReuploadingAnsatz()], ids=label)
@pytest.mark.parametrize("encoding", [3, "zz", AngleFeatureMap(), None])
def test_attach_refuses_what_is_no_circuit(ansatz, encoding):
    with pytest.raises(TypeError, match=r"encoding is .*, not a QuantumCircuit; pass what build"):
        ansatz.attach(encoding)


def test_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Ansatz()


def test_attached_circuits_are_read_only():
    attached = RealAmplitudes().attach(QuantumCircuit(2))
    assert isinstance(attached, AttachedCircuit)
    with pytest.raises(AttributeError):
        attached.weights = ()


# --- Names -----------------------------------------------------------------------------------


def test_names_resolve_to_defaults():
    for key, made in ANSATZE.items():
        assert type(resolve_ansatz(key)) is made
        assert repr(resolve_ansatz(key)) == repr(made())
    assert repr(resolve_ansatz(None)) == "ReuploadingAnsatz()"
    ansatz = QCNN()
    assert resolve_ansatz(ansatz) is ansatz
    circuit = own_circuit()
    assert resolve_ansatz(circuit).circuit is circuit


def test_every_named_ansatz_is_tested():
    assert set(ANSATZE.values()) <= {type(ansatz) for ansatz in ALL}


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("two_locals", ValueError, "ansatz='two_locals' is unknown: did you mean 'two_local'"),
        ("", ValueError, "ansatz='' is unknown: the known names are 'efficient_su2', 'ident"),
        (3, TypeError, "ansatz is 3, not a name"),
        (QCNN, TypeError, "pass an instance"),
        (ZZFeatureMap(), TypeError, r"ansatz is ZZFeatureMap\(\), not a name"),
    ],
    ids=label,
)
def test_names_that_mean_nothing_are_refused(value, error, message):
    with pytest.raises(error, match=message):
        resolve_ansatz(value)
