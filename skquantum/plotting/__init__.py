"""Pictures, in the style of scikit-learn's Display classes."""

from skquantum.plotting._loss_curve import LossCurveDisplay

__all__ = ["LossCurveDisplay"]
