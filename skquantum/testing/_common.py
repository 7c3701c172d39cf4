"""What all checks share: requirements with a sentence, copies, and states from Qiskit."""

import functools
import pickle
import warnings

import numpy as np
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator, Statevector
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skquantum._components import same_settings
from skquantum.exceptions import BarrenPlateauWarning, ConcentrationWarning, PairwiseWarning

__all__ = [
    "bound_unitary",
    "exact_states",
    "keeps_its_settings",
    "quiet",
    "require",
    "require_close",
    "require_equal",
    "require_refusal",
    "require_settings",
]


def quiet(function):
    """Decorate a function that does not mind slow, short or hopeless runs."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with warnings.catch_warnings():
            for category in (
                BarrenPlateauWarning,
                ConcentrationWarning,
                ConvergenceWarning,
                PairwiseWarning,
            ):
                warnings.simplefilter("ignore", category)
            return function(*args, **kwargs)

    return wrapper


def require(condition, message):
    """Raise an AssertionError with a sentence unless a condition holds."""
    if not condition:
        raise AssertionError(message)


def require_equal(found, wanted, what):
    """Raise unless two arrays are equal to the last bit."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    require(found.shape == wanted.shape, f"{what}: shapes {found.shape} and {wanted.shape}.")
    different = np.count_nonzero(found != wanted)
    require(not different, f"{what}: {different} of {found.size} numbers differ.")


def require_close(found, wanted, atol, what):
    """Raise unless two arrays agree within a tolerance."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    require(found.shape == wanted.shape, f"{what}: shapes {found.shape} and {wanted.shape}.")
    error = np.abs(found - wanted).max(initial=0)
    require(error <= atol, f"{what}: they differ by {error:.3g}, more than {atol:.3g}.")


def require_refusal(call, what, errors=(ValueError,)):
    """Raise unless a call raises one of some errors, with a message."""
    names = " or ".join(error.__name__ for error in errors)
    try:
        call()
    except errors as error:
        require(str(error), f"{what}: the {type(error).__name__} has no message.")
    except Exception as error:
        raise AssertionError(f"{what}: raises {type(error).__name__}, not {names}.") from error
    else:
        raise AssertionError(f"{what}: accepted; raise {names}.")


def require_settings(thing, base):
    """Raise unless an object is settings only, which can be cloned, set, printed and pickled."""
    name = type(thing).__name__
    require(isinstance(thing, base), f"{name} does not derive from {base.__name__}.")
    params = thing.get_params(deep=False)
    again = type(thing)(**params)
    for key, value in params.items():
        require(
            getattr(again, key) is value,
            f"The constructor of {name} changes its parameter {key!r}; it must only store it.",
        )
    extra = vars(again).keys() - params.keys()
    require(not extra, f"The constructor of {name} sets {sorted(extra)}, which are not parameters.")
    cloned = clone(thing, safe=False)
    for key, value in cloned.get_params(deep=False).items():
        # objects without an equality of their own, such as backends, are copied
        opaque = type(value) is type(params[key]) and type(value).__eq__ is object.__eq__
        require(
            opaque or same_settings(value, params[key]),
            f"A clone of {name} has another parameter {key!r}.",
        )
    require(cloned.set_params(**params) is cloned, f"{name}.set_params does not return the object.")
    require(name in repr(thing), f"repr() of {name} does not name the class.")
    unpickled = pickle.loads(pickle.dumps(thing))
    require(type(unpickled) is type(thing), f"A pickle of {name} has another class.")
    for key, value in unpickled.get_params(deep=False).items():
        # a connection to a device may be left out
        require(
            value is None or type(value) is type(params[key]),
            f"A pickle of {name} has another parameter {key!r}.",
        )


def keeps_its_settings(thing):
    """Say whether a pickle leaves nothing out."""
    return all(
        (value is None) == (thing.get_params(deep=False)[key] is None)
        for key, value in pickle.loads(pickle.dumps(thing)).get_params(deep=False).items()
    )


def exact_states(circuit, values):
    """Return the states of a circuit for rows of values of its parameters, from Qiskit."""
    values = np.asarray(values, dtype=np.float64)
    states = [Statevector(circuit.assign_parameters(row)).data for row in values]
    return np.reshape(states, (len(values), 2**circuit.num_qubits))


def bound_unitary(circuit, values):
    """Return the unitary matrix of a circuit for values of its parameters, from Qiskit."""
    try:
        matrix = Operator(circuit.assign_parameters(values)).data
    except QiskitError as error:
        raise AssertionError(f"The circuit is not unitary: {error.message}") from error
    error = np.abs(matrix @ matrix.conj().T - np.eye(len(matrix))).max()
    require(error < 1e-10, f"The circuit is not unitary, by {error:.3g}.")
    return matrix
