"""Differential fuzzing of the engines against the NumPy oracle, for as long as you like.

    python tests/fuzz_engines.py --minutes 60 --seed 7

Circuits are drawn over the whole standard gate library, on 1 to 12 qubits, with shared and repeated
parameters, expressions and global phases. The seed is printed; a failure prints the number of the
circuit, which ``--first`` starts from.
"""

import argparse
import secrets
import time

import numpy as np
from oracles import states
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Parameter
from strategies import EXPRESSIONS, STANDARD_GATES

from skquantum.engines import AerEngine, CompiledEngine


def random_circuit(rng, max_qubits=12):
    """Return a random circuit with free parameters."""
    n_qubits = int(rng.integers(1, max_qubits + 1))
    parameters = [Parameter(name) for name in "abcd"[: rng.integers(1, 5)]]

    def angle():
        if rng.random() < 0.3:
            return float(rng.uniform(-3, 3))
        make = EXPRESSIONS[rng.integers(len(EXPRESSIONS))]
        x, y = (parameters[k] for k in rng.integers(len(parameters), size=2))
        return make(x, y, float(rng.uniform(0.2, 3) * rng.choice([-1, 1])))

    circuit = QuantumCircuit(n_qubits, global_phase=angle())
    fitting = [gate for gate in STANDARD_GATES.values() if gate.num_qubits <= n_qubits]
    for _ in range(rng.integers(1, 40)):
        known = fitting[rng.integers(len(fitting))]
        options = {}
        if isinstance(known, ControlledGate):
            options["ctrl_state"] = int(rng.integers(2**known.num_ctrl_qubits))
        gate = known.base_class(*(angle() for _ in known.params), **options)
        if rng.random() < 0.1:
            gate = gate.inverse()
        wires = [int(qubit) for qubit in rng.permutation(n_qubits)[: gate.num_qubits]]
        circuit.append(gate, wires)
    return circuit


def main():
    """Compare until the time is over; stop at the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--circuits", type=int, default=None, help="stop after this many")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    end = time.monotonic() + 60 * options.minutes
    number, worst = options.first, {"aer": 0.0, "compiled": 0.0, "single": 0.0}
    while time.monotonic() < end and number != options.circuits:
        rng = np.random.default_rng([options.seed, number])
        circuit = random_circuit(rng)
        values = rng.uniform(-3, 3, (3, circuit.num_parameters))
        want = states(circuit, values)
        for name, engine, tolerance in [
            ("aer", AerEngine(), 1e-12),
            ("compiled", CompiledEngine(), 1e-12),
            ("single", CompiledEngine(precision="single"), 1e-5),
        ]:
            difference = np.abs(engine.open(circuit).states(values) - want).max()
            worst[name] = max(worst[name], difference)
            if difference > tolerance:
                print(circuit)
                raise SystemExit(f"circuit {number}: {name} differs by {difference}")
        number += 1
    print(f"{number - options.first} circuits, largest differences:", worst)


if __name__ == "__main__":
    main()
