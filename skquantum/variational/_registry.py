"""From a parameter `readout` to an object."""

from qiskit.quantum_info import SparsePauliOp

from skquantum._validation import closest_name
from skquantum.variational._observables import AffineReadout, ObservablesReadout, PauliReadout
from skquantum.variational._outcomes import InterpretedReadout, ModuloReadout, ParityReadout
from skquantum.variational._readout import Readout

__all__ = ["READOUTS", "resolve_readout"]

READOUTS = {
    "affine": AffineReadout,
    "modulo": ModuloReadout,
    "parity": ParityReadout,
    "pauli": PauliReadout,
}


def resolve_readout(readout):
    """Return the readout that a parameter `readout` means.

    Parameters
    ----------
    readout : str, Readout, SparsePauliOp, list of SparsePauliOp or str, or callable
        A key of `READOUTS`; an object, which is returned as it is; one observable per output, as
        strings or operators; or a function of bitstrings, as of :class:`InterpretedReadout`.

    Returns
    -------
    Readout
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.
    """
    if isinstance(readout, Readout):
        return readout
    if isinstance(readout, str) and readout in READOUTS:
        return READOUTS[readout]()
    if isinstance(readout, str) and set(readout) - set("IXYZ"):
        raise ValueError(f"readout={readout!r} is unknown: {closest_name(readout, READOUTS)}.")
    given = [readout] if isinstance(readout, str | SparsePauliOp) else readout
    if isinstance(given, list | tuple) and all(
        isinstance(item, str | SparsePauliOp) for item in given
    ):
        return ObservablesReadout([SparsePauliOp(item) for item in given])
    if callable(readout) and not isinstance(readout, type):
        return InterpretedReadout(readout)
    raise TypeError(
        f"readout is {readout!r}, not a name, a Readout, a SparsePauliOp, a list of Pauli strings "
        "and SparsePauliOp, or a function of bitstrings; use one of these."
    )
