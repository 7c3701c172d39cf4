"""Names of ansätze."""

from qiskit import QuantumCircuit

from skquantum._validation import closest_name
from skquantum.ansatze._base import Ansatz
from skquantum.ansatze._circuit import CircuitAnsatz
from skquantum.ansatze._identity_blocks import IdentityBlocks
from skquantum.ansatze._qcnn import QCNN
from skquantum.ansatze._reuploading import ReuploadingAnsatz
from skquantum.ansatze._strongly_entangling import StronglyEntangling
from skquantum.ansatze._two_local import EfficientSU2, RealAmplitudes, TwoLocal

__all__ = ["ANSATZE", "resolve_ansatz"]

ANSATZE = {
    "efficient_su2": EfficientSU2,
    "identity_blocks": IdentityBlocks,
    "qcnn": QCNN,
    "real_amplitudes": RealAmplitudes,
    "reuploading": ReuploadingAnsatz,
    "strongly_entangling": StronglyEntangling,
    "two_local": TwoLocal,
}


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
        return ReuploadingAnsatz()
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
