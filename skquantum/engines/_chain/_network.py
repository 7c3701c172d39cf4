"""The overlap of two rows as tables along the chain: those of one, of the other, and of both."""

from dataclasses import dataclass, replace
from itertools import product

from skquantum.engines._chain._linear import Basis, expressed
from skquantum.engines._chain._paths import Atom, Table
from skquantum.engines._chain._tables import Layout, is_phase, with_factor

__all__ = ["Item", "network"]

# Up to so many tables of a site are tried with other phases of their bits.
MOST_CHOICES = 6


@dataclass(frozen=True)
class Item:
    """A table in an overlap.

    Attributes
    ----------
    side : {"x", "y", "both"}
        Which row it belongs to; the conjugate is taken of those of y.
    table : Table
        What its numbers are.
    forms : tuple of int
        Masks over the bits of the overlap.
    """

    side: str
    table: Table
    forms: tuple


def network(paths, n_sites, *, in_time=False, turned=True):
    """Return the tables of an overlap.

    Both rows end in the same bits, so that what depends on nothing else is one table for both:
    the layers in the middle merge.

    Parameters
    ----------
    paths : Paths
        The circuit.
    n_sites : int
        Length of the chain.
    in_time : bool, default=False
        Whether sites are the gates, one after the other, rather than the qubits: what a simulation
        of the state does.
    turned : bool, default=True
        Whether bits may get phases that cancel in overlaps, though not where something acts
        between the two rows.

    Returns
    -------
    sites : list of list of Item
        By site.
    layout : Layout
        Of the coefficients of a row.
    spread : callable
        Turns masks over the bits of the circuit, and a side, into masks over those of the overlap.
    """
    layout = Layout()
    if in_time:
        groups = [[table] for table in paths.tables if not _is_shared(table, paths.final)]
        groups.append([table for table in paths.tables if _is_shared(table, paths.final)])
    else:
        groups = [[] for _ in range(n_sites)]
        for table in paths.tables:
            groups[table.site].append(table)
    spread = _Spread(groups, paths)
    chosen = [_chosen(tables, paths.final, layout if turned else None) for tables in groups]
    if in_time:
        (*own, _), (*_, (_, both)) = [tables for tables, _ in chosen], chosen
        sites = [spread.items(tables, "x") for tables in own]
        sites.append(spread.items(both, "both"))
        sites += [spread.items(tables, "y") for tables in reversed(own)]
    else:
        sites = [
            [item for table in own for side in "xy" for item in spread.items([table], side)]
            + spread.items(both, "both")
            for own, both in chosen
        ]
    return sites, layout, spread


def _chosen(tables, final, layout):
    """Return the tables of a site as they are best, those of a row and those of both."""
    tables = _merged(tables, final)
    own = [table for table in tables if not _is_shared(table, final)]
    both = [table for table in tables if _is_shared(table, final)]
    return own if layout is None else _with_real_numbers(own, final, layout), both


class _Spread:
    """Numbers the bits of an overlap along the chain."""

    def __init__(self, groups, paths):
        self._final = paths.final
        self._numbers = {}
        for tables in groups:
            seen = 0
            for table in tables:
                for form in table.forms:
                    seen |= form
            for bit in _bits(seen):
                self._numbers.setdefault(bit, len(self._numbers))
        for mask, _ in paths.outputs:
            for bit in _bits(mask):
                self._numbers.setdefault(bit, len(self._numbers))

    def __call__(self, mask, side):
        found = 0
        for bit in _bits(mask):
            shift = 1 if side == "y" and not bit & self._final else 0
            found |= 1 << (2 * self._numbers[bit] + shift)
        return found

    def items(self, tables, side):
        """Return tables with the masks they have on one side."""
        return [
            Item(side, table, tuple(self(form, side) for form in table.forms)) for table in tables
        ]


def _bits(mask):
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit


def _is_shared(table, final):
    return not any(form & ~final for form in table.forms)


def _merged(tables, final):
    """Multiply tables into others of the same site that depend on all that they depend on."""
    hosts, bases = [], []
    for table in sorted(tables, key=lambda table: -len(table.forms)):
        for number, (host, basis) in enumerate(zip(hosts, bases, strict=True)):
            if any(basis.reduced(form)[0] for form in table.forms):
                continue
            if len(table.forms) < 2 or len(table.forms) == len(host.forms):
                hosts[number] = _product(host, table, basis)
                break
        else:
            hosts.append(table)
            bases.append(Basis(table.forms))
    return hosts


def _product(host, table, basis):
    new = [expressed(form, basis) for form in table.forms]
    atoms = list(host.atoms)
    for atom in table.atoms:
        reads = []
        for mask, flipped in atom.reads:
            there = 0
            for number, form in enumerate(new):
                if mask >> number & 1:
                    there ^= form
            reads.append((there, flipped))
        reads = tuple(reads)
        for number, other in enumerate(atoms):
            if atom.kind == other.kind == "phase" and other.reads == reads:
                atoms[number] = replace(other, content=other.content + atom.content)
                break
        else:
            atoms.append(Atom(atom.kind, atom.content, reads))
    return Table(host.site, host.forms, tuple(atoms))


def _with_real_numbers(tables, final, layout):
    """Give bits such phases that as many tables as possible are real, which are faster.

    A phase of a bit that both rows have, in a table of x, cancels against that of y; one of
    another bit, against that in the other table with the bit.
    """
    choices = []
    for number, table in enumerate(tables):
        if is_phase(table):
            continue
        for form, mask in enumerate(table.forms):
            if not mask & ~final:
                choices.append(((number, form, 1j),))
                continue
            others = [
                (k, other.forms.index(mask), -1j)
                for k, other in enumerate(tables[number + 1 :], number + 1)
                if mask in other.forms and not is_phase(other)
            ]
            if len(others) == 1:
                choices.append(((number, form, 1j), *others))
    best, most = tables, -1
    for turned in product((False, True), repeat=min(len(choices), MOST_CHOICES)):
        tried = list(tables)
        for choice, is_turned in zip(choices, turned, strict=False):
            if is_turned:
                for number, form, factor in choice:
                    tried[number] = with_factor(tried[number], form, [1.0, factor])
        n_real = sum(not is_phase(table) and layout.is_real(table) for table in tried)
        if n_real > most:
            best, most = tried, n_real
    return best
