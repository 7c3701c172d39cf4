"""Runs of gates on one pair of qubits, which never take more than two bits, however many they are.

What acts on one qubit between two gates of a run may stand at the site of the other: then the
first site knows no more of the run than what its qubit carries before and behind it.
"""

import numpy as np

from skquantum.engines._chain._angles import Angle
from skquantum.engines._chain._gates import Turn
from skquantum.engines._chain._network import network
from skquantum.engines._chain._paths import Paths
from skquantum.engines._chain._plan import widths

__all__ = ["hosted"]

_MIXING = Turn(matrix=np.array([[0.6, 0.8j], [0.8j, 0.6]]))
_BEFORE = [("turn", wire, _MIXING) for wire in range(2)]
_BEHIND = [*_BEFORE, *(("turn", wire, Turn(angle=Angle({}, 0.1))) for wire in range(2))]


class _Run:
    """Numbers of gates: those on both wires, and those on one of them that are in between."""

    def __init__(self, wires):
        self.wires = wires
        self.pairs = []
        self.inner = []
        self.waiting = []

    def add(self, number):
        self.pairs.append(number)
        self.inner += self.waiting
        self.waiting = []


def hosted(gates):
    """Return gates with those of runs at one site where that makes the boundary smaller.

    Parameters
    ----------
    gates : list of tuple
        Result of ``read``; the wires are sites.

    Returns
    -------
    list of tuple
        The same, or ``("hosted", site, is_first, gate)`` in place of some.
    """
    found = list(gates)
    known = {}
    for run in _runs(gates):
        numbers = sorted([*run.pairs, *run.inner])
        own = [_with_wires(gates[number], run.wires) for number in numbers]
        key = tuple(map(_kind, own))
        if key not in known:
            moved = _hosted(own, 1)
            known[key] = _n_bits(moved) < _n_bits(own)
        if known[key]:
            moved = _hosted([gates[number] for number in numbers], run.wires[1])
            for number, gate in zip(numbers, moved, strict=True):
                found[number] = gate
    return found


def _runs(gates):
    runs = []
    last = {}  # wire -> the run that its last gate on two wires belongs to
    for number, gate in enumerate(gates):
        wires = _wires(gate)
        if len(wires) == 1:
            if wires[0] in last:
                last[wires[0]].waiting.append(number)
            continue
        if gate[0] == "swap" or len(wires) > 2:
            for wire in wires:
                last.pop(wire, None)
            continue
        pair = tuple(sorted(wires))
        run = last.get(pair[0])
        if run is None or run is not last.get(pair[1]):
            run = _Run(pair)
            runs.append(run)
            last.update(dict.fromkeys(pair, run))
        run.add(number)
    return runs


def _wires(gate):
    kind, *arguments = gate
    if kind in ("sum_up", "swap"):
        return tuple(arguments)
    return tuple(arguments[0]) if kind in ("phase", "pair") else (arguments[0],)


def _with_wires(gate, wires):
    """Return a gate on the wires 0 and 1 in place of those of a run."""
    kind, *arguments = gate
    if kind == "sum_up":
        return kind, *map(wires.index, arguments)
    if kind in ("phase", "pair"):
        return kind, tuple(map(wires.index, arguments[0])), arguments[1]
    return kind, wires.index(arguments[0]), *arguments[1:]


def _kind(gate):
    """Return something equal for gates that bring the same bits."""
    kind, *arguments = gate
    if kind == "phase":
        return kind, arguments[0]
    if kind == "pair":
        return kind, arguments[0], len(arguments[1][0])
    if kind == "turn":
        matrix = arguments[1].matrix
        return kind, arguments[0], None if matrix is None else matrix.tobytes()
    return gate


def _hosted(gates, site):
    first = True
    found = []
    for gate in gates:
        if gate[0] in ("turn", "flip"):
            found.append(gate)
            continue
        found.append(("hosted", site, first, gate))
        first = False
    return found


def _n_bits(gates):
    """Return the bits between the two sites, in a circuit and at its end."""
    return sum(
        widths(network(Paths([*_BEFORE, *gates, *behind], 2), 2)[0], None)[0]
        for behind in (_BEHIND, [])
    )
