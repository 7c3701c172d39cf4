"""What to know before and after training."""

from skquantum.diagnostics._compare import compare
from skquantum.diagnostics._comparison import Comparison
from skquantum.diagnostics._gradient_variance import gradient_variance
from skquantum.diagnostics._kernel_matrix import kernel_matrix
from skquantum.diagnostics._resampled import corrected_t_test

__all__ = [
    "Comparison",
    "compare",
    "corrected_t_test",
    "gradient_variance",
    "kernel_matrix",
]
