"""The Pauli family of Qiskit's circuit library."""

import numpy as np
from qiskit.circuit.library import pauli_feature_map, z_feature_map, zz_feature_map

from skquantum._circuits import check_groups, qubit_pairs
from skquantum._validation import Integral, Interval, Real
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["PauliFeatureMap", "ZFeatureMap", "ZZFeatureMap"]


# Qiskit's names beyond those of qubit_pairs.
_PATTERNS = frozenset(["full", "linear", "reverse_linear", "circular", "sca"])


def _qiskit_entanglement(entanglement, n_qubits):
    """Return the entanglement in the form that Qiskit 2 takes; a bare list of pairs it does not."""
    if isinstance(entanglement, str):
        if entanglement not in _PATTERNS:
            raise ValueError(
                f"entanglement={entanglement!r} is unknown; use one of "
                f"{', '.join(map(repr, sorted(_PATTERNS)))} or a list of pairs of qubits."
            )
        return entanglement
    singles = [(qubit,) for qubit in range(n_qubits)]
    return {1: singles, 2: qubit_pairs(entanglement, n_qubits)}


def _checked_data_map(function):
    """Return a data map that may be written for arrays, or None for None.

    What Qiskit would fail on or drop is refused.
    """
    if function is None:
        return None

    def checked(parameters):
        array = np.array(parameters, dtype=object)
        names = ", ".join(map(str, parameters))
        try:
            result = function(array)
        except Exception as error:
            raise ValueError(
                f"data_map_func fails for the array of circuit parameters [{names}]: {error}; use "
                "+, -, *, / and ** with Python numbers, and sin, cos, tan, arcsin, arccos, arctan, "
                "exp, log and abs of NumPy."
            ) from error
        if isinstance(result, np.ndarray) and result.size == 1:
            result = result.item()
        own = getattr(result, "parameters", None)
        if not own or not own <= set(parameters):
            raise ValueError(
                f"data_map_func returned {result!r} for {names}; it must return one expression of "
                "these parameters and no others."
            )
        return result

    return checked


class _PauliFamily(ScaledFeatureMap):
    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "reps": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "data_map_func": [callable, None],
    }

    def _angle_per_unit(self):
        return float(self.alpha)


class ZFeatureMap(_PauliFamily):
    """First-order Pauli-Z expansion, over :func:`qiskit.circuit.library.z_feature_map`.

    H on every qubit, then P(alpha x_i) on qubit i, repeated.

    Parameters
    ----------
    reps : int, default=2
        Number of repetitions of the whole block.
    alpha : float, default=2.0
        Factor of every rotation angle.
    data_map_func : callable or None, default=None
        Takes an array of circuit parameters, one for each qubit of a Pauli string, and returns one
        expression of them, such as ``lambda x: np.prod(np.pi - x)`` or ``lambda x: np.sin(x[0])``.
        None is Qiskit's: ``x_i`` for one feature, the product of ``pi - x_j`` for more.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / alpha / sqrt(n_features * X.var())`` of the training data, which counts one rotation
        per feature: repetitions make the kernel narrower. "0.5*scale" and the like are multiples.
        "trained" makes a factor of that number a weight, which starts at 1.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from skquantum.feature_maps import ZFeatureMap
    >>> dict(ZFeatureMap(reps=1).build(3).count_ops())
    {'h': 3, 'p': 3}
    """

    def __init__(self, *, reps=2, alpha=2.0, data_map_func=None, bandwidth=1.0):
        self.reps = reps
        self.alpha = alpha
        self.data_map_func = data_map_func
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        return z_feature_map(
            n_features,
            reps=self.reps,
            alpha=self.alpha,
            data_map_func=_checked_data_map(self.data_map_func),
        )


class ZZFeatureMap(_PauliFamily):
    """Second-order Pauli-Z expansion, over :func:`qiskit.circuit.library.zz_feature_map`.

    As :class:`ZFeatureMap`, with ``exp(i alpha (pi - x_i)(pi - x_j))`` on the odd parity of every
    coupled pair. With a single feature there is no pair, and the circuit is that of
    :class:`ZFeatureMap`.

    Parameters
    ----------
    reps : int, default=2
        Number of repetitions of the whole block.
    entanglement : str or list of pairs, default="full"
        Which qubits are coupled, in Qiskit's terms: "full", "linear", "reverse_linear",
        "circular", "sca", or a list of pairs of qubits.
    alpha : float, default=2.0
        Factor of every rotation angle.
    data_map_func : callable or None, default=None
        Takes an array of circuit parameters, one for each qubit of a Pauli string, and returns one
        expression of them, such as ``lambda x: np.prod(np.pi - x)`` or ``lambda x: np.sin(x[0])``.
        None is Qiskit's: ``x_i`` for one feature, the product of ``pi - x_j`` for more.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / alpha / sqrt(n_features * X.var())`` of the training data, which counts one rotation
        per feature: products of features, whose slopes are about pi, and repetitions make the
        kernel much narrower. "0.5*scale" and the like are multiples.
        "trained" makes a factor of that number a weight, which starts at 1.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> dict(ZZFeatureMap(reps=1).build(3).count_ops())
    {'p': 6, 'cx': 6, 'h': 3}
    """

    _parameter_constraints: dict = {
        **_PauliFamily._parameter_constraints,
        "entanglement": [str, "array-like"],
    }

    def __init__(
        self, *, reps=2, entanglement="full", alpha=2.0, data_map_func=None, bandwidth=1.0
    ):
        self.reps = reps
        self.entanglement = entanglement
        self.alpha = alpha
        self.data_map_func = data_map_func
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        settings = {
            "reps": self.reps,
            "alpha": self.alpha,
            "data_map_func": _checked_data_map(self.data_map_func),
        }
        if isinstance(self.entanglement, dict):
            raise ValueError(
                "entanglement of ZZFeatureMap is a dict; give a list of pairs, or use "
                "PauliFeatureMap, which takes one."
            )
        if n_features == 1:
            return z_feature_map(1, **settings)
        return zz_feature_map(
            n_features, entanglement=_qiskit_entanglement(self.entanglement, n_features), **settings
        )


class PauliFeatureMap(_PauliFamily):
    """Pauli expansion with chosen strings, over :func:`qiskit.circuit.library.pauli_feature_map`.

    Parameters
    ----------
    paulis : list of str or None, default=None
        Pauli strings such as ``["Z", "YY"]``; None means ``["Z", "ZZ"]``. Strings longer than
        the number of features couple nothing and are left out, as long as one remains.
    reps : int, default=2
        Number of repetitions of the whole block.
    entanglement : str, list of pairs or dict, default="full"
        Which qubits are coupled, in Qiskit's terms: "full", "linear", "reverse_linear",
        "circular", "sca", a list of pairs of qubits, or a dict from the length of a string to
        the list of tuples of qubits that strings of that length act on.
    alpha : float, default=2.0
        Factor of every rotation angle.
    data_map_func : callable or None, default=None
        Takes an array of circuit parameters, one for each qubit of a Pauli string, and returns one
        expression of them, such as ``lambda x: np.prod(np.pi - x)`` or ``lambda x: np.sin(x[0])``.
        None is Qiskit's: ``x_i`` for one feature, the product of ``pi - x_j`` for more.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / alpha / sqrt(n_features * X.var())`` of the training data, which counts one rotation
        per feature: products of features, whose slopes are about pi, and repetitions make the
        kernel much narrower. "0.5*scale" and the like are multiples.
        "trained" makes a factor of that number a weight, which starts at 1.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from skquantum.feature_maps import PauliFeatureMap
    >>> PauliFeatureMap(["Z", "XX"], reps=1).build(3).num_parameters
    3
    """

    _parameter_constraints: dict = {
        **_PauliFamily._parameter_constraints,
        "paulis": ["array-like", None],
        "entanglement": [str, "array-like", dict],
    }

    def __init__(
        self,
        paulis=None,
        *,
        reps=2,
        entanglement="full",
        alpha=2.0,
        data_map_func=None,
        bandwidth=1.0,
    ):
        self.paulis = paulis
        self.reps = reps
        self.entanglement = entanglement
        self.alpha = alpha
        self.data_map_func = data_map_func
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        paulis = ["Z", "ZZ"] if self.paulis is None else list(self.paulis)
        if not paulis:
            raise ValueError("paulis is empty; give at least one string, such as 'Z'.")
        for string in paulis:
            if not isinstance(string, str) or not string or set(string) - set("IXYZ"):
                raise ValueError(
                    f"paulis holds {string!r}, which is not a string of I, X, Y and Z."
                )
        fitting = [string for string in paulis if len(string) <= n_features]
        if not fitting:
            raise ValueError(
                f"Every string of paulis={paulis} is longer than the {n_features} features; add "
                "a string of at most that length, such as 'Z'."
            )
        circuit = pauli_feature_map(
            n_features,
            reps=self.reps,
            entanglement=self._groups(fitting, n_features),
            alpha=self.alpha,
            paulis=fitting,
            data_map_func=_checked_data_map(self.data_map_func),
        )
        if circuit.num_parameters != n_features:
            raise ValueError(
                f"paulis={fitting} with this entanglement encodes {circuit.num_parameters} of "
                f"{n_features} features; add 'Z' to paulis so that each feature is used."
            )
        return circuit

    def _groups(self, paulis, n_features):
        """Return the entanglement for Qiskit; each string needs groups of its length."""
        if isinstance(self.entanglement, dict):
            groups = self.entanglement
            for length, members in groups.items():
                if not isinstance(length, Integral):
                    raise ValueError(
                        f"entanglement has the key {length!r}; keys are lengths of Pauli strings, "
                        "such as 1 and 2."
                    )
                check_groups(members, n_features, length)
        else:
            groups = _qiskit_entanglement(self.entanglement, n_features)
        for string in paulis:
            if isinstance(groups, dict) and len(string) not in groups:
                raise ValueError(
                    f"entanglement has no groups of qubits for {string!r}, which is of length "
                    f"{len(string)}; give a dict with the key {len(string)}, or a name."
                )
        return groups
