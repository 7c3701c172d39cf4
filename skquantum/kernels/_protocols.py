"""What scikit-learn's Gaussian processes and qiskit-machine-learning ask of a kernel."""

import numpy as np
from qiskit_machine_learning.kernels import BaseKernel
from sklearn.base import clone
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

__all__ = ["ForeignProtocols", "is_foreign_kernel", "register"]


class ForeignProtocols:
    """Attributes and methods by which other libraries use a kernel.

    For Gaussian processes there are no hyperparameters that they could tune; for
    qiskit-machine-learning the kernel takes any number of features.
    """

    n_dims = 0
    bounds = np.empty((0, 2))
    hyperparameters = ()
    requires_vector_input = True

    @property
    def theta(self):
        """Hyperparameters that Gaussian processes tune: an array of shape (0,)."""
        return np.empty(0)

    @theta.setter
    def theta(self, theta):
        if len(theta):
            raise ValueError(f"theta has {len(theta)} numbers, the kernel takes 0.")

    @property
    def enforce_psd(self):
        """Whether matrices are repaired, under qiskit-machine-learning's name."""
        return getattr(self, "repair", None) is not None

    @property
    def num_features(self):
        """Number of features, under qiskit-machine-learning's name; None before ``fit``."""
        return getattr(self, "n_features_in_", None)

    def is_stationary(self):
        """Return False: the kernel is in general no function of ``x - y``."""
        return False

    def clone_with_theta(self, theta):
        """Return a clone, for there are no hyperparameters in the sense of Gaussian processes.

        Parameters
        ----------
        theta : ndarray of shape (0,)
            Ignored.

        Returns
        -------
        Kernel
            A clone, fitted if this kernel is.
        """
        return clone(self)

    def evaluate(self, x_vec, y_vec=None):
        """Return the kernel matrix, under the name qiskit-machine-learning calls it by.

        Parameters
        ----------
        x_vec : array-like of shape (n_x, n_features) or (n_features,)
            Rows, or a single one.
        y_vec : array-like of shape (n_y, n_features) or (n_features,) or None, default=None
            Other rows; None means `x_vec`.

        Returns
        -------
        ndarray of shape (n_x, n_y)
            The kernel matrix; without columns if there are no other rows.
        """
        x_vec = np.atleast_2d(x_vec)
        if y_vec is None:
            return self(x_vec)
        if not len(x_vec) or not len(y_vec):
            return np.empty((len(x_vec), len(y_vec)))
        return self(x_vec, np.atleast_2d(y_vec))


def is_foreign_kernel(value):
    """Say whether a value is a kernel of scikit-learn's Gaussian processes, and not ours."""
    return isinstance(value, GaussianProcessKernel) and not isinstance(value, ForeignProtocols)


def register(kernel):
    """Make ``isinstance`` hold for a class of kernels, wherever other libraries ask.

    scikit-learn calls kernels of its class with all rows at once, others (in Nystroem, KernelPCA,
    KernelRidge) pair by pair.
    """
    BaseKernel.register(kernel)
    GaussianProcessKernel.register(kernel)
