"""A state as a sum over paths: what the bits are, and tables of factors that depend on them.

Every gate that mixes basis states brings a new bit; all others are factors that depend on sums of
bits. So an amplitude is a sum over bits of a product of tables, each of which stands at a site of
the chain and takes a few *forms*: sums of bits, held as masks.
"""

from dataclasses import dataclass, replace

import numpy as np

from skquantum.engines._chain._angles import Angle
from skquantum.engines._chain._gates import ROUNDING, Turn, append_turn
from skquantum.engines._chain._linear import Basis, expressed

__all__ = ["Atom", "Paths", "Table"]


@dataclass(frozen=True, eq=False)
class Atom:
    """A part of a table.

    Attributes
    ----------
    kind : {"phase", "turns", "fixed"}
        1 and exp(i angle); or the product of one-qubit gates, [out + 2 in]; or numbers.
    content : Angle, tuple of Turn or ndarray
        What it is made of.
    reads : tuple of (int, int)
        For each of its bits, which forms of the table are added, as a mask, and what to add.
    """

    kind: str
    content: object
    reads: tuple

    def __eq__(self, other):
        # arrays have no single answer
        return self.content is other.content and self.reads == other.reads

    __hash__ = None


@dataclass(frozen=True)
class Table:
    """Factors at a site.

    Attributes
    ----------
    site : int
        Where it stands.
    forms : tuple of int
        Masks of the bits whose sums it depends on, linearly independent.
    atoms : tuple of Atom
        What is multiplied.
    """

    site: int
    forms: tuple
    atoms: tuple


class Paths:
    """Tables and bits of a circuit.

    Parameters
    ----------
    gates : list of tuple
        Result of ``read``.
    n_sites : int
        Length of the chain.

    Attributes
    ----------
    tables : list of Table
        In the order of the gates.
    outputs : list of (int, int)
        For every site, the mask of bits whose sum is measured there, and what to add.
    final : int
        Mask of the bits that the outputs are made of.
    tails : list of ndarray of shape (2, 2) or None
        For every site, a fixed gate that follows, which overlaps do not depend on.
    """

    def __init__(self, gates, n_sites):
        self.tables = []
        self._n_bits = 0
        self._users = {}  # bit -> numbers of tables, and ~wire for wires
        self._wires = [(0, 0)] * n_sites
        self._pending = [[] for _ in range(n_sites)]
        self._host = None  # the site where tables go, if not to that of their wire
        for kind, *arguments in gates:
            getattr(self, f"_{kind}")(*arguments)
        self.tails = [self._without_tail(wire) for wire in range(n_sites)]
        for wire in range(n_sites):
            self._flush(wire)
        self.final = self._free_outputs()

    # -- gates ----------------------------------------------------------------------------------

    def _hosted(self, site, is_first, gate):
        kind, *arguments = gate
        if is_first:  # what is in front of it stays where it is
            for wire in arguments if kind == "sum_up" else arguments[0]:
                self._flush(wire)
        self._host = site
        getattr(self, f"_{kind}")(*arguments)
        self._host = None

    def _turn(self, wire, turn):
        append_turn(self._pending[wire], turn)

    def _flip(self, wire):
        if self._pending[wire]:
            self._turn(wire, Turn(matrix=np.array([[0, 1], [1, 0]])))
        else:
            mask, flipped = self._wires[wire]
            self._put(wire, mask, flipped ^ 1)

    def _swap(self, a, b):
        self._pending[a], self._pending[b] = self._pending[b], self._pending[a]
        one, other = self._wires[a], self._wires[b]
        self._put(a, *other)
        self._put(b, *one)

    def _phase(self, wires, angle):
        if len(wires) == 1 and self._pending[wires[0]]:
            self._turn(wires[0], Turn(angle=angle))
            return
        mask, flipped = self._sum(wires)
        if mask:
            atom = Atom("phase", angle * (-1.0 if flipped else 1.0), ((1, 0),))
            self._add(self._site(max(wires)), [(mask, 0)], atom)

    def _sum_up(self, control, target):
        mask, flipped = self._sum((control, target))
        old = self._wires[target][0]
        self._put(target, mask, flipped)
        if mask.bit_count() > 2 and old.bit_count() == 1 and self._is_only_at(target, old):
            # the new sum becomes a bit of its own, so that forms stay short along the chain; not
            # that of two bits, which the next CX may undo
            self._substitute(old, mask ^ old ^ self._new_bit())

    def _pair(self, wires, halves):
        n_bits = len(halves[0]).bit_length() - 1
        terms = [(self._new_bit(), 0) for _ in range(n_bits)]
        for wire, half in zip(wires, halves, strict=True):
            self._flush(wire)
            before, out = self._wires[wire], self._new_bit()
            # bits of the index: out, in, terms
            atom = Atom("fixed", half.transpose(0, 2, 1).ravel(), ())
            self._add(self._site(wire), [(out, 0), before, *terms], atom)
            self._put(wire, out, 0)

    def _sum(self, wires):
        mask, flipped = 0, 0
        for wire in wires:
            self._flush(wire)
            mask ^= self._wires[wire][0]
            flipped ^= self._wires[wire][1]
        return mask, flipped

    def _flush(self, wire):
        """Turn the gates that are due on a wire into a table."""
        turns, self._pending[wire] = self._pending[wire], []
        if not turns:
            return
        if len(turns) == 1 and turns[0].angle is None:
            (low, across), (back, high) = turns[0].matrix
            if abs(across) < ROUNDING:
                self._phase((wire,), Angle({}, float(np.angle(high / low))))
                return
            if abs(low) < ROUNDING:
                self._phase((wire,), Angle({}, float(np.angle(across / back))))
                self._flip(wire)
                return
        before, out = self._wires[wire], self._new_bit()
        self._add(self._site(wire), [(out, 0), before], Atom("turns", tuple(turns), ()))
        self._put(wire, out, 0)

    def _without_tail(self, wire):
        turns = self._pending[wire]
        return turns.pop().matrix if turns and turns[-1].angle is None else None

    def _site(self, wire):
        return wire if self._host is None else self._host

    # -- bits -----------------------------------------------------------------------------------

    def _new_bit(self):
        self._n_bits += 1
        return 1 << (self._n_bits - 1)

    def _put(self, wire, mask, flipped):
        """Say what a wire carries."""
        for bit in _bits(self._wires[wire][0]):
            self._users[bit].discard(~wire)
        self._wires[wire] = mask, flipped
        self._use(mask, ~wire)

    def _is_only_at(self, wire, bit):
        return all(user >= 0 or user == ~wire for user in self._users[bit])

    def _add(self, site, arguments, atom):
        """Add a table of an atom; arguments are (mask, flipped) for each of its bits."""
        forms, basis, reads = [], Basis(), []
        for mask, flipped in arguments:
            if basis.add(mask):
                forms.append(mask)
                reads.append((1 << (len(forms) - 1), flipped))
            else:
                basis = Basis(forms)
                reads.append((expressed(mask, basis), flipped))
        number = len(self.tables)
        self.tables.append(Table(site, tuple(forms), (replace(atom, reads=tuple(reads)),)))
        for mask in forms:
            self._use(mask, number)

    def _use(self, mask, number):
        for bit in _bits(mask):
            self._users.setdefault(bit, set()).add(number)

    def _substitute(self, bit, mask):
        """Write a sum of others in place of a bit."""
        for number in list(self._users.get(bit, ())):
            if number < 0:
                form, flipped = self._wires[~number]
                self._put(~number, form ^ bit ^ mask, flipped)
                continue
            table = self.tables[number]
            forms = tuple(form ^ bit ^ mask if form & bit else form for form in table.forms)
            self.tables[number] = replace(table, forms=forms)
            for form in forms:
                self._use(form, number)
        self._users.pop(bit, None)

    def _free_outputs(self):
        """Substitute bits until the outputs are made of bits that are free; return their mask."""
        final = 0
        for wire in range(len(self._wires)):
            rest = self._wires[wire][0] & ~final
            if not rest:
                continue
            old = 1 << (rest.bit_length() - 1)
            if rest != old:
                new = self._new_bit()
                self._substitute(old, rest ^ old ^ new)
                old = new
            final |= old
        self.outputs = self._wires
        return final


def _bits(mask):
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
