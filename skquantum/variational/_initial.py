"""Where training starts."""

import numpy as np

from skquantum._validation import closest_name

__all__ = ["initial_weights"]

SMALL = 0.1  # radians


def initial_weights(init, model, data, random_state):
    """Return the vector that training starts with.

    Parameters
    ----------
    init : {"uniform", "small", "identity", "beta"} or array-like of shape (n_weights,)
        "uniform" draws angles from [-pi, pi); "small" from a normal distribution of standard
        deviation 0.1; "identity" like "uniform", but the second half of each identity block
        undoes the first; "beta" from 2 pi times a beta distribution with the mean and variance of
        the encoded data, scaled to [0, 1]. An array is taken as it is: the weights, or those with
        what the readout trains behind them. Weights that multiply features start at 1 otherwise,
        those of a trainable feature map as it draws them.
    model : Model
        What is trained.
    data : ndarray of shape (n_rows, n_inputs)
        Values of the encoding's parameters, or inputs of a trainable feature map.
    random_state : RandomState
        Seed or generator for the draws.

    Returns
    -------
    ndarray of shape (n_parameters,)
        Weights, then what the readout trains.

    Raises
    ------
    ValueError
        If the name is unknown, or the array has another length.

    References
    ----------
    .. [1] E. Grant, L. Wossnig, M. Ostaszewski, M. Benedetti, "An initialization strategy for
       addressing barren plateaus in parametrized quantum circuits", Quantum 3, 214 (2019).
    .. [2] A. Kulshrestha, I. Safro, "BEINIT: avoiding barren plateaus in variational quantum
       algorithms", arXiv:2204.13751 (2022).
    """
    n_weights = model.n_weights
    if not isinstance(init, str):
        try:
            given = np.asarray(init, dtype=np.float64).ravel()
        except (TypeError, ValueError):
            raise ValueError(
                f"init is {init!r}, which is not an array of {n_weights} numbers; pass one, or the "
                "name of a distribution."
            ) from None
        if len(given) not in (n_weights, model.n_parameters) or not np.isfinite(given).all():
            raise ValueError(
                f"init holds {len(given)} numbers, the circuit has {n_weights} weights"
                + (
                    f" ({model.n_parameters} with those of the readout)"
                    if model.head.n_numbers
                    else ""
                )
                + "; pass that many finite numbers."
            )
        if len(given) == model.n_parameters:
            return given.copy()
        return np.append(given, model.head.start(random_state))

    def draw_angles(size):
        if init == "small":
            return random_state.normal(0.0, SMALL, size)
        if init == "beta":
            return 2 * np.pi * random_state.beta(*_beta_parameters(data), size)
        return random_state.uniform(-np.pi, np.pi, size)

    names = {"uniform", "small", "identity", "beta"}
    if init not in names:
        raise ValueError(f"init={init!r} is unknown: {closest_name(init, names)}.")
    weights = model.draw_weights(random_state, draw_angles)
    if init == "identity":
        if not len(model.mirrors):
            raise ValueError(
                "init='identity' needs an ansatz of identity blocks; use "
                "ansatz='identity_blocks', or IdentityBlocks(ansatz=...) around yours."
            )
        weights[model.mirrors[:, 1]] = weights[model.mirrors[:, 0]]
    return np.append(weights, model.head.start(random_state))


def _beta_parameters(data):
    """Return the two shapes by the method of moments, for data scaled to [0, 1]."""
    low, high = data.min(), data.max()
    scaled = (data - low) / (high - low) if high > low else np.full(data.shape, 0.5)
    mean, variance = scaled.mean(), scaled.var()
    if not 0 < variance < mean * (1 - mean):
        return 1.0, 1.0
    common = mean * (1 - mean) / variance - 1
    return mean * common, (1 - mean) * common
