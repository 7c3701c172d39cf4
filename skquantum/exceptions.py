"""Exceptions that are raised under one name in several places."""

__all__ = [
    "BarrenPlateauWarning",
    "ConcentrationWarning",
    "InsufficientMemoryError",
    "PairwiseWarning",
    "RowError",
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


class RowError(ValueError):
    """A row cannot be encoded.

    Parameters
    ----------
    before : str
        The message up to the number of the row.
    row : int
        Number of the row.
    after : str
        The rest of the message.
    """

    def __init__(self, before, row, after):
        super().__init__(before, row, after)

    def __str__(self):
        return "{}{}{}".format(*self.args)

    def counted_from(self, start, *, runs_per_row=1):
        """Return the same error about rows that are numbered from another number.

        Parameters
        ----------
        start : int
            What is added to the number of the row.
        runs_per_row : int, default=1
            How many of what is numbered so far stand for one row, such as patches of an image.

        Returns
        -------
        RowError
            A new error.
        """
        before, row, after = self.args
        return type(self)(before, start + row // runs_per_row, after)


class SimulationError(RuntimeError):
    """The simulator reported a failure or returned another number of results than asked for."""
