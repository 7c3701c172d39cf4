"""Generators of data sets from the literature on quantum machine learning."""

from skquantum.datasets._ad_hoc import make_ad_hoc
from skquantum.datasets._bars_and_stripes import make_bars_and_stripes
from skquantum.datasets._circle_in_square import make_circle_in_square
from skquantum.datasets._covariant import make_covariant
from skquantum.datasets._hidden_manifold import make_hidden_manifold
from skquantum.datasets._hyperplanes import make_hyperplanes
from skquantum.datasets._linearly_separable import make_linearly_separable
from skquantum.datasets._parity import make_parity
from skquantum.datasets._quantum_labels import make_quantum_labels
from skquantum.datasets._two_curves import make_two_curves

__all__ = [
    "make_ad_hoc",
    "make_bars_and_stripes",
    "make_circle_in_square",
    "make_covariant",
    "make_hidden_manifold",
    "make_hyperplanes",
    "make_linearly_separable",
    "make_parity",
    "make_quantum_labels",
    "make_two_curves",
]
