"""Names of feature maps."""

from qiskit import QuantumCircuit

from skquantum._validation import Names, closest_name
from skquantum.feature_maps._affine import AffineFeatureMap
from skquantum.feature_maps._amplitude import AmplitudeFeatureMap
from skquantum.feature_maps._angle import AngleFeatureMap
from skquantum.feature_maps._base import FeatureMap
from skquantum.feature_maps._basis import BasisFeatureMap
from skquantum.feature_maps._circuit import CircuitFeatureMap
from skquantum.feature_maps._cx_chain import CXChainFeatureMap
from skquantum.feature_maps._iqp import IQPFeatureMap
from skquantum.feature_maps._pauli import PauliFeatureMap, ZFeatureMap, ZZFeatureMap
from skquantum.feature_maps._reuploading import ReuploadingFeatureMap
from skquantum.feature_maps._rxx_chain import RXXChainFeatureMap

__all__ = ["FEATURE_MAPS", "resolve_feature_map"]

FEATURE_MAPS = Names(
    "feature_map",
    {
        "affine": AffineFeatureMap,
        "amplitude": AmplitudeFeatureMap,
        "angle": AngleFeatureMap,
        "basis": BasisFeatureMap,
        "cx_chain": CXChainFeatureMap,
        "iqp": IQPFeatureMap,
        "pauli": PauliFeatureMap,
        "reuploading": ReuploadingFeatureMap,
        "rxx_chain": RXXChainFeatureMap,
        "z": ZFeatureMap,
        "zz": ZZFeatureMap,
    },
)


def resolve_feature_map(feature_map):
    """Return the feature map that a parameter `feature_map` means.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap
        None means :class:`ReuploadingFeatureMap`; a name is a key of `FEATURE_MAPS`; a circuit is
        wrapped in :class:`CircuitFeatureMap`; an object is returned as it is.

    Returns
    -------
    FeatureMap
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.

    Examples
    --------
    >>> from skquantum.feature_maps import resolve_feature_map
    >>> resolve_feature_map("zz")
    ZZFeatureMap()
    """
    if feature_map is None:
        return ReuploadingFeatureMap()
    if isinstance(feature_map, str):
        if feature_map not in FEATURE_MAPS:
            hint = closest_name(feature_map, FEATURE_MAPS)
            raise ValueError(f"feature_map={feature_map!r} is unknown: {hint}.")
        return FEATURE_MAPS[feature_map]()
    if isinstance(feature_map, QuantumCircuit):
        return CircuitFeatureMap(feature_map)
    if isinstance(feature_map, FeatureMap):
        return feature_map
    remedy = "pass an instance" if isinstance(feature_map, type) else "use one of these"
    raise TypeError(
        f"feature_map is {feature_map!r}, not a name, a QuantumCircuit or a FeatureMap; {remedy}."
    )
