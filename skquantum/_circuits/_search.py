"""Circuits as candidates of a search."""

import inspect

from qiskit import QuantumCircuit

__all__ = ["check_candidates"]


def check_candidates(params):
    """Raise if a search of scikit-learn sets parameters to bare circuits.

    When all its fits are done, a search makes an array of the candidates of each parameter.
    NumPy takes a circuit for a sequence of gates and fails, and all results are lost. What sets
    parameters is the last that a search does before the first fit, so it is stopped there.

    Parameters
    ----------
    params : dict
        What ``set_params`` was called with.

    Raises
    ------
    TypeError
        If there is a circuit among the values, and scikit-learn's searches are calling.
    """
    circuits = [name for name, value in params.items() if isinstance(value, QuantumCircuit)]
    if circuits and _in_search():
        wrapper = "CircuitAnsatz" if circuits[0].endswith("ansatz") else "CircuitFeatureMap"
        raise TypeError(
            f"The candidates for {circuits[0]!r} are bare circuits, which scikit-learn's searches "
            f"fail on after all fits, for NumPy takes them for sequences; wrap each of them in "
            f"{wrapper}(circuit)."
        )


def _in_search():
    """Whether the caller's callers fit a candidate of a search."""
    frame = inspect.currentframe()
    while frame is not None:
        if (
            frame.f_code.co_name == "_fit_and_score"
            and frame.f_globals.get("__name__") == "sklearn.model_selection._validation"
        ):
            return True
        frame = frame.f_back
    return False
