"""How much features say about a target, and about each other."""

import numpy as np
from sklearn.utils import gen_batches
from sklearn.utils.multiclass import type_of_target

__all__ = ["redundancy_of", "relevance_of"]

N_BINS = 10
CODES_PER_BLOCK = 32
ROWS_PER_BLOCK = 2048
MOST_CLASSES = 32  # numbers with more different values are binned, or correlated with


def relevance_of(measure, X, y):
    """Return a number for each feature, how much it says about the target.

    Parameters
    ----------
    measure : {"mutual_info", "correlation"} or callable
        A callable takes X and y and returns the numbers, or a tuple that begins with them.
    X : ndarray of shape (n_samples, n_features)
        Rows.
    y : ndarray of shape (n_samples,)
        Target.

    Returns
    -------
    ndarray of shape (n_features,)
        Numbers that are not negative, unless a callable returns others.
    """
    if callable(measure):
        found = measure(X, y)
        found = found[0] if isinstance(found, tuple) else found
        return _checked("relevance", found, (X.shape[1],))
    classes = _as_classes(y)
    if measure == "correlation":
        return _correlation_with_target(X, y, classes)
    codes = _bins(np.asarray(y, dtype=np.float64)) if classes is None else classes
    return _mutual_information([_bins(x) for x in X.T], [codes])[:, 0]


def redundancy_of(measure, X):
    """Return a number for each pair of features, how much they say about each other.

    Parameters
    ----------
    measure : {"mutual_info", "correlation"} or callable
        A callable takes X and returns the matrix.
    X : ndarray of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    ndarray of shape (n_features, n_features)
        Symmetric, with a diagonal of 0.
    """
    n_features = X.shape[1]
    if callable(measure):
        found = _checked("redundancy", measure(X), (n_features, n_features))
        found = (found + found.T) / 2
    elif measure == "correlation":
        scaled = _standardised(X)
        found = np.abs(scaled.T @ scaled)
    else:
        codes = [_bins(x) for x in X.T]
        found = _mutual_information(codes, codes)
    found[np.diag_indices(n_features)] = 0
    return found


def _checked(name, found, shape):
    found = np.array(found, dtype=np.float64)
    if found.shape != shape:
        raise ValueError(
            f"The function {name} has returned shape {found.shape} for {shape[0]} features; return "
            f"an array of shape {shape}."
        )
    if not np.isfinite(found).all():
        raise ValueError(f"The function {name} has returned {found[~np.isfinite(found)][0]}.")
    return found


def _as_classes(y):
    """Return the number of the class of each row, or None for a target of many numbers."""
    classes, codes = np.unique(y, return_inverse=True)
    numeric = np.asarray(y).dtype.kind in "fiub"
    if numeric and (type_of_target(y) == "continuous" or len(classes) > MOST_CLASSES):
        return None
    return codes


def _standardised(X):
    """Return centred columns of length 1, or of 0 where a column is constant."""
    centred = X - X.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    constant = length <= 1e-12 * np.sqrt((X**2).sum(axis=0))
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, length))


def _correlation_with_target(X, y, classes):
    """Return absolute correlations; for classes, those with the means of the classes."""
    scaled = _standardised(X)
    if classes is None:
        return np.abs(scaled.T @ _standardised(np.asarray(y, dtype=np.float64)[:, None]))[:, 0]
    sizes = np.bincount(classes)
    sums = np.zeros((len(sizes), X.shape[1]))
    np.add.at(sums, classes, scaled)
    return np.sqrt((sums**2 / sizes[:, None]).sum(axis=0))


def _bins(x):
    """Return the number of the quantile bin of each value; equal values share a bin."""
    edges = np.quantile(x, np.linspace(0, 1, N_BINS + 1)[1:-1])
    return np.unique(np.searchsorted(edges, x, side="right"), return_inverse=True)[1]


def _mutual_information(first, second):
    """Return the mutual information (nats) of each of some codes with each of others.

    Joint counts are products of matrices of zeros and ones, a block of codes and of rows at a time,
    in single precision, which counts exactly up to 2 ** 24.
    """
    n_rows, same = len(first[0]), first is second
    sizes = np.array([code.max() + 1 for code in second])
    starts = np.cumsum(sizes) - sizes
    share = np.concatenate([np.bincount(code) for code in second]) / n_rows
    found = np.zeros((len(first), len(second)))
    for block in gen_batches(len(first), CODES_PER_BLOCK):
        own = first[block]
        begin = block.start if same else 0  # what lies before is known by symmetry
        others, column = second[begin:], starts[begin]
        counts = sum(
            (_one_hot(own, rows).T @ _one_hot(others, rows)).astype(np.float64)
            for rows in gen_batches(n_rows, ROWS_PER_BLOCK)
        )
        own_starts = np.cumsum([0] + [code.max() + 1 for code in own])
        expected = np.outer(counts[:, : sizes[begin]].sum(axis=1) / n_rows, share[column:])
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = counts / n_rows
            terms *= np.log(terms / expected)
        terms[counts == 0] = 0.0
        by_code = np.add.reduceat(terms, starts[begin:] - column, axis=1)
        found[block, begin:] = np.add.reduceat(by_code, own_starts[:-1], axis=0)
    if same:
        found = np.triu(found) + np.triu(found, 1).T
    return np.maximum(found, 0.0)


def _one_hot(codes, rows):
    return np.hstack([np.eye(code.max() + 1, dtype=np.float32)[code[rows]] for code in codes])
