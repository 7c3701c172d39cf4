"""Support vector classification with a bound on the training errors."""

from itertools import combinations

import numpy as np
from sklearn.svm import NuSVC

from skquantum._validation import Interval, Real
from skquantum.estimators._libsvm_classifier import LibsvmClassifier

__all__ = ["QNuSVC"]


class QNuSVC(LibsvmClassifier):
    """Nu-support vector classifier with a quantum kernel.

    Like :class:`QSVC`, with a parameter that controls how many training rows are support vectors.
    Every parameter and attribute of :class:`sklearn.svm.NuSVC` that does not belong to its
    classical kernels is here under the same name, with the same default and meaning.

    Parameters
    ----------
    nu : float, default=0.5
        Upper bound on the fraction of training rows within the margin or on its wrong side, and
        lower bound on that of support vectors. For two classes of n and m rows it is at most
        ``2 * min(n, m) / (n + m)``; for more, this holds for each pair of them.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows. A
        callable takes two arrays of rows and returns a matrix, or two rows and returns a number.
    shrinking : bool, default=True
        Whether to use the shrinking heuristic.
    probability : bool, default=False
        Whether ``predict_proba`` is offered. Probabilities are those of
        ``CalibratedClassifierCV(NuSVC(kernel="precomputed"), ensemble=False)`` on the kernel
        matrix: a sigmoid fitted to decision values from 5-fold cross-validation; no circuit is
        simulated twice for it.
    tol : float, default=1e-3
        Tolerance for the stopping criterion.
    cache_size : float, default=200
        Size of the solver's cache in MB.
    class_weight : dict, "balanced" or None, default=None
        Factors of the weights of rows, by class.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    max_iter : int, default=-1
        Hard limit on iterations of the solver, or -1 for none.
    decision_function_shape : {"ovo", "ovr"}, default="ovr"
        Shape of the decision function for more than two classes.
    break_ties : bool, default=False
        Whether ``predict`` breaks ties by the decision values ("ovr", more than two classes).
    random_state : int, RandomState instance or None, default=None
        For the solver, and for kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    class_weight_ : ndarray of shape (n_classes,)
        Factors of the weights of rows, by class.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray
        Coefficients of the support vectors in the decision function, in the layout of NuSVC.
    fit_status_ : int
        0 if correctly fitted, 1 otherwise.
    intercept_ : ndarray
        Constants in the decision function.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.
    n_iter_ : ndarray
        Number of iterations of the solver.
    n_support_ : ndarray
        Number of support vectors of each class.
    shape_fit_ : tuple of int
        Shape of the training rows.
    support_ : ndarray of shape (n_SV,)
        Indices of support vectors.
    support_vectors_ : ndarray or CSR matrix of shape (n_SV, n_features)
        Support vectors; an empty array if kernel is "precomputed".

    See Also
    --------
    sklearn.svm.NuSVC : Its classical counterpart.
    QSVC : The same with the usual penalty `C`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import QNuSVC
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), QNuSVC(nu=0.2)).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.99
    """

    _parameter_constraints: dict = {
        **LibsvmClassifier._parameter_constraints,
        "nu": [Interval(Real, 0.0, 1.0, closed="right")],
    }

    _solver_class = NuSVC

    def __init__(
        self,
        *,
        nu=0.5,
        kernel=None,
        shrinking=True,
        probability=False,
        tol=1e-3,
        cache_size=200,
        class_weight=None,
        verbose=False,
        max_iter=-1,
        decision_function_shape="ovr",
        break_ties=False,
        random_state=None,
        n_jobs=None,
    ):
        self.nu = nu
        self.kernel = kernel
        self.shrinking = shrinking
        self.probability = probability
        self.tol = tol
        self.cache_size = cache_size
        self.class_weight = class_weight
        self.verbose = verbose
        self.max_iter = max_iter
        self.decision_function_shape = decision_function_shape
        self.break_ties = break_ties
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _check_classes(self, y, sample_weight):
        super()._check_classes(y, sample_weight)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        counts = {label: weights[y == label].sum() for label in np.unique(y[weights > 0])}
        for pair in combinations(counts, 2):
            fewer, more = sorted(counts[label] for label in pair)
            if self.nu * (fewer + more) / 2 > fewer:
                raise ValueError(
                    f"nu={self.nu} is infeasible for classes {pair[0]} and {pair[1]} with "
                    f"{counts[pair[0]]:g} and {counts[pair[1]]:g} rows, counted by weight; use at "
                    f"most {2 * fewer / (fewer + more):.3g}, or QSVC."
                )
