"""What lies between expectation values and the outputs of a model: trained as well."""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["AffineHead", "Head", "NoHead", "ScaleHead"]

# Standard deviation of the coefficients that training starts with.
SPREAD = 0.3


class Head(ABC):
    """Base class: outputs as a function of expectation values and trained numbers.

    Attributes
    ----------
    n_numbers : int
        How many numbers are trained.
    """

    n_numbers = 0

    @abstractmethod
    def start(self, random_state):
        """Return the numbers that training starts with.

        Parameters
        ----------
        random_state : RandomState
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_numbers,)
            Numbers.
        """

    @abstractmethod
    def outputs(self, expectations, numbers):
        """Return the outputs.

        Parameters
        ----------
        expectations : ndarray of shape (n_rows, n_observables)
            Expectation values.
        numbers : ndarray of shape (n_numbers,)
            What is trained.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Outputs.
        """

    @abstractmethod
    def cotangents(self, slopes, numbers):
        """Return derivatives with respect to the expectation values.

        Parameters
        ----------
        slopes : ndarray of shape (n_rows, n_outputs)
            Derivatives of a loss with respect to the outputs.
        numbers : ndarray of shape (n_numbers,)
            What is trained.

        Returns
        -------
        ndarray of shape (n_rows, n_observables)
            Derivatives.
        """

    @abstractmethod
    def gradient(self, slopes, expectations):
        """Return derivatives with respect to the numbers, summed over the rows.

        Parameters
        ----------
        slopes : ndarray of shape (n_rows, n_outputs)
            Derivatives of a loss with respect to the outputs.
        expectations : ndarray of shape (n_rows, n_observables)
            Expectation values.

        Returns
        -------
        ndarray of shape (n_numbers,)
            Derivatives.
        """

    @abstractmethod
    def named(self, numbers):
        """Return the numbers as the attributes of a fitted estimator, in their order.

        Parameters
        ----------
        numbers : ndarray of shape (n_numbers,)
            What is trained.

        Returns
        -------
        dict of str to ndarray
            Arrays by name.
        """


class NoHead(Head):
    """Expectation values are outputs: probabilities of classes."""

    def start(self, random_state):
        return np.empty(0)

    def outputs(self, expectations, numbers):
        return expectations

    def cotangents(self, slopes, numbers):
        return slopes

    def gradient(self, slopes, expectations):
        return np.empty(0)

    def named(self, numbers):
        return {}


class ScaleHead(Head):
    """A scale and an intercept for each output.

    Parameters
    ----------
    n_outputs : int
        Number of outputs, and of observables.
    """

    def __init__(self, n_outputs):
        self.n_outputs = n_outputs
        self.n_numbers = 2 * n_outputs

    def start(self, random_state):
        return np.repeat([2.0, 0.0], self.n_outputs)

    def outputs(self, expectations, numbers):
        scale, intercept = np.split(numbers, 2)
        return expectations * scale + intercept

    def cotangents(self, slopes, numbers):
        return slopes * numbers[: self.n_outputs]

    def gradient(self, slopes, expectations):
        return np.concatenate([(slopes * expectations).sum(axis=0), slopes.sum(axis=0)])

    def named(self, numbers):
        scale, intercept = np.split(numbers, 2)
        return {"output_scale_": scale, "output_intercept_": intercept}


class AffineHead(Head):
    """A linear function of all expectation values for each output.

    Parameters
    ----------
    n_observables, n_outputs : int
        Numbers of expectation values and outputs.
    """

    def __init__(self, n_observables, n_outputs):
        self.n_observables = n_observables
        self.n_outputs = n_outputs
        self.n_numbers = (n_observables + 1) * n_outputs

    def _split(self, numbers):
        matrix, intercept = np.split(numbers, [self.n_observables * self.n_outputs])
        return matrix.reshape(self.n_outputs, self.n_observables), intercept

    def start(self, random_state):
        matrix = random_state.normal(0.0, SPREAD, self.n_observables * self.n_outputs)
        return np.append(matrix, np.zeros(self.n_outputs))

    def outputs(self, expectations, numbers):
        matrix, intercept = self._split(numbers)
        # of a row alone, whatever rows there are besides; a matrix product is not
        return np.einsum("rk,ok->ro", expectations, matrix) + intercept

    def cotangents(self, slopes, numbers):
        return slopes @ self._split(numbers)[0]

    def gradient(self, slopes, expectations):
        return np.concatenate([(slopes.T @ expectations).ravel(), slopes.sum(axis=0)])

    def named(self, numbers):
        matrix, intercept = self._split(numbers)
        return {"output_coef_": matrix, "output_intercept_": intercept}
