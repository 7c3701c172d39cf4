"""Comparisons with baselines: the test, the folds, the verdict."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skquantum import QSVC, QuantumKernelRidge
from skquantum.diagnostics import Comparison, compare, corrected_t_test
from skquantum.diagnostics._baselines import CLASSIFIERS, make_baselines
from skquantum.diagnostics._resampled import holm
from skquantum.kernels import FidelityKernel

each = pytest.mark.parametrize
X, Y = make_classification(60, 4, random_state=0)
RNG = np.random.default_rng(0)
KERNEL = FidelityKernel("angle", engine="compiled")


# --- The test ------------------------------------------------------------------------------------


def test_without_a_correction_it_is_the_paired_t_test():
    a, b = RNG.normal(size=(2, 8))
    wanted = stats.ttest_rel(a, b)
    # (1 / J + r) s^2 is s^2 / J for r -> 0
    found = corrected_t_test(a - b, test_size=1e-12)
    assert_allclose(found, (wanted.statistic, wanted.pvalue), rtol=1e-9)


def test_correction_is_that_of_nadeau_and_bengio():
    d = RNG.normal(0.1, 1, size=10)
    statistic = d.mean() / np.sqrt((1 / 10 + 1 / 4) * d.var(ddof=1))
    found = corrected_t_test(d, 1 / 4)
    assert_allclose(found, (statistic, 2 * stats.t.cdf(-abs(statistic), 9)), rtol=1e-12)
    assert corrected_t_test(d, 1.0)[1] > found[1]
    assert_allclose(corrected_t_test(-d, 1 / 4)[0], -statistic)


def test_equal_differences():
    assert corrected_t_test(np.zeros(5), 0.25) == (0.0, 1.0)
    assert corrected_t_test(np.full(5, 0.1), 0.25) == (np.inf, 1 / 16)
    assert corrected_t_test(np.full(5, -0.1) + 1e-17, 0.25) == (-np.inf, 1 / 16)


def test_holm():
    # the example of Holm's paper's kind: .01 * 4, .013 * 3, .014 * 2, .19
    adjusted = holm([0.014, 0.01, 0.19, 0.013])
    assert_allclose(adjusted, [0.04, 0.04, 0.19, 0.04])
    assert_allclose(holm([0.6, 0.7]), [1, 1])
    assert_allclose(holm([0.03]), [0.03])


@each(
    ("differences", "size", "message"),
    [
        ([0.1], 0.25, "2 or more folds"),
        ([[0.1, 0.2]], 0.25, "2 or more folds"),
        ([0.1, np.nan], 0.25, "NaN"),
        ([0.1, 0.2], 0, "ratio of test rows to training rows is positive"),
        ([0.1, 0.2], "0.25", "ratio of test rows"),
    ],
)
def test_refusals_of_the_test(differences, size, message):
    with pytest.raises(ValueError, match=message):
        corrected_t_test(differences, size)


# --- The verdict ---------------------------------------------------------------------------------

NOISE = RNG.normal(0, 0.01, size=(3, 10))


def verdict(**shifts):
    scores = {name: 0.8 + shift + NOISE[i] for i, (name, shift) in enumerate(shifts.items())}
    return Comparison(scores, 1 / 4)


@each(
    ("shifts", "wanted"),
    [
        ({"model": 0.1, "a": 0.0, "b": 0.0}, "lead"),
        ({"model": 0.1, "a": 0.0, "b": 0.1}, "no difference"),
        ({"model": 0.1, "a": 0.0, "b": 0.2}, "behind"),
        ({"model": 0.0, "a": 0.0, "b": 0.0}, "no difference"),
        ({"model": 0.0, "a": 0.1, "b": 0.1}, "behind"),
    ],
)
def test_a_lead_is_over_every_baseline(shifts, wanted):
    comparison = verdict(**shifts)
    assert comparison.verdict == wanted
    assert comparison.model == "model"
    assert comparison.baselines == ["a", "b"]
    means = [comparison.scores[name].mean() for name in "ab"]
    assert comparison.best_baseline == "ab"[np.argmax(means)]
    for name in "ab":
        assert_allclose(
            comparison.differences[name], comparison.scores["model"] - comparison.scores[name]
        )
    single = [corrected_t_test(comparison.differences[name], 1 / 4)[1] for name in "ab"]
    assert_allclose([comparison.p_values[name] for name in "ab"], holm(single))


def test_number_of_baselines_and_alpha_count():
    d = np.tile([0.02, 0.05], 5)
    p = corrected_t_test(d, 1 / 4)[1]
    base = np.linspace(0.5, 0.6, 10)
    one = {"model": base + d, "a": base}
    assert Comparison(one, 1 / 4, alpha=1.01 * p).verdict == "lead"
    assert Comparison(one, 1 / 4, alpha=0.99 * p).verdict == "no difference"
    two = one | {"b": base}
    assert_allclose(list(Comparison(two, 1 / 4).p_values.values()), [2 * p, 2 * p])
    assert Comparison(two, 1 / 4, alpha=1.01 * p).verdict == "no difference"


def test_tables():
    comparison = Comparison(
        {"model": [0.9, 0.8], "a": [0.7, 0.7]}, 1 / 4, fit_seconds={"model": 1.0, "a": 0.5}
    )
    frame = comparison.to_frame()
    assert list(frame.index) == ["model", "a"]
    assert list(frame.columns) == ["mean", "std", "difference", "p_value", "fit_seconds"]
    assert np.isnan(frame.loc["model", "difference"])
    assert_allclose(frame.loc["a", ["mean", "difference", "fit_seconds"]], [0.7, 0.15, 0.5])
    plain = json.loads(json.dumps(comparison.to_dict()))
    assert plain["verdict"] == comparison.verdict
    assert plain["models"]["model"]["scores"] == [0.9, 0.8]
    assert plain["models"]["model"]["p_value"] is None
    assert plain["models"]["a"]["p_value"] == comparison.p_values["a"]
    text = str(comparison)
    assert text.splitlines()[2].split() == ["model", "0.850", "0.071", "1"]
    assert text.splitlines()[-1] == "Verdict: no difference (alpha = 0.05)"
    assert "seconds" in repr(comparison)


def test_frames_need_pandas(monkeypatch):
    comparison = Comparison({"model": [0.9, 0.8], "a": [0.7, 0.7]}, 1 / 4)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas; pip install \"skquantum\[bench\]\""):
        comparison.to_frame()


@each(
    ("scores", "message"),
    [
        ({"model": [1, 2]}, "one model only"),
        ({"model": [1, 2], "a": [1, 2, 3]}, "a has scores of shape"),
        ({"model": [1, np.nan], "a": [1, 2]}, "score of model is nan in fold 1"),
        ({"model": [1], "a": [1]}, "2 or more"),
    ],
)
def test_refusals_of_scores(scores, message):
    with pytest.raises(ValueError, match=message):
        Comparison(scores, 1 / 4)


# --- The folds and the baselines -----------------------------------------------------------------


class Recording(ClassifierMixin, BaseEstimator):
    """Remembers the rows it was fitted on."""

    seen = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen.append(np.asarray(X))
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


def test_folds_are_the_same_for_all():
    Recording.seen = []
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    mine = {"one": Recording(), "other": LogisticRegression()}
    comparison = compare(Recording(), X, Y, mine, cv=cv)
    wanted = [X[train] for train, _ in cv.split(X, Y)]
    assert len(Recording.seen) == 8
    for rows, expected in zip(Recording.seen, wanted * 2, strict=True):
        assert_array_equal(rows, expected)
    assert_allclose(comparison.scores["other"], cross_val_score(mine["other"], X, Y, cv=cv))
    assert_allclose(comparison.test_size, 1 / 3)


def test_default_folds_are_drawn_anew():
    first = compare(DummyClassifier(), X, Y, {"l": LogisticRegression()}, random_state=0)
    again = compare(DummyClassifier(), X, Y, {"l": LogisticRegression()}, random_state=0)
    other = compare(DummyClassifier(), X, Y, {"l": LogisticRegression()}, random_state=1)
    assert_array_equal(first.scores["l"], again.scores["l"])
    assert not np.array_equal(first.scores["l"], other.scores["l"])
    seed = np.random.RandomState(0).randint(2**31)
    cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=seed)
    assert_allclose(first.scores["l"], cross_val_score(LogisticRegression(), X, Y, cv=cv))


def test_baselines_are_tuned_on_training_rows_of_standardised_features():
    rng = np.random.RandomState(0)
    options = {"scoring": "f1", "random_state": rng}
    models = make_baselines("default", X, classifier=True, **options)
    assert list(models) == ["svc", "logistic", "boosting", "mlp"]
    classes = [SVC, LogisticRegression, HistGradientBoostingClassifier, MLPClassifier]
    for model, cls in zip(models.values(), classes, strict=True):
        assert isinstance(model, GridSearchCV)
        assert model.scoring == "f1"
        last = model.estimator[-1] if cls is not classes[2] else model.estimator
        assert isinstance(last, cls)
        assert last.get_params().get("random_state", 0) is not None
        assert cls is classes[2] or isinstance(model.estimator[0], StandardScaler)
        assert 3 <= np.prod([len(values) for values in model.param_grid.values()]) <= 12
    rescaled = compare(DummyClassifier(), X * [1e5, 1, 1e-5, 1], Y, ["svc"], random_state=0)
    plain = compare(DummyClassifier(), X, Y, ["svc"], random_state=0)
    assert_allclose(rescaled.scores["svc"], plain.scores["svc"])


@pytest.mark.slow
def test_all_default_baselines_of_regressors_learn():
    rows, targets = make_regression(80, 3, noise=5.0, random_state=0)
    targets = 1e4 + 50 * targets
    comparison = compare(DummyRegressor(), rows, targets, cv=3, random_state=0)
    assert comparison.baselines == ["svr", "ridge", "boosting", "mlp"]
    for name, least in {"svr": 0.8, "ridge": 0.9, "boosting": 0.3, "mlp": 0.8}.items():
        assert comparison.scores[name].mean() > least, name
    assert comparison.verdict == "behind"
    assert comparison.scoring == "R^2"
    models = make_baselines(
        "default", rows, classifier=False, scoring=None, random_state=np.random.RandomState(0)
    )
    kinds = [SVR, Ridge, HistGradientBoostingRegressor, MLPRegressor]
    assert [type(_last(model.estimator)) for model in models.values()] == kinds


def _last(model):
    model = getattr(model, "regressor", model)
    return model[-1] if hasattr(model, "steps") else model


def test_quantum_models_pipelines_and_searches():
    rows, targets = load_iris(return_X_y=True)
    rows, targets = rows[50:], targets[50:]  # two species that overlap
    model = make_pipeline(StandardScaler(), QSVC(kernel=KERNEL))
    searched = GridSearchCV(model, {"qsvc__C": [1.0, 10.0]}, cv=2)
    with parallel_config("threading"):
        comparison = compare(searched, rows, targets, "logistic", cv=4, n_jobs=2)
    assert comparison.model == "QSVC"
    assert comparison.scoring == "accuracy"
    assert comparison.verdict == "no difference"
    again = compare(searched, rows, targets, "logistic", cv=4)
    assert_array_equal(again.scores["QSVC"], comparison.scores["QSVC"])
    frame = pd.DataFrame(rows, columns=list("abcd"))
    named = compare(model, frame, pd.Series(targets), "logistic", cv=4, scoring="f1")
    assert named.scoring == "f1"
    assert named.scores["QSVC"].shape == (4,)
    ridge = QuantumKernelRidge(kernel=KERNEL)
    regression = compare(ridge, rows, rows[:, 0] + targets, ["ridge"], cv=3)
    assert regression.model == "QuantumKernelRidge"


def test_sparse_rows_and_groups():
    sparse = csr_array(np.where(np.abs(X) > 0.5, X, 0))
    comparison = compare(LogisticRegression(), sparse, Y, ("svc", "logistic"), cv=2)
    assert set(comparison.baselines) == {"svc", "logistic"}
    with pytest.raises(ValueError, match="X is sparse, which gradient boosting does not take"):
        compare(LogisticRegression(), sparse, Y)
    folds = list(GroupKFold(3).split(X, Y, np.repeat(np.arange(6), 10)))
    grouped = compare(LogisticRegression(), X, Y, {"svc": SVC()}, cv=folds)
    assert_allclose(grouped.scores["svc"], cross_val_score(SVC(), X, Y, cv=folds))


def test_networks_that_end_early_do_not_warn(monkeypatch, recwarn):
    network, _ = CLASSIFIERS["mlp"]
    short = clone(network).set_params(max_iter=1)
    monkeypatch.setitem(CLASSIFIERS, "mlp", (short, {"alpha": [1.0]}))
    compare(DummyClassifier(), X, Y, "mlp", cv=2)
    assert not [w for w in recwarn if w.category is ConvergenceWarning]
    compare(DummyClassifier(), X, Y, {"mine": MLPClassifier(max_iter=1)}, cv=2)
    assert [w for w in recwarn if w.category is ConvergenceWarning]


def test_what_is_passed_is_left_alone():
    model, mine = LogisticRegression(), {"svc": SVC()}
    compare(model, X, Y, mine, cv=3, scoring=lambda m, X, y: m.score(X, y))
    assert not hasattr(model, "coef_")
    assert not hasattr(mine["svc"], "support_")


@each(
    ("arguments", "error", "message"),
    [
        ({"model": KMeans()}, TypeError, "KMeans is neither a classifier nor a regressor"),
        ({"model": LogisticRegression}, TypeError, "neither a classifier nor a regressor"),
        ({"baselines": ["svr"]}, ValueError, "holds 'svr': did you mean 'svc'"),
        ({"baselines": "boost"}, ValueError, "did you mean 'boosting'"),
        ({"baselines": []}, ValueError, "baselines is empty"),
        ({"baselines": 3}, ValueError, "'baselines' parameter of compare"),
        ({"baselines": {"LogisticRegression": SVC()}}, ValueError, "called 'LogisticRegression'"),
        ({"cv": [(np.arange(30), np.arange(30, 60))]}, ValueError, "cv makes 1 fold"),
        ({"cv": "folds"}, ValueError, "'cv' parameter"),
        ({"scoring": "accurate"}, ValueError, "'scoring' parameter"),
        ({"scoring": ["accuracy"]}, ValueError, "'scoring' parameter"),
        ({"alpha": 1.0}, ValueError, "'alpha' parameter"),
        ({"n_jobs": 0}, ValueError, "'n_jobs' parameter"),
        ({"X": X[:, 0]}, ValueError, "baselines need rows of features"),
        ({"X": np.full_like(X, np.nan)}, ValueError, "NaN"),
        ({"y": np.zeros(60, dtype=int)}, ValueError, "class"),
        ({"y": Y[:50]}, ValueError, "inconsistent numbers of samples"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        compare(**{"model": LogisticRegression(), "X": X, "y": Y, "baselines": "svc"} | arguments)


# --- Noise is not a lead -------------------------------------------------------------------------


def no_signal(seed):
    """Labels that have nothing to do with the rows, for a quantum kernel."""
    rng = np.random.default_rng(seed)
    model = QSVC(kernel=FidelityKernel(engine="compiled"))
    return model, rng.normal(size=(60, 3)), rng.permutation(60) % 2, ("svc", "logistic")


@pytest.mark.slow
def test_at_most_five_percent_of_leads_are_noise():
    verdicts = []
    for seed in range(100):
        model, rows, y, baselines = no_signal(seed)
        verdicts.append(compare(model, rows, y, baselines, cv=5, random_state=seed).verdict)
    assert verdicts.count("lead") <= 5
    assert verdicts.count("behind") <= 5


@pytest.mark.slow
def test_a_real_lead_is_found():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 2, size=(200, 2)) + rng.normal(0, 0.1, (200, 2))
    y = (rows.round().sum(axis=1) % 2).astype(int)
    comparison = compare(QSVC(kernel=FidelityKernel(engine="compiled")), rows, y, "logistic")
    assert comparison.verdict == "lead"
