"""Checkpoints: whole or not there, for the right input only, whoever writes at the same time."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Delay,
    InverseModifier,
    Operation,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit.library import (
    CRXGate,
    HGate,
    PauliEvolutionGate,
    RXGate,
    TGate,
    UnitaryGate,
    XGate,
    unitary_overlap,
    zz_feature_map,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford

from skquantum._runtime._checkpoint import Checkpoint, circuit_text

FINGERPRINT = {
    "circuit": zz_feature_map(2),
    "X": np.arange(6.0).reshape(3, 2),
    "shots": 100,
    "seed": None,
    "settings": {"method": "statevector", "options": [1, 2.5, True]},
}


@pytest.mark.parametrize(
    "array",
    [np.arange(5.0), np.array(0.1), np.empty((0, 3)), np.array([[1 + 2j]]), np.array([1, 2])],
)
def test_pieces_come_back_to_the_bit(tmp_path, array):
    Checkpoint(tmp_path, FINGERPRINT).put("a", array)
    again = Checkpoint(str(tmp_path), FINGERPRINT)
    got = again.get("a")
    assert_array_equal(got, array, strict=True)
    assert again.get("b") is None
    assert_array_equal(np.load(tmp_path / "a.npy"), array)  # for those who look into it


def test_notes(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    assert checkpoint.get_note("a") is None
    checkpoint.put_note("a", {"jobs": ["x", None]})
    assert Checkpoint(tmp_path, {}).get_note("a") == {"jobs": ["x", None]}
    (tmp_path / "a.json").write_text('{"jobs": [')
    assert checkpoint.get_note("a") is None


def test_damaged_pieces_are_not_there(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    array = np.random.default_rng(0).random(4)
    checkpoint.put("a", array)
    whole = (tmp_path / "a.npy").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "a.npy").write_bytes(whole[:length])
        assert checkpoint.get("a") is None
    flipped = bytearray(whole)
    flipped[-40] ^= 1
    (tmp_path / "a.npy").write_bytes(flipped)
    assert checkpoint.get("a") is None
    checkpoint.put("a", array)
    assert_array_equal(checkpoint.get("a"), array)


CHANGES = {
    "circuit": (zz_feature_map(2, reps=1), "a circuit of 2 qubits and 14 gates, now a circuit of"),
    "X": (np.arange(8.0).reshape(4, 2), r"an array of shape \(3, 2\), now an array of shape"),
    "shots": (200, "100, now 200"),
    "seed": (7, "None, now 7"),
    "settings": ({"method": "mps"}, "{'method': 'statevector', .*}, now {'method': 'mps'}"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_parts_are_named(tmp_path, name):
    Checkpoint(tmp_path, FINGERPRINT)
    value, message = CHANGES[name]
    with pytest.raises(ValueError, match=f"belongs to other work: {name} was .*{message}") as info:
        Checkpoint(tmp_path, FINGERPRINT | {name: value})
    others = FINGERPRINT.keys() - {name}
    assert not any(f"{other} was" in str(info.value) for other in others)
    assert "Pass another directory, or delete this one" in str(info.value)
    Checkpoint(tmp_path, FINGERPRINT)


def test_all_changed_parts_are_named(tmp_path):
    Checkpoint(tmp_path, FINGERPRINT)
    changed = FINGERPRINT | {"shots": 1, "X": FINGERPRINT["X"] + 1e-15, "new": 1}
    del changed["seed"]
    parts = [
        r"X has changed \(an array of shape \(3, 2\) before and now\)",
        "seed was None, now not there",
        "shots was 100, now 1",
        "new was not there, now 1",
    ]
    for part in parts:
        with pytest.raises(ValueError, match=part):
            Checkpoint(tmp_path, changed)


def test_equal_objects_leave_equal_fingerprints(tmp_path):
    Checkpoint(tmp_path, FINGERPRINT)
    settings = {"options": (np.int64(1), np.float64(2.5), np.bool_(True)), "method": "statevector"}
    x = np.asfortranarray(FINGERPRINT["X"])
    same = {"settings": settings, "X": x, "circuit": zz_feature_map(2), "shots": 100, "seed": None}
    Checkpoint(tmp_path, same)


def test_parts_without_a_fingerprint_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"'sampler' of a fingerprint holds a builtins\.object"):
        Checkpoint(tmp_path / "new", {"sampler": [object()]})
    with pytest.raises(TypeError, match=r"holds a numpy\.ndarray"):
        Checkpoint(tmp_path / "new", {"X": np.array([None])})
    assert not (tmp_path / "new").exists()


def test_places_that_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match=r"holds 1 files \('thesis.tex' for one\), but no check"):
        Checkpoint(tmp_path, {})
    with pytest.raises(ValueError, match=r"thesis.tex is a file; pass a directory"):
        Checkpoint(tmp_path / "thesis.tex", {})
    assert os.listdir(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", '{"format": 1, "finger', "[]", "{}"])
def test_damaged_manifest(tmp_path, content):
    Checkpoint(tmp_path, {})
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ValueError, match=r"damaged manifest.json.*; delete the directory"):
        Checkpoint(tmp_path, {})


@pytest.mark.parametrize("key", ["", "a/b", "../a", ".hidden", "a b"])
def test_names_that_are_refused(tmp_path, key):
    checkpoint = Checkpoint(tmp_path, {})
    with pytest.raises(ValueError, match="is no name for a piece of a checkpoint"):
        checkpoint.put(key, np.zeros(1))
    with pytest.raises(ValueError, match="is no name"):
        checkpoint.put_note("manifest", 1)


def test_what_a_killed_process_leaves_does_not_matter(tmp_path):
    (tmp_path / ".a.npy.0123.tmp").write_bytes(b"half of")
    checkpoint = Checkpoint(tmp_path, {})
    assert checkpoint.get("a") is None


def test_file_systems_without_links(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    Checkpoint(tmp_path, FINGERPRINT)
    Checkpoint(tmp_path, FINGERPRINT)
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_who_is_first_is_kept(tmp_path):
    one, other = Checkpoint(tmp_path, {}), Checkpoint(tmp_path, {})
    assert_array_equal(one.put("a", np.ones(3)), np.ones(3))
    assert_array_equal(other.put("a", np.zeros(3)), np.ones(3))
    assert_array_equal(one.get("a"), np.ones(3))
    (tmp_path / "a.npy").write_bytes(b"damaged")
    assert_array_equal(other.put("a", np.zeros(3)), np.zeros(3))
    assert_array_equal(one.get("a"), np.zeros(3))


def test_failed_writes_leave_what_was_there(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put("a", np.ones(3))

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoint.put("b", np.zeros(3))
    with pytest.raises(OSError, match="disk full"):
        checkpoint.put_note("a", 1)
    assert_array_equal(checkpoint.get("a"), np.ones(3))
    assert sorted(os.listdir(tmp_path)) == ["a.npy", "manifest.json"]


def test_many_writers_and_readers(tmp_path):
    """No reader ever sees a piece that is not whole, and one fingerprint wins."""
    array = np.arange(20_000.0)

    def work(number):
        try:
            checkpoint = Checkpoint(tmp_path / "new", {"owner": number % 2})
        except ValueError:
            return None
        for _ in range(10):
            checkpoint.put("a", array)
            assert_array_equal(checkpoint.get("a"), array)
        return number % 2

    with ThreadPoolExecutor(8) as pool:
        owners = set(pool.map(work, range(8))) - {None}
    assert len(owners) == 1
    assert sorted(os.listdir(tmp_path / "new")) == ["a.npy", "manifest.json"]


def test_two_processes(tmp_path):
    code = """
        import sys
        import numpy as np
        from skquantum._runtime._checkpoint import Checkpoint
        for _ in range(50):
            checkpoint = Checkpoint(sys.argv[1], {"seed": 1})
            for number in range(4):
                found = checkpoint.get(f"piece{number}")
                assert found is None or (found == np.full(1000, number)).all()
                checkpoint.put(f"piece{number}", np.full(1000, number))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "new")]
    children = [subprocess.Popen(command) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    names = [f"piece{number}.npy" for number in range(4)]
    assert sorted(os.listdir(tmp_path / "new")) == ["manifest.json", *names]


# --- Texts of circuits -----------------------------------------------------------------------

A, B = Parameter("a"), Parameter("p0")


def variants():
    """Yield circuits that all differ."""

    def circuit(*items, n_qubits=2):
        result = QuantumCircuit(n_qubits)
        for operation, *wires in items:
            result.append(operation, wires)
        return result

    def composite(angle, name):
        inner = QuantumCircuit(2, name=name)
        inner.rx(angle, 0)
        inner.cx(0, 1)
        return inner.to_gate()

    yield circuit()
    yield circuit(n_qubits=3)
    yield circuit((XGate(), 0))
    yield circuit((XGate(), 1))
    yield circuit((CRXGate(A), 0, 1))
    yield circuit((CRXGate(A, ctrl_state=0), 0, 1))
    yield circuit((CRXGate(2 * A), 0, 1))
    yield circuit((CRXGate(A * B), 0, 1))
    yield circuit((CRXGate(0.1), 0, 1))
    yield circuit((CRXGate(0.1 + 1e-16), 0, 1))
    yield circuit((CRXGate(A), 0, 1), (CRXGate(B), 0, 1))
    yield circuit((CRXGate(B), 0, 1), (CRXGate(A), 0, 1))
    yield circuit((composite(0.3, "cx"), 0, 1))
    yield circuit((composite(0.4, "cx"), 0, 1))
    yield circuit((composite(A, "mine"), 0, 1))
    yield circuit((composite(A + B, "mine"), 0, 1))
    yield circuit((UnitaryGate(np.eye(2)), 0))
    yield circuit((UnitaryGate(np.diag([1, 1j])), 0))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XY"), A), 0, 1))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XZ"), A), 0, 1))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XZ", 0.5), A), 0, 1))
    barrier = circuit((XGate(), 0))
    barrier.barrier()
    yield barrier
    phase = circuit()
    phase.global_phase = A
    yield phase
    branch = QuantumCircuit(2, 1)
    with branch.if_test((0, True)):
        branch.x(0)
    yield branch
    branch = QuantumCircuit(2, 1)
    with branch.if_test((0, True)):
        branch.y(0)
    yield branch


def test_texts_differ_where_circuits_do():
    texts = [circuit_text(circuit) for circuit in variants()]
    assert len(set(texts)) == len(texts)
    assert texts == [circuit_text(circuit) for circuit in variants()]


def test_texts_do_not_know_names():
    def circuit(parameters, name):
        result = QuantumCircuit(2, name=name, metadata={"made": name})
        result.rx(2 * parameters[0] + parameters[1], 0)
        result.ry(parameters[1] * parameters[0].sin(), 1)
        return result

    texts = {
        circuit_text(circuit([Parameter(x), Parameter(y)], x))
        for x, y in ["ab", "yz", ("p0", "p1"), ("a", "p0")]
    }
    texts.add(circuit_text(circuit(ParameterVector("v", 2), "vector")))
    assert len(texts) == 1


def test_texts_are_the_same_in_every_process():
    code = """
        import hashlib
        from qiskit.circuit.library import unitary_overlap, zz_feature_map
        from skquantum._runtime._checkpoint import circuit_text
        circuit = unitary_overlap(zz_feature_map(3), zz_feature_map(3), prefix1="l", prefix2="r")
        print(hashlib.sha256(circuit_text(circuit).encode()).hexdigest())
    """
    digests = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in (1, 2)
    }
    assert len(digests) == 1


def test_texts_differ_where_operations_do():
    """Labels have noise of their own, delays have units, annotations and Cliffords no params."""

    def of(operation):
        circuit = QuantumCircuit(2)
        circuit.append(operation, range(operation.num_qubits))
        return circuit_text(circuit)

    x = np.array([[0, 1], [1, 0]])
    operations = [
        UnitaryGate(x),
        UnitaryGate(x, label="foo"),
        RXGate(0.4),
        RXGate(0.4, label="foo"),
        Delay(100, "ns"),
        Delay(100, "us"),
        AnnotatedOperation(RXGate(0.4), [PowerModifier(2)]),
        AnnotatedOperation(RXGate(0.4), [PowerModifier(3)]),
        AnnotatedOperation(RXGate(0.5), [PowerModifier(3)]),
        AnnotatedOperation(TGate(), [InverseModifier()]),
        AnnotatedOperation(HGate(), [InverseModifier()]),
        AnnotatedOperation(HGate(), [ControlModifier(1, 0)]),
        AnnotatedOperation(HGate(), [ControlModifier(1, 1)]),
        random_clifford(2, seed=1),
        random_clifford(2, seed=4),
    ]
    assert len({of(operation) for operation in operations}) == len(operations)
    assert of(random_clifford(2, seed=1)) == of(random_clifford(2, seed=1))

    class Opaque(Operation):
        name, num_qubits, num_clbits = "opaque", 1, 0

        def copy(self):
            return self

    with pytest.raises(TypeError, match="a circuit with 'opaque', of which nothing is known"):
        of(Opaque())


def test_the_circuit_is_not_changed():
    circuit = unitary_overlap(zz_feature_map(2), zz_feature_map(2), prefix1="p", prefix2="q")
    before = circuit.copy()
    circuit_text(circuit)
    assert circuit == before
