"""Expectation values of Pauli strings: what is left and right of them, and a few sites between."""

from dataclasses import dataclass, replace

import numpy as np

from skquantum.engines._chain._linear import Basis, expressed, intersection, restricted
from skquantum.engines._chain._loops import LANES
from skquantum.engines._chain._network import Item, network
from skquantum.engines._chain._operations import run_site
from skquantum.engines._chain._paths import Atom, Table
from skquantum.engines._chain._plan import Plan, later_spans, plan, plan_site
from skquantum.engines._chain._program import sums, write_program
from skquantum.engines._chain._strings import flips
from skquantum.engines._chain._tables import Layout
from skquantum.engines._chain._tiles import in_lanes

__all__ = ["LocalProgram"]

MOST_BLOCKS = 8
BYTES_OF_VECTORS = 2**26


@dataclass
class _Window:
    """The sites that differ from those of the norm, and what is done there.

    Attributes
    ----------
    first, last : int
        The sites.
    program : Program
        Of these sites alone.
    coefficients : callable
        What its numbers are.
    index : ndarray of int
        Entries of the vector on the right that belong to those of the result.
    """

    first: int
    last: int
    program: object
    coefficients: object
    index: np.ndarray


class LocalProgram:
    """A program for expectation values, of a row with itself.

    Parameters
    ----------
    compiled : Compiled
        The circuit.
    """

    def __init__(self, compiled):
        self._paths = compiled.structure.paths
        self._in_time = compiled.sites is None
        self._items, layout, self._spread = network(
            self._paths, len(self._paths.outputs), in_time=self._in_time, turned=False
        )
        self._plan = plan(self._items)
        self._later = later_spans(self._items)
        self._earlier = later_spans(self._items[::-1])[::-1]
        self._seen = {}  # bit -> the first site it is at
        for site, items in enumerate(self._items):
            for bit in _bits_of(items):
                self._seen.setdefault(bit, site)
        self.program, self._coefficients = write_program(
            self._items, layout, self._plan, fused=False
        )
        self._windows = {}

    # -- strings --------------------------------------------------------------------------------

    def window(self, string):
        """Return what a string changes: a _Window, a number, or None if its expectation is 0."""
        if string not in self._windows:
            self._windows[string] = self._make_window(*string)
        return self._windows[string]

    def _make_window(self, x, z):
        flipped = flips(x, self._paths.outputs)
        if flipped is None:
            return None
        changed = {}
        if flipped:
            for site, items in enumerate(self._items):
                new = [other for item in items for other in self._flipped(item, flipped)]
                if new != items:
                    changed[site] = new
        sign = 1.0
        middle = len(self._items) // 2
        within = set(changed)
        for site, (mask, added) in enumerate(self._paths.outputs):
            if not z >> site & 1:
                continue
            if not mask:
                sign *= 1 - 2 * added
                continue
            form = self._spread(mask, "x")
            # where its bits are summed, which a SWAP may have moved away from the qubit's site
            used = [k for k, items in enumerate(self._items) if form & _union_of(items)]
            place = middle if self._in_time else site
            if used:
                place = min(max(place, used[0]), used[-1])
                within |= {used[0], used[-1]}
            table = Table(place, (mask,), (Atom("fixed", np.array([1.0, -1.0]), ((1, added),)),))
            item = Item("x", table, (form,))
            changed[place] = [*changed.get(place, self._items[place]), item]
        return self._planned(changed, within | set(changed)) if changed else sign

    def _flipped(self, item, flipped):
        """Return the tables in place of one, the bits of y being others where X acts."""
        table = item.table
        moved = 0
        if item.side != "x":
            for number, form in enumerate(table.forms):
                moved |= ((form & flipped).bit_count() & 1) << number
        if not moved:
            return [item]
        atoms = tuple(
            replace(
                atom,
                reads=tuple(
                    (mask, added ^ ((mask & moved).bit_count() & 1)) for mask, added in atom.reads
                ),
            )
            for atom in table.atoms
        )
        new = Item("y", replace(table, atoms=atoms), item.forms)
        return [new] if item.side == "y" else [replace(item, side="x"), new]

    def _planned(self, changed, within):
        """Plan the steps from the last vector on the left that is the same, to one on the right."""
        first, last = min(within), max(within)
        while True:
            sites = [changed.get(k, self._items[k]) for k in range(first, last + 1)]
            spans = self._spans(first, last, sites)
            if first and not self._begins_alike(first, sites[0], spans[0]):
                first -= 1
                continue
            boundary = self._plan.boundaries[first - 1] if first else []
            result = Plan([], [], 0, [])
            for items, span in zip(sites, spans, strict=True):
                forms = [item.forms for item in items]
                steps, boundary, peak = plan_site(boundary, forms, span)
                result.steps.append(steps)
                result.n_bits.append(len(boundary))
                result.peak = max(result.peak, peak)
            basis, wanted = Basis(boundary), self._plan.boundaries[last]
            if len(wanted) == len(boundary) and not any(basis.reduced(v)[0] for v in wanted):
                break
            last += 1
        program, coefficients = write_program(sites, Layout(), result, fused=False)
        index = sums([expressed(vector, basis) for vector in wanted], len(wanted))
        return _Window(first, last, program, coefficients, index)

    def _spans(self, first, last, sites):
        """Return what is behind each site of a window."""
        seen = {}
        for number, items in enumerate(sites):
            for bit in _bits_of(items):
                if self._seen.get(bit, first) >= first:
                    seen.setdefault(bit, number)
        spans = [self._later[last]]
        for number in range(len(sites) - 1, 0, -1):
            gone = sum(bit for bit, site in seen.items() if site == number)
            vectors = spans[0] + [form for item in sites[number] for form in item.forms]
            spans.insert(0, restricted(vectors, gone))
        return spans

    def _begins_alike(self, first, items, span):
        """Say whether the boundary before a window is what it is without the string."""
        vectors = span + [form for item in items for form in item.forms]
        own = intersection(self._earlier[first], Basis(vectors))
        return len(own) == self._plan.n_bits[first - 1]

    # -- numbers --------------------------------------------------------------------------------

    def expectations(self, columns, strings):
        """Return the expectation values of strings for some rows.

        Parameters
        ----------
        columns : ndarray of shape (n_rows, n_columns)
            What circuits are made of.
        strings : list of (int, int)
            Masks of sites, as of ``strings_of``.

        Returns
        -------
        ndarray of shape (n_rows, n_strings)
            Real numbers.
        """
        bytes_of_block = 16 * LANES * sum(2.0**n for n in self._plan.n_bits)
        n_blocks = int(max(1, min(MOST_BLOCKS, BYTES_OF_VECTORS // bytes_of_block)))
        out = np.empty((len(columns), len(strings)))
        for start in range(0, len(columns), n_blocks * LANES):
            part = columns[start : start + n_blocks * LANES]
            n_used = -(-len(part) // LANES)
            out[start : start + len(part)] = self._block(part, strings, n_used)
        return out

    def _block(self, columns, strings, n_blocks):
        run = _Run(self.program, self._coefficients, columns, n_blocks)
        vector, exponents = run.ones(), run.no_exponents()
        left = [(vector, exponents)]
        for site in range(len(self._items)):
            left.append(run.site(site, *left[-1], 2 ** self._plan.n_bits[site]))
        right = [(run.ones(), run.no_exponents())]
        for site in range(len(self._items) - 1, 0, -1):
            size = 2 ** self._plan.n_bits[site - 1]
            right.insert(0, run.site(site, *right[0], size, back=True))
        found = np.zeros((len(strings), n_blocks * LANES))
        for number, string in enumerate(strings):
            window = self.window(string)
            if window is None:
                continue
            factor = 1j ** ((string[0] & string[1]).bit_count() % 4)
            if not isinstance(window, _Window):
                found[number] = (factor * window).real
                continue
            run = _Run(window.program, window.coefficients, columns, n_blocks)
            vector, exponents = left[window.first]
            for site in range(window.last - window.first + 1):
                size = 2 ** window.program.n_bits[site]
                vector, exponents = run.site(site, vector, exponents, size)
            other, powers = right[window.last]
            value = (vector * other[:, window.index]).sum(axis=1)
            found[number] = (factor * np.ldexp(1.0, exponents + powers) * value).real.ravel()
        return found[:, : len(columns)].T


def _union_of(items):
    """Return the bits that some tables read."""
    together = 0
    for item in items:
        for form in item.forms:
            together |= form
    return together


def _bits_of(items):
    together = _union_of(items)
    while together:
        bit = together & -together
        yield bit
        together ^= bit


class _Run:
    """Sites of a program, run for rows with themselves; vectors are (n_blocks, size, LANES)."""

    def __init__(self, program, coefficients, columns, n_blocks):
        self._program = program
        self._n_blocks = n_blocks
        numbers = coefficients(columns, np.float64)
        self._x = in_lanes(numbers, np.ones(len(program.signs)), n_blocks)
        self._y = in_lanes(numbers, program.signs, n_blocks)
        self._pairs = np.empty((program.n_pairs * n_blocks + 1, LANES))

    def ones(self):
        """Return the vector of an empty chain."""
        return np.ones((self._n_blocks, 1, LANES), dtype=complex)

    def no_exponents(self):
        """Return its exponents."""
        return np.zeros((self._n_blocks, LANES), dtype=np.int64)

    def site(self, number, vector, exponents, size, *, back=False):
        """Return vector and exponents behind a site, or before it."""
        program, n_blocks = self._program, self._n_blocks
        room = max(program.room, vector.shape[1], size)
        v = np.empty((2, n_blocks, room, 2, LANES))
        v[0, :, : vector.shape[1], 0] = vector.real
        v[0, :, : vector.shape[1], 1] = vector.imag
        powers = exponents[np.newaxis].copy()
        begin, end = program.starts[number, 0], program.starts[number + 1, 0]
        length = 2 * n_blocks * room
        first = run_site(
            program.operations, begin, end, program.lists, v.reshape(-1, LANES), 0, length, room,
            n_blocks, self._x, n_blocks, 1, self._y, self._pairs, powers, 0, back,
        )  # fmt: skip
        result = v[first // length, :, :size]
        return result[:, :, 0] + 1j * result[:, :, 1], powers[0]
