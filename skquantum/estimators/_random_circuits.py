"""Random angles of circuits that are not trained, and the values that they run with."""

import numpy as np
from sklearn.base import clone
from sklearn.kernel_approximation import RBFSampler

from skquantum._runtime import check_memory
from skquantum.ansatze import AttachedCircuit, resolve_ansatz
from skquantum.feature_maps import CircuitFeatureMap

__all__ = [
    "RandomAngles",
    "attach_random",
    "check_random",
    "default_angles",
    "draw_angles",
    "evenly_spaced",
    "run_values",
]

ANGLES_PER_QUBIT = 4  # fill two layers of the re-uploading map
# Variances of so many numbers are as good as those of all.
NUMBERS_TO_LEARN_FROM = 2**21


def check_random(gamma, n_angles, ansatz, n_circuits):
    """Raise if parameters of random circuits would have no effect."""
    if n_circuits > 1 and gamma is None and ansatz is None:
        raise ValueError(
            f"n_circuits={n_circuits}, but without gamma and ansatz nothing is drawn, so that all "
            "circuits would be the same; set one of them."
        )
    if n_angles is not None and gamma is None:
        raise ValueError(
            f"n_angles={n_angles} counts random angles, and gamma=None draws none; set gamma as "
            "well."
        )


def default_angles(feature_map, n_features):
    """Return how many random angles a circuit gets if nobody says it."""
    if isinstance(feature_map, CircuitFeatureMap):
        return feature_map.circuit.num_parameters
    n_qubits = getattr(feature_map, "n_qubits", None)
    return n_features if n_qubits is None else ANGLES_PER_QUBIT * n_qubits


class RandomAngles:
    """Affine functions of the features, for some circuits.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_circuits * n_angles)
        Coefficients.
    offset : ndarray of shape (n_circuits * n_angles,)
        Constants (radians).
    n_circuits : int
        Number of circuits.
    """

    def __init__(self, weights, offset, n_circuits):
        self._weights = weights.T
        self._offset = offset
        self._n_angles = len(offset) // n_circuits

    def of(self, rows, *, n_circuits=None):
        """Return the angles of every row and circuit, row by row.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows.
        n_circuits : int or None, default=None
            How many of the circuits, from the first; None means all.

        Returns
        -------
        ndarray of shape (n_rows * n_circuits, n_angles)
            Angles (radians), those of a row the same whatever rows there are besides.
        """
        used = slice(None if n_circuits is None else n_circuits * self._n_angles)
        # the bits of a matrix product depend on the other rows
        angles = np.einsum("rd,ad->ra", rows, self._weights[used]) + self._offset[used]
        return angles.reshape(-1, self._n_angles)


def draw_angles(gamma, n_angles, n_circuits, rows, random_state):
    """Return coefficients and constants of random angles, as RBFSampler draws them.

    Parameters
    ----------
    gamma : float or "scale"
        Half the variance of the coefficients.
    n_angles, n_circuits : int
        Number of angles of a circuit, and of circuits.
    rows : {ndarray, sparse matrix} of shape (n_rows, n_features)
        What "scale" takes the variance of.
    random_state : RandomState
        Seed or generator for the draws.

    Returns
    -------
    weights : ndarray of shape (n_features, n_circuits * n_angles)
        Coefficients.
    offset : ndarray of shape (n_circuits * n_angles,)
        Constants.

    Raises
    ------
    InsufficientMemoryError
        If they would not fit into memory.
    """
    n_all = n_angles * n_circuits
    check_memory(
        16 * rows.shape[1] * n_all,
        f"Drawing {n_angles} functions of {rows.shape[1]} features for {n_circuits} circuits",
        "use fewer circuits or angles",
    )
    sampler = RBFSampler(gamma=gamma, n_components=n_all, random_state=random_state).fit(rows)
    return sampler.random_weights_, sampler.random_offset_


def attach_random(ansatz, encoding, n_circuits, random_state):
    """Attach an ansatz to an encoding, and draw its weights.

    Parameters
    ----------
    ansatz : None, str, QuantumCircuit or Ansatz
        None attaches nothing.
    encoding : QuantumCircuit
        Circuit of the feature map.
    n_circuits : int
        Number of times weights are drawn.
    random_state : RandomState
        Seed or generator for the draws.

    Returns
    -------
    circuit : QuantumCircuit
        Encoding and ansatz.
    columns : tuple of (list of int, list of int)
        Where the values of the encoding, and the weights, stand among all values.
    weights : ndarray of shape (n_circuits, n_weights)
        Angles (radians); 1 for weights that multiply features.
    """
    if ansatz is None:
        attached = AttachedCircuit.without_weights(encoding)
    else:
        attached = clone(resolve_ansatz(ansatz)).attach(encoding)
    weights = random_state.uniform(-np.pi, np.pi, (n_circuits, len(attached.weights)))
    weights[:, attached.is_scaling] = 1.0
    return attached.circuit, attached.columns(encoding), weights


def evenly_spaced(rows, numbers_per_row):
    """Return evenly spaced rows, so few that what is made of them is not too much to learn from."""
    return rows[:: -(-rows.shape[0] * numbers_per_row // NUMBERS_TO_LEARN_FROM)]


def run_values(feature_map, rows, angles, weights, columns):
    """Return the values of a circuit's parameters, for every row and each set of weights.

    Parameters
    ----------
    feature_map : FeatureMap
        Fitted.
    rows : ndarray of shape (n_rows, n_features)
        Rows.
    angles : RandomAngles or None
        What the feature map gets in place of rows.
    weights : ndarray of shape (n_circuits, n_weights)
        Those of the ansatz.
    columns : tuple of (list of int, list of int)
        Where encoding and weights stand, as ``AttachedCircuit.columns`` says.

    Returns
    -------
    ndarray of shape (n_rows * n_circuits, n_parameters)
        Values row by row.
    """
    inputs = np.repeat(rows, len(weights), axis=0) if angles is None else angles.of(rows)
    inputs = feature_map.parameter_values(inputs)
    of_data, of_weights = columns
    values = np.empty((len(inputs), len(of_data) + len(of_weights)))
    values[:, of_data] = inputs
    values[:, of_weights] = np.tile(weights, (len(rows), 1))
    return values
