"""VQC and VQR where others lose a model: bad losses, tiny sets, changed settings, seeds, memory."""

import functools
import inspect

import numpy as np
import pandas as pd
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelBinarizer

from skquantum import VQC, VQR
from skquantum.ansatze import RealAmplitudes
from skquantum.diagnostics import gradient_variance
from skquantum.engines import AerEngine, ChainEngine, CompiledEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.optimizers import Optimizer
from skquantum.variational import Loss, Readout

each = pytest.mark.parametrize
pytestmark = [
    pytest.mark.filterwarnings("ignore:Training has not converged"),
    pytest.mark.filterwarnings("ignore:.*encountered in multiply:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Method COBYLA does not use gradient"),
]

X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
Y = {VQC: (X[:, 0] > 0) * 1, VQR: X[:, 0] - X[:, 1] ** 2}
both = each("cls", [VQC, VQR], ids=lambda cls: cls.__name__)


def model_of(cls=VQC, **parameters):
    settings = {"readout": "pauli", "optimizer": "adam", "max_iter": 4, "random_state": 0}
    settings |= parameters
    return cls("angle", settings.pop("ansatz", RealAmplitudes(1)), **settings)


def outputs(model, rows=X):
    return model.predict_proba(rows) if isinstance(model, VQC) else model.predict(rows)


# --- Callbacks -------------------------------------------------------------------------------


@both
@each("optimizer", ["adam", "l-bfgs", "cobyla", "spsa"])
def test_callbacks_stop_with_a_bool_of_numpy(cls, optimizer):
    model = model_of(cls, optimizer=optimizer, callback=lambda k, *_: np.float64(k) >= 2)
    assert model.fit(X, Y[cls]).n_iter_ == 2


@each(
    "callback",
    [lambda weights, loss: None, lambda: None, lambda a, b, c, d, e: None, lambda *, loss: None],
    ids=["two", "none", "five", "keyword"],
)
@each("how", ["fit", "partial_fit"])
def test_callbacks_of_another_signature(callback, how):
    model = model_of(callback=callback)
    call = getattr(model, how)
    options = {"classes": [0, 1]} if how == "partial_fit" else {}
    with pytest.raises(TypeError, match=r"called as callback\(iteration, loss, weights, elapsed\)"):
        call(X, Y[VQC], **options)


def test_callbacks_of_many_kinds():
    seen = []

    class Watch:
        def __call__(self, iteration, loss, weights, elapsed=0.0):
            seen.append(iteration)

    for callback in (Watch(), seen.append and (lambda *args: seen.append(args[0])), print):
        model_of(callback=callback, max_iter=1).fit(X, Y[VQC])
    assert seen == [1, 1]


# --- Losses that are not finite --------------------------------------------------------------


class Scripted(Optimizer):
    """Reports what it is told to: multiples of the start."""

    def __init__(self, factors):
        self.factors = factors

    def _minimize(self, objective, weights, report, *, max_iter, **settings):
        for factor in self.factors:
            report(weights * factor, objective.value(weights * factor))
        return True


class Fragile(Loss):
    """The squared error, and `bad` where a target is large."""

    def __init__(self, bad=np.nan):
        self.bad = bad

    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        losses = (difference**2).sum(axis=1)
        return np.where(np.abs(predictions).max(axis=1) > 50, self.bad, losses), 2 * difference


@each("factor", [np.inf, np.nan, 1e300])
@each("early_stopping", [False, True])
@both
def test_weights_without_bounds(cls, early_stopping, factor):
    """The best weights are kept, and the rest of training, which is lost, is not tried."""
    settings = {"early_stopping": early_stopping, "init": np.full(4, 0.3)}
    calm = model_of(cls, optimizer=Scripted([1.0, 0.9]), **settings).fit(X, Y[cls])
    model = model_of(cls, optimizer=Scripted([1.0, 0.9, factor, 0.8]), **settings)
    with pytest.warns(ConvergenceWarning, match=r"loss was nan in 1 of 3 .* learning_rate_init"):
        model.fit(X, Y[cls])
    assert model.n_iter_ == 3
    assert_array_equal(model.weights_, calm.weights_)
    assert model.best_loss_ == calm.best_loss_
    assert np.isfinite(outputs(model)).all()


@each("bad", [np.nan, np.inf])
def test_losses_that_are_not_finite_in_between(bad):
    model = model_of(VQR, loss=Fragile(bad), optimizer=Scripted([1.0, 1e3, 0.9, 1e4, 0.8]))
    model.set_params(init=np.r_[np.full(4, 0.3), 2.0, 1.0], alpha=0.0)
    with pytest.warns(ConvergenceWarning, match=f"loss was {bad} in 2 of 5 iterations"):
        model.fit(X, Y[VQR])
    finite = [loss for loss in model.loss_curve_ if np.isfinite(loss)]
    assert len(finite) == 3
    assert model.best_loss_ == min(finite)
    assert_allclose(
        model.weights_,
        0.3
        * (1.0, 0.0, 0.9, 0.0, 0.8)[
            np.nanargmin(np.where(np.isfinite(model.loss_curve_), model.loss_curve_, np.nan))
        ],
    )


@each("optimizer", ["adam", "sgd", "spsa", "qnspsa"])
@each("how", ["fit", "partial_fit", "warm"])
@both
def test_nothing_but_bad_losses(cls, how, optimizer):
    """As MLPClassifier, an error; and the model of before is kept."""
    if how == "partial_fit" and optimizer in ("spsa", "qnspsa"):
        pytest.skip("not in epochs")
    model = model_of(cls, optimizer=optimizer).fit(X, Y[cls])
    before = vars(model).copy()
    model.set_params(learning_rate_init=1e308, warm_start=how == "warm")
    if "spsa" in optimizer:  # which reports the weights before a step
        model.set_params(loss=Broken())
    with pytest.raises(ValueError, match=r"The loss was (nan|inf) in each of .*learning_rate_init"):
        (model.partial_fit if how == "partial_fit" else model.fit)(X, Y[cls])
    for name, value in before.items():
        if name.endswith("_"):
            assert vars(model)[name] is value


class Broken(Loss):
    def of_predictions(self, predictions, targets):
        return np.full(len(targets), np.nan), np.zeros(predictions.shape)


def test_the_best_of_several_starts_may_be_the_only_one():
    model = model_of(optimizer="sgd", n_restarts=2, max_iter=3, init="uniform")
    starts = []

    class Sometimes(Scripted):
        def _minimize(self, objective, weights, report, **settings):
            starts.append(weights)
            factors = [1.0] if len(starts) == 2 else [np.nan]
            return Scripted(factors)._minimize(objective, weights, report, **settings)

    model.set_params(optimizer=Sometimes([])).fit(X, Y[VQC])
    assert_array_equal(model.weights_, starts[1][:4])


# --- Early stopping and small sets -----------------------------------------------------------


@both
def test_a_validation_set_of_one_row(cls):
    with pytest.raises(ValueError, match=r"fraction=0.1 of 9 rows leaves 1 .* 2 or more"):
        model_of(cls, early_stopping=True).fit(X[:9], Y[cls][:9])
    model = model_of(cls, early_stopping=True, validation_fraction=0.0)
    with pytest.raises(ValueError, match=r"of 60 rows leaves 0 for validation"):
        model.fit(X, Y[cls])
    model.set_params(early_stopping=False).fit(X, Y[cls])  # as MLP, which ignores it then
    scores = model_of(cls, early_stopping=True).fit(X[:20], Y[cls][:20]).validation_scores_
    assert np.isfinite(scores).all()


@both
def test_validation_rows_without_a_weight(cls):
    weight = np.zeros(60)
    weight[:2] = 1.0
    with pytest.raises(ValueError, match=r"is 0 for all of \d+ (validation|training) rows"):
        model_of(cls, early_stopping=True).fit(X, Y[cls], sample_weight=weight)


@both
def test_weights_of_zero(cls):
    with pytest.raises(ValueError, match="at least one non-zero number"):
        model_of(cls).fit(X, Y[cls], sample_weight=np.zeros(60))


@both
def test_no_early_stopping_in_partial_fit(cls):
    """As MLPClassifier."""
    model = model_of(cls).fit(X, Y[cls]).set_params(early_stopping=True)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        model.partial_fit(X, Y[cls])


@both
def test_endless_patience(cls):
    model = model_of(cls, n_iter_no_change=np.inf, tol=10.0, max_iter=15)
    assert model.fit(X, Y[cls]).n_iter_ == 15
    assert model.set_params(n_iter_no_change=3).fit(X, Y[cls]).n_iter_ < 15


def test_a_single_row():
    model = model_of(VQR, max_iter=300, alpha=0.0).fit(X[:1], [7.0])
    assert_allclose(model.predict(X[:1]), [7.0], atol=0.05)


@each("factor", [1e-250, 1e250, 1e307])
def test_targets_of_any_size(factor):
    """Powers of two round nothing, so even the bits agree."""
    power = 2.0 ** np.round(np.log2(factor))
    model, other = (model_of(VQR).fit(X, Y[VQR] * f) for f in (1.0, power))
    assert other.loss_curve_ == model.loss_curve_
    assert_array_equal(other.predict(X) / power, model.predict(X))


# --- Fits that fail --------------------------------------------------------------------------


@both
@each("how", ["fit", "partial_fit"])
def test_a_failed_fit_on_other_features(cls, how):
    frame = pd.DataFrame(X, columns=["a", "b"])
    model = model_of(cls).fit(frame, Y[cls])
    before, wide = outputs(model, frame), frame.assign(c=1.0)
    with pytest.raises(ZeroDivisionError):
        model.set_params(callback=lambda *_: 1 / 0).fit(wide, Y[cls])
    with pytest.raises(ValueError, match="did you mean 'adam'"):
        model.set_params(callback=None, optimizer="adm").fit(np.c_[X, X], Y[cls])
    assert model.n_features_in_ == 2
    assert list(model.feature_names_in_) == ["a", "b"]
    assert_array_equal(outputs(model, frame), before)


def test_a_first_fit_that_fails_leaves_nothing():
    model = model_of(init=[1.0])
    with pytest.raises(ValueError, match="init holds"):
        model.fit(X, Y[VQC])
    assert not any(name.endswith("_") for name in vars(model))


def test_a_failed_epoch_draws_nothing():
    """The next one is what it would have been."""
    one, other = (model_of().fit(X, Y[VQC]) for _ in range(2))
    with pytest.raises(ZeroDivisionError):
        one.set_params(callback=lambda *_: 1 / 0).partial_fit(X, Y[VQC])
    one.set_params(callback=None).partial_fit(X, Y[VQC])
    assert_array_equal(one.weights_, other.partial_fit(X, Y[VQC]).weights_)


# --- Settings changed after fit --------------------------------------------------------------


def test_engines_changed_after_fit_predict():
    model = model_of().fit(X, Y[VQC])
    exact = model.predict_proba(X)
    model.set_params(engine=AerEngine(shots=20))
    drawn = model.predict_proba(X)
    assert np.abs(drawn - exact).max() > 0.01
    assert_array_equal(model.predict_proba(X), drawn)
    model.set_params(engine__shots=10**6)
    assert 0 < np.abs(model.predict_proba(X) - exact).max() < 0.01
    model.set_params(engine=CompiledEngine(precision="single"))
    assert_allclose(model.predict_proba(X), exact, atol=1e-5)
    assert (model.predict_proba(X) != exact).any()
    model.set_params(engine="compiled")
    assert_array_equal(model.predict_proba(X), exact)
    model.set_params(engine="compile")
    with pytest.raises(ValueError, match="did you mean 'compiled'"):
        model.predict(X)
    model.set_params(engine="aer")
    assert_allclose(
        gradient_variance(model, X, 5, random_state=0),
        gradient_variance(model.set_params(engine="compiled"), X, 5, random_state=0),
        atol=1e-12,
    )


@each(
    "changed",
    [
        {"readout": "parity"},
        {"loss": "hinge"},
        {"feature_map": "zz"},
        {"ansatz__reps": 3},
        {"n_qubits": 5},
        {"n_jobs": 2},
        {"optimizer": "l-bfgs"},
        {"random_state": 5},
    ],
    ids=label,
)
def test_what_is_trained_changes_with_the_next_fit(changed):
    model = model_of().fit(X, Y[VQC])
    before = model.predict_proba(X), model.decision_function(X)
    model.set_params(**changed)
    assert_array_equal(model.predict_proba(X), before[0])
    assert_array_equal(model.decision_function(X), before[1])
    model.fit(X, Y[VQC])
    assert hasattr(model, "decision_function") == ("parity" not in changed.values())
    assert hasattr(model, "predict_proba") == ("hinge" not in changed.values())


def test_gradients_of_a_fitted_model_check_rows():
    with pytest.raises(ValueError, match="X has 3 features, but VQC is expecting 2"):
        gradient_variance(model_of().fit(X, Y[VQC]), np.c_[X, X[:, 0]])


# --- Seeds -----------------------------------------------------------------------------------

SHOTS = AerEngine(shots=30)


@both
@each("engine", [SHOTS, "compiled"], ids=["shots", "exact"])
@each("n_jobs", [None, 2])
def test_predictions_are_pure(cls, engine, n_jobs, monkeypatch):
    """Whatever was called before, and by however many workers."""
    model = model_of(cls, engine=engine, max_iter=2).fit(X, Y[cls])
    want = outputs(model)
    monkeypatch.setattr("skquantum._runtime._parallel.MIN_SECONDS_TO_SHIP", 0.0)
    model.set_params(n_jobs=n_jobs)
    outputs(model, X[:7])
    model.score(X, Y[cls])
    np.random.uniform()  # noqa: NPY002 - what the global generator does is no matter
    clone(model).set_params(random_state=3).fit(X[:9], Y[cls][:9])
    assert_array_equal(outputs(model), want)


@both
def test_seeds_reach_shots(cls):
    def drawn(seed):
        model = model_of(cls, engine=SHOTS, max_iter=2, init=np.full(4, 0.3), optimizer="l-bfgs")
        model.set_params(random_state=seed).fit(X[:8], Y[cls][:8])
        return np.r_[model.loss_curve_[0], outputs(model).ravel()]

    assert_array_equal(drawn(0), drawn(0))
    assert (drawn(0) != drawn(1)).mean() > 0.5
    assert_array_equal(drawn(np.random.RandomState(0)), drawn(0))


@each("optimizer", ["adam", "spsa"])
def test_shots_do_not_change_what_else_is_drawn(optimizer, monkeypatch):
    """Batches and directions are those of exact training."""
    from skquantum.variational import SupervisedObjective

    value, rows = SupervisedObjective.value, []

    def watched(self, vector, rows_=None):
        rows.append((len(self._data), rows_))
        return value(self, vector, rows_)

    monkeypatch.setattr(SupervisedObjective, "value", watched)
    gradient = SupervisedObjective.value_and_gradient

    def watched_too(self, vector, rows_=None):
        rows.append((len(self._data), rows_))
        return gradient(self, vector, rows_)

    monkeypatch.setattr(SupervisedObjective, "value_and_gradient", watched_too)
    seen = []
    for engine in ("compiled", SHOTS):
        model_of(engine=engine, optimizer=optimizer, batch_size=25, max_iter=2).fit(X, Y[VQC])
        seen.append([np.asarray(r).tolist() for _, r in rows])
        rows.clear()
    assert seen[0] == seen[1]
    assert any(r is not None for r in seen[0])


# --- Parts of other libraries ----------------------------------------------------------------


def by_hand(fun, x0, jac, bounds):
    """A function of the protocol of qiskit-machine-learning."""
    for _ in range(25):
        x0 = x0 - 0.2 * jac(x0)
    return minimize(fun, x0, method="BFGS", jac=jac, options={"maxiter": 2})


@both
@each(
    "optimizer",
    [by_hand, functools.partial(minimize, method="COBYLA", options={"maxiter": 60})],
    ids=["own", "scipy"],
)
def test_functions_as_optimizers(cls, optimizer):
    seen = []
    model = model_of(cls, optimizer=optimizer, callback=lambda *args: seen.append(args))
    model.fit(X, Y[cls])
    assert len(seen) == model.n_iter_ > 20
    assert model.best_loss_ < 0.7 * model.loss_curve_[0]
    assert not hasattr(model, "partial_fit")
    again = clone(model).fit(X, Y[cls])
    assert again.loss_curve_ == model.loss_curve_
    stopped = clone(model).set_params(callback=lambda k, *_: k == 5).fit(X, Y[cls])
    assert stopped.n_iter_ == 5


@both
def test_engines_without_expectation_values(cls):
    engine = ChainEngine(shots=100)
    with pytest.raises(TypeError, match=r"no expectation values.*use 'compiled', or AerEngine\("):
        model_of(cls, engine=engine).fit(X, Y[cls])
    model = model_of(cls).fit(X, Y[cls]).set_params(engine=engine)
    with pytest.raises(TypeError, match="no expectation values"):
        model.predict(X)


class Magnetization(Readout):
    """The mean of Z for every output."""

    def build(self, n_qubits, n_outputs):
        terms = [("Z", [qubit], 1 / n_qubits) for qubit in range(n_qubits)]
        return [SparsePauliOp.from_sparse_list(terms, n_qubits)] * n_outputs


@both
def test_readouts_and_losses_of_the_user(cls):
    given = SparsePauliOp(["ZI", "IZ"], [0.5, 0.5])
    model = model_of(cls, readout=Magnetization()).fit(X, Y[cls])
    assert_array_equal(outputs(model), outputs(model_of(cls, readout=given).fit(X, Y[cls])))
    model.partial_fit(X, Y[cls])  # which knows it again
    ours = model_of(VQR, loss=Fragile()).fit(X, Y[VQR])
    assert_allclose(ours.loss_curve_, model_of(VQR).fit(X, Y[VQR]).loss_curve_, rtol=1e-12)


# --- Classes ---------------------------------------------------------------------------------


@each("as_given", [np.asarray, pd.DataFrame, list], ids=["array", "frame", "list"])
@each("how", ["fit", "partial_fit"])
def test_one_hot_labels(how, as_given):
    rows = LabelBinarizer().fit_transform(np.arange(60) % 3)
    options = {"classes": [0, 1, 2]} if how == "partial_fit" else {}
    with pytest.raises(ValueError, match=r"shape \(60, 3\) instead; pass np.argmax\(y, axis=1\)"):
        getattr(model_of(), how)(X, as_given(rows), **options)
    model_of().fit(X, np.argmax(as_given(rows), axis=1))


@each("readout", ["pauli", "parity", "modulo"])
@each("feature_map", [None, "angle", "zz"])
@each("n_classes", [4, 5])
def test_more_classes_than_one_qubit_tells_apart(n_classes, feature_map, readout):
    y = np.arange(60) % n_classes
    model = VQC(feature_map, readout=readout, max_iter=1, random_state=0).fit(X[:, :1], y)
    assert model.predict_proba(X[:, :1]).shape == (60, n_classes)
    if feature_map is None:
        return
    assert model.circuit_.num_qubits == {"pauli": 2, "parity": n_classes - 1}.get(
        readout, 2 + (n_classes > 4)
    )


def test_the_default_for_one_feature_and_four_classes():
    rows = np.linspace(-2, 2, 40)[:, None]
    y = np.digitize(rows[:, 0], [-1, 0, 1])
    model = VQC(optimizer="l-bfgs", max_iter=40, random_state=0)
    assert model.fit(rows, y).score(rows, y) > 0.9


# --- Beside scikit-learn's networks ----------------------------------------------------------

COUNTERPARTS = each(("ours", "theirs"), [(VQC, MLPClassifier), (VQR, MLPRegressor)])


@COUNTERPARTS
def test_methods_take_what_those_of_networks_take(ours, theirs):
    for name in ("fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "score"):
        if not hasattr(theirs, name):
            continue
        order = list(inspect.signature(getattr(ours, name)).parameters)
        wanted = list(inspect.signature(getattr(theirs, name)).parameters)
        assert [p for p in order if p in wanted] == wanted


@COUNTERPARTS
@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_fitted_attributes_are_those_of_networks(ours, theirs):
    """But for the shape of a network, and what SGD calls its weights."""
    network = theirs(max_iter=3, random_state=0).fit(X, Y[ours])
    model = model_of(ours, max_iter=3).fit(X, Y[ours])
    missing = {name for name in vars(network) if name[-1] == "_"} - vars(model).keys()
    assert missing <= {"coefs_", "intercepts_", "n_layers_", "out_activation_"}
    for name in ("n_iter_", "t_", "n_outputs_", "validation_scores_", "best_validation_score_"):
        assert getattr(model, name) == getattr(network, name)
    for _ in range(2):
        network.partial_fit(X, Y[ours])
        model.partial_fit(X, Y[ours])
    for name in ("n_iter_", "t_"):
        assert getattr(model, name) == getattr(network, name)
    assert len(model.loss_curve_) == len(network.loss_curve_) == 5
    both = [m.set_params(warm_start=True).fit(X, Y[ours]) for m in (model, network)]
    assert len({(m.n_iter_, len(m.loss_curve_), m.t_) for m in both}) == 1


@COUNTERPARTS
@each(
    "parameters",
    [
        {"n_iter_no_change": np.inf},
        {"validation_fraction": 0.0},
        {"alpha": 0},
        {"tol": 0.0},
        {"batch_size": 10**6},
        {"verbose": 0},
        {"random_state": np.random.RandomState(0)},
    ],
    ids=label,
)
@pytest.mark.filterwarnings("ignore:.*Maximum iterations", "ignore:Got `batch_size`")
def test_values_that_networks_accept(ours, theirs, parameters):
    theirs(max_iter=2, **parameters).fit(X, Y[ours])
    model_of(ours, max_iter=2, **parameters).fit(X, Y[ours])


# --- Memory ----------------------------------------------------------------------------------


@each(
    ("parameters", "rows"),
    [
        ({"feature_map": "zz"}, load_digits().data[:40]),
        ({"feature_map": "zz"}, np.random.default_rng(0).normal(size=(40, 36))),
        ({"n_qubits": 40}, X),
        ({"n_qubits": 1100}, X),
        ({"n_qubits": 40, "engine": "aer"}, X),
        ({"n_qubits": 40, "engine": AerEngine(shots=10)}, X),
        ({"n_qubits": 40, "readout": "parity"}, X),
        ({"n_qubits": 40, "optimizer": "qnspsa"}, X),
    ],
    ids="digits zz 40 1100 aer shots parity qnspsa".split(),
)
def test_what_cannot_fit_is_refused_before_a_circuit_is_opened(parameters, rows, monkeypatch):
    for engine in (AerEngine, CompiledEngine):
        monkeypatch.setattr(engine, "open", lambda *_: pytest.fail("was opened"))
    with pytest.raises(InsufficientMemoryError, match=r"circuit of \d+ qubits on \d+ rows needs"):
        VQC(max_iter=1, **parameters).fit(rows, np.arange(len(rows)) % 2)


def test_readouts_of_every_bitstring_are_refused_by_themselves():
    """Also where no engine holds as many numbers."""
    from skquantum.variational import resolve_readout

    with pytest.raises(InsufficientMemoryError, match="readout='modulo' on 50 qubits needs"):
        resolve_readout("modulo").build(50, 2)
    assert len(resolve_readout("pauli").build(50, 3)) == 3


@both
def test_the_row_of_x_is_named(cls):
    """Not the row within a batch."""
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0].arccos(), 0)
    circuit.ry(x[1], 1)
    rows = np.random.default_rng(0).uniform(-0.9, 0.9, (80, 2))
    rows[57, 0] = 1.5
    with pytest.raises(ValueError, match="for row 57"):
        cls(circuit, "real_amplitudes", max_iter=1, batch_size=7).fit(rows, np.arange(80) % 2)
