"""What engines share that hold a connection to a device."""

import os
from abc import abstractmethod

from qiskit.passmanager import BasePassManager
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.providers import BackendV2

from skquantum._circuits import without_idle_wires
from skquantum._validation import HasMethods, Integral, Interval, Real
from skquantum.engines._base import OVERHEAD, Engine
from skquantum.engines._compiled import CompiledEngine
from skquantum.engines._devices._checks import check_is_open
from skquantum.engines._devices._circuits import backend_of
from skquantum.engines._devices._jobs import JobSettings

__all__ = ["CIRCUITS_PER_JOB", "DeviceEngine"]

# Many devices take 300 circuits per job.
CIRCUITS_PER_JOB = 300

# What is wrong where one primitive belongs and another one is, and where it belongs.
_OTHERS = {
    "sampler": (BaseEstimatorV2, "an estimator", "EstimatorEngine(estimator)"),
    "estimator": (BaseSamplerV2, "a sampler", "SamplerEngine(sampler)"),
}


class DeviceEngine(Engine):
    """Runs circuits by a sampler or an estimator, in jobs that may fail.

    A subclass names its parameter in ``_primitive``, and writes :meth:`_session`.
    """

    on_device = True

    _primitive = None  # "sampler" or "estimator"
    _example = None  # of one that runs on a backend

    _parameter_constraints: dict = {
        "pass_manager": [BasePassManager, None],
        "max_circuits_per_job": [Interval(Integral, 1, None, closed="left"), None],
        "max_jobs_in_flight": [Interval(Integral, 1, None, closed="left")],
        "max_retries": [Interval(Integral, 0, None, closed="left")],
        "retry_delay": [Interval(Real, 0, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, os.PathLike, None],
    }
    _primitive_constraint = (HasMethods("run"), None)

    # a chunk of circuits is known by what is in it
    _irrelevant = frozenset(
        [
            "checkpoint",
            "estimator",
            "max_jobs_in_flight",
            "max_retries",
            "pass_manager",
            "retry_delay",
            "sampler",
            "timeout",
        ]
    )

    @abstractmethod
    def _session(self, circuit, wires):
        """Return the session of a circuit, some wires of which are measured."""

    def _open(self, circuit):
        self._check_primitive()
        return self._session(circuit, list(range(circuit.num_qubits)))

    def _open_used(self, circuit):
        self._check_primitive()
        narrow, wires = without_idle_wires(circuit)
        if backend_of(self.primitive) is None:
            circuit, wires = narrow, list(range(narrow.num_qubits))
        return self._session(circuit, wires)  # devices keep the layout

    @property
    def primitive(self):
        """The sampler or estimator."""
        return getattr(self, self._primitive)

    def job_settings(self, runs_here):
        """Return how jobs are run.

        Parameters
        ----------
        runs_here : bool
            Whether they are simulated in this process.

        Returns
        -------
        JobSettings
            Simulators in this process get one job at a time.
        """
        return JobSettings(
            max_in_flight=1 if runs_here else self.max_jobs_in_flight,
            max_retries=self.max_retries,
            retry_delay=self.retry_delay,
            timeout=self.timeout,
            runs_here=runs_here,
            primitive=self._primitive,
        )

    @property
    def circuits_per_job(self):
        """Largest number of circuits in a job."""
        return self.max_circuits_per_job or CIRCUITS_PER_JOB

    def without_shots(self):
        """Return the engine that simulates exactly what this one measures.

        Returns
        -------
        Engine
            The engine itself if its numbers are exact, or ``CompiledEngine()``.
        """
        return self if self.shots is None else CompiledEngine()

    def fingerprint(self):
        """Return the settings that results depend on.

        Returns
        -------
        dict
            Numbers and text by name; the device by its name.
        """
        backend = backend_of(self.primitive)
        device = type(self.primitive).__name__ if backend is None else backend.name
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

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        # numbers, those of shifted angles, and results of the jobs in flight; what a simulation
        # in this process takes is checked when the circuit is opened
        shifted = 1 + 4 * circuit.size() * (n_differentiated > 0)
        numbers = 8 * (n_rows + n_differentiated * shifted) * n_outputs
        bits = (self.shots or 1) * -(-circuit.num_qubits // 8)
        return 4 * numbers + 3 * self.max_jobs_in_flight * self.circuits_per_job * bits + OVERHEAD

    def _check_primitive(self):
        kind, primitive, name = self._primitive, self.primitive, type(self).__name__
        article = "an" if kind == "estimator" else "a"
        if primitive is None:
            raise ValueError(
                f"{name} has no {kind}, which pickles leave out; attach one with "
                f"set_params({kind}=...) on the engine, set_params(engine__{kind}=...) on the "
                "kernel (of a fitted estimator: on its kernel_) or variational estimator, or "
                f"set_params(kernel__engine__{kind}=...) on the estimator before fit."
            )
        if isinstance(primitive, type):
            raise TypeError(f"{kind} is the class {primitive.__name__}; pass an instance of it.")
        if isinstance(primitive, BackendV2):
            raise TypeError(
                f"{kind} is the backend {primitive.name!r}; pass {article} {kind} that runs on it, "
                f"such as {self._example}."
            )
        other, what, remedy = _OTHERS[kind]
        if isinstance(primitive, other):
            raise TypeError(
                f"{kind} is the {type(primitive).__name__}, {what}; pass {article} {kind}, or "
                f"use {remedy}."
            )
        check_is_open(primitive)

    def __sklearn_clone__(self):
        # a connection to a device is neither copied nor opened twice
        return type(self)(**self.get_params(deep=False))

    def __copy__(self):
        return self.__sklearn_clone__()

    def __deepcopy__(self, memo):
        return self.__sklearn_clone__()

    def __getstate__(self):
        return {**super().__getstate__(), self._primitive: None}
