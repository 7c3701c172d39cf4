"""HHL: the exact result by its closed form, or by the whole circuit."""

import warnings
from math import ceil
from typing import NamedTuple

import numpy as np

from skquantum.engines import AerEngine
from skquantum.linear_systems._circuit import hhl_circuit
from skquantum.linear_systems._register import register_for

__all__ = ["LinearSolution", "hhl_solve"]

LARGEST_CIRCUIT = 16  # unknowns
PRECISION = 0.1  # relative error of the weights to which shots are counted
BLOCK = 2**22  # entries of a block of phase probabilities


class LinearSolution(NamedTuple):
    """What HHL gives for one right-hand side.

    Parameters
    ----------
    x : ndarray of shape (n,)
        The solution.
    resources : dict
        ``n_qubits``; ``controlled_u``, the applications of the controlled evolution
        exp(2 pi i A scale); ``cx``, what preparation, evolutions, Fourier transforms and rotation
        take by general synthesis; ``success_probability`` of a run; ``condition_number``; and
        ``shots``, the runs after which all entries of x are known to a relative error of .1 in
        norm.

    Examples
    --------
    >>> from skquantum.linear_systems import hhl_solve
    >>> sorted(hhl_solve([[2.0]], [1.0]).resources)
    ['condition_number', 'controlled_u', 'cx', 'n_qubits', 'shots', 'success_probability']
    """

    x: np.ndarray
    resources: dict


def hhl_solve(A, b, *, clock_qubits="auto", circuit=False):
    """Solve a symmetric linear system as the algorithm of Harrow, Hassidim and Lloyd does.

    After the phase estimation is undone, eigenvector j has the amplitude

    .. math:: \\beta_j \\sum_k |\\alpha_{k|j}|^2 C / \\tilde\\lambda_k,

    beta_j being its amplitude in the right-hand side, alpha_k|j that of cell k of the clock for its
    eigenvalue, and lambda_k the eigenvalue that the cell stands for. So one eigendecomposition
    gives what the circuit would give, without errors of gates or shots.

    The error falls with the clock qubits, but not steadily. Cells below the smallest eigenvalue are
    not inverted, which keeps C, and with it the success, large; an eigenvalue in the first
    inverted cell leaks below by an amount that depends on where in the cell it lies, and that is
    another place for every size of the register.

    Parameters
    ----------
    A : array-like of shape (n, n)
        Symmetric matrix.
    b : array-like of shape (n,)
        Right-hand side.
    clock_qubits : int or "auto", default="auto"
        Number of clock qubits. "auto" takes 8 cells below the smallest eigenvalue, but at most 16
        qubits.
    circuit : bool, default=False
        Whether to run the circuit, by :class:`skquantum.engines.AerEngine`, for up to 16 unknowns.

    Returns
    -------
    LinearSolution
        The solution, and what it would take.

    Raises
    ------
    ValueError
        If the matrix is not symmetric, or too large for a circuit.

    Warns
    -----
    UserWarning
        If the clock has fewer cells than twice the condition number.

    References
    ----------
    .. [1] A. W. Harrow, A. Hassidim and S. Lloyd, "Quantum algorithm for linear systems of
       equations", Phys. Rev. Lett. 103, 150502 (2009).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.linear_systems import hhl_solve
    >>> found = hhl_solve(np.diag([9.0, 5.0, 2.5]), np.array([0.0, 2.0, 3.0]), clock_qubits=4)
    >>> found.x.round(3)
    array([0. , 0.4, 1.2])
    >>> round(found.resources["success_probability"], 3)
    0.769
    """
    A, b = np.asarray(A, dtype=np.float64), np.asarray(b, dtype=np.float64)
    _check(A, b, clock_qubits)
    n = len(A)
    eigenvalues, vectors = np.linalg.eigh(A)
    register = register_for(eigenvalues, clock_qubits)
    sizes = np.abs(eigenvalues)
    condition = float(sizes.max() / sizes.min()) if sizes.min() > 0 else np.inf
    if 2**register.n_clock < 2 * condition:
        warnings.warn(
            f"{register.n_clock} clock qubits resolve {2**register.n_clock} eigenvalues, fewer "
            f"than twice the condition number, {condition:.3g}; use more of them, or regularise "
            "more.",
            UserWarning,
        )
    if circuit and n > LARGEST_CIRCUIT:
        raise ValueError(
            f"The circuit of HHL is run for up to {LARGEST_CIRCUIT} unknowns, and there are {n}; "
            "use solver='hhl', which gives the same result in closed form."
        )
    norm = np.linalg.norm(b)
    if norm == 0:
        x, success = np.zeros(n), 1.0
    elif circuit:
        x, success = _by_circuit(A, b / norm, register)
    else:
        x, success = _closed_form(eigenvalues, vectors, b / norm, register)
    return LinearSolution(norm * x, _resources(n, register.n_clock, success, condition))


def _check(A, b, clock_qubits):
    if A.ndim != 2 or A.shape[0] != A.shape[1] or b.shape != A.shape[:1]:
        raise ValueError(
            f"A has shape {A.shape} and b {b.shape}; pass a square matrix and a number per row."
        )
    if not np.allclose(A, A.T, atol=1e-10 * np.abs(A).max()) or not A.any():
        raise ValueError("HHL takes a symmetric matrix that is not 0; pass A.T @ A and A.T @ b.")
    if clock_qubits != "auto" and not 1 <= clock_qubits <= 24:
        raise ValueError(f"clock_qubits={clock_qubits} is not between 1 and 24, nor 'auto'.")


def _closed_form(eigenvalues, vectors, b, register):
    """Return the solution for a normalised right-hand side, and the probability of success."""
    beta = vectors.T @ b
    n_cells = len(register.factors)
    phases = eigenvalues * register.scale
    cells = np.arange(n_cells) / n_cells
    means = np.empty(len(beta))
    per_block = max(1, BLOCK // n_cells)
    for start in range(0, len(beta), per_block):
        rows = slice(start, start + per_block)
        with np.errstate(divide="ignore", invalid="ignore"):
            below = n_cells * np.sin(np.pi * (phases[rows, None] - cells))
            probabilities = (np.sin(np.pi * n_cells * phases[rows])[:, None] / below) ** 2
        probabilities[np.abs(below) < 1e-9] = 1.0  # a phase that a cell has exactly
        means[rows] = probabilities @ register.factors
    amplitudes = beta * means
    return vectors @ amplitudes / register.smallest, float(amplitudes @ amplitudes)


def _by_circuit(A, b, register):
    """Return the same by the circuit; unknowns up to a power of 2 are decoupled from the others."""
    n_data = max(1, (len(A) - 1).bit_length())
    padded = np.eye(2**n_data) * np.abs(np.linalg.eigvalsh(A)).max()
    padded[: len(A), : len(A)] = A
    right = np.zeros(2**n_data)
    right[: len(b)] = b
    circuit = hhl_circuit(padded, right, register.n_clock)
    state = AerEngine().open(circuit).states(np.empty((1, 0)))[0]
    found = state.reshape(2, 2**register.n_clock, -1)[1, 0, : len(b)]
    # what is left is real but for a global phase, which preparation may bring in
    phase = np.vdot(right[: len(b)], found @ A)
    found = (found * np.conj(phase) / abs(phase)).real
    return found / register.smallest, float(found @ found)


def _resources(n, n_clock, success, condition):
    """Return what the circuit takes, by general synthesis of each part."""
    n_data = max(1, ceil(np.log2(n)))
    wide = n_data + 1
    # quantum Shannon decomposition of a controlled evolution
    evolution = ceil(23 / 48 * 4**wide - 3 / 2 * 2**wide + 4 / 3)
    fourier = n_clock * (n_clock - 1) + 3 * (n_clock // 2)
    cx = 2**n_data - n_data - 1 + 2 * (n_clock * evolution + fourier) + 2**n_clock
    return {
        "n_qubits": n_data + n_clock + 1,
        "controlled_u": 2 * (2**n_clock - 1),
        "cx": int(cx),
        "success_probability": success,
        "condition_number": condition,
        "shots": ceil(n / PRECISION**2 / success) if success > 0 else np.inf,
    }
