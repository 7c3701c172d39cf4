"""Fewer and larger steps of a noisy circuit, for Aer's density-matrix method.

A channel on two qubits takes that method as long as three gates of one qubit, whatever it does; so
it takes over the gates and the noise around it that depend on no parameter.
"""

import numpy as np
from qiskit.quantum_info import SuperOp

from skquantum._circuits import has_free_parameters

__all__ = ["merged"]


def merged(steps, width=2):
    """Merge neighbouring steps into channels.

    Parameters
    ----------
    steps : iterable of (Gate or SuperOp, tuple of int)
        Gates and noise, with the qubits that they act on.
    width : {1, 2}, default=2
        Qubits that a channel may have.

    Yields
    ------
    step : Gate or SuperOp
        Gates where there is no noise or a parameter is free, and channels.
    wires : tuple of int
        Its qubits.
    """
    blocks = {}  # qubit -> list of steps that may still grow
    for step, wires in steps:
        alone = len(wires) > width or (not isinstance(step, SuperOp) and has_free_parameters(step))
        grown = []
        for block in {id(blocks[q]): blocks[q] for q in wires if q in blocks}.values():
            qubits = _qubits(block)
            if alone or len(qubits.union(wires)) > width:
                yield from _closed(block, width)
                for qubit in qubits:
                    del blocks[qubit]
            else:
                grown += block
        if alone:
            yield step, wires
            continue
        grown.append((step, wires))
        blocks |= dict.fromkeys(_qubits(grown), grown)
    for block in {id(block): block for block in blocks.values()}.values():
        yield from _closed(block, width)


def _qubits(block):
    return {qubit for _, wires in block for qubit in wires}


def _closed(block, width):
    """Yield the steps of a block, as one if that is less work."""
    if not any(isinstance(step, SuperOp) and len(wires) == width for step, wires in block):
        yield from block if width == 1 else merged(block, width - 1)
        return
    qubits = sorted(_qubits(block))
    total = SuperOp(np.eye(4 ** len(qubits)))
    for step, wires in block:
        total = total.compose(SuperOp(step), qargs=[qubits.index(qubit) for qubit in wires])
    yield total, tuple(qubits)
