"""Data and weights in turn."""

import numpy as np

from skquantum._circuits import natural_order
from skquantum._validation import Integral, Interval
from skquantum.ansatze._base import (
    AttachedCircuit,
    check_encoding,
    new_weights,
    own_parameters,
    with_weights,
)
from skquantum.ansatze._composite import CompositeAnsatz
from skquantum.ansatze._strongly_entangling import StronglyEntangling

__all__ = ["ReuploadingAnsatz"]

# What layers=None makes sure of.
MIN_LAYERS = 2
MIN_UPLOADS = 6


class ReuploadingAnsatz(CompositeAnsatz):
    """Data re-uploading: the encoding and a trainable block in turn, layer after layer.

    Every layer has weights of its own: first, with trainable scaling, one for each parameter
    ``x_i`` of the encoding, which enters layer l as ``w_li * x_i``, in natural order (``x2`` before
    ``x10``), then those of the block.

    Parameters
    ----------
    layers : int or None, default=None
        Number of repetitions of the encoding and the block. None takes as many layers as upload at
        least six parameters, and two at least: six layers for one feature, three for two, two for
        any more. Few features need high frequencies; many layers of many features overfit.
    ansatz : None, str, QuantumCircuit or Ansatz, default=None
        The block. None means ``StronglyEntangling(reps=1)``; names are the keys of
        ``skquantum.ansatze.ANSATZE`` and mean that ansatz with its own defaults.
    trainable_scaling : bool, default=True
        Whether weights multiply the data. They have no unit and are to start at 1; those of the
        block are angles in radians.

    Notes
    -----
    :meth:`build` knows of no data and returns a single block.

    References
    ----------
    .. [1] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).

    Examples
    --------
    >>> from skquantum.ansatze import ReuploadingAnsatz
    >>> from skquantum.feature_maps import AngleFeatureMap
    >>> attached = ReuploadingAnsatz(layers=2).attach(AngleFeatureMap().build(2))
    >>> len(attached.weights), int(attached.is_scaling.sum())
    (16, 4)
    >>> dict(attached.circuit.count_ops())
    {'ry': 8, 'rz': 8, 'cx': 4}
    """

    _parameter_constraints: dict = {
        **CompositeAnsatz._parameter_constraints,
        "layers": [Interval(Integral, 1, None, closed="left"), None],
        "trainable_scaling": ["boolean"],
    }

    def __init__(self, layers=None, *, ansatz=None, trainable_scaling=True):
        self.layers = layers
        self.ansatz = ansatz
        self.trainable_scaling = trainable_scaling

    def _default_block(self):
        return StronglyEntangling(reps=1)

    def _build_beside(self, n_qubits, shared):
        return self._block().build(n_qubits, shared)

    def _default_layers(self, n_parameters):
        return max(MIN_LAYERS, -(-MIN_UPLOADS // max(n_parameters, 1)))

    def _mirrors(self, n_qubits, shared=()):
        return self._block()._mirrors(n_qubits, shared)

    def attach(self, encoding):
        """Return the encoding and the block, repeated in turn.

        Parameters
        ----------
        encoding : QuantumCircuit
            Circuit of a feature map, with its free parameters. It is not changed.

        Returns
        -------
        AttachedCircuit
            The circuit and its weights, called ``w[0], w[1], ...``, or ``w_1[0], ...`` and so on
            where the encoding has a parameter `w` already.

        Raises
        ------
        ValueError
            If the block has no circuit, or no weights, on as many qubits.
        TypeError
            If `encoding` is not a circuit.
        """
        check_encoding(encoding)
        shared = encoding.parameters
        block = self.build(encoding.num_qubits, shared)
        data = natural_order(shared) if self.trainable_scaling else []
        per_layer = len(data) + len(own_parameters(block, shared))
        layers = self.layers or self._default_layers(encoding.num_parameters)
        weights = new_weights(shared, per_layer * layers)
        circuit = None
        for start in range(0, len(weights), per_layer):
            split = start + len(data)
            layer = encoding.assign_parameters(
                {x: w * x for x, w in zip(data, weights[start:split], strict=True)}
            )
            own = with_weights(block, weights[split : start + per_layer], shared)
            layer.compose(own, inplace=True)
            if circuit is None:
                circuit = layer
            else:
                circuit.compose(layer, inplace=True)
        in_layer = np.arange(len(weights)) % per_layer
        starts = np.arange(0, len(weights), per_layer)[:, None, None]
        mirrors = starts + len(data) + self._mirrors(encoding.num_qubits, shared)
        return AttachedCircuit(
            circuit, tuple(weights), in_layer < len(data), mirrors.reshape(-1, 2)
        )
