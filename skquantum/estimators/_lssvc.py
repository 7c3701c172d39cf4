"""The least-squares support vector machine."""

from skquantum._validation import Interval, Real
from skquantum.estimators._ridge import QuantumKernelRidgeClassifier
from skquantum.estimators._ridge_solvers import HHLSolver, bordered, with_intercept

__all__ = ["QLSSVC"]


class QLSSVC(QuantumKernelRidgeClassifier):
    r"""Least-squares support vector classifier with a quantum kernel.

    Its training is one linear system [1]_,

    .. math:: \begin{pmatrix} 0 & 1^T \\ 1 & K + I / C \\end{pmatrix}
       \begin{pmatrix} b \\ a \\end{pmatrix} = \begin{pmatrix} 0 \\ y \\end{pmatrix},

    which HHL was proposed for [2]_. The model is that of
    ``QuantumKernelRidgeClassifier(alpha=1 / C)``; with "hhl" the system is solved as it stands.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows.
    class_weight : dict, "balanced" or None, default=None
        Factors of C per class.
    multi_class : {"one_vs_one", "one_vs_rest"}, default="one_vs_one"
        For more than two classes: a machine for each pair of classes, which vote, or one for each
        class against all others. Without effect on several labels per row.
    solver : {"cholesky", "cg", "hhl", "hhl-circuit"}, default="cholesky"
        How the linear system is solved: directly; by conjugate gradients, which neither copy the
        matrix nor need it in memory; as HHL would, by its closed form; or by the simulated circuit
        of HHL, for up to 15 rows; see :func:`skquantum.linear_systems.hhl_solve`.
    tol : float, default=0.0001
        Norm of the residual, relative to the targets, at which "cg" stops. Without effect on other
        solvers.
    clock_qubits : int or "auto", default="auto"
        Clock qubits of HHL.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    random_state : int, RandomState instance or None, default=None
        For kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    X_fit_ : ndarray or CSR matrix of shape (n_samples, n_features)
        Training rows, or the training matrix if kernel is "precomputed".
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray of shape (n_samples,) or (n_samples, n_machines)
        Weights of the training rows, a: a column for each class, label or pair of classes.
    intercept_ : float or ndarray of shape (n_machines,)
        The intercepts, b.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    resources_ : dict or None
        Resources that HHL would need, as in :class:`skquantum.linear_systems.LinearSolution`;
        for several machines the largest of each. None for "cholesky" and "cg".
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    QSVC : Support vector classification, whose weights are sparse.
    QuantumKernelRidgeClassifier : The same model.

    References
    ----------
    .. [1] J. A. K. Suykens and J. Vandewalle, "Least squares support vector machine classifiers",
       Neural Process. Lett. 9, 293 (1999).
    .. [2] P. Rebentrost, M. Mohseni and S. Lloyd, "Quantum support vector machine for big data
       classification", Phys. Rev. Lett. 113, 130503 (2014).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import QLSSVC
    >>> X, y = load_iris(return_X_y=True)
    >>> print(f"{QLSSVC(C=10).fit(X, y).score(X, y):.2f}")
    0.99
    """

    _parameter_constraints: dict = {
        **QuantumKernelRidgeClassifier._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="neither")],
    }
    for name in ("alpha", "fit_intercept"):
        del _parameter_constraints[name]
    del name

    def __init__(
        self,
        C=1.0,
        *,
        kernel=None,
        class_weight=None,
        multi_class="one_vs_one",
        solver="cholesky",
        tol=1e-4,
        clock_qubits="auto",
        verbose=False,
        random_state=None,
        n_jobs=None,
    ):
        self.C = C
        self.kernel = kernel
        self.class_weight = class_weight
        self.multi_class = multi_class
        self.solver = solver
        self.tol = tol
        self.clock_qubits = clock_qubits
        self.verbose = verbose
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _penalty(self):
        return 1 / self.C

    def _solve(self, K, y, alpha, sample_weight, *, solver):
        solve = bordered if isinstance(solver, HHLSolver) else with_intercept
        return solve(K, y, alpha, sample_weight, solver=solver)
