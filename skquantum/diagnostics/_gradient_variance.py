"""How flat a loss is."""

from sklearn.utils import check_array, check_random_state

from skquantum._validation import Integral
from skquantum.variational import random_gradients

__all__ = ["gradient_variance"]


def gradient_variance(estimator, X, n_samples=100, *, random_state=None):
    r"""Return the variance of the gradient over random weights.

    Where it falls exponentially with the number of qubits, the loss is flat almost everywhere (a
    barren plateau), and no number of shots that one can afford shows the way down.

    Parameters
    ----------
    estimator : VQC or VQR
        Fitted or not; it is not changed.
    X : array-like of shape (n_rows, n_features)
        Rows of data; every sample takes one of them at random.
    n_samples : int, default=100
        How many sets of weights are drawn, with angles uniform in [-pi, pi).
    random_state : int, RandomState instance or None, default=None
        Where they are drawn from.

    Returns
    -------
    ndarray of shape (n_weights,)
        Variances of :math:`\partial \langle O \rangle / \partial w_k`, with the first observable
        of the readout for `O`; a gradient estimated from M shots per circuit by the
        parameter-shift rule adds up to 1 / (2 M).

    Raises
    ------
    ValueError
        If `n_samples` is less than 2.
    TypeError
        If the estimator has no circuit to train.

    References
    ----------
    .. [1] J. R. McClean, S. Boixo, V. N. Smelyanskiy, R. Babbush, H. Neven, "Barren plateaus in
       quantum neural network training landscapes", Nature Communications 9, 4812 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import VQC
    >>> from skquantum.diagnostics import gradient_variance
    >>> X = np.random.default_rng(0).normal(size=(20, 2))
    >>> model = VQC(n_qubits=2, ansatz="real_amplitudes")
    >>> gradient_variance(model, X, random_state=0).shape
    (8,)
    """
    if not hasattr(estimator, "_model_without_shots"):
        raise TypeError(f"{type(estimator).__name__} has no circuit to train; pass a VQC or a VQR.")
    if not isinstance(n_samples, Integral) or n_samples < 2:
        raise ValueError(f"n_samples={n_samples!r}, but a variance needs 2 or more.")
    X = check_array(X, dtype="float64", input_name="X")
    model, data = estimator._model_without_shots(X)
    random_state = check_random_state(random_state)
    return random_gradients(model, data, int(n_samples), random_state).var(axis=0)
