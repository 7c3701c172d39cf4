"""Expectation values of circuits as features."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin, set_child_seeds
from skquantum._runtime import (
    as_dense,
    blocks_of_rows,
    progress_bar,
    working_memory,
)
from skquantum._validation import (
    FIT_CONTEXT,
    N_JOBS,
    Integral,
    Interval,
    Real,
    StrOptions,
    feature_names_for,
    validate_rows,
)
from skquantum.ansatze import resolve_ansatz
from skquantum.engines import RowExpectations, resolve_engine
from skquantum.estimators._patches import in_patches, patch_columns, patch_names
from skquantum.estimators._random_circuits import (
    RandomAngles,
    attach_random,
    check_random,
    default_angles,
    draw_angles,
    evenly_spaced,
    run_values,
)
from skquantum.exceptions import RowError
from skquantum.feature_maps import ReuploadingFeatureMap, resolve_feature_map
from skquantum.variational import count_numbers

__all__ = ["QuantumFeatures"]

# Width of the default circuit where there are many of it.
FEW_QUBITS = 4
# Larger batches save no time.
BATCH_BYTES = 64 * 2**20


class QuantumFeatures(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CircuitsInState,
    ComponentsMixin,
    BaseEstimator,
):
    r"""Expectation values of circuits that are not trained, as features for any estimator.

    Each row is simulated once per circuit, and becomes the expectation values of the observables.
    With the defaults these are the numbers that :class:`~skquantum.kernels.ProjectedKernel`
    compares. Others are a matter of parameters:

    - random kitchen sinks [1]_: `gamma` and `n_circuits`. Each circuit gets other random affine
      functions of the features for its angles.
    - an extreme learning machine [2]_: `ansatz`, a random circuit behind the encoding.
    - a quanvolution [3]_: `patch_size` (and `image_shape`). One small circuit slides over the
      patches of an image, or the windows of a sequence.

    They can be combined.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap, default=None
        How a row, a patch or random angles become a circuit. None means
        ``ReuploadingFeatureMap()``; ``ReuploadingFeatureMap(n_qubits=4)`` with `patch_size`; and
        ``ReuploadingFeatureMap(n_qubits=4, reps=1, bandwidth=1.0)`` with `gamma`.
    observables : "paulis" or list of SparsePauliOp or ndarray, default="paulis"
        Observables to measure: "paulis" means all Pauli strings on at most `locality` of the
        qubits that have gates. A list holds Hermitian operators on all qubits of the circuit,
        arrays the diagonals of such.
    locality : int, default=1
        Largest number of qubits of a Pauli string; without effect on a list of observables.
    gamma : "scale", float or None, default=None
        None gives features to the feature map as they are. Otherwise it gets the angles
        :math:`\Omega x + \beta`, with normally distributed :math:`\Omega` of variance 2 gamma and
        :math:`\beta` uniform in :math:`[0, 2 \pi)`: the angles of :class:`RBFSampler
        <sklearn.kernel_approximation.RBFSampler>`, whose features are their cosines. "scale" is
        ``1 / (n_features * X.var())``.
    n_angles : int or None, default=None
        Number of these angles per circuit. None means the number of parameters of a
        circuit of your own, 4 per qubit if the feature map has a number of qubits, and otherwise
        the number of features (of a patch).
    ansatz : None, str, QuantumCircuit or Ansatz, default=None
        The circuit behind the encoding, with angles drawn uniformly from :math:`[-\pi, \pi)`; names
        are the keys of ``skquantum.ansatze.ANSATZE``. Weights that multiply features are 1. None
        means no circuit.
    n_circuits : int, default=1
        Number of times angles are drawn (the *episodes* of kitchen sinks); each circuit adds its
        expectation values to the features.
    patch_size : int, (int, int) or None, default=None
        Height and width of a patch (one number for both), or without `image_shape` the length of a
        window. None takes rows as a whole.
    image_shape : (int, int), (int, int, int) or None, default=None
        Height and width of the images that rows hold, pixel by pixel, row by row; and number of
        channels, whose values stand together for each pixel. None means that rows are sequences; a
        sequence of several channels is an image of width 1.
    stride : int or (int, int), default=1
        Steps from patch to patch. Patches that would reach beyond the border are left out.
    engine : None, str or Engine, default=None
        How circuits are simulated: any engine that offers expectation values. None takes that of
        ``set_config``.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate. None means 1 unless a
        :func:`joblib.parallel_config` is active; -1 means all cores. The result does not depend
        on it.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for random angles and shots. The shots of a row depend on its angles
        and the seed, not on other rows.
    verbose : bool or int, default=False
        Whether to show a progress bar in ``transform``.

    Attributes
    ----------
    circuit_ : QuantumCircuit
        Encoding and ansatz.
    feature_map_ : FeatureMap
        The fitted feature map.
    engine_ : Engine
        The engine that is used.
    patches_ : ndarray of shape (n_patches, n_patch_features) or None
        Columns of `X` that each patch covers; None without `patch_size`.
    random_weights_ : ndarray of shape (n_features, n_circuits * n_angles) or None
        The matrix :math:`\Omega^T`, one circuit after the other; None without `gamma`.
    random_offset_ : ndarray of shape (n_circuits * n_angles,) or None
        The offsets :math:`\beta` (radians); None without `gamma`.
    weights_ : ndarray of shape (n_circuits, n_weights)
        Angles of the ansatz (radians).
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.kernel_approximation.RBFSampler : The classical kitchen sinks.
    QNystroem : Features whose dot products approximate a kernel.
    skquantum.kernels.ProjectedKernel : A kernel of the same expectation values.

    Notes
    -----
    With one qubit, a single RY rotation and Z measured, kitchen sinks are random cosine features,
    up to a factor.

    What learns from data (``gamma="scale"``, or a feature map with ``bandwidth="scale"``) learns
    from the patches, and a feature map from the angles of the first circuit; of evenly spaced rows
    if these are more than two million numbers.

    References
    ----------
    .. [1] C. M. Wilson et al., "Quantum kitchen sinks: an algorithm for machine learning on
       near-term quantum computers", arXiv:1806.08321 (2018).
    .. [2] P. Mujal et al., "Opportunities in quantum reservoir computing and extreme learning
       machines", Adv. Quantum Technol. 4, 2100027 (2021).
    .. [3] M. Henderson, S. Shakya, S. Pradhan, T. Cook, "Quanvolutional neural networks: powering
       image recognition with quantum circuits", Quantum Mach. Intell. 2, 2 (2020).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import QuantumFeatures
    >>> X, y = make_moons(200, noise=0.2, random_state=0)
    >>> sinks = QuantumFeatures(gamma=1.0, n_circuits=20, random_state=0)
    >>> model = make_pipeline(StandardScaler(), sinks, LogisticRegression()).fit(X, y)
    >>> model.score(X, y) > 0.95
    True

    Images of 3 x 3 pixels, of which each patch of 2 x 2 goes through a circuit:

    >>> import numpy as np
    >>> images = np.random.default_rng(0).uniform(0, np.pi, (5, 9))
    >>> patches = QuantumFeatures("angle", patch_size=2, image_shape=(3, 3)).fit(images)
    >>> patches.transform(images).shape  # 4 patches, 4 qubits, X, Y and Z
    (5, 48)
    >>> patches.get_feature_names_out()[-1]
    'quantumfeatures_r1_c1_z3'
    """

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # resolve_feature_map says it better
        "observables": [StrOptions({"paulis"}), list, tuple],
        "locality": [Interval(Integral, 1, None, closed="left")],
        "gamma": [StrOptions({"scale"}), Interval(Real, 0, None, closed="neither"), None],
        "n_angles": [Interval(Integral, 1, None, closed="left"), None],
        "ansatz": "no_validation",  # resolve_ansatz says it better
        "n_circuits": [Interval(Integral, 1, None, closed="left")],
        "patch_size": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "image_shape": [tuple, list, None],
        "stride": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "engine": "no_validation",  # resolve_engine says it better
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        feature_map=None,
        *,
        observables="paulis",
        locality=1,
        gamma=None,
        n_angles=None,
        ansatz=None,
        n_circuits=1,
        patch_size=None,
        image_shape=None,
        stride=1,
        engine=None,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ):
        self.feature_map = feature_map
        self.observables = observables
        self.locality = locality
        self.gamma = gamma
        self.n_angles = n_angles
        self.ansatz = ansatz
        self.n_circuits = n_circuits
        self.patch_size = patch_size
        self.image_shape = image_shape
        self.stride = stride
        self.engine = engine
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def resolve_component(self, name, value):
        if name == "feature_map":
            if value is None and self.gamma is not None:  # angles already
                return ReuploadingFeatureMap(n_qubits=FEW_QUBITS, reps=1, bandwidth=1.0)
            if value is None and self.patch_size is not None:
                return ReuploadingFeatureMap(n_qubits=FEW_QUBITS)
            return resolve_feature_map(value)
        if name == "ansatz":
            return resolve_ansatz(value)
        if name == "engine":
            return resolve_engine(value)
        return value

    def set_params(self, **params):
        """Set parameters, nested ones included.

        Parameters
        ----------
        **params : dict
            Names and values; ``a__b`` is parameter `b` of the object that parameter `a` holds or
            stands for.

        Returns
        -------
        self : QuantumFeatures
            This object.
        """
        # what None stands for depends on other parameters
        super().set_params(**{name: v for name, v in params.items() if "__" not in name})
        return super().set_params(**{name: v for name, v in params.items() if "__" in name})

    # -- fitting ----------------------------------------------------------------------------------

    @FIT_CONTEXT
    def fit(self, X, y=None):
        """Draw random angles, and fit the feature map; nothing is simulated.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : QuantumFeatures
            Fitted transformer.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If not even one row would fit into memory.
        """
        X = validate_rows(self, X, reset=True)
        check_random(self.gamma, self.n_angles, self.ansatz, self.n_circuits)
        random_state = check_random_state(self.random_state)
        sizes = self.patch_size, self.image_shape, self.stride
        self.patches_, self._places, rows = patch_columns(X.shape[1], *sizes), [], X
        if self.patches_ is not None:
            self._places = patch_names(self.patches_, self.image_shape)
            rows = in_patches(as_dense(evenly_spaced(X, self.patches_.size)), self.patches_)
        feature_map = clone(self.resolve_component("feature_map", self.feature_map))
        set_child_seeds(feature_map, self.random_state)
        self.random_weights_ = self.random_offset_ = None
        if self.gamma is not None:
            n_angles = self.n_angles or default_angles(feature_map, rows.shape[1])
            self.random_weights_, self.random_offset_ = draw_angles(
                self.gamma, n_angles, self.n_circuits, rows, random_state
            )
            angles = RandomAngles(self.random_weights_, self.random_offset_, self.n_circuits)
            rows = angles.of(as_dense(evenly_spaced(rows, n_angles)), n_circuits=1)
        names = feature_names_for(feature_map, self) if rows is X else {}
        self.feature_map_ = feature_map.fit(rows, **names)
        self.circuit_, self._columns, self.weights_ = attach_random(
            self.ansatz, feature_map.circuit_, self.n_circuits, random_state
        )
        self._seed = int(random_state.randint(2**31 - 1))
        self._measured = self.observables, self.locality
        self.engine_ = clone(resolve_engine(self.engine))
        expectations = self._expectations()
        expectations.check_memory(self.engine_, 1, n_jobs=self.n_jobs)
        # opens the circuit: what the engine cannot run is refused here
        expectations.of(self.engine_, np.empty((0, self.circuit_.num_parameters)))
        return self

    @property
    def _runs_per_row(self):
        return len(self.weights_) * (1 if self.patches_ is None else len(self.patches_))

    @property
    def _n_features_out(self):
        return self._runs_per_row * len(self._expectations())

    def _expectations(self):
        return RowExpectations(self.circuit_, *self._measured)

    def transform(self, X):
        """Return the expectation values of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_patches * n_circuits * n_observables)
            float64: the observables of the first circuit on the first patch, then those of the
            other circuits on it, and so on from patch to patch.

        Raises
        ------
        ValueError
            If `X` has other features than in ``fit``, or a row cannot be encoded.
        InsufficientMemoryError
            If the features would not fit into memory; nothing has been simulated.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        expectations, n_rows = self._expectations(), X.shape[0]
        n_runs = self._runs_per_row
        # what enters a circuit, its values and columns, and expectation values
        n_inputs = (X if self.patches_ is None else self.patches_).shape[1]
        numbers = n_inputs + 3 * count_numbers(self.circuit_) + len(expectations)
        row_bytes = 8 * (X.shape[1] + n_runs * numbers)
        per_batch = max(1, min(BATCH_BYTES, working_memory()) // row_bytes)
        at_once = min(n_rows, per_batch)
        expectations.check_memory(
            self.engine_,
            at_once * n_runs,
            n_jobs=self.n_jobs,
            kept=n_rows * n_runs,
            besides=at_once * row_bytes,
        )
        batches = list(blocks_of_rows(n_rows, per_batch))
        if len(batches) > 1:  # all rows before the first is simulated

            def check(values):
                expectations.check_rows(self.engine_, values)

            for batch in batches:
                self._run(check, X, batch)

        def simulate(values):
            options = {"n_jobs": self.n_jobs, "seed": self._seed}
            return expectations.of(self.engine_, values, **options)

        features = np.empty((n_rows, self._n_features_out))
        with progress_bar(n_rows, "features", "row", self.verbose) as bar:
            for batch in batches:
                features[batch] = self._run(simulate, X, batch).reshape(-1, features.shape[1])
                bar.update(batch.stop - batch.start)
        return features

    def _run(self, function, X, batch):
        """Call a function with the values of some rows; its errors name rows of `X`."""
        rows, angles = as_dense(X[batch]), None
        if self.patches_ is not None:
            rows = in_patches(rows, self.patches_)
        if self.random_weights_ is not None:
            angles = RandomAngles(self.random_weights_, self.random_offset_, len(self.weights_))
        try:
            values = run_values(self.feature_map_, rows, angles, self.weights_, self._columns)
            return function(values)
        except RowError as error:
            n_runs = self._runs_per_row
            raise error.counted_from(batch.start, runs_per_row=n_runs) from None

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in ``fit``.

        Returns
        -------
        ndarray of shape (n_features_out,)
            "quantumfeatures_z0", for instance, for Z on the first qubit that has gates, and
            "quantumfeatures_observable0" for the first of your own. Before that stand the number
            of the circuit, if there are several ("circuit3"), and where the patch begins: its row
            and column in an image ("r0_c4"), or its place in a sequence ("t3").
        """
        super().get_feature_names_out(input_features)  # checks them
        parts = [["quantumfeatures"]]
        if self._places:
            parts.append(self._places)
        if len(self.weights_) > 1:
            parts.append([f"circuit{number}" for number in range(len(self.weights_))])
        names = [""]
        for part in [*parts, self._expectations().names]:
            names = [f"{name}_{word}" if name else word for name in names for word in part]
        return np.asarray(names, dtype=object)
