"""QUBOSelector: optima that were computed elsewhere, limits, and the contracts of selectors."""

import pickle
import subprocess
import sys

import dimod
import numpy as np
import pytest
from dwave.system import EmbeddingComposite
from dwave.system.testing import MockDWaveSampler
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_classification
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from skquantum import QUBOSelector
from skquantum.combinatorial import AnnealingSampler
from skquantum.estimators._relevance import redundancy_of, relevance_of

each = pytest.mark.parametrize
WINE = load_wine(return_X_y=True)
BREAST_CANCER = load_breast_cancer(return_X_y=True)
CORRELATIONS = {"relevance": "correlation", "redundancy": "correlation"}


@each("solver", ["annealing", "exact"])
def test_scikit_learns_checks(solver):
    check_estimator(QUBOSelector(solver=solver))


@each("seed", range(20))
def test_breast_cancer_by_annealing(seed):
    selector = QUBOSelector(10, alpha=10 / 11, random_state=seed, **CORRELATIONS)
    selector.fit(*BREAST_CANCER)
    assert 11 * selector.energy_ == pytest.approx(-22.389192, abs=1e-6)
    np.testing.assert_array_equal(
        selector.get_support(indices=True), [0, 1, 2, 10, 17, 20, 21, 24, 28, 29]
    )


def test_breast_cancer_exactly():
    selector = QUBOSelector(10, alpha=10 / 11, solver="exact", **CORRELATIONS).fit(*BREAST_CANCER)
    assert selector.energy_ == pytest.approx(-2.035381, abs=1e-6)
    np.testing.assert_array_equal(
        selector.get_support(indices=True), [0, 1, 2, 10, 17, 20, 21, 24, 28, 29]
    )
    assert 0 < selector.gap_ < 0.01
    X, y = BREAST_CANCER
    r = np.abs(np.corrcoef(X.T, y))
    on = selector.support_
    expected = (r[:30, :30][on][:, on].sum() - 10 - 10 * r[30, :30][on].sum()) / 11
    assert selector.energy_ == pytest.approx(expected)


@each("solver", ["exact", "annealing", "quantum_annealing", AnnealingSampler()], ids=str)
@each(
    ("k", "features"),
    [(3, [9, 11, 12]), (5, [0, 6, 9, 11, 12]), (8, [0, 1, 5, 6, 9, 10, 11, 12])],
)
def test_wine(k, features, solver):
    selector = QUBOSelector(k, solver=solver, random_state=0).fit(*WINE)
    np.testing.assert_array_equal(selector.get_support(indices=True), features)


def test_wine_on_a_mock_of_an_annealer():
    solver = EmbeddingComposite(MockDWaveSampler(topology_type="pegasus", topology_shape=[3]))
    selector = QUBOSelector(5, solver=solver, random_state=0).fit(*WINE)
    np.testing.assert_array_equal(selector.get_support(indices=True), [0, 6, 9, 11, 12])


def test_with_auto_a_sampler_gets_the_qubo_itself():
    asked = []

    class Spy(dimod.ExactSolver):
        def sample(self, bqm, **parameters):
            asked.append(bqm)
            return super().sample(bqm, **parameters)

    selector = QUBOSelector(5, solver=Spy()).fit(*WINE)
    (bqm,) = asked
    assert bqm == dimod.BinaryQuadraticModel(selector.qubo_, "BINARY")
    assert dimod.ExactSolver().sample(bqm).first.energy == pytest.approx(selector.energy_)


def test_relevance_alone_is_select_k_best():
    X, y = WINE
    ours = QUBOSelector(4, alpha=1.0, solver="exact").fit(X, y)
    theirs = SelectKBest(lambda X, y: relevance_of("mutual_info", X, y), k=4).fit(X, y)
    np.testing.assert_array_equal(ours.support_, theirs.get_support())
    order = np.argsort(-ours.relevance_)
    np.testing.assert_array_equal(ours.ranking_[order], [1] * 4 + list(range(2, 11)))


def test_mutual_information_is_scikit_learns():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, (60, 3)).astype(float)
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 60)]
    expected = [mutual_info_score(x, y) for x in X.T]
    np.testing.assert_allclose(relevance_of("mutual_info", X, y), expected, atol=1e-12)
    R = redundancy_of("mutual_info", X)
    assert R[0, 1] == pytest.approx(mutual_info_score(X[:, 0], X[:, 1]))
    np.testing.assert_array_equal(R, R.T)


def test_correlation_with_classes_is_that_with_their_means():
    X, y = WINE
    means = np.array([X[y == c].mean(axis=0) for c in range(3)])
    expected = [np.corrcoef(X[:, i], means[y, i])[0, 1] for i in range(13)]
    np.testing.assert_allclose(relevance_of("correlation", X, y), expected)
    X, y = load_diabetes(return_X_y=True)
    expected = [abs(np.corrcoef(x, y)[0, 1]) for x in X.T]
    np.testing.assert_allclose(relevance_of("correlation", X, y), expected)


def test_features_without_information_come_last():
    X, y = WINE
    X = np.hstack([np.ones((len(X), 3)), X])
    selector = QUBOSelector(13, random_state=0).fit(X, y)
    np.testing.assert_array_equal(selector.support_, [False] * 3 + [True] * 13)
    assert QUBOSelector(15).fit(X, y).support_.sum() == 15
    assert QUBOSelector(2).fit(np.ones((20, 4)), np.arange(20) % 2).support_.sum() == 2
    assert QUBOSelector(16).fit(X, y).gap_ == np.inf


@each("k", range(1, 31))
def test_auto_gives_every_number(k):
    """Also where the optimum jumps past it."""
    assert QUBOSelector(k, random_state=0, **CORRELATIONS).fit(*BREAST_CANCER).support_.sum() == k


def test_functions():
    X, y = WINE
    selector = QUBOSelector(
        3,
        relevance=lambda X, y: mutual_info_classif(X, y, random_state=0),
        redundancy=lambda X: np.corrcoef(X.T) ** 2,
    ).fit(X, y)
    assert selector.support_.sum() == 3
    for name, function in [("relevance", lambda X, y: [1]), ("redundancy", lambda X: X)]:
        with pytest.raises(ValueError, match=f"{name} has returned shape"):
            QUBOSelector(**{name: function}).fit(X, y)


@each("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_in_pipelines_and_searches(n_jobs):
    X, y = WINE
    model = make_pipeline(StandardScaler(), QUBOSelector(random_state=0), SVC())
    search = GridSearchCV(model, {"quboselector__n_features_to_select": [2, 0.5]}, n_jobs=n_jobs)
    search.fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_[:-1].get_feature_names_out().shape == (6,)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_data_frames():
    X, y = load_wine(return_X_y=True, as_frame=True)
    selector = clone(QUBOSelector(2)).set_output(transform="pandas")
    assert list(selector.fit_transform(X, y).columns) == list(selector.get_feature_names_out())


def test_what_is_refused():
    with pytest.raises(ValueError, match="n_features_to_select=14, but X has 13 features"):
        QUBOSelector(14).fit(*WINE)
    with pytest.raises(ValueError, match="solver='exakt' is unknown: did you mean 'exact'"):
        QUBOSelector(solver="exakt").fit(*WINE)


def test_the_package_needs_no_extra():
    code = (
        "import sys; sys.modules['dimod'] = None; import skquantum\n"
        "from sklearn.datasets import load_wine\n"
        "skquantum.QUBOSelector(3).fit(*load_wine(return_X_y=True))\n"
        "try: skquantum.combinatorial.ExactSampler\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "skquantum[combinatorial]"' in done.stdout


@pytest.mark.slow
def test_a_thousand_features():
    X, y = make_classification(500, 1000, n_informative=40, random_state=0)
    assert QUBOSelector(50, random_state=0).fit(X, y).support_.sum() == 50
