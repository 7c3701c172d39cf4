"""Ansätze: trainable circuits that follow, or interleave with, the encoding of the data."""

from skquantum.ansatze._base import Ansatz, AttachedCircuit
from skquantum.ansatze._circuit import CircuitAnsatz
from skquantum.ansatze._identity_blocks import IdentityBlocks
from skquantum.ansatze._qcnn import QCNN
from skquantum.ansatze._registry import ANSATZE
from skquantum.ansatze._resolve import resolve_ansatz
from skquantum.ansatze._reuploading import ReuploadingAnsatz
from skquantum.ansatze._strongly_entangling import StronglyEntangling
from skquantum.ansatze._two_local import EfficientSU2, RealAmplitudes, TwoLocal

__all__ = [
    "ANSATZE",
    "QCNN",
    "Ansatz",
    "AttachedCircuit",
    "CircuitAnsatz",
    "EfficientSU2",
    "IdentityBlocks",
    "RealAmplitudes",
    "ReuploadingAnsatz",
    "StronglyEntangling",
    "TwoLocal",
    "resolve_ansatz",
]
