"""The loss over training rows, as optimizers see it."""

import numpy as np
from sklearn.utils import gen_batches

from skquantum._runtime import rows_in_working_memory
from skquantum.engines import StateSession
from skquantum.optimizers import Objective

__all__ = ["SupervisedObjective", "is_resolved"]

# Radians; the next number of double precision is a radian away or more.
LIMIT = 2.0**53


def is_resolved(vector):
    """Say whether all numbers are finite, and small enough for angles to mean something."""
    return bool(np.abs(vector).max(initial=0.0) < LIMIT)


class SupervisedObjective(Objective):
    """Mean loss over rows, with weight decay.

    Parameters
    ----------
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_inputs)
        Values of the encoding's parameters, or inputs of a trainable feature map.
    targets : ndarray of shape (n_rows, n_targets)
        What the loss compares with.
    loss : callable
        Takes outputs and targets, returns losses and derivatives.
    sample_weight : ndarray of shape (n_rows,) or None
        Weights of the rows.
    alpha : float
        Strength of the weight decay.
    n_jobs : int or None
        Workers.
    random_state : RandomState
        Seed or generator for the shots.
    residual : callable or None, default=None
        Takes a mean loss; returns what :meth:`residual` does.
    """

    def __init__(
        self,
        model,
        data,
        targets,
        loss,
        *,
        sample_weight,
        alpha,
        n_jobs,
        random_state,
        residual=None,
    ):
        self.model = model
        self.n_rows = len(data)
        self._data = data
        self._targets = targets
        self._loss = loss
        self._residual = residual
        self._sample_weight = np.ones(len(data)) if sample_weight is None else sample_weight
        self._alpha = alpha
        self._options = {"n_jobs": n_jobs, "random_state": random_state}
        self._angles = model.groups["angles"]

    @property
    def groups(self):
        return self.model.groups

    @property
    def depths(self):
        return self.model.depths

    def residual(self, value):
        return None if self._residual is None else self._residual(value)

    def draw(self, random_state):
        def uniform(size):
            return random_state.uniform(-np.pi, np.pi, size)

        weights = self.model.draw_weights(random_state, uniform)
        return np.append(weights, self.model.head.start(random_state))

    def _rows(self, rows):
        chosen = slice(None) if rows is None else rows
        share = self._sample_weight[chosen]
        total = share.sum()
        share = share / total if total else share
        return self._data[chosen], self._targets[chosen], share, total

    def _decay(self, vector, total):
        """Return alpha / 2 times the squared length of the circuit's angles, and its gradient."""
        decayed = np.zeros_like(vector)
        angles = self._angles
        decayed[angles] = vector[angles]
        factor = self._alpha / total if total else 0.0
        return 0.5 * factor * (decayed @ decayed), factor * decayed

    def loss_of(self, outputs):
        """Return the mean loss if the outputs of all rows were given ones.

        Parameters
        ----------
        outputs : ndarray of shape (1, n_outputs)
            Outputs.

        Returns
        -------
        float
            Mean loss, without weight decay.
        """
        _, targets, share, _ = self._rows(None)
        losses, _ = self._loss(np.repeat(outputs, self.n_rows, axis=0), targets)
        return float(share @ losses)

    def value(self, vector, rows=None):
        """Return the loss of some rows.

        Parameters
        ----------
        vector : ndarray of shape (n_parameters,)
            All that is trained.
        rows : ndarray of int or None, default=None
            Which rows; None means all.

        Returns
        -------
        float
            Mean loss; nan if the vector has grown beyond all bounds.
        """
        if not is_resolved(vector):
            return np.nan
        data, targets, share, total = self._rows(rows)
        expectations = self.model.expectations(data, vector, **self._options)
        losses, _ = self._loss(self.model.outputs(expectations, vector), targets)
        return float(share @ losses + self._decay(vector, total)[0])

    def value_and_gradient(self, vector, rows=None):
        """Return the loss of some rows and its gradient.

        Parameters
        ----------
        vector : ndarray of shape (n_parameters,)
            All that is trained.
        rows : ndarray of int or None, default=None
            Which rows; None means all.

        Returns
        -------
        loss : float
            Mean loss; nan if the vector has grown beyond all bounds.
        gradient : ndarray of shape (n_parameters,)
            Its derivatives.
        """
        if not is_resolved(vector):
            return np.nan, np.full(len(vector), np.nan)
        data, targets, share, total = self._rows(rows)
        model = self.model
        numbers = vector[model.n_weights :]

        def by_output(part, expectations):
            outputs = model.outputs(expectations, vector)
            losses, slopes = self._loss(outputs, targets[part])
            return losses, slopes * share[part, None]

        def cotangents(part, expectations):
            return model.head.cotangents(by_output(part, expectations)[1], numbers)

        expectations, derivatives = model.gradients(data, vector, cotangents, **self._options)
        losses, slopes = by_output(slice(None), expectations)
        by_weight = model.pull_back(data, derivatives)
        by_number = model.head.gradient(slopes, expectations)
        decay, pull = self._decay(vector, total)
        return float(share @ losses + decay), np.append(by_weight, by_number) + pull

    def fidelity(self, vector, others):
        """Return how alike the states are at other weights, mean over the rows.

        Parameters
        ----------
        vector : ndarray of shape (n_parameters,)
            All that is trained.
        others : sequence of ndarray of shape (n_parameters,)
            Other values of it.

        Returns
        -------
        ndarray of shape (n_others,)
            Mean squared overlaps, between 0 and 1; nan if a vector has grown beyond all bounds.
        """
        if not all(map(is_resolved, [vector, *others])):
            return np.full(len(others), np.nan)
        model, session = self.model, self.model.session
        if not isinstance(session, StateSession):
            raise ValueError(
                "optimizer='qnspsa' compares states, which are not available with shots and "
                "noise; use optimizer='spsa', or an engine without them."
            )
        squared = np.empty((len(others), self.n_rows))
        row_bytes = 3 * 2**session.n_qubits * session.dtype.itemsize
        for block in gen_batches(self.n_rows, rows_in_working_memory(row_bytes)):
            here = session.states(model.values(self._data[block], vector))
            for number, other in enumerate(others):
                there = session.states(model.values(self._data[block], other))
                squared[number, block] = np.abs((here.conj() * there).sum(axis=1)) ** 2
        return squared.mean(axis=1)
