"""What to know before and after training."""

from skquantum.diagnostics._gradient_variance import gradient_variance

__all__ = ["gradient_variance"]
