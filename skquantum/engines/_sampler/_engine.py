"""The settings of runs on devices."""

from skquantum._validation import Integral, Interval
from skquantum.engines._devices import DeviceEngine
from skquantum.engines._sampler._session import SamplerSession

__all__ = ["SamplerEngine"]


class SamplerEngine(DeviceEngine):
    """Fidelities and expectation values from counts, by any sampler of Qiskit's primitives (V2).

    A device gives no states, so that a kernel needs a circuit for every pair of rows: the circuit
    of one row, a barrier, and the inverse circuit of the other row; the kernel is how often all
    bits are 0. Expectation values need one circuit for every basis, which observables share that
    agree on all qubits.

    Parameters
    ----------
    sampler : BaseSamplerV2 or None, default=None
        Sampler that runs circuits: Qiskit's ``StatevectorSampler`` and ``BackendSamplerV2``, the
        ``SamplerV2`` of Qiskit Aer and of Qiskit Runtime, or another one with
        ``run([(circuit, values, shots)])``. It is shared by clones and copies, and left out of
        pickles.
    pass_manager : PassManager or None, default=None
        Translates the circuit for the device, once. None takes Qiskit's, at optimization level 1,
        if the sampler has a backend, and leaves the circuit as it is otherwise.
    shots : int, default=1024
        Number of shots per circuit.
    max_circuits_per_job : int or None, default=None
        Largest number of circuits (pairs of rows, or rows in one basis) in a job; None means 300.
    max_jobs_in_flight : int, default=3
        Number of jobs submitted at once. Simulators in this process always run one.
    max_retries : int, default=3
        Number of retries of a job that fails, takes longer than `timeout` or returns fewer
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
    checkpoint : str, path-like or None, default=None
        Directory that keeps what each job finds, at once. A result belongs to its circuit, values,
        observables and shots, and is not measured again, so that a training that is started again
        with the same seeds pays for nothing twice. Kernels keep theirs in their own `checkpoint`,
        if they have one.

    See Also
    --------
    EstimatorEngine : Expectation values by estimators, with their mitigation.
    AerEngine : Exact simulation of shots and noise, with one simulation per row.

    Notes
    -----
    A job of pairs holds one PUB: the circuit with an array of angles; a job of expectation values
    holds one for each basis. Parameter expressions are evaluated here, so that the device binds
    plain angles, and controlled rotations with parameters are opened, which Qiskit Aer binds
    wrongly.

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

    Both of these observables are measured in one basis, each row 100 times:

    >>> from qiskit.quantum_info import SparsePauliOp
    >>> session.expectations(X, [SparsePauliOp("XI"), SparsePauliOp("XX")]).shape
    (2, 2)
    """

    _primitive = "sampler"
    _example = "qiskit.primitives.BackendSamplerV2(backend=...)"
    _parameter_constraints: dict = {
        **DeviceEngine._parameter_constraints,
        "sampler": list(DeviceEngine._primitive_constraint),
        "shots": [Interval(Integral, 1, None, closed="left")],
        "retrieve": [callable, "array-like", None],
    }

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
        checkpoint=None,
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
        self.checkpoint = checkpoint

    # counts belong to a pair, whatever else was in the job
    _irrelevant = DeviceEngine._irrelevant | {"max_circuits_per_job", "retrieve"}

    def _session(self, circuit, wires):
        return SamplerSession(self, circuit, wires)

    def __getstate__(self):
        state = super().__getstate__()
        return {**state, "retrieve": None if callable(self.retrieve) else self.retrieve}
