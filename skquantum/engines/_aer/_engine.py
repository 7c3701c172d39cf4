"""The settings of Aer."""

from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel
from sklearn.base import clone

from skquantum._circuits import without_idle_wires
from skquantum._validation import Integral, Interval, StrOptions
from skquantum.engines._aer._device import restricted
from skquantum.engines._aer._memory import encoding_bytes, noisy_expectation_bytes
from skquantum.engines._aer._noise import acts_locally, is_pairwise, noise_text
from skquantum.engines._aer._noisy_session import NoisySession, PairwiseSession
from skquantum.engines._aer._session import AerSession
from skquantum.engines._base import Engine
from skquantum.engines._gram import overlap_bytes

__all__ = ["AerEngine"]


class AerEngine(Engine):
    """States and expectation values from :class:`qiskit_aer.AerSimulator`.

    Parameters
    ----------
    shots : int or None, default=None
        Number of shots per circuit to estimate expectation values, once for every group of
        observables that can be measured together. None means exact expectation values.
    noise_model : qiskit_aer.noise.NoiseModel, BackendV2 or None, default=None
        Noise of gates, measurements and the readout. Circuits are translated to its basis gates,
        without optimisation, and simulated as density matrices, of which `shots` are drawn. Of a
        backend, real or fake, the noise model is taken and the connections of its qubits are
        respected; only qubits that the circuit uses are simulated, so that five qubits of a
        device with 127 take no more than five do.
    precision : {"double", "single"}, default="double"
        Floating-point precision of the amplitudes: complex128 or complex64.
    device : {"CPU", "GPU"}, default="CPU"
        Where Aer computes. "GPU" needs the package ``qiskit-aer-gpu``.
    max_parallel_threads : int, default=0
        Threads Aer may use in this process; 0 means all cores. Worker processes of joblib always
        use one thread each.
    statevector_parallel_threshold : int, default=14
        Aer shares one state among threads above this number of qubits.
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
    uncontrolled ones first, or bound row by row where they have noise of their own. Each distinct
    parameter expression is evaluated once for all rows. Aer's fusion of neighbouring gates stays
    off: Aer 0.18 applies a fused S between two X as its inverse [1]_, and with it the last bit of
    a state depends on how many rows run at once.

    Shots and noise are for expectation values and gradients; states are refused with them. Shots
    are drawn from exact probabilities, for every row and basis from a seed of its own, so that
    they do not depend on workers and chunks. The gates that change the basis before a measurement
    have noise like others, with `shots` or without. A readout error that is given for some qubits
    replaces the one for all qubits there; joint errors of several qubits apply when all of them
    are part of the circuit, whereas Aer itself applies them to joint measurements only.

    Gradients follow the parameter-shift rule, angle by angle, which holds with noise and for
    shots: two circuits for most angles of gates.

    References
    ----------
    .. [1] https://github.com/Qiskit/qiskit-aer/issues/2245

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

    Expectation values, exact and from shots, with noise:

    >>> from qiskit.quantum_info import SparsePauliOp
    >>> from qiskit_aer.noise import NoiseModel, depolarizing_error
    >>> noise_model = NoiseModel()
    >>> noise_model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["ry"])
    >>> for engine in AerEngine(noise_model=noise_model), AerEngine(100, noise_model):
    ...     session = engine.open(circuit)
    ...     session.expectations([[0.0], [np.pi]], [SparsePauliOp("Z")], random_state=0).round(12)
    array([[ 0.9],
           [-0.9]])
    array([[ 0.76],
           [-0.94]])
    """

    _parameter_constraints: dict = {
        "shots": [Interval(Integral, 1, 2**53, closed="both"), None],  # float64 counts as far
        "noise_model": [NoiseModel, BackendV2, None],
        "precision": [StrOptions({"double", "single"})],
        "device": [StrOptions({"CPU", "GPU"})],
        "max_parallel_threads": [Interval(Integral, 0, None, closed="left")],
        "statevector_parallel_threshold": [Interval(Integral, 1, None, closed="left")],
        "max_memory_mb": [Interval(Integral, 0, None, closed="left")],
        "blocking_enable": ["boolean"],
        "blocking_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "chunk_size": [Interval(Integral, 1, None, closed="left"), None],
        "backend_options": [dict, None],
    }

    def __init__(
        self,
        shots=None,
        noise_model=None,
        *,
        precision="double",
        device="CPU",
        max_parallel_threads=0,
        statevector_parallel_threshold=14,
        max_memory_mb=0,
        blocking_enable=False,
        blocking_qubits=None,
        chunk_size=None,
        backend_options=None,
    ):
        self.shots = shots
        self.noise_model = noise_model
        self.precision = precision
        self.device = device
        self.max_parallel_threads = max_parallel_threads
        self.statevector_parallel_threshold = statevector_parallel_threshold
        self.max_memory_mb = max_memory_mb
        self.blocking_enable = blocking_enable
        self.blocking_qubits = blocking_qubits
        self.chunk_size = chunk_size
        self.backend_options = backend_options

    def _open(self, circuit):
        if self.noise_model is None:
            return AerSession(self, circuit)
        # the noise of a device acts on one gate or delay after the other
        made = PairwiseSession if is_pairwise(self.noise_model) else NoisySession
        return made(self, circuit)

    def _open_used(self, circuit):
        if self.noise_model is None:
            return super()._open_used(circuit)
        narrow, wires = without_idle_wires(circuit, delays=True)
        model = self.noise_model
        if isinstance(model, BackendV2):
            if circuit.num_qubits != model.num_qubits:
                return self._open(narrow)  # to be placed on the device
            model = NoiseModel.from_backend(model)  # the wires are those of the device
        if narrow is circuit or not acts_locally(model):
            return self._open(circuit)
        number = {wire: k for k, wire in enumerate(wires)}
        return clone(self).set_params(noise_model=restricted(model, number))._open(narrow)

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one encoded row, known before anything is opened.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
            What is measured where there is noise.

        Returns
        -------
        int
            Bytes; 0 where pairs of rows are simulated, as then the values of parameters are kept.
        """
        if self.noise_model is None:
            return (8 if self.precision == "single" else 16) * 2**n_qubits
        if measurement == "overlap":
            return 8 * 4**n_qubits
        return 0 if is_pairwise(self.noise_model) else 16 * 4**n_qubits

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        return encoding_bytes(self, circuit, n_rows, measurement, n_jobs)

    def comparison_bytes(self, n_rows, n_other=None):
        if self.noise_model is None:
            return overlap_bytes(n_rows, n_other, 8 if self.precision == "single" else 16)
        # both orders of a pair, which are one matrix and its transpose for the rows themselves
        return 16 * n_rows**2 if n_other is None else 24 * n_rows * n_other

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        if self.noise_model is None:
            options = {"n_differentiated": n_differentiated, "n_jobs": n_jobs}
            return super().expectation_bytes(circuit, n_outputs, n_rows, **options)
        return noisy_expectation_bytes(circuit, n_outputs, n_jobs)

    _irrelevant = frozenset(["chunk_size", "max_memory_mb", "max_parallel_threads"])

    def fingerprint(self):
        """Return the settings that results depend on.

        Returns
        -------
        dict
            Numbers and text by name; a noise model in full (but for functions of its passes),
            also that of a device.
        """
        settings = super().fingerprint()
        if isinstance(self.noise_model, NoiseModel):
            settings["noise_model"] = noise_text(self.noise_model)
        elif self.noise_model is not None:  # a device, of which others may have the name
            coupled = self.noise_model.coupling_map
            settings["noise_model"] = noise_text(NoiseModel.from_backend(self.noise_model))
            settings["device"] = self.noise_model.name
            settings["couplings"] = str(coupled and sorted(coupled.get_edges()))
        return settings

    def single_threaded(self):
        """Return a clone that uses one thread."""
        return clone(self).set_params(max_parallel_threads=1)
