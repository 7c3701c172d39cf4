"""Densities by the outcomes of a trained circuit."""

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin
from skquantum._validation import (
    FIT_CONTEXT,
    N_JOBS,
    Integral,
    Interval,
    Real,
    StrOptions,
    validate_rows,
)
from skquantum.ansatze import TwoLocal, resolve_ansatz
from skquantum.engines import resolve_engine
from skquantum.estimators._bins import Bins
from skquantum.estimators._chow_liu import chow_liu_tree
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import (
    DIVERGENCES,
    DistributionObjective,
    check_callback,
    check_circuit_memory,
    train,
)

__all__ = ["BornMachine"]

# Counts, target and which are seen, the state, slopes, and what is pulled back and its copy, less
# what is counted for an observable.
BYTES_PER_OUTCOME = 57


class BornMachine(CircuitsInState, ComponentsMixin, DensityMixin, BaseEstimator):
    """Quantum circuit Born machine: the probabilities of a circuit's outcomes as a density.

    Parameters
    ----------
    n_bits : int, default=2
        Bits of each feature, whose range is divided into ``2 ** n_bits`` bins of equal width. If
        all numbers are 0 or 1, each feature is one bit.
    ansatz : "tree", None, str, QuantumCircuit or Ansatz, default="tree"
        The circuit, which acts on 0...0. "tree", and None, take layers of RX and RZ on each qubit
        and CX along the Chow-Liu tree of the data [2]_: the pairs of bits with the most mutual
        information that connect all. Names are the keys of ``skquantum.ansatze.ANSATZE``.
    layers : int or None, default=None
        Layers of "tree". None takes one more than there are qubits.
    loss : {"kl", "mmd"}, default="kl"
        Kullback-Leibler divergence from the rows' distribution, which maximises the likelihood;
        or the squared maximum mean discrepancy with Gaussian kernels of several widths, which
        shots estimate better.
    optimizer : str, Optimizer, object or callable, default="l-bfgs"
        As in :class:`VQE`.
    learning_rate_init : float or None, default=None
        Step size, for optimizers that have one. None takes the optimizer's own.
    max_iter : int, default=1000
        Largest number of iterations.
    tol : float, default=1e-10
        By how much the loss has to improve; also the tolerance of scipy's methods.
    n_restarts : int, default=0
        Number of restarts from other random weights; the best run is kept.
    max_qubits : int, default=12
        Wider data is refused, because all ``2 ** n_qubits`` probabilities are computed.
    engine : None, str or Engine, default="compiled"
        Engine that runs the circuit; "aer" for shots and noise. None takes that of ``set_config``.
    n_jobs : int or None, default=None
        Workers, as joblib counts them. The result does not depend on them.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, loss, weights, elapsed)``. Returning
        True stops training.
    random_state : int, RandomState instance or None, default=None
        Seeds starting weights, directions and shots.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    weights_ : ndarray of shape (n_weights,)
        Weights of the circuit (radians).
    circuit_ : QuantumCircuit
        The ansatz; its parameters, in order, are the weights.
    n_qubits_ : int
        Bits of a row.
    is_binary_ : bool
        Whether features are single bits.
    edges_ : ndarray of shape (n_features, 2 ** n_bits + 1) or None
        Edges of the bins; None for bits.
    target_ : ndarray of shape (2 ** n_qubits,)
        Share of the training rows in every bin, feature 0 in the least significant bits.
    loss_curve_ : list of float
        Loss after every iteration.
    loss_ : float
        The lowest.
    n_iter_ : int
        Number of iterations of the last call of ``fit`` or ``partial_fit``.
    optimizer_ : Optimizer
        The optimizer.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.neighbors.KernelDensity : Its classical counterpart.

    Notes
    -----
    A density of bins knows nothing between and beyond them: rows outside of the training data's
    range have the density 0. Few rows leave many bins empty, and then a kernel density estimate
    generalises better.

    References
    ----------
    .. [1] J.-G. Liu, L. Wang, "Differentiable learning of quantum circuit Born machines", Physical
       Review A 98, 062324 (2018).
    .. [2] C. Chow, C. Liu, "Approximating discrete probability distributions with dependence
       trees", IEEE Transactions on Information Theory 14, 462 (1968).

    Examples
    --------
    Bars and stripes:

    >>> import numpy as np
    >>> from skquantum import BornMachine
    >>> patterns = ["0000", "1100", "0011", "1010", "0101", "1111"]
    >>> X = np.array([[int(bit) for bit in pattern] for pattern in patterns])
    >>> model = BornMachine(random_state=0).fit(X)
    >>> np.exp(model.score_samples(X)).round(3)
    array([0.167, 0.167, 0.167, 0.167, 0.167, 0.167])
    >>> model.sample(2, random_state=0).shape
    (2, 4)
    """

    _parameter_constraints: dict = {
        "n_bits": [Interval(Integral, 1, None, closed="left")],
        "ansatz": "no_validation",  # the resolve functions say it better
        "layers": [Interval(Integral, 1, None, closed="left"), None],
        "loss": [StrOptions(set(DIVERGENCES))],
        "optimizer": "no_validation",
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_restarts": [Interval(Integral, 0, None, closed="left")],
        "max_qubits": [Interval(Integral, 1, None, closed="left")],
        "engine": "no_validation",
        "n_jobs": N_JOBS,
        "callback": [callable, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_bits=2,
        *,
        ansatz="tree",
        layers=None,
        loss="kl",
        optimizer="l-bfgs",
        learning_rate_init=None,
        max_iter=1000,
        tol=1e-10,
        n_restarts=0,
        max_qubits=12,
        engine="compiled",
        n_jobs=None,
        callback=None,
        random_state=None,
        verbose=False,
    ):
        self.n_bits = n_bits
        self.ansatz = ansatz
        self.layers = layers
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_restarts = n_restarts
        self.max_qubits = max_qubits
        self.engine = engine
        self.n_jobs = n_jobs
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    def resolve_component(self, name, value):
        resolve = {"optimizer": resolve_optimizer, "engine": resolve_engine}.get(name)
        if name == "ansatz" and not (value is None or value == "tree"):
            resolve = resolve_ansatz
        return value if resolve is None else resolve(value)

    @FIT_CONTEXT
    def fit(self, X, y=None):
        """Train the circuit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : BornMachine
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data needs more qubits than `max_qubits`, or a parameter is invalid.
        InsufficientMemoryError
            If the circuit, or the distribution, does not fit into memory.
        """
        X = validate_rows(self, X, reset=True, accept_sparse=False)
        bins = Bins.of(X, self.n_bits)
        if bins.n_bits > self.max_qubits:
            raise ValueError(
                f"{X.shape[1]} features of {bins.n_bits // X.shape[1]} bits need {bins.n_bits} "
                f"qubits, and max_qubits={self.max_qubits}; lower n_bits, select features, or "
                "raise max_qubits."
            )
        numbers, _ = bins.numbers(X)
        circuit = self._circuit(bins, numbers)
        engine = self._engine_for(circuit)
        counts = np.bincount(numbers, minlength=2**bins.n_bits).astype(np.float64)
        random_state = check_random_state(self.random_state)
        self._train(engine, circuit, bins, counts, random_state, None)
        return self

    @FIT_CONTEXT
    def partial_fit(self, X, y=None):
        """Add rows to those seen before, and train on from the weights so far.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Some of the training rows. The first ones decide about bins and the tree.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : BornMachine
            Fitted estimator.

        Raises
        ------
        ValueError
            If a row is outside of the bins.
        """
        if not hasattr(self, "weights_"):
            return self.fit(X)
        X = validate_rows(self, X, reset=False, accept_sparse=False)
        numbers, inside = self._bins.numbers(X)
        if not inside.all():
            raise ValueError(
                f"Row {np.flatnonzero(~inside)[0]} of X is outside the bins that were made from "
                "the first rows; call fit with all rows."
            )
        engine = self._engine_for(self.circuit_)
        counts = self._counts + np.bincount(numbers, minlength=len(self._counts))
        random_state = check_random_state(self.random_state)
        self._train(engine, self.circuit_, self._bins, counts, random_state, self.weights_)
        return self

    def _circuit(self, bins, numbers):
        n_qubits = bins.n_bits
        if self.ansatz is None or (isinstance(self.ansatz, str) and self.ansatz == "tree"):
            bits = numbers[:, np.newaxis] >> np.arange(n_qubits) & 1
            layers = self.layers or n_qubits + 1
            pairs = chow_liu_tree(bits) if n_qubits > 1 else "none"
            ansatz = TwoLocal(["rx", "rz"], reps=layers, entanglement=pairs)
        else:
            ansatz = clone(resolve_ansatz(self.ansatz))
        return ansatz.build(n_qubits)

    def _engine_for(self, circuit):
        """Return the engine, or raise if training on it does not fit into memory."""
        engine = resolve_engine(self.engine)
        n_outcomes = 2**circuit.num_qubits
        check_circuit_memory(
            engine,
            circuit,
            "lower n_bits, or select features",
            n_outputs=1 if engine.shots is None else n_outcomes,
            besides=BYTES_PER_OUTCOME * n_outcomes,
            n_jobs=self.n_jobs,
        )
        return engine

    def _train(self, engine, circuit, bins, counts, random_state, start):
        check_callback(self.callback)
        target = counts / counts.sum()
        optimizer = clone(resolve_optimizer(self.optimizer), safe=False)
        objective = DistributionObjective(
            circuit,
            DIVERGENCES[self.loss](target, bins.places),
            engine,
            n_jobs=self.n_jobs,
            random_state=np.random.RandomState(random_state.randint(2**31)),
        )
        drawn = (objective.draw(random_state) for _ in range(self.n_restarts + 1))
        best = train(
            objective,
            optimizer,
            drawn if start is None else [start],
            title="BornMachine",
            max_iter=self.max_iter,
            n_weights=objective.n_weights,
            tol=self.tol,
            callback=self.callback,
            verbose=self.verbose,
            known=hasattr(self, "weights_"),
            learning_rate=self.learning_rate_init,
            batch_size=None,
            random_state=random_state,
        )
        self._bins, self._counts = bins, counts
        self._probabilities = objective.probabilities(best.best)
        self.n_qubits_, self.is_binary_, self.edges_ = bins.n_bits, bins.edges is None, bins.edges
        self.circuit_, self.optimizer_, self.target_ = circuit, optimizer, target
        self.weights_ = best.best.copy()
        self.loss_curve_ = list(best.loss_curve)
        self.loss_, self.n_iter_ = best.kept_loss, best.n_iter

    def score_samples(self, X):
        """Return the log-density of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Natural logarithms of probabilities for bits, and of densities for numbers: the
            probability of the row's bin over its volume. Minus infinity where that is 0.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False, accept_sparse=False)
        numbers, inside = self._bins.numbers(X)
        with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity
            logs = np.log(np.maximum(self._probabilities, 0.0))[numbers]
        return np.where(inside, logs - self._bins.log_volume, -np.inf)

    def score(self, X, y=None):
        """Return the mean log-density of the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        float
            Mean of :meth:`score_samples`.
        """
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples=1, random_state=None):
        """Draw rows.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Bits, or numbers that are uniform within their bin.
        """
        check_is_fitted(self)
        random_state = check_random_state(random_state)
        p = np.maximum(self._probabilities, 0.0)
        numbers = random_state.choice(len(p), size=n_samples, p=p / p.sum())
        return self._bins.rows(numbers, random_state)
