"""Names of ansätze."""

from skquantum.ansatze._identity_blocks import IdentityBlocks
from skquantum.ansatze._qcnn import QCNN
from skquantum.ansatze._resolve import ANSATZE, CLASSES
from skquantum.ansatze._reuploading import ReuploadingAnsatz
from skquantum.ansatze._strongly_entangling import StronglyEntangling
from skquantum.ansatze._two_local import EfficientSU2, RealAmplitudes, TwoLocal

__all__ = ["ANSATZE"]

CLASSES.update(
    {
        "efficient_su2": EfficientSU2,
        "identity_blocks": IdentityBlocks,
        "qcnn": QCNN,
        "real_amplitudes": RealAmplitudes,
        "reuploading": ReuploadingAnsatz,
        "strongly_entangling": StronglyEntangling,
        "two_local": TwoLocal,
    }
)
