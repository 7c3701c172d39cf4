"""Trainable circuits as functions of data: model, readout, loss and objective."""

from skquantum.variational._diagnosis import random_gradients
from skquantum.variational._initial import initial_weights
from skquantum.variational._losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    class_probabilities,
    classification_loss,
    regression_loss,
)
from skquantum.variational._model import Model, encoding_circuit
from skquantum.variational._objective import Objective
from skquantum.variational._readout import READOUTS, resolve_readout
from skquantum.variational._training import Training, TrainingStopped

__all__ = [
    "CLASSIFICATION_LOSSES",
    "READOUTS",
    "REGRESSION_LOSSES",
    "Model",
    "Objective",
    "Training",
    "TrainingStopped",
    "class_probabilities",
    "classification_loss",
    "encoding_circuit",
    "initial_weights",
    "random_gradients",
    "regression_loss",
    "resolve_readout",
]
