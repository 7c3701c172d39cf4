"""What holds for every ansatz."""

import pickle

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from sklearn.base import clone

from skquantum.ansatze import Ansatz
from skquantum.estimators import VQC
from skquantum.feature_maps import AngleFeatureMap
from skquantum.testing._common import (
    bound_unitary,
    quiet,
    require,
    require_close,
    require_equal,
    require_refusal,
    require_settings,
)

__all__ = ["ANSATZ_CHECKS", "check_ansatz"]


def check_ansatz(ansatz, *, n_qubits=3):
    """Check that an ansatz keeps the contract of ansätze.

    Parameters
    ----------
    ansatz : Ansatz
        Any ansatz.
    n_qubits : int, default=3
        A number of qubits that it takes.

    Raises
    ------
    AssertionError
        If something does not hold, with a sentence that says what.

    See Also
    --------
    ANSATZ_CHECKS : The single checks, for ``pytest.mark.parametrize``.

    Examples
    --------
    >>> from skquantum.ansatze import RealAmplitudes
    >>> from skquantum.testing import check_ansatz
    >>> check_ansatz(RealAmplitudes(1))
    """
    for check in ANSATZ_CHECKS:
        check(ansatz, n_qubits=n_qubits)


def _numbers(size, seed=0):
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, size)


def _encodings(n_qubits):
    """Return encodings, some with parameters that are called as weights are."""
    angle = AngleFeatureMap().build(n_qubits)
    taken = QuantumCircuit(n_qubits, global_phase=0.2)
    for parameter in (*ParameterVector("w", 2), Parameter("w_1")):
        taken.ry(0.5 * parameter, 0)
        taken.h(0)
    return {"an encoding": angle, "an encoding with parameters called w": taken}


def _bound(attached, encoding, x, w):
    values = dict(zip(encoding.parameters, x, strict=True))
    return bound_unitary(attached.circuit, values | dict(zip(attached.weights, w, strict=True)))


def check_ansatz_settings(ansatz, *, n_qubits=3):
    """An ansatz is settings only, which building leaves alone."""
    require_settings(ansatz, Ansatz)
    before = dict(vars(ansatz))
    ansatz.build(n_qubits)
    ansatz.attach(QuantumCircuit(n_qubits))
    require(dict(vars(ansatz)) == before, "build or attach changes the ansatz.")


def check_ansatz_circuit(ansatz, *, n_qubits=3):
    """The circuit is unitary and fresh, and its parameters are weights in order."""
    circuit = ansatz.build(n_qubits)
    require(circuit.num_qubits == n_qubits, f"The circuit has {circuit.num_qubits} qubits.")
    names = [parameter.name for parameter in circuit.parameters]
    require(names == [f"w[{k}]" for k in range(len(names))], f"The weights are called {names}.")
    w = _numbers(len(names))
    unitary = bound_unitary(circuit, w)
    circuit.x(0)
    again = bound_unitary(ansatz.build(n_qubits), w)
    require_equal(again, unitary, "Matrices of two circuits that build returns")
    for k in np.linspace(0, len(names) - 1, min(len(names), 12)).astype(int):
        changed = w.copy()
        changed[k] += 0.5
        moved = bound_unitary(ansatz.build(n_qubits), changed)
        require(np.abs(moved - unitary).max() > 1e-9, f"Weight {k} has no effect.")


def check_ansatz_attach(ansatz, *, n_qubits=3):
    """Attached circuits have the parameters of the encoding and the weights, and no others."""
    for what, encoding in _encodings(n_qubits).items():
        before = encoding.copy()
        attached = ansatz.attach(encoding)
        require(encoding == before, f"attach changes {what}.")
        n_weights = len(attached.weights)
        require(n_weights > 0, "There are no weights.")
        wanted = {*encoding.parameters, *attached.weights}
        require(
            len(wanted) == n_weights + encoding.num_parameters
            and set(attached.circuit.parameters) == wanted,
            f"The parameters of the circuit attached to {what} are not its own and the weights.",
        )
        order = [p for p in attached.circuit.parameters if p in set(attached.weights)]
        require(order == list(attached.weights), "The weights are not in the circuit's order.")
        scaling, mirrors = attached.is_scaling, attached.mirrors
        require(
            scaling.shape == (n_weights,) and scaling.dtype == bool,
            f"is_scaling is {scaling.dtype} of shape {scaling.shape} for {n_weights} weights.",
        )
        require(
            mirrors.ndim == 2 and mirrors.shape[1] == 2,
            f"mirrors have shape {mirrors.shape}, not (n_pairs, 2).",
        )
        sources, targets = mirrors.T.tolist()
        require(
            len(set(targets)) == len(targets) and not set(sources) & set(targets),
            "A mirrored weight takes its value from two others, or from one that is mirrored.",
        )
        require(all(0 <= k < n_weights for k in sources + targets), "mirrors hold unknown weights.")
        x, w = _numbers(encoding.num_parameters, 1), _numbers(n_weights, 2)
        unitary = _bound(attached, encoding, x, w)
        if type(ansatz).attach is Ansatz.attach:
            product = bound_unitary(ansatz.build(n_qubits), w) @ bound_unitary(encoding, x)
            require_close(unitary, product, 1e-10, f"The circuit attached to {what} and a product")
        if scaling.any():
            w[scaling] = 1.0
            neutral = _bound(attached, encoding, x, w)
            w[scaling] = 1.3
            moved = np.abs(_bound(attached, encoding, x, w) - neutral).max()
            require(moved > 1e-9, "Weights that multiply features have no effect.")


def check_ansatz_refusals(ansatz, *, n_qubits=3):
    """Invalid widths, and encodings that are not circuits, are refused."""
    for number in (0, -1, 1.5, "2"):
        require_refusal(lambda number=number: ansatz.build(number), f"build({number!r})")
    for thing in ("x", None, n_qubits):
        require_refusal(
            lambda thing=thing: ansatz.attach(thing), f"attach({thing!r})", (TypeError,)
        )


def check_ansatz_copies(ansatz, *, n_qubits=3):
    """Clones and pickles build the same."""
    circuit = ansatz.build(n_qubits)
    w = _numbers(circuit.num_parameters)
    wanted = bound_unitary(circuit, w)
    copies = {"clone": clone(ansatz, safe=False), "pickle": pickle.loads(pickle.dumps(ansatz))}
    for kind, copy in copies.items():
        require_equal(bound_unitary(copy.build(n_qubits), w), wanted, f"The matrix of a {kind}")


@quiet
def check_ansatz_in_estimators(ansatz, *, n_qubits=3):
    """VQC trains its weights, and nested parameters reach it."""
    X = np.random.default_rng(0).normal(size=(12, n_qubits))
    y = (X[:, 0] > 0).astype(int)
    model = VQC("angle", ansatz, max_iter=2, random_state=0)
    for name, value in ansatz.get_params(deep=False).items():
        require(
            model.get_params()[f"ansatz__{name}"] is value, f"VQC does not reach ansatz__{name}."
        )
        model.set_params(**{f"ansatz__{name}": value})
    model.fit(X, y)
    n_weights = len(ansatz.attach(AngleFeatureMap().build(n_qubits)).weights)
    require(model.weights_.shape == (n_weights,), f"VQC trains {model.weights_.shape} weights.")
    predictions = model.predict_proba(X)
    unpickled = pickle.loads(pickle.dumps(model))
    require_equal(unpickled.predict_proba(X), predictions, "Probabilities of a pickled VQC")
    again = clone(model).fit(X, y).predict_proba(X)
    require_equal(again, predictions, "Probabilities of a cloned VQC")


ANSATZ_CHECKS = (
    check_ansatz_settings,
    check_ansatz_circuit,
    check_ansatz_attach,
    check_ansatz_refusals,
    check_ansatz_copies,
    check_ansatz_in_estimators,
)
