"""The engine that takes whichever fits a circuit."""

import sys
from contextlib import suppress

from skquantum._validation import Integral, Interval, StrOptions
from skquantum.engines._base import Engine
from skquantum.engines._chain import BoundaryError, ChainEngine, check_boundary
from skquantum.engines._compiled import CompiledEngine
from skquantum.engines._mps import MPSEngine

__all__ = ["AutoEngine"]


class AutoEngine(Engine):
    """States where they fit into memory, else the chain where it can, else matrix product states.

    Nothing but the circuit and the settings decides, so that models that were saved elsewhere
    meet the same engine.

    Parameters
    ----------
    max_bytes : int, default=2147483648
        States are taken, by :class:`CompiledEngine`, if those of `n_rows` rows need no more.
    n_rows : int, default=1000
        For how many rows that is decided.
    max_states : int, default=4096
        Largest boundary for which :class:`ChainEngine` is taken, rather than :class:`MPSEngine`.
    precision : {"double", "single"}, default="double"
        Floating-point precision from end to end.
    verbose : bool, default=False
        Whether to say on stderr which engine was taken, and why, when a circuit is opened.

    See Also
    --------
    CompiledEngine : Exact states.
    ChainEngine : Exact fidelities of shallow circuits on hundreds of qubits.
    MPSEngine : Matrix product states.

    Examples
    --------
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from skquantum.engines import AutoEngine
    >>> AutoEngine().choose(zz_feature_map(10))
    CompiledEngine()
    >>> print(AutoEngine().describe(zz_feature_map(100, 1, entanglement="linear")))
    ChainEngine: 1000 states of 100 qubits do not fit into 2 GiB, the boundary is below 4096
    100 sites, in the order of the qubits; 199 distinct expressions of 100 parameters
    boundary: at most 2 states (behind site 0), 1.99 on average; up to 2 within a site
    per row: 598 numbers; per pair: 4.59 kflop
    1000 rows: about 0.29 s on one core
    """

    _parameter_constraints: dict = {
        "max_bytes": [Interval(Integral, 0, None, closed="left")],
        "n_rows": [Interval(Integral, 1, None, closed="left")],
        "max_states": [Interval(Integral, 1, None, closed="left")],
        "precision": [StrOptions({"double", "single"})],
        "verbose": ["verbose"],
    }

    shares_memory = True
    _irrelevant = frozenset(["verbose"])

    def __init__(
        self, *, max_bytes=2**31, n_rows=1000, max_states=4096, precision="double", verbose=False
    ):
        self.max_bytes = max_bytes
        self.n_rows = n_rows
        self.max_states = max_states
        self.precision = precision
        self.verbose = verbose

    def choose(self, circuit):
        """Return the engine that is taken for a circuit.

        Parameters
        ----------
        circuit : QuantumCircuit
            Unitary circuit.

        Returns
        -------
        Engine
            The engine.
        """
        engine = self._for_width(circuit.num_qubits)
        if isinstance(engine, ChainEngine):
            with suppress(BoundaryError):
                check_boundary(circuit, self.max_states)
                return engine
            return MPSEngine()
        return engine

    def describe(self, circuit):
        """Return which engine is taken for a circuit and why, and what it makes of it.

        Parameters
        ----------
        circuit : QuantumCircuit
            Unitary circuit.

        Returns
        -------
        str
            Several lines.
        """
        self._validate_params()
        return f"{self._reason(circuit)}\n{self.choose(circuit).open(circuit).describe()}"

    def _for_width(self, n_qubits):
        compiled = CompiledEngine(precision=self.precision)
        if self.n_rows * compiled.row_bytes(n_qubits) <= self.max_bytes:
            return compiled
        return ChainEngine(max_states=self.max_states, precision=self.precision)

    def _reason(self, circuit):
        engine = self.choose(circuit)
        fit = "fit" if isinstance(engine, CompiledEngine) else "do not fit"
        text = (
            f"{type(engine).__name__}: {self.n_rows} states of {circuit.num_qubits} qubits {fit} "
            f"into {self.max_bytes / 2**30:.3g} GiB"
        )
        if fit == "fit":
            return text
        does = "is" if isinstance(engine, ChainEngine) else "is not"
        return f"{text}, the boundary {does} below {self.max_states}"

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one encoded row, known before anything is opened.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        measurement : str, default="compute_uncompute"
            Without effect: there is no noise.

        Returns
        -------
        int
            Bytes.
        """
        return self._for_width(n_qubits).row_bytes(n_qubits)

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        engine = self._for_width(circuit.num_qubits)
        return engine.encoding_bytes(circuit, n_rows, n_jobs=n_jobs)

    def comparison_bytes(self, n_rows, n_other=None):
        engines = CompiledEngine(precision=self.precision), ChainEngine(precision=self.precision)
        return max(engine.comparison_bytes(n_rows, n_other) for engine in engines)

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        options = {"n_differentiated": n_differentiated, "n_jobs": n_jobs}
        engine = self._for_width(circuit.num_qubits)
        return engine.expectation_bytes(circuit, n_outputs, n_rows, **options)

    def _open(self, circuit):
        session = self.choose(circuit).open(circuit)
        if self.verbose:
            sys.stderr.write(self._reason(circuit) + "\n")
        return session
