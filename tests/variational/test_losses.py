"""Losses against their definitions, and their derivatives against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import hinge_loss, log_loss

from skquantum.variational import (
    CLASSIFICATION_LOSSES,
    IDENTITY,
    REGRESSION_LOSSES,
    SOFTMAX,
)

each = pytest.mark.parametrize


def class_probabilities(outputs, *, is_probability):
    return (IDENTITY if is_probability else SOFTMAX).predictions(outputs)


def classification_loss(name, outputs, targets, *, is_probability):
    """Losses of one-hot targets, of which logits of two classes need one column."""
    loss = CLASSIFICATION_LOSSES[name]()
    if loss.needs_logits:
        return loss(outputs, targets[:, -outputs.shape[1] :], IDENTITY)
    return loss(outputs, targets, IDENTITY if is_probability else SOFTMAX)


def regression_loss(name, outputs, targets):
    return REGRESSION_LOSSES[name]()(outputs, targets, IDENTITY)


rng = np.random.default_rng(0)
CLASSES = np.array([0, 2, 1, 1, 0, 2, 2])
ONE_HOT = np.eye(3)[CLASSES]
BINARY = CLASSES % 2
LOGITS = rng.normal(scale=2, size=(7, 3))
PROBABILITIES = rng.dirichlet(np.ones(3), 7)
SHAPES = {  # outputs, one-hot targets, and whether the outputs are probabilities
    "one logit": (LOGITS[:, :1], np.eye(2)[BINARY], False),
    "logits": (LOGITS, ONE_HOT, False),
    "probabilities": (PROBABILITIES, ONE_HOT, True),
}


def softmax(logits):
    return np.array([np.exp(row) / sum(np.exp(row)) for row in logits])


def probabilities_of(shape):
    outputs, _, is_probability = SHAPES[shape]
    if is_probability:
        return outputs
    if outputs.shape[1] == 1:
        positive = 1 / (1 + np.exp(-outputs))
        return np.hstack([1 - positive, positive])
    return softmax(outputs)


def differences(function, outputs, step=1e-6):
    """Derivatives of losses of rows with respect to the outputs of the same row."""
    slopes = np.empty(outputs.shape)
    for k, direction in enumerate(step * np.eye(outputs.shape[1])):
        slopes[:, k] = (function(outputs + direction) - function(outputs - direction)) / (2 * step)
    return slopes


@each("shape", SHAPES)
def test_probabilities(shape):
    outputs, _, is_probability = SHAPES[shape]
    got = class_probabilities(outputs, is_probability=is_probability)
    assert_allclose(got, probabilities_of(shape), rtol=1e-14)
    assert_allclose(got.sum(axis=1), 1, rtol=1e-14)


@each("shape", SHAPES)
@each("name", ["log_loss", "squared_error", "absolute_error"])
def test_classification_losses(name, shape):
    outputs, targets, is_probability = SHAPES[shape]
    got, _ = classification_loss(name, outputs, targets, is_probability=is_probability)
    p = probabilities_of(shape)
    truth = targets.argmax(axis=1)
    want = [
        {
            "log_loss": lambda row, label: -np.log(row[label]),
            "squared_error": lambda row, label: sum((row - np.eye(len(row))[label]) ** 2),
            "absolute_error": lambda row, label: sum(abs(row - np.eye(len(row))[label])),
        }[name](row, label)
        for row, label in zip(p, truth, strict=True)
    ]
    assert_allclose(got, want, rtol=1e-13)
    if name == "log_loss":
        assert_allclose(got.mean(), log_loss(truth, p, labels=range(p.shape[1])), rtol=1e-13)


def test_hinge():
    got, _ = classification_loss("hinge", *SHAPES["one logit"][:2], is_probability=False)
    assert_allclose(got.mean(), hinge_loss(BINARY, LOGITS[:, 0]), rtol=1e-14)
    got, _ = classification_loss("hinge", LOGITS, ONE_HOT, is_probability=False)
    rest = [  # one class against the rest, summed
        max(0, 1 - LOGITS[row, k] * (1 if CLASSES[row] == k else -1))
        for row in range(7)
        for k in range(3)
    ]
    assert_allclose(got, np.reshape(rest, (7, 3)).sum(axis=1), rtol=1e-14)


@each("shape", SHAPES)
@each("name", CLASSIFICATION_LOSSES)
def test_derivatives_of_classification_losses(name, shape):
    outputs, targets, is_probability = SHAPES[shape]
    if name == "hinge" and is_probability:
        pytest.skip("hinge is for logits")

    def losses(outputs):
        return classification_loss(name, outputs, targets, is_probability=is_probability)[0]

    _, got = classification_loss(name, outputs, targets, is_probability=is_probability)
    assert_allclose(got, differences(losses, outputs), rtol=1e-7, atol=1e-8)


@each("n_targets", [1, 3])
@each("name", REGRESSION_LOSSES)
def test_regression_losses(name, n_targets):
    outputs, targets = np.random.default_rng(1).normal(size=(2, 7, n_targets))
    got, slopes = regression_loss(name, outputs, targets)
    power = {"squared_error": 2, "absolute_error": 1}[name]
    want = [np.mean(abs(outputs[row] - targets[row]) ** power) for row in range(7)]
    assert_allclose(got, want, rtol=1e-14)
    by_difference = differences(lambda outputs: regression_loss(name, outputs, targets)[0], outputs)
    assert_allclose(slopes, by_difference, rtol=1e-7, atol=1e-8)


@each("name", ["log_loss", "squared_error", "absolute_error"])
def test_a_class_that_is_never_seen_gives_no_nan(name):
    outputs = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    targets = np.eye(3)[[1, 1]]
    losses, slopes = classification_loss(name, outputs, targets, is_probability=True)
    assert np.isfinite(losses).all()
    assert np.isfinite(slopes).all()
    assert losses[0] > 1
    assert losses[1] == 0
    assert slopes[0, 1] <= 0  # more of the class would be better


@each("n_outputs", [1, 3])
@each("name", CLASSIFICATION_LOSSES)
def test_huge_logits_give_no_nan(name, n_outputs):
    outputs = np.array([[1e6], [-1e6]]) * [1, -1, 0.5][:n_outputs]
    targets = np.eye(max(2, n_outputs))[[0, 0]]
    with np.errstate(all="raise", under="ignore"):
        losses, slopes = classification_loss(name, outputs, targets, is_probability=False)
        probabilities = class_probabilities(outputs, is_probability=False)
    assert np.isfinite(losses).all()
    assert np.isfinite(slopes).all()
    assert_allclose(probabilities.sum(axis=1), 1)


def test_inputs_stay_as_they_were():
    for name in CLASSIFICATION_LOSSES:
        outputs, targets = LOGITS.copy(), ONE_HOT.copy()
        outputs.flags.writeable = targets.flags.writeable = False
        classification_loss(name, outputs, targets, is_probability=False)
    assert_array_equal(class_probabilities(PROBABILITIES, is_probability=True), PROBABILITIES)
