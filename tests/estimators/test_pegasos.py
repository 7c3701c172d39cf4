"""QPegasosSVC against Pegasos as the paper has it, and against the optimum that it nears."""

import pickle
import warnings

import numpy as np
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skquantum import QPegasosSVC
from skquantum.engines import AerEngine
from skquantum.kernels import CallableKernel, FidelityKernel, ProjectedKernel

each = pytest.mark.parametrize
rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (150, 3))  # more rows than a block
NEW = rng.uniform(-1, 1, (9, 3))
SIGNAL = X[:, 0] + np.sin(2 * X[:, 1]) + 0.3 * rng.normal(size=150)
TWO = (SIGNAL > 0.2) * 1
THREE = np.array(["b", "c", "a"])[np.digitize(SIGNAL, [-0.5, 0.6])]
WEIGHT = rng.uniform(0.2, 3, 150) * (np.arange(150) % 5 > 0)
K = angle_kernel(X, X)
FEW = {"max_iter": 4, "tol": None, "random_state": 7}


def oracle(K, y, calls, *, alpha=1e-4, intercept=True, weight=None):
    """Return dual coefficients by rows and classes: one kernel at a time, as the paper has it.

    `calls` lists the rows in the order of their steps.
    """
    K = K + 1 if intercept else K
    classes = np.unique(y)
    columns = []
    for positive in classes[1:] if len(classes) == 2 else classes:
        target = np.where(y == positive, 1, -1)
        sums = np.zeros(len(y))
        for t, i in enumerate(calls, start=1):
            if target[i] / (alpha * t) * sum(sums[j] * K[i, j] for j in sums.nonzero()[0]) < 1:
                sums[i] += target[i] * (1 if weight is None else weight[i])
        columns.append(sums / (alpha * len(calls)))
    return np.array(columns)


def order(n_rows, n_epochs, seed=7):
    random_state = np.random.RandomState(seed)
    return np.concatenate([random_state.permutation(n_rows) for _ in range(n_epochs)])


def dense(model, n_rows=150):
    """Return dual coefficients of all rows."""
    found = np.zeros((len(model.dual_coef_), n_rows))
    found[:, model.support_] = model.dual_coef_
    return found


def by_row(model, rows):
    """Return dual coefficients of different rows, in whatever call they came."""
    return model.dual_coef_ @ (model.support_vectors_[:, np.newaxis] == rows).all(axis=2)


def fitted(y=TWO, rows=X, **parameters):
    return QPegasosSVC(**{"kernel": "angle", **FEW, **parameters}).fit(rows, y)


# --- The algorithm ---------------------------------------------------------------------------


@each("y", [TWO, THREE], ids=["two", "three"])
@each("alpha", [1e-4, 0.05])
@each("intercept", [True, False])
@each(
    ("kernel", "rows"),
    [("angle", X), (angle_kernel, X), ("precomputed", K)],
    ids=["name", "function", "precomputed"],
)
def test_equals_the_paper(y, alpha, intercept, kernel, rows):
    model = fitted(y, rows, kernel=kernel, alpha=alpha, fit_intercept=intercept)
    expected = oracle(K, y, order(150, 4), alpha=alpha, intercept=intercept)
    assert_allclose(dense(model), expected, rtol=1e-9)
    assert_array_equal(model.support_, np.flatnonzero(expected.any(axis=0)))
    assert_allclose(model.intercept_, intercept * expected.sum(axis=1), rtol=1e-9, atol=1e-9)
    K_new = angle_kernel(NEW, X)
    new = K_new if isinstance(kernel, str) and kernel == "precomputed" else NEW
    decision = K_new @ expected.T + intercept * expected.sum(axis=1)
    classes = np.unique(y)
    if len(classes) == 2:
        decision = decision[:, 0]
        winners = (decision > 0) * 1
    else:
        winners = decision.argmax(axis=1)
    assert_allclose(model.decision_function(new), decision, rtol=1e-9)
    assert_array_equal(model.predict(new), classes[winners])
    assert model.n_iter_ == 4
    assert model.t_ == 600


def test_weights():
    """Rows of weight 0 are left out, and those of classes multiply those of rows."""
    rows = np.flatnonzero(WEIGHT)
    by_class = {"a": 2.0, "b": 0.5, "c": 1.0}
    model = QPegasosSVC("angle", class_weight=by_class, **FEW).fit(X, THREE, WEIGHT)
    weight = (WEIGHT * np.vectorize(by_class.get)(THREE))[rows]
    expected = oracle(K[np.ix_(rows, rows)], THREE[rows], order(len(rows), 4), weight=weight)
    assert_allclose(dense(model)[:, rows], expected, rtol=1e-9)
    assert not np.isin(model.support_, np.flatnonzero(WEIGHT == 0)).any()
    assert_array_equal(model.support_vectors_, X[model.support_])
    matrix = QPegasosSVC("precomputed", class_weight=by_class, **FEW).fit(K, THREE, WEIGHT)
    assert_allclose(dense(matrix), dense(model), rtol=1e-9)
    assert matrix.support_vectors_.size == 0


def test_balanced_classes():
    share = {c: 150 / (3 * np.sum(c == THREE)) for c in "abc"}
    expected = dense(fitted(THREE, class_weight=share))
    assert_allclose(dense(fitted(THREE, class_weight="balanced")), expected, rtol=1e-9)
    assert not np.allclose(dense(fitted(THREE)), expected)


@each("intercept", [True, False])
def test_nears_the_optimum(intercept):
    """That of liblinear on features whose products are the kernel; its intercept is regularised."""
    alpha = 0.01
    values, vectors = np.linalg.eigh(K)
    features = vectors * np.sqrt(np.maximum(values, 0))
    best = LinearSVC(
        loss="hinge", C=1 / (150 * alpha), fit_intercept=intercept, tol=1e-6, max_iter=10**6
    ).fit(features, TWO)
    model = fitted(alpha=alpha, fit_intercept=intercept, max_iter=300)
    target = 2 * TWO - 1

    def objective(squared_norm, decision):
        return alpha / 2 * squared_norm + np.maximum(0, 1 - target * decision).mean()

    coef = dense(model)[0]
    reached = objective(coef @ (K + intercept) @ coef, model.decision_function(X))
    norm = (best.coef_**2).sum() + np.sum(best.intercept_**2)
    least = objective(norm, best.decision_function(features))
    assert least < reached < 1.03 * least


def test_as_accurate_as_svc():
    rows, y = make_moons(500, noise=0.25, random_state=0)
    kernel = FidelityKernel(engine="compiled").fit(rows[:300])
    matrix, test = kernel(rows[:300]), kernel(rows[300:], rows[:300])
    svc = SVC(kernel="precomputed", C=1 / (300 * 1e-3)).fit(matrix, y[:300])
    model = QPegasosSVC("precomputed", alpha=1e-3, random_state=0).fit(matrix, y[:300])
    assert model.score(test, y[300:]) > svc.score(test, y[300:]) - 0.02 > 0.85


# --- Epochs ----------------------------------------------------------------------------------


def losses_of(y, n_epochs, alpha=1e-4):
    """Return the mean hinge loss of each epoch, each row's before its step."""
    target, sums, losses = 2 * y - 1, np.zeros(150), []
    for t, i in enumerate(order(150, n_epochs), start=1):
        margin = target[i] * (sums @ (K[i] + 1)) / (alpha * t)
        losses.append(max(0, 1 - margin))
        sums[i] += target[i] * (margin < 1)
    return np.reshape(losses, (n_epochs, 150)).mean(axis=1)


@each(("tol", "n_iter_no_change"), [(1e-3, 5), (0.3, 2), (0.3, 4)])
def test_training_stops_as_that_of_sgd(tol, n_iter_no_change):
    expected = losses_of(TWO, 200)
    best, waited = np.inf, 0
    for loss in expected:
        waited = waited + 1 if loss > best - tol else 0
        best = min(best, loss)
        if waited == n_iter_no_change:
            break
    n_iter = list(expected).index(loss) + 1
    model = fitted(max_iter=1000, tol=tol, n_iter_no_change=n_iter_no_change)
    assert model.n_iter_ == len(model.loss_curve_) == n_iter < 200
    assert_allclose(model.loss_curve_, expected[:n_iter], rtol=1e-9)


def test_says_that_the_loss_still_falls():
    with pytest.warns(ConvergenceWarning, match="after 2 iterations; raise max_iter"):
        fitted(max_iter=2, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted(max_iter=2, tol=None).n_iter_ == 2


def test_callback():
    calls = []
    model = fitted(callback=lambda *arguments: calls.append(arguments))
    iterations, losses, coefs, elapsed = zip(*calls, strict=True)
    assert iterations == (1, 2, 3, 4)
    assert list(losses) == model.loss_curve_
    assert_allclose(coefs[1], oracle(K, TWO, order(150, 2))[0], rtol=1e-9)
    assert elapsed[0] <= elapsed[-1] < 60
    three = fitted(THREE, callback=lambda n, loss, coef, t: calls.append(coef.reshape(150, 3)))
    assert_allclose(calls[-1].T, dense(three), rtol=1e-9)
    assert fitted(callback=lambda n, *_: n == 2).n_iter_ == 2


@pytest.fixture
def interrupt_at(monkeypatch):
    """Interrupt when a kernel matrix is computed for the n-th time."""
    gram = FidelityKernel.gram

    def arm(number):
        calls = []

        def interrupting(self, *encoded):
            calls.append(None)
            if len(calls) == number:
                raise KeyboardInterrupt
            return gram(self, *encoded)

        monkeypatch.setattr(FidelityKernel, "gram", interrupting)

    return arm


def test_an_interruption_keeps_the_last_epoch(interrupt_at):
    interrupt_at(8)  # two blocks, each with itself and with all rows, in an epoch
    with pytest.warns(UserWarning, match="Training interrupted after [123] iterations"):
        model = fitted()
    assert model.t_ == 150 * model.n_iter_
    assert_allclose(dense(model), oracle(K, TWO, order(150, model.n_iter_)), rtol=1e-9)


@each("method", ["fit", "partial_fit"])
def test_an_interruption_of_the_first_epoch_changes_nothing(method, interrupt_at):
    model = fitted()
    before = vars(model).copy()
    interrupt_at(3)
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(X[::-1], TWO)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())


# --- partial_fit -----------------------------------------------------------------------------


@each("y", [TWO, THREE], ids=["two", "three"])
@each("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_partial_fit_takes_the_steps_of_the_paper(y, weight):
    model, random_state, calls = QPegasosSVC("angle", random_state=7), np.random.RandomState(7), []
    for start in (0, 50, 100):
        some = slice(start, start + 50)
        w = np.ones(50) if weight is None else weight[some]
        classes = np.unique(y) if start == 0 else None
        model.partial_fit(X[some], y[some], classes=classes, sample_weight=w)
        rows = start + np.flatnonzero(w)
        calls.append(rows[random_state.permutation(len(rows))])
    expected = oracle(K, y, np.concatenate(calls), weight=weight)
    assert_allclose(dense(model), expected, rtol=1e-9)
    assert model.n_iter_ == 1
    assert model.t_ == sum(map(len, calls))


def test_the_same_rows_again_are_epochs():
    model = QPegasosSVC("angle", random_state=7)
    for _ in range(4):
        model.partial_fit(X, THREE, classes=["a", "b", "c"])
    once = fitted(THREE)
    assert_allclose(by_row(model, X), dense(once), rtol=1e-9)
    assert_allclose(model.loss_curve_, once.loss_curve_, rtol=1e-9)
    assert model.t_ == once.t_ == 600
    assert len(model.support_) == len(once.support_)  # rows that come again are recognised
    numbers = model.support_ % 150
    assert_array_equal(model.support_vectors_, X[numbers])


def test_fit_begins_anew_and_partial_fit_goes_on():
    model = fitted(max_iter=2)
    model.partial_fit(X, TWO)
    assert_allclose(by_row(model, X), dense(fitted(max_iter=3)), rtol=1e-9)
    assert len(model.loss_curve_) == 3
    assert_array_equal(dense(model.fit(X, TWO)), dense(fitted(max_iter=2)))


@each("kind", [lambda rows: rows, csr_array], ids=["dense", "sparse"])
@each(
    "kernel",
    [
        FidelityKernel("zz", engine="compiled"),
        ProjectedKernel("zz"),
        FidelityKernel("angle") + CallableKernel(angle_kernel),
        FidelityKernel("zz", engine="chain"),
        FidelityKernel("zz", engine="mps"),
        FidelityKernel("angle", engine=AerEngine(shots=200), random_state=0),
    ],
    ids=label,
)
def test_kernels_and_rows_that_are_kept(kernel, kind):
    """In two calls, rows of the second one repeated, as on the matrix."""
    rows, again = X[:40], np.r_[20:40, 20:40]
    model = QPegasosSVC(kernel, random_state=7).partial_fit(kind(rows), TWO[:40], classes=[0, 1])
    model.partial_fit(kind(rows[again]), TWO[again])
    matrix = model.kernel_(rows, rows)
    random_state = np.random.RandomState(7)
    calls = np.r_[random_state.permutation(40), again[random_state.permutation(40)]]
    (coef,) = oracle(matrix, TWO[:40], calls)
    expected = model.kernel_(NEW, rows) @ coef + coef.sum()
    assert_allclose(model.decision_function(kind(NEW)), expected, rtol=1e-6)
    assert len(model.support_) <= 60


@each("kind", [lambda rows: rows, csr_array], ids=["dense", "sparse"])
def test_rows_that_change_nothing(kind):
    rows, y = kind(np.array([[-1.0], [-0.9], [0.9], [1.0]])), [0, 0, 1, 1]
    model = QPegasosSVC("angle", random_state=0).fit(rows, y)
    assert model.loss_curve_[-1] == 0  # all are classified well
    before, t = model.decision_function(rows), model.t_
    model.partial_fit(rows, y)
    assert model.t_ == t + 4
    assert_allclose(model.decision_function(rows), before * t / (t + 4))


def test_rows_dense_and_sparse_in_turn():
    both = QPegasosSVC("angle", random_state=7).partial_fit(X[:50], TWO[:50], classes=[0, 1])
    plain = clone(both).partial_fit(X[:50], TWO[:50], classes=[0, 1])
    both.partial_fit(csr_array(X[50:]), TWO[50:])
    plain.partial_fit(X[50:], TWO[50:])
    assert_allclose(dense(both), dense(plain), rtol=1e-9)
    assert_allclose(both.support_vectors_.toarray(), plain.support_vectors_)


def test_another_engine_between_calls():
    model = QPegasosSVC("angle", random_state=7).partial_fit(X[:50], TWO[:50], classes=[0, 1])
    plain = pickle.loads(pickle.dumps(model)).partial_fit(X[50:], TWO[50:])
    model.kernel_.set_params(engine="compiled")
    model.partial_fit(X[50:], TWO[50:])
    assert_allclose(dense(model), dense(plain), rtol=1e-9)


def test_a_matrix_has_no_partial_fit():
    model = QPegasosSVC("precomputed")
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as error:
        model.partial_fit  # noqa: B018
    assert "kernel='precomputed' does not have; pass a kernel" in str(error.value.__cause__)
    model.fit(K, TWO).set_params(kernel="angle")
    assert not hasattr(model, "partial_fit")
    assert hasattr(model.fit(X, TWO), "partial_fit")


# --- What is computed ------------------------------------------------------------------------


@pytest.fixture
def compared(monkeypatch):
    shapes = []
    gram = FidelityKernel.gram

    def counting(self, A, B=None):
        shapes.append((len(A), len(A if B is None else B)))
        return gram(self, A, B)

    monkeypatch.setattr(FidelityKernel, "gram", counting)
    return shapes


def columns_of_all_rows(shapes, n_rows):
    return sum(n_columns for n, n_columns in shapes if n == n_rows)


def test_only_columns_of_support_vectors_are_computed(compared):
    rows = np.random.default_rng(3).uniform(-1, 1, (700, 3))
    y = (rows[:, 0] > 0) * 1
    model = fitted(y, rows, max_iter=10)
    assert max(n_columns for _, n_columns in compared) <= 128
    assert columns_of_all_rows(compared, 700) == len(model.support_) < 350
    compared.clear()
    small = fitted(y, rows, max_iter=10, cache_size=8 * 700 * 20 / 2**20)  # twenty columns
    assert columns_of_all_rows(compared, 700) > len(model.support_)
    assert_allclose(dense(small, 700), dense(model, 700), rtol=1e-9)


def test_each_row_is_simulated_once(monkeypatch):
    simulated = []
    encode = FidelityKernel._encode
    monkeypatch.setattr(
        FidelityKernel,
        "_encode",
        lambda self, rows, **options: simulated.append(len(rows)) or encode(self, rows, **options),
    )
    model = fitted().partial_fit(X[:30], TWO[:30])
    model.predict(NEW)
    assert simulated == [150, 30, 9]


def test_in_batches():
    model = fitted(THREE)
    expected = model.decision_function(NEW)
    later = pickle.loads(pickle.dumps(model)).partial_fit(X[:20], THREE[:20])
    with config_context(working_memory=1e-6):
        assert_allclose(model.decision_function(NEW), expected, rtol=1e-9)
        model.partial_fit(X[:20], THREE[:20])
    assert_allclose(dense(model), dense(later), rtol=1e-9)


# --- As a classifier -------------------------------------------------------------------------


def test_seeds_workers_and_labels():
    settings = {"kernel": FidelityKernel("angle", engine=AerEngine(shots=100)), "max_iter": 2}
    first = fitted(**settings)
    assert_array_equal(dense(fitted(**settings)), dense(first))
    assert_array_equal(dense(fitted(**settings, n_jobs=2)), dense(first))
    assert not np.array_equal(dense(fitted(**settings, random_state=8)), dense(first))
    for y in (TWO == 1, np.array(["no", "yes"])[TWO], np.array([3.0, 5.0])[TWO]):
        model = fitted(y, **settings)
        assert_array_equal(dense(model), dense(first))
        assert set(model.predict(NEW)) <= set(y)


def test_progress_is_shown(capsys):
    for verbose in (False, True):
        fitted(verbose=verbose)
        assert ("QPegasosSVC" in capsys.readouterr().err) == verbose


def test_in_pipelines_searches_and_pickles():
    grid = {
        "qpegasossvc__alpha": [1e-4, 1e-2],
        "qpegasossvc__kernel__feature_map__n_qubits": [3, 4],
    }
    pipeline = make_pipeline(StandardScaler(), QPegasosSVC(random_state=0))
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, THREE)
    assert search.best_score_ > 0.6
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
    assert_array_equal(copy.decision_function(NEW), search.decision_function(NEW))


def test_matrices_are_cut_in_searches():
    settings = {"cv": 3, "error_score": "raise", "return_estimator": False}
    rows = cross_validate(QPegasosSVC("angle", random_state=0), X, TWO, **settings)
    matrix = cross_validate(QPegasosSVC("precomputed", random_state=0), K, TWO, **settings)
    assert_array_equal(rows["test_score"], matrix["test_score"])


def test_names_of_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    model = fitted(rows=frame)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    assert_array_equal(model.predict(frame), fitted().predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame[["b", "a", "c"]], TWO)


def test_weights_are_routed():
    with config_context(enable_metadata_routing=True):
        model = QPegasosSVC("angle", **FEW).set_fit_request(sample_weight=True)
        model.set_partial_fit_request(sample_weight=True, classes=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model).fit(X, TWO, sample_weight=WEIGHT)
    expected = fitted(rows=StandardScaler().fit_transform(X))
    assert len(pipeline[-1].support_) < len(expected.support_)
    assert not np.isin(pipeline[-1].support_, np.flatnonzero(WEIGHT == 0)).any()


# --- What is refused -------------------------------------------------------------------------

ONCE = QPegasosSVC("angle", random_state=0).fit(X, TWO)
REPAIRED = FidelityKernel("angle", engine=AerEngine(shots=100), repair="clip")


@each(
    ("call", "pattern"),
    [
        (lambda: fitted(np.zeros(150)), "y holds 1 class"),
        (
            lambda: QPegasosSVC("angle").fit(X, TWO, sample_weight=TWO),
            "y, without rows of weight 0, holds 1 class",
        ),
        (lambda: QPegasosSVC("angle").fit(X, TWO, -WEIGHT), "must not be negative"),
        (lambda: fitted(alpha=1e-16), r"alpha=1e-16 is less than 1e-15 of the largest weight, 1,"),
        (lambda: QPegasosSVC("angle").fit(X, TWO, 1e200 * WEIGHT), "divide the weights"),
        (lambda: fitted(SIGNAL), "Unknown label type"),
        (lambda: fitted(kernel=REPAIRED), "repair='clip' repairs a whole kernel matrix"),
        (lambda: fitted(kernel=REPAIRED + 1), "set k1__repair=None, or use QSVC"),
        (lambda: fitted(kernel="precomputed"), "is 150x3, not square"),
        (lambda: fitted(class_weight={7: 1.0}), "which are not classes in y"),
        (lambda: fitted(alpha=0), "'alpha' parameter"),
        (lambda: fitted(cache_size=0), "'cache_size' parameter"),
        (lambda: fitted(max_iter=0), "'max_iter' parameter"),
        (lambda: fitted(tol=-1.0), "'tol' parameter"),
        (lambda: fitted(n_iter_no_change=0), "'n_iter_no_change' parameter"),
        (lambda: QPegasosSVC("angle").partial_fit(X, TWO), r"pass classes=\.\.\."),
        (lambda: QPegasosSVC("angle").partial_fit(X, TWO, classes=[0]), "classes holds 1 class"),
        (
            lambda: QPegasosSVC("angle", class_weight="balanced").partial_fit(X, TWO, [0, 1]),
            "needs all rows at once",
        ),
        (lambda: clone(ONCE).fit(X, TWO).partial_fit(X, TWO + 1), r"\[2\], which are not among"),
        (lambda: clone(ONCE).fit(X, TWO).partial_fit(X, TWO, [0, 1, 2]), "must stay the same"),
        (lambda: ONCE.partial_fit(X[:, :2], TWO), "X has 2 features"),
        (lambda: ONCE.predict(np.full((1, 3), np.nan)), "contains NaN"),
        (lambda: ONCE.predict(X[:0]), "0 sample"),
    ],
)
def test_refusals(call, pattern):
    with pytest.raises(ValueError, match=pattern):
        call()


@each(
    ("keyword", "advice"),
    [("C", r"alpha=1 / \(C \* n_samples\)"), ("num_steps", "max_iter=num_steps / n_samples")],
)
def test_keywords_of_its_counterparts(keyword, advice):
    with pytest.raises(TypeError, match=rf"no parameter '{keyword}'.*write QPegasosSVC\({advice}"):
        QPegasosSVC(**{keyword: 1})


def test_callbacks_of_another_signature():
    with pytest.raises(TypeError, match="let it accept these 4 arguments"):
        fitted(callback=lambda loss: None)


def test_one_row_per_class_and_huge_angles():
    model = QPegasosSVC("angle", random_state=0).fit([[0.0], [2.0]], ["a", "b"])
    assert list(model.predict([[0.1], [1.9]])) == ["a", "b"]
    fitted(rows=1e6 * X)
