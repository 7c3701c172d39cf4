"""The settings of runs on devices."""

from qiskit.passmanager import BasePassManager
from qiskit.providers import BackendV2

from skquantum._circuits import without_idle_wires
from skquantum._validation import HasMethods, Integral, Interval, Real
from skquantum.engines._base import Engine
from skquantum.engines._sampler._circuits import backend_of
from skquantum.engines._sampler._session import SamplerSession

__all__ = ["SamplerEngine"]


class SamplerEngine(Engine):
    """Fidelities of pairs of rows from counts, by any sampler of Qiskit's primitives (V2).

    A device gives no states, so that a kernel needs a circuit for every pair of rows: the circuit
    of one row, a barrier, and the inverse circuit of the other row; the kernel is how often all
    bits are 0.

    Parameters
    ----------
    sampler : BaseSamplerV2 or None, default=None
        What runs circuits: Qiskit's ``StatevectorSampler`` and ``BackendSamplerV2``, the
        ``SamplerV2`` of Qiskit Aer and of Qiskit Runtime, or another one with
        ``run([(circuit, values, shots)])``. It is shared by clones and copies, and left out of
        pickles.
    pass_manager : PassManager or None, default=None
        Translates the circuit for the device, once. None takes Qiskit's, at optimization level 1,
        if the sampler has a backend, and leaves the circuit as it is otherwise.
    shots : int, default=1024
        How often each circuit is measured.
    max_circuits_per_job : int or None, default=None
        Largest number of pairs in a job; None means 300.
    max_jobs_in_flight : int, default=3
        How many jobs are submitted at once. Simulators in this process always run one.
    max_retries : int, default=3
        How often a job is tried again that fails, takes longer than `timeout` or returns fewer
        results than asked for. Errors that would come back are raised at once (see Notes).
    retry_delay : float, default=1.0
        Seconds before the first retry; each further one waits twice as long.
    timeout : float or None, default=None
        How long to wait for a submission to be answered, and for a result from when the jobs
        before it are done (seconds; time in a queue counts). None waits.
    retrieve : callable, list of str or None, default=None
        Has jobs of earlier processes waited for, rather than their circuits submitted again:
        ``retrieve(job_id)`` returns a job, such as the method ``QiskitRuntimeService.job``, or None
        if its circuits shall be submitted again; numbers of jobs are asked for at the service of
        the sampler's backend. What a job measures is in the `checkpoint` of the kernel, which is
        needed. A callable is left out of pickles.

    See Also
    --------
    AerEngine : Exact simulation of shots and noise, with one simulation per row.

    Notes
    -----
    One job holds one PUB: the circuit with an array of angles. Parameter expressions are
    evaluated here, so that the device binds plain angles, and controlled rotations with
    parameters are opened, which Qiskit Aer binds wrongly.

    A job is not tried again if the sampler's ``run`` raises an error about its input (TypeError,
    ValueError, NotImplementedError, MemoryError or CircuitError), or if a simulation in this
    process raises anything but an OSError or a RuntimeError. Circuits that do not fit in memory or
    hold instructions that the backend does not support are refused before they are submitted.

    A sampler without a seed, and any device, returns other counts each time. With a checkpoint
    what is finished stays as it is, and is not paid for again: counts belong to the circuit, the
    values of both rows, the order of both, and the number of shots. So other folds, candidates of
    a search, appended rows and other `outcome_weights` run what is new in them, in whatever jobs.
    Without one nothing is kept between calls: two of them measure twice.

    Examples
    --------
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from qiskit.primitives import StatevectorSampler
    >>> from skquantum.engines import SamplerEngine
    >>> engine = SamplerEngine(StatevectorSampler(seed=0), shots=100)
    >>> session = engine.open(zz_feature_map(2))
    >>> X = [[0.1, 0.2], [0.3, 0.4]]
    >>> session.fidelities(X, X, [(0, 0), (0, 1)])
    array([1. , 0.1])
    """

    _parameter_constraints: dict = {
        "sampler": [HasMethods("run"), None],
        "pass_manager": [BasePassManager, None],
        "shots": [Interval(Integral, 1, None, closed="left")],
        "max_circuits_per_job": [Interval(Integral, 1, None, closed="left"), None],
        "max_jobs_in_flight": [Interval(Integral, 1, None, closed="left")],
        "max_retries": [Interval(Integral, 0, None, closed="left")],
        "retry_delay": [Interval(Real, 0, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "retrieve": [callable, "array-like", None],
    }

    counts = True

    def __init__(
        self,
        sampler=None,
        *,
        pass_manager=None,
        shots=1024,
        max_circuits_per_job=None,
        max_jobs_in_flight=3,
        max_retries=3,
        retry_delay=1.0,
        timeout=None,
        retrieve=None,
    ):
        self.sampler = sampler
        self.pass_manager = pass_manager
        self.shots = shots
        self.max_circuits_per_job = max_circuits_per_job
        self.max_jobs_in_flight = max_jobs_in_flight
        self.max_retries = max_retries
        self.retry_delay = retry_delay
        self.timeout = timeout
        self.retrieve = retrieve

    def _open(self, circuit):
        self._check_sampler()
        return SamplerSession(self, circuit)

    def _open_used(self, circuit):
        self._check_sampler()
        if backend_of(self.sampler) is None:
            circuit, _ = without_idle_wires(circuit)
        return SamplerSession(self, circuit)  # measures the wires in use; devices keep the layout

    # counts belong to a pair, whatever else was in the job
    _irrelevant = frozenset(
        [
            "max_circuits_per_job",
            "max_jobs_in_flight",
            "max_retries",
            "pass_manager",
            "retrieve",
            "retry_delay",
            "sampler",
            "timeout",
        ]
    )

    def fingerprint(self):
        """Return the settings that results depend on.

        Returns
        -------
        dict
            Numbers and text by name; the device by its name.
        """
        backend = backend_of(self.sampler)
        device = type(self.sampler).__name__ if backend is None else backend.name
        return {**super().fingerprint(), "device": device}

    def encoding_settings(self):
        """Return nothing but the class: rows are kept as values of parameters.

        Returns
        -------
        dict
            Values by name.
        """
        return {"engine": type(self)}

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return 0: what is kept of a row are the values of its parameters.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        measurement : str, default="compute_uncompute"
            Without effect.

        Returns
        -------
        int
            Bytes.
        """
        return 0

    def _check_sampler(self):
        if self.sampler is None:
            raise ValueError(
                "SamplerEngine has no sampler, which pickles leave out; attach one with "
                "set_params(sampler=...) on the engine, set_params(engine__sampler=...) on the "
                "kernel (of a fitted estimator: on its kernel_), or "
                "set_params(kernel__engine__sampler=...) on the estimator before fit."
            )
        if isinstance(self.sampler, type):
            raise TypeError(
                f"sampler is the class {self.sampler.__name__}; pass an instance of it."
            )
        if isinstance(self.sampler, BackendV2):
            raise TypeError(
                f"sampler is the backend {self.sampler.name!r}; pass a sampler that runs on it, "
                "such as qiskit.primitives.BackendSamplerV2(backend=...)."
            )

    def __sklearn_clone__(self):
        # a connection to a device is neither copied nor opened twice
        return type(self)(**self.get_params(deep=False))

    def __copy__(self):
        return self.__sklearn_clone__()

    def __deepcopy__(self, memo):
        return self.__sklearn_clone__()

    def __getstate__(self):
        retrieve = None if callable(self.retrieve) else self.retrieve
        return {**super().__getstate__(), "sampler": None, "retrieve": retrieve}
