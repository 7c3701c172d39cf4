"""From a circuit to a program for overlaps of its rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skquantum.engines._chain._gates import read
from skquantum.engines._chain._network import network
from skquantum.engines._chain._order import moved, orders
from skquantum.engines._chain._paths import Paths
from skquantum.engines._chain._plan import plan, widths
from skquantum.engines._chain._runs import hosted

__all__ = ["BoundaryError", "Compiled", "check_boundary", "compile_circuit"]

# Circuits that need more are refused before it is known how many.
MOST_BITS = 100


class BoundaryError(ValueError):
    """A circuit has a larger boundary than is accepted."""


@dataclass
class Compiled:
    """What is known of a circuit.

    Attributes
    ----------
    program : Program
        For overlaps.
    coefficients : callable
        Takes columns of shape (n_rows, n_columns) and a dtype; returns coefficients of rows.
    expressions : tuple of ParameterExpression
        What the columns are.
    sites : ndarray of shape (n_qubits,) or None
        Where each qubit is on the chain; None if the gates are taken one after the other.
    structure : Structure
        What the program was made of.
    """

    program: object
    coefficients: object
    expressions: tuple
    sites: np.ndarray
    structure: object


@dataclass
class Structure:
    """Tables along the chain, and the number of bits of the boundary behind each site."""

    paths: Paths
    items: list
    layout: object
    n_bits: list

    @cached_property
    def plan(self):
        """What is done with the tables."""
        return plan(self.items)


def structure(gates, n_sites, in_time=False):
    """Return the tables of gates on a line, or one after the other."""
    paths = Paths(gates, n_sites)
    items, layout, _ = network(paths, n_sites, in_time=in_time)
    try:
        n_bits = widths(items, MOST_BITS)
    except OverflowError:
        n_bits = [MOST_BITS]
    return Structure(paths, items, layout, n_bits)


def compile_circuit(circuit, max_states):
    """Compile a circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit.
    max_states : int
        Largest boundary.

    Returns
    -------
    Compiled
        The program, and what it was made of.

    Raises
    ------
    BoundaryError
        If the boundary would be larger, however the qubits are ordered here.
    """
    # numba takes a while to import; who does not use this engine does not wait for it.
    from skquantum.engines._chain._program import write_program

    found, sites, expressions = _outline(circuit, max_states)
    program, coefficients = write_program(found.items, found.layout, found.plan)
    return Compiled(program, coefficients, expressions, sites, found)


def check_boundary(circuit, max_states):
    """Raise a BoundaryError, as :func:`compile_circuit` does, if the boundary is too large."""
    _outline(circuit, max_states)


def _outline(circuit, max_states):
    """Return the structure of a circuit, the sites of its qubits, and its expressions."""
    n_qubits = circuit.num_qubits
    gates, expressions = read(circuit, range(n_qubits))
    found = []
    natural, *others = orders(gates, n_qubits)
    for sites in [natural, *others]:
        here = gates if sites is natural else moved(gates, sites)
        found += [(structure(tried, n_qubits), sites) for tried in [here, *hosted(here)]]
    least = min(max(one.n_bits) for one, _ in found)
    found = [(one, sites) for one, sites in found if max(one.n_bits) == least]
    if least < MOST_BITS and len(found) > 1:
        found.sort(key=lambda pair: pair[0].plan.n_terms)
    found, sites = found[0]
    if 2 ** max(found.n_bits) > max_states >= 2**n_qubits:  # deep, but narrow
        other = structure(gates, n_qubits, in_time=True)
        if max(other.n_bits) < max(found.n_bits):
            found, sites = other, None
    _check_width(found.n_bits, sites, max_states)
    return found, sites, expressions


def _check_width(n_bits, sites, max_states):
    worst = int(np.argmax(n_bits))
    if 2 ** n_bits[worst] <= max_states:
        return
    where = "in time"
    if n_bits == [MOST_BITS]:
        where = "or more"
    elif sites is not None:
        qubits = np.argsort(sites)
        where = f"between the qubits {qubits[worst]} and {qubits[min(worst + 1, len(qubits) - 1)]}"
    raise BoundaryError(
        f"The overlap of two rows of this circuit needs a boundary of 2**{n_bits[worst]} states "
        f"{where}, and max_states={max_states}; use fewer repetitions, entanglement of a shorter "
        "range, CompiledEngine() for up to some 25 qubits, MPSEngine(), or a larger max_states."
    )
