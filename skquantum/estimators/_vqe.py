"""Variational quantum eigensolver."""

import numpy as np
from qiskit.quantum_info import Statevector
from scipy.sparse.linalg import eigsh
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState, pauli_sum
from skquantum._components import ComponentsMixin
from skquantum._runtime import check_memory
from skquantum._validation import FIT_CONTEXT, N_JOBS, Integral, Interval, Real
from skquantum.ansatze import EfficientSU2, resolve_ansatz
from skquantum.engines import StateSession, resolve_engine
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import (
    EnergyObjective,
    check_callback,
    check_circuit_memory,
    train,
)

__all__ = ["VQE"]

# Dense diagonalisation of matrices up to this size is faster than an iteration.
DENSE = 64


class VQE(CircuitsInState, ComponentsMixin, BaseEstimator):
    """Variational quantum eigensolver: lowest eigenvalues of an operator, by a trained circuit.

    Parameters
    ----------
    ansatz : None, str, QuantumCircuit or Ansatz, default=None
        The circuit, which acts on 0...0. None means ``EfficientSU2()``; names are the keys of
        ``skquantum.ansatze.ANSATZE``.
    optimizer : str, Optimizer, object or callable, default="l-bfgs"
        "l-bfgs", "slsqp", "cobyla" or another method of :func:`scipy.optimize.minimize`; "adam",
        "spsa", "qnspsa" and the others of ``skquantum.optimizers.OPTIMIZERS``; an optimizer of
        qiskit-machine-learning or qiskit-algorithms; or a function
        ``minimizer(fun, x0, jac, bounds)``.
    learning_rate_init : float or None, default=None
        Step size, for optimizers that have one. None takes the optimizer's own.
    max_iter : int, default=1000
        Largest number of iterations for each state.
    tol : float, default=1e-09
        By how much the energy has to improve; also the tolerance of scipy's methods.
    n_restarts : int, default=0
        Number of restarts from other random weights; the best run is kept.
    initial_weights : array-like of shape (n_weights,) or None, default=None
        Where the first run of each state starts (radians). None draws angles from [-pi, pi).
    n_states : int, default=1
        Number of eigenvalues, from the lowest on. Each further state is kept orthogonal to those
        before it by a penalty on the squared overlaps (variational quantum deflation [2]_), which
        needs an engine without shots and noise.
    penalty : float or None, default=None
        Penalty for a squared overlap of 1. None means twice the sum of the absolute coefficients,
        which is more than the distance between any two eigenvalues.
    engine : None, str or Engine, default="compiled"
        Engine that runs the circuit; "aer" for shots and noise. None takes that of ``set_config``.
    n_jobs : int or None, default=None
        Workers, as joblib counts them. The result does not depend on them.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, energy, weights, elapsed)``: an int
        from 1, a float, a copy of the weights, and seconds since the start. Returning True stops
        the run.
    random_state : int, RandomState instance or None, default=None
        Seeds starting weights, directions and shots.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    energy_ : float
        The lowest energy that was found.
    energies_ : ndarray of shape (n_states,)
        Those of all states.
    weights_ : ndarray of shape (n_weights,) or (n_states, n_weights)
        Weights of the circuit (radians), a row for each state if there are several.
    loss_curve_ : list of float
        Value after every iteration, of one state after the other, penalties included.
    n_iter_ : int
        Their number.
    circuit_ : QuantumCircuit
        The ansatz; its parameters, in order, are the weights.
    operator_ : SparsePauliOp
        The operator.
    optimizer_ : Optimizer
        The optimizer.

    See Also
    --------
    skquantum.optimizers.Objective : For what is not an energy.

    Notes
    -----
    Interrupting ``fit`` from the keyboard keeps the best weights so far. Code for
    qiskit-algorithms is carried over word by word: ``VQE(estimator, ansatz, SLSQP(maxiter=300))``
    and ``compute_minimum_eigenvalue(H)`` become
    ``VQE(ansatz, optimizer="slsqp", max_iter=300).fit(H)``, and ``eigenvalue``,
    ``optimal_point`` become ``energy_``, ``weights_``.

    References
    ----------
    .. [1] A. Peruzzo et al., "A variational eigenvalue solver on a photonic quantum processor",
       Nature Communications 5, 4213 (2014).
    .. [2] O. Higgott, D. Wang, S. Brierley, "Variational quantum computation of excited states",
       Quantum 3, 156 (2019).

    Examples
    --------
    >>> from qiskit.quantum_info import SparsePauliOp
    >>> from skquantum import VQE
    >>> H = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])
    >>> model = VQE(random_state=0).fit(H)
    >>> round(model.energy_, 6)
    -2.019804
    >>> bool(model.errors()[0] < 1e-6)
    True
    """

    _parameter_constraints: dict = {
        "ansatz": "no_validation",  # the resolve functions say it better
        "optimizer": "no_validation",
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_restarts": [Interval(Integral, 0, None, closed="left")],
        "initial_weights": ["array-like", None],
        "n_states": [Interval(Integral, 1, None, closed="left")],
        "penalty": [Interval(Real, 0, None, closed="neither"), None],
        "engine": "no_validation",
        "n_jobs": N_JOBS,
        "callback": [callable, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        ansatz=None,
        *,
        optimizer="l-bfgs",
        learning_rate_init=None,
        max_iter=1000,
        tol=1e-9,
        n_restarts=0,
        initial_weights=None,
        n_states=1,
        penalty=None,
        engine="compiled",
        n_jobs=None,
        callback=None,
        random_state=None,
        verbose=False,
    ):
        self.ansatz = ansatz
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_restarts = n_restarts
        self.initial_weights = initial_weights
        self.n_states = n_states
        self.penalty = penalty
        self.engine = engine
        self.n_jobs = n_jobs
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    def resolve_component(self, name, value):
        resolve = {
            "ansatz": _resolve_ansatz,
            "optimizer": resolve_optimizer,
            "engine": resolve_engine,
        }.get(name)
        return value if resolve is None else resolve(value)

    @FIT_CONTEXT
    def fit(self, operator, y=None):
        """Train the circuit.

        Parameters
        ----------
        operator : SparsePauliOp, Operator, Pauli or array-like of shape (2 ** n, 2 ** n)
            Hermitian; matrices and sparse matrices are decomposed into Pauli strings.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : VQE
            Fitted estimator.

        Raises
        ------
        ValueError
            If the operator is not Hermitian, does not fit the circuit, or a parameter is invalid.
        InsufficientMemoryError
            If the circuit does not fit into memory.
        """
        check_callback(self.callback)
        operator = pauli_sum(operator)
        circuit = clone(_resolve_ansatz(self.ansatz)).build(operator.num_qubits)
        engine = resolve_engine(self.engine)
        check_circuit_memory(
            engine,
            circuit,
            "use fewer qubits" + (", or lower n_states" if self.n_states > 1 else ""),
            besides=_bytes_of_states(self.n_states - 1, circuit.num_qubits),
            n_jobs=self.n_jobs,
        )
        if self.n_states > 2**operator.num_qubits:
            raise ValueError(
                f"n_states={self.n_states}, but the operator on {operator.num_qubits} qubits has "
                f"{2**operator.num_qubits} eigenvalues; lower n_states."
            )
        optimizer = clone(resolve_optimizer(self.optimizer), safe=False)
        random_state = check_random_state(self.random_state)
        penalty = self.penalty or 2.0 * np.abs(operator.coeffs).sum()
        found, curve, states = [], [], None
        for _ in range(self.n_states):
            objective = EnergyObjective(
                circuit,
                operator,
                engine,
                lower=states,
                penalty=penalty,
                n_jobs=self.n_jobs,
                random_state=np.random.RandomState(random_state.randint(2**31)),
            )
            best = train(
                objective,
                optimizer,
                self._starts(objective, random_state),
                title="VQE",
                max_iter=self.max_iter,
                n_weights=objective.n_weights,
                tol=self.tol,
                patience=None,
                callback=self.callback,
                verbose=self.verbose,
                known=hasattr(self, "weights_"),
                learning_rate=self.learning_rate_init,
                batch_size=None,
                random_state=random_state,
            )
            found.append(best.best)
            curve += best.loss_curve
            if len(found) < self.n_states:
                if not isinstance(objective.session, StateSession):
                    raise TypeError(
                        f"engine={engine!r} cannot compare states, which excited states need; use "
                        "engine='compiled', or n_states=1."
                    )
                states = objective.session.states(found)
        self.circuit_, self.operator_, self.optimizer_ = circuit, operator, optimizer
        self.weights_ = np.array(found) if self.n_states > 1 else found[0]
        self.energies_ = np.array([objective.energy(each, random_state) for each in found])
        self.energy_ = float(self.energies_[0])
        self.loss_curve_ = curve
        self.n_iter_ = len(curve)
        return self

    def _starts(self, objective, random_state):
        for run in range(self.n_restarts + 1):
            drawn = objective.draw(random_state)
            if run or self.initial_weights is None:
                yield drawn
                continue
            given = np.asarray(self.initial_weights, dtype=np.float64).ravel()
            if len(given) != objective.n_weights or not np.isfinite(given).all():
                raise ValueError(
                    f"initial_weights holds {len(given)} numbers, the circuit has "
                    f"{objective.n_weights} weights; pass that many finite numbers."
                )
            yield given.copy()

    def _weights_of(self, state):
        check_is_fitted(self)
        rows = np.atleast_2d(self.weights_)
        if not isinstance(state, Integral) or not 0 <= state < len(rows):
            raise ValueError(f"state={state!r}, but {len(rows)} were trained, counted from 0.")
        return rows[state]

    def statevector(self, state=0):
        """Return a trained state.

        Parameters
        ----------
        state : int, default=0
            Which one, from the lowest on.

        Returns
        -------
        Statevector
            Exact, whatever engine it was trained on.
        """
        weights = self._weights_of(state)
        engine = resolve_engine("compiled")
        n_qubits = self.circuit_.num_qubits
        check_memory(
            engine.encoding_bytes(self.circuit_, 1) + 16 * 2**n_qubits,
            f"The state of {n_qubits} qubits",
            "ask for samples on a device instead",
        )
        session = engine.open(self.circuit_)
        return Statevector(session.states([weights])[0])

    def sample(self, n_samples=1, *, state=0, random_state=None):
        """Measure a trained state.

        Parameters
        ----------
        n_samples : int, default=1
            Number of shots.
        state : int, default=0
            Which one, from the lowest on.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the outcomes.

        Returns
        -------
        ndarray of shape (n_samples, n_qubits)
            Bits, qubit 0 first.
        """
        probabilities = np.abs(self.statevector(state).data) ** 2
        numbers = check_random_state(random_state).choice(
            len(probabilities), size=n_samples, p=probabilities / probabilities.sum()
        )
        return numbers[:, np.newaxis] >> np.arange(self.circuit_.num_qubits) & 1

    def exact_energies(self):
        """Return the lowest eigenvalues by diagonalisation.

        Returns
        -------
        ndarray of shape (n_states,)
            As many as were trained.

        Raises
        ------
        InsufficientMemoryError
            If a few vectors of this size do not fit into memory.
        """
        check_is_fitted(self)
        size = 2**self.operator_.num_qubits
        check_memory(
            16 * size * (len(self.operator_) + 25),
            f"Diagonalising an operator on {self.operator_.num_qubits} qubits",
            "compare with a bound instead",
        )
        n_states = len(self.energies_)
        if size <= DENSE or n_states >= size - 1:
            return np.linalg.eigvalsh(self.operator_.to_matrix())[:n_states]
        matrix = self.operator_.to_matrix(sparse=True)
        start = np.random.RandomState(0).normal(size=size)  # so that the result is the same
        return np.sort(eigsh(matrix, n_states, which="SA", v0=start, return_eigenvectors=False))

    def errors(self):
        """Return how far above the exact energies those that were found are.

        Returns
        -------
        ndarray of shape (n_states,)
            Differences; with shots or noise they may be negative.

        Raises
        ------
        InsufficientMemoryError
            If the operator is too large to diagonalise.
        """
        return self.energies_ - self.exact_energies()


def _bytes_of_states(n_lower, n_qubits):
    """Return what comparing a state with lower ones takes."""
    # two of each, and the state, what is added for it, and the bra
    return 16 * 2**n_qubits * (2 * n_lower + 3) if n_lower else 0


def _resolve_ansatz(ansatz):
    return EfficientSU2() if ansatz is None else resolve_ansatz(ansatz)
