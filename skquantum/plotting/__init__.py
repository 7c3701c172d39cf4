"""Pictures, in the style of scikit-learn's Display classes."""

from skquantum.plotting._bandwidth_curve import BandwidthCurveDisplay
from skquantum.plotting._comparison import ComparisonDisplay
from skquantum.plotting._kernel_matrix import KernelMatrixDisplay
from skquantum.plotting._kernel_spectrum import KernelSpectrumDisplay
from skquantum.plotting._loss_curve import LossCurveDisplay
from skquantum.plotting._loss_landscape import LossLandscapeDisplay

__all__ = [
    "BandwidthCurveDisplay",
    "ComparisonDisplay",
    "KernelMatrixDisplay",
    "KernelSpectrumDisplay",
    "LossCurveDisplay",
    "LossLandscapeDisplay",
]
