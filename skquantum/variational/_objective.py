"""The loss over training rows, as optimizers see it."""

import numpy as np

__all__ = ["Objective"]


class Objective:
    """Mean loss over rows, with weight decay.

    Parameters
    ----------
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_data_parameters)
        Values of the encoding's parameters.
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
        Where shots are drawn from.
    """

    def __init__(self, model, data, targets, loss, *, sample_weight, alpha, n_jobs, random_state):
        self.model = model
        self.n_rows = len(data)
        self._data = data
        self._targets = targets
        self._loss = loss
        self._sample_weight = np.ones(len(data)) if sample_weight is None else sample_weight
        self._alpha = alpha
        self._options = {"n_jobs": n_jobs, "random_state": random_state}

    def _rows(self, rows):
        chosen = slice(None) if rows is None else rows
        share = self._sample_weight[chosen]
        total = share.sum()
        share = share / total if total else share
        return self._data[chosen], self._targets[chosen], share, total

    def _decay(self, vector, total):
        """Return alpha / 2 times the squared length of the circuit's angles, and its gradient."""
        decayed = np.zeros_like(vector)
        decayed[: self.model.n_weights] = np.where(
            self.model.is_scaling, 0.0, vector[: self.model.n_weights]
        )
        factor = self._alpha / total if total else 0.0
        return 0.5 * factor * (decayed @ decayed), factor * decayed

    def loss(self, vector, rows=None):
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
            Mean loss.
        """
        data, targets, share, total = self._rows(rows)
        expectations = self.model.expectations(data, vector, **self._options)
        losses, _ = self._loss(self.model.outputs(expectations, vector), targets)
        return float(share @ losses + self._decay(vector, total)[0])

    def loss_and_gradient(self, vector, rows=None):
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
            Mean loss.
        gradient : ndarray of shape (n_parameters,)
            Its derivatives.
        """
        data, targets, share, total = self._rows(rows)
        model = self.model
        has_head = not model.readout.is_probability
        scale = model.head(vector)[0] if has_head else 1.0

        def by_output(part, expectations):
            outputs = model.outputs(expectations, vector)
            losses, slopes = self._loss(outputs, targets[part])
            return losses, slopes * share[part, None]

        def cotangents(part, expectations):
            return by_output(part, expectations)[1] * scale

        expectations, by_weight = model.gradients(data, vector, cotangents, **self._options)
        losses, slopes = by_output(slice(None), expectations)
        parts = [by_weight.sum(axis=0)]
        if has_head:
            parts += [(slopes * expectations).sum(axis=0), slopes.sum(axis=0)]
        decay, pull = self._decay(vector, total)
        return float(share @ losses + decay), np.concatenate(parts) + pull

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
            Mean squared overlaps, between 0 and 1.
        """
        model = self.model
        here = model.session.states(model.values(self._data, vector))
        means = []
        for other in others:
            there = model.session.states(model.values(self._data, other))
            means.append((np.abs((here.conj() * there).sum(axis=1)) ** 2).mean())
        return np.array(means)
