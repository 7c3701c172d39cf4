"""How far the rotations of a circuit move a state, together."""

from collections import Counter

__all__ = ["counted_rotations"]


def counted_rotations(circuit):
    r"""Count rotations, those that add up by the square of their number.

    Parameters
    ----------
    circuit : QuantumCircuit
        RX and RY rotations by single parameters on the state 0, or RZ and RY rotations after
        Hadamard gates on all qubits, and CX gates between them.

    Returns
    -------
    int
        Four times the trace of the Fubini-Study metric at parameters of 0: for small parameters x
        that are independent and of variance v, the expected fidelity of two states is
        :math:`1 - n v / 2` for a count of n.

    Notes
    -----
    At 0 the circuit is made of H and CX gates, through which the Pauli matrix of a rotation is
    pulled back to the first state. There Z (after Hadamard gates) or X (on the state 0) flips the
    same set of qubits as Y does, whose factor i makes its direction orthogonal. Rotations by one
    parameter that flip the same set about the same axis move the state in the same direction, with
    the same sign.
    """
    number = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    flips = [1 << k for k in range(circuit.num_qubits)]
    after_hadamards = False
    together = Counter()
    for instruction in circuit.data:
        name = instruction.operation.name
        qubits = [number[qubit] for qubit in instruction.qubits]
        if name == "h":
            after_hadamards = True
        elif name == "cx":
            control, target = qubits
            if after_hadamards:  # Z on the target spreads to the control
                flips[target] ^= flips[control]
            else:  # X on the control spreads to the target
                flips[control] ^= flips[target]
        else:
            (parameter,) = instruction.operation.params
            together[parameter, name, flips[qubits[0]]] += 1
    return sum(count**2 for count in together.values())
