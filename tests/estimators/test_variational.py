"""Training itself: records, interruptions, restarts, seeds, and what reaches the parts."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit_machine_learning import optimizers as theirs
from sklearn.exceptions import ConvergenceWarning

from skquantum import VQC, VQR
from skquantum._runtime._parallel import n_workers
from skquantum.ansatze import ANSATZE, RealAmplitudes
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.feature_maps import FEATURE_MAPS
from skquantum.optimizers import Adam

each = pytest.mark.parametrize
pytestmark = [
    pytest.mark.filterwarnings("ignore:Training has not converged"),
    pytest.mark.filterwarnings("ignore:COBYLA. Invalid"),
    pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp`:DeprecationWarning"),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 2))
X_NEW = rng.normal(size=(7, 2))
SIGNAL = np.sin(X[:, 0]) + 0.5 * X[:, 1]
Y = {VQC: np.array(["no", "yes"])[(SIGNAL > 0).astype(int)], VQR: SIGNAL}
EPOCHS = ["adam", "sgd"]
NAMED = [*EPOCHS, "l-bfgs", "cobyla", "spsa", "qnspsa", "nelder-mead", "powell", "slsqp", "tnc"]
NAMED += ["bfgs", "cg", "trust-constr"]
OBJECTS = {
    "COBYLA": theirs.COBYLA(maxiter=40),
    "L_BFGS_B": theirs.L_BFGS_B(maxiter=20),
    "SPSA": theirs.SPSA(maxiter=40, learning_rate=0.2, perturbation=0.1),
    "ADAM": theirs.ADAM(maxiter=30, lr=0.1),
    "NFT": theirs.NFT(maxfev=60),
}
SLOW = {"spsa", "nelder-mead"}  # which take more iterations
both = each("cls", [VQC, VQR], ids=lambda cls: cls.__name__)


def model_of(cls=VQC, **parameters):
    settings = {"readout": "pauli", "optimizer": "l-bfgs", "max_iter": 12, "random_state": 0}
    settings |= parameters
    return cls("angle", settings.pop("ansatz", RealAmplitudes(1)), **settings)


def fitted(cls=VQC, **parameters):
    return model_of(cls, **parameters).fit(X, Y[cls])


def outputs(model):
    return model.predict_proba(X_NEW) if isinstance(model, VQC) else model.predict(X_NEW)


# --- Optimizers ------------------------------------------------------------------------------


@both
@each("name", [*NAMED, *OBJECTS])
def test_every_optimizer_lowers_the_loss(cls, name):
    optimizer = OBJECTS.get(name, name)
    start = [0.4, -0.3, 0.2, 0.1]
    unmoved = fitted(cls, init=start, optimizer="adam", learning_rate_init=1e-300, max_iter=1)
    settings = {"max_iter": 100, "learning_rate_init": 0.2} if name in SLOW else {"max_iter": 40}
    model = fitted(cls, init=start, optimizer=optimizer, **settings)
    assert model.best_loss_ < 0.8 * unmoved.loss_
    assert model.score(X, Y[cls]) > (0.8 if cls is VQC else 0.4)
    assert len(model.loss_curve_) == model.n_iter_
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.loss_ == model.loss_curve_[-1]


@each("name", ["l-bfgs", "cobyla", "nelder-mead", "slsqp", "COBYLA", "NFT", "spsa", "qnspsa"])
def test_the_weights_that_are_kept_are_the_best(name):
    """Another model that starts with them and stays there sees the best loss."""
    model = fitted(optimizer=OBJECTS.get(name, name), max_iter=30)
    vector = np.r_[model.weights_, model.output_scale_, model.output_intercept_]
    again = fitted(init=vector, optimizer="adam", learning_rate_init=1e-300, max_iter=1)
    assert_allclose(outputs(again), outputs(model))
    # losses of SPSA are means over two points at a distance from the weights
    tolerance = {"atol": 0.05} if "spsa" in name else {"rtol": 1e-9}
    assert_allclose(again.loss_, model.best_loss_, **tolerance)


# SPSA has no end of its own, and Powell's method comes to one within a single iteration.
@each("name", [name for name in NAMED if name not in ("spsa", "qnspsa", "powell")])
def test_not_converged(name):
    with pytest.warns(ConvergenceWarning, match="raise max_iter, or tol"):
        fitted(optimizer=name, max_iter=6, tol=1e-9)


@each("name", EPOCHS)
@pytest.mark.filterwarnings("error:Training has not converged")
def test_training_in_epochs_stops_when_nothing_improves(name):
    """As MLPClassifier: more than n_iter_no_change iterations without an improvement of tol."""
    model = fitted(optimizer=name, max_iter=500, tol=0.01, n_iter_no_change=4)
    curve = model.loss_curve_
    assert 5 < len(curve) < 500

    def waited_too_long(curve):
        best, waited = np.inf, 0
        for loss in curve:
            waited = 0 if loss < best - 0.01 else waited + 1
            best = min(best, loss)
        return waited > 4

    assert [waited_too_long(curve[:k]) for k in range(len(curve) + 1)] == [False] * len(curve) + [
        True
    ]


def test_batches():
    single = fitted(optimizer="adam", batch_size=1, max_iter=3)
    large = fitted(optimizer="adam", batch_size=1000, max_iter=3)
    assert single.loss_ < large.loss_  # 30 steps in an epoch rather than one


# --- Callbacks and interruptions -------------------------------------------------------------


@both
@each("name", [*NAMED, *OBJECTS])
def test_callbacks_have_one_signature(cls, name):
    calls = []
    model = fitted(
        cls,
        optimizer=OBJECTS.get(name, name),
        callback=lambda *arguments: calls.append(arguments),
    )
    iterations, losses, weights, elapsed = zip(*calls, strict=True)
    assert iterations == tuple(range(1, model.n_iter_ + 1))
    assert list(losses) == model.loss_curve_
    assert {type(loss) for loss in losses} == {float}
    assert {w.shape for w in weights} == {model.weights_.shape}
    assert (np.diff(elapsed) >= 0).all()
    assert 0 <= elapsed[0] <= elapsed[-1] < 60
    assert any(np.array_equal(w, model.weights_) for w in weights)


@each("name", [*NAMED, *OBJECTS])
@each("how", ["True", "interrupt"])
def test_stopped_on_the_way(name, how, recwarn):
    def callback(iteration, loss, weights, elapsed):
        weights[:] = np.nan  # theirs to write on
        if iteration == 2:
            if how == "interrupt":
                raise KeyboardInterrupt
            return True
        return np.array(1)  # not True

    model = model_of(optimizer=OBJECTS.get(name, name), max_iter=40, callback=callback)
    assert model.fit(X, Y[VQC]) is model
    assert model.n_iter_ == len(model.loss_curve_) == 2
    assert np.isfinite(outputs(model)).all()
    assert model.best_loss_ == min(model.loss_curve_)
    messages = [str(w.message) for w in recwarn if w.category is UserWarning]
    interrupted = [m for m in messages if m.startswith("Training interrupted after 2 iterations")]
    assert len(interrupted) == (how == "interrupt")
    assert not any(w.category is ConvergenceWarning for w in recwarn)


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_interrupted_before_the_first_iteration(monkeypatch):
    """Nothing better than the start is known, and that is kept."""
    monkeypatch.setattr(Adam, "step", interrupt)
    with pytest.warns(UserWarning, match="interrupted after 0 iterations"):
        model = fitted(optimizer="adam", init=[0.1, 0.2, 0.3, 0.4])
    assert_array_equal(model.weights_, [0.1, 0.2, 0.3, 0.4])
    assert model.n_iter_ == 0
    assert model.loss_curve_ == []


@each("warm_start", [False, True])
@each("how", ["fit", "partial_fit"])
def test_interrupted_before_the_first_iteration_of_another_fit(how, warm_start, monkeypatch):
    """Nothing has been learned, and the model of the previous fit is better."""
    model = fitted(optimizer="adam", warm_start=warm_start)
    before, curve = outputs(model), list(model.loss_curve_)
    monkeypatch.setattr(Adam, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        getattr(model, how)(X[::-1], Y[VQC])
    assert_array_equal(outputs(model), before)
    assert model.loss_curve_ == curve


def test_an_interruption_ends_restarts_too():
    calls = []

    def callback(iteration, *_):
        calls.append(iteration)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        fitted(n_restarts=3, max_iter=3, callback=callback)
    assert calls == [1, 2, 3, 1, 2]


def test_errors_of_callbacks_are_not_swallowed():
    model = fitted()
    before = model.weights_
    model.set_params(callback=lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.fit(X, Y[VQC])
    assert model.weights_ is before  # nothing is kept of it


def test_callbacks_that_cannot_be_pickled():
    lock = []
    model = fitted(callback=lambda *_: lock.append(1), engine=AerEngine(), max_iter=2)
    assert lock
    assert model.score(X, Y[VQC]) > 0.5


# --- Restarts, early stopping, progress ------------------------------------------------------


@both
def test_restarts_keep_the_best(cls):
    runs = []

    def callback(iteration, loss, weights, elapsed):
        if iteration == 1:
            runs.append([])
        runs[-1].append((loss, weights))

    model = fitted(cls, n_restarts=4, callback=callback, init="uniform", max_iter=3)
    assert len(runs) == 5
    losses = [[loss for loss, _ in run] for run in runs]
    assert len({curve[0] for curve in losses}) == 5  # different starts
    best = min(losses, key=min)
    assert model.loss_curve_ == best
    assert model.best_loss_ == min(map(min, losses)) < max(map(min, losses))
    assert_array_equal(model.weights_, runs[losses.index(best)][np.argmin(best)][1])


@both
@each("name", ["adam", "l-bfgs", "spsa"])
def test_early_stopping(cls, name):
    settings = {"validation_fraction": 0.3, "n_iter_no_change": 3, "max_iter": 300}
    model = fitted(cls, optimizer=name, early_stopping=True, **settings)
    scores = model.validation_scores_
    assert len(scores) == model.n_iter_ == len(model.loss_curve_)
    assert model.best_validation_score_ == max(scores)
    assert max(scores) <= 1
    assert fitted(cls).validation_scores_ is None
    assert fitted(cls).best_validation_score_ is None


def test_validation_scores_are_those_of_held_out_rows():
    model = fitted(early_stopping=True, validation_fraction=0.2, optimizer="adam", max_iter=4)
    assert len(model.validation_scores_) == 4
    for score in model.validation_scores_:
        assert score * 6 == pytest.approx(round(score * 6))  # a share of 6 rows


def test_progress(capsys):
    fitted(max_iter=5, optimizer="adam")
    assert capsys.readouterr() == ("", "")
    fitted(max_iter=5, optimizer="adam", verbose=True)
    out, err = capsys.readouterr()
    assert out == ""
    for part in ("VQC", "5/5", "loss "):
        assert part in err


# --- Seeds and workers -----------------------------------------------------------------------


@both
@each("name", ["adam", "sgd", "l-bfgs", "spsa", "qnspsa"])
def test_seeds(cls, name):
    settings = {"optimizer": name, "max_iter": 4, "n_restarts": 1}
    one = fitted(cls, **settings)
    np.random.uniform()  # noqa: NPY002 - what the global generator does is no matter
    same = fitted(cls, **settings)
    other = fitted(cls, **settings, random_state=1)
    assert_array_equal(same.weights_, one.weights_)
    assert_array_equal(outputs(same), outputs(one))
    assert (other.weights_ != one.weights_).any()
    instance = np.random.RandomState(0)
    assert_array_equal(fitted(cls, **settings, random_state=instance).weights_, one.weights_)


@each(
    ("engine", "ansatz"),
    [
        *(("compiled", ansatz) for ansatz in sorted(ANSATZE)),
        (AerEngine(), RealAmplitudes(1)),
        (AerEngine(shots=50), RealAmplitudes(1)),
    ],
    ids=str,
)
def test_any_number_of_workers_gives_the_same_bits(engine, ansatz, monkeypatch):
    monkeypatch.setattr("skquantum._runtime._parallel.MIN_SECONDS_TO_SHIP", 0.0)
    monkeypatch.setattr("skquantum._runtime._parallel.MIN_SECONDS_TO_THREAD", 0.0)
    assert n_workers(2, 1e-9, threads=False) == 2
    shared = {"ansatz": ansatz, "engine": engine, "max_iter": 2, "optimizer": "adam"}
    shared |= {"batch_size": 15, "alpha": 0.0}
    models = []
    for n_jobs in (None, 2, 3):
        with joblib.parallel_config("threading" if n_jobs == 3 else "loky"):
            models.append(fitted(**shared, n_jobs=n_jobs))
            models[-1].predictions = outputs(models[-1])
    for model in models[1:]:
        assert model.loss_curve_ == models[0].loss_curve_
        assert_array_equal(model.weights_, models[0].weights_)
        assert_array_equal(model.predictions, models[0].predictions)


@each("engine", ["aer", AerEngine(), CompiledEngine(precision="single")], ids=str)
def test_engines_agree(engine):
    settings = {"optimizer": "adam", "max_iter": 4}
    model, other = fitted(**settings), fitted(**settings, engine=engine)
    tolerance = 1e-4 if "single" in str(engine) else 1e-9
    assert_allclose(other.loss_curve_, model.loss_curve_, rtol=tolerance)
    assert_allclose(outputs(other), outputs(model), rtol=tolerance)


@each("feature_map", FEATURE_MAPS)
@each("ansatz", ["real_amplitudes", None], ids=str)
def test_every_feature_map_trains_alike_on_both_engines(feature_map, ansatz):
    rows = (X[:12] > 0).astype(int) if feature_map == "basis" else X[:12]
    settings = {"max_iter": 2, "random_state": 0, "optimizer": "sgd"}
    compiled = VQC(feature_map, ansatz, **settings).fit(rows, Y[VQC][:12])
    aer = VQC(feature_map, ansatz, **settings, engine="aer").fit(rows, Y[VQC][:12])
    assert_allclose(aer.loss_curve_, compiled.loss_curve_, rtol=1e-9)
    assert_allclose(aer.weights_, compiled.weights_, atol=1e-7)
