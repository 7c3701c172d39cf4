"""What is made of expectation values, on samplers and estimators: trained, moved, killed."""

import hashlib
import os
import pickle
import signal
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from processes import started
from qiskit.primitives import (
    BackendEstimatorV2,
    BackendSamplerV2,
    StatevectorEstimator,
)
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import EstimatorV2 as AerEstimator
from qiskit_aer.primitives import SamplerV2 as AerSampler
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC, VQC, VQE, VQR, BornMachine
from skquantum.ansatze import RealAmplitudes
from skquantum.diagnostics import gradient_variance
from skquantum.engines import EstimatorEngine, SamplerEngine
from skquantum.estimators import QuantumFeatures
from skquantum.kernels import ProjectedKernel
from skquantum.optimizers import SPSA

each = pytest.mark.parametrize
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Training has not converged"),
    pytest.mark.filterwarnings("ignore:.*barren plateau"),
]

rows, species = load_iris(return_X_y=True)
IRIS = StandardScaler().fit_transform(rows[:100:7, 2:])
SETOSA = (species[:100:7] == 0).astype(int)
ANGLES = np.linspace(-1.5, 1.5, 8).reshape(-1, 1)
SINE = np.sin(ANGLES[:, 0])


def backend():
    """Return a device with noise, simulated in this process."""
    fake = GenericBackendV2(3, coupling_map=CouplingMap.from_line(3), seed=1)
    return AerSimulator.from_backend(fake, seed_simulator=1)


class Counted:
    """Count the jobs of a sampler or an estimator."""

    def __init__(self, primitive):
        self._primitive = primitive
        self.backend = getattr(primitive, "backend", None)
        self.jobs = 0

    def run(self, pubs):
        self.jobs += 1
        return self._primitive.run(pubs)


def engine_of(kind, **settings):
    if kind == "sampler":
        return SamplerEngine(Counted(BackendSamplerV2(backend=backend())), shots=256, **settings)
    estimator = Counted(BackendEstimatorV2(backend=backend()))
    return EstimatorEngine(estimator, precision=1 / 16, **settings)


def vqc(**settings):
    settings = {"readout": "pauli", "max_iter": 4, "random_state": 0, **settings}
    return VQC("angle", RealAmplitudes(1), **settings)


def vqr(**settings):
    settings = {"readout": "pauli", "max_iter": 4, "random_state": 0, **settings}
    return VQR("angle", RealAmplitudes(1), n_qubits=2, **settings)


# --- Trained on a device ---------------------------------------------------------------------

OPTIMIZERS = {
    "spsa": {"optimizer": SPSA(calibration=5), "learning_rate_init": 0.2, "max_iter": 12},
    "parameter shift": {"optimizer": "adam", "learning_rate_init": 0.4, "max_iter": 8},
}


def on_device(*everyday):
    """Train by each optimizer on each kind of device; all pairs but one are for slow tests."""
    pairs = [(kind, how) for kind in ("sampler", "estimator") for how in OPTIMIZERS]
    slow = [() if pair == everyday else pytest.mark.slow for pair in pairs]
    params = [pytest.param(*pair, marks=marks) for pair, marks in zip(pairs, slow, strict=True)]
    return each(("kind", "how"), params)


@on_device("estimator", "spsa")
def test_iris_on_a_noisy_device(kind, how):
    model = vqc(engine=engine_of(kind), **OPTIMIZERS[how]).fit(IRIS, SETOSA)
    assert model.engine.primitive.jobs > 5
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.score(IRIS, SETOSA) > 0.9


@on_device("sampler", "parameter shift")
def test_a_sine_on_a_noisy_device(kind, how):
    model = vqr(engine=engine_of(kind), **OPTIMIZERS[how]).fit(ANGLES, SINE)
    assert model.score(ANGLES, SINE) > 0.7


@pytest.mark.slow
@each(
    ("generation", "kind", "how"),
    [
        ("client", "sampler", "spsa"),
        ("client", "estimator", "parameter shift"),
        ("legacy", "sampler", "parameter shift"),
        ("legacy", "estimator", "spsa"),
    ],
)
def test_a_fake_device_of_ibm(kind, how, generation):
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    import qiskit_ibm_runtime as runtime

    if generation == "client":  # new in 0.50
        folder, name = f"executor_{kind}", kind.capitalize()
        module = pytest.importorskip(f"qiskit_ibm_runtime.{folder}")
        primitive = getattr(module, name)(fakes.FakeManilaV2())
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            primitive = getattr(runtime, f"{kind.capitalize()}V2")(fakes.FakeManilaV2())
    if kind == "sampler":
        engine = SamplerEngine(primitive, shots=256)
    else:
        engine = EstimatorEngine(primitive, options={"default_precision": 1 / 16})
        assert engine.shots == 256
    model = vqc(engine=engine, **OPTIMIZERS[how]).fit(IRIS, SETOSA)
    assert model.score(IRIS, SETOSA) > 0.85
    model = vqr(engine=engine, **OPTIMIZERS[how]).fit(ANGLES, SINE)
    assert model.score(ANGLES, SINE) > 0.6


def test_trained_exactly_and_moved_to_a_device():
    """Nothing is trained again; a device predicts with its own noise."""
    model = vqc(max_iter=30, optimizer="l-bfgs").fit(IRIS, SETOSA)
    exact, weights = model.predict_proba(IRIS), model.weights_
    for kind in ("sampler", "estimator"):
        engine = engine_of(kind)
        model.set_params(engine=engine)
        found = model.predict_proba(IRIS)
        assert_array_equal(model.weights_, weights)
        assert engine.primitive.jobs == 1
        assert 0 < np.abs(found - exact).max() < 0.35
        assert model.score(IRIS, SETOSA) > 0.9
        again = pickle.loads(pickle.dumps(model))
        with pytest.raises(ValueError, match=rf"has no {kind}, .*set_params\(engine__{kind}="):
            again.predict(IRIS)
        again.set_params(**{f"engine__{kind}": engine.primitive})
        assert again.predict(IRIS).shape == SETOSA.shape
    with pytest.raises(TypeError, match=r"pass AerEngine\(\), which takes Aer's settings by"):
        model.set_params(engine=backend()).predict(IRIS)


def test_exact_gradients_stand_for_those_of_a_device():
    device = vqc(engine=SamplerEngine(AerSampler(seed=0), shots=10))
    found = gradient_variance(device, IRIS, n_samples=5, random_state=0)
    assert_allclose(found, gradient_variance(vqc(), IRIS, n_samples=5, random_state=0))


# --- Exact estimators ------------------------------------------------------------------------


@each("readout", ["pauli", "parity", "affine"])
def test_exact_estimators_train_as_compiled_circuits_do(readout):
    engine = EstimatorEngine(AerEstimator())
    compiled = vqc(readout=readout).fit(IRIS, SETOSA)
    model = vqc(readout=readout, engine=engine).fit(IRIS, SETOSA)
    assert_allclose(model.weights_, compiled.weights_, rtol=0, atol=1e-8)
    wanted = compiled.predict_proba(IRIS)
    assert_allclose(model.predict_proba(IRIS), wanted, rtol=0, atol=1e-8)
    moved = compiled.set_params(engine=engine).predict_proba(IRIS)
    assert_allclose(moved, wanted, rtol=0, atol=1e-12)


@each("engine", [StatevectorEstimator(), EstimatorEngine(AerEstimator())], ids=["object", "engine"])
def test_features_and_kernels(engine):
    features = QuantumFeatures("angle", locality=2, engine=engine, random_state=0)
    compiled = clone(features).set_params(engine="compiled")
    wanted = compiled.fit_transform(IRIS)
    assert_allclose(features.fit_transform(IRIS), wanted, rtol=0, atol=1e-12)
    kernel = ProjectedKernel("zz", engine=engine)
    wanted = ProjectedKernel("zz", engine="compiled").fit(IRIS)(IRIS)
    assert_allclose(kernel.fit(IRIS)(IRIS), wanted, rtol=0, atol=1e-12)


H = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])


def test_energies():
    model = VQE(RealAmplitudes(1), engine=EstimatorEngine(AerEstimator()), random_state=0).fit(H)
    assert model.energy_ == pytest.approx(-1 - np.sqrt(1.04), abs=1e-6)
    counted = SamplerEngine(AerSampler(seed=0), shots=4000)
    settings = {"optimizer": "adam", "max_iter": 2, "initial_weights": model.weights_}
    noisy = VQE(RealAmplitudes(1), engine=counted, random_state=0, **settings).fit(H)
    # the variance of a sum of signs is below the square of the sum of coefficients
    assert noisy.loss_curve_[0] == pytest.approx(model.energy_, abs=5 * 2.2 / np.sqrt(4000))


def test_a_grid_search_shares_the_connection():
    engine = EstimatorEngine(AerEstimator())
    grid = {"engine__precision": [0.0, 0.1]}
    search = GridSearchCV(vqc(engine=engine, max_iter=1), grid, cv=2).fit(IRIS, SETOSA)
    assert search.best_estimator_.engine.estimator is engine.estimator
    assert search.predict(IRIS).shape == SETOSA.shape


def test_kernels_of_pairs_do_not_run_on_estimators():
    with pytest.raises(TypeError, match="EstimatorEngine offers expectation values, but no fid"):
        QSVC(kernel="zz").set_params(kernel__engine=EstimatorEngine(AerEstimator())).fit(
            IRIS, SETOSA
        )


# --- Killed and resumed ----------------------------------------------------------------------


class Logged(Counted):
    """Write down each job, and kill the process at one of them."""

    def __init__(self, primitive, log, kill_at):
        super().__init__(primitive)
        self._log, self._kill_at = log, kill_at

    def run(self, pubs):
        angles = [part.as_array() for part in pubs[0] if hasattr(part, "as_array")]
        with open(self._log, "a") as file:
            file.write(hashlib.sha256(angles[0].tobytes()).hexdigest() + "\n")
        if self.jobs + 1 == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(pubs)


def train(kind, directory, log, out, kill_at=None):
    """Train on a device without a seed, whose numbers are other ones each time."""
    if kind == "sampler":
        sampler = Logged(AerSampler(), log, kill_at)
        engine = SamplerEngine(sampler, shots=100, checkpoint=directory, max_circuits_per_job=90)
    else:
        estimator = Logged(AerEstimator(), log, kill_at)
        settings = {"checkpoint": directory, "max_circuits_per_job": 90}
        engine = EstimatorEngine(estimator, precision=0.1, **settings)
    model = vqc(engine=engine, max_iter=2).fit(IRIS, SETOSA)
    np.savez(out, weights=model.weights_, found=model.predict_proba(IRIS))


@each("kind", [pytest.param("sampler", marks=pytest.mark.slow), "estimator"])
def test_a_training_that_was_killed_pays_for_nothing_twice(kind, tmp_path):
    kept, out = tmp_path / "kept", tmp_path / "out.npz"
    jobs = {}
    for name, kill_at in (("killed", 4), ("resumed", None)):
        log = tmp_path / name
        process = started(train, kind, kept, log, out, kill_at)
        process.join(60)
        assert process.exitcode == (-signal.SIGKILL if kill_at else 0)
        assert out.exists() == (kill_at is None)
        jobs[name] = log.read_text().split()
    *finished, last = jobs["killed"]
    assert len(finished) == 3
    assert jobs["resumed"][0] == last  # which was never answered
    assert len(jobs["resumed"]) > 2
    assert not set(finished) & set(jobs["resumed"])
    resumed = dict(np.load(out))
    train(kind, kept, tmp_path / "again", out)
    assert not (tmp_path / "again").exists()  # no job at all
    for name, array in np.load(out).items():
        assert_array_equal(array, resumed[name])


# --- Wide circuits ---------------------------------------------------------------------------


class Zeros:
    """A device of any width that finds 0."""

    def run(self, pubs):
        ((_, observables, bindings),) = pubs
        evs = np.zeros((observables.shape[0], bindings.size))
        result = [SimpleNamespace(data=SimpleNamespace(evs=evs))]
        return SimpleNamespace(result=lambda: result)


def test_circuits_that_are_too_wide_to_simulate():
    X = np.random.default_rng(0).uniform(-1, 1, (4, 60))
    model = vqc(engine=EstimatorEngine(Zeros()), optimizer=SPSA(calibration=2), max_iter=2)
    assert model.fit(X, [0, 1, 0, 1]).predict(X).shape == (4,)


def test_born_machines():
    bits = np.array([[0, 0], [1, 1]] * 20)
    sampler = SamplerEngine(AerSampler(seed=0), shots=500)
    settings = {"loss": "mmd", "optimizer": "adam", "max_iter": 3, "random_state": 0}
    model = BornMachine(2, engine=sampler, **settings).fit(bits)
    assert len(model.loss_curve_) == 3
    exact = EstimatorEngine(AerEstimator())
    model = BornMachine(2, engine=exact, **settings).fit(bits)
    wanted = BornMachine(2, engine="aer", **settings).fit(bits)
    assert_allclose(model.weights_, wanted.weights_, rtol=0, atol=1e-8)
