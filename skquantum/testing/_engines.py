"""What holds for every engine."""

import pickle
import tempfile

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from skquantum._runtime import Checkpoint
from skquantum.ansatze import RealAmplitudes
from skquantum.engines import (
    Engine,
    ExpectationSession,
    FidelitySession,
    KernelSession,
    Session,
)
from skquantum.estimators import QSVC, VQC
from skquantum.kernels import FidelityKernel
from skquantum.testing._circuits import example_circuit, small_circuits, standard_circuits
from skquantum.testing._common import (
    exact_states,
    keeps_its_settings,
    quiet,
    require,
    require_close,
    require_equal,
    require_refusal,
    require_settings,
)
from skquantum.testing._gradients import check_engine_gradients
from skquantum.testing._sessions import (
    all_numbers,
    example_values,
    fidelities_of,
    has_states,
    is_drawn,
    observables_on,
    precision_of,
    require_right,
)

__all__ = ["ENGINE_CHECKS", "check_engine"]

CAPABILITIES = (KernelSession, ExpectationSession)


def check_engine(engine, *, ideal=True):
    """Check that an engine keeps the contract of engines.

    What sessions return is compared with states that Qiskit computes from its own matrices of
    gates; what is drawn is judged by Hoeffding's inequality, with a false alarm in 10 million
    numbers.

    Parameters
    ----------
    engine : Engine
        Any engine.
    ideal : bool, default=True
        Whether the engine has no noise. With noise, all but the numbers themselves is checked.

    Raises
    ------
    AssertionError
        If something does not hold, with a sentence that says what.

    See Also
    --------
    ENGINE_CHECKS : The single checks, for ``pytest.mark.parametrize``.

    Examples
    --------
    >>> from skquantum.engines import CompiledEngine
    >>> from skquantum.testing import check_engine
    >>> check_engine(CompiledEngine())
    """
    for check in ENGINE_CHECKS:
        check(engine, ideal=ideal)


def check_engine_settings(engine, *, ideal=True):
    """An engine is settings only, and opens into a session with a capability."""
    require_settings(engine, Engine)
    before = dict(vars(engine))
    session = engine.open(example_circuit())
    require(isinstance(session, Session), "open() does not return a Session.")
    require(
        isinstance(session, CAPABILITIES),
        f"{type(session).__name__} derives from none of the sessions that offer something, such "
        "as StateSession.",
    )
    require(session.engine is not engine, "The session holds the engine, not a copy.")
    require(dict(vars(engine)) == before, "open() changes the engine.")


def check_engine_standard_gates(engine, *, ideal=True):
    """Every gate of Qiskit's standard library, with expressions and a global phase, is right."""
    for number, circuit in enumerate(standard_circuits()):
        session = engine.open(circuit)
        if ideal:
            gates = ", ".join(circuit.count_ops())
            require_right(session, circuit, example_values(circuit), f"circuit {number} ({gates})")


def check_engine_small_circuits(engine, *, ideal=True):
    """One qubit, idle wires, barriers and missing parameters are no exceptions."""
    for what, circuit in small_circuits().items():
        session = engine.open(circuit)
        if isinstance(session, ExpectationSession):  # others may leave idle wires out
            require(session.n_qubits == circuit.num_qubits, f"n_qubits is wrong for {what}.")
        if ideal:
            require_right(session, circuit, example_values(circuit), what)


def check_engine_rows(engine, *, ideal=True):
    """A number depends on its row, and on neither its neighbours nor the workers."""
    circuit = example_circuit()
    session = engine.open(circuit)
    values = example_values(circuit, 9)
    together = all_numbers(session, values)
    for rows in (slice(0, 0), slice(3, 4), slice(2, 9), np.array([5, 0, 8])):
        for verb, numbers in all_numbers(session, values[rows]).items():
            what = f"{verb} of {len(values[rows])} rows alone and among 9"
            if verb in ("states", "fidelities") or session.shots is None:
                same = require_equal if verb == "states" else _require_tight
                same(numbers, together[verb][rows], what)
            else:
                require(len(numbers) == len(values[rows]), f"{what}: wrong number of rows.")
    if not keeps_its_settings(engine):
        return  # a connection to a device cannot be taken along
    shared = engine.open(circuit)
    shared.seconds_per_row = 1e3  # worth sharing
    for verb, numbers in all_numbers(shared, values, n_jobs=2).items():
        require_equal(numbers, together[verb], f"{verb} with n_jobs=2 and without")


def _require_tight(found, wanted, what):
    require_close(found, wanted, 1e-6 if np.asarray(found).dtype == np.float32 else 1e-13, what)


def check_engine_refusals(engine, *, ideal=True):
    """Values, observables and circuits that are invalid are refused."""
    circuit = example_circuit()
    session = engine.open(circuit)
    good = example_values(circuit)
    verbs = {}
    if has_states(session):
        verbs["states"] = session.states
    if isinstance(session, KernelSession):
        verbs["encode"] = session.encode
    if isinstance(session, ExpectationSession):
        verbs["expectations"] = lambda values: session.expectations(values, [SparsePauliOp("ZZZ")])
    bad = {
        "one column too few": good[:, 1:],
        "a single row": good[0],
        "nan": np.where(good == good[1, 1], np.nan, good),
        "infinity": np.where(good == good[1, 1], np.inf, good),
    }
    for verb, call in verbs.items():
        for what, values in bad.items():
            require_refusal(lambda call=call, values=values: call(values), f"{verb} with {what}")
    if isinstance(session, ExpectationSession):
        for what, observable in {
            "the wrong width": SparsePauliOp("Z"),
            "imaginary parts": SparsePauliOp("ZZZ", [1j]),
            "a diagonal of the wrong length": np.ones(4),
        }.items():
            require_refusal(
                lambda observable=observable: session.expectations(good, [observable]),
                f"An observable with {what}",
            )
        ones = np.ones((len(good), 1))
        for what, cotangents, wrt in [
            ("cotangents of a wrong shape", ones[1:], None),
            ("wrt=[-1]", ones, [-1]),
            ("wrt beyond the parameters", ones, [circuit.num_parameters]),
        ]:
            require_refusal(
                lambda c=cotangents, w=wrt: session.gradients(
                    good, [SparsePauliOp("ZZZ")], c, wrt=w
                ),
                f"gradients with {what}",
            )
    measured = circuit.copy()
    measured.measure_all()
    require_refusal(
        lambda: all_numbers(engine.open(measured), good) or fidelities_of(session, good, None),
        "A circuit with measurements",
        (ValueError, TypeError, QiskitError),
    )


def check_engine_isolation(engine, *, ideal=True):
    """Sessions are not reached by later changes, and change nothing themselves."""
    circuit = example_circuit()
    values = example_values(circuit)
    engine = clone(engine, safe=False)
    session = engine.open(circuit)
    before, copy = all_numbers(session, values), values.copy()
    require(circuit == example_circuit(circuit.parameters), "The circuit has been modified.")
    require_equal(values, copy, "The values have been modified")
    values.flags.writeable = False
    circuit.x(0)
    for name in engine.get_params(deep=False):
        setattr(engine, name, None)
    for verb, numbers in all_numbers(session, values).items():
        require_equal(numbers, before[verb], f"{verb} before and after the circuit was changed")


def check_engine_copies(engine, *, ideal=True):
    """Clones and pickles return the same numbers."""
    circuit = example_circuit()
    values = example_values(circuit)
    wanted = all_numbers(engine.open(circuit), values)
    copies = {"clone": clone(engine, safe=False)}
    if keeps_its_settings(engine):
        copies["pickle"] = pickle.loads(pickle.dumps(engine))
    for kind, copy in copies.items():
        for verb, numbers in all_numbers(copy.open(circuit), values).items():
            require_equal(numbers, wanted[verb], f"{verb} of a {kind}")


def check_engine_random_state(engine, *, ideal=True):
    """Numbers that are drawn follow `random_state`."""
    circuit = example_circuit()
    session = engine.open(circuit)
    require(session.shots == engine.shots or engine.shots is None, "The shots are not the engine's")
    if not isinstance(session, ExpectationSession):
        return
    values, observables = example_values(circuit, 20), observables_on(circuit.num_qubits)
    if is_drawn(session):
        found = session.expectations(values, observables, random_state=0)
        require(found.shape == (20, len(observables)), f"Expectation values: {found.shape}.")
        return

    def drawn(seed):
        return session.expectations(values, observables, random_state=seed)

    require_equal(drawn(0), drawn(0), "Expectation values with the same random_state")
    fresh = drawn(np.random.RandomState(0))
    require_equal(fresh, drawn(np.random.RandomState(0)), "Expectation values with equal states")
    if session.shots is None:
        require_equal(drawn(0), drawn(1), "Exact expectation values with other seeds")
    else:
        require((drawn(0) != drawn(1)).any(), "random_state has no effect on shots.")


@quiet
def check_engine_encodings(engine, *, ideal=True):
    """Encoded batches can be cut, saved, pickled and told apart."""
    circuit = example_circuit()
    session = engine.open(circuit)
    if not isinstance(session, KernelSession):
        return
    values = example_values(circuit, 5)
    values[3] = values[1]
    batch = session.encode(values)
    keys = batch.keys()
    require(len(batch) == 5 and batch.nbytes > 0, "An encoded batch has a wrong size.")
    require(keys.dtype == np.uint64 and keys.shape == (5,), "Keys are not uint64, one per row.")
    require(keys[3] == keys[1], "Equal rows have different keys.")
    require(len(set(keys.tolist())) == 4, "Different rows have equal keys.")
    for rows in ([4, 1, 1], slice(1, 3), slice(0, 0)):
        part = batch.take(rows)
        require_equal(part.keys(), keys[rows], f"Keys of take({rows})")
    again = type(batch).load([batch.take([0, 1]).save(), batch.take([2, 3, 4]).save()], None)
    require_equal(again.keys(), keys, "Keys of a batch that was saved in two pieces")
    require_equal(pickle.loads(pickle.dumps(batch)).keys(), keys, "Keys of a pickled batch")
    if is_drawn(session):
        return
    forth, back = batch.inner()
    require_equal(back, forth.T, "Both orders of the pairs of one batch")
    require_close(batch.inner(batch.take(slice(None)))[0], forth, 1e-6, "inner of a copy")
    tight = 10 * precision_of(session)
    require_close(batch.diagonal(), forth.diagonal(), tight, "diagonal() and inner()")
    rows = [4, 1, 0]
    require_close(batch.take(rows).inner()[0], forth[np.ix_(rows, rows)], tight, "inner of take")
    if session.unit_diagonal:
        require_close(forth.diagonal(), np.ones(5), tight, "Fidelities of equal rows and 1")


def _found(directory, fingerprint):
    return Checkpoint(directory, fingerprint).get("piece", shape=(1,))


def check_engine_fingerprint(engine, *, ideal=True):
    """The fingerprint is the same for copies and in every process, and keeps track of settings."""
    fingerprint = engine.fingerprint()
    require(
        fingerprint.get("engine") == type(engine).__name__,
        "The fingerprint lacks the name of the class as 'engine'.",
    )
    settings = engine.encoding_settings()
    require(
        settings.keys() == clone(engine, safe=False).encoding_settings().keys(),
        "encoding_settings() of a clone has other names.",
    )
    with tempfile.TemporaryDirectory() as directory:
        Checkpoint(directory, fingerprint).put("piece", np.array([0.5]))
        same = clone(engine, safe=False).fingerprint()
        require(_found(directory, same) is not None, "The fingerprint of a clone is another.")
        if keeps_its_settings(engine):
            call = delayed(_found_by)(directory, engine)
            (found,) = Parallel(n_jobs=2)([call])
            require(found is not None, "The fingerprint is another in another process.")


def _found_by(directory, engine):
    return _found(directory, engine.fingerprint())


def check_engine_row_bytes(engine, *, ideal=True):
    """The memory of an encoded row is declared."""
    circuit = example_circuit()
    session = engine.open(circuit)
    if not isinstance(session, KernelSession):
        return
    encoded = session.encode(example_values(circuit, 4))
    declared = engine.row_bytes(circuit.num_qubits)
    if isinstance(session, FidelitySession) and not declared:
        return  # values of parameters, whose number is unknown, and which are there already
    require(
        4 * declared >= encoded.nbytes,
        f"row_bytes({circuit.num_qubits}) is {declared}, but rows take {encoded.nbytes / 4}.",
    )
    require(engine.row_bytes(60) > 0, "row_bytes(60) is not positive.")


@quiet
def check_engine_in_estimators(engine, *, ideal=True):
    """Estimators take the engine, and nested parameters reach it."""
    session = engine.open(example_circuit())
    X = np.random.default_rng(0).uniform(-1, 1, (12, 2))
    y = (X[:, 0] > 0).astype(int)
    models = []
    if isinstance(session, KernelSession):
        models.append(QSVC(kernel=FidelityKernel("angle", engine=engine, random_state=0)))
    if isinstance(session, ExpectationSession):
        models.append(VQC("angle", RealAmplitudes(1), engine=engine, max_iter=2, random_state=0))
    for model in models:
        where = type(model).__name__
        require(
            model.get_params()["kernel__engine" if where == "QSVC" else "engine"] is engine,
            f"{where} does not hold the engine.",
        )
        predictions = model.fit(X, y).predict(X)
        require(predictions.shape == (12,), f"{where} predicts shape {predictions.shape}.")
        if keeps_its_settings(engine):
            unpickled = pickle.loads(pickle.dumps(model))
            require_equal(unpickled.predict(X), predictions, f"Predictions of a pickled {where}")
        if ideal and where == "QSVC":
            states = exact_states(model.kernel_.feature_map_.circuit_, X)
            wanted = np.abs(states.conj() @ states.T) ** 2
            error = 10 * precision_of(session)
            if session.shots is not None:
                error = 3 / np.sqrt(session.shots)
            require_close(model.kernel_(X), wanted, error, "FidelityKernel with this engine")


ENGINE_CHECKS = (
    check_engine_settings,
    check_engine_standard_gates,
    check_engine_small_circuits,
    check_engine_rows,
    check_engine_refusals,
    check_engine_isolation,
    check_engine_copies,
    check_engine_gradients,
    check_engine_random_state,
    check_engine_encodings,
    check_engine_fingerprint,
    check_engine_row_bytes,
    check_engine_in_estimators,
)
