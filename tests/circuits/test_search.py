"""Circuits as candidates of scikit-learn's searches."""

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC, VQC
from skquantum.ansatze import CircuitAnsatz
from skquantum.feature_maps import CircuitFeatureMap
from skquantum.kernels import FidelityKernel

X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
Y = (X[:, 0] > 0).astype(int)
SEARCHES = [GridSearchCV, RandomizedSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV]
CIRCUITS = [zz_feature_map(2, reps=1), zz_feature_map(2, reps=2)]


def search(kind, estimator, candidates, **options):
    if kind is RandomizedSearchCV:
        options["n_iter"] = 2
    return kind(estimator, candidates, cv=3, **options)


@pytest.mark.parametrize("kind", SEARCHES)
def test_wrapped_circuits_are_candidates(kind):
    candidates = [CircuitFeatureMap(circuit) for circuit in CIRCUITS]
    kernel = FidelityKernel("zz")
    found = search(kind, QSVC(kernel=kernel), {"kernel__feature_map": candidates}).fit(X, Y)
    column = found.cv_results_["param_kernel__feature_map"]
    assert column.ndim == 1
    assert set(column) == set(candidates)
    assert found.best_params_["kernel__feature_map"] in candidates
    assert found.predict(X).shape == (60,)


@pytest.mark.parametrize("kind", SEARCHES)
@pytest.mark.parametrize("error_score", [np.nan, "raise"])
def test_bare_circuits_are_refused_before_the_first_fit(kind, error_score, monkeypatch):
    fits = []
    monkeypatch.setattr(QSVC, "fit", lambda *args, **kwargs: fits.append(args))
    estimator = QSVC(kernel=FidelityKernel("zz"))
    searching = search(kind, estimator, {"kernel__feature_map": CIRCUITS}, error_score=error_score)
    message = r"for 'kernel__feature_map' are bare circuits, .* in CircuitFeatureMap\(circuit\)"
    with pytest.raises(TypeError, match=message):
        searching.fit(X, Y)
    assert not fits


@pytest.mark.parametrize(
    ("estimator", "name", "message"),
    [
        (make_pipeline(StandardScaler(), VQC()), "vqc__ansatz", r"in CircuitAnsatz\(circuit\)"),
        (VQC(), "feature_map", r"in CircuitFeatureMap\(circuit\)"),
        (
            QSVC(kernel=FidelityKernel(CircuitFeatureMap(CIRCUITS[0]))),
            "kernel__feature_map__circuit",
            "bare",
        ),
        (QSVC(kernel=FidelityKernel("z") + 1), "kernel__k1__feature_map", "are bare circuits"),
    ],
)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_wherever_circuits_are_parameters(estimator, name, message, n_jobs):
    with pytest.raises(TypeError, match=message):
        GridSearchCV(estimator, {name: CIRCUITS}, cv=2, n_jobs=n_jobs).fit(X, Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_ansatze_are_candidates():
    candidates = [CircuitAnsatz(real_amplitudes(2, reps=reps)) for reps in (1, 2)]
    model = VQC("zz", max_iter=1, random_state=0)
    found = GridSearchCV(model, {"ansatz": candidates}, cv=2).fit(X, Y)
    assert set(found.cv_results_["param_ansatz"]) == set(candidates)


@pytest.mark.parametrize(
    "wrapped", [CircuitFeatureMap(CIRCUITS[0]), CircuitAnsatz(CIRCUITS[0])], ids=["map", "ansatz"]
)
def test_wrappers_are_no_sequences(wrapped):
    array = np.array([wrapped, wrapped])
    assert array.shape == (2,)
    assert array.dtype == object
    assert not hasattr(wrapped, "__len__")


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_bare_circuits_beside_others_are_candidates(n_jobs):
    """NumPy sees in time that these make no regular array, which scikit-learn expects."""
    for grid in (
        {"kernel__feature_map": ["zz", CIRCUITS[0]]},
        [{"kernel__feature_map": ["zz"], "C": [2.0]}, {"kernel__feature_map": CIRCUITS[:1]}],
    ):
        found = GridSearchCV(QSVC(kernel=FidelityKernel("z")), grid, cv=2, n_jobs=n_jobs).fit(X, Y)
        assert list(found.cv_results_["param_kernel__feature_map"]) == ["zz", CIRCUITS[0]]


def test_circuits_may_be_set_outside_of_searches():
    model = QSVC().set_params(kernel__feature_map=CIRCUITS[0])
    assert model.kernel.feature_map is CIRCUITS[0]
