"""Gradients at random weights."""

import numpy as np

__all__ = ["random_gradients"]


def random_gradients(model, data, n_samples, random_state):
    """Return derivatives of the first output's expectation value at random weights.

    Parameters
    ----------
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_data_parameters)
        Values of the encoding's parameters; each sample takes a row at random.
    n_samples : int
        How many sets of weights, with angles drawn from [-pi, pi).
    random_state : RandomState
        Where they are drawn from.

    Returns
    -------
    ndarray of shape (n_samples, n_weights)
        Derivatives with respect to the circuit's weights.
    """
    rows = data[random_state.randint(0, len(data), n_samples)]
    weights = random_state.uniform(-np.pi, np.pi, (n_samples, model.n_weights))
    weights[:, model.is_scaling] = 1.0
    first = np.zeros((n_samples, model.n_outputs))
    first[:, 0] = 1.0
    return model.gradients(rows, weights, first)[1]
