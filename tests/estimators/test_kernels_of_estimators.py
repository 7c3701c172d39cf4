"""What a kernel learns in fit, and what predictions make of it."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import zz_feature_map
from qiskit.primitives import StatevectorSampler
from qiskit_aer.noise import NoiseModel, depolarizing_error
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skquantum import (
    QSVC,
    QSVR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.exceptions import ConcentrationWarning
from skquantum.feature_maps import ZZFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel
from skquantum.metrics import positive_projector

X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
X_NEW = np.random.default_rng(1).uniform(-1, 1, (30, 2))
y = (X[:, 0] > 0) * 1


def target(rows):
    return np.sin(2 * rows[:, 0]) + rows[:, 1] ** 2


def shot_kernel(shots=1024, seed=0, name="angle", **settings):
    return FidelityKernel(name, engine=AerEngine(shots=shots), random_state=seed, **settings)


def noise():
    model = NoiseModel(basis_gates=["h", "p", "cx", "u"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), "cx")
    return model


# -- repair ----------------------------------------------------------------------------------------


def test_ridge_predicts_by_the_kernel_it_was_trained_on():
    """R^2 of -.77 where rows of other points are not projected."""
    model = QuantumKernelRidge(0.01, kernel=shot_kernel(repair="clip")).fit(X, target(X))
    assert model.score(X, target(X)) > 0.98
    raw = QuantumKernelRidge(0.01, kernel=shot_kernel()).fit(X, target(X))
    assert model.score(X_NEW, target(X_NEW)) > max(0.75, raw.score(X_NEW, target(X_NEW)))


def test_clip_projects_rows_out_of_sample():
    t = target(X)
    model = QuantumKernelRidge(0.01, kernel=shot_kernel(repair="clip")).fit(X, t)
    raw = shot_kernel().fit(X)
    K = raw(X)
    P = positive_projector(K)
    assert P is not None
    oracle = KernelRidge(alpha=0.01, kernel="precomputed").fit(K @ P, t)
    assert_allclose(model.dual_coef_, oracle.dual_coef_, rtol=1e-6)
    assert_allclose(model.predict(X), (K @ P) @ oracle.dual_coef_, rtol=0, atol=1e-8)
    expected = raw(X_NEW, X) @ P @ oracle.dual_coef_
    assert_allclose(model.predict(X_NEW), expected, rtol=0, atol=1e-8)
    # so does the kernel by itself, for rows that it has not been fitted with
    kernel = shot_kernel(repair="clip").fit(X)
    assert_allclose(kernel(X_NEW, X), raw(X_NEW, X) @ P, rtol=0, atol=1e-12)


def test_support_vector_machines_predict_on_the_repaired_matrix():
    """Support vectors alone would not do: each is a mixture of all training rows."""
    kernel = shot_kernel(300, 3, "zz", repair="clip")
    model = QSVC(kernel=kernel, C=100.0).fit(X, y)
    _, K = clone(kernel).fit_gram(X)
    on_matrix = QSVC(kernel="precomputed", C=100.0).fit(K, y)
    assert len(model.support_) < len(X)
    expected = on_matrix.decision_function(clone(kernel).fit(X)(X_NEW, X))
    assert_allclose(model.decision_function(X_NEW), expected, rtol=0, atol=1e-9)
    assert accuracy_score(y, model.predict(X)) == on_matrix.score(K, y)


@pytest.mark.slow
def test_projecting_rows_out_of_sample_gains_accuracy():
    rows = np.random.default_rng(5).uniform(-1, 1, (400, 2))
    labels = (rows[:, 0] > 0) * 1
    projected, not_projected = [], []
    for seed in range(8):
        kernel = shot_kernel(1024, seed, "zz", repair="clip")
        projected.append(QSVC(C=100.0, kernel=kernel).fit(X, y).score(rows, labels))
        K = kernel.fit(X)(X)
        solver = QSVC(C=100.0, kernel="precomputed").fit(K, y)
        raw = clone(kernel).set_params(repair=None).fit(X)
        not_projected.append(solver.score(raw(rows, X), labels))
    assert np.mean(projected) > np.mean(not_projected) + 0.01  # .538 and .514


def test_shift_leaves_rows_of_other_points_alone():
    kernel, raw = shot_kernel(repair="shift").fit(X), shot_kernel().fit(X)
    assert_array_equal(kernel(X_NEW, X), raw(X_NEW, X))
    K = kernel(X)
    off = ~np.eye(len(X), dtype=bool)
    assert_array_equal(K[off], raw(X)[off])


@pytest.mark.parametrize("estimator", [QSVC(), QuantumKernelRidgeClassifier()])
def test_the_nearest_correlation_matrix_is_no_kernel_for_estimators(estimator):
    estimator = clone(estimator).set_params(kernel=shot_kernel(repair="correlation"))
    with pytest.raises(ValueError, match=r"repair='correlation' has no rule .* use 'clip' or"):
        estimator.fit(X, y)


def test_repaired_kernels_in_sums_and_on_unchanged_matrices():
    total = shot_kernel(repair="clip") + 0.0
    model = QuantumKernelRidge(0.01, kernel=total).fit(X, target(X))
    alone = QuantumKernelRidge(0.01, kernel=shot_kernel(repair="clip")).fit(X, target(X))
    assert_allclose(model.predict(X_NEW), alone.predict(X_NEW), rtol=0, atol=1e-9)
    exact = QuantumKernelRidge(0.01, kernel=FidelityKernel("zz", repair="clip")).fit(X, target(X))
    plain = QuantumKernelRidge(0.01, kernel="zz").fit(X, target(X))
    assert_array_equal(exact.predict(X_NEW), plain.predict(X_NEW))


# -- seeds -----------------------------------------------------------------------------------------

FAMILY = [QSVC(), QSVR(), QOneClassSVM(), QuantumKernelRidge(), QuantumKernelRidgeClassifier()]


@pytest.mark.parametrize("estimator", FAMILY, ids=lambda e: type(e).__name__)
def test_the_seed_of_an_estimator_reaches_its_kernel(estimator):
    def decide(random_state, kernel=None, n_jobs=None):
        kernel = kernel or FidelityKernel("zz", engine=AerEngine(shots=50))
        model = clone(estimator).set_params(kernel=kernel, random_state=random_state, n_jobs=n_jobs)
        model.fit(X, y)
        return getattr(model, "decision_function", model.predict)(X_NEW)

    first = decide(0)
    assert_array_equal(decide(0), first)
    assert_array_equal(decide(0, n_jobs=2), first)
    assert (decide(1) != first).any()
    assert (decide(None) != decide(None)).any()
    # deep in a sum, and not where the kernel has a seed of its own
    total = 0.5 * FidelityKernel("zz", engine=AerEngine(shots=50)) + 1
    assert_array_equal(decide(3, total), decide(3, total))
    own = FidelityKernel("zz", engine=AerEngine(shots=50), random_state=7)
    assert_array_equal(decide(1, own), decide(2, own))


def test_kernels_of_one_estimator_draw_on_their_own():
    one = FidelityKernel("zz", engine=AerEngine(shots=50))
    model = QSVC(kernel=one + one, random_state=0).fit(X, y)
    assert model.kernel_.k1_.random_state != model.kernel_.k2_.random_state
    assert one.random_state is None  # what the user gave stays as it was


# -- purity ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mitigation", ["single", "mean", "split"])
def test_what_was_called_before_changes_nothing(mitigation):
    engine = AerEngine(200, noise())
    kernel = FidelityKernel("zz", engine=engine, mitigation=mitigation, random_state=0)
    model = QSVC(kernel=kernel).fit(X, y)
    first = model.decision_function(X_NEW)
    model.kernel_(X_NEW)
    model.kernel_.diag(X_NEW[:3])
    model.kernel_(X_NEW[:3], X)
    assert_array_equal(model.decision_function(X_NEW), first)
    before = {name: id(value) for name, value in vars(model.kernel_).items()}
    model.kernel_(X_NEW)
    assert {name: id(value) for name, value in vars(model.kernel_).items()} == before


# -- settings that change after fit ----------------------------------------------------------------


class Counting(StatevectorSampler):
    calls = 0

    def run(self, pubs, **options):
        Counting.calls += 1
        return super().run(pubs, **options)


def test_another_engine_takes_effect():
    model = QSVC(kernel=FidelityKernel("zz")).fit(X, y)
    exact = model.decision_function(X_NEW[:4])
    Counting.calls = 0
    model.kernel_.set_params(engine=SamplerEngine(Counting(seed=0), shots=400))
    measured = model.decision_function(X_NEW[:4])
    assert Counting.calls > 0
    assert 0 < np.abs(measured - exact).max() < 1
    model.kernel_.set_params(engine__sampler=StatevectorSampler(seed=3))
    calls = Counting.calls
    assert (model.decision_function(X_NEW[:4]) != measured).any()
    assert Counting.calls == calls
    model.kernel_.set_params(engine="compiled")
    assert_allclose(model.decision_function(X_NEW[:4]), exact, rtol=0, atol=1e-12)
    model.kernel_.set_params(engine=AerEngine(noise_model=noise()))
    noisy = model.decision_function(X_NEW[:4])
    fresh = FidelityKernel("zz", engine=AerEngine(noise_model=noise())).fit(X)
    K = fresh(X_NEW[:4], X[model.support_])
    expected = K @ model.dual_coef_[0] + model.intercept_
    assert_allclose(noisy, expected, rtol=0, atol=1e-12)
    model.kernel_.engine.set_params(shots=10)  # a change in place
    assert (model.decision_function(X_NEW[:4]) != noisy).any()


def test_weights_of_outcomes_take_effect():
    engine = AerEngine(noise_model=noise())
    model = QuantumKernelRidge(kernel=FidelityKernel("zz", engine=engine)).fit(X, target(X))
    before = model.predict(X_NEW)
    model.kernel_.set_params(outcome_weights=[1, 1, 0, 0])
    assert np.abs(model.predict(X_NEW) - before).max() > 1e-3


def test_another_feature_map_needs_another_fit():
    model = QSVC(kernel=FidelityKernel("zz")).fit(X, y)
    model.kernel_.set_params(feature_map="angle")
    with pytest.raises(ValueError, match="fit the estimator again"):
        model.predict(X_NEW)


def test_a_projector_belongs_to_its_engine():
    model = QSVC(kernel=shot_kernel(50, repair="clip")).fit(X, y)
    model.kernel_.set_params(engine="compiled")
    with pytest.raises(ValueError, match="fit again"):
        model.predict(X_NEW)


def test_pickles_predict_the_same_and_hold_no_session():
    model = QSVC(kernel=shot_kernel(100, repair="clip")).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.decision_function(X_NEW), model.decision_function(X_NEW))
    names = set(vars(model.kernel_))
    model.predict(X_NEW)
    assert set(vars(model.kernel_)) == names
    assert not any("session" in name for name in names)


# -- concentration ---------------------------------------------------------------------------------


def test_exact_kernels_that_concentrate_warn():
    rows, labels = load_wine(return_X_y=True)
    rows = StandardScaler().fit_transform(rows)
    with pytest.warns(ConcentrationWarning, match="bandwidth='0.5"):
        QSVC(kernel=FidelityKernel("zz", engine="compiled")).fit(rows, labels)


def test_a_bandwidth_ends_the_warning(recwarn):
    rows, labels = load_wine(return_X_y=True)
    rows = StandardScaler().fit_transform(rows)
    QSVC(kernel=FidelityKernel(engine="compiled")).fit(rows, labels)
    # fewer rows than a median needs
    QSVC(kernel=FidelityKernel("zz", engine="compiled")).fit(rows[::10], labels[::10])
    assert not [w for w in recwarn if issubclass(w.category, ConcentrationWarning)]


# -- memory= ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_object", [False, True])
def test_a_sweep_over_c_computes_each_matrix_once(as_object, tmp_path, monkeypatch):
    from joblib import Memory

    fits = []
    real = FidelityKernel._fit_gram
    monkeypatch.setattr(
        FidelityKernel, "_fit_gram", lambda self, *a: fits.append(1) or real(self, *a)
    )
    memory = Memory(tmp_path, verbose=0) if as_object else str(tmp_path)
    kernel = FidelityKernel("zz", engine="compiled", memory=memory)
    search = GridSearchCV(QSVC(kernel=kernel), {"C": [0.1, 1.0, 10.0, 100.0]}, cv=3)
    search.fit(X, y)
    assert len(fits) == 4  # three folds, and all rows
    without = GridSearchCV(
        QSVC(kernel=FidelityKernel("zz", engine="compiled")), {"C": [0.1, 1.0, 10.0, 100.0]}, cv=3
    ).fit(X, y)
    assert_array_equal(
        search.cv_results_["mean_test_score"], without.cv_results_["mean_test_score"]
    )
    assert_array_equal(search.decision_function(X_NEW), without.decision_function(X_NEW))


def test_the_cache_tells_kernels_and_rows_apart(tmp_path):
    for feature_map in ("zz", "angle"):
        for rows in (X, X[:30]):
            kernel = FidelityKernel(feature_map, engine="compiled", memory=str(tmp_path))
            _, K = kernel.fit_gram(rows)
            assert_array_equal(K, FidelityKernel(feature_map, engine="compiled").fit(rows)(rows))


def test_splits_of_functions_still_work():
    train, test, t_train, t_test = train_test_split(X, y, random_state=0)
    model = QSVC(kernel=CallableKernel(lambda a, b: a @ b.T)).fit(train, t_train)
    assert model.score(test, t_test) > 0.8


# -- rows that have no state -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "engine", ["aer", "compiled", SamplerEngine(StatevectorSampler(), shots=5)]
)
def test_the_row_of_x_is_named(engine):
    """Not the row within a batch, and before anything is trained."""
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0].arccos(), 0)
    circuit.ry(x[1], 1)
    kernel = FidelityKernel(circuit, engine=engine)
    bad = X_NEW.copy()
    bad[27, 0] = 1.5
    with pytest.raises(ValueError, match="for row 27"):
        QSVC(kernel=kernel).fit(bad, np.arange(30) % 2)
    model = QSVC(kernel=kernel).fit(X[:20], y[:20])
    with config_context(working_memory=1e-4), pytest.raises(ValueError, match="for row 27"):
        model.predict(bad)


def test_the_edge_of_a_domain_is_left_by_rounding():
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0].arccos(), 0)
    circuit.ry(x[1].arccos(), 1)
    rows = MinMaxScaler((-1, 1)).fit_transform(np.random.default_rng(3).normal(size=(50, 2)))
    rows[0] = 1 + 4e-16
    K = FidelityKernel(circuit).fit(rows)(rows)
    edge = np.cos((0 - np.arccos(np.clip(rows, -1, 1))) / 2) ** 2
    assert_allclose(K[0], edge.prod(axis=1), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kernel", [zz_feature_map(2), ZZFeatureMap()], ids=["circuit", "map"])
def test_circuits_and_feature_maps_mean_their_fidelity_kernel(kernel):
    model = QSVC(kernel=kernel).fit(X, y)
    expected = QSVC(kernel=FidelityKernel(kernel)).fit(X, y)
    assert_array_equal(model.decision_function(X_NEW), expected.decision_function(X_NEW))
