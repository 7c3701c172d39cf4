"""Error mitigation by arithmetic on what was measured."""

import numpy as np
from sklearn.utils.validation import check_array

from skquantum._circuits import MAX_QUBITS_OF_ARRAYS, check_weights
from skquantum._runtime import check_memory
from skquantum._validation import Integral, closest_name

__all__ = ["bit_flip_weights", "mitigate_depolarizing", "readout_weights"]


def mitigate_depolarizing(K, diagonal, n_qubits, method="split", *, column_diagonal=None):
    r"""Undo global depolarising noise, whose strength is read off the measured diagonal.

    Noise is taken to replace the state of row i by the maximally mixed state with probability
    :math:`1 - s_i`, once per half of the compute-uncompute circuit [1]_:

    .. math::

        K_{ij}^\mathrm{measured} = s_i s_j K_{ij} + (1 - s_i s_j) / 2^n .

    As :math:`K_{ii} = 1` without noise, the measured diagonal gives the survival probabilities
    :math:`s_i`, and the equation is solved for :math:`K_{ij}`.

    Parameters
    ----------
    K : array-like of shape (n_rows, n_columns)
        Measured kernel matrix, entries are probabilities.
    diagonal : array-like of shape (n_rows,) or None
        Measured kernel of every row with itself. If `column_diagonal` is None, it also replaces
        the diagonal of `K`, which may hold ones there. None is allowed if `column_diagonal` is
        given and the method is "single" or "mean".
    n_qubits : int
        Number of measured qubits, n.
    method : {"single", "mean", "split"}, default="split"
        One survival probability for all circuits, from the first element ("single") or from the
        mean of the diagonal ("mean"), or one for every row ("split"). With `column_diagonal`,
        "single" and "mean" take it from there, so that a matrix of test rows against training
        rows is corrected exactly as the training matrix was.
    column_diagonal : array-like of shape (n_columns,) or None, default=None
        Measured kernel of every column's row with itself; None means that columns and rows are
        the same rows.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        Mitigated matrix; symmetric to the last bit if `K` is and `column_diagonal` is None. Shot
        noise is amplified by :math:`1 / (s_i s_j)`; entries can leave [0, 1] and are not clipped.

    Raises
    ------
    ValueError
        If a diagonal element that is needed is not above :math:`2^{-n}`, which is what remains
        of it when nothing survives; if shapes do not fit; or if `method` is unknown.

    References
    ----------
    .. [1] T. Hubregtsen et al., "Training quantum embedding kernels on near-term quantum
       computers", Phys. Rev. A 106, 042431 (2022), section V.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.mitigation import mitigate_depolarizing
    >>> K = np.array([[0.85, 0.4625], [0.4625, 0.7375]])  # noisy [[1, 0.5], [0.5, 1]], 1 qubit
    >>> mitigate_depolarizing(K, K.diagonal(), n_qubits=1, method="mean").round(4)
    array([[1.0957, 0.4362],
           [0.4362, 0.9043]])
    >>> mitigate_depolarizing(K, K.diagonal(), n_qubits=1).diagonal().round(12)
    array([1., 1.])
    """
    methods = ["single", "mean", "split"]
    if method not in methods:
        raise ValueError(f"method={method!r} is unknown: {closest_name(method, methods)}.")
    _check_qubits(n_qubits)
    K = check_array(K, dtype=np.float64, input_name="K")
    n_rows, n_columns = K.shape
    if column_diagonal is None:
        if n_rows != n_columns:
            raise ValueError(
                f"K has {n_rows} rows and {n_columns} columns, which are not the same rows; pass "
                f"column_diagonal with {n_columns} measured values."
            )
        rows = columns = _check_diagonal(diagonal, n_rows, "diagonal")
        K = K.copy()
        np.fill_diagonal(K, rows)
    else:
        columns = _check_diagonal(column_diagonal, n_columns, "column_diagonal")
        rows = None
        if diagonal is not None or method == "split":
            rows = _check_diagonal(diagonal, n_rows, "diagonal")
    if method == "split":
        name = "diagonal" if column_diagonal is None else "column_diagonal"
        column_survival = np.sqrt(_survival(columns, n_qubits, name, "use method='mean', or "))
        row_survival = np.sqrt(_survival(rows, n_qubits, "diagonal", "use method='mean', or "))
        survival = np.outer(row_survival, column_survival)
    elif method == "mean":
        survival = _survival(np.array([columns.mean()]), n_qubits, "the mean of the diagonal", "")
    else:
        survival = _survival(columns[:1], n_qubits, "diagonal", "use method='mean', or ")
    return (K - (1 - survival) * 2.0**-n_qubits) / survival


def readout_weights(confusion_matrices, weights=None):
    r"""Return weights of bitstrings that undo readout error on average.

    If :math:`p_b` are the probabilities of the bitstrings that are measured,
    :math:`\sum_b w_b p_b` is the probability of 0...0 that a readout without error would give,
    which is the kernel entry in a compute-uncompute circuit. Errors of different qubits are taken
    to be independent, so that the inverse of the confusion matrix is a tensor product [1]_.

    Parameters
    ----------
    confusion_matrices : array-like of shape (n_qubits, 2, 2)
        ``[q, measured, true]``: probability that qubit q reads `measured` if it is `true`; columns
        sum to 1. Qiskit Aer's ``ReadoutError.probabilities`` and the calibration of a backend
        (``prob_meas0_prep1`` ...) have ``[true, measured]``; transpose them.
    weights : array-like of shape (2 ** n_qubits,) or None, default=None
        Weights that a readout without error would need, such as those of
        :func:`bit_flip_weights`; None means 1 for 0...0 and 0 for all others.

    Returns
    -------
    ndarray of shape (2 ** n_qubits,)
        Weight of every bitstring, little-endian as in Qiskit: bit q of the index is qubit q. Some
        are negative, and some above 1: estimates from shots have a larger variance than without
        mitigation, and can leave [0, 1].

    Raises
    ------
    ValueError
        If a matrix is not a confusion matrix, or has no inverse because the outcome does not
        depend on the qubit.
    InsufficientMemoryError
        If the weights would not fit into memory.

    References
    ----------
    .. [1] S. Bravyi, S. Sheldon, A. Kandala, D. C. Mckay, J. M. Gambetta, "Mitigating measurement
       errors in multiqubit experiments", Phys. Rev. A 103, 042605 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.mitigation import readout_weights
    >>> confusion = np.array([[0.99, 0.05], [0.01, 0.95]])
    >>> w = readout_weights([confusion])
    >>> true = np.array([0.7, 0.3])
    >>> round(float(w @ (confusion @ true)), 12)
    0.7
    """
    matrices = check_array(
        confusion_matrices, dtype=np.float64, allow_nd=True, input_name="confusion_matrices"
    )
    if matrices.shape[1:] != (2, 2):
        raise ValueError(
            f"confusion_matrices has shape {matrices.shape}, not (n_qubits, 2, 2); pass one 2 x 2 "
            "matrix [measured, true] per qubit."
        )
    n_qubits = len(matrices)
    for qubit, matrix in enumerate(matrices):
        sums = matrix.sum(axis=0)
        if matrix.min() < 0 or np.abs(sums - 1).max() > 1e-6:
            raise ValueError(
                f"The confusion matrix of qubit {qubit} has the smallest entry {matrix.min():g} "
                f"and column sums {sums[0]:g} and {sums[1]:g}, not probabilities that add up to 1 "
                "for each true value; transpose it if its rows do."
            )
        if abs(matrix[0, 0] - matrix[0, 1]) < 1e-12:
            raise ValueError(
                f"Qubit {qubit} reads 0 with probability {matrix[0, 0]:g} whether it is 0 or 1, "
                "which cannot be undone; calibrate again, or leave the qubit out."
            )
    _check_weights_fit(n_qubits)
    if weights is None:
        weights = np.zeros(2**n_qubits)
        weights[0] = 1.0
    weights = check_array(weights, dtype=np.float64, ensure_2d=False, input_name="weights")
    if weights.shape != (2**n_qubits,):
        raise ValueError(
            f"weights has shape {weights.shape}, but {n_qubits} confusion matrices need "
            f"({2**n_qubits},); pass one weight per bitstring."
        )
    for qubit, inverse in enumerate(np.linalg.inv(matrices)):
        # w[.., measured, ..] = sum over true of w[.., true, ..] inverse[true, measured]
        weights = np.matmul(inverse.T, weights.reshape(-1, 2, 2**qubit))
    return weights.reshape(-1)


def bit_flip_weights(n_qubits, distance):
    r"""Return weights that count bitstrings with few ones as 0...0 (bit-flip tolerance).

    The kernel entry becomes the probability that at most `distance` qubits are measured as 1,
    after [1]_. It is larger than the fidelity and concentrates later, at the price of being
    another kernel, to which more states look alike.

    Parameters
    ----------
    n_qubits : int
        Number of measured qubits.
    distance : int
        How many ones are tolerated, from 0 (the fidelity) to ``n_qubits - 1``.

    Returns
    -------
    ndarray of shape (2 ** n_qubits,), or dict
        1.0 for every bitstring with at most `distance` ones, 0.0 for the others. Bit q of the
        index is qubit q, as in Qiskit. The weights are not normalised: a row has the kernel 1
        with itself if nothing is noisy. For more than 20 qubits ``{"max_ones": distance}``, which
        kernels take for the same.

    Raises
    ------
    ValueError
        If `n_qubits` or `distance` is out of range.

    Notes
    -----
    With a distance above 0 the entry is in general another one with x and y exchanged, even
    without noise, and the symmetrised matrix need not be positive semidefinite; see
    :func:`repair`. There is no rule for `distance`: large ones let all rows look alike, so that it
    is best found by cross-validation, which with a `checkpoint` needs no new measurements of a
    device. With many noisy qubits it is a Hamming-weight kernel [2]_: at a distance of 0 nothing
    is counted, and those in the middle tell states apart.

    References
    ----------
    .. [1] G. Agliardi et al., "Mitigating exponential concentration in covariant quantum kernels
       for subspace and real-world data", npj Quantum Information 12, 12 (2026),
       arXiv:2412.07915.
    .. [2] Hamming-weight kernels: arXiv:2605.31449.

    Examples
    --------
    >>> from skquantum.mitigation import bit_flip_weights
    >>> bit_flip_weights(3, 1)
    array([1., 1., 1., 0., 1., 0., 0., 0.])
    >>> bit_flip_weights(100, 30)
    {'max_ones': 30}
    """
    _check_qubits(n_qubits)
    if not isinstance(distance, Integral) or not 0 <= distance < n_qubits:
        raise ValueError(
            f"distance={distance!r}, but with {n_qubits} qubits it is an integer from 0 to "
            f"{n_qubits - 1}; {n_qubits} would count every bitstring."
        )
    weights = {"max_ones": int(distance)}
    return weights if n_qubits > MAX_QUBITS_OF_ARRAYS else check_weights(weights, n_qubits)


def _check_qubits(n_qubits):
    if not isinstance(n_qubits, Integral) or n_qubits < 1:
        raise ValueError(f"n_qubits={n_qubits!r}, but it must be an integer of at least 1.")


def _check_weights_fit(n_qubits):
    check_memory(
        3 * 8 * 2**n_qubits,
        f"One weight for each of the bitstrings of {n_qubits} qubits",
        "use fewer qubits, or sum over the bitstrings that were measured",
    )


def _check_diagonal(diagonal, n, name):
    if diagonal is None:
        raise ValueError(f"{name} is None, but {n} measured values are needed; measure them.")
    diagonal = check_array(diagonal, dtype=np.float64, ensure_2d=False, input_name=name)
    if diagonal.shape != (n,):
        raise ValueError(
            f"{name} has shape {diagonal.shape}, but K needs ({n},); pass the measured kernel of "
            "every row with itself."
        )
    return diagonal


def _survival(diagonal, n_qubits, name, remedy):
    """Return s_i ** 2, the probability that both halves of the circuit of a pair survive."""
    floor = 2.0**-n_qubits
    worst = diagonal.argmin()
    if not diagonal[worst] > floor:
        which = name if name.startswith("the ") else f"{name}[{worst}]"
        raise ValueError(
            f"{which} is {diagonal[worst]:g}, but depolarising noise on {n_qubits} qubits leaves "
            f"more than {floor:g}; {remedy}measure with more shots or shallower circuits."
        )
    return (diagonal - floor) / (1 - floor)
