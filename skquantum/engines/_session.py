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
    check_pairs,
    check_rows,
    check_weights,
    lower,
    unshared,
)
from skquantum._runtime import blocks_of_rows, in_pieces, run_rows
from skquantum.engines._encoded import ChannelBatch, RowBatch, StateBatch
from skquantum.engines._large_angles import warn_if_meaningless
from skquantum.engines._observables import amplitude_parts, products
from skquantum.exceptions import RowError

__all__ = [
    "ChannelSession",
    "ColumnSession",
    "ExpectationSession",
    "FidelitySession",
    "KernelSession",
    "Session",
    "StateSession",
]

# What sessions can be asked for, and who can.
VERBS = {
    "states": "AerEngine() or CompiledEngine()",
    "densities": "AerEngine(noise_model=...)",
    "effects": "AerEngine(noise_model=...)",
    "expectations": "AerEngine(shots=..., noise_model=...)",
    "gradients": "AerEngine(shots=..., noise_model=...)",
    "fidelities": "SamplerEngine(sampler)",
    "encode": "AerEngine()",
}

# About as much as is lost when a process is killed.
BYTES_PER_PIECE = 16 * 2**20
PAIRS_PER_PIECE = 500
# Largest block of shifted values.
BYTES_OF_SHIFTS = 64 * 2**20


class Session:
    """A circuit that is ready to run in this process; made by :meth:`Engine.open`.

    What it offers is said by the classes that it derives from: :class:`StateSession`,
    :class:`ChannelSession`, :class:`FidelitySession`, :class:`ExpectationSession`.

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
        What stands behind each number; None if they are exact.
    seconds_per_row : float
        Rough estimate, used to decide whether work is worth sharing among workers.
    rows_per_run : int
        How many rows are run at once.
    rows_together : int
        How many rows take as long as one.
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

    def expectations(self, values, observables, *, n_jobs=None, random_state=None):
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
            Where shots are drawn from; without effect on exact numbers.

        Returns
        -------
        ndarray of shape (n_rows, n_observables)
            Real expectation values, or their estimates from shots.
        """
        values = self.check_values(values)
        observables = check_observables(observables, self.n_qubits)
        return self._run_expectations(values, observables, n_jobs=n_jobs, random_state=random_state)

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
            Where shots are drawn from; without effect on exact numbers.

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


class KernelSession(Session, ABC):
    """Encodes rows for kernels to compare.

    Attributes
    ----------
    unit_diagonal : bool
        Whether the fidelity of a row with itself is 1.
    """

    unit_diagonal = True

    def encode(
        self,
        values,
        *,
        measurement="compute_uncompute",
        weights=None,
        checkpoint=None,
        n_jobs=None,
        verbose=False,
    ):
        """Encode rows.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
            What is measured where there is noise.
        weights : array-like of shape (2 ** n_qubits,) or None, default=None
            Weight of each measured bitstring; None means 1 for zeros and 0 otherwise.
        checkpoint : Checkpoint or None, default=None
            Keeps what is finished.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        Encoded
            The batch.

        Raises
        ------
        ValueError
            If the engine cannot measure that, or a row cannot be encoded.
        """
        values = self.check_values(values)
        self._check_comparison(measurement, weights)
        weights = check_weights(weights, self.n_qubits)
        return self._encode(
            values,
            measurement=measurement,
            weights=weights,
            checkpoint=checkpoint,
            n_jobs=n_jobs,
            verbose=verbose,
        )

    def _check_comparison(self, measurement, weights):
        """Raise if this cannot be measured here."""

    @abstractmethod
    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        """Return an encoding for checked arguments."""


class StateSession(KernelSession, ExpectationSession):
    """Offers pure states; a subclass writes :meth:`_run_states`.

    Expectation values, gradients and encodings for kernels are computed from the states. Where
    there are shots, a subclass does not return states themselves, which cannot be drawn.

    Attributes
    ----------
    dtype : numpy dtype
        Of the amplitudes.
    """

    dtype = np.dtype(np.complex128)

    def states(self, values, *, n_jobs=None, verbose=False):
        """Return the state of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, 2 ** n_qubits)
            Amplitudes, little-endian as in Qiskit.
        """
        rows = self.prepare(self.check_values(values))
        return self._all_states(rows, n_jobs=n_jobs, verbose=verbose)

    @abstractmethod
    def _run_states(self, rows):
        """Return the states of some rows of what :meth:`prepare` returned."""

    def _all_states(self, rows, *, n_jobs=None, verbose=False):
        out = np.empty((len(rows), 2**self.n_qubits), dtype=self.dtype)
        return run_rows(
            self, "_run_states", rows, out, n_jobs=n_jobs, verbose=verbose, description="states"
        )

    def _check_comparison(self, measurement, weights):
        if weights is not None:
            raise ValueError(
                "outcome_weights are for what a device measures, and states are not measured; use "
                "an engine with noise or a sampler, or outcome_weights=None."
            )

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        rows = self.prepare(values)
        pieces = in_pieces(
            lambda block: self._all_states(rows[block], n_jobs=n_jobs, verbose=verbose),
            values.__getitem__,
            len(values),
            max(1, BYTES_PER_PIECE // (2**self.n_qubits * self.dtype.itemsize)),
            checkpoint,
        )
        return StateBatch.load(pieces, self.shots)

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        parts, constants = amplitude_parts(observables, self.n_qubits)
        out = np.tile(constants, (len(values), 1))
        rows = self.prepare(values)
        for block in blocks_of_rows(len(rows), self.rows_per_run):
            states = self._all_states(rows[block], n_jobs=n_jobs)
            for part in parts:
                out[block, part.numbers] += part.average(products(states, part.key))
        return out


class ChannelSession(KernelSession):
    """Offers noisy states, and the measurements that ask for them.

    With `out`, both write where they are told, and return that.
    """

    unit_diagonal = False

    @property
    def operator_qubits(self):
        """Width of what states and measurements act on: more than the circuit's on a device."""
        return self.n_qubits

    @abstractmethod
    def densities(self, values, *, n_jobs=None, verbose=False, out=None):
        """Return the noisy state of every row, as real vectors of shape (n_rows, 4 ** n_qubits)."""

    @abstractmethod
    def effects(self, values, *, weights=None, n_jobs=None, verbose=False, out=None):
        """Return the effect of every row, as real vectors of shape (n_rows, 4 ** n_qubits)."""

    def _check_comparison(self, measurement, weights):
        if measurement == "overlap" and self.shots is not None:
            raise ValueError(
                "measurement='overlap' is exact, a device cannot count it in "
                f"{self.shots} shots; use measurement='compute_uncompute' or shots=None."
            )
        if weights is not None and self.shots is not None and not np.isin(weights, (0, 1)).all():
            raise ValueError(
                f"outcome_weights other than 0 and 1 cannot be drawn in {self.shots} shots here; "
                "use shots=None, or SamplerEngine, whose counts are weighted one by one."
            )

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        options = {"n_jobs": n_jobs, "verbose": verbose}

        def operators(block):
            rows = values[block]
            found = np.empty((len(rows), n_parts, 4**self.operator_qubits))
            self.densities(rows, out=found[:, 0], **options)
            if n_parts == 2:
                self.effects(rows, weights=weights, out=found[:, 1], **options)
            return found

        self.check_rows(values)
        n_parts = 2 if measurement == "compute_uncompute" else 1
        per_piece = max(1, BYTES_PER_PIECE // (8 * 4**self.operator_qubits * n_parts))
        pieces = in_pieces(operators, values.__getitem__, len(values), per_piece, checkpoint)
        return ChannelBatch.load(pieces, self.shots)


class FidelitySession(KernelSession):
    """Offers fidelities of pairs of rows; a subclass writes :meth:`_run_fidelities`.

    Attributes
    ----------
    counts : bool
        Whether fidelities are fractions of shots, rather than probabilities that counts are to be
        drawn from.
    """

    counts = False

    def fidelities(
        self,
        x_values,
        y_values,
        pairs,
        *,
        weights=None,
        shots=None,
        checkpoint=None,
        n_jobs=None,
        verbose=False,
        **options,
    ):
        """Return how often all bits are 0 after one circuit and the inverse of the other.

        Parameters
        ----------
        x_values : array-like of shape (n_x, n_parameters)
            Parameter values (radians) of the rows whose circuit comes first.
        y_values : array-like of shape (n_y, n_parameters)
            Parameter values (radians) of the rows whose inverse circuit follows.
        pairs : array-like of shape (n_pairs, 2)
            Numbers of a row of `x_values` and a row of `y_values`. Pairs that stand there twice
            are run twice.
        weights : array-like of shape (2 ** n_qubits,) or None, default=None
            Weight of each measured bitstring, little-endian, for at most 20 qubits. None means 1
            for zeros and 0 otherwise.
        shots : int or None, default=None
            Shots per pair, where they are counted; None means those of the engine.
        checkpoint : Checkpoint or None, default=None
            Keeps what is finished.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool or int, default=False
            Whether to show a progress bar.
        **options
            What the engine offers besides.

        Returns
        -------
        ndarray of shape (n_pairs,)
            Fractions of shots, probabilities, or averages of weights.

        Raises
        ------
        ValueError
            If shapes do not fit, or a value is not finite; nothing has been run then.
        """
        x_values, y_values = self.check_values(x_values), self.check_values(y_values)
        pairs = check_pairs(pairs, len(x_values), len(y_values))
        weights = check_weights(weights, self.n_qubits)
        if not len(pairs):
            return np.empty(0)
        options = {**options, "checkpoint": checkpoint, "n_jobs": n_jobs, "verbose": verbose}
        if shots is not None:
            options["shots"] = shots
        return self._all_fidelities(x_values, y_values, pairs, weights, **options)

    def _all_fidelities(self, x_values, y_values, pairs, weights, *, checkpoint, n_jobs, verbose):
        for values in (x_values, y_values):
            self.check_rows(values)

        def both(block):
            left, right = pairs[block].T
            return np.stack([x_values[left], y_values[right]], axis=1)

        def compute(block):
            rows = both(block)
            return run_rows(
                self,
                "_run_fidelities",
                rows,
                np.empty(len(rows)),
                args=(weights,),
                times=2,
                n_jobs=n_jobs,
                verbose=verbose,
                description="fidelities",
            )

        pieces = in_pieces(compute, both, len(pairs), PAIRS_PER_PIECE, checkpoint)
        return np.concatenate(pieces)

    @abstractmethod
    def _run_fidelities(self, rows, weights):
        """Return the fidelities of pairs, of shape (n_pairs, 2, n_parameters)."""

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        self.prepare(values)  # bad rows are refused, large angles warned of
        options = {"weights": weights, "checkpoint": checkpoint}
        return RowBatch(values, self, {**options, "n_jobs": n_jobs, "verbose": verbose})
