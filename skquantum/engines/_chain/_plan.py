"""The order of sums: from tables along a chain to steps on a boundary vector.

Between two steps, the boundary is a function of the sums of bits that tables on both sides depend
on: the intersection of what the forms on the left and on the right span. Its dimension is what the
vector's size is a power of. Steps are planned once for sites that look alike.
"""

from dataclasses import dataclass

from skquantum.engines._chain._linear import Basis, expressed, intersection, restricted

__all__ = ["Plan", "Step", "later_spans", "plan", "plan_site", "widths"]


@dataclass(frozen=True)
class Step:
    """What is done to the boundary vector with one table.

    Attributes
    ----------
    item : int
        Number of the table at its site.
    kind : {"scale", "mix", "gather"}
        Multiply entry s by the number that `reads` say; add entries s and s ^ mask, weighted by
        the two numbers of the table; or sum over `n_summed` bits of the general case.
    n_bits : int
        Of the index of the new vector.
    n_summed : int
        Bits that are summed over.
    mask : int
        Of "mix".
    sources : tuple of int
        Of "gather": for each bit of the old index, which bits of the new index, and of the sum
        behind them, are added.
    reads : tuple of int
        The same for each bit of the index of the table.
    """

    item: int
    kind: str
    n_bits: int
    n_summed: int = 0
    mask: int = 0
    sources: tuple = ()
    reads: tuple = ()


@dataclass
class Plan:
    """Steps by site, and the size of the boundary behind each site.

    Attributes
    ----------
    steps : list of tuple of Step
        By site.
    n_bits : list of int
        Of the boundary behind each site.
    peak : int
        Largest number of bits within sites.
    boundaries : list of list of int
        What the bits of the boundary behind each site are: masks.
    """

    steps: list
    n_bits: list
    peak: int
    boundaries: list

    @property
    def n_terms(self):
        """Terms of all sums."""
        return sum(2 ** (step.n_bits + step.n_summed) for some in self.steps for step in some)


def later_spans(sites, most=None):
    """Return, for the cut behind each site, what forms behind it span of the bits before it.

    With `most`, an OverflowError is raised where that has more dimensions.
    """
    first = {}
    for number, items in enumerate(sites):
        for item in items:
            for form in item.forms:
                for bit in _bits(form):
                    first.setdefault(bit, number)
    new = [0] * len(sites)
    for bit, number in first.items():
        new[number] |= bit
    spans = [[] for _ in sites]
    for number in range(len(sites) - 1, 0, -1):
        vectors = spans[number] + [form for item in sites[number] for form in item.forms]
        spans[number - 1] = restricted(vectors, new[number])
        if most is not None and len(spans[number - 1]) > most:
            raise OverflowError
    return spans


def widths(sites, most):
    """Return the number of bits of the boundary behind each site."""
    boundary, found = [], []
    for items, span in zip(sites, later_spans(sites, most), strict=True):
        basis = Basis(boundary)
        both = boundary + [form for item in items for form in item.forms if basis.add(form)]
        boundary = intersection(both, Basis(span))
        found.append(len(boundary))
    return found


def plan(sites):
    """Plan the steps.

    Parameters
    ----------
    sites : list of list of Item
        Result of ``network``.

    Returns
    -------
    Plan
        What to do.
    """
    known = {}
    boundary = []
    result = Plan([], [], 0, [])
    for items, span in zip(sites, later_spans(sites), strict=True):
        forms = [item.forms for item in items]
        number, back = _local_numbers([*boundary, *span, *(f for fs in forms for f in fs)])
        key = (
            tuple(map(number, boundary)),
            tuple(tuple(map(number, own)) for own in forms),
            tuple(map(number, span)),
        )
        if key not in known:
            known[key] = plan_site(*key)
        steps, local, peak = known[key]
        boundary = [back(mask) for mask in local]
        result.steps.append(steps)
        result.n_bits.append(len(boundary))
        result.boundaries.append(boundary)
        result.peak = max(result.peak, peak)
    return result


def _bits(mask):
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit


def _local_numbers(masks):
    """Return functions that number the bits of a site from 0, and back."""
    together = 0
    for mask in masks:
        together |= mask
    bits = list(_bits(together))
    local = {bit: 1 << k for k, bit in enumerate(bits)}

    def number(mask):
        return sum(local[bit] for bit in _bits(mask))

    def back(mask):
        return sum(bits[bit.bit_length() - 1] for bit in _bits(mask))

    return number, back


def plan_site(boundary, forms, span):
    """Choose, step by step, the table that leaves the smallest vector.

    Parameters
    ----------
    boundary : list of int
        What the bits of the vector are.
    forms : list of tuple of int
        Of each table.
    span : list of int
        What forms behind the site span.

    Returns
    -------
    steps : tuple of Step
        In order.
    boundary : list of int
        What the bits of the new vector are.
    peak : int
        Largest number of bits on the way.
    """
    boundary, left = list(boundary), list(range(len(forms)))
    steps, peak = [], len(boundary)
    while left:
        best = None
        for item in left:
            later = Basis([*span, *(form for k in left if k != item for form in forms[k])])
            basis = Basis(boundary)
            new = [form for form in forms[item] if basis.add(form)]
            kept = len(intersection([*boundary, *new], later))
            score = len(new), kept, -len(forms[item])
            if best is None or score < best[0]:
                best = score, item, later
        _, item, later = best
        left.remove(item)
        step, boundary = _step(item, boundary, forms[item], later)
        steps.append(step)
        peak = max(peak, step.n_bits)
    return tuple(steps), boundary, peak


def _step(item, boundary, forms, later):
    basis = Basis(boundary)
    new = [form for form in forms if basis.add(form)]
    lost = [later.reduced(vector)[0] != 0 for vector in boundary]
    n_bits = len(boundary)
    if not new and not any(lost):
        basis = Basis(boundary)
        reads = tuple(expressed(form, basis) for form in forms)
        return Step(item, "scale", n_bits, reads=reads), boundary
    if len(forms) == len(new) == 1 and any(lost) and later.reduced(forms[0])[0]:
        mixed = [v ^ forms[0] if gone else v for v, gone in zip(boundary, lost, strict=True)]
        if not any(later.reduced(vector)[0] for vector in mixed):
            mask = sum(1 << k for k, gone in enumerate(lost) if gone)
            return Step(item, "mix", n_bits, n_summed=1, mask=mask), mixed
    kept = intersection([*boundary, *new], later)
    basis = Basis(kept)
    summed = [vector for vector in [*boundary, *new] if basis.add(vector)]
    basis = Basis([*kept, *summed])
    step = Step(
        item,
        "gather",
        len(kept),
        n_summed=len(summed),
        sources=tuple(expressed(vector, basis) for vector in boundary),
        reads=tuple(expressed(form, basis) for form in forms),
    )
    return step, kept
