"""Trainable circuits as functions of data: model, readout, loss and objective."""

from skquantum.variational._diagnosis import random_gradients, warn_if_stuck, warn_of_plateau
from skquantum.variational._distribution import DIVERGENCES, DistributionObjective
from skquantum.variational._energy import EnergyObjective
from skquantum.variational._initial import initial_weights
from skquantum.variational._iqp import IQPObjective
from skquantum.variational._kernel_losses import (
    KERNEL_LOSSES,
    CenteredAlignment,
    KernelLoss,
    MarginalLikelihood,
    RidgeLoss,
    SVCLoss,
    SVRLoss,
    TargetAlignment,
    resolve_kernel_loss,
)
from skquantum.variational._kernel_objective import KernelObjective
from skquantum.variational._losses import (
    CLASSIFICATION_LOSSES,
    IDENTITY,
    REGRESSION_LOSSES,
    SOFTMAX,
    Loss,
    resolve_loss,
)
from skquantum.variational._memory import (
    check_circuit_memory,
    check_model_memory,
    count_numbers,
)
from skquantum.variational._model import Model, encoding_circuit
from skquantum.variational._objective import SupervisedObjective
from skquantum.variational._observables import AffineReadout, ObservablesReadout, PauliReadout
from skquantum.variational._outcomes import InterpretedReadout, ModuloReadout, ParityReadout
from skquantum.variational._readout import Readout
from skquantum.variational._registry import READOUTS, resolve_readout
from skquantum.variational._training import check_callback, hold_out, train

__all__ = [
    "CLASSIFICATION_LOSSES",
    "DIVERGENCES",
    "IDENTITY",
    "KERNEL_LOSSES",
    "READOUTS",
    "REGRESSION_LOSSES",
    "SOFTMAX",
    "AffineReadout",
    "CenteredAlignment",
    "DistributionObjective",
    "EnergyObjective",
    "IQPObjective",
    "InterpretedReadout",
    "KernelLoss",
    "KernelObjective",
    "Loss",
    "MarginalLikelihood",
    "Model",
    "ModuloReadout",
    "ObservablesReadout",
    "ParityReadout",
    "PauliReadout",
    "Readout",
    "RidgeLoss",
    "SVCLoss",
    "SVRLoss",
    "SupervisedObjective",
    "TargetAlignment",
    "check_callback",
    "check_circuit_memory",
    "check_model_memory",
    "count_numbers",
    "encoding_circuit",
    "hold_out",
    "initial_weights",
    "random_gradients",
    "resolve_kernel_loss",
    "resolve_loss",
    "resolve_readout",
    "train",
    "warn_if_stuck",
    "warn_of_plateau",
]
