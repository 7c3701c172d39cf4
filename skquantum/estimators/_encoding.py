"""How VQC and VQR encode rows: from their parameters to a fitted feature map."""

from sklearn.base import clone

from skquantum._validation import feature_names_for
from skquantum.feature_maps import (
    AffineFeatureMap,
    ReuploadingFeatureMap,
    resolve_feature_map,
)
from skquantum.variational import resolve_readout

__all__ = ["fitted_map", "inputs_of", "resolve_map"]

# Qubits of a feature map that takes any number of features on any number of qubits.
DEFAULT_QUBITS = 6
# For the default feature map, from so many outputs on.
MANY_OUTPUTS, MANY_QUBITS = 5, 7
# Features that are uploaded at least.
MIN_UPLOADS = 6


def resolve_map(estimator, feature_map):
    """Return the feature map that a parameter of an estimator means."""
    if feature_map is None and estimator.ansatz is None:  # weights are part of it
        return AffineFeatureMap(encoding=estimator.encoding or "full")
    if estimator.encoding is not None:
        given = "ansatz" if feature_map is None else "feature_map"
        raise ValueError(
            f"encoding={estimator.encoding!r} is for the default circuit, and {given} is another; "
            f"leave one of them out, or use feature_map=AffineFeatureMap(...)."
        )
    if feature_map is None:
        return ReuploadingFeatureMap(reps=1, entanglement="circular")
    return resolve_feature_map(feature_map)


def fitted_map(estimator, X, sample_weight, n_outputs):
    """Return the feature map of an estimator, fitted, at the width that the estimator chooses."""
    feature_map = clone(resolve_map(estimator, estimator.feature_map))
    if getattr(feature_map, "n_qubits", estimator) is None:
        least = resolve_readout(estimator.readout).min_qubits(n_outputs)
        if isinstance(feature_map, AffineFeatureMap):
            n_qubits = DEFAULT_QUBITS if n_outputs < MANY_OUTPUTS else MANY_QUBITS
            if feature_map.layers is None and feature_map.encoding == "full":
                layers = max(estimator._min_layers, -(-MIN_UPLOADS // X.shape[1]))
                feature_map.set_params(layers=layers)
        else:
            n_qubits = min(X.shape[1], DEFAULT_QUBITS)
        feature_map.set_params(n_qubits=estimator.n_qubits or max(n_qubits, least))
    names = feature_names_for(feature_map, estimator)
    return feature_map.fit(X, sample_weight=sample_weight, **names)


def inputs_of(feature_map, X):
    """Return what a model takes of every row."""
    if feature_map.n_weights_:
        return feature_map.inputs(X)
    return feature_map.parameter_values(X)
