"""Pauli strings in the bits that a circuit ends with."""

from itertools import product

import numpy as np

from skquantum._circuits import pauli_terms

__all__ = ["flips", "strings_of"]

# Strings that a single one may become where fixed gates end the circuit.
MOST_STRINGS = 4096
# Widest diagonal that is written as a sum of strings.
WIDEST_DIAGONAL = 12

_PAULIS = {
    (0, 0): np.eye(2),
    (1, 0): np.array([[0, 1], [1, 0]]),
    (1, 1): np.array([[0, -1j], [1j, 0]]),
    (0, 1): np.diag([1.0, -1.0]),
}


def strings_of(observable, sites, tails):
    """Return an operator as a sum of Pauli strings in front of the last fixed gates.

    Parameters
    ----------
    observable : SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of ``check_observables``.
    sites : sequence of int
        Where each qubit is.
    tails : list of ndarray or None
        The last fixed gate of every site.

    Returns
    -------
    dict
        Coefficients by (x, z): masks of sites; Y is in both.
    """
    if isinstance(observable, np.ndarray):
        terms = _diagonal_terms(observable)
    else:
        terms = pauli_terms(observable)
    found = {}
    for coefficient, x, z in terms:
        letters = {int(sites[qubit]): (x >> qubit & 1, z >> qubit & 1) for qubit in _places(x | z)}
        for factor, string in _through(letters, tails):
            found[string] = found.get(string, 0.0) + coefficient * factor
    return found


def _places(mask):
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def _diagonal_terms(diagonal):
    n_qubits = len(diagonal).bit_length() - 1
    if n_qubits > WIDEST_DIAGONAL:
        raise ValueError(
            f"A diagonal observable on {n_qubits} qubits is a sum of {len(diagonal)} Pauli strings "
            f"for ChainEngine, which takes those on up to {WIDEST_DIAGONAL}; pass a SparsePauliOp, "
            "or use CompiledEngine."
        )
    values = diagonal.copy()
    for qubit in range(n_qubits):
        pairs = values.reshape(-1, 2, 2**qubit)
        values = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
    for mask in np.flatnonzero(values):
        yield values[mask] / len(diagonal), 0, int(mask)


def _through(letters, tails):
    """Yield (factor, string) of letters that are turned by the fixed gates behind them."""
    choices = []
    for site, letter in letters.items():
        tail = tails[site]
        if tail is None:
            choices.append([(1.0, site, letter)])
            continue
        turned = tail.conj().T @ _PAULIS[letter] @ tail
        parts = [(np.trace(_PAULIS[p] @ turned).real / 2, site, p) for p in _PAULIS]
        choices.append([part for part in parts if abs(part[0]) > 1e-15])
    if np.prod([float(len(parts)) for parts in choices]) > MOST_STRINGS:
        raise ValueError(
            f"A Pauli string on {len(letters)} qubits becomes more than {MOST_STRINGS} strings in "
            "front of the fixed gates that end the circuit; leave these gates out, or use strings "
            "on fewer qubits."
        )
    for parts in product(*choices):
        factor, x, z = 1.0, 0, 0
        for weight, site, (is_x, is_z) in parts:
            factor *= weight
            x |= is_x << site
            z |= is_z << site
        yield factor, (x, z)


def flips(x, outputs):
    """Return which final bits differ where X acts, or None if no bits are that would do.

    Parameters
    ----------
    x : int
        Mask of sites whose output is flipped.
    outputs : list of (int, int)
        Sums of final bits that are measured, and what is added.

    Returns
    -------
    int or None
        Mask of final bits.
    """
    rows = {}
    for site, (mask, _) in enumerate(outputs):
        wanted = x >> site & 1
        while mask and mask.bit_length() in rows:
            row, value = rows[mask.bit_length()]
            mask, wanted = mask ^ row, wanted ^ value
        if mask:
            rows[mask.bit_length()] = mask, wanted
        elif wanted:
            return None
    found = 0
    for top in sorted(rows):
        mask, wanted = rows[top]
        if (mask & found).bit_count() & 1 ^ wanted:
            found |= 1 << (top - 1)
    return found
