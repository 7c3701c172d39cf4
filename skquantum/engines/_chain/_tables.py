"""Numbers in the tables of a row, evaluated for all rows and all like tables at once."""

from dataclasses import dataclass

import numpy as np

from skquantum.engines._chain._angles import AngleValues
from skquantum.engines._chain._paths import Atom, Table

__all__ = ["Layout", "Place", "is_phase", "values_of", "with_factor"]

SAMPLES = 3


def is_phase(table):
    """Say whether a table is 1 and a number of modulus 1."""
    return len(table.forms) == 1 and all(
        atom.kind == "phase" and atom.reads == ((1, 0),) for atom in table.atoms
    )


def with_factor(table, form, numbers):
    """Return a table times fixed numbers that depend on one of its forms."""
    atom = Atom("fixed", np.asarray(numbers), ((1 << form, 0),))
    return Table(table.site, table.forms, (*table.atoms, atom))


def values_of(table, angles):
    """Return the entries of a table.

    Parameters
    ----------
    table : Table
        What is evaluated.
    angles : iterator of float or ndarray
        Yields one value for each angle in it.

    Returns
    -------
    list of complex or ndarray
        Bit k of the index is the k-th form.
    """
    size = 2 ** len(table.forms)
    entries = None
    for atom in table.atoms:
        own = _atom_values(atom, angles)
        factors = []
        for index in range(size):
            place = 0
            for bit, (mask, flipped) in enumerate(atom.reads):
                place |= ((index & mask).bit_count() & 1 ^ flipped) << bit
            factors.append(own[place])
        if entries is None:
            entries = factors
        else:
            entries = [entry * factor for entry, factor in zip(entries, factors, strict=True)]
    return entries


def _atom_values(atom, angles):
    if atom.kind == "fixed":
        return atom.content
    if atom.kind == "phase":
        return 1.0, np.exp(1j * next(angles))
    # the columns of the product; one is enough if the bit that comes in is the same in all paths
    mask, flipped = atom.reads[1]
    columns = [(1.0, 0.0), (0.0, 1.0)] if mask else [(1.0 - flipped, float(flipped))]
    for turn in atom.content:
        if turn.angle is None:
            (p, q), (r, s) = turn.matrix.tolist()
            columns = [(p * a + q * b, r * a + s * b) for a, b in columns]
        else:
            e = np.exp(0.5j * next(angles))
            columns = [(e.conj() * a, e * b) for a, b in columns]
    columns = columns if mask else 2 * columns
    return [number for column in columns for number in column]  # the index is out + 2 in


def _angles_of(table):
    found = []
    for atom in table.atoms:
        if atom.kind == "phase":
            found.append(atom.content)
        elif atom.kind == "turns":
            found += [turn.angle for turn in atom.content if turn.angle is not None]
    return found


def _kind(table):
    """Return something equal for tables that differ in their angles only."""
    parts = []
    for atom in table.atoms:
        content = ()
        if atom.kind == "fixed":
            content = np.asarray(atom.content, dtype=complex).tobytes()
        elif atom.kind == "turns":
            content = tuple(
                np.asarray(turn.matrix, dtype=complex).tobytes() if turn.angle is None else "z"
                for turn in atom.content
            )
        parts.append((atom.kind, content, atom.reads))
    return len(table.forms), tuple(parts)


@dataclass(frozen=True)
class Place:
    """Where the numbers of a table are in the coefficients of a row.

    Attributes
    ----------
    base : int
        The first of them.
    form : {"phase", "real", "complex"}
        Real and imaginary part of the second entry, the first one being 1; all entries; or real
        and imaginary parts of all entries.
    size : int
        How many numbers there are.
    """

    base: int
    form: str
    size: int


class _Group:
    """Tables of one kind."""

    def __init__(self, kind, table, is_real):
        self.kind = kind
        self.example = table
        self.form = "phase" if is_phase(table) else "real" if is_real else "complex"
        n_entries = 2 ** len(table.forms)
        self.size = {"phase": 2, "real": n_entries, "complex": 2 * n_entries}[self.form]
        self.angles = []  # lists of angles, one for each table
        self.bases = []

    def fill(self, evaluate, columns, out):
        """Write the numbers of some rows of columns."""
        n_rows, n_tables = len(columns), len(self.bases)
        angles = evaluate(columns).reshape(n_rows, n_tables, -1)
        entries = values_of(self.example, iter(np.moveaxis(angles, 2, 0)))
        first, *others = self.bases
        step = others[0] - first if others else 1
        if self.form == "phase":
            entries = entries[1:]
        regular = self.bases == list(range(first, first + step * n_tables, step))
        for number, entry in enumerate(entries):
            if self.form == "real":
                parts = [(number, np.real(entry))]
            else:
                parts = [(2 * number, np.real(entry)), (2 * number + 1, np.imag(entry))]
            for shift, part in parts:
                if regular:  # slices are written in half the time
                    out[:, first + shift : self.bases[-1] + shift + 1 : step] = part
                else:
                    out[:, np.array(self.bases) + shift] = part


class Layout:
    """The coefficients of a row: where the numbers of tables are, and how they are computed.

    Attributes
    ----------
    n_numbers : int
        Coefficients of a row.
    """

    def __init__(self):
        self.n_numbers = 0
        self._groups = {}
        self._places = {}
        self._imaginary = []

    def is_real(self, table):
        """Say whether all entries are real whatever the angles are."""
        return self._group(table).form == "real"

    def _group(self, table):
        kind = _kind(table)
        if kind not in self._groups:
            n_angles = len(_angles_of(table))
            angles = np.random.default_rng(0).uniform(-3, 3, (n_angles, SAMPLES))
            entries = values_of(table, iter(angles))
            is_real = max(np.abs(np.imag(entry)).max() for entry in entries) < 1e-14
            self._groups[kind] = _Group(kind, table, is_real)
        return self._groups[kind]

    def place(self, table, site):
        """Return where a table is; equal tables of a site, of both rows, are at the same place.

        What a site takes of a row of x lies together.
        """
        angles = _angles_of(table)
        key = _kind(table), tuple(angle.key() for angle in angles)
        place = self._places.get(id(table), self._places.get((site, key)))
        if place is None:
            group = self._group(table)
            place = Place(self.n_numbers, group.form, group.size)
            group.bases.append(self.n_numbers)
            group.angles.append(angles)
            if group.form != "real":
                self._imaginary += range(self.n_numbers + 1, self.n_numbers + group.size, 2)
            self.n_numbers += group.size
        self._places[id(table)] = self._places[site, key] = place
        return place

    def finished(self):
        """Return what computes the numbers, and the signs of their conjugates."""
        signs = np.ones(self.n_numbers)
        signs[self._imaginary] = -1.0
        groups = [group for group in self._groups.values() if group.bases]
        evaluators = [
            (group, AngleValues([angle for angles in group.angles for angle in angles]))
            for group in groups
        ]
        return _Filler(evaluators, self.n_numbers), signs


# Temporary arrays are as large as the cache.
BYTES_TOGETHER = 2**21


class _Filler:
    """Computes the coefficients of rows."""

    def __init__(self, evaluators, n_numbers):
        self._evaluators = evaluators
        self._n_numbers = n_numbers

    def __call__(self, columns, dtype):
        """Return the coefficients for columns of shape (n_rows, n_columns)."""
        out = np.empty((len(columns), self._n_numbers), dtype)
        step = max(1, BYTES_TOGETHER // (16 * max(1, self._n_numbers)))
        for start in range(0, len(columns), step):
            rows = slice(start, start + step)
            for group, evaluate in self._evaluators:
                group.fill(evaluate, columns[rows], out[rows])
        return out
