"""Descriptions that the docstrings of several estimators share."""

import inspect
from string import Template

__all__ = ["shared_descriptions"]

# As in a docstring without the indentation of its class.
DESCRIPTIONS = {
    "circuit": """feature_map : None, str, QuantumCircuit or FeatureMap, default=None
    How features become a circuit. None means ``AffineFeatureMap()``, which has weights of its
    own and standardises features, or, where `ansatz` is given,
    ``ReuploadingFeatureMap(reps=1, entanglement="circular")``. Names are the keys of
    ``skquantum.feature_maps.FEATURE_MAPS``.
ansatz : None, str, QuantumCircuit or Ansatz, default=None
    The trainable circuit. None means ``ReuploadingAnsatz()``, which repeats the feature
    map, or nothing where the feature map has weights of its own; all others follow the feature
    map. Names are the keys of ``skquantum.ansatze.ANSATZE``.
encoding : {"full", "single"} or None, default=None
    Whether a rotation of the default circuit takes all features, each with a weight of its own,
    or one of them. None means "full".
n_qubits : int or None, default=None
    Width of the circuit. None takes what feature map and readout need; for the default circuit 6,
    or 7 for more than four classes or targets; where another feature map fits any number, one
    qubit per feature but at most 6. Qubits beyond those of the feature map start at 0.""",
    "optimization": """optimizer : str, Optimizer, object or callable, default="adamw"
    "adamw" (a step size that falls to 0, and decay of weights that multiply features), "adam",
    "sgd", "spsa", "qnspsa", "l-bfgs", or another method of
    :func:`scipy.optimize.minimize`; an optimizer of qiskit-machine-learning or
    qiskit-algorithms; or a function ``minimizer(fun, x0, jac, bounds)``.
learning_rate_init : float or None, default=None
    Step size. None takes the optimizer's own: 0.02 for "adamw" at first, 0.05 for "adam", 0.1
    for "sgd", and a first step of 0.2 radians for "spsa" and "qnspsa". The others have none.
batch_size : int or "auto", default="auto"
    Rows per step. "auto" means a twelfth of the rows, but at least 32, for "adamw", "adam" and
    "sgd", and all for the others; methods of scipy and of other libraries always take all.
max_iter : int, default=100
    Largest number of iterations: epochs for "adamw", "adam" and "sgd", steps for the others. An
    optimizer of another library has its own limit.
tol : float, default=0.001
    By how much the loss (or the validation score) has to improve; also the tolerance of
    scipy's methods.
n_iter_no_change : int or np.inf, default=10
    After how many iterations without improvement training stops; for "adam", "sgd" and early
    stopping. "adamw" takes `max_iter` epochs otherwise.
early_stopping : bool, default=False
    Whether to hold out some rows, at least 2, and keep the weights with the best score on
    them. ``partial_fit`` does not support it.
validation_fraction : float, default=0.1
    Share of the rows that are held out.
warm_start : bool, default=False
    Whether ``fit`` continues from the weights of the previous fit; `feature_map`, `ansatz`,
    `n_qubits` and `readout` must stay the same.
alpha : float, default=0.0001
    Weight decay: alpha / 2 times the sum of the squared angles, divided by the number of
    rows; not that of `optimizer`.""",
    "start_and_engine": """init : str or array-like of shape (n_weights,), default="small"
    Where training starts: "small" draws angles from a normal distribution of standard
    deviation 0.1, "uniform" from [-pi, pi), "identity" such that identity blocks are the
    identity, "beta" from a beta distribution with the moments of the data. Or the weights
    themselves (radians).
n_restarts : int, default=0
    Number of random restarts; the best run is kept.
engine : None, str or Engine, default="compiled"
    Engine that runs the circuits. "compiled" differentiates by the adjoint method; "aer", which
    noise and shots need, by the parameter-shift rule. None takes that of ``set_config``.
n_jobs : int or None, default=None
    Workers, as joblib counts them. The result does not depend on them.
callback : callable or None, default=None
    Called after every iteration as ``callback(iteration, loss, weights, elapsed)``: an int
    from 1, a float, a copy of the circuit's weights, and seconds since the start. Returning
    True stops training.
random_state : int, RandomState instance or None, default=None
    Seeds starting weights, batches, directions and shots, those of predictions included.
verbose : bool or int, default=False
    Whether to show a progress bar.""",
    "weights": """weights_ : ndarray of shape (n_weights,)
    Trained weights of the circuit (radians, or factors of features), first those of the feature
    map if it has any: those with the lowest loss, or with `early_stopping` the best validation
    score; the last ones for "adamw" without `early_stopping`, and after ``partial_fit``.
    Predictions use this array.""",
    "training_record": """circuit_ : QuantumCircuit
    Encoding and ansatz.
feature_map_ : FeatureMap
    The fitted feature map.
optimizer_ : Optimizer
    The optimizer.
loss_curve_ : list of float
    Loss of every iteration.
loss_ : float
    Loss after the last iteration.
best_loss_ : float
    Lowest finite loss.""",
    "counts": """best_validation_score_ : float or None
    The best of them.
n_iter_ : int
    Number of iterations of the last call of ``fit`` or ``partial_fit``.
t_ : int
    Training rows seen: iterations times rows, summed over all calls since training started
    afresh.""",
    "features_seen": """n_features_in_ : int
    Number of features seen in ``fit``.
feature_names_in_ : ndarray of shape (n_features,)
    Names of features seen in ``fit``, if `X` had names that are all strings.""",
}


def shared_descriptions(cls):
    """Decorate a class: ``$name`` in its docstring becomes the description of that name."""
    if cls.__doc__ is not None:  # without docstrings, as python -OO runs, there is nothing to do
        cls.__doc__ = Template(inspect.cleandoc(cls.__doc__)).substitute(DESCRIPTIONS)
    return cls
