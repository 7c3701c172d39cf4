"""Runs of gates on one pair of qubits, which never take more than two bits, however many they are.

What acts on one of the qubits between two gates of a run may stand at the site of the other: then
the first site knows no more of the run than what its qubit carries before and behind it. Where the
run is followed by fixed gates, and then by phases only, the fixed gates may go with it: what the
qubit carries behind them is one bit for both rows of an overlap.
"""

from bisect import bisect
from itertools import product, takewhile

import numpy as np

from skquantum.engines._chain._angles import Angle
from skquantum.engines._chain._gates import Turn, append_turn
from skquantum.engines._chain._network import network
from skquantum.engines._chain._paths import Paths
from skquantum.engines._chain._plan import widths

__all__ = ["hosted"]

_MIXING = Turn(matrix=np.array([[0.6, 0.8j], [0.8j, 0.6]]))
_ANGLE = Angle({}, 0.1)


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
    list of list of tuple
        Up to two lists that differ from the gates and from each other: with runs at the site of
        their second wire, whatever follows them, and with runs at the site that is better for
        what follows. In place of some gates there are ``("hosted", site, is_first, gate)``, and
        ``("hosted", site, False, ("flush", wire))`` behind fixed gates that go with a run.
    """
    on_wire = {}
    for number, gate in enumerate(gates):
        for wire in _wires(gate):
            on_wire.setdefault(wire, []).append(number)
    runs = _runs(gates)
    unknown = [(([], None), ([], None)) for _ in runs]
    ends = [[_end(gates, wire, on_wire[wire], run.pairs[-1]) for wire in run.wires] for run in runs]
    second, better = (_with_hosts(gates, runs, known) for known in (unknown, ends))
    found = [] if second == gates else [second]
    return found if better in (gates, second) else [*found, better]


def _with_hosts(gates, runs, ends):
    """Return gates with each run at its best site; ends are results of :func:`_end`, by wire."""
    found = [[gate] for gate in gates]
    known = {}
    for run, (one, other) in zip(runs, ends, strict=True):
        numbers = sorted([*run.pairs, *run.inner, *one[0], *other[0]])
        own = [_with_wires(gates[number], run.wires) for number in numbers]
        key = tuple(map(_kind, own)), one[1], other[1]
        if key not in known:
            known[key] = _best_host(own, (one[1], other[1]))
        if known[key] is None:
            continue
        host, is_flushed = known[key]
        site, guest = run.wires[host], run.wires[1 - host]
        moved = _hosted([gates[number] for number in numbers], site)
        for number, gate in zip(numbers, moved, strict=True):
            found[number] = [gate]
        if is_flushed:
            found[(one, other)[1 - host][0][-1]].append(_flush(guest, site))
    return [gate for some in found for gate in some]


def _end(gates, wire, on_wire, last):
    """Return numbers of fixed gates that follow on a wire, and what follows them.

    Parameters
    ----------
    gates : list of tuple
        The circuit.
    wire : int
        The wire.
    on_wire : list of int
        Numbers of the gates on it.
    last : int
        Number of the gate that they follow.

    Returns
    -------
    fixed : list of int
        Only if phases follow them, and nothing else.
    follows : {"mixing", "phases", "nothing"}
        What is behind them, but for a fixed gate at the end, which overlaps do not depend on.
    """
    later = on_wire[bisect(on_wire, last) :]
    fixed = list(takewhile(lambda number: _is_fixed(gates[number]), later))
    has_phases, turns = False, []
    for number in later[len(fixed) :]:
        gate = gates[number]
        if _is_fixed(gate):
            append_turn(turns, gate[2])
        elif _keeps(gate, wire) and not turns:
            has_phases = True
        else:
            return [], "mixing"
    return (fixed, "phases") if has_phases else ([], "nothing")


def _is_fixed(gate):
    return gate[0] == "turn" and gate[2].angle is None


def _keeps(gate, wire):
    """Say whether a gate leaves the bit of a wire as it is, or flips it."""
    return gate[0] in ("phase", "flip") or (gate[0] == "sum_up" and gate[1] == wire)


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


def _flush(wire, site):
    return "hosted", site, False, ("flush", wire)


def _best_host(gates, follows):
    """Return the best site for a run, and whether fixed gates behind it go with it.

    Parameters
    ----------
    gates : list of tuple
        The run, on the wires 0 and 1.
    follows : tuple of str or of None
        What :func:`_end` says of both wires; or of None if that is not to matter, which leaves
        wire 1 to choose, for the mean of mixing and nothing.

    Returns
    -------
    tuple of (int, bool) or None
        The wire 0 or 1; None if the gates are best where they are.
    """
    choices, contexts = list(product((1, 0), (False, True))), [follows]
    if follows == (None, None):
        choices, contexts = [(1, False)], [("mixing",) * 2, ("nothing",) * 2]
    best, least = None, sum(_n_bits(gates, context) for context in contexts)
    for host, is_flushed in choices:
        moved = _hosted(gates, host) + is_flushed * [_flush(1 - host, host)]
        n_bits = sum(_n_bits(moved, context) for context in contexts)
        if n_bits < least:
            best, least = (host, is_flushed), n_bits
    return best


def _n_bits(gates, follows):
    """Return the bits between the two sites, in a circuit."""
    mixing = [("turn", wire, _MIXING) for wire in range(2)]
    after = []
    for wire, what in enumerate(follows):
        if what == "mixing":
            after.append(mixing[wire])
        if what != "nothing":
            after.append(("phase", (wire,), _ANGLE))
    return widths(network(Paths([*mixing, *gates, *after], 2), 2)[0], None)[0]
