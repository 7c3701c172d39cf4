"""How flat a loss is."""

import numpy as np
from sklearn.utils import check_array, check_random_state

from skquantum._validation import Integral
from skquantum.optimizers import Objective
from skquantum.variational import random_gradients

__all__ = ["gradient_variance"]


def gradient_variance(model, X=None, n_samples=100, *, random_state=None):
    r"""Return the variance of the gradient over random weights.

    Where it falls exponentially with the number of qubits, the loss is flat almost everywhere (a
    barren plateau), and no number of shots that one can afford shows the way down.

    Parameters
    ----------
    model : VQC, VQR or Objective
        An estimator, fitted or not, which is not changed; or anything that optimizers minimise.
    X : array-like of shape (n_rows, n_features) or None, default=None
        Rows of data for an estimator; every sample takes one of them at random.
    n_samples : int, default=100
        Number of sets of weights that are drawn, with angles uniform in [-pi, pi).
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the draws.

    Returns
    -------
    ndarray of shape (n_weights,)
        Variances of :math:`\partial \langle O \rangle / \partial w_k`, with the first observable
        of the readout for `O`; a gradient estimated from M shots per circuit by the
        parameter-shift rule adds up to 1 / (2 M). Of an objective, those of its gradient over all
        rows, at the weights that its ``draw`` returns.

    Raises
    ------
    ValueError
        If `n_samples` is less than 2, or an estimator comes without rows.
    TypeError
        If there is no circuit to train.

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
    is_objective = isinstance(model, Objective)
    if not is_objective and not hasattr(model, "_model_without_shots"):
        raise TypeError(
            f"{type(model).__name__} has no circuit to train; pass a VQC, a VQR or an Objective."
        )
    if not isinstance(n_samples, Integral) or n_samples < 2:
        raise ValueError(f"n_samples={n_samples!r}, but a variance needs 2 or more.")
    random_state = check_random_state(random_state)
    if is_objective:
        drawn = (model.draw(random_state) for _ in range(int(n_samples)))
        return np.var([model.value_and_gradient(weights)[1] for weights in drawn], axis=0)
    if X is None:
        raise ValueError(f"X is None, but the gradient of {type(model).__name__} needs rows.")
    X = check_array(X, dtype="float64", input_name="X")
    model, data = model._model_without_shots(X)
    return random_gradients(model, data, int(n_samples), random_state).var(axis=0)
