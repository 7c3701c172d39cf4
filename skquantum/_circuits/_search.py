"""Circuits as candidates of a search."""

import inspect
import warnings
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from qiskit import QuantumCircuit

__all__ = ["check_candidates"]


def check_candidates():
    """Raise if a search of scikit-learn is about to fit what it cannot list afterwards.

    When all its fits are done, a search makes an array of the candidates of each parameter. NumPy
    takes circuits for sequences of gates and, if there are only circuits, asks the gates for their
    matrices and fails, and all results are lost. Cloning the estimator is the first that a search
    does, so it is stopped there.

    Raises
    ------
    TypeError
        If the caller's callers are such a search.
    """
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if frame.f_code.co_name == "fit" and module == "sklearn.model_selection._search":
            _check(frame.f_locals.get("self"))
        frame = frame.f_back


def _check(search):
    grids = getattr(search, "param_grid", getattr(search, "param_distributions", {}))
    candidates = defaultdict(list)
    for grid in [grids] if isinstance(grids, Mapping) else grids:
        for name, values in grid.items():
            if isinstance(values, list | tuple):
                candidates[name] += values
    for name, values in candidates.items():
        if any(isinstance(value, QuantumCircuit) for value in values) and _fails(values):
            wrapper = "CircuitAnsatz" if name.endswith("ansatz") else "CircuitFeatureMap"
            raise TypeError(
                f"The candidates for {name!r} are bare circuits, on which scikit-learn's searches "
                f"fail after all fits, because NumPy treats them as sequences; wrap each of them "
                f"in {wrapper}(circuit)."
            )


def _fails(values):
    """Whether an array of candidates cannot be made, as scikit-learn makes it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, about how gates give their matrices
            np.array(values)
    except ValueError:  # which scikit-learn expects of sequences that differ in length
        return False
    except Exception:  # whatever a gate says that has no matrix
        return True
    return False
