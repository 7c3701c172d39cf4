"""What holds for every feature map."""

import pickle

import numpy as np
from sklearn.base import clone

from skquantum.engines import AerEngine, CompiledEngine
from skquantum.estimators import QSVC, VQC
from skquantum.feature_maps import FeatureMap
from skquantum.kernels import FidelityKernel
from skquantum.testing._common import (
    bound_unitary,
    exact_states,
    quiet,
    require,
    require_close,
    require_equal,
    require_refusal,
    require_settings,
)

__all__ = ["FEATURE_MAP_CHECKS", "check_feature_map"]


def check_feature_map(feature_map, *, n_features=3):
    """Check that a feature map keeps the contract of feature maps.

    Parameters
    ----------
    feature_map : FeatureMap
        Any feature map.
    n_features : int, default=3
        A number of features that it takes. They are drawn from a normal distribution.

    Raises
    ------
    AssertionError
        If something does not hold, with a sentence that says what.

    See Also
    --------
    FEATURE_MAP_CHECKS : The single checks, for ``pytest.mark.parametrize``.

    Examples
    --------
    >>> from skquantum.feature_maps import IQPFeatureMap
    >>> from skquantum.testing import check_feature_map
    >>> check_feature_map(IQPFeatureMap(reps=1))
    """
    for check in FEATURE_MAP_CHECKS:
        check(feature_map, n_features=n_features)


def _rows(n_features, n_rows=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def _states(fitted, X):
    return exact_states(fitted.circuit_, fitted.parameter_values(X))


def check_feature_map_settings(feature_map, *, n_features=3):
    """A feature map is settings only, which fitting leaves alone."""
    require_settings(feature_map, FeatureMap)
    fitted = clone(feature_map, safe=False)
    before = dict(vars(fitted))
    fitted.fit(_rows(n_features))
    for name, value in before.items():
        require(getattr(fitted, name) is value, f"fit changes the parameter {name!r}.")
    learned = vars(fitted).keys() - before.keys()
    strange = [name for name in learned if not name.endswith("_")]
    require(not strange, f"fit sets {strange}; what is learned ends with an underscore.")
    left = vars(clone(fitted, safe=False)).keys() - before.keys()
    require(not left, f"A clone of a fitted feature map keeps {sorted(left)}.")


def check_feature_map_circuit(feature_map, *, n_features=3):
    """The circuit is unitary and fresh, and its parameters are the columns of the values."""
    fitted = clone(feature_map, safe=False)
    X = _rows(n_features)
    require(fitted.fit(X) is fitted, "fit does not return the feature map.")
    require(fitted.n_features_in_ == n_features, "fit sets a wrong n_features_in_.")
    before = dict(vars(fitted))
    circuit = fitted.build(n_features)
    require(circuit is not fitted.circuit_, "build returns the circuit of the fitted map, no copy.")
    values = fitted.parameter_values(X)
    require(
        values.shape == (len(X), circuit.num_parameters),
        f"parameter_values returns shape {values.shape} for {circuit.num_parameters} parameters.",
    )
    require(np.isfinite(values).all(), "parameter_values returns numbers that are not finite.")
    bound_unitary(circuit, values[0])
    wanted = _states(fitted, X)
    require_equal(exact_states(circuit, values), wanted, "States of build and of fit")
    circuit.x(0)
    again = fitted.build(n_features)
    require_equal(exact_states(again, values), wanted, "States of two circuits that build returns")
    require(
        vars(fitted).keys() == before.keys()
        and all(vars(fitted)[name] is value for name, value in before.items()),
        "build changes the feature map.",
    )


def check_feature_map_rows(feature_map, *, n_features=3):
    """A state depends on its row only, every feature matters, and the data stay as they are."""
    X = _rows(n_features)
    original = X.copy()
    X.flags.writeable = False
    fitted = clone(feature_map, safe=False).fit(X)
    states = _states(fitted, X)
    require_equal(X, original, "The data have been modified")
    alone = np.concatenate([_states(fitted, X[[row]]) for row in range(len(X))])
    require_equal(alone, states, "States of rows alone and among others")
    for column in range(n_features):
        overlaps = []
        for values in (-X[:, column], 0.7 * X[::-1, column]):
            changed = X.copy()
            changed[:, column] = values
            overlaps.append(np.abs((states.conj() * _states(fitted, changed)).sum(axis=1)))
        require(np.min(overlaps) < 1 - 1e-9, f"Feature {column} has no effect on the states.")


def check_feature_map_fit(feature_map, *, n_features=3):
    """Fitting again forgets; weights count as repetitions; names of columns are kept."""
    X, other = _rows(n_features), 3 * _rows(n_features, seed=1)
    wanted = _states(clone(feature_map, safe=False).fit(X), X)
    again = clone(feature_map, safe=False).fit(other).fit(X)
    require_equal(_states(again, X), wanted, "States after fits to other rows, and without them")
    weights = np.array([1, 2, 1, 3, 1, 1])
    weighted = clone(feature_map, safe=False).fit(X, sample_weight=weights)
    repeated = clone(feature_map, safe=False).fit(np.repeat(X, weights, axis=0))
    found, wanted = _states(weighted, X), _states(repeated, X)
    require_close(found, wanted, 1e-10, "States with weights, and with repeated rows")
    try:
        import pandas as pd
    except ImportError:
        return
    names = [f"f{number}" for number in range(n_features)]
    frame = pd.DataFrame(X, columns=names)
    fitted = clone(feature_map, safe=False).fit(frame)
    require(list(fitted.feature_names_in_) == names, "The names of the columns are not kept.")
    kernel = FidelityKernel(clone(feature_map, safe=False))
    plain = clone(kernel).fit(X)
    require_close(kernel.fit(frame)(frame), plain(X), 1e-12, "Kernels of a data frame and an array")


def check_feature_map_refusals(feature_map, *, n_features=3):
    """Rows that are not finite, and numbers of features that are none, are refused."""
    for value in (np.nan, np.inf):
        X = _rows(n_features)
        X[2, -1] = value
        require_refusal(lambda X=X: clone(feature_map, safe=False).fit(X), f"fit with {value}")
    X = _rows(n_features)
    for what, rows in {
        "one row as a vector": X[0],
        "no rows": X[:0],
        "no columns": X[:, :0],
    }.items():
        require_refusal(
            lambda rows=rows: clone(feature_map, safe=False).fit(rows), f"fit with {what}"
        )
    fitted = clone(feature_map, safe=False).fit(X)
    for number in (0, -1, 1.5, "2"):
        require_refusal(lambda number=number: fitted.build(number), f"build({number!r})")


def check_feature_map_copies(feature_map, *, n_features=3):
    """Clones and pickles, fitted or not, encode alike."""
    X = _rows(n_features)
    fitted = clone(feature_map, safe=False).fit(X)
    wanted = _states(fitted, X)
    copies = {
        "clone": clone(fitted, safe=False).fit(X),
        "pickle": pickle.loads(pickle.dumps(feature_map)).fit(X),
        "fitted pickle": pickle.loads(pickle.dumps(fitted)),
    }
    for kind, copy in copies.items():
        require_equal(_states(copy, X), wanted, f"States of a {kind}")


def check_feature_map_engines(feature_map, *, n_features=3):
    """The engines run the circuit, and the fidelity kernel is that of the states."""
    X = _rows(n_features)
    fitted = clone(feature_map, safe=False).fit(X)
    states = _states(fitted, X)
    wanted = np.abs(states.conj() @ states.T) ** 2
    for engine in (AerEngine(), CompiledEngine()):
        name = type(engine).__name__
        found = engine.open(fitted.circuit_).states(fitted.parameter_values(X))
        require_close(found, states, 1e-9, f"States of {name} and of Qiskit")
        K = FidelityKernel(feature_map, engine=engine).fit(X)(X)
        require_close(K, wanted, 1e-9, f"Kernel with {name} and overlaps of states")


@quiet
def check_feature_map_in_estimators(feature_map, *, n_features=3):
    """Estimators take the feature map, and nested parameters reach it."""
    X = _rows(n_features, 16, seed=2)
    y = (np.arange(16) % 2).astype(int)
    kernel = FidelityKernel(feature_map, engine="compiled")
    for model, prefix in [
        (QSVC(kernel=kernel), "kernel__feature_map"),
        (VQC(feature_map, "real_amplitudes", max_iter=2, random_state=0), "feature_map"),
    ]:
        where = type(model).__name__
        for name, value in feature_map.get_params(deep=False).items():
            nested = f"{prefix}__{name}"
            require(model.get_params()[nested] is value, f"{where} does not reach {nested}.")
            model.set_params(**{nested: value})
        predictions = model.fit(X, y).predict(X)
        unpickled = pickle.loads(pickle.dumps(model))
        require_equal(unpickled.predict(X), predictions, f"Predictions of a pickled {where}")
        again = clone(model).fit(X, y).predict(X)
        require_equal(again, predictions, f"Predictions of a cloned {where}")


FEATURE_MAP_CHECKS = (
    check_feature_map_settings,
    check_feature_map_circuit,
    check_feature_map_rows,
    check_feature_map_fit,
    check_feature_map_refusals,
    check_feature_map_copies,
    check_feature_map_engines,
    check_feature_map_in_estimators,
)
