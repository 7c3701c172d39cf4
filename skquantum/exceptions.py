"""Exceptions that are raised under one name in several places."""

__all__ = [
    "BarrenPlateauWarning",
    "ConcentrationWarning",
    "InsufficientMemoryError",
    "PairwiseWarning",
    "SimulationError",
]


class BarrenPlateauWarning(UserWarning):
    """The gradient of a loss is smaller than what the shots can resolve."""


class ConcentrationWarning(UserWarning):
    """The entries of a kernel matrix differ by less than their shot noise."""


class InsufficientMemoryError(MemoryError):
    """The work would need more memory than the machine has free; nothing was started."""


class PairwiseWarning(UserWarning):
    """Every pair of rows takes a simulation of its own."""


class SimulationError(RuntimeError):
    """The simulator reported a failure or returned another number of results than asked for."""
