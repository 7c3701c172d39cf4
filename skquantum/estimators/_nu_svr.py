"""Support vector regression with a fraction of support vectors."""

from sklearn.svm import NuSVR

from skquantum._validation import Interval, Real
from skquantum.estimators._libsvm_regressor import LibsvmRegressor

__all__ = ["QNuSVR"]


class QNuSVR(LibsvmRegressor):
    """Nu-support vector regressor with a quantum kernel.

    Like :class:`QSVR`, with a parameter that controls how many training rows are support vectors,
    while the width of the tube is found. Every parameter and attribute of
    :class:`sklearn.svm.NuSVR` that does not belong to its
    classical kernels is here under the same name, with the same default and meaning.

    Parameters
    ----------
    nu : float, default=0.5
        Upper bound on the fraction of training rows outside of the tube, and lower bound on that
        of support vectors.
    C : float, default=1.0
        Inverse of the regularisation strength, in units of the target.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows. A
        callable takes two arrays of rows and returns a matrix, or two rows and returns a number.
    shrinking : bool, default=True
        Whether to use the shrinking heuristic.
    tol : float, default=1e-3
        Tolerance for the stopping criterion.
    cache_size : float, default=200
        Size of the solver's cache in MB.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    max_iter : int, default=-1
        Hard limit on iterations of the solver, or -1 for none.
    random_state : int, RandomState instance or None, default=None
        For kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    dual_coef_ : ndarray
        Coefficients of the support vectors in the decision function.
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
    n_iter_ : int
        Number of iterations of the solver.
    n_support_ : ndarray
        Number of support vectors.
    shape_fit_ : tuple of int
        Shape of the training rows.
    support_ : ndarray of shape (n_SV,)
        Indices of support vectors.
    support_vectors_ : ndarray or CSR matrix of shape (n_SV, n_features)
        Support vectors; an empty array if kernel is "precomputed".

    See Also
    --------
    sklearn.svm.NuSVR : Its classical counterpart.
    QSVR : The same with a tube of given width.
    QuantumKernelRidge : Ridge regression with a quantum kernel.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import QNuSVR
    >>> X = np.linspace(-2, 2, 40)[:, None]
    >>> model = QNuSVR(C=10.0).fit(X, np.sin(2 * X[:, 0]))
    >>> model.predict([[0.0]]).shape
    (1,)
    """

    _parameter_constraints: dict = {
        **LibsvmRegressor._parameter_constraints,
        "C": [Interval(Real, 0.0, None, closed="right")],
        "nu": [Interval(Real, 0.0, 1.0, closed="right")],
    }

    _solver_class = NuSVR

    def __init__(
        self,
        *,
        nu=0.5,
        C=1.0,
        kernel=None,
        shrinking=True,
        tol=1e-3,
        cache_size=200,
        verbose=False,
        max_iter=-1,
        random_state=None,
        n_jobs=None,
    ):
        self.nu = nu
        self.C = C
        self.kernel = kernel
        self.shrinking = shrinking
        self.tol = tol
        self.cache_size = cache_size
        self.verbose = verbose
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs
