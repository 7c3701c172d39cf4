"""States from Qiskit Aer."""

import numpy as np
from qiskit.circuit import ParameterExpression
from qiskit_aer import AerSimulator
from sklearn.base import clone

from skquantum._validation import Integral, Interval, StrOptions
from skquantum.engines._base import Engine, Session
from skquantum.engines._lowering import lower
from skquantum.exceptions import SimulationError

__all__ = ["AerEngine"]

# Largest block of states that one Aer run holds; Aer keeps about two copies besides ours.
BYTES_PER_RUN = 64 * 2**20

# Measured on one core: what Aer spends on a gate whatever its size, and per amplitude.
SECONDS_PER_GATE = 4e-6
SECONDS_PER_GATE_AND_AMPLITUDE = 1e-9


class AerEngine(Engine):
    """Exact states from :class:`qiskit_aer.AerSimulator`.

    Parameters
    ----------
    method : {"statevector"}, default="statevector"
        Simulation method.
    precision : {"double", "single"}, default="double"
        Floating-point precision of the amplitudes: complex128 or complex64.
    device : {"CPU", "GPU"}, default="CPU"
        Where Aer computes. "GPU" needs the package ``qiskit-aer-gpu``.
    max_parallel_threads : int, default=0
        Threads Aer may use in this process; 0 means all cores. Worker processes of joblib always
        use one thread each.
    statevector_parallel_threshold : int, default=14
        Aer shares one state among threads above this number of qubits.
    fusion_enable : bool, default=False
        Whether Aer multiplies neighbouring gates (from `fusion_threshold` qubits on). Then the
        last bit of the amplitudes depends on how many rows run at once, and states are right up
        to a global phase.
    fusion_threshold : int, default=14
        Number of qubits from which gates are fused.
    fusion_max_qubit : int, default=5
        Widest fused gate.
    max_memory_mb : int, default=0
        Memory limit Aer applies to itself, in MiB; 0 means all of the machine's.
    blocking_enable : bool, default=False
        Whether Aer cuts one state into chunks for several devices.
    blocking_qubits : int or None, default=None
        Number of qubits of such a chunk.
    chunk_size : int or None, default=None
        Rows per Aer run. None takes as many as fit into 64 MiB, at most 1000. Results do not
        depend on it.
    backend_options : dict or None, default=None
        Further options of :class:`qiskit_aer.AerSimulator`, by Aer's names. Options that would
        make a state random, or that this class sets itself, are refused.

    See Also
    --------
    skquantum.kernels.FidelityKernel : Kernel evaluated with an engine.

    Notes
    -----
    Aer 0.18 ignores or mis-binds the parameters of controlled rotations; they are opened into
    uncontrolled ones first. Each distinct parameter expression is evaluated once for all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from qiskit.circuit import Parameter, QuantumCircuit
    >>> from skquantum.engines import AerEngine
    >>> circuit = QuantumCircuit(1)
    >>> circuit.ry(Parameter("x"), 0)  # doctest: +ELLIPSIS
    <qiskit.circuit.instructionset.InstructionSet object at 0x...>
    >>> session = AerEngine().open(circuit)
    >>> session.states(np.array([[0.0], [np.pi]])).round(12).real + 0.0
    array([[1., 0.],
           [0., 1.]])
    """

    _parameter_constraints: dict = {
        "method": [StrOptions({"statevector"})],
        "precision": [StrOptions({"double", "single"})],
        "device": [StrOptions({"CPU", "GPU"})],
        "max_parallel_threads": [Interval(Integral, 0, None, closed="left")],
        "statevector_parallel_threshold": [Interval(Integral, 1, None, closed="left")],
        "fusion_enable": ["boolean"],
        "fusion_threshold": [Interval(Integral, 0, None, closed="left")],
        "fusion_max_qubit": [Interval(Integral, 1, None, closed="left")],
        "max_memory_mb": [Interval(Integral, 0, None, closed="left")],
        "blocking_enable": ["boolean"],
        "blocking_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "chunk_size": [Interval(Integral, 1, None, closed="left"), None],
        "backend_options": [dict, None],
    }

    def __init__(
        self,
        *,
        method="statevector",
        precision="double",
        device="CPU",
        max_parallel_threads=0,
        statevector_parallel_threshold=14,
        fusion_enable=False,
        fusion_threshold=14,
        fusion_max_qubit=5,
        max_memory_mb=0,
        blocking_enable=False,
        blocking_qubits=None,
        chunk_size=None,
        backend_options=None,
    ):
        self.method = method
        self.precision = precision
        self.device = device
        self.max_parallel_threads = max_parallel_threads
        self.statevector_parallel_threshold = statevector_parallel_threshold
        self.fusion_enable = fusion_enable
        self.fusion_threshold = fusion_threshold
        self.fusion_max_qubit = fusion_max_qubit
        self.max_memory_mb = max_memory_mb
        self.blocking_enable = blocking_enable
        self.blocking_qubits = blocking_qubits
        self.chunk_size = chunk_size
        self.backend_options = backend_options

    def open(self, circuit):
        """Lower a circuit and start a simulator for it in this process.

        Parameters
        ----------
        circuit : QuantumCircuit
            Unitary circuit; its free parameters, in order, are the columns of the values.

        Returns
        -------
        Session
            Offers ``states(values)``.

        Raises
        ------
        ValueError
            If a setting is out of range, the device is missing, or the circuit is not unitary.
        """
        self._validate_params()
        return _AerSession(self, circuit)

    @property
    def amplitude_bytes(self):
        """Memory of one amplitude."""
        return 8 if self.precision == "single" else 16

    def single_threaded(self):
        """Return a clone that uses one thread."""
        return clone(self).set_params(max_parallel_threads=1)

    def _simulator(self):
        settings = self.get_params()
        chosen = dict(settings.pop("backend_options") or {})
        settings.pop("chunk_size")
        # Runtime binding takes all rows in one compiled circuit.
        settings["runtime_parameter_bind_enable"] = True
        if "noise_model" in chosen:
            raise ValueError(
                "noise_model cannot be combined with method='statevector': Aer would return one "
                "random trajectory per row as if it were the state; remove noise_model from "
                "backend_options."
            )
        if clash := sorted(chosen.keys() & settings.keys()):
            raise ValueError(
                f"backend_options holds {clash[0]!r}, which AerEngine sets itself; remove it "
                "there" + (f" and pass {clash[0]}=..." if hasattr(self, clash[0]) else "") + "."
            )
        unknown = sorted(chosen.keys() - set(AerSimulator().options.__dict__))
        if unknown:
            raise ValueError(
                f"backend_options holds {unknown[0]!r}, which AerSimulator does not know; see "
                "AerSimulator().options for the names."
            )
        # A simulator that is told both method and device lists that device without looking.
        devices = AerSimulator().available_devices()
        if self.device not in devices:
            raise ValueError(
                f"device={self.device!r} is not available, Aer offers {', '.join(devices)} here; "
                "install qiskit-aer-gpu on a machine with a GPU, or use device='CPU'."
            )
        return AerSimulator(**settings, **chosen)


class _AerSession(Session):
    def __init__(self, engine, circuit):
        lowered = lower(circuit)
        self._circuit = lowered.circuit.copy()
        self._circuit.save_statevector()
        self._simulator = engine._simulator()
        self._placeholders = lowered.placeholders
        self.parameters = lowered.parameters
        self.expressions = lowered.expressions
        self._phase = lowered.global_phase
        self._phase_varies = isinstance(self._phase, ParameterExpression)
        if self._phase_varies:
            self.expressions = (*self.expressions, self._phase)
        self.n_qubits = circuit.num_qubits
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        n_gates = len(self._circuit.data)
        size = 2**self.n_qubits
        self.seconds_per_row = n_gates * (SECONDS_PER_GATE + size * SECONDS_PER_GATE_AND_AMPLITUDE)
        fitting = BYTES_PER_RUN // (size * self.dtype.itemsize)
        self.rows_per_run = engine.chunk_size or int(min(max(1, fitting), 1000))

    def run(self, columns):
        """Simulate rows, at most `rows_per_run` at a time."""
        out = np.empty((len(columns), 2**self.n_qubits), dtype=self.dtype)
        for start in range(0, len(columns), self.rows_per_run):
            block = slice(start, start + self.rows_per_run)
            self._run_once(columns[block], out[block])
        if self._phase_varies:
            out *= np.exp(1j * columns[:, -1:])
        elif self._phase:
            out *= np.exp(1j * self._phase)
        return out

    def _run_once(self, columns, out):
        if self._placeholders:
            pairs = zip(self._placeholders, columns.T.tolist(), strict=not self._phase_varies)
            result = self._simulator.run(self._circuit, parameter_binds=[dict(pairs)]).result()
            expected = len(columns)
        else:  # nothing but a phase depends on the row
            result = self._simulator.run(self._circuit).result()
            expected = 1
        complete = len(result.results) == expected and all(
            hasattr(one.data, "statevector") for one in result.results
        )
        if not result.success or not complete:
            raise SimulationError(
                f"Aer returned {len(result.results)} results for {expected} rows and reports: "
                f"{result.status}; try a smaller chunk_size or another max_memory_mb."
            )
        for row in range(expected):
            out[row] = result.data(row)["statevector"]
        out[expected:] = out[0]
