"""From a parameter `ansatz` to an object; ansätze that are made of others need it too."""

from qiskit import QuantumCircuit

from skquantum._validation import Names, closest_name
from skquantum.ansatze._base import Ansatz
from skquantum.ansatze._circuit import CircuitAnsatz

__all__ = ["ANSATZE", "CLASSES", "resolve_ansatz"]

# Filled by `_registry`, which imports every ansatz, those that import this module included.
CLASSES: dict[str, type[Ansatz]] = {}
ANSATZE = Names("ansatz", CLASSES)


def resolve_ansatz(ansatz):
    """Return the ansatz that a parameter `ansatz` means.

    Parameters
    ----------
    ansatz : None, str, QuantumCircuit or Ansatz
        None means :class:`ReuploadingAnsatz`; a name is a key of `ANSATZE`; a circuit is wrapped
        in :class:`CircuitAnsatz`; an object is returned as it is.

    Returns
    -------
    Ansatz
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.

    Examples
    --------
    >>> from skquantum.ansatze import resolve_ansatz
    >>> resolve_ansatz("qcnn")
    QCNN()
    """
    if ansatz is None:
        return ANSATZE["reuploading"]()
    if isinstance(ansatz, str):
        if ansatz not in ANSATZE:
            raise ValueError(f"ansatz={ansatz!r} is unknown: {closest_name(ansatz, ANSATZE)}.")
        return ANSATZE[ansatz]()
    if isinstance(ansatz, QuantumCircuit):
        return CircuitAnsatz(ansatz)
    if isinstance(ansatz, Ansatz):
        return ansatz
    remedy = "pass an instance" if isinstance(ansatz, type) else "use one of these"
    raise TypeError(f"ansatz is {ansatz!r}, not a name, a QuantumCircuit or an Ansatz; {remedy}.")
