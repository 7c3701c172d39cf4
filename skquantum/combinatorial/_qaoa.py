"""The quantum approximate optimization algorithm (QAOA), simulated without shot noise."""

from contextlib import nullcontext
from math import ceil, log

import numpy as np
from sklearn.utils import check_random_state

from skquantum._runtime import check_memory, n_workers, sharing
from skquantum._validation import closest_name
from skquantum.combinatorial._annealing import annealed
from skquantum.combinatorial._qaoa_circuit import n_two_qubit_gates, qaoa_circuit
from skquantum.combinatorial._qaoa_engine import EngineObjective
from skquantum.combinatorial._qubo import LowEnergies, all_energies, as_qubo, distinct, of_bits
from skquantum.engines import resolve_engine
from skquantum.optimizers import resolve_optimizer

__all__ = ["qaoa"]

BYTES_PER_STATE = 92  # energies in two units, numbers, state, bra, and what draws take
OVERHEAD = 16 * 2**20  # what the optimizer and the annealer take, and compiled loops
BYTES_BESIDE_ENGINE = 48  # energies of all and of what is allowed, scaled, and numbers
RAMPS = (0.4, 0.8, 1.2)  # lengths that are tried (radians)
TOLERANCE = 1e-10
STARTS = ("interpolated", "ramp")


def qaoa(
    Q,
    n_selected=None,
    *,
    n_layers=3,
    optimizer="l-bfgs",
    init="interpolated",
    max_iter=100,
    shots=1000,
    engine=None,
    random_state=None,
    n_jobs=None,
):
    """Train QAOA on a QUBO, and draw from the state.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x.
    n_selected : int or None, default=None
        Number of variables that are 1, kept by a mixer of XX + YY on a ring; None for any number,
        with a mixer of X.
    n_layers : int, default=3
        Number of phases and mixers, p.
    optimizer : str, Optimizer, object or callable, default="l-bfgs"
        Optimizer of the angles; see :func:`skquantum.optimizers.resolve_optimizer`.
    init : {"interpolated", "ramp"} or array-like of shape (2 * n_layers,), default="interpolated"
        Where training starts. "ramp" raises the angles of the phases and lowers those of the
        mixers linearly, as annealing does; "interpolated" trains one layer first, and goes from
        p to p + 1 layers by interpolation [2]_. Or the angles gamma_1, ..., gamma_p, beta_1, ...,
        beta_p themselves.
    max_iter : int, default=100
        Largest number of iterations of each training.
    shots : int, default=1000
        Number of measured assignments.
    engine : str, Engine or None, default=None
        An engine with states that runs the circuit of gates, such as "aer". None is for loops that
        are made for it, which are faster.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the assignments, and for the optimizer.
    n_jobs : int or None, default=None
        Number of threads that share loops over a large state, as joblib counts workers.

    Returns
    -------
    LowEnergies
        The different assignments that were measured. ``info`` has ``angles``; ``resources`` with
        ``n_qubits``, ``cx`` (of the layers, between qubits that are all coupled), ``n_layers`` and
        ``shots``, which are needed to see the optimum with a probability of .99; and for "qaoa",
        for as many reads of "annealing" as draws, up to 1,000, and for "random" draws
        ``p_optimum``, the probability of the optimum, and ``approximation_ratio``, (mean - worst) /
        (best - worst).

    Raises
    ------
    InsufficientMemoryError
        If the state would not fit into memory.
    ValueError
        If a parameter is invalid.

    References
    ----------
    .. [1] E. Farhi, J. Goldstone and S. Gutmann, "A quantum approximate optimization algorithm",
       arXiv:1411.4028.
    .. [2] L. Zhou, S.-T. Wang, S. Choi, H. Pichler and M. D. Lukin, "Quantum approximate
       optimization algorithm: performance, mechanism, and implementation on near-term devices",
       Phys. Rev. X 10, 021067 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import qaoa
    >>> Q = np.ones((6, 6)) - np.diag([7, 6, 5, 4, 3, 2])
    >>> found = qaoa(Q, 2, random_state=0)
    >>> found.samples[0]
    array([ True,  True, False, False, False, False])
    >>> found.info["qaoa"]["p_optimum"] > found.info["random"]["p_optimum"]
    True
    """
    Q = as_qubo(Q, n_selected)
    n = len(Q)
    check_memory(
        _bytes_needed(Q, engine),
        f"QAOA of {n} variables",
        "use solver='annealing', which needs no state",
    )
    random_state = check_random_state(random_state)
    energies = all_energies(Q)
    numbers = np.arange(2**n)
    if n_selected is not None:
        numbers = np.flatnonzero(np.bitwise_count(numbers) == n_selected)
    allowed = energies[numbers]
    # in units in which the best angles depend little on the problem
    unit = allowed.std() * np.sqrt(2 / n) or 1.0
    scaled = (energies - allowed.mean()) / unit
    mask = None
    if n_selected is not None:
        mask = np.zeros(2**n, dtype=bool)
        mask[numbers] = True
    n_threads = n_workers(n_jobs, 3e-8 * 2**n, threads=True)
    with sharing(n_threads) if n_threads > 1 else nullcontext() as share:
        if engine is not None:
            objective = EngineObjective(engine, Q, n_selected, scaled, unit)
        else:
            objective = _objective(scaled, mask, **({} if share is None else {"share": share}))
        train = _Training(objective, resolve_optimizer(optimizer), max_iter, random_state)
        scale = np.repeat([unit, 1.0], n_layers)
        angles = train.from_start(_as_start(init, n_layers, scale), n_layers)
        probabilities = objective.probabilities(angles)[numbers]
    drawn = random_state.choice(len(numbers), size=shots, p=probabilities / probabilities.sum())
    samples = of_bits(numbers[np.unique(drawn)], n)
    optimal = allowed <= allowed.min() + 1e-12 * (1 + np.abs(allowed).max())
    info = {"angles": angles / scale}
    info["qaoa"] = _quality(probabilities @ optimal, probabilities @ allowed, allowed)
    n_reads = min(shots, 1000)
    reads = annealed(Q, n_selected, n_reads=n_reads, n_sweeps=200, random_state=random_state)
    ends = energies[reads @ (1 << np.arange(n))]
    best = ends <= allowed[optimal].max()
    info["annealing"] = _quality(best.mean(), ends.mean(), allowed)
    info["random"] = _quality(optimal.mean(), allowed.mean(), allowed)
    p = min(info["qaoa"]["p_optimum"], 1.0)
    info["resources"] = {
        "n_qubits": n,
        "cx": n_two_qubit_gates(Q, n_layers, n_selected),
        "n_layers": n_layers,
        "shots": 1 if p >= 0.99 else ceil(log(0.01) / np.log1p(-p)) if p > 0 else np.inf,
    }
    return LowEnergies(*distinct(Q, samples), info)


def _objective(energies, allowed, **options):
    """Return the mean energy by the loops for a mixer; they need numba, which is slow to import."""
    if allowed is None:
        from skquantum.combinatorial._qaoa_state import QAOAObjective

        return QAOAObjective(energies, **options)
    from skquantum.combinatorial._qaoa_ring import RingObjective

    return RingObjective(energies, allowed, **options)


def _bytes_needed(Q, engine):
    n = len(Q)
    if engine is None:
        return BYTES_PER_STATE * 2**n + OVERHEAD
    # further layers take no more
    circuit = qaoa_circuit(Q, 1)
    running = resolve_engine(engine).expectation_bytes(circuit, 1, 1, n_differentiated=1)
    return BYTES_BESIDE_ENGINE * 2**n + running


def _quality(p_optimum, mean, energies):
    worst, best = energies.max(), energies.min()
    ratio = 1.0 if worst == best else (worst - mean) / (worst - best)
    return {"p_optimum": float(p_optimum), "approximation_ratio": float(ratio)}


def _as_start(init, n_layers, scale):
    if isinstance(init, str):
        if init not in STARTS:
            raise ValueError(f"init={init!r} is unknown: {closest_name(init, STARTS)}.")
        return init
    init = np.asarray(init, dtype=np.float64)
    if init.shape != (2 * n_layers,):
        raise ValueError(
            f"init has shape {init.shape} for {n_layers} layers; pass {2 * n_layers} angles, those "
            "of the phases first."
        )
    return init * scale


def _ramp(n_layers, length):
    steps = (np.arange(n_layers) + 0.5) / n_layers
    return np.concatenate([length * steps, length * (1 - steps)])


def _interpolated(angles):
    """Return angles for one layer more."""
    halves = np.split(angles, 2)
    p = len(halves[0])
    weight = np.arange(p + 1) / p
    longer = [
        weight * np.concatenate([[0], half]) + (1 - weight) * np.concatenate([half, [0]])
        for half in halves
    ]
    return np.concatenate(longer)


class _Training:
    """Minimises the objective from any start; the best angles count."""

    def __init__(self, objective, optimizer, max_iter, random_state):
        self.objective = objective
        self.optimizer = optimizer
        self.max_iter = max_iter
        self.random_state = random_state

    def from_start(self, start, n_layers):
        """Return trained angles."""
        if not isinstance(start, str):
            return self.minimum(start)
        first = n_layers if start == "ramp" else 1
        angles = self.minimum(
            min((_ramp(first, length) for length in RAMPS), key=self.objective.value)
        )
        while len(angles) < 2 * n_layers:
            angles = self.minimum(_interpolated(angles))
        return angles

    def minimum(self, start):
        best = [self.objective.value(start), start]

        def report(angles, value, state=None):
            if value < best[0]:
                best[:] = value, np.array(angles)

        self.optimizer.minimize(
            self.objective,
            start,
            report,
            max_iter=self.max_iter,
            tol=TOLERANCE,
            learning_rate=None,
            batch_size=None,
            random_state=self.random_state,
        )
        return best[1]
