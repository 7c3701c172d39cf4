"""From a circuit to the few kinds of gates that the chain engine tells apart."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from qiskit.circuit import Gate as QiskitGate
from qiskit.circuit.library import get_standard_gate_name_mapping

from skquantum._circuits import IGNORED, has_free_parameters, walk
from skquantum.engines._chain._angles import Angle, Columns

__all__ = ["Turn", "append_turn", "read"]

# Phases of diagonal gates with one parameter: the parameter times these numbers.
_DIAGONAL = {
    "p": [0, 1],
    "u1": [0, 1],
    "rz": [-0.5, 0.5],
    "rzz": [-0.5, 0.5, 0.5, -0.5],
    "cp": [0, 0, 0, 1],
    "cu1": [0, 0, 0, 1],
    "crz": [0, -0.5, 0, 0.5],
}
_STANDARD = frozenset(
    name for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, QiskitGate)
)
# Pauli matrices as z: what turns them into Z.
_TO_Z = {
    "z": None,
    "x": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
}
ROUNDING = 1e-14


@dataclass(frozen=True)
class Turn:
    """A one-qubit gate: a fixed matrix, or the rotation exp(-i angle / 2 Z)."""

    matrix: np.ndarray | None = None
    angle: Angle | None = None


def read(circuit, wires):
    """Read a circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit.
    wires : sequence of int
        What its qubits are called.

    Returns
    -------
    gates : list of tuple
        ``("turn", wire, Turn)``; ``("phase", wires, Angle)``, which multiplies by exp(i angle)
        where the sum of the bits is odd; ``("sum_up", control, target)``; ``("swap", a, b)``;
        ``("flip", wire)``; ``("pair", wires, tables)`` as of :func:`_two_qubits`.
    expressions : tuple of ParameterExpression
        What the columns of the angles are.
    """
    reader = _Reader()
    walk(circuit, reader.take, wires)
    return reader.gates, tuple(reader.columns.expressions)


class _Reader:
    def __init__(self):
        self.gates = []
        self.columns = Columns()

    def take(self, name, operation, wires):
        """Add one gate; say whether it is of a known kind."""
        if name in IGNORED or name == "global_phase":  # without effect on fidelities
            return True
        if name == "cx":
            self.gates.append(("sum_up", *wires))
        elif name == "swap":
            self.gates.append(("swap", *wires))
        elif name == "x":
            self.gates.append(("flip", *wires))
        elif name in _DIAGONAL:
            angle = self.columns.angle(operation.params[0])
            self._diagonal(wires, _DIAGONAL[name], angle)
        elif name in _ROTATIONS:
            angles = [self.columns.angle(param) for param in operation.params]
            _ROTATIONS[name](self, wires, *angles)
        elif has_free_parameters(operation):
            return False
        else:
            return self._constant(name, operation, wires)
        return True

    def _constant(self, name, operation, wires):
        """Add a gate of one or two qubits by its matrix; say whether it was one."""
        if len(wires) > 2 or name not in (*_STANDARD, "unitary"):
            return False
        matrix = np.asarray(operation.to_matrix(), dtype=complex)
        diagonal = np.diag(matrix)
        if np.array_equal(matrix, np.diag(diagonal)):
            self._diagonal(wires, np.angle(diagonal), Angle({}, 1.0))
        elif len(wires) == 1:
            self.gates.append(("turn", *wires, Turn(matrix=matrix)))
        else:
            self.gates.append(("pair", wires, _two_qubits(matrix)))
        return True

    def _diagonal(self, wires, phases, angle):
        """Add exp(i angle phases[z]), z being the bits of `wires`."""
        for subset, coefficient in _parities(tuple(phases)):
            some = tuple(wire for k, wire in enumerate(wires) if subset >> k & 1)
            self.gates.append(("phase", some, angle * coefficient))

    def rotate(self, letters, wires, angle):
        """Add exp(-i angle / 2 P) for a string of Paulis, as a phase between fixed gates.

        Those of neighbouring rotations about the same axes cancel, so that what commutes meets.
        """
        fixed = [(w, _TO_Z[p]) for w, p in zip(wires, letters, strict=True) if p != "z"]
        self.gates += [("turn", wire, Turn(matrix=matrix)) for wire, matrix in fixed]
        self.gates.append(("phase", tuple(wires), angle))
        self.gates += [("turn", wire, Turn(matrix=matrix.conj().T)) for wire, matrix in fixed]


@lru_cache(maxsize=64)
def _parities(phases):
    """Return (subset of bits, coefficient): what phases are as a sum of parities of bits."""
    z = np.arange(len(phases))
    found = []
    for subset in range(1, len(phases)):
        odd = np.bitwise_count(z & subset) % 2
        coefficient = -2.0 * float(np.mean(np.where(odd, -1.0, 1.0) * phases))
        if coefficient:
            found.append((subset, coefficient))
    return found


def _rotation(letters):
    return lambda reader, wires, angle: reader.rotate(letters, wires, angle)


def _controlled_rotation(axis):
    # where the control is 1: half of P, and minus half of Z P
    def add(reader, wires, angle):
        reader.rotate(axis, wires[1:], angle * 0.5)
        reader.rotate("z" + axis, wires, angle * -0.5)

    return add


def _u(reader, wires, theta, phi, lam):
    for axis, angle in (("z", lam), ("y", theta), ("z", phi)):
        reader.rotate(axis, wires, angle)


_ROTATIONS = {
    "rx": _rotation("x"),
    "ry": _rotation("y"),
    "rxx": _rotation("xx"),
    "ryy": _rotation("yy"),
    "rzx": _rotation("zx"),
    "crx": _controlled_rotation("x"),
    "cry": _controlled_rotation("y"),
    "u": _u,
    "u3": _u,
}


def _two_qubits(matrix):
    """Split a matrix of two qubits into a sum of products.

    Returns
    -------
    tuple of ndarray of shape (n_terms, 2, 2)
        Matrices on the first qubit, and on the second; 1, 2 or 4 terms.
    """
    by_qubit = matrix.reshape(2, 2, 2, 2).transpose(1, 3, 0, 2).reshape(4, 4)
    u, s, vh = np.linalg.svd(by_qubit)
    rank = int((s > ROUNDING * s[0]).sum())
    n_terms = 1 if rank == 1 else 2 if rank == 2 else 4
    root = np.sqrt(s[:n_terms])
    return (
        (u[:, :n_terms] * root).T.reshape(n_terms, 2, 2),
        (root[:, None] * vh[:n_terms]).reshape(n_terms, 2, 2),
    )


def append_turn(turns, turn):
    """Append a turn to others; neighbouring fixed ones are multiplied, and what comes to 1 goes."""
    if turn.angle is None:
        matrix = turn.matrix
        if turns and turns[-1].angle is None:
            matrix = matrix @ turns.pop().matrix
        (a, b), (c, d) = matrix.tolist()
        if abs(b) + abs(c) + abs(a - d) < ROUNDING:
            return
        turn = Turn(matrix=matrix)
    turns.append(turn)
