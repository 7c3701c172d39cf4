"""Shot budget, against binomial distributions."""

import math
import warnings

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose, assert_array_equal

from skquantum.exceptions import ConcentrationWarning
from skquantum.metrics import shots_needed, spread_to_noise, standard_error, warn_if_concentrated

K3 = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 1.0]])
METHODS = ["standard_error", "frobenius", "uniform", "spread"]


def measured(K, shots, seed):
    """Return a symmetric matrix of frequencies, each pair drawn once."""
    counts = np.triu(np.random.default_rng(seed).binomial(shots, K), 1)
    return (counts + counts.T) / shots + np.eye(len(K))


def random_kernel(n, low, high, seed):
    K = np.triu(np.random.default_rng(seed).uniform(low, high, (n, n)), 1)
    return K + K.T + np.eye(n)


def test_standard_error_is_that_of_binomial_draws():
    shots, n_draws = 50, 100_000
    k = np.array([0.02, 0.3, 0.5, 0.9])
    draws = np.random.default_rng(0).binomial(shots, k, (n_draws, len(k))) / shots
    expected = standard_error(k[np.newaxis], shots)[0]
    # The relative standard deviation of a sample variance is sqrt((kurtosis + 2) / n).
    kurtosis = scipy.stats.binom(shots, k).stats("k")
    deviation = (draws.var(axis=0) / expected**2 - 1) / np.sqrt((kurtosis + 2) / n_draws)
    assert np.abs(deviation).max() < 5  # false alarm with probability 2e-6


def test_smooth_standard_error_is_that_of_the_posterior():
    shots = 20
    counts = np.arange(shots + 1)
    posterior = scipy.stats.beta(1 + counts, 1 + shots - counts)
    smooth = standard_error(counts[np.newaxis] / shots, shots, smooth=True)
    assert_allclose(smooth[0], posterior.std(), rtol=1e-12)
    assert smooth.min() > 0


def test_rounding_above_one_is_no_error():
    assert_array_equal(standard_error([[1 + 1e-15, -1e-16]], 10), 0.0)


def test_shots_for_a_standard_error():
    for precision in [0.2, 0.05, 0.013]:
        shots = shots_needed(K3, precision)
        off_diagonal = K3[np.triu_indices(3, 1)][np.newaxis]
        assert standard_error(off_diagonal, shots).max() <= precision * (1 + 1e-12)
        assert standard_error(off_diagonal, shots - 1).max() > precision
    # 0.25 / 0.05**2 is 100 and a bit in floating point
    assert shots_needed(K3, 0.05) == 100


def test_shots_for_a_frobenius_norm():
    shots = shots_needed(K3, 0.05, method="frobenius")
    variances = standard_error(K3, shots) ** 2
    assert variances.sum() <= 0.05**2 < variances.sum() * shots / (shots - 1)
    n_draws = 2000
    errors = np.array([measured(K3, shots, seed) - K3 for seed in range(n_draws)])
    squares = np.sum(errors**2, axis=(1, 2))
    # False alarm with probability 3e-7.
    assert squares.mean() <= 0.05**2 + 5 * squares.std() / np.sqrt(n_draws)
    assert np.linalg.norm(errors, 2, axis=(1, 2)).mean() < 0.05


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_shots_for_all_entries_at_once(confidence):
    for n, precision in [(3, 0.1), (20, 0.05)]:
        K = random_kernel(n, 0.0, 1.0, seed=0)
        shots = shots_needed(K, precision, method="uniform", confidence=confidence)
        k = K[np.triu_indices(n, 1)]
        binomial = scipy.stats.binom(shots, k)
        outside = binomial.cdf(np.ceil(shots * (k - precision)) - 1)
        outside += binomial.sf(np.floor(shots * (k + precision)))
        assert outside.sum() <= 1 - confidence
        assert shots == math.ceil(math.log(n * (n - 1) / (1 - confidence)) / (2 * precision**2))


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_shots_to_tell_entries_apart(confidence):
    """As the code of arXiv:2407.15776 has it, with scipy's interquartile range."""
    K = random_kernel(12, 0.2, 0.3, seed=0)
    k = K[np.triu_indices(12, 1)]
    shots = shots_needed(K, 0.5, method="spread", confidence=confidence)
    tolerance = 0.5 * scipy.stats.iqr(k)
    typical = np.median(k)
    binomial = scipy.stats.binom(shots, typical)
    inside = binomial.cdf(np.floor(shots * (typical + tolerance)))
    inside -= binomial.cdf(np.ceil(shots * (typical - tolerance)) - 1)
    assert inside >= confidence
    expected = typical * (1 - typical) / ((1 - confidence) * tolerance**2)
    assert shots == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("confidence", [0.5, 0.99])
def test_shots_to_see_entries_at_all(confidence):
    K = random_kernel(12, 0.001, 0.02, seed=0)
    typical = np.median(K[np.triu_indices(12, 1)])
    shots = shots_needed(K, method="concentration", confidence=confidence)
    assert scipy.stats.binom(shots, typical).pmf(0) <= 1 - confidence
    assert scipy.stats.binom(shots - 1, typical).pmf(0) > 1 - confidence
    assert shots_needed(np.ones((3, 3)), method="concentration") == 1


def test_concentration_costs_exponentially_many_shots():
    # Entries around 2^-n that are spread by about 2^-n.
    needed = [
        shots_needed(2.0**-n * random_kernel(10, 0.5, 1.5, 0), 1.0, method="spread")
        for n in (4, 8, 12)
    ]
    ratios = np.divide(needed[1:], needed[:-1])
    assert_allclose(ratios, 2**4, rtol=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_diagonal_does_not_count_and_rectangles_do(method):
    other = K3.copy()
    np.fill_diagonal(other, 0.5)
    assert shots_needed(K3, 0.1, method=method) == shots_needed(other, 0.1, method=method)
    entries = K3[np.triu_indices(3, 1)][np.newaxis]
    if method != "frobenius":  # which adds both triangles
        assert shots_needed(entries, 0.1, method=method) == shots_needed(K3, 0.1, method=method)
    # Not symmetric: the raw matrix of a noisy device, every pair in both orders.
    raw = K3 + np.triu(np.full((3, 3), 0.01), 1)
    assert isinstance(shots_needed(raw, 0.1, method=method), int)


def test_certain_entries_need_one_shot():
    assert shots_needed(np.eye(3), 0.01) == 1


def test_ratio_of_an_exact_kernel():
    k = K3[np.triu_indices(3, 1)]
    expected = k.std(ddof=1) / np.sqrt(np.mean(k * (1 - k)) / 100)
    assert spread_to_noise(K3, 100, estimated=False) == pytest.approx(expected)
    # Four times the shots, half the noise.
    ratio = spread_to_noise(K3, 400, estimated=False)
    assert ratio == pytest.approx(2 * expected)
    assert spread_to_noise(np.eye(3), 100, estimated=False) == 0.0
    assert spread_to_noise([[0.0, 1.0]], 100, estimated=False) == math.inf


def test_noise_is_subtracted_from_the_spread_of_an_estimate():
    shots = 200
    K = random_kernel(40, 0.3, 0.5, seed=1)
    exact = spread_to_noise(K, shots, estimated=False)
    ratios = [spread_to_noise(measured(K, shots, seed), shots) for seed in range(50)]
    assert np.mean(ratios) == pytest.approx(exact, rel=0.03)
    naive = [spread_to_noise(measured(K, shots, seed), shots, estimated=False) for seed in range(5)]
    assert np.mean(naive) > 1.1 * exact


@pytest.mark.parametrize("k", [0.0, 2.0**-12, 0.1, 0.5])
def test_concentrated_kernels_warn(k):
    K = np.full((20, 20), k)
    for seed in range(20):
        # The spread that is left by chance is about (2 / 190) ** (1 / 4) = 0.3 of the noise.
        with pytest.warns(ConcentrationWarning, match="bandwidth"):
            warn_if_concentrated(measured(K, 1000, seed), 1000)
    with pytest.warns(ConcentrationWarning):
        warn_if_concentrated(K, 1000, estimated=False)


def test_text_of_the_warning():
    K = random_kernel(20, 0.49, 0.51, seed=0)
    message = r"spread of 0\.00\d+, below their shot noise of 0\.05 with 100 shots.*smaller bandw"
    with pytest.warns(ConcentrationWarning, match=message):
        warn_if_concentrated(K, 100, estimated=False)


def test_spread_out_kernels_do_not_warn():
    K = random_kernel(20, 0.0, 1.0, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(20):
            warn_if_concentrated(measured(K, 100, seed), 100)
        warn_if_concentrated(K, 100, estimated=False)
        # Nothing to compare.
        warn_if_concentrated(np.eye(1), 100)
        warn_if_concentrated([[1.0, 0.1], [0.1, 1.0]], 100)
        warn_if_concentrated(np.eye(5), 1)


@pytest.mark.parametrize("function", [standard_error, spread_to_noise, warn_if_concentrated])
def test_bad_input(function):
    for shots in [0, -1, 1.5] + [None] * (function is not warn_if_concentrated):
        with pytest.raises(ValueError, match=r"shots=.*, but it must be an integer of at least 1"):
            function(K3, shots)
    with pytest.raises(ValueError, match=r"K has entries from -0.2 to 1.3, .* before mitigation"):
        function([[1.3, -0.2, 0.1]], 100)
    with pytest.raises(ValueError, match="K contains NaN"):
        function([[np.nan, 0.2]], 100)


def test_bad_input_to_shots_needed():
    for precision in [0, -0.1, math.inf, math.nan, "0.1"]:
        with pytest.raises(ValueError, match=r"precision=.*, but it must be a number above 0"):
            shots_needed(K3, precision)
    for confidence in [0, 1, 1.5, math.nan]:
        with pytest.raises(ValueError, match=r"confidence=.*, but it must lie between 0 and 1"):
            shots_needed(K3, 0.1, method="uniform", confidence=confidence)
    with pytest.raises(ValueError, match="method='hoeffding' is unknown"):
        shots_needed(K3, 0.1, method="hoeffding")
    with pytest.raises(ValueError, match="no entry off the diagonal"):
        shots_needed([[1.0]], 0.1)
    with pytest.raises(
        ValueError, match="3 entries of K that count have an interquartile range of 0"
    ):
        shots_needed(np.full((3, 3), 0.1), 0.1, method="spread")
    rough = np.array([[1.0, 0.4, 0.0], [0.4, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for options in ({"method": "concentration"}, {"precision": 1, "method": "spread"}):
        with pytest.raises(ValueError, match="have the median 0, and no number of shots"):
            shots_needed(rough, **options)
    with pytest.raises(
        ValueError, match=r"precision=0.1, but method='concentration' asks for none"
    ):
        shots_needed(K3, 0.1, method="concentration")


def test_a_spread_needs_two_entries():
    with pytest.raises(ValueError, match="1 independent entries off the diagonal"):
        spread_to_noise([[1.0, 0.1], [0.1, 1.0]], 100)
    with pytest.raises(ValueError, match="estimated with shots=1"):
        spread_to_noise(K3, 1)


def test_exact_kernels_whose_rows_are_all_orthogonal_warn():
    for median, n_rows, warns in ((5e-4, 20, True), (2e-3, 20, False), (5e-4, 19, False)):
        K = np.full((n_rows, n_rows), median)
        np.fill_diagonal(K, 1.0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_if_concentrated(K)
            warn_if_concentrated(K[:, :5])  # not of rows with themselves
        assert [w.category for w in caught] == [ConcentrationWarning] * warns


def test_many_rows_are_looked_at_in_part():
    K = np.full((1200, 1200), 1e-5)
    np.fill_diagonal(K, 1.0)
    with pytest.warns(ConcentrationWarning, match="1.0e-05 for 1200 rows"):
        warn_if_concentrated(K)
