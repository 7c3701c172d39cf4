"""Fidelity kernels on samplers, and work that survives the process."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit.library import RXGate
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer.noise import NoiseModel, coherent_unitary_error, depolarizing_error
from qiskit_aer.primitives import SamplerV2 as AerSampler
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.engines._aer._session import AerSession
from skquantum.kernels import FidelityKernel

X, Y = make_moons(40, noise=0.1, random_state=0)
X = StandardScaler().fit_transform(X)
EXACT = FidelityKernel("zz")(X)


def device(shots=2000, **params):
    return FidelityKernel(
        "zz", engine=SamplerEngine(StatevectorSampler(seed=0), shots=shots), **params
    )


def five_errors(K, shots):
    """Five standard errors: less than one in a million entries is further off."""
    return 5 * np.sqrt(K * (1 - K) / shots) + 1e-12


def test_counts_estimate_the_fidelity_and_each_pair_is_measured_once():
    kernel = device().fit(X[:8])
    K = kernel(X[:8])
    assert_array_equal(K, K.T)
    assert_array_equal(K.diagonal(), 1.0)
    assert (np.abs(K - EXACT[:8, :8]) < five_errors(EXACT[:8, :8], 2000)).all()
    rows = kernel(X[8:11], X[:8])
    assert (np.abs(rows - EXACT[8:11, :8]) < five_errors(EXACT[8:11, :8], 2000)).all()
    raw = device(symmetric=False).set_params(engine__sampler=StatevectorSampler())
    raw = raw.fit(X[:6])(X[:6])
    assert (raw != raw.T).any()


def test_an_estimator_fits_predicts_and_is_pickled_without_the_sampler():
    rows, labels = X[:16], Y[:16]
    model = QSVC(kernel=device()).fit(rows, labels)
    assert model.score(rows, labels) > 0.8
    again = pickle.loads(pickle.dumps(model))
    with pytest.raises(ValueError, match="kernel_"):
        again.predict(X[:2])
    again.kernel_.set_params(engine__sampler=StatevectorSampler(seed=0))
    assert again.score(rows, labels) > 0.8
    assert clone(model).kernel.engine.sampler is model.kernel.engine.sampler


def test_mitigation_measures_the_diagonal():
    kernel = device(mitigation="split").fit(X[:5])
    assert_allclose(kernel(X[:5]), EXACT[:5, :5], rtol=0, atol=0.08)
    assert_allclose(kernel(X[5:7], X[:5]), EXACT[5:7, :5], rtol=0, atol=0.08)


class Counting(StatevectorSampler):
    """Counts circuits."""

    circuits = shots = 0

    def run(self, pubs, **options):
        for _, bindings, shots in pubs:
            Counting.circuits += int(np.prod(bindings.shape))
            Counting.shots += shots * int(np.prod(bindings.shape))
        return super().run(pubs, **options)


def test_the_diagonal_of_training_rows_is_measured_once():
    engine = SamplerEngine(Counting(seed=0), shots=50)
    kernel = FidelityKernel("zz", engine=engine, mitigation="split", symmetric=False)
    Counting.circuits = 0
    training, _ = kernel.fit_gram(X[:5])
    assert Counting.circuits == 25
    kernel.gram(kernel.encode(X[5:7]), training.take([1, 2, 3]))
    assert Counting.circuits == 25 + 6 + 2


def test_an_unfitted_kernel_keeps_nothing():
    kernel = device()
    assert_array_equal(kernel(X[:3]), clone(kernel).fit(X[:3])(X[:3]))
    assert not hasattr(kernel, "feature_map_")


class CountingAer(AerSampler):
    """Counts circuits and shots."""

    circuits = shots = 0

    def run(self, pubs, **options):
        for _, bindings, shots in pubs:
            CountingAer.circuits += int(np.prod(bindings.shape))
            CountingAer.shots += shots * int(np.prod(bindings.shape))
        return super().run(pubs, **options)


def overrotating():
    """A device on which Hadamard gates turn too far, and back too far in the inverse circuit."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(coherent_unitary_error(RXGate(0.4).to_matrix()), ["h"])
    return model


@pytest.mark.parametrize("shots", [1, 7])
def test_both_orders_of_a_pair_share_the_shots(shots):
    CountingAer.shots = CountingAer.circuits = 0
    engine = SamplerEngine(CountingAer(seed=1), shots=shots)
    K = FidelityKernel("zz", engine=engine).fit(X[:4])(X[:4])
    assert_array_equal(K, K.T)
    assert CountingAer.shots == 6 * shots
    assert CountingAer.circuits == (6 if shots == 1 else 12)
    CountingAer.shots = 0
    FidelityKernel("zz", engine=engine, symmetric=False).fit(X[:4])(X[:4])
    assert CountingAer.shots == 12 * shots


@pytest.mark.parametrize("weights", [None, [1, 1, 0, 0]])
def test_devices_do_not_see_the_order_of_rows(weights):
    rows, order = X[:5], [2, 0, 4, 3, 1]
    back = np.ix_(np.argsort(order), np.argsort(order))
    options = {"backend_options": {"noise_model": overrotating()}}
    engine = SamplerEngine(AerSampler(seed=1, options=options), shots=20000)
    settings = {"outcome_weights": weights}
    kernel = FidelityKernel("zz", engine=engine, **settings).fit(rows)
    simulated = FidelityKernel("zz", engine=AerEngine(noise_model=overrotating()), **settings)
    K = simulated(rows)
    raw = simulated.set_params(symmetric=False)(rows)
    assert np.abs(raw - raw.T).max() > 0.05  # or nothing would be tested
    np.fill_diagonal(K, 1.0)  # a device does not measure what is known
    for found in (kernel(rows), kernel(rows[order])[back], kernel(rows, rows)):
        assert (np.abs(found - K) < five_errors(K, 20000)).all()


ON_A_FAKE_DEVICE = """
import os, signal, sys
import numpy as np
from qiskit_ibm_runtime.executor_sampler import Sampler as RuntimeSampler
from qiskit_ibm_runtime.fake_provider import FakeManilaV2
from sklearn.datasets import make_moons
from sklearn.preprocessing import StandardScaler
from skquantum import QSVC
from skquantum.engines import SamplerEngine
from skquantum.kernels import FidelityKernel

checkpoint, log, kill_at, out = sys.argv[1:]

class Sampler(RuntimeSampler):
    runs = 0
    def run(self, pubs, **options):
        Sampler.runs += 1
        with open(log, "a") as file:
            file.write("run\\n")
        if Sampler.runs == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(pubs, **options)

X, y = make_moons(40, noise=0.1, random_state=0)
X = StandardScaler().fit_transform(X)
sampler = Sampler(mode=FakeManilaV2())
sampler.options.simulator.seed_simulator = 7
engine = SamplerEngine(sampler, shots=128, max_circuits_per_job=78)
model = QSVC(kernel=FidelityKernel("zz", engine=engine, checkpoint=checkpoint)).fit(X, y)
np.savez(out, K=model.kernel_(X), predicted=model.predict(X[:3]), score=model.score(X, y))
"""


@pytest.mark.slow
def test_a_fake_device_is_killed_half_way_and_resumed(tmp_path):
    pytest.importorskip("qiskit_ibm_runtime.executor_sampler")
    script = tmp_path / "script.py"
    script.write_text(ON_A_FAKE_DEVICE)

    def run(checkpoint, log, kill_at):
        paths = [tmp_path / checkpoint, tmp_path / log, kill_at, tmp_path / f"{checkpoint}.npz"]
        command = [sys.executable, script, *paths]
        return subprocess.run(list(map(str, command)), check=False).returncode

    assert run("whole", "log0", 0) == 0
    assert run("torn", "log1", 6) == -signal.SIGKILL  # 780 pairs are 10 jobs
    assert run("torn", "log1", 0) == 0
    whole, torn = np.load(tmp_path / "whole.npz"), np.load(tmp_path / "torn.npz")
    assert_array_equal(torn["K"], whole["K"])
    assert_array_equal(torn["predicted"], whole["predicted"])
    assert whole["score"] > 0.65  # few shots of a noisy device
    assert 0 < np.abs(whole["K"] - EXACT).max() < 0.4
    runs = [(tmp_path / log).read_text().count("run") for log in ("log0", "log1")]
    assert runs[1] == runs[0] + 1


@pytest.mark.slow
def test_an_isa_circuit_on_a_fake_device_fits_and_predicts():
    provider = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    runtime = pytest.importorskip("qiskit_ibm_runtime")
    sampler = runtime.SamplerV2(
        mode=provider.FakeManilaV2(), options={"simulator": {"seed_simulator": 7}}
    )
    kernel = FidelityKernel("zz", engine=SamplerEngine(sampler, shots=256))
    model = QSVC(kernel=kernel).fit(X, Y)
    assert model.score(X, Y) > 0.65  # few shots of a noisy device; .75 to .85 for eight seeds
    assert 0 < np.abs(model.kernel_(X) - EXACT).max() < 0.4


@pytest.mark.parametrize("weights", [[1.2, -0.4, -0.4, 0.1], [1, -1, -1, 1]])
def test_weights_beyond_probabilities(weights):
    K = device(outcome_weights=weights).fit(X[:6])(X[:6])
    assert_array_equal(K, K.T)
    assert K[np.triu_indices(6, 1)].min() < 0


def test_circuits_without_parameters_are_all_measured():
    """Aer's sampler measures only the first of an array without parameters."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), ["x"])
    circuit = QuantumCircuit(1)
    circuit.x(0)
    options = {"backend_options": {"noise_model": model}}
    engine = SamplerEngine(AerSampler(seed=1, options=options), shots=4000)
    pairs = [(0, 0), (1, 1), (2, 2)]
    K = engine.open(circuit).fidelities(np.empty((3, 0)), np.empty((3, 0)), pairs)
    assert_allclose(K, 0.625, rtol=0, atol=5 * np.sqrt(0.24 / 4000))


# -- checkpoints ---------------------------------------------------------------------------------


def noise():
    model = NoiseModel(basis_gates=["h", "p", "cx", "u"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), "cx")
    return model


ENGINES = {
    "states": AerEngine(),
    "compiled": "compiled",
    "shots": AerEngine(shots=100),
    "noise": AerEngine(50, noise()),
    "device": SamplerEngine(StatevectorSampler(), shots=50, max_circuits_per_job=7),
}


@pytest.mark.parametrize("random_state", [None, 3])
@pytest.mark.parametrize("name", ENGINES)
def test_a_second_call_resumes_and_gives_the_same_bits(name, random_state, tmp_path):
    kernel = FidelityKernel(
        "zz", engine=ENGINES[name], checkpoint=tmp_path / "here", random_state=random_state
    )
    rows = X[:9]
    K = clone(kernel).fit(rows)(rows)
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "here").iterdir()}
    assert_array_equal(clone(kernel).fit(rows)(rows), K)
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "here").iterdir()}
    assert after == files
    # a lost piece is made again
    next(path for path in (tmp_path / "here").iterdir() if path.suffix == ".npy").unlink()
    again = clone(kernel).fit(rows)(rows)
    if name != "device":  # whose counts are new
        assert_array_equal(again, K)
    assert clone(kernel).fit(rows)(X[9:12], rows).shape == (3, 9)


def test_pieces_are_not_computed_again(tmp_path, monkeypatch):
    monkeypatch.setattr("skquantum.engines._kernel_sessions.BYTES_PER_PIECE", 3 * 64)
    calls = []
    real = AerSession._run_states
    monkeypatch.setattr(
        AerSession, "_run_states", lambda self, rows: calls.append(len(rows)) or real(self, rows)
    )
    kernel = FidelityKernel("zz", engine=AerEngine(), checkpoint=tmp_path)
    K = kernel.fit(X[:8])(X[:8])
    assert calls == [3, 3, 2]
    assert_array_equal(clone(kernel).fit(X[:8])(X[:8]), K)
    assert calls == [3, 3, 2]
    assert_allclose(K, EXACT[:8, :8], rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "change",
    [
        {"engine__shots": 7},
        {"engine__noise_model": noise()},
        {"feature_map__reps": 1},
        {"random_state": 5},
        {"symmetric": False, "engine__noise_model": noise()},
        {"engine": "compiled"},
        {},
    ],
    ids=str,
)
def test_kernels_and_rows_share_a_directory(change, tmp_path):
    kernel = FidelityKernel(
        "zz", engine=AerEngine(shots=100), checkpoint=tmp_path / "c", random_state=0
    )
    K = clone(kernel).fit(X[:5])(X[:5])
    other, rows = clone(kernel).set_params(**change), X[:5] if change else X[1:6]
    got = clone(other).fit(rows)(rows)
    alone = clone(other).set_params(checkpoint=None)
    assert_array_equal(got, alone.fit(rows)(rows))
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()}
    assert_array_equal(clone(other).fit(rows)(rows), got)
    assert_array_equal(clone(kernel).fit(X[:5])(X[:5]), K)
    # other settings of the work, not of its result
    kernel.set_params(n_jobs=2, verbose=False, engine__chunk_size=3).fit(X[:5])(X[:5])
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()} == files


def test_a_checkpoint_knows_a_device_by_its_noise(tmp_path):
    for seed in (1, 1, 2):
        engine = AerEngine(noise_model=GenericBackendV2(2, seed=seed))
        FidelityKernel("zz", engine=engine, checkpoint=tmp_path, random_state=0).fit(X[:2])
    assert len(list(tmp_path.glob("*-entropy.json"))) == 2


def test_two_kernels_on_one_checkpoint_agree(tmp_path):
    """What was measured first is what both take."""

    class Follows(StatevectorSampler):
        """Measures while another kernel has measured the same."""

        def run(self, pubs, **options):
            if not started:
                started.append(True)
                other.append(make(Follows()).fit(X[:6])(X[:6]))
            return super().run(pubs, **options)

    def make(sampler):
        engine = SamplerEngine(sampler, shots=50, max_circuits_per_job=4)
        return FidelityKernel("zz", engine=engine, checkpoint=tmp_path / "c", random_state=0)

    started, other = [], []
    K = make(Follows()).fit(X[:6])(X[:6])
    assert_array_equal(K, other[0])


def test_a_checkpoint_needs_fit(tmp_path):
    with pytest.raises(ValueError, match=r"call fit\(X\) first"):
        FidelityKernel("zz", checkpoint=tmp_path / "c")(X[:3])


KILLED = """
import os, sys, signal
import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from skquantum import QSVC
from skquantum.engines import SamplerEngine
from skquantum.kernels import FidelityKernel

class Sampler(StatevectorSampler):
    runs = 0
    def run(self, pubs, **options):
        Sampler.runs += 1
        with open(sys.argv[2], "a") as file:
            file.write("run\\n")
        if Sampler.runs == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(pubs, **options)  # the seed makes it a function of the angles

X = np.random.default_rng(0).uniform(0, 2, (8, 2))
engine = SamplerEngine(Sampler(seed=7), shots=100, max_circuits_per_job=4)
kernel = FidelityKernel("zz", engine=engine, checkpoint=sys.argv[1])
model = QSVC(kernel=kernel).fit(X, [0, 1] * 4)
np.save(sys.argv[4], model.kernel_(X))
"""


@pytest.mark.slow
def test_a_killed_process_is_resumed(tmp_path):
    pytest.importorskip("qiskit_ibm_runtime.executor_sampler")  # new in 0.50
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(KILLED))

    def run(checkpoint, log, kill_at, out):
        command = [sys.executable, script, tmp_path / checkpoint, tmp_path / log]
        command += [str(kill_at), tmp_path / out]
        return subprocess.run(list(map(str, command)), check=False, capture_output=True).returncode

    assert run("whole", "log0", 0, "whole.npy") == 0
    assert run("torn", "log1", 4, "torn.npy") == -signal.SIGKILL
    assert run("torn", "log1", 0, "torn.npy") == 0
    assert_array_equal(np.load(tmp_path / "torn.npy"), np.load(tmp_path / "whole.npy"))
    runs = (tmp_path / "log1").read_text().count("run")
    # 28 pairs in both orders are 14 jobs; the fourth was lost with the process
    assert runs == (tmp_path / "log0").read_text().count("run") + 1 == 15
    assert os.listdir(tmp_path / "torn")
