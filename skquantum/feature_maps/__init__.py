"""Feature maps: from features to parameterised circuits."""

from skquantum.feature_maps._affine import AffineFeatureMap
from skquantum.feature_maps._amplitude import AmplitudeFeatureMap
from skquantum.feature_maps._angle import AngleFeatureMap
from skquantum.feature_maps._base import FeatureMap, TrainableFeatureMap
from skquantum.feature_maps._basis import BasisFeatureMap
from skquantum.feature_maps._circuit import CircuitFeatureMap
from skquantum.feature_maps._cx_chain import CXChainFeatureMap
from skquantum.feature_maps._iqp import IQPFeatureMap
from skquantum.feature_maps._pauli import PauliFeatureMap, ZFeatureMap, ZZFeatureMap
from skquantum.feature_maps._registry import FEATURE_MAPS, resolve_feature_map
from skquantum.feature_maps._reuploading import ReuploadingFeatureMap
from skquantum.feature_maps._rxx_chain import RXXChainFeatureMap

__all__ = [
    "FEATURE_MAPS",
    "AffineFeatureMap",
    "AmplitudeFeatureMap",
    "AngleFeatureMap",
    "BasisFeatureMap",
    "CXChainFeatureMap",
    "CircuitFeatureMap",
    "FeatureMap",
    "IQPFeatureMap",
    "PauliFeatureMap",
    "RXXChainFeatureMap",
    "ReuploadingFeatureMap",
    "TrainableFeatureMap",
    "ZFeatureMap",
    "ZZFeatureMap",
    "resolve_feature_map",
]
