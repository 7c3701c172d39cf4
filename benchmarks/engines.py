"""States of many rows, engine by engine, beside peers in the same run, on one thread.

    OMP_NUM_THREADS=1 python benchmarks/engines.py [--qubits 4 8 10 ...]

Peers: AerEngine, qulacs written by hand, PennyLane (lightning.qubit row by row, default.qubit
batched), sQUlearn with qulacs, and qiskit-machine-learning's FidelityStatevectorKernel; those that
are not installed are left out. Every table checks that the states (or the kernel matrix) are the
same. Times are medians, in milliseconds per row.
"""

import argparse
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header, median_seconds
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import random_unitary
from qiskit_machine_learning.kernels import FidelityStatevectorKernel
from scipy.linalg import get_blas_funcs
from threadpoolctl import threadpool_limits

from skquantum.engines import AerEngine, CompiledEngine
from skquantum.engines._gram import squared_overlaps
from skquantum.feature_maps import IQPFeatureMap, ReuploadingFeatureMap


def brickwork(n_qubits, depth=4):
    """RY(x), then bricks of random two-qubit unitaries with RZ(x) between: no fast layers."""
    x = ParameterVector("x", n_qubits)
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(x[qubit], qubit)
    for layer in range(depth):
        for qubit in range(layer % 2, n_qubits - 1, 2):
            unitary = random_unitary(4, seed=100 * layer + qubit).data
            circuit.unitary(unitary, [qubit, qubit + 1])
        for qubit in range(n_qubits):
            circuit.rz(x[qubit], qubit)
    return circuit


MAPS = {
    "ZZ full": lambda n: zz_feature_map(n, reps=2, entanglement="full"),
    "ZZ linear": lambda n: zz_feature_map(n, reps=2, entanglement="linear"),
    # three layers of RZ and RY with a CX ring between them
    "re-uploading": lambda n: ReuploadingFeatureMap(n, reps=3, bandwidth=1.0).build(2 * n),
    "IQP": lambda n: IQPFeatureMap(reps=2).build(n),
    "brickwork": brickwork,
}


# -- peers: each returns a function of the rows, or None if it is not installed ------------------


def by_aer(circuit):
    """AerEngine of this package."""
    return AerEngine(max_parallel_threads=1).open(circuit).states


def by_qulacs(circuit):
    """A parametric circuit of qulacs, updated row by row, as its documentation shows."""
    try:
        import qulacs
    except ImportError:
        return None
    parameters = list(circuit.parameters)
    made = qulacs.ParametricQuantumCircuit(circuit.num_qubits)
    angles = []
    for item in circuit.data:
        name, params = item.operation.name, item.operation.params
        wires = [circuit.find_bit(qubit).index for qubit in item.qubits]
        if name == "h":
            made.add_H_gate(*wires)
        elif name == "cx":
            made.add_CNOT_gate(*wires)
        elif name == "unitary":
            made.add_dense_matrix_gate(wires, params[0])
        elif name in ("rx", "ry", "rz", "p"):
            # qulacs rotates by exp(+i angle / 2); a phase gate is RZ up to a global phase
            axis = {"p": "RZ"}.get(name, name.upper())
            getattr(made, f"add_parametric_{axis}_gate")(*wires, 0.0)
            angles.append(params[0])
        elif name == "rzz":
            made.add_parametric_multi_Pauli_rotation_gate(wires, [3, 3], 0.0)
            angles.append(params[0])
        else:
            raise NotImplementedError(name)
    state = qulacs.QuantumState(circuit.num_qubits)

    def states(X):
        from skquantum._circuits._expressions import evaluate  # the same angles, for free

        columns = -evaluate(angles, parameters, X)
        out = np.empty((len(X), 2**circuit.num_qubits), dtype=complex)
        for row, values in enumerate(columns):
            state.set_zero_state()
            for number, value in enumerate(values):
                made.set_parameter(number, value)
            made.update_quantum_state(state)
            out[row] = state.get_vector()
        return out

    return states


def by_pennylane(device_name, batched):
    """A QNode that applies the gates of the circuit."""

    def peer(circuit):
        try:
            import pennylane as qml
        except ImportError:
            return None
        from skquantum._circuits._expressions import evaluate

        n_qubits = circuit.num_qubits
        parameters = list(circuit.parameters)
        gates, angles = [], []
        kinds = {
            "h": "Hadamard",
            "cx": "CNOT",
            "rx": "RX",
            "ry": "RY",
            "rz": "RZ",
            "rzz": "IsingZZ",
        }
        for item in circuit.data:
            name, params = item.operation.name, item.operation.params
            # PennyLane counts wires from the most significant bit
            wires = [n_qubits - 1 - circuit.find_bit(qubit).index for qubit in item.qubits]
            if name == "unitary":
                gates.append((qml.QubitUnitary, params[0], wires[::-1]))
            elif params:
                kind = getattr(qml, "PhaseShift" if name == "p" else kinds[name])
                gates.append((kind, len(angles), wires))
                angles.append(params[0])
            else:
                gates.append((getattr(qml, kinds[name]), None, wires))
        device = qml.device(device_name, wires=n_qubits)

        @qml.qnode(device)
        def node(columns):
            for kind, argument, wires in gates:
                if argument is None:
                    kind(wires=wires)
                elif isinstance(argument, int):
                    kind(columns[..., argument], wires=wires)
                else:
                    kind(argument, wires=wires)
            return qml.state()

        def states(X):
            columns = evaluate(angles, parameters, X)
            if batched:
                return np.asarray(node(columns))
            return np.array([node(row) for row in columns])

        return states

    return peer


PEERS = {
    "Aer": by_aer,
    "qulacs by hand": by_qulacs,
    "lightning.qubit": by_pennylane("lightning.qubit", batched=False),
    "default.qubit": by_pennylane("default.qubit", batched=True),
}

SLOW = 10.0  # seconds for one row, after which a peer is not run again


def states_table(sizes):
    """Print the time of a row for every map, size and peer."""
    for map_name, make in MAPS.items():
        print(f"\n{map_name}: ms per row (times CompiledEngine)")
        print(f"{'qubits':>8}{'rows':>6}{'compiled':>12}" + "".join(f"{p:>26}" for p in PEERS))
        for n_qubits in sizes:
            circuit = make(n_qubits)
            n_rows = int(np.clip(2**22 // 2**n_qubits, 8, 400))
            X = np.random.default_rng(0).uniform(0, 2, (n_rows, circuit.num_parameters))
            ours = CompiledEngine().open(circuit).states
            ours(X[:8])
            seconds, states = median_seconds(lambda run=ours, X=X: run(X), 5)
            line = f"{n_qubits:>8}{n_rows:>6}{seconds / n_rows * 1e3:>12.4f}"
            for make_peer in PEERS.values():
                peer = make_peer(circuit)
                # peers that take long are timed on fewer rows
                few = X[: 8 if n_qubits > 12 else 40]
                if peer is None:
                    line += f"{'-':>26}"
                    continue
                theirs, other = median_seconds(lambda run=peer, X=few: run(X[:1]), 1)
                if theirs < SLOW:  # that was the first call; otherwise one row must do
                    theirs, other = median_seconds(lambda run=peer, X=few: run(X), 3)
                check_up_to_phase(states[: len(other)], other)
                ratio = theirs / len(other) / (seconds / n_rows)
                line += f"{theirs / len(other) * 1e3:>16.4f} ({ratio:>5.1f} x)"
            print(line, flush=True)


def check_up_to_phase(states, others):
    """Overlaps of a row with itself are 1 if the states agree up to a global phase."""
    overlaps = np.abs(np.einsum("rz,rz->r", states.conj(), others))
    check_equal("states", overlaps, np.ones(len(overlaps)))


def gram_step(n_qubits=10, n_rows=400):
    """Print the kernel matrix of the ZZ map, and its Gram step beside the bare BLAS routine."""
    circuit = zz_feature_map(n_qubits, reps=2, entanglement="full")
    X = np.random.default_rng(0).uniform(0, 2, (n_rows, n_qubits))
    session = CompiledEngine().open(circuit)
    total, K = median_seconds(lambda: squared_overlaps(session.states(X)), 5)
    print(f"\nkernel matrix, ZZ full, {n_qubits} qubits, {n_rows} rows: {total * 1e3:.1f} ms")
    theirs, other = median_seconds(
        lambda: FidelityStatevectorKernel(feature_map=circuit).evaluate(X), 1
    )
    check_equal("FidelityStatevectorKernel", K, other)
    print(
        f"    FidelityStatevectorKernel {theirs * 1e3:.0f} ms ({theirs / total:.0f} x, target 100)"
    )
    states = session.states(X)
    gram, _ = median_seconds(lambda: squared_overlaps(states), 21)
    (herk,) = get_blas_funcs(["herk"], (states,))
    bare, _ = median_seconds(lambda: herk(1.0, states.T, trans=2), 21)
    print(
        f"    Gram step {gram * 1e3:.1f} ms, bare zherk {bare * 1e3:.1f} ms "
        f"({gram / bare:.2f} x, target 1.3)"
    )


def by_statevector_kernel(circuit):
    """FidelityStatevectorKernel of qiskit-machine-learning."""
    return FidelityStatevectorKernel(feature_map=circuit).evaluate


def by_squlearn(circuit):
    """Fidelity kernel of sQUlearn with its qulacs executor."""
    try:
        from squlearn import Executor
        from squlearn.encoding_circuit import QiskitEncodingCircuit
        from squlearn.kernel import FidelityKernel
    except ImportError:
        return None
    return FidelityKernel(QiskitEncodingCircuit(circuit), Executor("qulacs")).evaluate


KERNEL_PEERS = {"FidelityStatevectorKernel": by_statevector_kernel, "sQUlearn": by_squlearn}


def kernel_tables(sizes):
    """Print the time of a kernel matrix of few rows beside peers that offer nothing smaller."""
    for map_name, make in MAPS.items():
        print(f"\n{map_name}: ms per kernel matrix (times CompiledEngine)")
        print(
            f"{'qubits':>8}{'rows':>6}{'compiled':>12}" + "".join(f"{p:>32}" for p in KERNEL_PEERS)
        )
        for n_qubits in sizes:
            circuit = make(n_qubits)
            n_rows = 40 if n_qubits <= 12 else 8
            X = np.random.default_rng(0).uniform(0, 2, (n_rows, circuit.num_parameters))
            session = CompiledEngine().open(circuit)
            seconds, K = median_seconds(
                lambda session=session, X=X: squared_overlaps(session.states(X)), 5
            )
            line = f"{n_qubits:>8}{n_rows:>6}{seconds * 1e3:>12.3f}"
            for name, make_peer in KERNEL_PEERS.items():
                peer = make_peer(circuit)
                if peer is None:
                    line += f"{'-':>32}"
                    continue
                try:
                    peer(X[:2])
                    theirs, other = median_seconds(lambda run=peer, X=X: run(X), 1)
                except Exception as error:
                    line += f"{type(error).__name__:>32}"
                    continue
                check_equal(name, K, other, 1e-8)
                line += f"{theirs * 1e3:>20.1f} ({theirs / seconds:>7.1f} x)"
            print(line, flush=True)


FIRST_CALL = """
import time
import numpy as np
from qiskit.circuit.library import efficient_su2, zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from skquantum.engines import CompiledEngine
circuit = zz_feature_map(3).compose(efficient_su2(3))
circuit.rxx(circuit.parameters[0], 0, 1)
circuit.ccx(0, 1, 2)
circuit.unitary(np.eye(4)[[0, 2, 1, 3]], [0, 1])
circuit.h(0)
values = np.ones((1, circuit.num_parameters))
start = time.perf_counter()
session = CompiledEngine().open(circuit)
session.states(values)
print(time.perf_counter() - start)
session.gradients(values, [SparsePauliOp("XYZ")], np.ones((1, 1)))
session.marginals(values, [(0, 1)])
print(time.perf_counter() - start)
"""


def first_call():
    """Print what compiling takes in a fresh process, and loading from the cache in the next."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for what in ("compiled", "loaded from the cache"):
            command = [sys.executable, "-c", FIRST_CALL]
            result = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            )
            states, everything = map(float, result.stdout.split())
            print(f"first states {what} {states:.1f} s, all operations {everything:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qubits", type=int, nargs="*", default=[4, 8, 10, 12, 14, 16, 18, 20])
    parser.add_argument("--kernel-only", action="store_true")
    options = parser.parse_args()
    header("numba", "numpy", "qiskit-aer", "qiskit-machine-learning")
    first_call()
    with threadpool_limits(1):
        gram_step()
        kernel_tables(options.qubits)
        if not options.kernel_only:
            states_table(options.qubits)
