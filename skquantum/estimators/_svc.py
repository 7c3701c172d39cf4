"""Support vector classification."""

from sklearn.svm import SVC

from skquantum._validation import Interval, Real
from skquantum.estimators._libsvm_classifier import LibsvmClassifier

__all__ = ["QSVC"]


class QSVC(LibsvmClassifier):
    """Support vector classifier with a quantum kernel.

    Drop-in replacement for :class:`sklearn.svm.SVC`: same parameters, attributes, names and
    defaults, except those of the classical kernels (`gamma`, `degree`, `coef0`).

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength. With ``np.inf`` no training error is allowed, and
        training does not end if the kernel cannot separate the classes.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows. A
        callable takes two arrays of rows and returns a matrix, or two rows and returns a number.
    shrinking : bool, default=True
        Whether to use the shrinking heuristic.
    probability : bool, default=False
        Whether ``predict_proba`` is offered. Probabilities are those of
        ``CalibratedClassifierCV(SVC(kernel="precomputed"), ensemble=False)`` on the kernel matrix:
        a sigmoid fitted to decision values from 5-fold cross-validation; no circuit is simulated
        twice for it.
    tol : float, default=1e-3
        Tolerance for the stopping criterion.
    cache_size : float, default=200
        Size of the solver's cache in MB.
    class_weight : dict, "balanced" or None, default=None
        Factors of C per class.
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
        Factors of C per class.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray
        Coefficients of the support vectors in the decision function, in the layout of SVC.
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
    sklearn.svm.SVC : Its classical counterpart.
    QNuSVC : The same with a bound on the fraction of training errors in place of `C`.
    QuantumKernelRidgeClassifier : Kernel ridge classification.

    Notes
    -----
    Training simulates each row once; the solver gets the matrix of overlaps. The states of the
    support vectors are kept, so that ``predict`` simulates only its own rows.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import QSVC
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), QSVC()).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.97
    """

    _parameter_constraints: dict = {
        **LibsvmClassifier._parameter_constraints,
        "C": [Interval(Real, 0.0, None, closed="right")],
    }

    _solver_class = SVC

    def __init__(
        self,
        *,
        C=1.0,
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
        self.C = C
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
