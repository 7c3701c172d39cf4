"""Kernels of other libraries."""

import numpy as np
from sklearn.utils.validation import check_array

from skquantum._validation import FIT_CONTEXT, HasMethods, validate_rows
from skquantum.kernels._operators import Batches, Kernel

__all__ = ["CallableKernel"]


class CallableKernel(Kernel):
    """A function of two arrays of rows, or a qiskit-machine-learning kernel, as a kernel.

    Wherever an estimator takes a kernel, such a function or object is taken too and becomes this.

    Parameters
    ----------
    function : callable or object with ``evaluate``
        ``function(X, Y)`` returns an array of shape (n_x, n_y).

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen in ``fit``.

    Examples
    --------
    >>> from sklearn.metrics.pairwise import linear_kernel
    >>> from skquantum.kernels import CallableKernel, FidelityKernel
    >>> kernel = FidelityKernel("angle") + CallableKernel(linear_kernel)
    >>> kernel([[0.0], [2.0]]).round(3)
    array([[1.   , 0.292],
           [0.292, 5.   ]])
    """

    _parameter_constraints: dict = {"function": [callable, HasMethods(["evaluate"])]}

    def __init__(self, function):
        self.function = function

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None):
        """Learn the number of features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, ignored.

        Returns
        -------
        self : CallableKernel
            Fitted kernel.
        """
        validate_rows(self, X, reset=True)
        return self

    def encode(self, X, *, n_jobs=None, verbose=False):
        return Batches((self._check(X),))

    def _check(self, X):
        if hasattr(self, "n_features_in_"):
            return validate_rows(self, X, reset=False)
        return check_array(X, dtype=np.float64, order="C", input_name="X")

    def gram(self, A, B=None):
        return self._values(A.parts[0], None if B is None else B.parts[0])

    def _values(self, A, B=None):
        """Call the function, and raise if it returned another shape, or values not finite."""
        if hasattr(self.function, "evaluate"):
            K = self.function.evaluate(A, B)
        else:
            K = self.function(A, A if B is None else B)
        n_a, n_b = len(A), len(A if B is None else B)
        values = np.asarray(K)
        if values.shape != (n_a, n_b) or values.dtype.kind not in "fiub":
            what = (
                f"an array of {values.dtype} and shape {values.shape}" if values.ndim else repr(K)
            )
            raise ValueError(
                f"The kernel {self.function!r} returned {what} for {n_a} and {n_b} rows; it must "
                f"return real numbers in shape {(n_a, n_b)}."
            )
        values = values.astype(np.float64)
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            i, j = bad[0]
            raise ValueError(
                f"The kernel {self.function!r} returned {values[i, j]} for rows {i} and {j}; it "
                "must return finite numbers."
            )
        return values

    def diag(self, X):
        X = self._check(X)
        return np.array([self._values(X[row : row + 1])[0, 0] for row in range(len(X))])

    def encoded_row_bytes(self):
        return 8 * self.n_features_in_
