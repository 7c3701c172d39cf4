"""The noise of a device: its qubits, its gates, and no more of them than a circuit needs."""

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Delay
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, RelaxationNoisePass

__all__ = ["Placed", "place", "restricted"]

SEED = 0  # of the layout, so that workers find the same


@dataclass(frozen=True, eq=False)
class Placed:
    """A circuit on those qubits of a device that it uses.

    Attributes
    ----------
    circuit : QuantumCircuit
        In the basis gates of the device, on few qubits.
    noise_model : NoiseModel
        Noise of these qubits.
    start : list of int
        Where the qubits of the original circuit are at first.
    end : list of int
        Where they are at the end, after routing.
    """

    circuit: QuantumCircuit
    noise_model: NoiseModel
    start: list
    end: list

    def observables(self, observables):
        """Return observables of the original circuit as those of this one."""
        return [self._moved(observable) for observable in observables]

    def _moved(self, observable):
        n_qubits = self.circuit.num_qubits
        if isinstance(observable, SparsePauliOp):
            return observable.apply_layout(self.end, n_qubits)
        z = np.arange(2**n_qubits)
        original = sum((z >> place & 1) << k for k, place in enumerate(self.end))
        return observable[original]


def place(circuit, backend):
    """Transpile a circuit to a device, and leave out the qubits that it does not use.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit, with free parameters.
    backend : BackendV2
        The device, real or fake; nothing is sent to it.

    Returns
    -------
    Placed
        Ready for a simulation with noise.

    Raises
    ------
    ValueError
        If the device has too few qubits.
    """
    if circuit.num_qubits > backend.num_qubits:
        raise ValueError(
            f"The circuit has {circuit.num_qubits} qubits, {backend.name} has "
            f"{backend.num_qubits}; use fewer qubits or a larger device."
        )
    on_device = transpile(circuit, backend, optimization_level=1, seed_transpiler=SEED)
    n_original = circuit.num_qubits
    if on_device.layout is None:
        start = end = list(range(n_original))
    else:
        start = list(on_device.layout.initial_index_layout(filter_ancillas=True))
        end = list(on_device.layout.final_index_layout(filter_ancillas=True))
    used = set(start)
    items = [
        (item.operation, [on_device.find_bit(qubit).index for qubit in item.qubits])
        for item in on_device.data
        if item.operation.name != "barrier"
    ]
    for _, wires in items:
        used.update(wires)
    noise_model = NoiseModel.from_backend(backend)
    number = {physical: k for k, physical in enumerate(sorted(used))}
    few = QuantumCircuit(len(number))
    for operation, wires in items:
        few.append(operation, [number[wire] for wire in wires], copy=False)
    return Placed(
        few,
        restricted(noise_model, number),
        [number[physical] for physical in start],
        [number[physical] for physical in end],
    )


def restricted(noise_model, number):
    """Return the noise of some qubits, given by their new numbers."""
    result = NoiseModel(basis_gates=noise_model.basis_gates)
    # Aer has no public way to read the errors of a model that keeps them as objects.
    for name, errors in noise_model._local_quantum_errors.items():
        for qubits, error in errors.items():
            if number.keys() >= set(qubits):
                result.add_quantum_error(error, name, [number[qubit] for qubit in qubits])
    for name, error in noise_model._default_quantum_errors.items():
        result.add_all_qubit_quantum_error(error, name)
    for qubits, error in noise_model._local_readout_errors.items():
        if number.keys() >= set(qubits):
            result.add_readout_error(error, [number[qubit] for qubit in qubits])
    if noise_model._default_readout_error is not None:
        result.add_all_qubit_readout_error(noise_model._default_readout_error)
    kept = list(number)
    for one in noise_model._custom_noise_passes:  # of devices: relaxation during delays
        t1s, t2s, excited = (a[kept].tolist() for a in (one._t1s, one._t2s, one._p1s))
        result._custom_noise_passes.append(
            RelaxationNoisePass(t1s, t2s, one._dt, Delay, excited, one._target)
        )
    return result
