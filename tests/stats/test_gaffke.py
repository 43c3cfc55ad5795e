"""The bound of a mean, held against Clopper-Pearson, random weights and simulated false alarms."""

import numpy as np
import pytest

from pytest_modelcheck.stats.binomial import clopper_pearson
from pytest_modelcheck.stats.gaffke import gaffke_bounds, mean_p_value


@pytest.mark.parametrize(
    ("passed", "n"),
    [(0, 1), (1, 1), (1, 2), (10, 10), (0, 10), (38, 40), (450, 500), (4_999, 5_000), (1, 999)],
)
@pytest.mark.parametrize("level", [0.8, 0.99, 0.999999])
def test_on_passes_and_failures_it_is_clopper_pearson(passed, n, level):
    ours = gaffke_bounds([1] * passed + [0] * (n - passed), level)
    assert ours == pytest.approx(clopper_pearson(passed, n, level), abs=1e-9)


def by_random_weights(scores, level, draws=60_000, seed=1):
    """The definition: a quantile over Dirichlet draws."""
    exponentials = np.random.default_rng(seed).standard_exponential((draws, len(scores) + 1))
    weights = exponentials / exponentials.sum(axis=1, keepdims=True)
    low = np.quantile(weights @ np.append(scores, 0.0), 1 - level)
    high = np.quantile(weights @ np.append(scores, 1.0), level)
    return low, high


@pytest.mark.parametrize("shape", [(8, 2), (50, 1), (0.1, 0.02), (0.5, 0.5)])
@pytest.mark.parametrize("n", [3, 30, 100])
def test_it_is_the_quantile_over_random_weights(n, shape):
    scores = np.random.default_rng(n).beta(*shape, n)
    assert gaffke_bounds(scores, 0.95) == pytest.approx(by_random_weights(scores, 0.95), abs=0.006)


def test_it_is_exact_for_two_scores_of_a_kind():
    """The weights of n scores of 1/2 and of one of 0 leave half of a beta variate: ``a ** (1 / n) / 2``."""
    low, high = gaffke_bounds([0.5] * 7, 0.99)
    assert low == pytest.approx(0.01 ** (1 / 7) / 2)
    assert high == pytest.approx(1 - 0.01 ** (1 / 7) / 2)


def test_the_order_of_the_scores_does_not_matter():
    scores = np.random.default_rng(0).random(20)
    assert gaffke_bounds(scores, 0.9) == gaffke_bounds(np.sort(scores), 0.9)


def test_bounds_close_in_as_scores_come():
    few, many = gaffke_bounds([0.7, 0.9] * 10, 0.99), gaffke_bounds([0.7, 0.9] * 500, 0.99)
    assert few[0] < many[0] < 0.8 < many[1] < few[1]


def test_little_spread_gives_tighter_bounds_than_pass_or_fail():
    graded = gaffke_bounds([0.8, 0.82] * 50, 0.99)
    binary = clopper_pearson(81, 100, 0.99)
    assert binary[0] < graded[0] < graded[1] < binary[1]


def test_another_scale_is_stretched():
    low, high = gaffke_bounds([0.25, 0.5, 0.75, 0.5], 0.9)
    assert gaffke_bounds([-0.5, 0, 0.5, 0], 0.9, low=-1, high=1) == pytest.approx((2 * low - 1, 2 * high - 1))


@pytest.mark.parametrize(("score", "bounds"), [(0.0, (0.0, 1 - 0.01**0.2)), (1.0, (0.01**0.2, 1.0))])
def test_constant_scores_are_not_taken_for_certain(score, bounds):
    """Pitfall: constant data gives a p-value of 0 under a t-test and NaN under a bootstrap."""
    assert gaffke_bounds([score] * 5, 0.99) == pytest.approx(bounds)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_the_p_value_is_the_tail_at_which_the_bound_is_the_requirement(level):
    scores = np.random.default_rng(3).beta(5, 2, 25)
    _, high = gaffke_bounds(scores, level)
    assert mean_p_value(scores, high) == pytest.approx(1 - level, rel=1e-6)


def test_the_p_value_of_passes_is_binomial():
    assert mean_p_value([1] * 33 + [0] * 7, 0.95) == pytest.approx(0.0034, abs=5e-5)
    assert mean_p_value([1] * 5, 1.0) == 1.0
    assert mean_p_value([1] * 4 + [0], 1.0) == 0.0


@pytest.mark.parametrize("decimals", [2, 15])
def test_of_many_scores_the_bounds_are_nearly_normal(decimals):
    scores = np.round(np.random.default_rng(0).beta(8, 2, 10_000), decimals)
    low, high = gaffke_bounds(scores, 0.99)
    reach = 2.326 * scores.std() / 100
    assert (scores.mean() - low, high - scores.mean()) == pytest.approx((reach, reach), abs=6e-4)
    if decimals > 2:  # rounded to half a thousandth, outwards
        assert low < scores.mean() - reach
        assert high > scores.mean() + reach
    assert mean_p_value(scores, high) == pytest.approx(0.01, rel=1e-5)


def beyond(rng, n):
    """Scores that are mostly 1 with a rare 0, the worst there is for t and the bootstrap."""
    return 1.0 - (rng.random(n) < 0.02)


def mixed(rng, n):
    return np.where(rng.random(n) < 0.7, 1.0, rng.beta(2, 2, n))


def skewed(rng, n):
    return rng.beta(0.3, 0.1, n)


@pytest.mark.parametrize(
    ("sample", "mean"), [(beyond, 0.98), (mixed, 0.85), (skewed, 0.75)], ids=["rare", "mixed", "skewed"]
)
@pytest.mark.parametrize("n", [10, 50])
def test_false_alarms_are_at_most_as_stated(sample, mean, n):
    """At the limit; 400 runs at 0.05: three standard deviations are 0.033."""
    rng = np.random.default_rng(n)
    p_values = [mean_p_value(sample(rng, n), mean) for _ in range(400)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 0.033


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaffke_bounds([], 0.9), "bounds of a mean need a flat sequence of at least one value"),
        (lambda: gaffke_bounds([[0.5]], 0.9), "bounds of a mean need a flat sequence of at least one value"),
        (lambda: gaffke_bounds([0.5, 1.2], 0.9), r"every value must lie in \[0.0, 1.0\]"),
        (lambda: gaffke_bounds([0.5, float("nan")], 0.9), r"every value must lie in \[0.0, 1.0\]"),
        (lambda: gaffke_bounds([2.0], 0.9, low=-1.0), r"every value must lie in \[-1.0, 1.0\]"),
        (lambda: gaffke_bounds([0.5], 1.0), "level must lie strictly between 0 and 1, not 1.0"),
        (lambda: mean_p_value([0.5], 1.5), r"at_least must lie in \[0, 1\], not 1.5"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
