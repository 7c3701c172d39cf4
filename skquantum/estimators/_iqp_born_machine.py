"""Generative models of bits that are trained without a quantum computer."""

from itertools import combinations
from math import comb

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin
from skquantum._runtime import check_memory
from skquantum._validation import FIT_CONTEXT, Integral, Interval, Real, validate_rows
from skquantum.engines import resolve_engine
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import IQPObjective, check_callback, train

__all__ = ["IQPBornMachine"]

# Mean numbers of Z in the strings whose expectation values are compared, one for each width.
STRINGS = (1.5, 3.0, 6.0)
START = 0.02  # radians
PULL = 0.3  # radians for a correlation of 1
# Of the first steps, in radians: a string of Z turns with all gates of its qubits.
STEP, LARGEST_STEP = 0.3, 0.02
# Measured: a gate of the circuit, and what is there whatever the number of gates.
BYTES_PER_GATE, OVERHEAD = 2048, 4 * 2**20


class IQPBornMachine(CircuitsInState, ComponentsMixin, DensityMixin, BaseEstimator):
    """Born machine of commuting gates, trained classically at hundreds of qubits.

    The circuit is H on every qubit, RZ and RZZ on all qubits and pairs, and H again. The maximum
    mean discrepancy of its outcomes from the data is a mean of expectation values of strings of Z,
    which are sampled classically [1]_; so training needs no state vector. Sampling does, or a
    quantum computer: it goes up to what fits into memory here.

    Parameters
    ----------
    locality : int, default=2
        Largest number of qubits of a gate: 1, 2 or 3. There is one gate for every subset.
    widths : sequence of float or None, default=None
        Widths of the Gaussian kernels in the Hamming distance. None takes those whose strings of Z
        hold 1.5, 3 and 6 of them on average.
    n_samples : int, default=200
        Number of strings, and of bitstrings, drawn in each step.
    optimizer : str, Optimizer, object or callable, default="adamw"
        As in :class:`VQC`. Gradients are noisy, so that methods of scipy stop early.
    learning_rate_init : float or None, default=None
        Step size, for optimizers that have one. None takes 0.3 radians over the number of
        features, and at most 0.02.
    max_iter : int, default=300
        Largest number of iterations.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, loss, weights, elapsed)``. Returning
        True stops training.
    random_state : int, RandomState instance or None, default=None
        Seeds starting weights and samples.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    weights_ : ndarray of shape (n_gates,)
        Angles of the gates: minus half of those of RZ and RZZ (radians).
    gates_ : list of tuple of int
        Qubits of each gate.
    circuit_ : QuantumCircuit
        The circuit; its parameters, in order, are the angles of RZ and RZZ, ``-2 * weights_``.
    widths_ : ndarray of shape (n_widths,)
        The widths.
    loss_curve_ : list of float
        Estimate of the loss after every iteration, from the same samples each time; it may be
        negative where the loss is close to 0.
    loss_ : float
        That of `weights_`.
    n_iter_ : int
        Number of iterations.
    optimizer_ : Optimizer
        The optimizer.
    n_features_in_ : int
        Number of features seen in ``fit``: of qubits.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    BornMachine : Any circuit, up to a dozen qubits.
    sklearn.neural_network.BernoulliRBM : A classical counterpart.

    References
    ----------
    .. [1] E. Recio-Armengol, S. Ahmed, J. Bowles, "Train on classical, deploy on quantum: scaling
       generative quantum machine learning to a thousand qubits", arXiv:2503.02934 (2025).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import IQPBornMachine
    >>> X = np.repeat([[0, 0, 1], [1, 1, 1]], 10, axis=0)
    >>> model = IQPBornMachine(random_state=0).fit(X)
    >>> sample = model.sample(1000, random_state=0)
    >>> bool((sample[:, 0] == sample[:, 1]).mean() > 0.9)
    True
    """

    _parameter_constraints: dict = {
        "locality": [Interval(Integral, 1, 3, closed="both")],
        "widths": ["array-like", None],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "optimizer": "no_validation",  # resolve_optimizer says it better
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "callback": [callable, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        locality=2,
        *,
        widths=None,
        n_samples=200,
        optimizer="adamw",
        learning_rate_init=None,
        max_iter=300,
        callback=None,
        random_state=None,
        verbose=False,
    ):
        self.locality = locality
        self.widths = widths
        self.n_samples = n_samples
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    def resolve_component(self, name, value):
        return resolve_optimizer(value) if name == "optimizer" else value

    @FIT_CONTEXT
    def fit(self, X, y=None):
        """Train the circuit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Zeros and ones.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : IQPBornMachine
            Fitted estimator.

        Raises
        ------
        ValueError
            If there is another number in `X`, or a parameter is invalid.
        """
        check_callback(self.callback)
        X = self._checked(X, reset=True)
        n_qubits = X.shape[1]
        sizes = range(1, min(self.locality, n_qubits) + 1)
        n_gates = sum(comb(n_qubits, size) for size in sizes)
        # signs of samples, factors and temporaries, and the fixed ones of the reported loss
        check_memory(
            n_gates * (8 * (n_qubits + 8 * self.n_samples) + BYTES_PER_GATE) + OVERHEAD,
            f"Training {n_gates} gates on {n_qubits} qubits",
            "lower locality or n_samples",
        )
        gates = [subset for size in sizes for subset in combinations(range(n_qubits), size)]
        table = np.zeros((n_gates, n_qubits))
        for number, gate in enumerate(gates):
            table[number, list(gate)] = 1.0
        widths, shares = self._widths(n_qubits)
        random_state = check_random_state(self.random_state)
        optimizer = clone(resolve_optimizer(self.optimizer), safe=False)
        samples = np.random.RandomState(random_state.randint(2**31))
        objective = IQPObjective(table, X, shares, self.n_samples, samples)
        start = random_state.normal(0.0, START, len(gates)) + _start(X, gates)
        best = train(
            objective,
            optimizer,
            [start],
            title="IQPBornMachine",
            max_iter=self.max_iter,
            n_weights=len(gates),
            tol=0.0,
            callback=self.callback,
            verbose=self.verbose,
            known=hasattr(self, "weights_"),
            learning_rate=self.learning_rate_init or min(LARGEST_STEP, STEP / n_qubits),
            batch_size=None,
            random_state=random_state,
        )
        self.weights_, self.gates_, self.widths_ = best.best.copy(), gates, widths
        self.circuit_, self.optimizer_ = _circuit(n_qubits, gates), optimizer
        self.loss_curve_ = list(best.loss_curve)
        self.loss_, self.n_iter_ = best.kept_loss, best.n_iter
        return self

    def _checked(self, X, *, reset):
        X = validate_rows(self, X, reset=reset, accept_sparse=False)
        if not np.isin(X, (0, 1)).all():
            raise ValueError(
                "X holds numbers other than 0 and 1, and each feature is a bit; use BornMachine, "
                "which sorts numbers into bins, or sklearn.preprocessing.Binarizer."
            )
        return X

    def _widths(self, n_qubits):
        """Return the widths, and the probabilities of a Z."""
        if self.widths is None:
            shares = np.unique(np.minimum(np.array(STRINGS) / n_qubits, 0.45))
            return 1.0 / np.sqrt(-2.0 * np.log1p(-2.0 * shares)), shares
        widths = np.asarray(self.widths, dtype=np.float64).ravel()
        if not widths.size or not (np.isfinite(widths) & (widths > 0)).all():
            raise ValueError(f"widths={self.widths!r} are not positive numbers; pass at least one.")
        return widths, -np.expm1(-0.5 / widths**2) / 2.0

    def _all_probabilities(self):
        check_is_fitted(self)
        n_qubits = self.n_features_in_
        engine = resolve_engine("compiled")
        # probabilities, and what is made of them
        check_memory(
            engine.encoding_bytes(self.circuit_, 1) + 16 * 2**n_qubits,
            f"The state of {n_qubits} qubits",
            "sample on a quantum computer, from circuit_ with the angles -2 * weights_; training "
            "needs no state",
        )
        session = engine.open(self.circuit_)
        return np.abs(session.states([-2.0 * self.weights_])[0]) ** 2

    def score_samples(self, X):
        """Return the logarithm of the probability of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Zeros and ones.

        Returns
        -------
        ndarray of shape (n_samples,)
            Natural logarithms.

        Raises
        ------
        InsufficientMemoryError
            If the state does not fit into memory.
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        numbers = X.astype(np.int64) @ (1 << np.arange(X.shape[1]))
        with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity
            return np.log(self._all_probabilities())[numbers]

    def score(self, X, y=None):
        """Return the mean log-probability of the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Zeros and ones.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        float
            Mean of :meth:`score_samples`.
        """
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples=1, random_state=None):
        """Draw rows, by the whole state.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Bits.

        Raises
        ------
        InsufficientMemoryError
            If the state does not fit into memory.
        """
        p = self._all_probabilities()
        random_state = check_random_state(random_state)
        numbers = np.searchsorted(np.cumsum(p / p.sum()), random_state.uniform(size=n_samples))
        return np.minimum(numbers, len(p) - 1)[:, np.newaxis] >> np.arange(self.n_features_in_) & 1


def _start(X, gates):
    """Return angles of qubits with the means of their columns, and of pairs that are correlated."""
    spread = X.std(axis=0)
    deviations = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlations = deviations.T @ deviations / len(X)
    # the more pairs a qubit is in, the less each may turn it
    partners = np.sqrt((correlations**2).sum(axis=1).clip(1.0))
    start, left = np.zeros(len(gates)), np.ones(X.shape[1])
    for number, gate in enumerate(gates):
        if len(gate) == 2:
            start[number] = PULL * correlations[gate] / max(partners[list(gate)])
            left[list(gate)] *= np.cos(2.0 * start[number])  # what pairs leave of <Z>
    means = (1.0 - 2.0 * X.mean(axis=0)) / np.maximum(left, 0.05)
    start[: X.shape[1]] = np.arccos(np.clip(means, -1.0, 1.0)) / 2.0
    return start


def _circuit(n_qubits, gates):
    """Return H, diagonal gates, H; exp(-i angle / 2 Z...Z) for each parameter."""
    angles = ParameterVector("angle", len(gates))
    circuit = QuantumCircuit(n_qubits, name="iqp")
    circuit.h(range(n_qubits))
    for angle, gate in zip(angles, gates, strict=True):
        if len(gate) == 1:
            circuit.rz(angle, *gate)
        elif len(gate) == 2:
            circuit.rzz(angle, *gate)
        else:
            *others, last = gate
            for qubit in others:
                circuit.cx(qubit, last)
            circuit.rz(angle, last)
            for qubit in reversed(others):
                circuit.cx(qubit, last)
    circuit.h(range(n_qubits))
    return circuit
