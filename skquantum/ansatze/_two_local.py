"""Rotations and entanglers in turn, from Qiskit's circuit library."""

from qiskit.circuit import Gate
from qiskit.circuit.library import (
    efficient_su2,
    get_standard_gate_name_mapping,
    n_local,
    real_amplitudes,
)

from skquantum._circuits import qubit_pairs
from skquantum._validation import Integral, Interval, closest_name
from skquantum.ansatze._base import Ansatz

__all__ = ["EfficientSU2", "RealAmplitudes", "TwoLocal"]


class _TwoLocalFamily(Ansatz):
    _parameter_constraints: dict = {
        "reps": [Interval(Integral, 1, None, closed="left")],
        "entanglement": [str, "array-like"],
        "final_rotation": ["boolean"],
    }

    def _settings(self, n_qubits):
        """Return what the functions of Qiskit's library have in common."""
        return {
            "reps": int(self.reps),
            # Qiskit's own "circular" places the closing gate first, and doubles it on 2 qubits.
            "entanglement": qubit_pairs(self.entanglement, n_qubits),
            "skip_final_rotation_layer": not self.final_rotation,
        }


class RealAmplitudes(_TwoLocalFamily):
    """RY rotations and CX gates, over :func:`qiskit.circuit.library.real_amplitudes`.

    It makes real amplitudes out of real amplitudes. There are ``n_qubits * (reps + 1)`` weights,
    ``n_qubits * reps`` without the final rotations.

    Parameters
    ----------
    reps : int, default=3
        Number of repetitions of a layer of rotations and one of CX gates.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="linear"
        CX gates between the rotations.
    final_rotation : bool, default=True
        Whether a last layer of rotations follows. Angles are in radians.

    References
    ----------
    .. [1] A. Kandala et al., "Hardware-efficient variational quantum eigensolver for small
       molecules and quantum magnets", Nature 549, 242 (2017).

    Examples
    --------
    >>> from skquantum.ansatze import RealAmplitudes
    >>> dict(RealAmplitudes(reps=1).build(3).count_ops())
    {'ry': 6, 'cx': 2}
    """

    def __init__(self, reps=3, *, entanglement="linear", final_rotation=True):
        self.reps = reps
        self.entanglement = entanglement
        self.final_rotation = final_rotation

    def _build(self, n_qubits):
        return real_amplitudes(n_qubits, **self._settings(n_qubits))


class EfficientSU2(_TwoLocalFamily):
    """RY and RZ rotations and CX gates, over :func:`qiskit.circuit.library.efficient_su2`.

    There are ``2 * n_qubits * (reps + 1)`` weights, ``2 * n_qubits * reps`` without the final
    rotations: in each layer first those of RY on all qubits, then those of RZ.

    Parameters
    ----------
    reps : int, default=3
        Number of repetitions of a layer of rotations and one of CX gates.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="linear"
        CX gates between the rotations.
    final_rotation : bool, default=True
        Whether a last layer of rotations follows. Angles are in radians.

    References
    ----------
    .. [1] A. Kandala et al., "Hardware-efficient variational quantum eigensolver for small
       molecules and quantum magnets", Nature 549, 242 (2017).

    Examples
    --------
    >>> from skquantum.ansatze import EfficientSU2
    >>> dict(EfficientSU2(reps=1).build(3).count_ops())
    {'ry': 6, 'rz': 6, 'cx': 2}
    """

    def __init__(self, reps=3, *, entanglement="linear", final_rotation=True):
        self.reps = reps
        self.entanglement = entanglement
        self.final_rotation = final_rotation

    def _build(self, n_qubits):
        return efficient_su2(n_qubits, **self._settings(n_qubits))


class TwoLocal(_TwoLocalFamily):
    """Chosen one- and two-qubit gates in turn, over :func:`qiskit.circuit.library.n_local`.

    Every parameter of every gate is a weight of its own.

    Parameters
    ----------
    rotations : str, list of str or None, default=None
        Qiskit's names of one-qubit gates, with or without parameters, that act on every qubit
        one after the other; None means ``["ry", "rz"]``.
    entangler : str, default="cx"
        Qiskit's name of a two-qubit gate, with or without parameters: "cx", "cz", "crx", "rzz",
        ...
    reps : int, default=3
        Number of repetitions of a layer of rotations and one of entanglers.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="linear"
        On which pairs the entangler acts, the control first.
    final_rotation : bool, default=True
        Whether a last layer of rotations follows. Angles are in radians.

    References
    ----------
    .. [1] S. Sim, P. D. Johnson, A. Aspuru-Guzik, "Expressibility and entangling capability of
       parameterized quantum circuits for hybrid quantum-classical algorithms", Adv. Quantum
       Technol. 2, 1900070 (2019).

    Examples
    --------
    >>> from skquantum.ansatze import TwoLocal
    >>> circuit = TwoLocal(["rx", "rz"], "crx", reps=1, entanglement="full").build(3)
    >>> dict(circuit.count_ops())
    {'rx': 6, 'rz': 6, 'crx': 3}
    >>> circuit.num_parameters
    15
    """

    _parameter_constraints: dict = {
        **_TwoLocalFamily._parameter_constraints,
        "rotations": [str, "array-like", None],
        "entangler": [str],
    }

    def __init__(
        self,
        rotations=None,
        entangler="cx",
        *,
        reps=3,
        entanglement="linear",
        final_rotation=True,
    ):
        self.rotations = rotations
        self.entangler = entangler
        self.reps = reps
        self.entanglement = entanglement
        self.final_rotation = final_rotation

    def _build(self, n_qubits):
        if self.rotations is None:
            rotations = ["ry", "rz"]
        elif isinstance(self.rotations, str):
            rotations = [self.rotations]
        else:
            rotations = list(self.rotations)
        return n_local(
            n_qubits,
            [_gate(name, 1, "rotations") for name in rotations],
            _gate(self.entangler, 2, "entangler"),
            name="two_local",
            **self._settings(n_qubits),
        )


def _gate(name, n_qubits, parameter):
    """Return a gate of Qiskit's standard library by its name."""
    known = {
        known_name: gate
        for known_name, gate in get_standard_gate_name_mapping().items()
        if isinstance(gate, Gate) and gate.num_qubits == n_qubits
    }
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"{parameter} of TwoLocal holds {name!r}, which is not a gate on {n_qubits} "
            f"qubit{'s' if n_qubits > 1 else ''}: {closest_name(name, known)}."
        )
    return known[name]
