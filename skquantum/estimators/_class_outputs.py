"""Classes and the outputs of a model that stand for them."""

import numpy as np

__all__ = [
    "check_known",
    "check_several",
    "class_shares",
    "classes_for_partial_fit",
    "constant_outputs",
    "winners_of",
]

TINY = 1e-12  # share of a class without weight


def check_several(classes, name):
    """Raise unless there are two classes at least."""
    if len(classes) < 2:
        raise ValueError(f"{name} holds {len(classes)} class; a classifier needs 2 or more.")


def check_known(y, known):
    """Raise if there are labels that are none of the known classes."""
    if unknown := set(np.unique(y).tolist()) - set(known.tolist()):
        raise ValueError(
            f"y holds {sorted(unknown)}, which are not among the classes {known.tolist()}."
        )


def classes_for_partial_fit(estimator, y, classes):
    """Return all classes there will be, or raise if the labels of a call do not fit them.

    Parameters
    ----------
    estimator : ClassifierMixin
        Has `classes_` after the first call, and `class_weight`.
    y : ndarray of shape (n_samples,)
        Labels of some rows.
    classes : array-like or None
        What the call names.

    Returns
    -------
    ndarray of shape (n_classes,)
        The classes, in order.
    """
    first = not hasattr(estimator, "classes_")
    if first and classes is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit: pass classes=... with "
            "all labels there will be."
        )
    if isinstance(estimator.class_weight, str):
        raise ValueError(
            "class_weight='balanced' needs all rows at once, which partial_fit does not have; "
            "pass a dict."
        )
    known = np.unique(classes) if first else estimator.classes_
    check_several(known, "classes")
    if classes is not None and not np.array_equal(known, np.unique(classes)):
        raise ValueError(
            f"classes are {np.unique(classes).tolist()}, but were {known.tolist()} in the "
            "first call; they must stay the same."
        )
    check_known(y, known)
    return known


def class_shares(codes, sample_weight, n_classes):
    """Return the share of the weight that each class has; a little for those that have none."""
    shares = np.bincount(codes, sample_weight, minlength=n_classes)
    total = shares.sum()
    return np.maximum(shares / total if total else shares, TINY)


def constant_outputs(shares, n_outputs, loss, readout):
    """Return the outputs that stand for the shares of the classes."""
    if readout.is_probability:
        return shares[np.newaxis]
    if loss.needs_logits:
        return np.zeros((1, n_outputs))
    logits = np.log(shares)
    return (logits if n_outputs > 1 else logits[1:] - logits[:1])[np.newaxis]


def winners_of(outputs):
    """Return the number of the class that outputs mean."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(int)
    return outputs.argmax(axis=1)
