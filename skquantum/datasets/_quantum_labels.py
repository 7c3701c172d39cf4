"""Labels that a quantum kernel is good at."""

import numpy as np
from sklearn.base import clone
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils import check_random_state

from skquantum._moments import total_variance
from skquantum._validation import Interval, Real, as_rows, validate_params
from skquantum.datasets._sampling import with_flips
from skquantum.kernels import resolve_kernel
from skquantum.metrics import contrasting_targets, geometric_difference

__all__ = ["make_quantum_labels"]

# Widths of the RBF kernel, as multiples of gamma="scale".
GAMMAS = np.logspace(-2, 2, 9)
# Relative spread of targets that are the same for all rows.
ROUNDING = 1e-9


@validate_params(
    {
        "X": ["array-like", "sparse matrix"],
        "kernel": "no_validation",  # resolve_kernel says it better
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "flip_y": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_quantum_labels(X, kernel=None, *, alpha=1.1, flip_y=0.0, random_state=None):
    r"""Label rows so that a quantum kernel has its largest advantage over RBF kernels.

    Of nine RBF kernels, with gamma from 0.01 to 100 times scikit-learn's "scale", the one with the
    smallest :func:`~skquantum.metrics.geometric_difference` to the quantum kernel is taken, the one
    that can follow it best. The class is 1 where the
    :func:`~skquantum.metrics.contrasting_targets` of the two are above their median. The
    construction is that of [1]_, with a projected kernel. A kernel that is close to an RBF kernel
    has little to win, and one that concentrates, such as a fidelity kernel of many qubits, learns
    nothing that holds for new rows, whatever the labels are: look at
    :func:`~skquantum.metrics.geometric_difference` and
    :func:`~skquantum.metrics.effective_rank`.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        All rows, training and test: labels belong to these rows together.
    kernel : None, str, Kernel, QuantumCircuit, FeatureMap or callable, default=None
        The kernel that is to win, as in :class:`~skquantum.QSVC`; None means
        :class:`~skquantum.kernels.FidelityKernel`.
    alpha : float, default=1.1
        Regularisation, as of :func:`~skquantum.metrics.geometric_difference`. Less of it makes
        labels that are rougher functions of the rows; the default is that of the authors' code.
    flip_y : float, default=0.0
        Fraction of the rows whose class is drawn at random.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        Classes 0 and 1, half of the rows each.

    Raises
    ------
    ValueError
        If the kernel sees no difference between the rows, or a parameter is invalid.

    References
    ----------
    .. [1] H.-Y. Huang, M. Broughton, M. Mohseni, R. Babbush, S. Boixo, H. Neven, J. R. McClean,
       "Power of data in quantum machine learning", Nature Communications 12, 2631 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import SVC
    >>> from skquantum import QSVC
    >>> from skquantum.datasets import make_quantum_labels
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> from skquantum.kernels import ProjectedKernel
    >>> kernel = ProjectedKernel(ZZFeatureMap(bandwidth=1.0))
    >>> X = np.random.default_rng(0).normal(size=(300, 4))
    >>> y = make_quantum_labels(X, kernel)
    >>> models = QSVC(kernel=kernel), SVC()
    >>> [round(model.fit(X[:200], y[:200]).score(X[200:], y[200:]), 2) for model in models]
    [0.94, 0.51]
    """
    X = as_rows(X)
    _, K = clone(resolve_kernel(kernel), safe=False).fit_gram(X)
    scale = 1 / (X.shape[1] * (total_variance(X) or 1.0))
    candidates = [rbf_kernel(X, gamma=factor * scale) for factor in GAMMAS]
    closest = min(candidates, key=lambda rbf: geometric_difference(rbf, K, alpha=alpha))
    targets = contrasting_targets(closest, K, alpha=alpha)
    if np.ptp(targets) <= ROUNDING * np.abs(targets).max():
        raise ValueError(
            f"The quantum kernel sees no difference between the {X.shape[0]} rows of X; pass rows "
            "of which some differ, or another kernel."
        )
    y = (targets > np.median(targets)).astype(int)
    return with_flips(y, flip_y, check_random_state(random_state))
