"""Independent NumPy oracles for the test suite.

Nothing here asks Qiskit for a matrix, a state or an operator: gates are written from their
mathematical definitions, circuits are only walked, and the closed forms never see a circuit.

Everything is little-endian, as in Qiskit: bit ``q`` of a basis index is the state of qubit ``q``,
the first qubit of a gate is the least significant bit of its matrix, and the rightmost character
of a label belongs to the first qubit.
"""

import numpy as np

SQRT2 = np.sqrt(2)

# Paulis, and the projectors that observables may also contain.
OPERATORS = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]).astype(complex),
}
QUBIT_STATES = {
    "0": np.array([1, 0], dtype=complex),
    "1": np.array([0, 1], dtype=complex),
    "+": np.array([1, 1], dtype=complex) / SQRT2,
    "-": np.array([1, -1], dtype=complex) / SQRT2,
    "r": np.array([1, 1j]) / SQRT2,
    "l": np.array([1, -1j]) / SQRT2,
}
OPERATORS |= {label: np.outer(v, v.conj()) for label, v in QUBIT_STATES.items()}


# --- Gate matrices ---------------------------------------------------------------------------


def kron_label(table, label):
    """Kronecker product of the entries of `table` named by `label`, rightmost on qubit 0."""
    product = 1
    for character in label:
        product = np.kron(product, table[character])
    return product


def pauli_matrix(label):
    """Matrix of a Pauli (or projector) string, its rightmost character on the first qubit."""
    return kron_label(OPERATORS, label)


def rotation(label, angle):
    """Pauli rotation ``exp(-i angle/2 P)``, using ``P**2 = 1``."""
    pauli = pauli_matrix(label)
    return np.cos(angle / 2) * np.eye(len(pauli)) - 1j * np.sin(angle / 2) * pauli


def controlled(matrix, n_controls=1, ctrl_state=None):
    """Control a matrix; the controls become its first (least significant) qubits.

    Parameters
    ----------
    matrix : array of shape (2**k, 2**k)
        What to apply when the controls are in `ctrl_state`.
    n_controls : int
        Number of controls.
    ctrl_state : int, optional
        Bit ``c`` is the value that control ``c`` must have; all ones by default.
    """
    size = 2**n_controls
    ctrl_state = size - 1 if ctrl_state is None else ctrl_state
    result = np.eye(size * len(matrix), dtype=complex)
    active = size * np.arange(len(matrix)) + ctrl_state
    result[np.ix_(active, active)] = matrix
    return result


def phase(angle):
    """``diag(1, exp(i angle))``."""
    return np.diag([1, np.exp(1j * angle)])


def u_matrix(theta, phi, lam):
    """Return the generic one-qubit gate, in the convention of a real ``[0, 0]`` entry."""
    cos, sin = np.cos(theta / 2), np.sin(theta / 2)
    rows = [cos, -np.exp(1j * lam) * sin], [sin, np.exp(1j * lam) * cos]
    return np.diag([1, np.exp(1j * phi)]) @ np.array(rows)


def r_matrix(theta, phi):
    """Rotation by `theta` about the axis ``cos(phi) X + sin(phi) Y``."""
    axis = np.cos(phi) * OPERATORS["X"] + np.sin(phi) * OPERATORS["Y"]
    return np.cos(theta / 2) * np.eye(2) - 1j * np.sin(theta / 2) * axis


def two_level(theta, beta, low, high):
    """X rotation of the levels `low` and `high` of two qubits, with a phase ``exp(i beta)``."""
    result = np.eye(4, dtype=complex)
    result[low, low] = result[high, high] = np.cos(theta / 2)
    result[low, high] = -1j * np.sin(theta / 2) * np.exp(-1j * beta)
    result[high, low] = -1j * np.sin(theta / 2) * np.exp(1j * beta)
    return result


def basis_map(images):
    """Permutation matrix that sends basis state ``i`` to ``images[i]``."""
    result = np.zeros((len(images), len(images)), dtype=complex)
    result[images, np.arange(len(images))] = 1
    return result


X, Y, Z = (OPERATORS[label] for label in "XYZ")
SX = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2

GATES = {
    "global_phase": lambda angle: np.exp(1j * angle) * np.ones((1, 1)),
    "id": lambda: np.eye(2),
    "x": lambda: X,
    "y": lambda: Y,
    "z": lambda: Z,
    "h": lambda: (X + Z) / SQRT2,
    "s": lambda: np.diag([1, 1j]),
    "sdg": lambda: np.diag([1, -1j]),
    "t": lambda: np.diag([1, (1 + 1j) / SQRT2]),
    "tdg": lambda: np.diag([1, (1 - 1j) / SQRT2]),
    "sx": lambda: SX,
    "sxdg": lambda: SX.conj(),
    "rx": lambda angle: rotation("X", angle),
    "ry": lambda angle: rotation("Y", angle),
    "rz": lambda angle: rotation("Z", angle),
    "rxx": lambda angle: rotation("XX", angle),
    "ryy": lambda angle: rotation("YY", angle),
    "rzz": lambda angle: rotation("ZZ", angle),
    "rzx": lambda angle: rotation("XZ", angle),  # Z on the first qubit
    "r": r_matrix,
    "p": phase,
    "u": u_matrix,
    "u1": phase,
    "u2": lambda phi, lam: u_matrix(np.pi / 2, phi, lam),
    "u3": u_matrix,
    "swap": lambda: basis_map([0, 2, 1, 3]),
    "iswap": lambda: np.diag([1, 1j, 1j, 1]) @ basis_map([0, 2, 1, 3]),
    "dcx": lambda: basis_map([0, 2, 3, 1]),
    "ecr": lambda: (pauli_matrix("IX") - pauli_matrix("XY")) / SQRT2,
    "xx_minus_yy": lambda theta, beta: two_level(theta, beta, 0, 3),
    "xx_plus_yy": lambda theta, beta: two_level(theta, beta, 1, 2),
    "cu": lambda theta, phi, lam, gamma: controlled(np.exp(1j * gamma) * u_matrix(theta, phi, lam)),
    # Relative-phase Toffolis: what each value of the controls does to the target.
    "rccx": lambda: controlled(Z, 2, 0b01) @ controlled(Y, 2, 0b11),
    "rcccx": lambda: controlled(1j * Z, 3, 0b011) @ controlled(1j * Y, 3, 0b111),
}
CONTROLLED = {1: "x y z h s sdg sx p u1 u3 rx ry rz swap", 2: "x z", 3: "x sx", 4: "x"}
for _count, _bases in CONTROLLED.items():
    for _base in _bases.split():
        GATES[("c" * _count if _count < 3 else f"c{_count}") + _base] = (
            lambda *params, base=GATES[_base], count=_count: controlled(base(*params), count)
        )


def gate_matrix(name, params=()):
    """Matrix of a standard gate, by Qiskit's name for it.

    ``mcx`` and ``mcphase`` do not tell their size: they are ``controlled`` of ``x`` and ``p``.
    Three and four controls on an ``x`` are known as ``c3x`` and ``c4x``.
    """
    return np.asarray(GATES[name](*params), dtype=complex)


# --- Walking a circuit -----------------------------------------------------------------------


def _axes(state, qubits):
    """Tensor view of a flat state, and the axes of `qubits`, most significant first."""
    n_qubits = len(state).bit_length() - 1
    return state.reshape((2,) * n_qubits), [n_qubits - 1 - q for q in reversed(qubits)]


def apply_matrix(state, matrix, qubits):
    """Apply a matrix to `qubits` (the first is its least significant bit) of a flat state."""
    tensor, axes = _axes(state, qubits)
    k = len(axes)
    gate = np.asarray(matrix, dtype=complex).reshape((2,) * (2 * k))
    tensor = np.tensordot(gate, tensor, axes=(range(k, 2 * k), axes))
    return np.moveaxis(tensor, range(k), axes).reshape(-1)


def _prepare(state, amplitudes, qubits):
    """Put `qubits`, which must still be in ``|0...0>``, in the state `amplitudes`."""
    tensor, axes = _axes(state, qubits)
    front = np.moveaxis(tensor, axes, range(len(axes)))
    rest = front.reshape(len(amplitudes), -1)
    if np.abs(rest[1:]).max() > 1e-12:
        raise ValueError("a state can only be prepared on qubits in the state 0")
    prepared = np.outer(amplitudes, rest[0]).reshape(front.shape)
    return np.moveaxis(prepared, range(len(axes)), axes).reshape(-1)


def _permute(state, pattern, qubits):
    """Give qubit ``qubits[i]`` the state that qubit ``qubits[pattern[i]]`` had."""
    tensor, axes = _axes(state, qubits)
    axes = axes[::-1]
    return np.moveaxis(tensor, [axes[p] for p in pattern], axes).reshape(-1)


def _number(value, binding):
    """Return a gate parameter as a number, a real one where possible."""
    if hasattr(value, "bind"):
        value = value.bind({parameter: binding[parameter] for parameter in value.parameters})
    value = complex(value)
    return value if value.imag else value.real


def _hamiltonian(operator, n_qubits):
    """Matrix of a sum of Pauli (or projector) strings, or of a list of such sums."""
    if isinstance(operator, list):
        return sum(_hamiltonian(part, n_qubits) for part in operator)
    matrix = np.zeros((2**n_qubits, 2**n_qubits), dtype=complex)
    for characters, indices, coefficient in operator.to_sparse_list():
        label = ["I"] * n_qubits
        for character, index in zip(characters, indices, strict=True):
            label[n_qubits - 1 - index] = character
        matrix += complex(coefficient) * pauli_matrix(label)
    return matrix


def evolution_matrix(hamiltonian, time):
    """``exp(-i time hamiltonian)`` of a Hermitian matrix."""
    if not np.allclose(hamiltonian, hamiltonian.conj().T):
        raise ValueError("the Hamiltonian is not Hermitian")
    energies, vectors = np.linalg.eigh(hamiltonian)
    return (vectors * np.exp(-1j * time * energies)) @ vectors.conj().T


def _amplitudes(params, n_qubits, binding):
    """Amplitudes that ``initialize`` and ``state_preparation`` ask for, in their three forms."""
    if isinstance(params[0], str):
        return kron_label(QUBIT_STATES, params)
    values = [_number(param, binding) for param in params]
    return np.eye(2**n_qubits)[int(values[0])] if len(values) == 1 else np.array(values)


def _controlled_matrix(operation, binding):
    """Matrix of a controlled gate from its base gate, or None where it has ancillas as well."""
    base, n_controls = operation.base_gate, operation.num_ctrl_qubits
    if operation.num_qubits != n_controls + base.num_qubits:
        return None
    if base.name == "u" and len(operation.params) == 4:  # cu: the base gate lacks its own phase
        *angles, gamma = (_number(param, binding) for param in operation.params)
        matrix = np.exp(1j * gamma) * u_matrix(*angles)
    else:
        columns = np.eye(2**base.num_qubits, dtype=complex)
        qubits = range(base.num_qubits)
        matrix = np.stack([_apply(column, base, qubits, binding) for column in columns], axis=1)
    return controlled(matrix, n_controls, operation.ctrl_state)


def _apply(state, operation, qubits, binding):
    """State after an operation."""
    name, params = operation.name, operation.params
    if name in ("barrier", "delay"):
        return state
    if name in ("state_preparation", "initialize"):
        return _prepare(state, _amplitudes(params, len(qubits), binding), qubits)
    if name == "permutation":
        return _permute(state, params[0], qubits)
    matrix = None
    if name == "unitary":
        matrix = params[0]
    elif name == "diagonal":
        matrix = np.diag([_number(param, binding) for param in params])
    elif name == "pauli":
        matrix = pauli_matrix(params[0])
    elif name == "PauliEvolution":
        hamiltonian = _hamiltonian(operation.operator, len(qubits))
        matrix = evolution_matrix(hamiltonian, _number(params[0], binding))
    elif getattr(operation, "num_ctrl_qubits", None) and hasattr(operation, "base_gate"):
        matrix = _controlled_matrix(operation, binding)
    elif name in GATES:
        matrix = gate_matrix(name, [_number(param, binding) for param in params])
    if matrix is not None:
        return apply_matrix(state, matrix, qubits)
    if getattr(operation, "definition", None) is None:
        raise ValueError(f"cannot simulate the operation {name!r}")
    return _walk(state, operation.definition, qubits, binding)


def _walk(state, circuit, qubits, binding):
    """State after a circuit whose qubit ``i`` is ``qubits[i]``."""
    for item in circuit.data:
        targets = [qubits[circuit.find_bit(qubit).index] for qubit in item.qubits]
        state = _apply(state, item.operation, targets, binding)
    return np.exp(1j * _number(circuit.global_phase, binding)) * state


def simulate(circuit, values=None, initial=None):
    """State vector that a circuit prepares.

    Parameters
    ----------
    circuit : QuantumCircuit
        A circuit without measurements, resets or control flow. A Pauli evolution in it is exact,
        while what Qiskit synthesises is a product formula, equal only where the terms commute.
    values : sequence or dict, optional
        Parameter values, in the order of ``circuit.parameters`` or by parameter.
    initial : array of shape (2**n_qubits,), optional
        Initial state, ``|0...0>`` by default.

    Returns
    -------
    complex array of shape (2**n_qubits,)
    """
    if not isinstance(values, dict):
        values = [] if values is None else values
        values = dict(zip(circuit.parameters, values, strict=True))
    binding = {parameter: float(value) for parameter, value in values.items()}
    n_qubits = circuit.num_qubits
    state = basis_state([0] * n_qubits) if initial is None else np.array(initial, dtype=complex)
    return _walk(state, circuit, range(n_qubits), binding)


def states(circuit, X):
    """State vectors of a circuit for each row of parameter values, as rows."""
    return np.array([simulate(circuit, row) for row in X])


def unitary(circuit, values=None):
    """Matrix of a circuit, one simulated basis state per column."""
    basis = np.eye(2**circuit.num_qubits)
    return np.stack([simulate(circuit, values, column) for column in basis], axis=1)


def fidelity(A, B):
    """Matrix of ``|<a_i|b_j>|**2`` of the rows of `A` and `B`."""
    return np.abs(np.einsum("ik,jk->ij", np.conj(A), B)) ** 2


# --- Closed forms, without circuits ----------------------------------------------------------


def _bits(n_qubits):
    """Bit ``q`` of every basis index, of shape (2**n_qubits, n_qubits)."""
    return np.arange(2**n_qubits)[:, None] >> np.arange(n_qubits) & 1


def _hadamards(state):
    """State after a Hadamard on every qubit."""
    for qubit in range(len(state).bit_length() - 1):
        state = apply_matrix(state, GATES["h"](), [qubit])
    return state


def _diagonal_layers(phases, reps):
    """State after `reps` times Hadamards and then the diagonal ``exp(i phases)``."""
    state = basis_state([0] * (len(phases).bit_length() - 1))
    for _ in range(reps):
        state = np.exp(1j * phases) * _hadamards(state)
    return state


def angle_kernel(X, Y):
    """Kernel ``prod_i cos((x_i - y_i) / 2)**2`` of one rotation angle per qubit."""
    return np.prod(np.cos((X[:, None] - Y[None]) / 2) ** 2, axis=2)


def z_state(x, reps, alpha=2):
    """State of Qiskit's ``z_feature_map``: per repetition H and then ``P(alpha x_i)``."""
    return zz_state(x, reps, [], alpha)


def zz_state(x, reps, pairs, alpha=2):
    """State of Qiskit's ``zz_feature_map``.

    Per repetition H, ``P(alpha x_i)``, and for every pair the phase
    ``alpha (pi - x_i)(pi - x_j)`` where the bits i and j differ.
    """
    bits = _bits(len(x))
    phases = alpha * bits @ np.asarray(x, dtype=float)
    for i, j in pairs:
        phases += alpha * (np.pi - x[i]) * (np.pi - x[j]) * (bits[:, i] ^ bits[:, j])
    return _diagonal_layers(phases, reps)


def iqp_state(x, reps, pairs):
    """IQP state: per repetition H, ``RZ(x_i)``, and ``RZZ(x_i x_j)`` for every pair."""
    signs = 1 - 2 * _bits(len(x))
    phases = -signs @ np.asarray(x, dtype=float) / 2
    for i, j in pairs:
        phases -= x[i] * x[j] * signs[:, i] * signs[:, j] / 2
    return _diagonal_layers(phases, reps)


def pauli_state(x, reps, paulis, pairs, alpha=2):
    """State of Qiskit's ``pauli_feature_map`` for Pauli strings of length 1 and 2.

    Per repetition H on every qubit, and then for every string P, in order, and every qubit (or
    every pair (i, j), as given: the rightmost character acts on i, the first of the pair)
    ``exp(i angle (1 - P) / 2)``, where the angle is ``alpha x_i`` or
    ``alpha (pi - x_i)(pi - x_j)``. A two-character string keeps that angle even if it contains I.
    """
    state = basis_state([0] * len(x))
    for _ in range(reps):
        state = _hadamards(state)
        for label in paulis:
            for qubits in [(i,) for i in range(len(x))] if len(label) == 1 else pairs:
                factors = [x[q] if len(label) == 1 else np.pi - x[q] for q in qubits]
                angle = alpha * np.prod(factors)
                gate = np.exp(1j * angle / 2) * rotation(label, angle)
                state = apply_matrix(state, gate, qubits)
    return state


def amplitude_state(x):
    """``x / ||x||``, padded with zeros to a power of two (2 at least)."""
    size = max(2, 2 ** (len(x) - 1).bit_length())
    state = np.zeros(size, dtype=complex)
    state[: len(x)] = x
    return state / np.sqrt(np.sum(np.abs(state) ** 2))


def basis_state(bits):
    """Basis state whose qubit i is ``bits[i]``."""
    state = np.zeros(2 ** len(bits), dtype=complex)
    state[sum(int(bit) << qubit for qubit, bit in enumerate(bits))] = 1
    return state


def reuploading_state(x, n_qubits, reps=1, entangler_pairs=None):
    """State of a data re-uploading circuit.

    H on every qubit; then blocks that each use up to ``2 * n_qubits`` of the angles, first as
    RZ and then as RY angles of the qubits 0, 1, ... in order. The angles are `x`, `reps` times
    over, each time one feature later if their number and `n_qubits` have a common divisor. Between
    any two blocks stands a CX for each (control, target) of `entangler_pairs`, by default the chain
    (0, 1), (1, 2), ...
    """
    if entangler_pairs is None:
        entangler_pairs = [(q, q + 1) for q in range(n_qubits - 1)]
    state = _hadamards(basis_state([0] * n_qubits))
    angles = list(x) * reps
    if any(len(x) % k == n_qubits % k == 0 for k in range(2, n_qubits + 1)):
        angles = np.concatenate([np.roll(x, -rep) for rep in range(reps)])
    for start in range(0, len(angles), 2 * n_qubits):
        for pair in entangler_pairs if start else []:
            state = apply_matrix(state, gate_matrix("cx"), pair)
        for k, angle in enumerate(angles[start : start + 2 * n_qubits]):
            gate = rotation("Z" if k < n_qubits else "Y", angle)
            state = apply_matrix(state, gate, [k % n_qubits])
    return state
