"""What a circuit that is ready to run can do for kernels: encode rows that are compared later."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from skquantum._circuits import check_pairs, check_weights
from skquantum._runtime import blocks_of_rows, in_pieces, run_rows
from skquantum.engines._encoded import ChannelBatch, StateBatch
from skquantum.engines._observables import amplitude_parts, products
from skquantum.engines._row_batch import RowBatch
from skquantum.engines._session import ExpectationSession, Session
from skquantum.engines._state_derivatives import ShiftedStates
from skquantum.exceptions import RowError

__all__ = [
    "ChannelSession",
    "FidelitySession",
    "KernelSession",
    "StateGradientSession",
    "StateSession",
]

# About as much as is lost when a process is killed.
BYTES_PER_PIECE = 16 * 2**20
PAIRS_PER_PIECE = 500


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
        weights : array-like of shape (2 ** n_qubits,), callable, dict or None, default=None
            Weight of each measured bitstring, as :class:`~skquantum.kernels.FidelityKernel` takes
            it; None means 1 for zeros and 0 otherwise.
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
        weights = check_weights(weights, self.n_qubits)
        self._check_comparison(measurement, weights)
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

    def state_derivatives(self, values, *, wrt=None, n_jobs=None):
        """Return the state of every row, and its derivatives with respect to parameters.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        wrt : sequence of int or None, default=None
            Columns of `values` to differentiate with respect to; None means all.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.

        Returns
        -------
        states : ndarray of shape (n_rows, 2 ** n_qubits)
            Amplitudes, up to a phase that depends on the values; no fidelity or expectation value
            depends on it, nor do derivatives of such.
        derivatives : ndarray of shape (n_rows, n_parameters or len(wrt), 2 ** n_qubits)
            Those of `states`, from two more states for each angle of a gate.
        """
        values = self.check_values(values)
        return self._shifted_states.derivatives(values, self._checked_wrt(wrt), n_jobs=n_jobs)

    @cached_property
    def _shifted_states(self):
        return ShiftedStates(self)

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
                "outcome_weights apply to measured bitstrings, and states are not measured; use "
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


class StateGradientSession(StateSession):
    """Offers derivatives of states as well; a subclass writes :meth:`_run_pull_back`.

    What they are asked for is a gradient: of fidelities, of expectation values, or of any other
    real function of the states.
    """

    def pull_back(self, values, bras, *, wrt=None, n_jobs=None):
        """Return the derivatives of ``2 Re <bra|state>`` of every row, the bra held fixed.

        The gradient of a real function f of the states is that of ``2 Re <bra|state>`` if the bra
        is the derivative of f with respect to the complex conjugate of the amplitudes: for
        ``<state|O|state>`` it is ``O|state>``, and for ``|<other|state>|**2`` it is
        ``<other|state> |other>``.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        bras : array-like of shape (n_rows, 2 ** n_qubits)
            One vector for every row, as a ket: it is conjugated in the product. Complex or real,
            of any length; little-endian as in Qiskit.
        wrt : sequence of int or None, default=None
            Columns of `values` to differentiate with respect to; None means all.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.

        Returns
        -------
        ndarray of shape (n_rows, n_parameters) or (n_rows, len(wrt))
            Derivatives with respect to the parameter values of each row.

        Raises
        ------
        ValueError
            If a shape is wrong, or a number is not finite.

        Examples
        --------
        The derivative of the fidelity of RY(0.4) and RY(1.0) by the first angle, sin(0.6) / 2:

        >>> import numpy as np
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from skquantum.engines import CompiledEngine
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("x"), 0)
        >>> session = CompiledEngine().open(circuit)
        >>> state, other = session.states([[0.4], [1.0]])
        >>> bra = (other.conj() @ state) * other
        >>> session.pull_back([[0.4]], [bra]).round(6)
        array([[0.282321]])
        """
        values = self.check_values(values)
        bras = self._checked_bras(bras, len(values))
        return self._run_pull_back(values, bras, self._checked_wrt(wrt), n_jobs=n_jobs)

    def _checked_bras(self, bras, n_rows):
        bras = np.asarray(bras)
        shape = (n_rows, 2**self.n_qubits)
        if bras.shape != shape:
            raise ValueError(
                f"The bras have shape {bras.shape}, for {n_rows} rows and {self.n_qubits} qubits; "
                f"pass an array of shape {shape}."
            )
        if bras.dtype.kind not in "biufc":
            raise ValueError(f"The bras have dtype {bras.dtype}; pass complex numbers.")
        bras = np.ascontiguousarray(bras, dtype=np.complex128)
        if not np.isfinite(bras).all():
            row = np.argwhere(~np.isfinite(bras))[0][0]
            raise RowError("The bra holds NaN or infinity for row ", row, "; pass finite numbers.")
        return bras

    @abstractmethod
    def _run_pull_back(self, values, bras, wrt, *, n_jobs):
        """Return the derivatives for checked arguments."""


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
                "measurement='overlap' is available only without shots, and "
                f"shots={self.shots}; use measurement='compute_uncompute' or shots=None."
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

    Where `counts` is true they are fractions of shots, and otherwise probabilities that counts are
    to be drawn from.
    """

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
            Numbers of a row of `x_values` and a row of `y_values`. Duplicate pairs
            are run twice.
        weights : array-like of shape (2 ** n_qubits,), callable, dict or None, default=None
            Weight of each measured bitstring, as :class:`~skquantum.kernels.FidelityKernel` takes
            it; None means 1 for zeros and 0 otherwise.
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
        """Return the fidelities of pairs, of shape (n_pairs, 2, n_parameters).

        `weights` are None, an array for at most 20 qubits, or a function of bits for more.
        """

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        self.prepare(values)  # bad rows are refused, large angles warned of
        options = {"weights": weights, "checkpoint": checkpoint}
        return RowBatch(values, self, {**options, "n_jobs": n_jobs, "verbose": verbose})
