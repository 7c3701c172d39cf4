"""The settings of expectation values on devices."""

from math import ceil

from skquantum._validation import Interval, Real
from skquantum.engines._devices import DeviceEngine
from skquantum.engines._estimator._options import default_precision, options_text, with_options
from skquantum.engines._estimator._session import EstimatorSession

__all__ = ["EstimatorEngine"]


class EstimatorEngine(DeviceEngine):
    """Expectation values by any estimator of Qiskit's primitives (V2), with its mitigation.

    What is made of expectation values runs on it: ``VQC``, ``VQR``, ``VQE``, ``QuantumFeatures``
    and ``ProjectedKernel``. Gradients follow from the parameter-shift rule.

    Parameters
    ----------
    estimator : BaseEstimatorV2 or None, default=None
        What runs circuits: Qiskit's ``StatevectorEstimator`` and ``BackendEstimatorV2``, the
        ``EstimatorV2`` of Qiskit Aer, the estimator of Qiskit Runtime, or another one with
        ``run([(circuit, observables, values, precision)])``. It is shared by clones and copies,
        and left out of pickles.
    precision : float or None, default=None
        Standard error that every expectation value is to have, 0 for an exact one where the
        estimator can do that. None takes the estimator's own.
    options : dict or None, default=None
        Options of the estimator that differ from those it has, by name, groups of them as dicts:
        ``{"resilience": {"zne_mitigation": True}, "twirling": {"enable_gates": True}}``. The
        estimator itself is not changed.
    pass_manager : PassManager or None, default=None
        Translates the circuit for the device, once; observables follow its layout. None takes
        Qiskit's, at optimization level 1, if the estimator has a backend, and leaves the circuit
        as it is otherwise.
    max_circuits_per_job : int or None, default=None
        Largest number of circuits in a job; None means 300. A row counts once for every basis that
        its observables need, whatever the estimator makes of it, and a job holds at least one
        observable of one row.
    max_jobs_in_flight : int, default=3
        How many jobs are submitted at once. Simulators in this process always run one.
    max_retries : int, default=3
        How often a job is tried again that fails, takes longer than `timeout` or returns fewer
        results than asked for. Errors that would come back are raised at once, as by
        :class:`SamplerEngine`.
    retry_delay : float, default=1.0
        Seconds before the first retry; each further one waits twice as long.
    timeout : float or None, default=None
        How long to wait for a submission to be answered, and for a result from when the jobs
        before it are done (seconds; time in a queue counts). None waits.
    checkpoint : str, path-like or None, default=None
        Directory that keeps what each job finds, at once. A result belongs to its circuit, values,
        observables, precision and options, and is not paid for again, so that a training that is
        started again with the same seeds goes on where it was ended.

    Attributes
    ----------
    shots : int or None
        How many shots of one basis give the precision at most; None for exact numbers.

    See Also
    --------
    SamplerEngine : Fidelities and expectation values from counts.
    AerEngine : Exact simulation of shots and noise.

    Notes
    -----
    A job holds one PUB: the circuit, the observables, and an array of angles. Parameter
    expressions are evaluated here, so that the device binds plain angles, and controlled rotations
    with parameters are opened, which Qiskit Aer binds wrongly. Multiples of the identity are added
    here, and not sent.

    No `random_state` reaches an estimator. With a checkpoint the same circuit, values and
    observables are one result, however often they are asked for: averages of repeated estimates
    gain nothing.

    Examples
    --------
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from qiskit.primitives import StatevectorEstimator
    >>> from qiskit.quantum_info import SparsePauliOp
    >>> from skquantum.engines import EstimatorEngine
    >>> session = EstimatorEngine(StatevectorEstimator()).open(zz_feature_map(2))
    >>> session.expectations([[0.1, 0.2]], [SparsePauliOp("XX")]).round(6)
    array([[-0.427462]])

    A ``VQC`` is trained and predicts with every engine; this one has shots:

    >>> from skquantum import VQC
    >>> engine = EstimatorEngine(StatevectorEstimator(seed=0), precision=0.05)
    >>> engine.shots
    400
    >>> model = VQC("angle", max_iter=10, random_state=0)
    >>> model = model.fit([[0.0], [0.1], [2.0], [2.1]], [0, 0, 1, 1])
    >>> model.set_params(engine=engine).predict([[0.0], [2.0]])
    array([0, 1])
    """

    _primitive = "estimator"
    _example = "qiskit.primitives.BackendEstimatorV2(backend=...)"
    _parameter_constraints: dict = {
        **DeviceEngine._parameter_constraints,
        "estimator": list(DeviceEngine._primitive_constraint),
        "precision": [Interval(Real, 0, None, closed="left"), None],
        "options": [dict, None],
    }

    def __init__(
        self,
        estimator=None,
        *,
        precision=None,
        options=None,
        pass_manager=None,
        max_circuits_per_job=None,
        max_jobs_in_flight=3,
        max_retries=3,
        retry_delay=1.0,
        timeout=None,
        checkpoint=None,
    ):
        self.estimator = estimator
        self.precision = precision
        self.options = options
        self.pass_manager = pass_manager
        self.max_circuits_per_job = max_circuits_per_job
        self.max_jobs_in_flight = max_jobs_in_flight
        self.max_retries = max_retries
        self.retry_delay = retry_delay
        self.timeout = timeout
        self.checkpoint = checkpoint

    @property
    def shots(self):
        precision = self.precision
        if precision is None:
            precision = default_precision(self.configured())
        return None if precision == 0 else ceil(precision**-2 - 1e-9)

    def configured(self):
        """Return the estimator with the options.

        Returns
        -------
        BaseEstimatorV2 or None
            A copy if there are options, on the same connection; None if there is no estimator.

        Raises
        ------
        ValueError
            If the estimator has no such option.
        """
        return None if self.estimator is None else with_options(self.estimator, self.options)

    def fingerprint(self):
        """Return the settings that results depend on.

        Returns
        -------
        dict
            Numbers and text by name; the device by its name, the options with those that the
            estimator has itself.
        """
        return {**super().fingerprint(), "options": options_text(self.configured())}

    def _session(self, circuit, wires):
        return EstimatorSession(self, circuit, wires)
