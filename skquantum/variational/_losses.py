"""Losses of single rows and their derivatives with respect to the outputs of a model."""

import numpy as np

__all__ = [
    "CLASSIFICATION_LOSSES",
    "REGRESSION_LOSSES",
    "class_probabilities",
    "classification_loss",
    "regression_loss",
]

CLASSIFICATION_LOSSES = ("log_loss", "squared_error", "absolute_error", "hinge")
REGRESSION_LOSSES = ("squared_error", "absolute_error")

# Probabilities are kept above, so that a class that is never seen costs much but not infinity.
TINY = 1e-10


def class_probabilities(outputs, *, is_probability):
    """Turn outputs into probabilities of classes.

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, n_outputs)
        Probabilities already, or logits: one for two classes, or one per class.
    is_probability : bool
        Which of both.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Probabilities.
    """
    if is_probability:
        return outputs
    if outputs.shape[1] == 1:
        outputs = np.hstack([np.zeros_like(outputs), outputs])
    exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def classification_loss(name, outputs, targets, *, is_probability):
    """Return the losses of rows and their derivatives.

    Parameters
    ----------
    name : {"log_loss", "squared_error", "absolute_error", "hinge"}
        The cross-entropy (natural logarithm); the distance between probabilities and targets,
        squared or not, summed over the classes; or the hinge of the logits, one class against the
        rest, summed over them.
    outputs : ndarray of shape (n_rows, n_outputs)
        As in :func:`class_probabilities`.
    targets : ndarray of shape (n_rows, n_classes)
        1 for the class of the row, 0 for the others.
    is_probability : bool
        As in :func:`class_probabilities`.

    Returns
    -------
    losses : ndarray of shape (n_rows,)
        Losses.
    derivatives : ndarray of shape (n_rows, n_outputs)
        With respect to the outputs.
    """
    if name == "hinge":
        signs = 2.0 * (targets if outputs.shape[1] > 1 else targets[:, 1:]) - 1.0
        margins = 1.0 - signs * outputs
        return np.maximum(margins, 0.0).sum(axis=1), np.where(margins > 0, -signs, 0.0)
    probabilities = class_probabilities(outputs, is_probability=is_probability)
    difference = probabilities - targets
    if name == "log_loss":
        kept = np.maximum(probabilities, TINY)
        losses = -(targets * np.log(kept)).sum(axis=1)
        slopes = -targets / kept
    elif name == "squared_error":
        losses = (difference**2).sum(axis=1)
        slopes = 2.0 * difference
    else:
        losses = np.abs(difference).sum(axis=1)
        slopes = np.sign(difference)
    if is_probability:
        return losses, slopes
    if name == "log_loss":  # without the quotient, which overflows
        through = difference
    else:
        mean = (slopes * probabilities).sum(axis=1, keepdims=True)
        through = probabilities * (slopes - mean)
    return losses, through if outputs.shape[1] > 1 else through[:, 1:]


def regression_loss(name, outputs, targets):
    """Return the losses of rows and their derivatives.

    Parameters
    ----------
    name : {"squared_error", "absolute_error"}
        Distance between outputs and targets, mean over the targets.
    outputs : ndarray of shape (n_rows, n_targets)
        Predictions.
    targets : ndarray of shape (n_rows, n_targets)
        What is to be predicted.

    Returns
    -------
    losses : ndarray of shape (n_rows,)
        Losses.
    derivatives : ndarray of shape (n_rows, n_targets)
        With respect to the outputs.
    """
    difference = outputs - targets
    if name == "squared_error":
        return (difference**2).mean(axis=1), 2.0 * difference / difference.shape[1]
    return np.abs(difference).mean(axis=1), np.sign(difference) / difference.shape[1]
