"""Weights and intercepts of ridge models, from kernel matrices, by scikit-learn's solver."""

import warnings
from abc import ABC, abstractmethod
from itertools import combinations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge

from skquantum.linear_systems import hhl_solve

__all__ = [
    "ConjugateGradients",
    "HHLSolver",
    "bordered",
    "pair_by_pair",
    "votes",
    "with_intercept",
    "without_intercept",
]


class _ColumnSolver(ABC):
    """Solves the systems of ridge regression, one for each target."""

    def ridge(self, K, y, alpha, sample_weight):
        """Return what KernelRidge calls its dual coefficients."""
        targets = y.reshape(len(y), -1)
        root = np.ones(len(y)) if sample_weight is None else np.sqrt(sample_weight)
        alphas = np.broadcast_to(np.ravel(alpha), targets.shape[1])
        columns = [
            root * found
            for found in self._solutions(K, root, alphas, root[:, np.newaxis] * targets)
        ]
        return np.stack(columns, axis=1).reshape(y.shape)

    @abstractmethod
    def _solutions(self, K, root, alphas, targets):
        """Yield the solution for each penalty and column, K weighted by roots on both sides."""

    def resources(self):
        """Return what a quantum computer would take; None if none is meant."""
        return None


class ConjugateGradients(_ColumnSolver):
    """Solves systems by products with the matrix, which stays where it is.

    Parameters
    ----------
    tol : float
        Norm of what is left, relative to the targets, at which a solution is good enough.
    """

    def __init__(self, tol):
        self.tol = tol

    def _solutions(self, K, root, alphas, targets):
        for alpha, target in zip(alphas, targets.T, strict=True):

            def product(vector, alpha=alpha):
                vector = np.ravel(vector)
                return root * (K @ (root * vector)) + alpha * vector

            system = LinearOperator(K.shape, product, dtype=np.float64)
            found, n_iter = cg(system, target, rtol=self.tol)
            if n_iter:
                warnings.warn(
                    f"Conjugate gradients did not converge to tol={self.tol:g} in {n_iter} "
                    "iterations; raise alpha or tol.",
                    ConvergenceWarning,
                )
            yield found


class HHLSolver(_ColumnSolver):
    """Solves systems by HHL, and adds up what they take.

    Parameters
    ----------
    solver : {"hhl", "hhl-circuit"}
        Whether by the closed form or by the circuit.
    clock_qubits : int or "auto"
        Number of clock qubits.
    """

    def __init__(self, solver, clock_qubits):
        self.options = {"clock_qubits": clock_qubits, "circuit": solver == "hhl-circuit"}
        self.taken = []

    def solve(self, A, b):
        """Return the solution of one system."""
        found = hhl_solve(A, b, **self.options)
        self.taken.append(found.resources)
        return found.x

    def _solutions(self, K, root, alphas, targets):
        weighted = K * np.outer(root, root)
        for alpha, target in zip(alphas, targets.T, strict=True):
            yield self.solve(weighted + alpha * np.eye(len(K)), target)

    def resources(self):
        """Return the largest of each resource, and the smallest probability of success."""
        return {
            name: (min if name == "success_probability" else max)(each[name] for each in self.taken)
            for name in self.taken[0]
        }


def without_intercept(K, y, alpha, sample_weight, *, solver=None):
    """Return the weights of the training rows, and 0; None is scikit-learn's solver."""
    if solver is not None:
        return solver.ridge(K, y, alpha, sample_weight), 0.0
    solver = KernelRidge(alpha=alpha, kernel="precomputed")
    return solver.fit(K, y, sample_weight=sample_weight).dual_coef_, 0.0


def with_intercept(K, y, alpha, sample_weight, *, solver=None):
    """Return the weights of the training rows and the intercept, which is not penalised.

    They minimise the sum of ``w (y - K a - b)**2`` plus ``alpha a K a``: the weights are those of
    the targets ``y - b``, and b is where they sum to 0. Both are linear in the targets, so the
    solutions for y and for targets of 1 are enough.
    """
    if sample_weight is not None and not sample_weight.any():
        raise ValueError(
            "sample_weight is 0 for every row, so the intercept is undefined; leave sample_weight "
            "out, or set fit_intercept=False."
        )
    targets = y.reshape(len(y), -1)
    centre = np.average(targets, axis=0, weights=sample_weight)  # large offsets would cost digits
    alpha = np.array(alpha, dtype=np.float64).ravel()
    ones = np.ones((len(y), alpha.size))
    solution, _ = without_intercept(
        K,
        np.hstack([targets - centre, ones]),
        np.concatenate([np.broadcast_to(alpha, targets.shape[1]), alpha]),
        sample_weight,
        solver=solver,
    )
    of_y, of_ones = np.split(solution, [targets.shape[1]], axis=1)
    offset = of_y.sum(axis=0) / of_ones.sum(axis=0)
    dual_coef, intercept = of_y - offset * of_ones, centre + offset
    return (dual_coef[:, 0], float(intercept[0])) if y.ndim == 1 else (dual_coef, intercept)


def bordered(K, y, alpha, sample_weight, *, solver):
    """Return weights and intercept from one system of both, as the least-squares SVM has it.

    Its first row says that the weights sum to 0. Rows of weight 0 have no equation.
    """
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    rows = np.flatnonzero(weight)
    A = np.ones((len(rows) + 1, len(rows) + 1))
    A[0, 0] = 0
    A[1:, 1:] = K[np.ix_(rows, rows)] + np.diag(alpha / weight[rows])
    targets = y.reshape(len(y), -1)
    dual_coef, intercepts = np.zeros(targets.shape), np.empty(targets.shape[1])
    for k, target in enumerate(targets.T):
        intercepts[k], *dual_coef[rows, k] = solver.solve(A, np.append(0.0, target[rows]))
    return (dual_coef[:, 0], float(intercepts[0])) if y.ndim == 1 else (dual_coef, intercepts)


def pair_by_pair(solve, K, classes, alpha, sample_weight, *, copies):
    """Return weights and intercepts of a regression for each pair of classes, 0, 1, ...

    Without copies of the rows and columns of a pair, all others get weight 0.
    """
    pairs = list(combinations(range(classes.max() + 1), 2))
    dual_coef, intercepts = np.zeros((len(K), len(pairs))), np.zeros(len(pairs))
    for k, (first, second) in enumerate(pairs):
        rows = np.flatnonzero((classes == first) | (classes == second))
        weight = None if sample_weight is None else sample_weight[rows]
        if weight is not None and not weight.any():
            continue  # neither wins a vote by more than 0
        y = np.where(classes == second, 1.0, -1.0)
        if copies:
            part = K[np.ix_(rows, rows)]
            dual_coef[rows, k], intercepts[k] = solve(part, y[rows], alpha, weight)
        else:
            of_pair = np.zeros(len(K))
            of_pair[rows] = 1.0 if weight is None else weight
            dual_coef[:, k], intercepts[k] = solve(K, y, alpha, of_pair)
    return dual_coef, intercepts


def votes(decision, n_classes):
    """Return the votes of the pairs of classes for each class.

    As in scikit-learn's ``OneVsOneClassifier``, less than half a vote is added that grows with the
    sum of the decisions for a class, so that no two classes are equal.
    """
    counted = np.zeros((len(decision), n_classes))
    confidence = np.zeros((len(decision), n_classes))
    for k, (first, second) in enumerate(combinations(range(n_classes), 2)):
        counted[:, second] += decision[:, k] > 0
        counted[:, first] += decision[:, k] <= 0
        confidence[:, second] += decision[:, k]
        confidence[:, first] -= decision[:, k]
    return counted + confidence / (3 * (np.abs(confidence) + 1))
