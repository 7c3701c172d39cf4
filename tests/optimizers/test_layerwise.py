"""Weights of the first layers first."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skquantum import VQC
from skquantum.optimizers import Adam, Layerwise, Objective

X = np.random.default_rng(0).normal(size=(20, 2))
Y = (X[:, 0] > 0) * 1


class Bowl(Objective):
    """A quadratic function of five weights, of which one lies behind the circuit."""

    depths = (0, 7, 3, 3, -1)
    groups = {"angles": [0, 1, 2, 3], "readout": [4]}

    def value(self, weights, rows=None):
        return 0.5 * float(weights @ weights)

    def value_and_gradient(self, weights, rows=None):
        return self.value(weights), weights


def run(optimizer, max_iter=9):
    reports = []
    optimizer.minimize(
        Bowl(),
        np.ones(5),
        lambda weights, value, state=None: reports.append(weights.copy()),
        **{"max_iter": max_iter, "tol": 0.0, "learning_rate": 0.1, "batch_size": None},
        random_state=np.random.RandomState(0),
    )
    return np.array(reports)


def test_stages_move_the_weights_of_their_layers():
    reports = run(Layerwise(Adam()))
    assert len(reports) == 9
    first, second, third = reports[2], reports[5], reports[8]
    assert_array_equal(first != 1, [True, False, False, False, True])
    assert_array_equal(second != 1, [True, False, True, True, True])
    assert (third != 1).all()
    alone = run(Adam(), 3)
    assert_allclose(first[[0, 4]], alone[2][[0, 4]], rtol=1e-12)


def test_one_stage_is_the_optimizer_itself():
    assert_array_equal(run(Layerwise("adam", n_stages=1)), run(Adam()))


def test_decay_follows_the_groups():
    decayed = run(Layerwise(Adam(weight_decay={"readout": 1.0})))
    plain = run(Layerwise(Adam()))
    assert_array_equal(decayed[:, :4], plain[:, :4])
    assert (decayed[:, 4] < plain[:, 4]).all()


def test_few_iterations_belong_to_the_last_stages():
    reports = run(Layerwise("adam"), max_iter=1)
    assert len(reports) == 1
    assert (reports[0] != 1).all()


@pytest.mark.parametrize("circuit", [{}, {"feature_map": "angle", "ansatz": "strongly_entangling"}])
def test_layers_of_models(circuit):
    seen = []
    model = VQC(
        n_qubits=2,
        optimizer=Layerwise("adam", n_stages=2),
        max_iter=4,
        random_state=0,
        callback=lambda iteration, loss, weights, elapsed: seen.append(weights),
        **circuit,
    )
    with pytest.warns(UserWarning, match="not converged"):
        model.fit(X, Y)
    still = seen[0] == seen[1]
    assert 0 < still.sum() < len(still)
    assert not (seen[2] == seen[3]).any()
    depths = model._model.depths
    assert depths[: len(still)][still].min() > depths[: len(still)][~still].max()
    assert model.set_params(optimizer__optimizer__beta_1=0.5).optimizer.optimizer.beta_1 == 0.5
    assert not hasattr(model, "partial_fit")


def test_objectives_without_layers_are_refused():
    class Unknown(Bowl):
        depths = None

    with pytest.raises(ValueError, match="does not say where its weights act"):
        Layerwise().minimize(
            Unknown(),
            np.ones(5),
            print,
            **{"max_iter": 3, "tol": 0.0, "learning_rate": 0.1, "batch_size": None},
            random_state=None,
        )
