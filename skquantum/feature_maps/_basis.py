"""Bits as basis states."""

import numpy as np
from qiskit import QuantumCircuit

from skquantum._validation import Interval, Real
from skquantum.exceptions import RowError
from skquantum.feature_maps._base import FeatureMap, features

__all__ = ["BasisFeatureMap"]


class BasisFeatureMap(FeatureMap):
    """Basis encoding: bit i flips qubit i.

    The fidelity kernel is 1 for equal rows of bits and 0 otherwise.

    Parameters
    ----------
    threshold : float or None, default=None
        A feature above the threshold is 1, any other 0. None takes features that are 0 and 1
        already, and refuses others.

    Attributes
    ----------
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features. Its parameters are angles (radians), 0 or pi.
    n_features_in_ : int
        Number of features seen in ``fit``.

    References
    ----------
    .. [1] M. Schuld, F. Petruccione, "Machine Learning with Quantum Computers", 2nd ed.,
       Springer (2021), section 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.kernels import FidelityKernel
    >>> FidelityKernel("basis")(np.array([[0, 1], [1, 1], [0, 1]])).round(12)
    array([[1., 0., 1.],
           [0., 1., 0.],
           [1., 0., 1.]])
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, None, None, closed="neither"), None]
    }

    def __init__(self, threshold=None):
        self.threshold = threshold

    def _build(self, n_features):
        circuit = QuantumCircuit(n_features, name="basis")
        for qubit, angle in enumerate(features(n_features)):
            circuit.ry(angle, qubit)
        return circuit

    def parameter_values(self, X):
        """Return pi for every bit that is 1, and 0 for the others.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows of bits, or of numbers to compare with `threshold`.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Angles in radians.

        Raises
        ------
        ValueError
            If `threshold` is None and a feature is neither 0 nor 1.
        """
        if self.threshold is None:
            row, column = np.nonzero((X != 0) & (X != 1))
            if row.size:
                raise RowError(
                    f"Feature {column[0]} of row ",
                    row[0],
                    f" is {X[row[0], column[0]]:g}, not 0 or 1; give BasisFeatureMap a threshold.",
                )
            bits = X
        else:
            bits = X > self.threshold
        return np.pi * bits
