"""The circuit of a pair of rows: that of one, and then the inverse of that of the other."""

from qiskit.circuit import Parameter

__all__ = ["there_and_back"]


def there_and_back(circuit, parameters):
    """Append to a circuit its inverse, with parameters of its own.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit of one row; it is not changed.
    parameters : sequence of Parameter
        Those of a row, in order; the circuit may hold fewer.

    Returns
    -------
    pair : QuantumCircuit
        Both halves with a barrier between: cancelled gates would be cancelled noise, and a
        diagonal that is always 1.
    parameters : list of Parameter
        Those of the first row, and then those of the second.
    """
    there, first = _renamed(circuit, parameters, "first")
    back, second = _renamed(circuit, parameters, "second")
    there.barrier()
    return there.compose(back.inverse()), first + second


def _renamed(circuit, parameters, which):
    new = {parameter: Parameter(f"{parameter.name}@{which}") for parameter in parameters}
    used = set(circuit.parameters)
    renamed = circuit.assign_parameters({old: new[old] for old in parameters if old in used})
    return renamed, list(new.values())
