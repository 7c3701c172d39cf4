"""Where in a circuit its parameters act."""

__all__ = ["first_depths"]


def first_depths(circuit):
    """Return the depth of the first gate that holds each parameter, as a dict."""
    first, reached = {}, dict.fromkeys(circuit.qubits, 0)
    for item in circuit.data:
        depth = max((reached[qubit] for qubit in item.qubits), default=0)
        reached |= dict.fromkeys(item.qubits, depth + 1)
        for parameter in item.operation.params:
            for each in getattr(parameter, "parameters", ()):
                first.setdefault(each, depth)
    return first
