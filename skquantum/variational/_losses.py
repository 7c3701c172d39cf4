"""What a row costs: losses of predictions, and how outputs of a model become predictions."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

from skquantum._validation import closest_name

__all__ = [
    "CLASSIFICATION_LOSSES",
    "IDENTITY",
    "REGRESSION_LOSSES",
    "SOFTMAX",
    "AbsoluteError",
    "AbsoluteProbabilityError",
    "BrierLoss",
    "HingeLoss",
    "Link",
    "LogLoss",
    "Loss",
    "SquaredError",
    "resolve_loss",
]

# Probabilities are kept above, so that a class that is never seen costs much but not infinity.
TINY = 1e-10


class Link:
    """How outputs of a model become predictions: unchanged."""

    def predictions(self, outputs):
        """Return the predictions.

        Parameters
        ----------
        outputs : ndarray of shape (n_rows, n_outputs)
            Outputs of a model.

        Returns
        -------
        ndarray of shape (n_rows, n_predictions)
            Targets, or probabilities of classes.
        """
        return outputs

    def pull_back(self, predictions, slopes, n_outputs):
        """Return derivatives with respect to the outputs.

        Parameters
        ----------
        predictions : ndarray of shape (n_rows, n_predictions)
            Return value of :meth:`predictions`.
        slopes : ndarray of shape (n_rows, n_predictions)
            Derivatives of a loss with respect to the predictions.
        n_outputs : int
            Number of outputs.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Derivatives with respect to the outputs.
        """
        return slopes


class _Softmax(Link):
    """Logits become probabilities; a single logit is that of the second of two classes."""

    def predictions(self, outputs):
        if outputs.shape[1] == 1:
            outputs = np.hstack([np.zeros_like(outputs), outputs])
        exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def pull_back(self, predictions, slopes, n_outputs):
        mean = (slopes * predictions).sum(axis=1, keepdims=True)
        return self.of_classes(predictions * (slopes - mean), n_outputs)

    @staticmethod
    def of_classes(by_class, n_outputs):
        """Return derivatives by output from those by the logit of each class."""
        return by_class if n_outputs > 1 else by_class[:, 1:]


IDENTITY = Link()
SOFTMAX = _Softmax()


class Loss(BaseEstimator, ABC):
    """Base class: what a row costs, given predictions and targets.

    A subclass writes `of_predictions`.

    Attributes
    ----------
    needs_logits : bool
        Whether a classifier passes logits instead of probabilities: one column for two classes,
        else one per class. It has no ``predict_proba`` then.

    Examples
    --------
    The loss of Huber, which is less sensitive to outliers than the squared error:

    >>> import numpy as np
    >>> from skquantum import VQR
    >>> from skquantum.variational import Loss
    >>> class HuberLoss(Loss):
    ...     def of_predictions(self, predictions, targets):
    ...         difference = predictions - targets
    ...         clipped = np.clip(difference, -1.0, 1.0)
    ...         losses = clipped * (difference - 0.5 * clipped)
    ...         return losses.mean(axis=1), clipped / difference.shape[1]
    >>> X = np.linspace(-1, 1, 30)[:, None]
    >>> VQR(loss=HuberLoss(), random_state=0).fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.9
    True
    """

    needs_logits = False

    @abstractmethod
    def of_predictions(self, predictions, targets):
        """Return the losses of rows and their derivatives.

        Parameters
        ----------
        predictions : ndarray of shape (n_rows, n_targets)
            Predictions; for a classifier the probabilities of the classes, or with `needs_logits`
            the logits.
        targets : ndarray of shape (n_rows, n_targets)
            Targets; for a classifier 1 for the class of the row and 0 for the others. A single
            logit is that of the second of two classes.

        Returns
        -------
        losses : ndarray of shape (n_rows,)
            Losses.
        derivatives : ndarray of shape (n_rows, n_targets)
            Derivatives with respect to the predictions.
        """

    def residual(self, value):
        """Return how large residuals are that a mean loss comes to.

        Parameters
        ----------
        value : float
            Mean loss.

        Returns
        -------
        float or None
            Root mean square, in units of the targets; None, as here, if that is not known. VQR
            decays its weights by it (:class:`~skquantum.optimizers.AdamW`).
        """
        return None

    def __call__(self, outputs, targets, link):
        """Return the losses of rows and their derivatives.

        Parameters
        ----------
        outputs : ndarray of shape (n_rows, n_outputs)
            Outputs of a model.
        targets : ndarray of shape (n_rows, n_targets)
            As in :meth:`of_predictions`.
        link : Link
            How outputs become predictions.

        Returns
        -------
        losses : ndarray of shape (n_rows,)
            Losses.
        derivatives : ndarray of shape (n_rows, n_outputs)
            Derivatives with respect to the outputs.
        """
        predictions = link.predictions(outputs)
        losses, slopes = self.of_predictions(predictions, targets)
        return losses, link.pull_back(predictions, slopes, outputs.shape[1])


class LogLoss(Loss):
    """Cross-entropy of the probabilities (natural logarithm)."""

    def of_predictions(self, predictions, targets):
        kept = np.maximum(predictions, TINY)
        return -(targets * np.log(kept)).sum(axis=1), -targets / kept

    def __call__(self, outputs, targets, link):
        if link is not SOFTMAX:
            return super().__call__(outputs, targets, link)
        # without the quotient, which overflows
        probabilities = link.predictions(outputs)
        losses, _ = self.of_predictions(probabilities, targets)
        return losses, link.of_classes(probabilities - targets, outputs.shape[1])


class BrierLoss(Loss):
    """Squared distance between probabilities and targets, summed over the classes."""

    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        return (difference**2).sum(axis=1), 2.0 * difference


class AbsoluteProbabilityError(Loss):
    """Absolute distance between probabilities and targets, summed over the classes."""

    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        return np.abs(difference).sum(axis=1), np.sign(difference)


class HingeLoss(Loss):
    """Hinge loss of the logits, each class against the rest, summed over the classes."""

    needs_logits = True

    def of_predictions(self, predictions, targets):
        signs = 2.0 * targets - 1.0
        margins = 1.0 - signs * predictions
        return np.maximum(margins, 0.0).sum(axis=1), np.where(margins > 0, -signs, 0.0)


class SquaredError(Loss):
    """Squared distance between predictions and targets, mean over the targets."""

    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        return (difference**2).mean(axis=1), 2.0 * difference / difference.shape[1]

    def residual(self, value):
        return np.sqrt(value)


class AbsoluteError(Loss):
    """Absolute distance between predictions and targets, mean over the targets."""

    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        return np.abs(difference).mean(axis=1), np.sign(difference) / difference.shape[1]

    def residual(self, value):
        return np.sqrt(np.pi / 2) * value  # of a normal distribution


CLASSIFICATION_LOSSES = {
    "log_loss": LogLoss,
    "squared_error": BrierLoss,
    "absolute_error": AbsoluteProbabilityError,
    "hinge": HingeLoss,
}
REGRESSION_LOSSES = {"squared_error": SquaredError, "absolute_error": AbsoluteError}


def resolve_loss(loss, known):
    """Return the loss that a parameter `loss` means.

    Parameters
    ----------
    loss : str or Loss
        A key of `known`, or an object, which is returned as it is.
    known : dict of str to type
        Classes by name.

    Returns
    -------
    Loss
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(loss, Loss):
        return loss
    if loss not in known:
        raise ValueError(f"loss={loss!r} is unknown: {closest_name(loss, known)}.")
    return known[loss]()
