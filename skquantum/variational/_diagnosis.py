"""Gradients at random weights."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skquantum.engines import resolve_engine
from skquantum.exceptions import BarrenPlateauWarning
from skquantum.variational._memory import is_compared

__all__ = ["random_gradients", "warn_if_stuck", "warn_of_plateau"]

# Random weights at which the spread of the gradient is looked at before training on shots.
PLATEAU_SAMPLES = 20
# A loss that is no lower than this part of that of a constant means that nothing was learned; after
# fewer iterations it says nothing.
STUCK = 0.99
ENOUGH_ITERATIONS = 20


def random_gradients(model, data, n_samples, random_state):
    """Return derivatives of the first output's expectation value at random weights.

    Parameters
    ----------
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_data_parameters)
        Values of the encoding's parameters; each sample takes a row at random.
    n_samples : int
        Number of sets of weights, with angles drawn from [-pi, pi).
    random_state : RandomState
        Seed or generator for the draws.

    Returns
    -------
    ndarray of shape (n_samples, n_weights)
        Derivatives with respect to the circuit's weights.
    """
    rows = data[random_state.randint(0, len(data), n_samples)]
    angles = random_state.uniform(-np.pi, np.pi, (n_samples, model.n_weights))
    weights = np.array([model.draw_weights(random_state, lambda size, a=a: a) for a in angles])
    first = np.zeros((n_samples, len(model.observables)))
    first[:, 0] = 1.0
    derivatives = model.gradients(rows, weights, first)[1]
    singly = zip(rows[:, np.newaxis], derivatives[:, np.newaxis], strict=True)
    return np.array([model.pull_back(*one) for one in singly])


def warn_of_plateau(model, data):
    """Warn if shots cannot resolve the gradient at random weights.

    Parameters
    ----------
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_data_parameters)
        Values of the encoding's parameters.
    """
    shots = model.engine.shots
    if not is_compared(model.engine, model.circuit):
        return
    exact = model.on(resolve_engine("compiled"))
    # a generator of its own: to look at gradients changes no other draw
    gradients = random_gradients(exact, data, PLATEAU_SAMPLES, np.random.RandomState(0))
    spread = gradients.std(axis=0).max()
    # a difference of two estimates, halved, each of variance 1 / shots at most
    resolution = np.sqrt(0.5 / shots)
    if spread < resolution:
        warnings.warn(
            f"The gradient's standard deviation over random weights is {spread:.1e}, less than "
            f"the {resolution:.1e} that {shots} shots resolve (a barren plateau): use fewer "
            "qubits or layers, init='small', or more shots.",
            BarrenPlateauWarning,
        )


def warn_if_stuck(objective, training, constant):
    """Warn if the end of a training is no better than a constant.

    Parameters
    ----------
    objective : SupervisedObjective
        What was minimised.
    training : Training
        The record.
    constant : ndarray of shape (1, n_outputs)
        Outputs that are the best to give if nothing is known of a row.
    """
    alone = objective.loss_of(constant)
    if training.n_iter >= ENOUGH_ITERATIONS and not training.kept_loss < STUCK * alone:
        warnings.warn(
            f"Training ended at a loss of {training.kept_loss:.3g}, and a constant prediction has "
            f"a loss of {alone:.3g}, so hardly anything was learned; try other weights to start "
            "from (random_state, n_restarts), another optimizer, or other features.",
            ConvergenceWarning,
        )
