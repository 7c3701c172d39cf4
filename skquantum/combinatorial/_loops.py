"""Loops over single bits, compiled by numba: annealing, and branch and bound.

numba draws from a generator of its own, for each thread, which ``np.random.seed`` seeds in here.

`field[i]` is what variable i costs as a one: Q[i, i] + 2 sum of Q[i, j] over the other ones j.
"""

import numpy as np

from skquantum.engines import jit

__all__ = ["anneal_exchanges", "anneal_flips", "branch_and_bound"]


@jit
def _add(Q, field, i, sign):
    for j in range(len(field)):
        field[j] += sign * 2.0 * Q[i, j]
    field[i] -= sign * 2.0 * Q[i, i]


@jit
def anneal_exchanges(Q, n_selected, n_reads, temperatures, seed):
    """Return assignments with `n_selected` ones, in which ones and zeros have changed places.

    Each temperature takes as many proposals as there are variables; then the best exchange is made
    until none lowers the energy.
    """
    np.random.seed(seed)
    n = len(Q)
    samples = np.zeros((n_reads, n), dtype=np.bool_)
    for read in range(n_reads):
        order = np.random.permutation(n)  # the ones come first
        field = np.diag(Q).copy()
        for place in range(n_selected):
            _add(Q, field, order[place], 1.0)
        for temperature in temperatures:
            for _ in range(n):
                a = np.random.randint(n_selected)
                b = np.random.randint(n_selected, n)
                i, j = order[a], order[b]
                change = field[j] - field[i] - 2.0 * Q[i, j]
                if change <= 0.0 or np.random.random() < np.exp(-change / temperature):
                    _add(Q, field, i, -1.0)
                    _add(Q, field, j, 1.0)
                    order[a], order[b] = j, i
        while True:
            best, from_a, from_b = -1e-12 * (1.0 + abs(temperatures[0])), -1, -1
            for a in range(n_selected):
                for b in range(n_selected, n):
                    i, j = order[a], order[b]
                    change = field[j] - field[i] - 2.0 * Q[i, j]
                    if change < best:
                        best, from_a, from_b = change, a, b
            if from_a < 0:
                break
            i, j = order[from_a], order[from_b]
            _add(Q, field, i, -1.0)
            _add(Q, field, j, 1.0)
            order[from_a], order[from_b] = j, i
        for place in range(n_selected):
            samples[read, order[place]] = True
    return samples


@jit
def anneal_flips(Q, n_reads, temperatures, seed):
    """Return assignments, of which one variable after the other was flipped or not."""
    np.random.seed(seed)
    n = len(Q)
    samples = np.zeros((n_reads, n), dtype=np.bool_)
    for read in range(n_reads):
        x = samples[read]
        field = np.diag(Q).copy()
        for i in range(n):
            if np.random.random() < 0.5:
                x[i] = True
                _add(Q, field, i, 1.0)
        for temperature in temperatures:
            for i in range(n):
                change = -field[i] if x[i] else field[i]
                if change <= 0.0 or np.random.random() < np.exp(-change / temperature):
                    _add(Q, field, i, -1.0 if x[i] else 1.0)
                    x[i] = not x[i]
        while True:
            best, which = -1e-12 * (1.0 + abs(temperatures[0])), -1
            for i in range(n):
                change = -field[i] if x[i] else field[i]
                if change < best:
                    best, which = change, i
            if which < 0:
                break
            _add(Q, field, which, -1.0 if x[which] else 1.0)
            x[which] = not x[which]
    return samples


@jit
def _sum_of_smallest(costs, start, count):
    """Return the sum of the `count` smallest of costs[start:], which are partly sorted."""
    total = 0.0
    for place in range(start, start + count):
        least = place
        for i in range(place + 1, len(costs)):
            if costs[i] < costs[least]:
                least = i
        costs[place], costs[least] = costs[least], costs[place]
        total += costs[place]
    return total


@jit
def branch_and_bound(Q, n_selected, sums, best, energies):
    """Improve the assignments of lowest energy with `n_selected` ones.

    Parameters
    ----------
    Q : ndarray of shape (n, n)
        Symmetric; the search decides about the variables in their order.
    n_selected : int
        Number of ones.
    sums : ndarray of shape (n, n, n_selected)
        Entry [d, i, s] is the sum of the s smallest Q[i, j] over j >= d, j != i.
    best : ndarray of bool of shape (n_best, n)
        What is known, overwritten.
    energies : ndarray of shape (n_best,)
        Their energies in ascending order, inf where nothing is known; overwritten.

    Returns
    -------
    int
        Number of partial assignments that were looked at.
    """
    n, n_best = len(Q), len(best)
    x = np.zeros(n, dtype=np.bool_)
    fields = np.zeros((n + 1, n))
    fields[0] = np.diag(Q)
    energy = np.zeros(n + 1)  # of the first d decisions
    count = np.zeros(n + 1, dtype=np.int64)
    tried = np.zeros(n + 1, dtype=np.int64)  # how many branches: one, then zero
    costs = np.empty(n)
    visited = 0
    d = 0
    while d >= 0:
        left = n_selected - count[d]
        if tried[d] == 0:
            visited += 1
            prune = left > n - d
            if not prune:
                bound = energy[d]
                if left > 0:
                    for i in range(d, n):
                        costs[i] = fields[d, i] + sums[d, i, left - 1]
                    bound += _sum_of_smallest(costs, d, left)
                prune = bound >= energies[n_best - 1]
            if not prune and left == 0:
                known = False
                for b in range(n_best):
                    same = energies[b] < np.inf
                    for i in range(n):
                        if (i < d and x[i] != best[b, i]) or (i >= d and best[b, i]):
                            same = False
                    known = known or same
                if not known:
                    place = n_best - 1
                    while place > 0 and energies[place - 1] > energy[d]:
                        energies[place] = energies[place - 1]
                        best[place] = best[place - 1]
                        place -= 1
                    energies[place] = energy[d]
                    best[place] = False
                    best[place, :d] = x[:d]
                prune = True
            if prune:
                d -= 1
                continue
        if tried[d] == 2:
            tried[d] = 0
            d -= 1
            continue
        one = tried[d] == 0
        tried[d] += 1
        x[d] = one
        energy[d + 1] = energy[d] + (fields[d, d] if one else 0.0)
        count[d + 1] = count[d] + one
        for j in range(d + 1, n):
            fields[d + 1, j] = fields[d, j] + (2.0 * Q[d, j] if one else 0.0)
        d += 1
        tried[d] = 0
    return visited
