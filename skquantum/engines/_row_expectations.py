"""Expectation values of rows: what projected kernels and features share."""

import numpy as np

from skquantum._circuits import check_observables, local_paulis, without_idle_wires
from skquantum._runtime import blocks_of_rows, check_memory, kept_fact, progress_bar, row_keys

__all__ = ["RowExpectations"]

# In how many steps a progress bar moves.
BLOCKS = 50


class RowExpectations:
    """What rows are described by: expectation values at the end of a circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        Its free parameters, in order, are the columns of the values. It must not be changed.
    observables : "paulis" or list of SparsePauliOp or ndarray, default="paulis"
        "paulis" stands for all Pauli strings on at most `locality` of the qubits that have gates.
        A list holds Hermitian operators on all qubits of the circuit, arrays the diagonals of such.
    locality : int, default=1
        Largest number of qubits of a string; without effect on a list of observables.

    Attributes
    ----------
    circuit : QuantumCircuit
        The circuit.
    measured : QuantumCircuit
        Its part on the qubits that observables act on.
    observables : sequence of SparsePauliOp or ndarray
        The observables.
    names : list of str
        "x0", "y0", ..., "x0x1", ... for Pauli strings, and otherwise "observable0", ....

    Raises
    ------
    ValueError
        If there are no observables, they are not Hermitian operators on the qubits of the circuit,
        or `locality` is more than the number of qubits.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.engines import CompiledEngine, RowExpectations
    >>> from skquantum.feature_maps import AngleFeatureMap
    >>> expectations = RowExpectations(AngleFeatureMap().build(1))
    >>> expectations.names
    ['x0', 'y0', 'z0']
    >>> expectations.of(CompiledEngine(), np.array([[0.0], [np.pi / 2]])).round(3) + 0.0
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """

    def __init__(self, circuit, observables="paulis", locality=1):
        self.circuit = circuit
        self.measures_paulis = isinstance(observables, str)
        if self.measures_paulis:
            self.measured, _ = kept_fact(without_idle_wires, circuit)
            n_qubits = self.measured.num_qubits
            if locality > n_qubits:
                raise ValueError(
                    f"locality={locality} is more than the {n_qubits} qubits that have gates; "
                    "use at most {n_qubits}."
                )
            self.observables = local_paulis(n_qubits, locality)
            return
        if not len(observables):
            raise ValueError(
                "observables is empty, so that all rows would be alike; pass at least one "
                "operator, or 'paulis'."
            )
        self.measured = circuit
        self.observables = check_observables(observables, circuit.num_qubits)

    def __len__(self):
        return len(self.observables)

    @property
    def names(self):
        if not self.measures_paulis:
            return [f"observable{number}" for number in range(len(self))]
        labels = (str(operator.paulis[0])[::-1].lower() for operator in self.observables)
        return [
            "".join(f"{letter}{qubit}" for qubit, letter in enumerate(label) if letter != "i")
            for label in labels
        ]

    @property
    def n_diagonals(self):
        """How many diagonals engines keep; one that is made of a string counts half.

        What is given as an array is there twice.
        """
        arrays = sum(isinstance(one, np.ndarray) for one in self.observables)
        made = sum(not one.paulis.x.any() for one in self.observables if hasattr(one, "paulis"))
        return arrays + -(-made // 2)

    def of(self, engine, values, *, n_jobs=None, seed=0, verbose=False):
        """Return the expectation values of rows; what is drawn for a row belongs to its values.

        Parameters
        ----------
        engine : Engine
            Engine that runs the circuit.
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        seed : int, default=0
            Seed or generator for the shots.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, n_observables)
            float64.
        """
        session = self.session(engine)
        n_rows = len(values)

        def some(block):
            return session.expectations(
                values[block],
                self.observables,
                n_jobs=n_jobs,
                random_state=seed % 2**32,
                keys=None if session.shots is None else row_keys(values[block]),
            )

        if not verbose:
            return some(slice(None))
        found = np.empty((n_rows, len(self)))
        with progress_bar(n_rows, "rows", "row", verbose) as bar:
            for block in blocks_of_rows(n_rows, max(1, n_rows // BLOCKS)):
                found[block] = some(block)
                bar.update(block.stop - block.start)
        return found

    def check_rows(self, engine, values):
        """Raise if a row cannot be run; nothing is.

        Parameters
        ----------
        engine : Engine
            What would run the circuit.
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values (radians).

        Raises
        ------
        RowError
            With the number of the row.
        """
        session = self.session(engine)
        session.check_rows(session.check_values(values))

    def session(self, engine):
        """Return the open circuit.

        Parameters
        ----------
        engine : Engine
            What runs it.

        Returns
        -------
        Session
            On the qubits of `measured`.
        """
        open_session = engine.kernel_session if self.measures_paulis else engine.session
        return open_session(self.circuit)

    def needed_bytes(self, engine, n_rows, kept, *, n_jobs=None):
        """Return the largest memory in use while expectation values are computed.

        Parameters
        ----------
        engine : Engine
            Engine of the circuit.
        n_rows : int
            Number of rows that are run at once.
        kept : int
            Number of rows whose expectation values are kept.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.

        Returns
        -------
        int
            Bytes, the expectation values included.
        """
        needed = engine.expectation_bytes(self.measured, self.n_diagonals, n_rows, n_jobs=n_jobs)
        return needed + 8 * kept * len(self)

    def check_memory(self, engine, n_rows, *, n_jobs=None, besides=0, kept=None):
        """Raise if expectation values would not fit into memory.

        Parameters
        ----------
        engine : Engine
            Engine that runs the circuit.
        n_rows : int
            Number of rows that are run at once.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.
        besides : int, default=0
            Bytes of what else is in use at the same time.
        kept : int or None, default=None
            Number of rows whose expectation values are kept; None means `n_rows`.

        Raises
        ------
        InsufficientMemoryError
            With the estimate, what is free, and the remedy; nothing has been simulated.
        """
        kept = n_rows if kept is None else kept
        check_memory(
            self.needed_bytes(engine, n_rows, kept, n_jobs=n_jobs) + besides,
            f"{len(self)} expectation values of {kept} rows on {self.measured.num_qubits} qubits",
            "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), "
            "a smaller locality, fewer rows, no noise, or, for shallow circuits, engine='chain'",
        )
