"""What a circuit that is ready to run can do: one class for every kind of numbers.

Each class has one verb for the world, which checks what it is given, and one method that a subclass
writes, which begins with ``_run`` or ``_encode`` and gets checked arrays.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from uuid import uuid4

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skquantum._circuits import (
    Expressions,
    check_observables,
    check_rows,
    lower,
    unshared,
)
from skquantum._runtime import blocks_of_rows
from skquantum.engines._large_angles import warn_if_meaningless
from skquantum.exceptions import RowError

__all__ = [
    "VERBS",
    "ColumnSession",
    "ExpectationSession",
    "Session",
]

# What sessions can be asked for, and who can.
VERBS = {
    "states": "AerEngine() or CompiledEngine()",
    "state_derivatives": "AerEngine() or CompiledEngine()",
    "densities": "AerEngine(noise_model=...)",
    "effects": "AerEngine(noise_model=...)",
    "expectations": "AerEngine(shots=..., noise_model=...)",
    "gradients": "AerEngine(shots=..., noise_model=...)",
    "pull_back": "CompiledEngine()",
    "fidelities": "SamplerEngine(sampler)",
    "encode": "AerEngine()",
}

# Largest block of shifted values.
BYTES_OF_SHIFTS = 64 * 2**20


class Session:
    """A circuit that is ready to run in this process; made by :meth:`Engine.open`.

    What it offers is said by the classes that it derives from: :class:`StateSession`,
    :class:`StateGradientSession`, :class:`ChannelSession`, :class:`FidelitySession`,
    :class:`ExpectationSession`.

    Parameters
    ----------
    engine : Engine
        The settings.
    circuit : QuantumCircuit
        Unitary circuit; its free parameters, in order, are the columns of the values.

    Attributes
    ----------
    engine : Engine
        A copy of the settings.
    circuit : QuantumCircuit
        A copy of the circuit.
    n_qubits : int
        Width of the circuit.
    parameters : tuple of Parameter
        The free parameters of the circuit, in its order.
    shots : int or None
        Number of shots behind each number; None if they are exact.
    counts : bool
        Whether numbers are counted where no `random_state` reaches, other ones each time, rather
        than drawn from probabilities.
    seconds_per_row : float
        Rough estimate, used to decide whether work is worth sharing among workers.
    rows_per_run : int
        Number of rows run at once.
    rows_together : int
        SIMD width: number of rows processed together.
    weight : int
        As how many sessions this one counts where a number of them is kept open.

    Examples
    --------
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from skquantum.engines import AerEngine, StateSession
    >>> session = AerEngine().open(zz_feature_map(2))
    >>> isinstance(session, StateSession)
    True
    >>> session.states([[0.1, 0.2]]).shape
    (1, 4)
    """

    shots = None
    counts = False
    rows_per_run = 1000
    rows_together = 1
    weight = 1

    def __init__(self, engine, circuit):
        # what workers open again, whatever becomes of the originals
        self.engine = clone(engine)
        self.circuit = circuit.copy()
        self.token = uuid4().hex  # by which workers know it
        self.n_qubits = circuit.num_qubits
        self.parameters = tuple(circuit.parameters)
        self.seconds_per_row = 1e-4 + 1e-9 * len(circuit.data) * 2.0 ** min(self.n_qubits, 60)

    def __getattr__(self, name):
        if name not in VERBS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        offered = ", ".join(verb for verb in VERBS if hasattr(type(self), verb))
        raise AttributeError(
            f"{type(self.engine).__name__} offers no {name} for its settings, but {offered}; use "
            f"another engine, such as {VERBS[name]}."
        )

    def check_values(self, values):
        """Return values of parameters as an array, or raise.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).

        Returns
        -------
        ndarray of shape (n_rows, n_parameters)
            float64.

        Raises
        ------
        ValueError
            If the shape is wrong or a value is not finite.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.parameters):
            raise ValueError(
                f"The circuit has {len(self.parameters)} free parameters, the values have shape "
                f"{values.shape}; pass one column per parameter."
            )
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise RowError(
                f"The value of parameter {self.parameters[column].name!r} is "
                f"{values[row, column]} for row ",
                row,
                "; pass finite numbers.",
            )
        return values

    def check_rows(self, values):
        """Raise if a row cannot be run, such as arccos(x) beyond 1; the message names the row.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_parameters)
            Result of :meth:`check_values`.
        """
        self.prepare(values)

    def prepare(self, values):
        """Return what runs take, row by row, in place of checked values.

        It is called once for all rows, in the calling process: whatever a row can be refused for
        is found here.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_parameters)
            Result of :meth:`check_values`.

        Returns
        -------
        ndarray of shape (n_rows, ...)
            The values, unless a subclass says otherwise.
        """
        return values


class ColumnSession(Session):
    """Runs columns of numbers: the expressions of the circuit, evaluated for all rows at once.

    Attributes
    ----------
    expressions : tuple of ParameterExpression
        What is evaluated for every row.
    """

    def check_rows(self, values):
        check_rows(self.expressions, self.parameters, values)

    def prepare(self, values):
        columns = self._prepared.values(values)
        warn_if_meaningless(columns, self.expressions)
        return columns

    @cached_property
    def _prepared(self):
        return Expressions(self.expressions, self.parameters)


class ExpectationSession(Session, ABC):
    """Offers expectation values, and gradients of losses that are made of them.

    A subclass writes :meth:`_run_expectations`; gradients then follow from the parameter-shift
    rule, unless it writes :meth:`_run_gradients` as well.
    """

    def expectations(self, values, observables, *, n_jobs=None, random_state=None, keys=None):
        """Return expectation values of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            Hermitian operators on all qubits of the circuit; an array is the diagonal of one.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the shots; without effect on exact numbers.
        keys : ndarray of shape (n_rows,) or None, default=None
            Numbers (uint64) that the draws of a row depend on in place of its position, so that
            they do not depend on the other rows; without effect on exact numbers.

        Returns
        -------
        ndarray of shape (n_rows, n_observables)
            Real expectation values, or their estimates from shots.
        """
        values = self.check_values(values)
        observables = check_observables(observables, self.n_qubits)
        options = {"n_jobs": n_jobs, "random_state": random_state}
        if self.shots is not None and keys is not None:
            options["keys"] = keys
        return self._run_expectations(values, observables, **options)

    def gradients(
        self, values, observables, cotangents, *, wrt=None, n_jobs=None, random_state=None
    ):
        """Return expectation values and the gradient of a loss that is made of them.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            Hermitian operators on all qubits of the circuit; an array is the diagonal of one.
        cotangents : callable or ndarray of shape (n_rows, n_observables)
            Derivatives of a loss with respect to the expectation values. A callable gets
            some of the rows as a slice and their expectation values, and returns their
            derivatives; threads may call it at the same time.
        wrt : sequence of int or None, default=None
            Columns of `values` to differentiate with respect to; None means all.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the shots; without effect on exact numbers.

        Returns
        -------
        expectations : ndarray of shape (n_rows, n_observables)
            Expectation values.
        gradient : ndarray of shape (n_rows, n_parameters) or (n_rows, len(wrt))
            Derivatives of the loss with respect to the parameter values of each row.
        """
        values = self.check_values(values)
        observables = check_observables(observables, self.n_qubits)
        cotangents = _as_callable(cotangents, (len(values), len(observables)))
        wrt = self._checked_wrt(wrt)
        return self._run_gradients(
            values, observables, cotangents, wrt, n_jobs=n_jobs, random_state=random_state
        )

    @abstractmethod
    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        """Return expectation values for checked arguments."""

    def _run_gradients(self, values, observables, cotangents, wrt, *, n_jobs, random_state):
        """Return expectation values and gradients for checked arguments."""
        all_shifts, session, order = self._shifted
        expressions = Expressions(all_shifts.lowered.expressions, self.parameters)
        wanted = {self.parameters[k] for k in wrt}
        needed = [
            k
            for k, expression in enumerate(all_shifts.lowered.expressions)
            if not wanted.isdisjoint(expression.parameters)
        ]
        shifts = all_shifts.only(needed)
        columns = expressions.values(values)
        n_settings = 1 + len(shifts.angles)
        expectations = np.empty((len(values), len(observables)))
        by_column = np.zeros(columns.shape)
        per_block = BYTES_OF_SHIFTS // (8 * n_settings * max(1, len(shifts.columns)))
        random_state = check_random_state(random_state)  # goes on from block to block
        for block in blocks_of_rows(len(values), max(1, per_block)):
            angles = shifts.apply(columns[block])[..., order]
            found = session.expectations(
                angles.reshape(-1, angles.shape[2]),
                observables,
                n_jobs=n_jobs,
                random_state=random_state,
            ).reshape(len(angles), n_settings, -1)
            expectations[block] = found[:, 0]
            given = cotangents(block, expectations[block])
            loss = np.einsum("rso,ro->rs", found[:, 1:], given)
            by_column[block] = shifts.to_columns(loss, columns.shape[1])
        return expectations, expressions.pull_back(values, by_column, wrt)

    @cached_property
    def _shifted(self):
        """Shifts of all angles of gates, a session with a parameter for each, and their order."""
        shifts = unshared(lower(self.circuit))
        session = self.engine.open(shifts.lowered.circuit)
        order = [shifts.lowered.placeholders.index(parameter) for parameter in session.parameters]
        return shifts, session, order

    def _checked_wrt(self, wrt):
        n_parameters = len(self.parameters)
        wrt = list(range(n_parameters) if wrt is None else wrt)
        for column in wrt:
            if not 0 <= column < n_parameters:
                raise ValueError(
                    f"wrt holds {column}, the values have {n_parameters} columns; pass numbers "
                    f"from 0 to {n_parameters - 1}."
                )
        return wrt


def _as_callable(cotangents, shape):
    """Return cotangents of blocks of rows as a function that checks shapes."""
    if callable(cotangents):

        def called(rows, expectations):
            given = np.asarray(cotangents(rows, expectations), dtype=np.float64)
            if given.shape != expectations.shape:
                raise ValueError(
                    f"The cotangents have shape {given.shape}, the expectation values "
                    f"{expectations.shape}; return one number for each."
                )
            return given

        return called
    cotangents = np.asarray(cotangents, dtype=np.float64)
    if cotangents.shape != shape:
        raise ValueError(
            f"The cotangents have shape {cotangents.shape}, for {shape[0]} rows and {shape[1]} "
            f"observables; pass an array of shape {shape}, or a callable."
        )
    return lambda rows, expectations: cotangents[rows]
