"""What scikit-learn's Gaussian processes and qiskit-machine-learning ask of a kernel."""

import numpy as np
from qiskit_machine_learning.kernels import BaseKernel
from sklearn.base import clone
from sklearn.gaussian_process.kernels import Hyperparameter
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

__all__ = ["ForeignProtocols", "is_foreign_kernel", "register"]


class ForeignProtocols:
    """Attributes and methods by which other libraries use a kernel.

    What Gaussian processes tune are the weights of circuits, if there are any; for
    qiskit-machine-learning the kernel takes any number of features.
    """

    requires_vector_input = True

    @property
    def theta(self):
        """Hyperparameters that Gaussian processes tune: the weights, of shape (n_dims,)."""
        return np.empty(0)

    @theta.setter
    def theta(self, theta):
        if len(theta):
            raise ValueError(f"theta has {len(theta)} numbers, the kernel takes 0.")

    @property
    def bounds(self):
        """Where Gaussian processes look for `theta`, of shape (n_dims, 2)."""
        return np.empty((0, 2))

    @property
    def n_dims(self):
        """Number of hyperparameters."""
        return len(self.theta)

    @property
    def hyperparameters(self):
        """What `theta` consists of, as scikit-learn describes it."""
        bounds = self.bounds
        if not len(bounds):
            return []
        return [Hyperparameter("weights", "numeric", bounds, len(bounds))]

    def _check_bounds_params(self):
        """Do nothing: weights are angles, which have no end."""

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
        """Return a clone with other weights.

        Parameters
        ----------
        theta : ndarray of shape (n_dims,)
            Weights.

        Returns
        -------
        Kernel
            Fitted if a clone of this kernel is.
        """
        new = clone(self)
        new.theta = theta
        return new

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
