"""Support vector classification by stochastic subgradient steps."""

from copy import deepcopy

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    Real,
    StrOptions,
    feature_names_for,
    validate_class_weight,
    validate_rows,
    validate_weights,
)
from skquantum.estimators._base import KernelEstimator
from skquantum.estimators._class_outputs import check_several, classes_for_partial_fit, winners_of
from skquantum.estimators._pegasos import (
    Epochs,
    Pegasos,
    Support,
    check_training,
    comparer,
    reader,
    scores_of,
)
from skquantum.variational import check_callback, train

__all__ = ["QPegasosSVC"]

LARGEST = 1e15  # dual coefficient, which is at most weight / alpha


def _takes_rows(estimator):
    if estimator._is_precomputed() or isinstance(getattr(estimator, "kernel_", None), str):
        raise AttributeError(
            "partial_fit needs the kernel of new rows with those before, which "
            "kernel='precomputed' does not have; pass a kernel, or call fit."
        )
    return True


class QPegasosSVC(ClassifierMixin, KernelEstimator):
    """Support vector classifier for many rows, trained by Pegasos with a quantum kernel.

    What :class:`sklearn.linear_model.SGDClassifier` with the hinge loss is to linear features:
    parameters and attributes have its names, defaults and meaning. Steps are taken row by row
    [1]_, and the kernel matrix is never computed as a whole: only its columns of rows that violate
    the margin, which become support vectors. Each row is simulated once.

    Parameters
    ----------
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity", "projected" or that of a feature map
        ("zz", "iqp", ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in
        place of rows. A callable takes two arrays of rows and returns a matrix, or two rows and
        returns a number. Kernels that repair their matrix are refused, as this takes all of it.
    alpha : float, default=0.0001
        Regularisation strength: ``QSVC(C=1 / (alpha * n_samples))`` minimises the same function.
    fit_intercept : bool, default=True
        Whether to add 1 to the kernel, which is an intercept that is regularised.
    max_iter : int, default=1000
        Largest number of epochs, passes over the training rows, of ``fit``.
    tol : float or None, default=1e-3
        By how much the mean loss of an epoch has to be less than the least one before for training
        to go on. None takes `max_iter` epochs.
    n_iter_no_change : int, default=5
        After how many epochs without such an improvement training stops.
    cache_size : float, default=200
        Memory for columns of the kernel matrix that ``fit`` keeps from epoch to epoch, in MB.
    class_weight : dict, "balanced" or None, default=None
        Weights per class; "balanced" is not for ``partial_fit``.
    callback : callable or None, default=None
        Called after every epoch as ``callback(iteration, loss, weights, elapsed)``: an int from
        1, a float, a copy of the dual coefficients of all training rows, row by row in one vector,
        and seconds since the start. Returning True stops training.
    random_state : int, RandomState instance or None, default=None
        Seeds the order of the rows, and kernels that draw random numbers.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.
    verbose : bool or int, default=False
        Whether to show progress bars.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray of shape (1, n_SV) or (n_classes, n_SV)
        Coefficients of the support vectors in the decision functions: one for two classes, or one
        for each class against all others.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Constants in the decision functions.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    loss_curve_ : list of float
        Mean hinge loss of every epoch, each row's before its step, summed over decision functions.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.
    n_iter_ : int
        Number of epochs of the last call of ``fit`` or ``partial_fit``.
    support_ : ndarray of shape (n_SV,)
        Indices of the support vectors: rows of `X` in ``fit``, and of all calls of ``partial_fit``
        one after another.
    support_vectors_ : ndarray or CSR matrix of shape (n_SV, n_features)
        Support vectors; an empty array if kernel is "precomputed".
    t_ : int
        Number of steps in all.

    See Also
    --------
    QSVC : The optimum itself, from the whole kernel matrix.
    QNystroem : Features for a linear model, for still more rows.
    sklearn.linear_model.SGDClassifier : Its linear counterpart.

    Notes
    -----
    Each epoch takes the rows in a new random order, which [1]_ found to converge faster than
    independent draws. Support vectors are all rows that have ever violated the margin, which is
    more than an optimum needs: predictions take longer than those of :class:`QSVC`.

    References
    ----------
    .. [1] S. Shalev-Shwartz, Y. Singer, N. Srebro and A. Cotter, "Pegasos: primal estimated
       sub-gradient solver for SVM", Math. Program. 127, 3 (2011).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skquantum import QPegasosSVC
    >>> X, y = make_moons(500, noise=0.2, random_state=0)
    >>> model = QPegasosSVC(random_state=0).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.97
    """

    _elsewhere = {
        "C": "is that of QSVC: write {name}(alpha=1 / (C * n_samples))",
        "num_steps": "counts rows: write {name}(max_iter=num_steps / n_samples)",
    }
    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "cache_size": [Interval(Real, 0, None, closed="neither")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "callback": [callable, None],
    }

    def __init__(
        self,
        kernel=None,
        *,
        alpha=0.0001,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-3,
        n_iter_no_change=5,
        cache_size=200,
        class_weight=None,
        callback=None,
        random_state=None,
        n_jobs=None,
        verbose=False,
    ):
        self.kernel = kernel
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.cache_size = cache_size
        self.class_weight = class_weight
        self.callback = callback
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Fit the classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : array-like of shape (n_samples,)
            Class labels of any kind.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows' losses. Rows of weight 0 are left out.

        Returns
        -------
        self : QPegasosSVC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states would not fit into memory; nothing has been simulated.

        Warns
        -----
        ConvergenceWarning
            If the loss still falls after `max_iter` epochs.
        UserWarning
            If training was interrupted from the keyboard after the first epoch; the model of the
            last one is kept.
        """
        X, y = validate_rows(self, X, reset=True, y=y)
        check_classification_targets(y)
        classes = np.unique(y)
        check_several(classes, "y")
        weights = self._weights_of(X, y, classes, sample_weight)
        check_several(np.unique(y[weights > 0]), "y, without rows of weight 0,")
        if self._is_precomputed():
            kernel, *_ = self._training_matrix(X)
        else:
            kernel = self._fitted_kernel(X, y, sample_weight)
        random_state = check_random_state(self.random_state)
        return self._take_steps(kernel, X, y, classes, weights, random_state)

    @available_if(_takes_rows)
    @FIT_CONTEXT
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Take one step more for each of some rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Some of the training rows. The first ones decide about bandwidths such as "scale".
        y : array-like of shape (n_samples,)
            Class labels.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes there will be; needed in the first call.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows' losses. Rows of weight 0 are left out.

        Returns
        -------
        self : QPegasosSVC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data is invalid, or the classes are missing or change.
        InsufficientMemoryError
            If states would not fit into memory; nothing has been simulated.
        """
        first = not hasattr(self, "classes_")
        X, y = validate_rows(self, X, reset=first, y=y)
        check_classification_targets(y)
        classes = classes_for_partial_fit(self, y, classes)
        weights = self._weights_of(X, y, classes, sample_weight)
        if first:
            kernel, before = self._fitted_kernel(X, y, sample_weight), None
            random_state = check_random_state(self.random_state)
        else:
            kernel = self.kernel_
            before = Support(self.support_, self._sums, self._X_kept, self._kept_encodings())
            # a copy, so that a call that fails draws nothing from it
            random_state = deepcopy(self._random_state)
        arguments = kernel, X, y, classes, weights, random_state
        return self._take_steps(*arguments, incremental=True, before=before)

    def _weights_of(self, X, y, classes, sample_weight):
        validate_class_weight(self.class_weight, classes)
        check_callback(self.callback)
        weights = compute_sample_weight(self.class_weight, y)
        sample_weight = validate_weights(sample_weight, X)
        weights = weights if sample_weight is None else weights * sample_weight
        if weights.max() > LARGEST * self.alpha:
            raise ValueError(
                f"alpha={self.alpha:g} is less than {1 / LARGEST:g} of the largest weight, "
                f"{weights.max():g}, so that coefficients lose all digits; raise alpha, or divide "
                "the weights by the largest."
            )
        return weights

    def _fitted_kernel(self, X, y, sample_weight):
        kernel = self._new_kernel()
        for name, value in kernel.get_params(deep=True).items():
            if name.rpartition("__")[2] == "repair" and value is not None:
                raise ValueError(
                    f"{name}={value!r} repairs a whole kernel matrix, which QPegasosSVC does not "
                    f"compute; set {name}=None, or use QSVC."
                )
        names = feature_names_for(kernel, self)
        return kernel.fit(X, y, sample_weight=sample_weight, **names)

    def _take_steps(
        self, kernel, X, y, classes, weights, random_state, *, incremental=False, before=None
    ):
        """Train on checked rows, and keep what was learned when all has gone well."""
        rows = np.flatnonzero(weights)
        targets = np.where(y[rows, np.newaxis] == classes, 1.0, -1.0)
        if len(classes) == 2:
            targets = targets[:, 1:]
        precomputed = isinstance(kernel, str)
        cache_bytes = 0 if incremental or precomputed else int(self.cache_size * 2**20)
        if precomputed:
            encoded, gram = None, reader(X, rows)
        else:
            row_bytes = kernel.encoded_row_bytes()
            check_training(row_bytes, len(rows), targets.shape[1], cache_bytes)
            encoded = kernel.encode(X[rows], n_jobs=self.n_jobs, verbose=self.verbose)
            gram = comparer(kernel, encoded)
        n_before = 0 if before is None else self.t_
        offset = float(self.fit_intercept)
        scores = None if before is None else scores_of(encoded, before, kernel, offset)
        watched = not incremental and self.tol is not None
        best = train(
            Pegasos(
                gram,
                targets,
                weights[rows],
                alpha=self.alpha,
                offset=offset,
                scores=scores,
                n_steps=n_before,
                cache_bytes=cache_bytes,
            ),
            Epochs(watched),
            [np.zeros(targets.size)],
            title=type(self).__name__,
            max_iter=1 if incremental else self.max_iter,
            n_weights=targets.size,
            tol=self.tol if watched else 0.0,
            patience=self.n_iter_no_change - 1 if watched else None,
            callback=self.callback,
            verbose=self.verbose,
            in_pieces=incremental,
            known=True,  # after an interruption in the first epoch there is nothing to keep
            random_state=random_state,
        )
        self.t_ = n_before + best.n_iter * len(rows)
        sums = best.best.reshape(targets.shape) * (self.alpha * self.t_)
        n_seen = 0 if before is None else self._n_seen
        X = X[:, :0] if precomputed else X
        support = Support(n_seen + rows, sums, X if len(rows) == len(y) else X[rows], encoded)
        found = np.flatnonzero(sums.any(axis=1))
        if before is None:
            support = support.take(found)
        else:
            support = before.joined(support.take(found)) if found.size else before
        self.classes_ = classes
        self.n_iter_ = best.n_iter
        self.loss_curve_ = ([] if before is None else self.loss_curve_) + list(best.loss_curve)
        self._random_state = deepcopy(random_state)
        self._n_seen = n_seen + len(y)
        self._sums = support.sums
        self.support_ = support.numbers
        self.dual_coef_ = support.sums.T / (self.alpha * self.t_)
        self.intercept_ = float(self.fit_intercept) * self.dual_coef_.sum(axis=1)
        self.support_vectors_ = support.X
        kept = self.support_ if precomputed else np.arange(len(self.support_))
        self._keep(kernel, support.encoded, kept, support.X, len(kept))
        return self

    def _decision(self, X):
        check_is_fitted(self)
        return self._in_batches(lambda K: K @ self.dual_coef_.T + self.intercept_, X)

    def decision_function(self, X):
        """Evaluate the decision functions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive on the side of ``classes_[1]``, or the larger the likelier per class.
        """
        decision = self._decision(X)
        return decision[:, 0] if decision.shape[1] == 1 else decision

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        winners = winners_of(self._decision(X))
        return self.classes_[winners]
