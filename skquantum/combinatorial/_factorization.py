"""A factorization machine: a QUBO that is learned from values of assignments."""

import numpy as np
from scipy.optimize import minimize
from sklearn.utils import check_random_state

__all__ = ["factorization_machine"]

SPREAD = 0.1  # of the factors where training starts


def factorization_machine(x, y, *, rank=4, alpha=0.1, sample_weight=None, random_state=None):
    """Fit a factorization machine to values of assignments.

    The model is a constant, a weight for each bit, and for each pair of bits the product of their
    factors [1]_, so that pairs that were never seen together have a weight as well.

    Parameters
    ----------
    x : array-like of shape (n_samples, n_variables)
        Bits.
    y : array-like of shape (n_samples,)
        Values.
    rank : int, default=4
        Number of factors per bit.
    alpha : float, default=0.1
        Penalty of squared weights and factors, beside the sum of squared errors.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the squared errors.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the initial factors.

    Returns
    -------
    Q : ndarray of shape (n_variables, n_variables)
        The model as a QUBO.
    constant : float
        What is added to x' Q x.

    References
    ----------
    .. [1] S. Rendle, "Factorization machines", ICDM (2010).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import all_energies, factorization_machine
    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> Q, constant = factorization_machine(x, [1, 2, 3, 0], alpha=1e-6, random_state=0)
    >>> (all_energies(Q) + constant).round(1)
    array([1., 3., 2., 0.])
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n = x.shape[1]
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    random_state = check_random_state(random_state)
    start = np.concatenate([[np.average(y, weights=weight)], np.zeros(n)])
    start = np.concatenate([start, SPREAD * random_state.normal(size=n * rank)])

    def loss(parameters):
        linear, factors = parameters[1 : n + 1], parameters[n + 1 :].reshape(n, rank)
        sums = x @ factors
        pairs = 0.5 * ((sums**2).sum(axis=1) - x @ (factors**2).sum(axis=1))
        error = parameters[0] + x @ linear + pairs - y
        weighted = weight * error
        value = weighted @ error + alpha * (parameters[1:] @ parameters[1:])
        gradient = 2 * alpha * parameters
        gradient[0] = 2 * weighted.sum()
        by_bit = x.T @ weighted
        gradient[1 : n + 1] += 2 * by_bit
        of_factors = x.T @ (weighted[:, None] * sums) - by_bit[:, None] * factors
        gradient[n + 1 :] += 2 * of_factors.ravel()
        return value, gradient

    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    factors = best[n + 1 :].reshape(n, rank)
    Q = factors @ factors.T / 2
    Q[np.diag_indices(n)] = best[1 : n + 1]
    return Q, float(best[0])
