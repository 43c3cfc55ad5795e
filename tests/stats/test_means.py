"""Bounds of means, held against Clopper-Pearson, random weights, scipy and simulated false alarms."""

import math

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.means import (
    cluster_means,
    crossing,
    detectable_mean,
    gaffke_bounds,
    mean_p_value,
    smooth_crossing,
    student_bounds,
    student_p_value,
)
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.permutation import sign_flip_test
from pytest_modelcheck.stats.rates import clopper_pearson


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
def test_the_bounds_of_many_scores_are_nearly_normal(decimals):
    scores = np.round(np.random.default_rng(0).beta(8, 2, 10_000), decimals)
    low, high = gaffke_bounds(scores, 0.99)
    reach = 2.326 * scores.std() / 100
    assert (scores.mean() - low, high - scores.mean()) == pytest.approx((reach, reach), abs=6e-4)
    if decimals > 2:  # rounded to half a thousandth, outwards
        assert low < scores.mean() - reach
        assert high > scores.mean() + reach
    assert mean_p_value(scores, high) == pytest.approx(0.01, rel=1e-5)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_bounds_are_those_of_scipy_at_the_two_sided_level(level):
    values = np.random.default_rng(0).normal(3, 2, 12)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(2 * level - 1)
    assert student_bounds(values, level) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("values", [[], [0.5], [0.1] * 10, [1e9, 1e9]])
def test_constant_data_say_nothing(values):
    """Pitfall: scipy.stats.ttest_1samp gives p = 0 there."""
    assert student_bounds(values, 0.95) == (-math.inf, math.inf)


@pytest.mark.parametrize("at_least", [-1.0, 0.0, 0.3, 2.0])
def test_the_p_value_is_that_of_scipy(at_least):
    values = np.random.default_rng(0).normal(0.2, 0.5, size=25)
    expected = stats.ttest_1samp(values, at_least, alternative="less").pvalue
    assert student_p_value(values, at_least) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0, 3.0]])
def test_with_an_unknown_spread_nothing_fails(values):
    assert student_p_value(values, 5.0) == 1.0


def test_clusters_come_in_the_order_in_which_they_first_appear():
    assert cluster_means([1, 0, 0, 1, 1], ["b", "a", "b", "a", "b"]) == [2 / 3, 0.5]


def test_false_alarms_of_a_drop_are_kept_by_flipping_whole_clusters():
    """Twenty templates of twenty cases that break or are fixed together."""
    rng = np.random.default_rng(5)
    alone, together = [], []
    clusters = np.repeat(np.arange(20), 20)
    for _ in range(400):
        change = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=20)[clusters] * (rng.random(400) < 0.5)
        alone.append(mcnemar_exact(int((change == 1).sum()), int((change == -1).sum())))
        means = cluster_means(change.tolist(), clusters.tolist())
        together.append(sign_flip_test(means, 0.05).p_value)
    assert np.mean(np.array(alone) <= 0.05) > 0.2
    assert np.mean(np.array(together) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_false_alarms_of_a_rate_are_kept_by_taking_cluster_means():
    rng = np.random.default_rng(6)
    alone, together = [], []
    for _ in range(300):
        means = rng.beta(4.5, 0.5, 25)  # of mean 0.9
        passed = rng.binomial(10, means)
        together.append(mean_p_value(passed / 10, 0.9))
        alone.append(mean_p_value(np.repeat([1.0, 0.0], [passed.sum(), 250 - passed.sum()]), 0.9))
    assert np.mean(np.array(alone) <= 0.05) > 0.1
    assert np.mean(np.array(together) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5


def test_bisection_goes_to_the_last_bit():
    found = crossing(lambda x: x**3 - 2, 0, 2)
    assert found == pytest.approx(2 ** (1 / 3), abs=1e-15)


def test_bisection_stops_within_a_distance():
    calls = []
    found = crossing(lambda x: calls.append(x) or x - 0.7, 0, 1, within=0.01)
    assert found == pytest.approx(0.7, abs=0.01)
    assert len(calls) == 7


@pytest.mark.parametrize(("value", "end"), [(-1.0, 1.0), (1.0, 0.0)])
def test_no_crossing_gives_the_end_that_is_nearest(value, end):
    assert crossing(lambda _: value, 0, 1) == pytest.approx(end, abs=1e-15)
    assert smooth_crossing(lambda _: value, 0, 1, within=1e-12) == pytest.approx(end, abs=1e-9)


def test_the_smooth_search_needs_few_evaluations():
    calls = []

    def normal_scale(x):
        calls.append(x)
        return math.atanh(2 * x - 1) + 1.5

    assert smooth_crossing(normal_scale, 0, 1, within=1e-10) == pytest.approx((1 + math.tanh(-1.5)) / 2)
    assert len(calls) <= 15


def test_the_smooth_search_bears_infinite_values():
    def jumps(x):
        return -math.inf if x < 0.25 else math.inf if x > 0.75 else x - 0.6

    assert smooth_crossing(jumps, 0, 1, within=1e-10) == pytest.approx(0.6, abs=1e-9)


def test_the_detectable_mean_is_failed_with_about_that_power():
    rng = np.random.default_rng(2)
    mean = detectable_mean(100, deviation=0.15, at_least=0.8, false_fail_rate=0.01)
    spread = mean * (1 - mean) / 0.15**2 - 1
    failed = [
        mean_p_value(rng.beta(mean * spread, (1 - mean) * spread, 100), 0.8) <= 0.01 for _ in range(200)
    ]
    assert np.mean(failed) == pytest.approx(0.9, abs=0.09)


def test_the_detectable_mean_is_never_negative():
    assert detectable_mean(2, deviation=0.5, at_least=0.5, false_fail_rate=0.01) == 0.0
