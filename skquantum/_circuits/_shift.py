"""The parameter-shift rule, on angles of gates.

An expectation value, as a function of one angle of one gate, is a trigonometric polynomial: its
frequencies are the differences of the eigenvalues of what the angle generates. Its derivative is
a weighted sum of values at shifted angles, exactly, also with noise and with shots. So is, for the
gates that circuits are lowered to, the derivative of the state.

References
----------
D. Wierichs, J. Izaac, C. Wang, C. Y.-Y. Lin, "General parameter-shift rules for quantum gradients",
Quantum 6, 677 (2022).
"""

from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from skquantum._circuits._lowering import Lowered

__all__ = ["Shifts", "unshared"]

# For every angle of a gate, the lowest frequency and the number of its multiples.
_ROTATION = (1.0, 1)
_CONTROLLED_ROTATION = (0.5, 2)
_AXIS = (1.0, 2)  # enters twice, as a rotation and its inverse
_FREQUENCIES = {
    **dict.fromkeys("p u1 rx ry rz rxx ryy rzz rzx cp cu1 mcp mcphase".split(), (_ROTATION,)),
    **dict.fromkeys("crx cry crz".split(), (_CONTROLLED_ROTATION,)),
    **dict.fromkeys("u u2 u3".split(), (_ROTATION,) * 3),
    "cu": (_CONTROLLED_ROTATION, _ROTATION, _ROTATION, _ROTATION),
    "cu3": (_CONTROLLED_ROTATION, _ROTATION, _ROTATION),
    "r": (_ROTATION, _AXIS),
}

# The derivative of a state is half or a quarter of the difference of two states: for an angle whose
# generator has eigenvalues 0 and 1, or -1/2 and 1/2. Those with 0 besides are opened before.
_PHASE_OF_STATE = (np.pi / 2, 0.5), (-np.pi / 2, -0.5)
_ROTATION_OF_STATE = (np.pi, 0.25), (-np.pi, -0.25)
_U_OF_STATE = _ROTATION_OF_STATE, _PHASE_OF_STATE, _PHASE_OF_STATE
_RULES_OF_STATES = {
    **dict.fromkeys("p u1".split(), (_PHASE_OF_STATE,)),
    **dict.fromkeys("rx ry rz rxx ryy rzz rzx".split(), (_ROTATION_OF_STATE,)),
    **dict.fromkeys("u u3".split(), _U_OF_STATE),
    "u2": _U_OF_STATE[1:],
    "r": (_ROTATION_OF_STATE, _PHASE_OF_STATE),
}


@dataclass(frozen=True)
class Shifts:
    """Which angles to shift by how much.

    Attributes
    ----------
    lowered : Lowered
        The circuit, with a placeholder for each angle of each gate.
    columns : ndarray of shape (n_angles,)
        Which column of numbers each angle takes.
    angles : ndarray of shape (n_shifts,)
        Which angle is shifted.
    steps : ndarray of shape (n_shifts,)
        By how much, in radians.
    coefficients : ndarray of shape (n_shifts,)
        Weight of the shifted expectation value, or state, in the derivative.
    """

    lowered: Lowered
    columns: np.ndarray
    angles: np.ndarray
    steps: np.ndarray
    coefficients: np.ndarray

    def only(self, columns):
        """Return the shifts that derivatives with respect to some of the columns need."""
        needed = np.isin(self.columns[self.angles], list(columns))
        return replace(
            self,
            angles=self.angles[needed],
            steps=self.steps[needed],
            coefficients=self.coefficients[needed],
        )

    def apply(self, columns):
        """Return the angles of rows, first as they are and then with every shift.

        Parameters
        ----------
        columns : ndarray of shape (n_rows, n_columns)
            Numbers in place of expressions.

        Returns
        -------
        ndarray of shape (n_rows, 1 + n_shifts, n_angles)
            Radians.
        """
        angles = columns[:, None, self.columns].repeat(1 + len(self.angles), axis=1)
        angles[:, np.arange(1, 1 + len(self.angles)), self.angles] += self.steps
        return angles

    def to_columns(self, shifted, n_columns):
        """Return derivatives with respect to columns from sums over shifts.

        Parameters
        ----------
        shifted : ndarray of shape (n_rows, n_shifts)
            A loss that is linear in the shifted expectation values.
        n_columns : int
            How many there are.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            Derivatives of the loss.
        """
        table = np.zeros((len(self.angles), n_columns))
        table[np.arange(len(self.angles)), self.columns[self.angles]] = self.coefficients
        return shifted @ table


def unshared(lowered, *, of_states=False):
    """Give each angle of each gate its own placeholder, and list all shifts.

    Parameters
    ----------
    lowered : Lowered
        A circuit whose gates may share placeholders.
    of_states : bool, default=False
        Whether the shifts are for derivatives of states, up to multiples of i times the state,
        rather than of expectation values.

    Returns
    -------
    Shifts
        Of all angles.

    Raises
    ------
    ValueError
        If there is no rule for a gate with parameters.
    """
    column = {placeholder: k for k, placeholder in enumerate(lowered.placeholders)}
    circuit = QuantumCircuit(lowered.circuit.num_qubits)
    placeholders, columns, shifts = [], [], []
    for item in lowered.circuit.data:
        operation = item.operation
        params = list(operation.params)
        for position, param in enumerate(params):
            if not isinstance(param, Parameter):
                continue
            rule = _RULES_OF_STATES[operation.name][position] if of_states else None
            for step, coefficient in rule or _rule(operation.name, position):
                shifts.append((len(placeholders), step, coefficient))
            params[position] = Parameter(f"angle{len(placeholders)}")
            placeholders.append(params[position])
            columns.append(column[param])
        if any(isinstance(param, Parameter) for param in params):
            operation = operation.to_mutable()
            operation.params = params
        circuit.append(operation, [lowered.circuit.find_bit(q).index for q in item.qubits])
    angles, steps, coefficients = np.array(shifts).reshape(-1, 3).T
    return Shifts(
        lowered=replace(lowered, circuit=circuit, placeholders=tuple(placeholders)),
        columns=np.array(columns, dtype=int),
        angles=angles.astype(int),
        steps=steps,
        coefficients=coefficients,
    )


def _rule(name, position):
    """Return (shift, coefficient) pairs for an angle of a gate."""
    if name not in _FREQUENCIES:
        raise ValueError(
            f"There is no parameter-shift rule for the gate {name!r}; replace it by rotations, or "
            "leave it out of the basis gates of the noise model."
        )
    frequency, n_frequencies = _FREQUENCIES[name][position]
    count = 2 * n_frequencies
    nodes = (2 * np.arange(count) + 1) * np.pi / count
    coefficients = frequency * (-1.0) ** np.arange(count) / (2 * count * np.sin(nodes / 2) ** 2)
    nodes[nodes > np.pi] -= 2 * np.pi
    return list(zip(nodes / frequency, coefficients, strict=True))
