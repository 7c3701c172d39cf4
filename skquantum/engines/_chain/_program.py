"""From planned steps to the numbers that the compiled loops read."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skquantum.engines._chain._linear import Basis
from skquantum.engines._chain._operations import BOTH, CODES

__all__ = ["Program", "sums", "write_program"]

FORMS = {"phase": 0, "real": 1, "complex": 2}
SIDES = {"x": 0, "y": 1, "both": BOTH}
# Sites between which the vector is scaled, and the number of bits from which on at each.
SITES_TOGETHER = 4
MANY_BITS = 6
# Floating-point operations per entry, and per term of a sum.
FLOPS = {
    "mix": {"phase": 4, "real": 3, "complex": 7},
    "scale": {"phase": 3, "real": 2, "complex": 6},
    "gather": {"phase": 4, "real": 4, "complex": 8},
}


@dataclass
class Program:
    """What is done for the overlap of a pair of rows.

    Attributes
    ----------
    operations : ndarray of shape (n_operations, n_fields)
        As ``_operations`` reads them.
    starts : ndarray of shape (n_sites + 1, 2)
        The first operation, and the first coefficient, of every site.
    lists : ndarray of int
        Entries of vectors and tables; operations point into it.
    signs : ndarray of shape (n_numbers,)
        -1 for imaginary parts.
    n_pairs : int
        Products of coefficients that are needed at once.
    room : int
        Entries of the longest vector.
    n_bits : tuple of int
        Of the boundary behind each site.
    n_flops : int
        Floating-point operations per pair.
    """

    operations: np.ndarray
    starts: np.ndarray
    lists: np.ndarray
    signs: np.ndarray
    n_pairs: int
    room: int
    n_bits: tuple
    n_flops: int

    @property
    def n_numbers(self):
        """Coefficients of a row."""
        return len(self.signs)

    @cached_property
    def key(self):
        """A hash that is equal for equal programs."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.operations, self.starts, self.lists, self.signs):
            digest.update(part.tobytes())
        return digest.hexdigest()


class _Lists:
    """Lists of integers, each kept once."""

    def __init__(self):
        self._known = {}
        self._parts = []
        self._length = 0

    def add(self, numbers):
        """Return where a list begins."""
        numbers = np.ascontiguousarray(numbers, dtype=np.int64)
        key = numbers.tobytes()
        if key not in self._known:
            self._known[key] = self._length
            self._parts.append(numbers)
            self._length += len(numbers)
        return self._known[key]

    def together(self):
        """Return all lists in one."""
        return np.concatenate(self._parts) if self._parts else np.zeros(1, dtype=np.int64)


def sums(masks, n_bits):
    """Return, for every index of `n_bits` bits, the index whose bits are sums of some of them."""
    index = np.arange(2**n_bits)
    found = np.zeros_like(index)
    for bit, mask in enumerate(masks):
        found |= (np.bitwise_count(index & mask).astype(np.int64) & 1) << bit
    return found


class _Writer:
    def __init__(self, layout, fused):
        self.layout = layout
        self.fused = fused
        self.lists = _Lists()
        self.operations = []
        self.flops = 0
        self._entries = {}

    def site(self, number, items, steps):
        """Write the operations of a site; return how many products it needs."""
        places = [self.layout.place(item.table, number) for item in items]
        self._count(items, places, steps)
        if self.fused and any(
            write(items, places, steps) for write in (self._as_link, self._as_layers)
        ):
            return 0
        bases = [place.base for place in places]
        n_pairs = 0
        for number, (item, place) in enumerate(zip(items, places, strict=True)):
            if item.side == "both":
                bases[number] = n_pairs
                n_entries = place.size if place.form == "real" else place.size // 2
                self._write("multiply", BOTH, place.base, place.form, n_entries, 0, n_pairs)
                n_pairs += place.size
        for step in steps:
            item, place = items[step.item], places[step.item]
            whose = SIDES[item.side], bases[step.item], place.form
            getattr(self, f"_{step.kind}")(step, whose)
        return n_pairs

    def _count(self, items, places, steps):
        """Count floating-point operations."""
        for item, place in zip(items, places, strict=True):
            if item.side == "both":
                self.flops += place.size if place.form == "real" else 3 * place.size
        for step in steps:
            per_entry = FLOPS[step.kind][places[step.item].form] * 2**step.n_summed
            self.flops += per_entry * 2**step.n_bits

    def _as_link(self, items, places, steps):
        """Write the steps of a site of a CX chain as one; say whether they are those."""
        kinds = [(step.kind, step.n_bits, items[step.item].side) for step in steps]
        if kinds != [("mix", 1, "both"), ("scale", 1, "both")]:
            return False
        table, phase = (places[step.item] for step in steps)
        if (table.form, phase.form) != ("complex", "phase"):
            return False
        self._write("link", BOTH, table.base, table.form, 2, 2, phase.base)
        return True

    def _as_layers(self, items, places, steps):
        """Write the steps of a site between two layers as one; say whether they are those."""
        kinds = sorted((items[step.item].side, step.kind, step.n_bits) for step in steps)
        wanted = [("x", "mix"), ("x", "scale"), ("y", "mix"), ("y", "scale")]
        if kinds != sorted((*what, 3) for what in [*wanted, ("both", "mix")]):
            return False
        by_kind = {(items[step.item].side, step.kind): step for step in steps}
        mixes = [by_kind[side, "mix"] for side in ("x", "y", "both")]
        scales = [by_kind[side, "scale"] for side in "xy"]
        base = {what: places[step.item].base for what, step in by_kind.items()}
        if {places[step.item].form for step in mixes} != {"phase"}:
            return False
        masks = [step.mask for step in mixes]
        if {places[step.item].form for step in scales} != {"real"} or len(Basis(masks)) < 3:
            return False
        if max(map(steps.index, mixes)) > min(map(steps.index, scales)):
            return False  # a table that a mix follows
        order = np.zeros(1, dtype=np.int64)
        for mask in masks:
            order = np.concatenate([order, order ^ mask])
        reads = [sums(step.reads, 3)[order] for step in scales]
        self.operations.append(
            (
                CODES["layers"],
                base["y", "mix"],
                base["x", "mix"],
                FORMS["real"],
                8,
                base["x", "scale"],
                base["both", "mix"],
                self.lists.add(2 * order),
                self.lists.add(np.concatenate(reads)),
                base["y", "scale"],
            )
        )
        return True

    def _write(self, code, side, base, form, size, old_size, mask=0, members=0, index=0, summed=0):
        row = CODES[code], side, base, FORMS[form], size, old_size, mask, members, index, summed
        self.operations.append(row)

    def rescale(self, n_bits):
        """Bring the numbers back to the middle of their range."""
        self._write("rescale", 0, 0, "real", 2**n_bits, 2**n_bits)

    def _lists_of(self, step, make):
        """Return where the lists of a step are, made once for all steps that are alike."""
        key = step.kind, step.n_bits, step.n_summed, step.mask, step.sources, step.reads, make
        if key not in self._entries:
            self._entries[key] = tuple(map(self.lists.add, make(step)))
        return self._entries[key]

    def _mix(self, step, whose):
        code = "butterfly" if whose[2] == "phase" else "mix"
        (members,) = self._lists_of(step, _lower_of_pairs)
        size = 2**step.n_bits
        self._write(code, *whose, size, size, step.mask, members)

    def _scale(self, step, whose):
        size = 2**step.n_bits
        if whose[2] == "phase":
            (members,) = self._lists_of(step, _odd)
            self._write("twist", *whose, size, size, 0, members)
        else:
            (index,) = self._lists_of(step, _entries_read)
            self._write("scale", *whose, size, size, 0, 0, index)

    def _gather(self, step, whose):
        size, n_terms = 2**step.n_bits, 2**step.n_summed
        members, index = self._lists_of(step, _gathered)
        old_size = 2 ** len(step.sources)
        self._write("gather", *whose, size, old_size, 0, members, index, n_terms)


def _lower_of_pairs(step):
    index = np.arange(2**step.n_bits)
    return (index[index < index ^ step.mask],)


def _odd(step):
    index = np.arange(2**step.n_bits)
    return (index[sums(step.reads, step.n_bits) == 1],)


def _entries_read(step):
    return (sums(step.reads, step.n_bits),)


def _gathered(step):
    n_bits = step.n_bits + step.n_summed
    # those that are summed over are next to each other
    order = np.arange(2**n_bits).reshape(2**step.n_summed, -1).T.ravel()
    return sums(step.sources, n_bits)[order], sums(step.reads, n_bits)[order]


def write_program(sites, layout, planned, *, fused=True):
    """Write down planned steps.

    Parameters
    ----------
    sites : list of list of Item
        Tables by site.
    layout : Layout
        Where the numbers of tables are.
    planned : Plan
        What is done with them.
    fused : bool, default=True
        Whether steps that are often together become one; there is no transpose of these.

    Returns
    -------
    program : Program
        The steps.
    coefficients : callable
        Takes columns of shape (n_rows, n_columns) and a dtype, and returns the coefficients of the
        rows.
    """
    writer = _Writer(layout, fused)
    starts, n_pairs = [], 0
    for number, (items, steps) in enumerate(zip(sites, planned.steps, strict=True)):
        starts.append((len(writer.operations), layout.n_numbers))
        n_pairs = max(n_pairs, writer.site(number, items, steps))
        n_bits = planned.n_bits[number]
        if n_bits >= MANY_BITS or number % SITES_TOGETHER == SITES_TOGETHER - 1:
            writer.rescale(n_bits)
    starts.append((len(writer.operations), layout.n_numbers))
    coefficients, signs = layout.finished()
    program = Program(
        operations=np.array(writer.operations, dtype=np.int64).reshape(-1, 10),
        starts=np.array(starts, dtype=np.int64),
        lists=writer.lists.together(),
        signs=signs,
        n_pairs=n_pairs,
        room=2**planned.peak,
        n_bits=tuple(planned.n_bits),
        n_flops=writer.flops,
    )
    return program, coefficients
