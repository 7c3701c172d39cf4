"""Weights of bitstrings: arrays, functions of bits and numbers of ones, and a hundred qubits."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import BitArray, StatevectorSampler
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skquantum import QSVC
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.kernels import FidelityKernel
from skquantum.mitigation import bit_flip_weights

X = np.random.default_rng(0).uniform(0, 2, (6, 3))


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), ["h"])
    model.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    return model


def at_most_one(bits):
    return bits.sum(axis=1) <= 1


def first_is_read(bits):
    """Return other numbers for each bitstring, some of them negative."""
    return bits @ np.array([4.0, -2.0, 0.5]) + 1


ARRAY = np.array([1 + 4.0 * (k & 1) - 2.0 * (k >> 1 & 1) + 0.5 * (k >> 2) for k in range(8)])
SAME = [({"max_ones": 1}, bit_flip_weights(3, 1)), (at_most_one, bit_flip_weights(3, 1))]


@pytest.mark.parametrize(
    ("weights", "array"), [*SAME, (first_is_read, ARRAY)], ids=["dict", "function", "numbers"]
)
def test_functions_are_as_good_as_arrays(weights, array, tmp_path):
    noisy = FidelityKernel("zz", engine=AerEngine(noise_model=noise()))
    device = SamplerEngine(StatevectorSampler(seed=3), shots=60)
    for kernel in (noisy, FidelityKernel("zz", engine=device)):
        want = clone(kernel).set_params(outcome_weights=array)(X)
        assert_array_equal(clone(kernel).set_params(outcome_weights=weights)(X), want)
        assert np.abs(want - kernel(X)).max() > 0.05


@pytest.mark.parametrize("weights", [weights for weights, _ in SAME], ids=["dict", "function"])
def test_simulated_shots_count_what_functions_accept(weights):
    engine = AerEngine(noise_model=noise(), shots=50)
    kernel = FidelityKernel("zz", engine=engine, random_state=0)
    want = clone(kernel).set_params(outcome_weights=bit_flip_weights(3, 1))(X)
    assert_array_equal(clone(kernel).set_params(outcome_weights=weights)(X), want)


def test_checkpoints_know_functions_by_their_values(tmp_path):
    kernel = FidelityKernel("zz", engine=AerEngine(noise_model=noise()), checkpoint=tmp_path)

    def files_of(weights):
        clone(kernel).set_params(outcome_weights=weights).fit(X)(X)
        return len(list(tmp_path.glob("*.npy")))

    counts = [files_of(bit_flip_weights(3, 1)), files_of(at_most_one), files_of(lambda b: b[:, 0])]
    assert counts == [1, 1, 2]
    assert files_of({"max_ones": 2}) == 3


# --- Circuits that are wide ------------------------------------------------------------------


class Product:
    """Samples circuits of RY gates on any number of qubits, whose bits are flipped at random.

    Parameters
    ----------
    flips : float
        How often a bit is read wrongly.
    """

    def __init__(self, flips=0.0, seed=0):
        self.flips, self.rng = flips, np.random.default_rng(seed)
        self.runs = self.circuits = 0

    def run(self, pubs):
        ((circuit, bindings, shots),) = pubs
        acts_on = np.zeros((circuit.num_parameters, circuit.num_qubits))
        parameters = list(circuit.parameters)
        for item in circuit.data:
            if item.operation.name == "ry":
                (angle,) = item.operation.params
                acts_on[parameters.index(angle), circuit.find_bit(item.qubits[0]).index] = 1
        # rotations about one axis add up
        angles = bindings.as_array(parameters) @ acts_on
        self.runs += 1
        self.circuits += len(angles)
        bits = [self._measured(np.sin(row / 2) ** 2, shots) for row in angles]
        meas = BitArray.from_bool_array(np.array(bits), order="little")
        return SimpleNamespace(result=lambda: [SimpleNamespace(data=SimpleNamespace(meas=meas))])

    def _measured(self, of_one, shots):
        read_one = of_one + self.flips - 2 * of_one * self.flips
        return self.rng.random((shots, len(of_one))) < read_one


def rotations(n_qubits):
    circuit = QuantumCircuit(n_qubits)
    for qubit, angle in enumerate(ParameterVector("x", n_qubits)):
        circuit.ry(angle, qubit)
    return circuit


@pytest.mark.parametrize("n_qubits", [3, 21, 24, 101])
def test_functions_get_the_bits_of_each_qubit_in_its_column(n_qubits):
    seen = []

    def weights(bits):
        seen.append(bits)
        return bits @ np.arange(n_qubits)

    rows = np.zeros((2, n_qubits))
    ones = [1, n_qubits - 1]
    rows[1, ones] = np.pi
    engine = SamplerEngine(Product(), shots=4)
    K = FidelityKernel(rotations(n_qubits), engine=engine, outcome_weights=weights)(rows)
    assert_array_equal(K, [[1, sum(ones)], [sum(ones), 1]])
    assert all(bits.shape[1] == n_qubits and set(np.unique(bits)) <= {0, 1} for bits in seen)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"max_ones": 21}, "max_ones=21, but with 21 qubits it is an integer from 0 to 20"),
        ({"max_ones": -1}, "max_ones=-1, but"),
        ({"max_ones": 1.0}, "max_ones=1.0, but"),
        ({"most": 1}, r"keys \['most'\]; pass \{'max_ones': h\}"),
        ({}, r"keys \[\]; pass"),
        (np.ones(3), "for at most 20 qubits, the circuit has 21; pass a function of bits"),
        (lambda bits: 1.0, r"float64 of shape \(\) .* return 2 finite real numbers"),
        (lambda bits: bits, r"int64 of shape \(2, 21\) for bits of shape \(2, 21\)"),
        (lambda bits: bits[:, 0] * 1j, "complex128"),
        (lambda bits: bits[:, 0] + np.nan, "finite"),
        (lambda bits: bits[:, 0].astype(str), "finite"),
        ("max_ones", "'outcome_weights' parameter"),
        (1, "'outcome_weights' parameter"),
    ],
)
def test_weights_that_are_refused_before_anything_runs(weights, message):
    sampler = Product()
    kernel = FidelityKernel(
        rotations(21), engine=SamplerEngine(sampler), outcome_weights=weights, random_state=0
    )
    with pytest.raises(ValueError, match=message):
        kernel.fit(np.zeros((3, 21)))(np.arange(63.0).reshape(3, 21) / 63)
    assert sampler.runs == 0


def test_small_circuits_refuse_the_same():
    noisy = FidelityKernel("zz", engine=AerEngine(noise_model=noise()))
    for weights, message in [
        ({"max_ones": 3}, "max_ones=3, but with 3 qubits"),
        (lambda bits: bits[:1, 0], r"return 8 finite real numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(noisy).set_params(outcome_weights=weights)(X)
    with pytest.raises(ValueError, match="states are not measured"):
        FidelityKernel("zz", outcome_weights={"max_ones": 1})(X)
    with pytest.raises(ValueError, match="cannot be drawn in 10 shots"):
        clone(noisy).set_params(outcome_weights=first_is_read, engine__shots=10)(X)
    wide = rotations(30)
    with pytest.raises(ValueError, match="ChainEngine does not simulate noise"):
        FidelityKernel(wide, engine="chain", outcome_weights={"max_ones": 1})(np.zeros((2, 30)))


def test_a_function_that_fails_costs_one_job(tmp_path):
    """Its bits are kept, and nothing is measured again."""

    def fails(bits):
        if bits.sum() > 21:  # not at once
            raise ArithmeticError("no such weight")
        return bits[:, 0]

    sampler = Product(0.5)
    engine = SamplerEngine(sampler, shots=40, retry_delay=0.0)
    kernel = FidelityKernel(
        rotations(21), engine=engine, outcome_weights=fails, checkpoint=tmp_path
    )
    rows = np.random.default_rng(0).uniform(0, 1, (3, 21))
    with pytest.raises(ArithmeticError, match="no such weight"):
        kernel.fit(rows)(rows)
    assert sampler.runs == 1
    kernel.set_params(outcome_weights={"max_ones": 10}).fit(rows)(rows)
    assert sampler.runs == 2  # the other order of each pair


def test_copies_keep_weights():
    kernel = FidelityKernel("zz", outcome_weights={"max_ones": 1})
    for one in (clone(kernel), pickle.loads(pickle.dumps(kernel))):
        assert one.outcome_weights == {"max_ones": 1}
    assert pickle.loads(pickle.dumps(kernel.set_params(outcome_weights=at_most_one)))


def two_classes(seed, n_rows=30, n_qubits=100):
    """Rows around two centres that differ somewhat on every qubit."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).uniform(0, np.pi, n_qubits) + [[-0.45], [0.45]]
    y = np.arange(n_rows) % 2
    return centres[y] + rng.normal(0, 0.3, (n_rows, n_qubits)), y


@pytest.mark.filterwarnings("ignore::skquantum.exceptions.ConcentrationWarning")
def test_one_hundred_noisy_qubits_are_told_apart_by_numbers_of_ones(tmp_path):
    (train, y), (test, wanted) = two_classes(1), two_classes(2)
    sampler = Product(flips=0.1)
    engine = SamplerEngine(sampler, shots=500)
    kernel = FidelityKernel(rotations(100), engine=engine, checkpoint=tmp_path)
    accuracy = {}
    for h in (0, 18, 60):
        model = QSVC(kernel=clone(kernel).set_params(outcome_weights=bit_flip_weights(100, h)))
        accuracy[h] = model.fit(train, y).score(test, wanted)
    assert accuracy[0] <= 0.6  # nothing is ever counted
    assert accuracy[18] >= 0.95
    assert accuracy[60] <= 0.6  # everything is
    pairs = 30 * 29 // 2 + 30 * 30
    assert sampler.circuits <= 2 * pairs
    # tolerance is chosen among the bits that are there
    candidates = [{"max_ones": h} for h in (0, 18, 60)]
    model = QSVC(kernel=kernel)
    before = sampler.circuits
    grid = GridSearchCV(model, {"kernel__outcome_weights": candidates}, cv=3, error_score="raise")
    assert grid.fit(train, y).best_params_ == {"kernel__outcome_weights": {"max_ones": 18}}
    assert sampler.circuits == before


def test_the_kernel_of_a_hundred_qubits_is_a_tail_of_independent_bits():
    rows, _ = two_classes(0, n_rows=3)
    flips, h, shots = 0.1, 20, 4000
    engine = SamplerEngine(Product(flips), shots=shots)
    K = FidelityKernel(rotations(100), engine=engine, outcome_weights={"max_ones": h})(rows)
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        of_one = np.sin((rows[i] - rows[j]) / 2) ** 2
        distribution = np.array([1.0])  # of the number of ones, qubit by qubit
        for p in of_one + flips - 2 * of_one * flips:
            distribution = np.convolve(distribution, [1 - p, p])
        tail = distribution[: h + 1].sum()
        assert_allclose(K[i, j], tail, rtol=0, atol=5 * np.sqrt(tail * (1 - tail) / shots) + 1e-3)
    assert 0.01 < K[0, 2] < 0.999
