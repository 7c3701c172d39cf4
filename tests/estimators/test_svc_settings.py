"""Settings of QSVC that count at prediction, as in SVC, and those that probabilities ignore."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from skquantum import QSVC, QSVR, QOneClassSVM

X, Y = make_blobs(60, centers=4, cluster_std=2.0, random_state=0)
OVO_TIES = {"decision_function_shape": "ovo", "break_ties": True}


@pytest.mark.parametrize("settings", [{"decision_function_shape": "ovo"}, OVO_TIES])
def test_probabilities_do_not_depend_on_the_shape_of_the_decision_function(settings):
    expected = QSVC(kernel=rbf_kernel, probability=True).fit(X, Y).predict_proba(X)
    model = QSVC(kernel=rbf_kernel, probability=True, **settings).fit(X, Y)
    assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"decision_function_shape": "ovo"}),
        ({"decision_function_shape": "ovo"}, {"decision_function_shape": "ovr"}),
        ({}, {"break_ties": True}),
        (OVO_TIES, {"decision_function_shape": "ovr"}),
    ],
    ids=str,
)
def test_settings_of_the_prediction_take_effect_after_fit(before, after):
    ours = QSVC(kernel=rbf_kernel, **before).fit(X, Y).set_params(**after)
    theirs = SVC(kernel=rbf_kernel, **before).fit(X, Y).set_params(**after)
    fresh = QSVC(kernel=rbf_kernel, **before).set_params(**after).fit(X, Y)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-9)
    assert_array_equal(ours.decision_function(X), fresh.decision_function(X))
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_ties_of_pairs_cannot_be_broken_but_pairs_can_be_seen():
    ours, theirs = (cls(kernel=rbf_kernel, **OVO_TIES).fit(X, Y) for cls in (QSVC, SVC))
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-9)
    for model in (ours, theirs):
        with pytest.raises(ValueError, match="break_ties must be False"):
            model.predict(X)


@pytest.mark.parametrize("probability", [False, True])
def test_weights_of_nothing_are_refused_before_the_kernel_is_called(probability):
    def too_late(A, B):
        raise AssertionError("called")

    zeros = np.zeros(len(X))
    models = [QSVC(kernel=too_late, probability=probability), QSVR(kernel=too_late)]
    for model in [*models, QOneClassSVM(kernel=too_late)]:
        with pytest.raises(ValueError, match="all samples have zero or negative weights"):
            model.fit(X, Y, sample_weight=zeros)


@pytest.mark.parametrize("labels", [np.arange(4), np.array(list("dcba"))], ids=["int", "str"])
def test_balanced_weights_count_rows_of_weight_0_as_svc_does(labels):
    y = labels[Y]
    weight = np.where((np.arange(len(y)) % 2 == 0) & (Y == 1), 0.0, 1.5)
    for sample_weight in (None, weight):
        settings = {"class_weight": "balanced", "tol": 1e-8}
        ours = QSVC(kernel=rbf_kernel, **settings).fit(X, y, sample_weight=sample_weight)
        theirs = SVC(gamma=1 / X.shape[1], **settings).fit(X, y, sample_weight=sample_weight)
        assert_array_equal(ours.class_weight_, theirs.class_weight_)
        assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)
        assert ours.class_weight == "balanced"
