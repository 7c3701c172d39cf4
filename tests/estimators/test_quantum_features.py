"""QuantumFeatures against Qiskit's states, plain loops, and random cosine features."""

import pickle
import threading
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_aer.noise import NoiseModel, depolarizing_error
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_extraction.image import extract_patches_2d
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from skquantum import QuantumFeatures
from skquantum._runtime import _memory
from skquantum.ansatze import ReuploadingAnsatz, StronglyEntangling
from skquantum.engines import AerEngine, ChainEngine, CompiledEngine
from skquantum.estimators import _quantum_features, _random_circuits
from skquantum.exceptions import InsufficientMemoryError, RowError
from skquantum.feature_maps import AngleFeatureMap, ReuploadingFeatureMap

each = pytest.mark.parametrize
X = np.random.default_rng(0).uniform(-1, 1, (20, 3))
NEW = np.random.default_rng(1).uniform(-1, 1, (5, 3))
IMAGES = np.random.default_rng(2).uniform(0, np.pi, (4, 12))  # 3 x 4 pixels
Z = SparsePauliOp("Z")
SINKS = {"gamma": 0.7, "n_circuits": 3, "random_state": 0}


def strings(n_qubits, locality):
    """Return Pauli strings, those of fewer qubits first, by their letters on qubits 0, 1, ..."""
    found = ["".join(letters) for letters in product("IXYZ", repeat=n_qubits)]

    def order(string):
        qubits = [q for q, letter in enumerate(string) if letter != "I"]
        return len(qubits), qubits, [string[q] for q in qubits]

    return sorted((s for s in found if 1 <= order(s)[0] <= locality), key=order)


def expected(circuit, rows, locality=1):
    """Return expectation values by Qiskit, for rows of values in the order of the parameters."""
    operators = [SparsePauliOp(s[::-1]) for s in strings(circuit.num_qubits, locality)]
    states = [Statevector(circuit.assign_parameters(row)) for row in rows]
    return np.array([[s.expectation_value(o).real for o in operators] for s in states])


# -- numbers --------------------------------------------------------------------------------------


@each("engine", ["compiled", "aer", "chain", "mps", "auto"])
@each("locality", [1, 2])
def test_expectation_values(engine, locality):
    circuit = zz_feature_map(3, reps=1, entanglement="linear")
    features = QuantumFeatures(circuit, locality=locality, engine=engine).fit(X)
    assert_allclose(features.transform(NEW), expected(circuit, NEW, locality), rtol=0, atol=1e-12)
    names = [
        "".join(f"{letter.lower()}{q}" for q, letter in enumerate(s) if letter != "I")
        for s in strings(3, locality)
    ]
    assert list(features.get_feature_names_out()) == [f"quantumfeatures_{n}" for n in names]


def test_observables_of_the_users():
    circuit = zz_feature_map(3, reps=1)
    diagonal = np.random.default_rng(3).normal(size=8)
    operators = [SparsePauliOp(["XXI", "IZZ"], [0.5, -2.0]), diagonal]
    features = QuantumFeatures(circuit, observables=operators).fit(X)
    states = [Statevector(circuit.assign_parameters(row)) for row in NEW]
    table = [[s.expectation_value(operators[0]).real, diagonal @ s.probabilities()] for s in states]
    assert_allclose(features.transform(NEW), table, rtol=0, atol=1e-12)
    names = ["quantumfeatures_observable0", "quantumfeatures_observable1"]
    assert list(features.get_feature_names_out()) == names


def test_depolarizing_noise_shrinks_expectation_values():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["ry"])
    exact, noisy = (QuantumFeatures("angle", engine=e).fit_transform(X) for e in ("aer", noise))
    assert_allclose(noisy, 0.8 * exact, rtol=0, atol=1e-12)


def test_idle_wires_are_left_out():
    circuit = zz_feature_map(3, reps=1)
    wide = QuantumCircuit(6).compose(circuit, [1, 3, 4])
    given, same = (QuantumFeatures(c, engine="compiled").fit_transform(X) for c in (circuit, wide))
    assert_allclose(same, given, rtol=0, atol=1e-14)


# -- kitchen sinks --------------------------------------------------------------------------------


@each("gamma", [0.3, 2.0, "scale"])
@each("sparse", [False, True])
def test_one_qubit_gives_random_cosine_features(gamma, sparse):
    """<Z> after RY(a) is cos(a)."""
    rows = csr_array(X) if sparse else X
    sinks = QuantumFeatures(
        "angle",
        observables=[Z],
        gamma=gamma,
        n_angles=1,
        n_circuits=50,
        random_state=3,
        engine="compiled",
    )
    theirs = RBFSampler(gamma=gamma, n_components=50, random_state=3).fit_transform(rows)
    assert_allclose(sinks.fit_transform(rows) * np.sqrt(2 / 50), theirs, rtol=0, atol=1e-12)


def test_many_circuits_approximate_the_rbf_kernel():
    """The same without the sampler: means of products of cosines of 4,000 angles."""
    sinks = QuantumFeatures(
        "angle", observables=[Z], gamma=0.5, n_angles=1, n_circuits=4000, random_state=0
    ).set_params(engine="compiled")
    features = sinks.fit_transform(X)
    # each product 2 cos cos has a variance below 2: six standard deviations
    assert_allclose(2 * features @ features.T / 4000, rbf_kernel(X, gamma=0.5), atol=0.14)


def test_sinks_are_affine_functions_in_a_circuit():
    circuit = real_amplitudes(2, reps=1)
    sinks = QuantumFeatures(circuit, locality=2, **SINKS, engine="compiled").fit(X)
    assert sinks.random_weights_.shape == (3, 12)
    found = sinks.transform(NEW)
    for k in range(3):
        columns = slice(4 * k, 4 * k + 4)
        angles = NEW @ sinks.random_weights_[:, columns] + sinks.random_offset_[columns]
        table = expected(circuit, angles, 2)
        assert_allclose(found[:, 15 * k : 15 * k + 15], table, rtol=0, atol=1e-12)
    assert sinks.get_feature_names_out()[15] == "quantumfeatures_circuit1_x0"


@each(
    ("feature_map", "settings", "n_angles", "n_qubits"),
    [
        (None, {}, 16, 4),
        (None, {"n_angles": 5}, 5, 4),
        (real_amplitudes(2, reps=1), {}, 4, 2),
        (ReuploadingFeatureMap(n_qubits=2), {}, 8, 2),
        ("zz", {}, 3, 3),
        ("angle", {"n_angles": 5}, 5, 5),
    ],
    ids=label,
)
def test_numbers_of_angles(feature_map, settings, n_angles, n_qubits):
    sinks = QuantumFeatures(feature_map, **SINKS, **settings).fit(X)
    assert sinks.random_weights_.shape == (3, 3 * n_angles)
    assert sinks.circuit_.num_qubits == n_qubits
    assert sinks.feature_map_.n_features_in_ == n_angles


def test_what_none_stands_for():
    """Angles enter as they are; what is set in the same call counts."""
    assert QuantumFeatures(**SINKS).fit(X).feature_map_.bandwidth_ == 1.0
    assert QuantumFeatures().fit(X).circuit_.num_qubits == 10
    assert QuantumFeatures(patch_size=2).fit(X).circuit_.num_qubits == 4
    nested = QuantumFeatures().set_params(feature_map__n_qubits=3, gamma=1.0).fit(X)
    assert nested.feature_map_.bandwidth_ == 1.0
    assert nested.circuit_.num_qubits == 3


# -- extreme learning machines --------------------------------------------------------------------


def test_ansatz_is_a_fixed_random_circuit():
    encoding, ansatz = zz_feature_map(2, reps=1), real_amplitudes(2, reps=1)
    elm = QuantumFeatures(encoding, ansatz=ansatz, n_circuits=3, random_state=0).fit(X[:, :2])
    assert elm.weights_.shape == (3, 4)
    found = elm.transform(NEW[:, :2])
    for k, weights in enumerate(elm.weights_):
        circuit = encoding.compose(ansatz.assign_parameters(weights))
        table = expected(circuit, NEW[:, :2])
        assert_allclose(found[:, 6 * k : 6 * k + 6], table, rtol=0, atol=1e-12)
    assert_array_equal(elm.transform(NEW[:, :2]), found)


def test_angles_are_uniform():
    elm = QuantumFeatures("angle", ansatz=StronglyEntangling(9), n_circuits=50, random_state=0)
    weights = elm.fit(X).weights_
    assert weights.size == 50 * 81
    assert np.abs(weights).max() < np.pi
    # standard error of the variance of n uniform numbers
    error = weights.var() - np.pi**2 / 3
    assert abs(error) < 6 * np.pi**2 * np.sqrt(4 / 45 / weights.size)


def test_ansatz_that_repeats_the_encoding():
    ansatz = ReuploadingAnsatz(layers=2)
    elm = QuantumFeatures("angle", ansatz=ansatz, random_state=0).fit(X)
    scaling = ansatz.attach(AngleFeatureMap().build(3)).is_scaling
    assert scaling.any()
    assert_array_equal(elm.weights_[0] == 1.0, scaling)


# -- patches --------------------------------------------------------------------------------------


@each("patch_size", [2, (2, 2), (1, 3), [3, 1], (3, 4)], ids=str)
@each("stride", [1, 2, (2, 1)], ids=str)
def test_patches_against_a_plain_loop(patch_size, stride):
    features = QuantumFeatures(
        "angle", patch_size=patch_size, image_shape=(3, 4), stride=stride, engine="compiled"
    ).fit(IMAGES)
    height, width = (patch_size, patch_size) if patch_size == 2 else patch_size
    down, right = stride if isinstance(stride, tuple) else (stride, stride)
    circuit = AngleFeatureMap().build(height * width)
    tables, names = [], []
    for row in range(0, 3 - height + 1, down):
        for column in range(0, 4 - width + 1, right):
            cut = IMAGES.reshape(4, 3, 4)[:, row : row + height, column : column + width]
            if width * height < 5:
                tables.append(expected(circuit, cut.reshape(4, -1)))
            names += [
                f"quantumfeatures_r{row}_c{column}_{letter}{q}"
                for q in range(height * width)
                for letter in "xyz"
            ]
    found = features.transform(IMAGES)
    assert list(features.get_feature_names_out()) == names
    assert found.shape == (4, len(names))
    if tables:
        assert_allclose(found, np.hstack(tables), rtol=0, atol=1e-12)


def test_patches_are_those_of_scikit_learn():
    features = QuantumFeatures("angle", patch_size=2, image_shape=(3, 4)).fit(IMAGES)
    for image in IMAGES:
        patches = extract_patches_2d(image.reshape(3, 4), (2, 2)).reshape(-1, 4)
        assert_array_equal(image[features.patches_], patches)
    channels = np.arange(24.0)[None]
    features = QuantumFeatures("angle", patch_size=2, image_shape=(3, 4, 2)).fit(channels)
    patches = extract_patches_2d(channels.reshape(3, 4, 2), (2, 2)).reshape(-1, 8)
    assert_array_equal(channels[0, features.patches_], patches)
    assert features.get_feature_names_out()[-1] == "quantumfeatures_r1_c2_z7"


@each("stride", [1, 2])
def test_windows_of_sequences(stride):
    rows = np.random.default_rng(4).uniform(-3, 3, (3, 7))
    features = QuantumFeatures(
        "zz", patch_size=3, stride=stride, ansatz="real_amplitudes", random_state=0
    )
    found = features.fit_transform(rows)
    first = range(0, 5, stride)
    table = [expected(features.circuit_, whole_rows(features, rows[:, t : t + 3])) for t in first]
    assert_allclose(found, np.hstack(table), rtol=0, atol=1e-12)
    names = features.get_feature_names_out()
    assert names[9] == f"quantumfeatures_t{stride}_x0"


def whole_rows(features, rows):
    """Return values in the order of the circuit's parameters: w before x, by name."""
    return np.hstack([np.tile(features.weights_, (len(rows), 1)), rows])


def test_sinks_of_patches():
    """Every patch gets the same functions, whose scale is that of patches."""
    sinks = QuantumFeatures(patch_size=2, image_shape=(3, 4), **SINKS).fit(IMAGES)
    patches = IMAGES[:, sinks.patches_].reshape(-1, 4)
    alone = QuantumFeatures(**SINKS).fit(patches)
    assert_allclose(sinks.transform(IMAGES), alone.transform(patches).reshape(4, -1), atol=1e-14)
    names = sinks.get_feature_names_out()
    assert names[36 + 12] == "quantumfeatures_r0_c1_circuit1_x0"


# -- batches, workers, memory ---------------------------------------------------------------------


COMBINED = {
    "default": QuantumFeatures("zz"),
    "sinks": QuantumFeatures(**SINKS),
    "elm": QuantumFeatures("angle", ansatz="strongly_entangling", n_circuits=2, random_state=0),
    "windows": QuantumFeatures("angle", patch_size=2, ansatz="real_amplitudes", random_state=0),
}


@each("key", COMBINED)
@each("engine", ["compiled", AerEngine(shots=50)], ids=label)
def test_nothing_depends_on_batches_workers_and_other_rows(key, engine, monkeypatch):
    features = clone(COMBINED[key]).set_params(engine=engine, random_state=0).fit(X)
    whole = features.transform(X)
    workers = clone(features).set_params(n_jobs=2).fit(X)
    assert_array_equal(workers.transform(X), whole)
    assert_array_equal(features.transform(X[7:9]), whole[7:9])
    monkeypatch.setattr(_quantum_features, "BATCH_BYTES", 1)
    assert_array_equal(features.transform(X), whole)
    monkeypatch.undo()
    with config_context(working_memory=1e-6):
        assert_array_equal(features.transform(X), whole)


def test_shots_are_drawn_from_the_seed():
    features = QuantumFeatures("angle", engine=AerEngine(shots=100), random_state=0).fit(X)
    drawn, exact = features.transform(X), QuantumFeatures("angle").fit_transform(X)
    assert_allclose(drawn, exact, atol=6 / np.sqrt(100))
    assert np.abs(drawn - exact).max() > 1e-3
    assert_array_equal(clone(features).fit(X).transform(X), drawn)
    other = clone(features).set_params(random_state=1).fit(X)
    assert np.abs(other.transform(X) - drawn).max() > 1e-3


def test_one_shot_gives_bits():
    """The bitstrings of Wilson et al. (2018)."""
    observables = [SparsePauliOp("IIZ"), SparsePauliOp("IZI"), SparsePauliOp("ZII")]
    settings = {"observables": observables, "engine": AerEngine(shots=1), "n_angles": 3}
    bits = QuantumFeatures("angle", **{**SINKS, "n_circuits": 30}, **settings).fit_transform(X)
    assert set(np.unique(bits)) == {-1.0, 1.0}


def test_circuits_draw_shots_of_their_own():
    """Equal rows in different circuits."""
    elm = QuantumFeatures(
        QuantumCircuit(1).compose(AngleFeatureMap().build(1)),
        ansatz=turned_about_z(),
        observables=[Z],
        n_circuits=40,
        engine=AerEngine(shots=100),
        random_state=0,
    )
    drawn = elm.fit_transform([[np.pi / 2]])
    assert np.abs(drawn).max() < 0.6
    assert len(np.unique(drawn)) > 5


def turned_about_z():
    """Return a circuit that leaves Z as it is."""
    circuit = QuantumCircuit(1)
    circuit.rz(Parameter("a"), 0)
    return circuit


def test_each_row_is_simulated_once_per_circuit(monkeypatch):
    simulated = []
    of = _quantum_features.RowExpectations.of
    monkeypatch.setattr(
        _quantum_features.RowExpectations,
        "of",
        lambda self, engine, values, **o: simulated.append(len(values)) or of(self, engine, values),
    )
    QuantumFeatures(**SINKS).fit(X).transform(NEW)
    assert simulated == [0, 15]


def test_feature_maps_learn_from_evenly_spaced_rows(monkeypatch):
    """More than NUMBERS_TO_LEARN_FROM numbers: two million."""
    images = np.random.default_rng(0).normal(size=(2000, 12))
    features = QuantumFeatures(patch_size=2, image_shape=(3, 4))
    every = clone(features).fit(images).feature_map_.bandwidth_
    monkeypatch.setattr(_random_circuits, "NUMBERS_TO_LEARN_FROM", 24 * 500)
    some = features.fit(images).feature_map_.bandwidth_
    assert some == clone(features).fit(images[::4]).feature_map_.bandwidth_
    assert some != every
    assert some == pytest.approx(every, rel=0.05)


def test_memory_is_asked_first(monkeypatch):
    monkeypatch.setattr(CompiledEngine, "_open", None)  # nothing is opened
    with pytest.raises(InsufficientMemoryError, match="120 expectation values of 1 rows on 40 q"):
        QuantumFeatures("angle", engine="compiled").fit(np.zeros((2, 40)))
    with pytest.raises(InsufficientMemoryError, match="Drawing 1000000 functions of 3 features"):
        QuantumFeatures(gamma=1.0, n_circuits=10**6, n_angles=10**6).fit(X)


def test_output_is_asked_first(monkeypatch):
    features = QuantumFeatures("zz", engine="compiled").fit(X)
    monkeypatch.setattr(_memory, "free_memory", lambda: (10**8, ""))
    with pytest.raises(InsufficientMemoryError, match="9 expectation values of 2000000 rows"):
        features.transform(np.zeros((2_000_000, 3)))


def test_progress_is_shown(capsys):
    for verbose in (False, True):
        QuantumFeatures("angle", verbose=verbose).fit_transform(X)
        assert bool(capsys.readouterr().err) == verbose


def test_an_interrupt_leaves_the_fit_before(monkeypatch):
    features = QuantumFeatures(**SINKS).fit(X)
    before = features.transform(NEW)

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(_quantum_features, "attach_random", interrupted)
    with pytest.raises(KeyboardInterrupt):
        features.set_params(n_circuits=5).fit(X)
    monkeypatch.undo()
    assert_array_equal(features.transform(NEW), before)


def test_threads_share_a_fitted_object():
    features = QuantumFeatures(**SINKS, engine="compiled").fit(X)
    found = {}
    threads = [
        threading.Thread(target=lambda k=k: found.update({k: features.transform(X)}))
        for k in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in found.values():
        assert_array_equal(one, features.transform(X))


# -- as part of something -------------------------------------------------------------------------


def test_in_pipelines_and_searches():
    y = X[:, 0] * X[:, 1] > 0
    model = make_pipeline(
        StandardScaler(), QuantumFeatures(engine="compiled", random_state=0), LogisticRegression()
    )
    grid = {
        "quantumfeatures__gamma": [0.5, "scale"],
        "quantumfeatures__n_circuits": [2, 5],
        "quantumfeatures__feature_map__n_qubits": [2, 3],
        "quantumfeatures__ansatz": [None, "real_amplitudes"],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert len({tuple(scores) for scores in zip(*split_scores(search), strict=True)}) > 3
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert_array_equal(again[:-1].transform(NEW), search.best_estimator_[:-1].transform(NEW))


def split_scores(search):
    return search.cv_results_["split0_test_score"], search.cv_results_["split1_test_score"]


def test_nested_parameters_of_the_ansatz():
    elm = QuantumFeatures("angle", ansatz="real_amplitudes").set_params(ansatz__reps=1)
    assert elm.fit(X).weights_.shape == (1, 6)


@each("kind", [False, True], ids=["array", "frame"])
def test_frames_and_names(kind):
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("width"), 0)
    circuit.rx(Parameter("height"), 1)
    frame = pd.DataFrame(X[:, :2], columns=["width", "height"] if kind else ["a", "b"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the order of parameters
        features = QuantumFeatures(circuit).set_output(transform="pandas").fit(frame)
    found = features.transform(frame)
    assert list(found.columns) == list(features.get_feature_names_out())
    matched = frame["width"] if kind else frame["b"]  # height, width: in natural order
    assert_allclose(found["quantumfeatures_z0"], np.cos(matched), rtol=0, atol=1e-12)


def test_wrong_names():
    features = QuantumFeatures("angle").fit(X)
    with pytest.raises(ValueError, match="input_features should have length equal to"):
        features.get_feature_names_out(["a"])


@each("key", COMBINED)
def test_sparse_rows(key):
    dense = clone(COMBINED[key]).fit(X)
    sparse = clone(COMBINED[key]).fit(csr_array(X))
    assert_allclose(sparse.transform(csr_array(NEW)), dense.transform(NEW), rtol=0, atol=1e-12)


@each("key", COMBINED)
def test_skops(key):
    skops = pytest.importorskip("skops.io")
    features = clone(COMBINED[key]).fit(X)
    data = skops.dumps(features)
    again = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    assert_array_equal(again.transform(NEW), features.transform(NEW))
    assert_array_equal(again.get_feature_names_out(), features.get_feature_names_out())


def test_settings_take_effect_with_the_next_fit():
    features = QuantumFeatures("angle").fit(X)
    before = features.transform(NEW)
    features.set_params(observables=[SparsePauliOp("ZZZ")], engine=AerEngine(shots=3))
    assert_array_equal(features.transform(NEW), before)
    assert features.fit(X).transform(NEW).shape == (5, 1)


def test_parts_without_a_seed_get_the_seed():
    settings = {"feature_map__random_state": None, "engine": "compiled"}
    one, same, other = (
        QuantumFeatures("affine", random_state=s).set_params(**settings).fit_transform(X)
        for s in (0, 0, 1)
    )
    assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


# -- edges and refusals ---------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The angle")
@each("key", COMBINED)
def test_edges(key):
    features = clone(COMBINED[key]).fit(np.ones((1, 3)))
    assert np.isfinite(features.transform([[0.0, -1e3, 1e3]])).all()
    huge = features.transform([[1e6, 0.0, 0.0]])
    assert np.abs(huge).max() <= 1 + 1e-9


def test_one_qubit_and_one_feature():
    found = QuantumFeatures("angle").fit_transform([[0.3], [0.4]])
    table = [[np.sin(0.3), 0, np.cos(0.3)], [np.sin(0.4), 0, np.cos(0.4)]]
    assert_allclose(found, table, atol=1e-14)


def arccosine():
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    for qubit in range(2):
        circuit.ry(x[qubit].arccos(), qubit)
    return circuit


@each("batch_bytes", [1, 2**26])
def test_messages_name_rows(batch_bytes, monkeypatch):
    monkeypatch.setattr(_quantum_features, "BATCH_BYTES", batch_bytes)
    rows = np.full((6, 4), 0.5)
    elm = QuantumFeatures(
        arccosine(), patch_size=2, ansatz="real_amplitudes", n_circuits=2, engine="compiled"
    ).fit(rows)
    rows[4, 3] = 2.0
    with pytest.raises(RowError, match="row 4") as caught:
        elm.transform(rows)
    assert caught.value.args[1] == 4


@each(
    ("settings", "error", "message"),
    [
        ({"n_circuits": 2}, ValueError, "n_circuits=2, but without gamma and ansatz nothing is"),
        ({"n_circuits": 0}, ValueError, "'n_circuits' parameter"),
        ({"n_angles": 2}, ValueError, "n_angles=2 counts random angles, and gamma=None"),
        ({"gamma": 0.0}, ValueError, "'gamma' parameter"),
        ({"gamma": "auto"}, ValueError, "'gamma' parameter"),
        ({"image_shape": (1, 3)}, ValueError, r"image_shape=\(1, 3\) matters to patches only"),
        (
            {"image_shape": (2, 2), "patch_size": 1},
            ValueError,
            r"image_shape=\(2, 2\) has 4 numbers, X has 3 features",
        ),
        ({"image_shape": (3,), "patch_size": 1}, ValueError, "holds 1 numbers; pass .height, wid"),
        ({"image_shape": (3, 1.0), "patch_size": 1}, ValueError, "holds 1.0; use whole numbers"),
        ({"patch_size": 4}, ValueError, "patch_size=4 does not fit into 3 features"),
        ({"patch_size": 2, "image_shape": (1, 3)}, ValueError, "does not fit into image_shape="),
        ({"patch_size": (2, 2)}, ValueError, "holds 2 numbers, not 1; pass image_shape="),
        (
            {"patch_size": (1,), "image_shape": (1, 3)},
            ValueError,
            "holds 1 numbers, not 2; pass .height, width",
        ),
        ({"patch_size": 2, "stride": (0,)}, ValueError, r"stride=\(0,\) holds 0; use whole"),
        ({"patch_size": 2, "stride": 0}, ValueError, "'stride' parameter"),
        ({"patch_size": 0}, ValueError, "'patch_size' parameter"),
        ({"feature_map": "zzz"}, ValueError, "feature_map='zzz' is unknown"),
        ({"ansatz": "zzz"}, ValueError, "ansatz='zzz' is unknown"),
        ({"engine": "zzz"}, ValueError, "engine='zzz' is unknown"),
        ({"engine": ChainEngine(shots=100)}, AttributeError, "offers no expectatio"),
        ({"observables": []}, ValueError, "observables is empty"),
        ({"observables": ["ZZZ"]}, TypeError, "pass a SparsePauliOp"),
        ({"feature_map": "zz", "locality": 4}, ValueError, "locality=4 is more than the 3 qubits"),
        (
            {"feature_map": "zz", "observables": [SparsePauliOp("ZZ")]},
            ValueError,
            "acts on 2 qubits, the circuit has 3",
        ),
    ],
    ids=label,
)
def test_refused_in_fit(settings, error, message):
    features = QuantumFeatures(**settings)
    with pytest.raises(error, match=message):
        features.fit(X)
    assert not hasattr(features, "circuit_")


@each("rows", [np.empty((0, 3)), X[0], np.full((2, 3), np.nan), [["a", "b", "c"]]], ids=label)
def test_rows_that_are_none(rows):
    with pytest.raises(ValueError, match=r"0 sample|2D array|NaN|could not convert"):
        QuantumFeatures().fit(rows)


@each(
    "settings",
    [
        {"engine": "compiled"},
        {"engine": "compiled", "gamma": "scale", "n_circuits": 2},
        pytest.param(
            {"feature_map": "angle", "ansatz": "real_amplitudes", "engine": "compiled"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=label,
)
def test_passes_what_its_counterpart_passes(settings):
    failed, skipped, failed_there, skipped_there = (
        {result["check_name"] for result in results if result["status"] == status}
        for results in (
            check_estimator(estimator, on_fail=None, on_skip=None)
            for estimator in (QuantumFeatures(**settings), RBFSampler())
        )
        for status in ("failed", "skipped")
    )
    assert failed == failed_there == set()
    assert skipped <= skipped_there
