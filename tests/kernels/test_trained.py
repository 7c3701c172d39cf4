"""Kernels that are trained in fit."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import (
    QSVC,
    QSVR,
    QGaussianProcessClassifier,
    QGaussianProcessRegressor,
    QKernelPCA,
    QNystroem,
    QPegasosSVC,
    QuantumKernelRidge,
)
from skquantum.engines import AerEngine
from skquantum.feature_maps import AffineFeatureMap, CircuitFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel, ProjectedKernel, TrainedKernel
from skquantum.metrics import centered_alignment, target_alignment
from skquantum.optimizers import SPSA
from skquantum.variational import SVCLoss

pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")
each = pytest.mark.parametrize
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (40, 2))
Y = X[:, 0] * X[:, 1] > 0
MORE = RNG.uniform(-1, 1, (200, 2))


def feature_map(**params):
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    made = QuantumCircuit(2)
    for layer in range(2):
        for qubit in range(2):
            made.ry(w[2 * layer + qubit] * x[qubit], qubit)
        made.cz(0, 1)
    return CircuitFeatureMap(made, weights=w, **params)


def fidelity(**params):
    return FidelityKernel(feature_map(**params), engine="compiled")


def covariant(n_qubits, edges):
    """RY by a weight, CZ on edges, and rotations that act on orbits of a group."""
    theta, x = Parameter("theta"), ParameterVector("x", 2 * n_qubits)
    made = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        made.ry(theta, qubit)
    for edge in edges:
        made.cz(*edge)
    for qubit in range(n_qubits):
        made.rz(-2 * x[2 * qubit + 1], qubit)
        made.rx(-2 * x[2 * qubit], qubit)
    return CircuitFeatureMap(made, weights=[theta], initial_weights=[0.1])


def cosets(n_qubits, n_rows, seed):
    """Rows of two cosets of a group, after Glick et al.: a few rotations by pi / 2, and noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(0, 0.2, (n_rows, 2 * n_qubits))
    y = np.arange(n_rows) % 2
    X[:, ::2] += -np.pi / 2 * rng.integers(0, 2, (n_rows, n_qubits))
    X[y == 1, 1::2] += np.pi / 2
    return X, y


def test_training_raises_the_alignment_and_the_accuracy():
    kernel = TrainedKernel(fidelity(), n_restarts=4, random_state=0).fit(X, Y)
    start = clone(kernel.kernel_).set_params(feature_map__random_state=3).fit(X)
    before, after = (centered_alignment(k(X), Y) for k in (start, kernel))
    assert after > before + 0.15
    assert_allclose(kernel.loss_, -after, atol=1e-12)
    assert_allclose(kernel.loss_curve_[-1], kernel.loss_, atol=1e-9)
    assert kernel.n_iter_ == len(kernel.loss_curve_) > 3
    assert_array_equal(kernel.weights_, kernel.theta)
    wanted = MORE[:, 0] * MORE[:, 1] > 0
    trained, fixed = (QSVC(kernel=k).fit(X, Y).score(MORE, wanted) for k in (kernel, start))
    assert trained > max(0.9, fixed)


@each("engine", ["aer", "compiled"])
@each("made", ["fidelity", "projected", "linear"])
def test_engines_train_alike(engine, made):
    kinds = {
        "fidelity": FidelityKernel(feature_map()),
        "projected": ProjectedKernel(feature_map()),
        "linear": ProjectedKernel(feature_map(), outer="linear"),
    }
    kernel = kinds[made].set_params(engine=engine)
    kernel = TrainedKernel(kernel, max_iter=5, random_state=0).fit(X, Y)
    reference = clone(kernel).set_params(kernel__engine="compiled").fit(X, Y)
    assert_allclose(kernel.weights_, reference.weights_, atol=1e-6)
    assert kernel.loss_ < kernel.loss_curve_[0] or kernel.n_iter_ == 1


@each("loss", ["centered_alignment", "target_alignment", "svc", "ridge", "marginal_likelihood"])
def test_covariant_kernels_find_their_group_element(loss):
    rows, y = cosets(3, 24, 0)
    kernel = TrainedKernel(
        FidelityKernel(covariant(3, [(0, 1), (1, 2)]), engine="compiled"), loss=loss
    )
    kernel = kernel.fit(rows, y)
    start = FidelityKernel(covariant(3, [(0, 1), (1, 2)]), engine="compiled").fit(rows)
    assert_array_equal(start.theta, [0.1])
    before, after = (target_alignment(k(rows), y) for k in (start, kernel))
    assert kernel.loss_ < kernel.loss_curve_[0] - 1e-3 or after > before


def test_sample_weights_count_and_zeros_leave_out():
    kernel = TrainedKernel(fidelity(), max_iter=5, random_state=0)
    weights = np.r_[np.ones(30), np.zeros(10)]
    some = clone(kernel).fit(X, Y, sample_weight=weights)
    few = clone(kernel).fit(X[:30], Y[:30])
    assert_allclose(some.weights_, few.weights_, atol=1e-8)
    twice = clone(kernel).fit(X, Y, sample_weight=np.r_[np.full(20, 2.0), np.ones(20)])
    repeated = clone(kernel).fit(np.vstack([X, X[:20]]), np.r_[Y, Y[:20]])
    assert_allclose(twice.weights_, repeated.weights_, atol=1e-5)


def test_estimators_train_on_the_training_fold():
    seen = []

    class Recording(SVCLoss):
        def targets(self, y):
            seen.append(len(y))
            return super().targets(y)

    kernel = TrainedKernel(fidelity(), loss=Recording(), max_iter=3, random_state=0)
    cross_val_score(QSVC(kernel=kernel), X, Y, cv=4)
    assert seen == [30] * 4


def test_in_pipelines_searches_and_regressors():
    kernel = TrainedKernel(fidelity(), max_iter=5, random_state=0)
    pipeline = make_pipeline(StandardScaler(), QSVC(kernel=kernel))
    grid = {
        "qsvc__kernel__loss": ["svc", "ridge"],
        "qsvc__kernel__kernel__feature_map__bandwidth": [0.5, 1.0],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    for model in (QSVR(kernel=kernel), QuantumKernelRidge(kernel=kernel, alpha=1e-2)):
        y = X[:, 0] * X[:, 1]
        trained = model.fit(X, y).score(X, y)
        fixed = clone(model).set_params(kernel=fidelity()).fit(X, y).score(X, y)
        assert trained > fixed
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert_array_equal(again.predict(MORE), search.predict(MORE))


def test_classes_that_look_like_numbers_are_classes_to_a_classifier():
    y = 0.0 + (X[:, 0] > -0.3) + (X[:, 0] > 0.3)
    kernel = TrainedKernel(fidelity(), max_iter=3, random_state=0)
    floats = QSVC(kernel=kernel).fit(X, y)
    names = QSVC(kernel=kernel).fit(X, np.array(list("abc"))[y.astype(int)])
    assert_array_equal(floats.kernel_.weights_, names.kernel_.weights_)


# -- parameters --------------------------------------------------------------------------------


def test_initial_weights():
    given = np.array([0.3, 0.7, 0.2, 0.4])
    kernel = TrainedKernel(fidelity(), initial_weights=given, max_iter=1).fit(X, Y)
    stated = TrainedKernel(fidelity(initial_weights=given), max_iter=1).fit(X, Y)
    assert_array_equal(kernel.weights_, stated.weights_)
    first = []
    TrainedKernel(
        fidelity(),
        initial_weights=given,
        optimizer="sgd",
        learning_rate_init=1e-12,
        max_iter=1,
        callback=lambda iteration, loss, weights, elapsed: first.append(weights),
    ).fit(X, Y)
    assert_allclose(first[0], given, atol=1e-9)
    with pytest.raises(ValueError, match=r"initial_weights holds 3 numbers, the kernel has\n? ?4"):
        TrainedKernel(fidelity(), initial_weights=[1, 2, 3]).fit(X, Y)


def test_random_state_draws_the_start():
    def trained(seed):
        return TrainedKernel(fidelity(), max_iter=1, random_state=seed).fit(X, Y).weights_

    assert_array_equal(trained(0), trained(0))
    assert (trained(0) != trained(1)).all()


def test_restarts_keep_the_best():
    runs = [TrainedKernel(fidelity(), n_restarts=k, random_state=4).fit(X, Y) for k in (0, 3)]
    assert runs[1].loss_ <= runs[0].loss_


def test_default_optimizers():
    def used(kernel, **params):
        return type(TrainedKernel(kernel, max_iter=1, **params).fit(X, Y).optimizer_).__name__

    shots = FidelityKernel(feature_map(), engine=AerEngine(shots=10))
    assert used(fidelity()) == "ScipyOptimizer"
    assert used(fidelity(), n_samples=10) == "Adam"
    assert used(shots) == "SPSA"
    assert used(fidelity(), optimizer="cobyla") == "ScipyOptimizer"


def test_shots_train_with_spsa():
    kernel = FidelityKernel(feature_map(), engine=AerEngine(shots=300), random_state=0)
    trained = TrainedKernel(kernel, optimizer=SPSA(), max_iter=60, random_state=0).fit(X, Y)
    assert trained.loss_ < trained.loss_curve_[0] - 0.05
    exact = clone(trained.kernel_).set_params(engine="compiled")
    # drawn matrices are aligned a little worse
    assert centered_alignment(exact(X), Y) > -trained.loss_curve_[0]


def test_samples_bound_the_size_of_matrices():
    sizes = []

    class Watching(SVCLoss):
        def __call__(self, K, targets, rows, sample_weight):
            sizes.append(len(K))
            return super().__call__(K, targets, rows, sample_weight)

    kernel = TrainedKernel(fidelity(), loss=Watching(), n_samples=8, max_iter=2, random_state=0)
    kernel.fit(X, Y)
    assert set(sizes) == {8, 32}
    assert sizes.count(8) == 10  # five steps an epoch


def test_learning_rate_tol_and_max_iter():
    options = {"optimizer": "adam", "max_iter": 4, "random_state": 0}
    slow, fast = (
        TrainedKernel(fidelity(), learning_rate_init=rate, **options).fit(X, Y)
        for rate in (1e-4, 0.1)
    )
    assert slow.n_iter_ == fast.n_iter_ == 4
    assert slow.loss_curve_[0] - slow.loss_ < fast.loss_curve_[0] - fast.loss_
    loose = TrainedKernel(fidelity(), tol=0.5, random_state=0).fit(X, Y)
    assert loose.n_iter_ < TrainedKernel(fidelity(), random_state=0).fit(X, Y).n_iter_


def test_callback_stops_and_a_bar_is_shown(capsys):
    calls = []

    def callback(iteration, loss, weights, elapsed):
        calls.append((iteration, loss, len(weights)))
        return iteration == 2

    kernel = TrainedKernel(fidelity(), callback=callback, random_state=0, verbose=True).fit(X, Y)
    assert kernel.n_iter_ == 2
    assert [call[2] for call in calls] == [4, 4]
    assert "loss" in capsys.readouterr().err
    with pytest.raises(TypeError, match="callback accepts"):
        TrainedKernel(fidelity(), callback=lambda loss: None).fit(X, Y)


def test_interruption_keeps_the_best_weights():
    def callback(iteration, loss, weights, elapsed):
        if iteration == 3:
            raise KeyboardInterrupt

    kernel = TrainedKernel(fidelity(), callback=callback, random_state=0)
    with pytest.warns(UserWarning, match="interrupted after 3 iterations"):
        kernel.fit(X, Y)
    assert_allclose(kernel.loss_, min(kernel.loss_curve_))
    assert_allclose(-centered_alignment(kernel(X), Y), kernel.loss_, atol=1e-12)


def test_a_warning_where_training_ends_early():
    with pytest.warns(ConvergenceWarning, match="not converged after 1 iterations"):
        TrainedKernel(fidelity(), max_iter=1, random_state=0).fit(X, Y)


def test_n_jobs_change_nothing():
    made = [TrainedKernel(fidelity(), n_jobs=n, max_iter=3, random_state=0) for n in (None, 2)]
    assert_array_equal(*(kernel.fit(X, Y).weights_ for kernel in made))


def test_sparse_rows_train_alike():
    for kernel in (fidelity(), ProjectedKernel(feature_map(), engine="compiled")):
        trained = TrainedKernel(kernel, max_iter=3, random_state=0)
        sparse = clone(trained).fit(csr_array(X), Y)
        assert_allclose(sparse.weights_, trained.fit(X, Y).weights_, atol=1e-12)
        gradients = [trained(rows, eval_gradient=True)[1] for rows in (X, csr_array(X))]
        assert_allclose(*gradients, atol=1e-14)


def test_names_of_kernels_and_of_columns():
    assert TrainedKernel("affine", max_iter=1).fit(X, Y).n_dims > 0
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X[:, ::-1], columns=["x[1]", "x[0]"])
    kernel = TrainedKernel(fidelity(), max_iter=2, random_state=0)
    assert_allclose(kernel.fit(frame, Y).weights_, clone(kernel).fit(X, Y).weights_)
    assert list(kernel.fit(frame, Y).feature_names_in_) == ["x[1]", "x[0]"]


def test_a_gamma_that_depends_on_the_weights_is_that_of_the_start():
    given = np.array([0.3, 0.7, 0.2, 0.4])
    kernel = TrainedKernel(
        ProjectedKernel(feature_map(), engine="compiled"), initial_weights=given, max_iter=3
    ).fit(X, Y)
    start = ProjectedKernel(feature_map(initial_weights=given), engine="compiled").fit(X)
    assert kernel.kernel_.gamma_ == start.gamma_


def test_gaussian_processes_of_scikit_learn_go_on():
    kernel = TrainedKernel(fidelity(), max_iter=2, random_state=0).fit(X, Y)
    model = GaussianProcessClassifier(kernel).fit(X, Y)
    assert model.kernel_.n_dims == 4
    assert (model.kernel_.theta != kernel.theta).any()
    assert_array_equal(kernel.theta, kernel.weights_)  # the original is left alone


@each("Process", [QGaussianProcessClassifier, QGaussianProcessRegressor])
def test_gaussian_processes_train_and_go_on(Process):
    kernel = TrainedKernel(fidelity(), max_iter=2, random_state=0)
    assert kernel.n_dims == 0
    y = Y if Process is QGaussianProcessClassifier else X[:, 0] * X[:, 1]
    started = clone(kernel).fit(X, y)
    model = Process(kernel + WhiteKernel(1e-2)).fit(X, y)
    assert model.kernel_.n_dims == 5
    assert (model.kernel_.theta[:4] != started.theta).any()
    fixed = Process(kernel + WhiteKernel(1e-2), optimizer=None).fit(X, y)
    assert_array_equal(fixed.kernel_.theta[:4], started.theta)
    assert model.log_marginal_likelihood() > fixed.log_marginal_likelihood()


def test_transformers_and_pegasos_train():
    kernel = TrainedKernel(fidelity(), max_iter=2, random_state=0)
    started = clone(kernel).fit(X, Y)
    for model in (
        QKernelPCA(2, kernel=kernel),
        QNystroem(kernel, n_components=5, random_state=0),
        QPegasosSVC(kernel, max_iter=2, random_state=0),
    ):
        assert_allclose(model.fit(X, Y).kernel_.theta, started.theta, atol=1e-9)


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="y is None"):
        TrainedKernel(fidelity()).fit(X)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        TrainedKernel(fidelity()).fit(X, np.where(Y, np.nan, 1.0))
    with pytest.raises(ValueError, match="y holds a, which is not a number; use a loss"):
        TrainedKernel(fidelity(), loss="svr").fit(X, np.where(Y, "a", "a"))
    with pytest.raises(ValueError, match="has no weights"):
        TrainedKernel("zz").fit(X, Y)
    with pytest.raises(ValueError, match="loss='hinge' is unknown"):
        TrainedKernel(fidelity(), loss="hinge").fit(X, Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TrainedKernel(fidelity()).fit(X, Y[:5])
    with pytest.raises(ValueError, match="one class"):
        TrainedKernel(fidelity()).fit(X, np.ones(40, dtype=int))
    with pytest.raises(AttributeError, match=r"call fit\(X, y\) first"):
        TrainedKernel(fidelity())(X)
    shots = FidelityKernel(feature_map(), engine=AerEngine(shots=10))
    with pytest.raises(ValueError, match="optimizer='spsa'"):
        TrainedKernel(shots, optimizer="adam").fit(X, Y)


CALLS = []


class Counting(SVCLoss):
    def targets(self, y):
        CALLS.append(len(y))
        return super().targets(y)


def test_memory_trains_once_for_each_fold(tmp_path):
    CALLS.clear()
    kernel = TrainedKernel(fidelity(), loss=Counting(), max_iter=2, random_state=0)
    grid = {"C": [0.1, 1.0, 10.0]}
    plain = GridSearchCV(QSVC(kernel=kernel), grid, cv=2, refit=False).fit(X, Y)
    assert len(CALLS) == 6
    kernel.set_params(memory=str(tmp_path))
    kept = GridSearchCV(QSVC(kernel=kernel), grid, cv=2, refit=False).fit(X, Y)
    assert len(CALLS) == 8
    found, wanted = (s.cv_results_["mean_test_score"] for s in (kept, plain))
    assert_array_equal(found, wanted)
    other = clone(kernel).set_params(random_state=1)
    QSVC(kernel=other).fit(X, Y)
    assert len(CALLS) == 9


def test_a_failed_fit_keeps_the_one_before():
    kernel = TrainedKernel(fidelity(), max_iter=2, random_state=0).fit(X, Y)
    before = kernel.kernel_
    kernel.loss = "none"
    with pytest.raises(ValueError, match="unknown"):
        kernel.fit(X, Y)
    assert kernel.kernel_ is before


def test_trained_affine_and_bandwidth():
    for made in (AffineFeatureMap(2, layers=2), ZZFeatureMap(bandwidth="trained")):
        kernel = TrainedKernel(FidelityKernel(made, engine="compiled"), max_iter=10, random_state=0)
        kernel.fit(X, Y)
        assert kernel.loss_ < kernel.loss_curve_[0] or kernel.n_iter_ < 3
