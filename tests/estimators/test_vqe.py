"""The variational eigensolver against exact diagonalisation."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import n_local
from qiskit.quantum_info import Operator, Pauli, SparsePauliOp, Statevector
from qiskit_aer.noise import NoiseModel, depolarizing_error
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skquantum import VQE
from skquantum._runtime import _memory
from skquantum.ansatze import RealAmplitudes
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.exceptions import InsufficientMemoryError

each = pytest.mark.parametrize

H = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])
LOWEST = -1 - np.sqrt(1.04)
H2 = SparsePauliOp(
    ["II", "IZ", "ZI", "ZZ", "XX"],
    [-1.052373245772859, 0.39793742484318045, -0.39793742484318045, -0.01128010425623538]
    + [0.18093119978423156],
)


def ising(n_qubits):
    """Return the transverse-field Ising ring."""
    rings = [("ZZ", [q, (q + 1) % n_qubits], -1.0) for q in range(n_qubits)]
    fields = [("X", [q], -1.0) for q in range(n_qubits)]
    return SparsePauliOp.from_sparse_list(rings + fields, n_qubits)


def hamiltonian_variational(n_qubits, layers):
    w = ParameterVector("w", 2 * layers)
    circuit = QuantumCircuit(n_qubits)
    circuit.h(range(n_qubits))
    for layer in range(layers):
        for q in range(n_qubits):
            circuit.rzz(w[2 * layer], q, (q + 1) % n_qubits)
        for q in range(n_qubits):
            circuit.rx(w[2 * layer + 1], q)
    return circuit


def ising_ground(n_qubits):
    """Return the energy in closed form: free fermions with antiperiodic momenta."""
    k = np.pi * (2 * np.arange(n_qubits) + 1) / n_qubits
    return -2 * np.abs(np.cos(k / 2)).sum()


@each("engine", ["aer", "compiled"])
def test_the_script_of_qiskit_algorithms(engine):
    ansatz = n_local(2, ["ry", "rz"], "cx", reps=2)
    model = VQE(ansatz, optimizer="slsqp", max_iter=300, engine=engine, random_state=0).fit(H)
    assert model.energy_ == pytest.approx(LOWEST, abs=1e-6)
    assert_allclose(model.exact_energies(), [LOWEST], rtol=1e-12)


def test_hydrogen():
    model = VQE(random_state=0, n_states=4).fit(H2)
    assert model.energy_ == pytest.approx(-1.857275030202, abs=1e-6)
    assert_allclose(model.energies_, np.linalg.eigvalsh(H2.to_matrix()), atol=1e-5)
    states = np.array([model.statevector(state).data for state in range(4)])
    assert_allclose(np.abs(states.conj() @ states.T), np.eye(4), atol=1e-3)


def test_the_ising_ring():
    model = VQE(hamiltonian_variational(10, 5), random_state=0).fit(ising(10))
    assert model.energy_ == pytest.approx(ising_ground(10), abs=1e-6)
    assert abs(model.errors()[0]) < 1e-6
    assert model.n_iter_ == len(model.loss_curve_)


def test_attributes_belong_together():
    model = VQE("real_amplitudes", random_state=0).fit(H)
    state = Statevector(model.circuit_.assign_parameters(model.weights_))
    assert_allclose(model.statevector().data, state.data, atol=1e-12)
    assert model.energy_ == pytest.approx(state.expectation_value(H).real, abs=1e-12)
    bits = model.sample(2000, random_state=0)
    assert bits.shape == (2000, 2)
    probabilities = np.abs(state.data) ** 2
    found = np.bincount(bits @ [1, 2], minlength=4) / 2000
    assert_allclose(found, probabilities, atol=5 * 0.5 / np.sqrt(2000))
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.statevector().data, model.statevector().data)
    assert_array_equal(clone(model).fit(H).weights_, model.weights_)


@each(
    "form",
    [Operator, lambda h: h.to_matrix(), lambda h: sparse.csr_matrix(h.to_matrix())],
    ids=["Operator", "array", "sparse"],
)
def test_matrices_are_operators_too(form):
    found = VQE("real_amplitudes", random_state=0).fit(form(H))
    assert_allclose(found.operator_.to_matrix(), H.to_matrix(), atol=1e-12)
    assert found.energy_ == pytest.approx(LOWEST, abs=1e-6)
    assert VQE("real_amplitudes", random_state=1).fit(Pauli("ZX")).energy_ == pytest.approx(-1)


def test_shots_and_noise():
    counted = VQE(
        RealAmplitudes(1), optimizer="spsa", engine=AerEngine(shots=2000), max_iter=80
    ).set_params(random_state=0)
    assert counted.fit(H).energy_ == pytest.approx(LOWEST, abs=0.15)
    noise_model = NoiseModel()
    noise_model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    noisy = VQE(RealAmplitudes(1), engine=AerEngine(noise_model=noise_model), random_state=0)
    assert LOWEST + 0.02 < noisy.fit(H).energy_ < LOWEST + 0.2
    with pytest.raises(TypeError, match=r"cannot compare states.* n_states=1"):
        noisy.set_params(n_states=2).fit(H)


def test_every_parameter_does_something():
    start = np.full(4, 0.1)
    model = VQE(RealAmplitudes(1), initial_weights=start, max_iter=1, optimizer="adam")
    model.set_params(learning_rate_init=0.5)
    with pytest.warns(ConvergenceWarning, match="not converged after 1 iterations"):
        assert_allclose(np.abs(model.fit(H).weights_ - start), 0.5, rtol=1e-6)
    seen = []
    model.set_params(callback=lambda *args: len(seen) == 3 or seen.append(args), max_iter=50)
    assert model.fit(H).n_iter_ == 4
    assert VQE(tol=0.5, random_state=0).fit(H).n_iter_ < VQE(random_state=0).fit(H).n_iter_
    alone, best = (
        VQE("real_amplitudes", n_restarts=n, random_state=7).fit(ising(4)).energy_ for n in (0, 4)
    )
    assert best <= alone
    weak = VQE(random_state=0, n_states=2, penalty=1e-3).fit(H)
    assert weak.energies_[1] == pytest.approx(weak.energies_[0], abs=0.01)


def test_an_interruption_keeps_the_best():
    def callback(iteration, energy, weights, elapsed):
        if iteration == 5:
            raise KeyboardInterrupt

    model = VQE(optimizer="adam", random_state=0, callback=callback)
    with pytest.warns(UserWarning, match="interrupted after 5 iterations"):
        model.fit(H)
    assert model.energy_ == pytest.approx(min(model.loss_curve_))


@each(
    ("operator", "message"),
    [
        (SparsePauliOp("XX", [1j]), "not Hermitian"),
        (SparsePauliOp("XX", [np.nan]), "NaN or infinity"),
        ([[0, 1], [0, 0]], "not Hermitian"),
        (np.eye(3), "not those of qubits|not an operator on qubits"),
        ("energy", "not an operator on qubits"),
        (np.zeros((2, 4)), "not those of qubits"),
    ],
    ids=["imaginary", "nan", "not symmetric", "three", "text", "oblong"],
)
def test_operators_that_are_refused(operator, message):
    with pytest.raises(ValueError, match=message):
        VQE().fit(operator)


def test_what_cannot_fit_is_refused_before_a_circuit_is_opened(monkeypatch):
    """Excited states are kept, and compared with."""
    monkeypatch.setattr(CompiledEngine, "open", lambda *_: pytest.fail("was opened"))
    message = r"circuit of 40 qubits needs .* GiB of memory, .* GiB is free; use fewer qubits"
    with pytest.raises(InsufficientMemoryError, match=message):
        VQE("real_amplitudes").fit(SparsePauliOp("Z" * 40))
    monkeypatch.setattr(_memory, "free_memory", lambda: (2**28, ""))
    with pytest.raises(
        InsufficientMemoryError, match=r"20 qubits needs 0\.4.* GiB .* lower n_states"
    ):
        VQE("real_amplitudes", n_states=9).fit(SparsePauliOp("Z" * 20))
    with pytest.raises(pytest.fail.Exception, match="was opened"):
        VQE("real_amplitudes").fit(SparsePauliOp("Z" * 20))


def test_settings_that_are_refused():
    with pytest.raises(ValueError, match="has 4 eigenvalues; lower n_states"):
        VQE(n_states=5).fit(H)
    with pytest.raises(ValueError, match="initial_weights holds 3 numbers"):
        VQE(initial_weights=np.zeros(3)).fit(H)
    with pytest.raises(ValueError, match=r"state=1, but 1 were trained"):
        VQE(random_state=0).fit(H).statevector(1)
    with pytest.raises(ValueError, match="2 qubits"):
        VQE(QuantumCircuit(2)).fit(ising(3))
