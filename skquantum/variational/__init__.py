"""Trainable circuits as functions of data: model, readout, loss and objective."""

from skquantum.variational._diagnosis import random_gradients, warn_of_plateau
from skquantum.variational._initial import initial_weights
from skquantum.variational._losses import (
    CLASSIFICATION_LOSSES,
    IDENTITY,
    REGRESSION_LOSSES,
    SOFTMAX,
    Loss,
    resolve_loss,
)
from skquantum.variational._memory import check_model_memory, count_numbers
from skquantum.variational._model import Model, encoding_circuit
from skquantum.variational._objective import SupervisedObjective
from skquantum.variational._readout import READOUTS, Readout, resolve_readout
from skquantum.variational._training import Training, check_callback, hold_out

__all__ = [
    "CLASSIFICATION_LOSSES",
    "IDENTITY",
    "READOUTS",
    "REGRESSION_LOSSES",
    "SOFTMAX",
    "Loss",
    "Model",
    "Readout",
    "SupervisedObjective",
    "Training",
    "check_callback",
    "check_model_memory",
    "count_numbers",
    "encoding_circuit",
    "hold_out",
    "initial_weights",
    "random_gradients",
    "resolve_loss",
    "resolve_readout",
    "warn_of_plateau",
]
