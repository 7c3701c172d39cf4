"""QKernelPCA against scikit-learn's on the same matrix, and the way back by its definition."""

import pickle

import numpy as np
import pytest
from joblib import Memory
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackNoConvergence
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_circles
from sklearn.decomposition import KernelPCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skquantum import QKernelPCA
from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel, ProjectedKernel

each = pytest.mark.parametrize
X = np.random.default_rng(0).uniform(-1, 1, (60, 3))
NEW = np.random.default_rng(1).uniform(-1, 1, (7, 3))
K, K_NEW = angle_kernel(X, X), angle_kernel(NEW, X)
KERNELS = ["angle", FidelityKernel("angle", engine="compiled"), angle_kernel]


def shot_kernel(**settings):
    return FidelityKernel("angle", engine=AerEngine(shots=100), random_state=0, **settings)


def assert_same(ours, theirs, rows, K_rows):
    assert_allclose(ours.eigenvalues_, theirs.eigenvalues_, rtol=1e-9, atol=1e-12)
    assert_allclose(ours.eigenvectors_, theirs.eigenvectors_, rtol=0, atol=1e-7)
    assert_allclose(ours.transform(rows), theirs.transform(K_rows), rtol=0, atol=1e-9)


# --- Components ------------------------------------------------------------------------------


@each("kernel", KERNELS, ids=label)
@each("n_components", [1, 5, 100])
def test_equals_scikit_learn(kernel, n_components):
    ours = QKernelPCA(n_components, kernel=kernel)
    Z = ours.fit_transform(X)
    theirs = KernelPCA(n_components, kernel="precomputed").fit(K)
    n_kept = min(n_components, 5)  # those that are not rounding errors
    assert Z.shape == (60, min(60, n_components))
    assert_allclose(ours.eigenvalues_, theirs.eigenvalues_, rtol=1e-9, atol=1e-9)
    expected = theirs.transform(K_NEW)[:, :n_kept]
    assert_allclose(ours.transform(NEW)[:, :n_kept], expected, rtol=0, atol=1e-9)
    assert_allclose(Z[:, :n_kept], ours.transform(X)[:, :n_kept], rtol=0, atol=1e-9)


def test_distances_of_all_components_are_those_of_the_kernel():
    """By definition, without any decomposition: |x - z|^2 = k(x, x) + k(z, z) - 2 k(x, z)."""
    Z = QKernelPCA(kernel="angle").fit_transform(X)
    distances = ((Z[:, np.newaxis] - Z) ** 2).sum(axis=2)
    assert_allclose(distances, 2 - 2 * K, rtol=0, atol=1e-9)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-9)


@each(
    ("settings", "other"),
    [
        ({"eigen_solver": "dense"}, {}),
        ({"eigen_solver": "arpack", "random_state": 3}, {}),
        (
            {"eigen_solver": "randomized", "iterated_power": 0, "random_state": 3},
            {"iterated_power": 5},
        ),
        (
            {"eigen_solver": "randomized", "random_state": 3, "iterated_power": 0},
            {"random_state": 4},
        ),
    ],
    ids=label,
)
def test_solvers(settings, other):
    """Each setting is scikit-learn's, and another one changes something."""
    ours = QKernelPCA(4, kernel="angle", **settings).fit(X)
    assert_same(ours, KernelPCA(4, kernel="precomputed", **settings).fit(K), NEW, K_NEW)
    if other:
        changed = clone(ours).set_params(**other).fit(X)
        assert not np.allclose(changed.eigenvalues_, ours.eigenvalues_, rtol=1e-9, atol=0)


def test_tolerance_and_iterations_of_arpack():
    rows = np.random.default_rng(2).normal(size=(300, 300))
    slow = rows @ rows.T  # eigenvalues close to each other
    few = {"kernel": "precomputed", "eigen_solver": "arpack", "random_state": 0}
    exact, loose, theirs = (
        cls(4, **few, tol=tol).fit(slow).eigenvalues_
        for cls, tol in [(QKernelPCA, 0), (QKernelPCA, 0.5), (KernelPCA, 0.5)]
    )
    assert_allclose(loose, theirs, rtol=1e-12)
    assert not np.allclose(loose, exact, rtol=1e-9, atol=0)
    with pytest.raises(ArpackNoConvergence):
        QKernelPCA(4, max_iter=1, **few).fit(slow)


def test_components_without_weight():
    rows = np.ones((6, 2))
    rows[3:] = 0.5
    kept = QKernelPCA(4, kernel="angle").fit(rows)
    assert kept.transform(rows).shape == (6, 4)
    assert_array_equal(kept.transform(rows)[:, 1:], 0)
    removed = QKernelPCA(4, kernel="angle", remove_zero_eig=True).fit(rows)
    assert removed.transform(rows).shape == (6, 1)
    assert list(removed.get_feature_names_out()) == ["qkernelpca0"]


def test_a_matrix():
    before = K.copy()
    ours = QKernelPCA(4, kernel="precomputed").fit(K)
    assert_array_equal(K, before)
    assert_same(ours, KernelPCA(4, kernel="precomputed").fit(K), K_NEW, K_NEW)
    assert ours.kernel_ == "precomputed"
    assert_array_equal(ours.X_fit_, K)


def test_a_matrix_from_a_cache_that_cannot_be_written(tmp_path):
    memory = Memory(tmp_path, mmap_mode="r", verbose=0)
    for _ in range(2):  # computed, and read
        ours = QKernelPCA(4, kernel=FidelityKernel("angle", memory=memory)).fit(X)
        assert_same(ours, KernelPCA(4, kernel="precomputed").fit(K), NEW, K_NEW)


def test_each_row_is_simulated_once(monkeypatch):
    simulated = []
    encode = FidelityKernel._encode
    monkeypatch.setattr(
        FidelityKernel,
        "_encode",
        lambda self, rows, **options: simulated.append(len(rows)) or encode(self, rows, **options),
    )
    QKernelPCA(2, kernel="angle").fit_transform(X)
    assert simulated == [60]


def test_shots():
    """Few components need no repair; a repaired matrix has rows of other points projected."""
    exact = QKernelPCA(2, kernel="angle").fit(X).transform(NEW)
    few = QKernelPCA(2, kernel=shot_kernel()).fit(X)
    assert np.abs(few.transform(NEW) - exact).max() < 0.3
    repaired = QKernelPCA(kernel=shot_kernel(repair="clip"))
    Z = repaired.fit_transform(X)
    assert_allclose(repaired.transform(X)[:, :20], Z[:, :20], rtol=0, atol=1e-6)
    with pytest.raises(
        ValueError, match=r"eigenvalues from -\d.*repair='clip' .* n_components to at most \d\d\."
    ):
        QKernelPCA(kernel=shot_kernel()).fit(X)


# --- The way back ----------------------------------------------------------------------------


@each(("gamma", "factor"), [("scale", 1.0), ("0.5*scale", 0.5), (3.0, None)])
def test_inverse_is_ridge_regression_with_an_intercept(gamma, factor):
    """Against the stationarity conditions of its definition, as one linear system."""
    ours = QKernelPCA(
        4, kernel="angle", fit_inverse_transform=True, inverse_gamma=gamma, alpha=0.2
    ).fit(X)
    Z = ours.X_transformed_fit_
    width = gamma if factor is None else factor / Z.var(axis=0).sum()
    assert ours.inverse_gamma_ == pytest.approx(width)
    system = np.ones((61, 61))
    system[0, 0] = 0
    system[1:, 1:] = rbf_kernel(Z, gamma=width) + 0.2 * np.eye(60)
    solution = np.linalg.solve(system, np.r_[np.zeros((1, 3)), X])
    assert_allclose(ours.intercept_, solution[0], rtol=0, atol=1e-9)
    assert_allclose(ours.dual_coef_, solution[1:], rtol=0, atol=1e-9)
    new = ours.transform(NEW)
    expected = rbf_kernel(new, Z, gamma=width) @ solution[1:] + solution[0]
    assert_allclose(ours.inverse_transform(new), expected, rtol=0, atol=1e-9)


def test_rows_come_back():
    """Two rings, which two linear components cannot tell from noise."""
    rings, _ = make_circles(300, factor=0.3, noise=0.03, random_state=0)
    train, test = rings[:200], rings[200:]
    model = QKernelPCA(5, fit_inverse_transform=True, alpha=0.01).fit(train)
    back = model.inverse_transform(model.transform(test))
    assert np.sqrt(((back - test) ** 2).mean()) < 0.03
    stiff = clone(model).set_params(alpha=1e6).fit(train)
    far = stiff.inverse_transform(stiff.transform(test))
    assert_allclose(far, np.tile(train.mean(axis=0), (100, 1)), atol=1e-3)


def test_any_mean_comes_back():
    settings = {"n_components": 4, "kernel": rbf_kernel, "fit_inverse_transform": True}
    here, there = (QKernelPCA(**settings).fit(X + shift) for shift in (0.0, 100.0))
    back = there.inverse_transform(there.transform(NEW + 100))
    assert_allclose(back - 100, here.inverse_transform(here.transform(NEW)), atol=1e-6)


def test_equal_rows():
    model = QKernelPCA(1, kernel="angle", fit_inverse_transform=True).fit(np.ones((5, 2)))
    assert_array_equal(model.transform(np.ones((2, 2))), [[0.0], [0.0]])
    assert_allclose(model.inverse_transform([[0.0]]), [[1.0, 1.0]])
    one = QKernelPCA(1, fit_inverse_transform=True).fit([[0.3, 0.1]])
    assert_allclose(one.inverse_transform(one.transform([[0.3, 0.1]])), [[0.3, 0.1]])


def test_refitting_without_an_inverse_forgets_it():
    model = QKernelPCA(2, kernel="angle", fit_inverse_transform=True).fit(X)
    model.set_params(fit_inverse_transform=False).fit(X)
    with pytest.raises(NotFittedError, match="fit_inverse_transform=False; set it to True"):
        model.inverse_transform(model.transform(NEW))


# --- As a transformer ------------------------------------------------------------------------


def test_in_batches():
    model = QKernelPCA(3, kernel="angle", fit_inverse_transform=True).fit(X)
    Z = model.transform(NEW)
    back = model.inverse_transform(Z)
    with config_context(working_memory=1e-6):
        assert_allclose(model.transform(NEW), Z, rtol=0, atol=1e-12)
        assert_allclose(model.inverse_transform(Z), back, rtol=0, atol=1e-12)


def test_names_frames_and_sparse_rows():
    pandas = pytest.importorskip("pandas")
    model = QKernelPCA(2, kernel="angle", fit_inverse_transform=True)
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    Z = clone(model).set_output(transform="pandas").fit_transform(frame)
    assert list(Z.columns) == ["qkernelpca0", "qkernelpca1"]
    expected = model.fit_transform(X)
    assert_array_equal(Z.to_numpy(), expected)
    assert_array_equal(model.inverse_transform(Z.to_numpy()), model.inverse_transform(expected))
    sparse = QKernelPCA(2, kernel="angle").fit(csr_array(X))
    assert_allclose(sparse.transform(csr_array(NEW)), model.transform(NEW), atol=1e-9)


def test_in_pipelines_and_searches():
    rows, y = make_circles(80, factor=0.4, noise=0.05, random_state=0)
    grid = {
        "qkernelpca__n_components": [1, 3],
        "qkernelpca__kernel__feature_map__n_qubits": [2, 3],
    }
    pipeline = make_pipeline(QKernelPCA(), LogisticRegression())
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(rows, y)
    assert search.best_score_ > 0.9
    model = search.best_estimator_[0]
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.transform(rows[:5]), model.transform(rows[:5]))


def test_seeds_and_workers():
    shots = FidelityKernel("angle", engine=AerEngine(shots=100))
    first, again, other, workers = (
        QKernelPCA(2, kernel=shots, random_state=seed, n_jobs=n_jobs).fit(X)
        for seed, n_jobs in [(0, 1), (0, 1), (1, 1), (0, 2)]
    )
    assert_array_equal(first.transform(NEW), again.transform(NEW))
    assert_array_equal(first.transform(NEW), workers.transform(NEW))
    assert not np.allclose(first.eigenvalues_, other.eigenvalues_)


def test_progress_is_shown(capsys):
    for verbose in (False, True):
        QKernelPCA(2, kernel="angle", verbose=verbose).fit(X)
        assert bool(capsys.readouterr().err) == verbose


def test_skops():
    skops = pytest.importorskip("skops.io")
    model = QKernelPCA(2, kernel=ProjectedKernel("zz"), fit_inverse_transform=True).fit(X)
    data = skops.dumps(model)
    again = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    assert_array_equal(again.transform(NEW), model.transform(NEW))
    Z = model.transform(NEW)
    assert_array_equal(again.inverse_transform(Z), model.inverse_transform(Z))


# --- What is refused -------------------------------------------------------------------------


def inverse(**settings):
    return QKernelPCA(2, kernel="angle", fit_inverse_transform=True, **settings)


@each(
    ("call", "pattern"),
    [
        (
            lambda: QKernelPCA(kernel="precomputed", fit_inverse_transform=True).fit(K),
            "pass a kernel and the rows, or set fit_inverse_transform=False",
        ),
        (lambda: inverse().fit(csr_array(X)), r"pass X\.toarray\(\)"),
        (lambda: inverse().fit(X).inverse_transform(X), "X has 3 components, but 2 were fitted"),
        (lambda: inverse(inverse_gamma="scala").fit(X), "inverse_gamma='scala' is neither"),
        (lambda: inverse(inverse_gamma=0.0).fit(X), "'inverse_gamma' parameter"),
        (lambda: inverse(alpha=-1.0).fit(X), "'alpha' parameter"),
        (lambda: QKernelPCA(0).fit(X), "'n_components' parameter"),
        (lambda: QKernelPCA(eigen_solver="lobpcg").fit(X), "'eigen_solver' parameter"),
        (lambda: QKernelPCA(kernel="precomputed").fit(X), "is 60x3, not square"),
        (lambda: QKernelPCA().fit(np.full((3, 2), np.nan)), "contains NaN"),
        (lambda: QKernelPCA().fit(X).transform(X[:, :2]), "X has 2 features"),
    ],
)
def test_refusals(call, pattern):
    with pytest.raises(ValueError, match=pattern):
        call()


def test_not_fitted():
    for method in ("transform", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(QKernelPCA(), method)(X)


def test_a_fit_that_fails_changes_nothing():
    model = QKernelPCA(2, kernel="angle").fit(X)
    before = vars(model).copy()
    with pytest.raises(ValueError, match="eigenvalues from"):
        model.set_params(kernel=shot_kernel(), n_components=None).fit(X[:30])
    model.set_params(kernel="angle", n_components=2)
    assert all(vars(model)[name] is value for name, value in before.items())
