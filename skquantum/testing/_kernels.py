"""What holds for every kernel."""

import pickle

import numpy as np
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skquantum._components import same_settings
from skquantum.estimators import QSVC
from skquantum.kernels import Kernel
from skquantum.testing._common import (
    keeps_its_settings,
    quiet,
    require,
    require_close,
    require_equal,
    require_refusal,
    require_settings,
)

__all__ = ["KERNEL_CHECKS", "check_kernel"]


def check_kernel(kernel, *, n_features=2, positive=True):
    """Check that a kernel keeps the contract of kernels.

    Kernels that a device measures have matrices that change from call to call; they are compared
    within ``6 / sqrt(shots)``.

    Parameters
    ----------
    kernel : Kernel
        Any kernel, symmetric in its arguments.
    n_features : int, default=2
        A number of features that it takes. They are drawn uniformly between -1 and 1.
    positive : bool, default=True
        Whether its matrices are positive semidefinite, which noise need not leave them.

    Raises
    ------
    AssertionError
        If something does not hold, with a sentence that says what.

    See Also
    --------
    KERNEL_CHECKS : The single checks, for ``pytest.mark.parametrize``.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> from skquantum.testing import check_kernel
    >>> check_kernel(FidelityKernel("angle", engine="compiled"))
    """
    for check in KERNEL_CHECKS:
        check(kernel, n_features=n_features, positive=positive)


def _rows(n_features, n_rows=8, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_rows, n_features))


def _fitted(kernel, X):
    """Return a fitted clone, whose draws are those of every other one."""
    return _seeded(kernel).fit(X, _classes(X))


def _seeded(kernel):
    seeds = [name for name in kernel.get_params() if name.split("__")[-1] == "random_state"]
    return clone(kernel).set_params(**dict.fromkeys(seeds, 0))


def _classes(X):
    """Return targets, for kernels that learn from them."""
    return (X[:, 0] > 0).astype(int)


def _parts(batch):
    return (
        [leaf for part in batch.parts for leaf in _parts(part)]
        if hasattr(batch, "parts")
        else [batch]
    )


def _measured_in(fitted, X):
    """Return by how much a matrix may change from call to call; 0 unless a device measures it."""
    parts = _parts(fitted.encode(X[:1]))
    drawn = [part.shots for part in parts if getattr(part, "drawn", False)]
    return 6 * _scale(fitted, X) / np.sqrt(min(drawn)) if drawn else 0.0


def _drawn_in(fitted, X):
    """Return the smallest number of shots behind a number; None if all are exact."""
    shots = [getattr(part, "shots", None) for part in _parts(fitted.encode(X[:1]))]
    return min((number for number in shots if number is not None), default=None)


def _scale(fitted, X):
    return max(1.0, np.abs(fitted.diag(X)).max())


def check_kernel_settings(kernel, *, n_features=2, positive=True):
    """A kernel is settings only, which fitting leaves alone."""
    require_settings(kernel, Kernel)
    unfitted = clone(kernel)
    before, X = dict(vars(unfitted)), _rows(n_features)
    require(unfitted.fit(X, _classes(X)) is unfitted, "fit does not return the kernel.")
    require(unfitted.n_features_in_ == n_features, "fit sets a wrong n_features_in_.")
    require(unfitted.is_fitted(), "is_fitted() is false after fit.")
    for name, value in before.items():
        if not name.endswith("_"):
            require(getattr(unfitted, name) is value, f"fit changes the parameter {name!r}.")


@quiet
def check_kernel_matrix(kernel, *, n_features=2, positive=True):
    """The matrix is symmetric to the bit and, unless it is said not to be, positive."""
    X = _rows(n_features)
    fitted = _fitted(kernel, X)
    K = fitted(X)
    require(K.shape == (8, 8) and K.dtype == np.float64, f"K is {K.dtype} of shape {K.shape}.")
    require(np.isfinite(K).all(), "K holds numbers that are not finite.")
    require_equal(K, K.T, "K and its transpose")
    scale, error = _scale(fitted, X), _measured_in(fitted, X)
    require_close(fitted(X, X), K, 1e-13 * scale + error, "K(X, X) and K(X)")
    require_close(fitted.diag(X), K.diagonal(), 1e-10 * scale + error, "diag(X) and the diagonal")
    require(fitted(X, X[:3]).shape == (8, 3), "K(X, Y) has a wrong shape.")
    if positive:
        shots = _drawn_in(fitted, X)
        lowest = np.linalg.eigvalsh(K)[0]
        # draws add a matrix whose norm is about sqrt(n / shots)
        bound = 1e-6 * scale if shots is None else 6 * scale * np.sqrt(len(K) / shots)
        require(lowest > -bound, f"K has the eigenvalue {lowest:.3g}, below 0.")


@quiet
def check_kernel_rows(kernel, *, n_features=2, positive=True):
    """An entry depends on its two rows and the training data only."""
    X, Y = _rows(n_features), _rows(n_features, 4, seed=1)
    fitted = _fitted(kernel, X)
    K, other = fitted(X), fitted(Y, X)
    scale, error = _scale(fitted, X), _measured_in(fitted, X)
    tight = 1e-13 * scale + error
    order = np.array([5, 2, 7, 0, 1, 6, 3, 4])
    require_close(fitted(X[order]), K[np.ix_(order, order)], tight, "K of permuted rows")
    require_close(fitted(X, Y), other.T, tight, "K(X, Y) and the transpose of K(Y, X)")
    require_close(fitted(Y, X[order]), other[:, order], tight, "K with permuted rows")
    sparse = csr_array(X)
    require_close(fitted(Y, sparse), other, tight, "K with sparse rows")
    require_close(fitted.diag(sparse), fitted.diag(X), tight, "diag of sparse rows")
    encoded = fitted.encode(X)
    require(len(encoded) == 8 and encoded.nbytes >= 0, "The encoding has a wrong size.")
    rows = np.array([6, 1, 1])
    taken = fitted.gram(fitted.encode(Y), encoded.take(rows))
    require_close(taken, other[:, rows], tight, "K with rows that take() has left")
    require(encoded.take(slice(2, 5)).nbytes <= encoded.nbytes, "take() needs more memory.")


@quiet
def check_kernel_tiles(kernel, *, n_features=2, positive=True):
    """A matrix that is computed tile by tile is the same, unless the kernel says it cannot be."""
    X, Y = _rows(n_features), _rows(n_features, 4, seed=1)
    fitted = _fitted(kernel, X)
    try:
        fitted.check_tiles()
    except ValueError:
        return
    tight = 1e-13 * _scale(fitted, X) + _measured_in(fitted, X)
    with config_context(working_memory=3e-4):  # blocks of three rows
        K, other = fitted.matrix(X), fitted.matrix(Y, X)
    if fitted.is_symmetric():
        require_equal(K, K.T, "K in tiles and its transpose")
    require_close(K, fitted(X), tight, "K in tiles")
    require_close(other, fitted(Y, X), tight, "K(X, Y) in tiles")


@quiet
def check_kernel_purity(kernel, *, n_features=2, positive=True):
    """The same arguments have the same result, whatever was called before."""
    X, Y = _rows(n_features), _rows(n_features, 4, seed=1)
    original = X.copy()
    X.flags.writeable = False
    fitted = _fitted(kernel, X)
    error = _measured_in(fitted, X)
    wanted, diagonal = fitted(Y, X), fitted.diag(Y)
    state = {k: v for k, v in vars(fitted).items() if k.endswith("_")}
    fitted(X), fitted(Y), fitted.diag(X), fitted.encode(Y)
    require_close(fitted(Y, X), wanted, error, "K(Y, X) before and after other calls")
    require_close(fitted.diag(Y), diagonal, error, "diag(Y) before and after other calls")
    require_equal(X, original, "The data have been modified")
    after = {k: v for k, v in vars(fitted).items() if k.endswith("_")}
    require(
        state.keys() == after.keys() and all(state[k] is after[k] for k in state),
        "Calls of a fitted kernel change its state.",
    )
    again = _fitted(kernel, X)
    require_close(again(Y, X), wanted, error, "K(Y, X) of two fits")
    encoded, K = _seeded(kernel).fit_gram(X, _classes(X))
    require_close(K, fitted.gram(fitted.encode(X)), error, "fit_gram and gram(encode)")
    require_close(
        fitted.gram(fitted.encode(Y), encoded), wanted, error, "gram with fit_gram's rows"
    )
    shared = _fitted(kernel, X).encode(X, n_jobs=2)
    require_close(fitted.gram(shared), fitted(X), error, "K with n_jobs=2 and without")


@quiet
def check_kernel_unfitted(kernel, *, n_features=2, positive=True):
    """A kernel that was not fitted returns a matrix or says that it must be, and learns nothing."""
    X = _rows(n_features)
    unfitted = clone(kernel)
    before = vars(unfitted).keys()
    try:
        K = unfitted(X, X[:3])
    except (ValueError, AttributeError) as error:
        require("fit" in str(error), f"An unfitted kernel says {str(error)!r}, nothing of fit.")
    else:
        require(K.shape == (8, 3), f"An unfitted kernel returns shape {K.shape}.")
    require(vars(unfitted).keys() == before, "A call of an unfitted kernel changes its state.")


@quiet
def check_kernel_copies(kernel, *, n_features=2, positive=True):
    """Clones and pickles, fitted or not, return the same matrix."""
    X, Y = _rows(n_features), _rows(n_features, 4, seed=1)
    fitted = _fitted(kernel, X)
    wanted, error = fitted(Y, X), _measured_in(fitted, X)
    require_close(clone(fitted).fit(X, _classes(X))(Y, X), wanted, error, "K of a clone")
    require(fitted == clone(fitted), "A kernel is not equal to its clone.")
    if _can_be_pickled(kernel):
        unpickled = pickle.loads(pickle.dumps(fitted))
        require_close(unpickled(Y, X), wanted, error, "K of a pickle")


def _components(kernel):
    return [
        kernel,
        *(value for value in kernel.get_params().values() if hasattr(value, "get_params")),
    ]


def _can_be_pickled(kernel):
    """Say whether a pickle leaves nothing out of the kernel or its parts."""
    return all(map(keeps_its_settings, _components(kernel)))


def check_kernel_parameters(kernel, *, n_features=2, positive=True):
    """Nested parameters are reached, those behind None and names included."""
    params = clone(kernel).get_params(deep=True)
    for name, value in params.items():
        changed = clone(kernel).set_params(**{name: value})
        found = changed.get_params()[name]
        require(same_settings(found, value), f"set_params({name}=...) does not set it.")
    reached = {"feature_map": ("angle", "bandwidth", 0.7), "engine": ("aer", "precision", "single")}
    for name, (named, inner, value) in reached.items():
        if name not in kernel.get_params(deep=False):
            continue
        for stands in (named, None):
            changed = clone(kernel).set_params(**{name: stands})
            try:
                changed.set_params(**{f"{name}__{inner}": value})
            except (AttributeError, ValueError) as error:
                raise AssertionError(
                    f"{name}__{inner} is not reached through {name}={stands!r}: {error}"
                ) from error
            require(
                changed.get_params()[f"{name}__{inner}"] == value,
                f"set_params({name}__{inner}=...) has no effect.",
            )
    require_refusal(
        lambda: clone(kernel).set_params(no_such_parameter=1), "set_params with an unknown name"
    )


def check_kernel_refusals(kernel, *, n_features=2, positive=True):
    """Rows that are not finite, or of another width, are refused."""
    X = _rows(n_features)
    fitted = _fitted(kernel, X)
    holed = X.copy()
    holed[3, 0] = np.nan
    wide = np.column_stack([X, X])
    for what, rows in {"nan": holed, "other features": wide, "a vector": X[0]}.items():
        require_refusal(lambda rows=rows: fitted(rows), f"A fitted kernel with {what}")
        require_refusal(lambda rows=rows: fitted.encode(rows), f"encode with {what}")
        require_refusal(lambda rows=rows: fitted.diag(rows), f"diag with {what}")
    require_refusal(lambda: clone(kernel).fit(holed, _classes(X)), "fit with nan")
    require_refusal(lambda: fitted(X, wide), "Other rows with other features")


@quiet
def check_kernel_operators(kernel, *, n_features=2, positive=True):
    """Sums, products, powers and multiples are those of the matrices."""
    X = _rows(n_features)
    fitted = _fitted(kernel, X)
    K, error = fitted(X), 4 * _scale(fitted, X) * (_measured_in(fitted, X) + 1e-13)
    for what, combined, wanted in [
        ("kernel + 1", kernel + 1, K + 1),
        ("2 * kernel", 2 * kernel, 2 * K),
        ("kernel ** 2", kernel**2, K**2),
        ("kernel + kernel", kernel + kernel, K + K),
        ("kernel * kernel", kernel * kernel, K * K),
    ]:
        require_close(_fitted(combined, X)(X), wanted, error, what)


@quiet
def check_kernel_in_estimators(kernel, *, n_features=2, positive=True):
    """Estimators take the kernel: searches, cross-validation in two processes, and pickles."""
    X = _rows(n_features, 18, seed=2)
    y = _classes(X)
    model = QSVC(kernel=kernel, C=2.0)
    for name, value in kernel.get_params(deep=False).items():
        nested = f"kernel__{name}"
        require(model.get_params()[nested] is value, f"QSVC does not reach {nested}.")
    model = _seeded(model).fit(X, y)
    error = _measured_in(model.kernel_, X)
    decisions = model.decision_function(X)
    if not _can_be_pickled(kernel):
        return  # a connection to a device cannot be taken along
    unpickled = pickle.loads(pickle.dumps(model))
    if not error:
        require_equal(unpickled.decision_function(X), decisions, "Decisions of a pickled QSVC")
    two, one = (cross_val_score(clone(model), X, y, cv=3, n_jobs=n) for n in (2, None))
    require(error or (one == two).all(), f"cross_val_score is {two} with n_jobs=2, not {one}.")
    search = GridSearchCV(clone(model), {"C": [1.0, 2.0]}, cv=3, n_jobs=2).fit(X, y)
    require(np.isfinite(search.cv_results_["mean_test_score"]).all(), "Fits of a search fail.")


KERNEL_CHECKS = (
    check_kernel_settings,
    check_kernel_matrix,
    check_kernel_rows,
    check_kernel_tiles,
    check_kernel_purity,
    check_kernel_unfitted,
    check_kernel_copies,
    check_kernel_parameters,
    check_kernel_refusals,
    check_kernel_operators,
    check_kernel_in_estimators,
)
