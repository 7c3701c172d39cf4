"""The circuits that a sampler measures."""

from qiskit import ClassicalRegister

from skquantum._circuits import there_and_back
from skquantum.engines._devices import opened_for, translated

__all__ = ["REGISTER", "make_basis_circuit", "make_pair_circuit"]

REGISTER = "meas"  # that results are read from


def make_pair_circuit(circuit, wires, sampler, pass_manager):
    """Build and translate the circuit for a pair of rows.

    Parameters
    ----------
    circuit : QuantumCircuit
        Circuit of one row that `lower` takes; it is not changed.
    wires : list of int
        Qubits that are measured.
    sampler : BaseSamplerV2
        Which will run it.
    pass_manager : PassManager or None
        What translates it; None leaves it as it is.

    Returns
    -------
    DeviceCircuit
        One row, a barrier, the inverse for the other row, and measurements; its expressions take
        the values of both rows side by side.

    Raises
    ------
    ValueError
        If the backend is too small or cannot run it.
    """
    pair, parameters = there_and_back(opened_for(circuit, sampler), circuit.parameters)
    _measure(pair, wires)
    return translated(pair, parameters, sampler, pass_manager)


def make_basis_circuit(circuit, letters, sampler, pass_manager):
    """Build and translate the circuit that measures qubits in a basis.

    Parameters
    ----------
    circuit : QuantumCircuit
        Circuit of one row that `lower` takes; it is not changed.
    letters : dict of int to str
        The letter of the basis, X, Y or Z, for each qubit that is measured.
    sampler : BaseSamplerV2
        Which will run it.
    pass_manager : PassManager or None
        What translates it; None leaves it as it is.

    Returns
    -------
    DeviceCircuit
        One row and measurements, whose bits are in the order of `letters`.

    Raises
    ------
    ValueError
        If the backend is too small or cannot run it.
    """
    measured = opened_for(circuit, sampler)
    for wire, letter in letters.items():
        if letter == "Y":
            measured.sdg(wire)
        if letter != "Z":
            measured.h(wire)
    _measure(measured, list(letters))
    return translated(measured, circuit.parameters, sampler, pass_manager)


def _measure(circuit, wires):
    bits = ClassicalRegister(len(wires), REGISTER)
    circuit.add_register(bits)
    circuit.barrier()
    circuit.measure(wires, bits)
