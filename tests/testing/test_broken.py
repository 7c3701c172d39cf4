"""Checks notice what is broken: objects that break one promise each."""

import contextlib

import numpy as np
import pytest
from brickwork_ansatz import BrickworkAnsatz
from gaussian_kernel import GaussianKernel
from numpy_engine import NumpyEngine, NumpySession
from ring_feature_map import RingFeatureMap
from rprop import Rprop

from skquantum.engines import Engine
from skquantum.kernels import FidelityKernel
from skquantum.testing import (
    ANSATZ_CHECKS,
    ENGINE_CHECKS,
    FEATURE_MAP_CHECKS,
    KERNEL_CHECKS,
    OPTIMIZER_CHECKS,
    check_engine,
)

each = pytest.mark.parametrize


def assert_noticed(checks, name, thing, message, **options):
    """The check of that name fails with a message."""
    for check in checks:
        if check.__name__ == name:
            with pytest.raises(AssertionError, match=message):
                check(thing, **options)
            return
    raise AssertionError(f"there is no check {name}")


# --- Engines ---------------------------------------------------------------------------------


def engine_of(session_class, **attributes):
    """Return an engine with another session."""

    class Broken(NumpyEngine):
        def _open(self, circuit):
            return session_class(self, circuit)

    # for pickles
    globals()["Broken"] = Broken
    Broken.__qualname__ = "Broken"
    for name, value in attributes.items():
        setattr(Broken, name, value)
    return Broken()


class BigEndian(NumpySession):
    def _run_states(self, rows):
        states = super()._run_states(rows)
        shape = (len(rows), *(2,) * self.n_qubits)
        return (
            states.reshape(shape).transpose(0, *range(self.n_qubits, 0, -1)).reshape(states.shape)
        )


class WithoutPhase(NumpySession):
    def _run_states(self, rows):
        states = super()._run_states(rows)
        return states * np.exp(-1j * np.angle(states[:, :1]))


class Unchecked(NumpySession):
    def check_values(self, values):
        return np.nan_to_num(np.asarray(values, dtype=float))


class Absolute(NumpySession):
    """Gradients without their sign."""

    def _run_gradients(self, *args, **options):
        found, gradient = super()._run_gradients(*args, **options)
        return found, abs(gradient)


class Live(NumpySession):
    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.circuit = circuit


class WrongGradient(NumpySession):
    def _run_gradients(self, *args, **options):
        found, gradient = super()._run_gradients(*args, **options)
        return found, gradient[:, ::-1] if gradient.shape[1] == 3 else gradient


class Unseeded(NumpySession):
    shots = 100

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        exact = super()._run_expectations(values, observables, n_jobs=n_jobs, random_state=0)
        return exact + np.random.default_rng().normal(size=exact.shape) / 100


class Nothing(Engine):
    def _open(self, circuit):
        return object()


class Blocks(NumpySession):
    def _run_states(self, rows):
        return super()._run_states(rows) * (1 + 1e-9 * len(rows))


@each(
    ("session_class", "check", "message"),
    [
        (BigEndian, "standard_gates", "States of circuit 0"),
        (BigEndian, "small_circuits", "idle wires"),
        (WithoutPhase, "standard_gates", "States of circuit 0"),
        (Blocks, "rows", "states of 1 rows alone and among 9"),
        (Unchecked, "refusals", "states with a single row"),
        (Live, "isolation", "before and after the circuit was changed"),
        (WrongGradient, "gradients", r"Gradients with wrt=\[1, 0\]"),
        (Absolute, "gradients", "central differences"),
        (Unseeded, "random_state", "with the same random_state"),
    ],
)
def test_engines(session_class, check, message):
    engine = engine_of(session_class)
    assert_noticed(ENGINE_CHECKS, f"check_engine_{check}", engine, message)


@each(
    ("attributes", "check", "message"),
    [
        (
            {"row_bytes": lambda self, n_qubits, measurement=None: 8},
            "row_bytes",
            r"row_bytes\(3\) is 8",
        ),
        (
            {"fingerprint": lambda self: {"engine": "Broken", "at": id(self)}},
            "fingerprint",
            "fingerprint of a clone is another",
        ),
        (
            {"fingerprint": lambda self: {"settings": ""}},
            "fingerprint",
            "lacks the name of the class",
        ),
    ],
    ids=["row_bytes", "unstable", "empty"],
)
def test_engines_that_declare_something_wrong(attributes, check, message):
    engine = engine_of(NumpySession, **attributes)
    assert_noticed(ENGINE_CHECKS, f"check_engine_{check}", engine, message)


def test_engines_without_sessions():
    with pytest.raises(AssertionError, match="does not return a Session"):
        check_engine(Nothing())


# --- Kernels ---------------------------------------------------------------------------------


class Lopsided(GaussianKernel):
    def gram(self, A, B=None):
        K = super().gram(A, B)
        return K * np.linspace(1, 1 - 1e-15, K.shape[1])


class Remembering(GaussianKernel):
    def gram(self, A, B=None):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super().gram(A, B)


class Impure(GaussianKernel):
    _calls = 0

    def gram(self, A, B=None):
        type(self)._calls += 1
        return super().gram(A, B) * (1 - 1e-6 * type(self)._calls)


class Negative(GaussianKernel):
    def gram(self, A, B=None):
        return -super().gram(A, B)

    def diag(self, X):
        return -super().diag(X)


class WrongDiagonal(GaussianKernel):
    def diag(self, X):
        return 0.9 * super().diag(X)


class Changing(GaussianKernel):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X)
        self.gamma = 2.0 * self.gamma
        return self


class Centred(GaussianKernel):
    """Depends on the other rows that it is called with."""

    def gram(self, A, B=None):
        K = super().gram(A, B)
        return K / K.max() if B is not None else K


class NoNames(GaussianKernel):
    def resolve_component(self, name, value):
        return value


@each(
    ("kernel_class", "check", "message"),
    [
        (Lopsided, "matrix", "K and its transpose"),
        (Negative, "matrix", "has the eigenvalue -"),
        (WrongDiagonal, "matrix", r"diag\(X\) and the diagonal"),
        (Remembering, "purity", "change its state"),
        (Impure, "purity", "before and after other calls"),
        (Changing, "settings", "fit changes the parameter 'gamma'"),
        (Centred, "rows", "take"),
        (Centred, "tiles", "K in tiles"),
        (NoNames, "parameters", "feature_map__bandwidth is not reached"),
    ],
)
def test_kernels(kernel_class, check, message):
    kernel = kernel_class("zz", engine="compiled")
    assert_noticed(KERNEL_CHECKS, f"check_kernel_{check}", kernel, message, positive=True)


def test_kernels_with_negative_matrices_may_be_declared():
    kernel = FidelityKernel("angle", engine="compiled") + (-3.0)
    assert_noticed(KERNEL_CHECKS, "check_kernel_matrix", kernel, "eigenvalue", positive=True)
    (check,) = (check for check in KERNEL_CHECKS if check.__name__ == "check_kernel_matrix")
    check(kernel, positive=False)


# --- Feature maps, ansätze, optimizers -------------------------------------------------------


class Measuring(RingFeatureMap):
    def _build(self, n_features):
        circuit = super()._build(n_features)
        circuit.reset(0)
        return circuit


class Forgetful(RingFeatureMap):
    """One feature has no effect."""

    def parameter_values(self, X):
        values = X.copy()
        values[:, -1] = 0.5
        return values


class Normalising(RingFeatureMap):
    """What a row is depends on the others."""

    def parameter_values(self, X):
        return X / np.abs(X).max()


class Accumulating(RingFeatureMap):
    def fit(self, X, y=None, sample_weight=None):
        self.factor_ = getattr(self, "factor_", 1.0) * np.abs(X).max()
        return super().fit(X)

    def parameter_values(self, X):
        return X * self.factor_


class Filling(RingFeatureMap):
    """Accepts rows that are not finite."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X if hasattr(X, "columns") or np.ndim(X) != 2 else np.nan_to_num(X))


class Eager(RingFeatureMap):
    def __init__(self, bandwidth=1.0, *, reps=1):
        self.bandwidth = np.float64(bandwidth)
        self.reps = reps


@each(
    ("map_class", "check", "message"),
    [
        (Measuring, "circuit", "not unitary"),
        (Forgetful, "rows", "Feature 2 has no effect"),
        (Normalising, "rows", "States of rows alone"),
        (Accumulating, "fit", "after fits to other rows"),
        (Filling, "refusals", "fit with nan: accepted"),
        (Eager, "settings", "must only store"),
    ],
)
def test_feature_maps(map_class, check, message):
    name = f"check_feature_map_{check}"
    assert_noticed(FEATURE_MAP_CHECKS, name, map_class(0.6), message)


class Mirrored(BrickworkAnsatz):
    def _mirrors(self, *args):
        return np.array([[0, 1], [1, 2]])


class Overwriting(BrickworkAnsatz):
    def attach(self, encoding):
        attached = super().attach(encoding)
        encoding.x(0)
        return attached


class Reversed(BrickworkAnsatz):
    def attach(self, encoding):
        attached = super().attach(encoding)
        return type(attached)(
            attached.circuit, attached.weights[::-1], attached.is_scaling, attached.mirrors
        )


@each(
    ("ansatz_class", "check", "message"),
    [
        (Mirrored, "attach", "A mirrored weight"),
        (Overwriting, "attach", "attach changes an encoding"),
        (Reversed, "attach", "not in the circuit's order"),
    ],
)
def test_ansatze(ansatz_class, check, message):
    assert_noticed(ANSATZ_CHECKS, f"check_ansatz_{check}", ansatz_class(), message)


class Climbing(Rprop):
    def _minimize(self, objective, weights, report, **settings):
        class Negated:
            n_rows = objective.n_rows

            def value_and_gradient(self, weights, rows=None):
                value, gradient = objective.value_and_gradient(weights, rows)
                return value, -gradient

        return super()._minimize(Negated(), weights, report, **settings)


class Learning(Rprop):
    def _minimize(self, *args, **settings):
        self.seen_ = True
        return super()._minimize(*args, **settings)


class Stubborn(Rprop):
    def _minimize(self, objective, weights, report, **settings):
        def careful(*args):
            with contextlib.suppress(Exception):
                report(*args)

        return super()._minimize(objective, weights, careful, **settings)


class InPlace(Rprop):
    def _minimize(self, objective, weights, report, *, max_iter, learning_rate, **settings):
        weights = weights.copy()
        for _ in range(max_iter):
            value, gradient = objective.value_and_gradient(weights)
            report(weights, value)
            weights -= learning_rate * gradient
        return True


class Random(Rprop):
    def _minimize(self, objective, weights, report, **settings):
        noise = 1e-3 * np.random.default_rng().normal(size=weights.shape)
        return super()._minimize(objective, weights + noise, report, **settings)


class Hungry(Rprop):
    def rows_per_step(self, n_rows, batch_size):
        return 2 * n_rows


@each(
    ("optimizer_class", "check", "message"),
    [
        (Climbing, "minimizes", "of the way to the minimum are left"),
        (Learning, "settings", "minimize changes the optimizer"),
        (Stubborn, "stops", "does not end the run"),
        (InPlace, "reports", "what became of them"),
        (Random, "seeds", "Weights of two runs"),
        (Hungry, "batches", r"rows_per_step\(20, None\) is 40"),
    ],
)
def test_optimizers(optimizer_class, check, message):
    name = f"check_optimizer_{check}"
    assert_noticed(OPTIMIZER_CHECKS, name, optimizer_class(), message)
