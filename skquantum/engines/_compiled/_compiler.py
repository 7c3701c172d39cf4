"""From a circuit to a program of few operations on whole states.

The compiler walks through the gates once and keeps two things open: a phase layer, which takes
every diagonal gate (as parities and angles) and every CX, SWAP and X (as an affine map of the
bits) as long as it can; and, behind it, the one-qubit gates that came on each qubit since.
"""

import numpy as np
from qiskit.circuit import Gate
from qiskit.circuit.library import get_standard_gate_name_mapping

from skquantum._circuits import (
    IGNORED,
    has_free_parameters,
    library_name,
    walk,
)
from skquantum.engines._compiled._angles import Angle, Columns, Factor, product
from skquantum.engines._compiled._operations import (
    Dense,
    Hadamards,
    OneQubit,
    PauliRotation,
    PhaseLayer,
)

__all__ = ["compile_circuit"]

_HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)

# Diagonal gates with one parameter: their phases are the parameter times these numbers.
_DIAGONAL = {
    "p": [0, 1],
    "u1": [0, 1],
    "rz": [-0.5, 0.5],
    "rzz": [-0.5, 0.5, 0.5, -0.5],
    "cp": [0, 0, 0, 1],
    "cu1": [0, 0, 0, 1],
    "crz": [0, -0.5, 0, 0.5],
}
# Widest gate without parameters that is applied as one matrix rather than by its definition.
WIDEST_MATRIX = 4
STANDARD_GATES = frozenset(
    name for name, gate in get_standard_gate_name_mapping().items() if isinstance(gate, Gate)
)


def compile_circuit(circuit):
    """Compile a unitary circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit; it is not changed.

    Returns
    -------
    operations : list
        What to do to the state 0...0 of the qubits in use.
    qubits : list of int
        The qubits in use; all others stay 0.
    columns : Columns
        The distinct parameter expressions.
    global_phase : Angle
        Radians.
    """
    qubits = _qubits_in_use(circuit)
    position = {qubit: number for number, qubit in enumerate(qubits)}
    compiler = _Compiler(len(qubits))
    wires = [position.get(qubit) for qubit in range(circuit.num_qubits)]
    walk(circuit, compiler.take, wires)
    compiler.finish()
    return compiler.operations, qubits, compiler.columns, compiler.global_phase


def _qubits_in_use(circuit):
    used = {
        circuit.find_bit(qubit).index
        for item in circuit.data
        if library_name(item.operation) not in IGNORED
        for qubit in item.qubits
    }
    return sorted(used) or [0]


class _Compiler:
    def __init__(self, n_qubits):
        self.n_qubits = n_qubits
        self.columns = Columns()
        self.global_phase = Angle()
        self.operations = []
        self.pending = [[] for _ in range(n_qubits)]  # one-qubit factors behind the open layer
        self._open_layer()

    def _open_layer(self):
        self.layer = {}  # mask over the bits at the start of the layer -> Angle
        self.parity = [1 << q for q in range(self.n_qubits)]  # bit q as a mask of these bits,
        self.flipped = [0] * self.n_qubits  # and whether it is inverted

    # -- gates ----------------------------------------------------------------------------------

    def take(self, name, operation, qubits):
        """Add one gate, in the fastest form it has; say whether it has one."""
        if name in IGNORED:
            return True
        if name == "global_phase":
            self.global_phase = self.global_phase + self.columns.angle(operation.params[0])
        elif name == "cx":
            self._add_cx(*qubits)
        elif name == "swap":
            self._add_swap(*qubits)
        elif name in _DIAGONAL:
            angle = self.columns.angle(operation.params[0])
            self._add_diagonal(qubits, np.array(_DIAGONAL[name], dtype=float), angle)
        elif name in _ROTATIONS:
            angles = [self.columns.angle(param) for param in operation.params]
            _ROTATIONS[name](self, qubits, *angles)
        elif name == "mcphase":
            phases = np.zeros(2 ** len(qubits))
            phases[-1] = 1.0
            self._add_diagonal(qubits, phases, self.columns.angle(operation.params[0]))
        elif has_free_parameters(operation):
            return False
        else:
            return self._add_constant(operation, qubits)
        return True

    def _add_constant(self, operation, qubits):
        """Add a gate without parameters by its matrix, if that is small; say whether it was."""
        if library_name(operation) == "x" and not self.pending[qubits[0]]:
            self.flipped[qubits[0]] ^= 1
            return True
        matrix = _matrix(operation)
        if matrix is None:
            return False
        diagonal = np.diag(matrix)
        if np.array_equal(matrix, np.diag(diagonal)):
            self._add_diagonal(qubits, np.angle(diagonal), Angle(constant=1.0))
        elif len(qubits) == 1:
            self.pending[qubits[0]].append(Factor(matrix=matrix))
        else:
            self._add_dense(qubits, matrix)
        return True

    def _add_cx(self, control, target):
        self._flush((control, target))
        self.parity[target] ^= self.parity[control]
        self.flipped[target] ^= self.flipped[control]

    def _add_swap(self, a, b):
        for things in (self.parity, self.flipped, self.pending):
            things[a], things[b] = things[b], things[a]

    def _add_diagonal(self, qubits, phases, angle):
        """Add exp(i angle phases[z]), z being the bits of `qubits`."""
        if len(qubits) == 1 and self._pending_to_merge_with(qubits[0]):
            low, high = phases
            self.global_phase = self.global_phase + angle * ((low + high) / 2)
            self.pending[qubits[0]].append(Factor(axis="z", angle=angle * (high - low)))
            return
        self._flush(qubits)
        for subset, coefficient in enumerate(_walsh(phases)):
            if abs(coefficient) < 1e-300:
                continue
            mask, flipped = 0, 0
            for number, qubit in enumerate(qubits):
                if subset >> number & 1:
                    mask ^= self.parity[qubit]
                    flipped ^= self.flipped[qubit]
            term = angle * (-coefficient if flipped else coefficient)
            if mask:
                self.layer[mask] = self.layer.get(mask, Angle()) + term
            else:
                self.global_phase = self.global_phase + term

    def _pending_to_merge_with(self, qubit):
        """Whether a diagonal gate is better merged into the matrix that is due on its qubit."""
        pending = self.pending[qubit]
        return bool(pending) and not _is_hadamard(pending)

    def rotate(self, axis, qubit, angle):
        """Add exp(-i angle / 2 P) for a one-qubit P."""
        if axis == "z":
            self._add_diagonal([qubit], np.array([-0.5, 0.5]), angle)
        else:
            self.pending[qubit].append(Factor(axis=axis, angle=angle))

    def rotate_string(self, letters, qubits, angle):
        """Add exp(-i angle / 2 P) for a Pauli string with an X or Y in it."""
        self._emit_layer()
        self._flush(qubits, only=True)
        x_mask = sum(1 << q for q, p in zip(qubits, letters, strict=True) if p in "xy")
        z_mask = sum(1 << q for q, p in zip(qubits, letters, strict=True) if p in "zy")
        self.operations.append(PauliRotation(self.n_qubits, x_mask, z_mask, angle))

    def _add_dense(self, qubits, matrix):
        for number, qubit in enumerate(qubits):
            # Gates that are due on the qubits go into the matrix if they are fixed numbers.
            if all(factor.is_constant for factor in self.pending[qubit]):
                small = product(self.pending[qubit])
                matrix = matrix @ _on_one_of(small, number, len(qubits))
                self.pending[qubit] = []
        self._emit_layer()
        self._flush(qubits, only=True)
        self.operations.append(Dense(self.n_qubits, tuple(qubits), matrix))

    # -- operations -----------------------------------------------------------------------------

    def _flush(self, qubits, *, only=False):
        """Make sure that no one-qubit gate is due on `qubits`.

        Those due elsewhere go out as well, because the phase layer has to end here, and the next
        one shall not have to end again for them; `only` leaves them, to be merged into matrices.
        """
        if not any(self.pending[qubit] for qubit in qubits):
            return
        self._emit_layer()
        due = qubits if only else range(self.n_qubits)
        # All Hadamard gates that are due become one transform.
        hadamards = [q for q in due if _is_hadamard(self.pending[q])]
        if hadamards:
            self.operations.append(Hadamards(self.n_qubits, tuple(sorted(hadamards))))
        for qubit in due:
            if qubit not in hadamards:
                self._emit_pending(qubit)
            self.pending[qubit] = []

    def _emit_pending(self, qubit):
        factors = _merge_constants(self.pending[qubit])
        if factors:
            self.operations.append(OneQubit(self.n_qubits, qubit, tuple(factors)))

    def _emit_layer(self):
        moved = self.parity != [1 << q for q in range(self.n_qubits)] or any(self.flipped)
        if self.layer or moved:
            moves = tuple(zip(self.parity, self.flipped, strict=True)) if moved else None
            masks, angles = tuple(self.layer), tuple(self.layer.values())
            self.operations.append(PhaseLayer(self.n_qubits, masks, angles, moves))
        self._open_layer()

    def finish(self):
        """Emit all that is open."""
        self._emit_layer()
        self._flush(range(self.n_qubits))


def _one_rotation(axis):
    return lambda compiler, qubits, angle: compiler.rotate(axis, *qubits, angle)


def _string_rotation(letters):
    return lambda compiler, qubits, angle: compiler.rotate_string(letters, qubits, angle)


def _controlled_rotation(axis):
    # control 1: exp(-i angle/2 P); P (1 - Z) / 2 on the projector, so half of P and minus half ZP
    def add(compiler, qubits, angle):
        compiler.rotate(axis, qubits[1], angle * 0.5)
        compiler.rotate_string("z" + axis, qubits, angle * -0.5)

    return add


def _u(compiler, qubits, theta, phi, lam):
    (qubit,) = qubits
    compiler.rotate("z", qubit, lam)
    compiler.rotate("y", qubit, theta)
    compiler.rotate("z", qubit, phi)
    compiler.global_phase = compiler.global_phase + (phi + lam) * 0.5


def _u2(compiler, qubits, phi, lam):
    _u(compiler, qubits, Angle(constant=np.pi / 2), phi, lam)


def _r(compiler, qubits, theta, phi):
    (qubit,) = qubits
    compiler.rotate("z", qubit, phi * -1.0)
    compiler.rotate("x", qubit, theta)
    compiler.rotate("z", qubit, phi)


_ROTATIONS = {
    "rx": _one_rotation("x"),
    "ry": _one_rotation("y"),
    "rxx": _string_rotation("xx"),
    "ryy": _string_rotation("yy"),
    "rzx": _string_rotation("zx"),
    "crx": _controlled_rotation("x"),
    "cry": _controlled_rotation("y"),
    "u": _u,
    "u3": _u,
    "u2": _u2,
    "r": _r,
}


def _matrix(operation):
    """Return the matrix of a gate without free parameters, or None if its definition is better."""
    name = library_name(operation)
    if name == "diagonal":
        return np.diag(np.asarray(operation.params))
    if name == "unitary":
        return np.asarray(operation.params[0], dtype=complex)
    # Composites are opened: their gates may lower to fast layers, which their matrix does not.
    if name in STANDARD_GATES and operation.num_qubits <= WIDEST_MATRIX:
        return np.asarray(operation.to_matrix(), dtype=complex)
    return None


def _merge_constants(factors):
    """Multiply neighbouring fixed gates; leave out what came to the identity."""
    merged = []
    for factor in factors:
        if factor.is_constant:
            matrix = factor.constant_matrix()
            if merged and merged[-1].axis is None:
                matrix = matrix @ merged.pop().matrix
            factor = Factor(matrix=matrix)
        merged.append(factor)
    if len(merged) == 1 and merged[0].axis is None and np.array_equal(merged[0].matrix, np.eye(2)):
        return []
    return merged


def _is_hadamard(factors):
    if len(factors) != 1 or factors[0].axis is not None:
        return False
    return np.abs(factors[0].matrix - _HADAMARD).max() <= 1e-15


def _walsh(values):
    """Return the coefficients c with values[z] = sum_s c[s] (-1) ** parity(s & z)."""
    coefficients = np.array(values, dtype=float)
    step = 1
    while step < len(coefficients):
        pairs = coefficients.reshape(-1, 2, step)
        low, high = pairs[:, 0].copy(), pairs[:, 1].copy()
        pairs[:, 0], pairs[:, 1] = (low + high) / 2, (low - high) / 2
        step *= 2
    return coefficients


def _on_one_of(matrix, number, n_qubits):
    """Return `matrix` on qubit `number` of several, as one large matrix."""
    result = np.eye(1)
    for k in range(n_qubits):
        result = np.kron(matrix if k == number else np.eye(2), result)
    return result
