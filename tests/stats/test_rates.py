"""A pass rate, several attempts and the odd one out, held against scipy.stats and published intervals."""

import itertools
import math
import random

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaincinv

from pytest_modelcheck.stats.rates import (
    beta_quantile,
    clopper_pearson,
    detectable_rate,
    failing_count,
    lower_tail,
    odd_one_out_p,
    pass_at_k,
    pass_hat_k,
    runs_needed,
    upper_tail,
)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 500])
@pytest.mark.parametrize("rate", [0.0, 1e-6, 0.3, 0.95, 1.0])
def test_tails_are_those_of_scipy(n, rate):
    for successes in {0, 1, n // 2, n - 1, n}:
        assert lower_tail(successes, n, rate) == pytest.approx(stats.binom.cdf(successes, n, rate), abs=1e-12)
        assert upper_tail(successes, n, rate) == pytest.approx(
            stats.binom.sf(successes - 1, n, rate), abs=1e-12
        )


@pytest.mark.parametrize("n", [1, 5, 40, 1000])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99, 0.99999])
def test_bounds_are_those_of_scipy_at_the_two_sided_level(n, level):
    for successes in {0, 1, n // 3, n - 1, n}:
        theirs = stats.binomtest(successes, n).proportion_ci(2 * level - 1, method="exact")
        ours = clopper_pearson(successes, n, level)
        assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-8)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684)],
)
def test_bounds_are_those_that_newcombe_published(successes, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 5: two-sided 95%."""
    assert clopper_pearson(successes, n, 0.975) == pytest.approx((low, high), abs=5e-5)


def test_fails_at_the_numbers_that_the_statistics_promise():
    """40 cases, at least 95%: 38 or more pass, 34 to 37 are inconclusive, 33 or fewer fail."""
    assert failing_count(40, 0.95, 0.01) == 33
    assert math.ceil(0.95 * 40) == 38
    passed = upper_tail(38, 40, 0.95)
    failed = lower_tail(33, 40, 0.95)
    assert (round(passed, 2), round(1 - passed - failed, 2), round(failed, 3)) == (0.68, 0.32, 0.003)


@pytest.mark.parametrize("n", [1, 2, 9, 40, 333])
@pytest.mark.parametrize("at_least", [0.0, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("false_fail_rate", [0.05, 0.001])
def test_the_failing_count_is_the_largest_whose_tail_is_small_enough(n, at_least, false_fail_rate):
    small = [k for k in range(n + 1) if stats.binom.cdf(k, n, at_least) <= false_fail_rate]
    assert failing_count(n, at_least, false_fail_rate) == max(small, default=-1)


@pytest.mark.parametrize("n", [1, 40, 200])
@pytest.mark.parametrize("at_least", [0.3, 0.95])
def test_a_rate_fails_exactly_where_its_upper_bound_misses_the_requirement(n, at_least):
    failing = failing_count(n, at_least, 0.01)
    assert [clopper_pearson(k, n, 0.99)[1] <= at_least for k in range(n + 1)] == [
        k <= failing for k in range(n + 1)
    ]


@pytest.mark.parametrize(("n", "at_least"), [(40, 0.95), (200, 0.95), (10, 1.0), (500, 0.5)])
def test_the_detectable_rate_fails_with_the_requested_power(n, at_least):
    rate = detectable_rate(n, at_least, 0.01, power=0.9)
    assert stats.binom.cdf(failing_count(n, at_least, 0.01), n, rate) == pytest.approx(0.9)


def test_nothing_is_detectable_where_nothing_can_fail():
    assert detectable_rate(1, 0.5, 0.01) is None
    assert detectable_rate(100, 0.0, 0.01) is None


def test_if_every_run_must_pass_one_failure_is_enough():
    assert failing_count(10, 1.0, 0.01) == 9
    assert detectable_rate(10, 1.0, 0.01) == pytest.approx((1 - 0.9) ** 0.1)


@pytest.mark.parametrize(("at_least", "rate"), [(0.95, 0.85), (0.5, 0.3), (1.0, 0.9), (0.9, 0.0)])
def test_the_runs_needed_are_the_fewest_from_which_on_the_power_holds(at_least, rate):
    needed = runs_needed(at_least, rate, 0.01)
    powers = [stats.binom.cdf(failing_count(n, at_least, 0.01), n, rate) for n in range(1, 3 * needed + 50)]
    short = [n for n, power in enumerate(powers, start=1) if power < 0.9]
    assert needed == max(short, default=0) + 1


def test_too_many_runs_are_none():
    assert runs_needed(0.95, 0.9499, 0.01, most=10_000) is None


@pytest.mark.parametrize("mean", [0.95, 0.6])
@pytest.mark.parametrize("n", [10, 40])
def test_the_verdict_holds_where_cases_differ_in_their_chance_to_pass(n, mean):
    """Hoeffding 1956: of all chances with this mean, equal ones have the heaviest tails."""
    failing = failing_count(n, mean, 0.05)
    rng = np.random.default_rng(1)
    for _ in range(30):
        chances = rng.beta(0.3, 0.3, n)
        chances = np.clip(chances + mean - chances.mean(), 0, 1)
        if chances.mean() < mean:  # clipped: a mean below the required one would not count
            chances += (1 - chances) * (mean - chances.mean()) / (1 - chances.mean())
        sums = np.ones(1)
        for chance in chances:
            sums = np.convolve(sums, [1 - chance, chance])
        assert sums[: failing + 1].sum() <= lower_tail(failing, n, mean) + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_quantiles_are_those_of_scipy(seed):
    generator = random.Random(seed)
    for _ in range(50):
        n = int(10 ** generator.uniform(0, 5))
        successes = generator.choice([1, n, generator.randint(1, n)])
        tail = generator.choice([1e-10, 1e-4, 0.01, 0.05, 0.5, 0.95])
        for a, b in ((successes, n - successes + 1), (n - successes + 1, successes)):
            assert beta_quantile(tail, a, b) == pytest.approx(betaincinv(a, b, tail), rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(1, 10**6), (10**6, 1), (5 * 10**5, 5 * 10**5), (10**6, 10**3)])
def test_of_a_million_trials_too(a, b):
    assert beta_quantile(0.01, a, b) == pytest.approx(betaincinv(a, b, 0.01), rel=1e-8)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.1, 3.0), (2.5, 0.3)])
def test_parameters_that_are_no_counts(a, b):
    for tail in (0.001, 0.3, 0.99):
        assert beta_quantile(tail, a, b) == pytest.approx(betaincinv(a, b, tail), rel=1e-8)


@pytest.mark.parametrize(
    ("runs", "passes", "k"), [(5, 2, 1), (5, 2, 3), (6, 0, 2), (6, 6, 6), (7, 5, 4), (1, 1, 1)]
)
def test_they_are_shares_of_all_choices(runs, passes, k):
    chosen = list(itertools.combinations([True] * passes + [False] * (runs - passes), k))
    assert pass_at_k(runs, passes, k) == pytest.approx(np.mean([any(some) for some in chosen]))
    assert pass_hat_k(runs, passes, k) == pytest.approx(np.mean([all(some) for some in chosen]))


@pytest.mark.parametrize(("runs", "passes", "k"), [(100, 3, 10), (200, 150, 20), (20, 19, 2)])
def test_pass_at_k_is_the_product_of_its_authors(runs, passes, k):
    """Chen et al. 2021, figure 3: the numerically stable form."""
    product = 1.0 - np.prod(1.0 - k / np.arange(runs - passes + 1, runs + 1))
    theirs = product if runs - passes >= k else 1.0
    assert pass_at_k(runs, passes, k) == pytest.approx(theirs)


def test_they_are_unbiased_where_the_plain_power_is_not():
    chance, runs, k = 0.3, 5, 3
    passes = np.random.default_rng(0).binomial(runs, chance, 20_000)
    at, hat = ([one(runs, found, k) for found in range(runs + 1)] for one in (pass_at_k, pass_hat_k))
    assert np.array(at)[passes].mean() == pytest.approx(1 - 0.7**3, abs=0.01)
    assert np.array(hat)[passes].mean() == pytest.approx(0.3**3, abs=0.005)
    assert ((passes / runs) ** k).mean() > 0.3**3 + 0.02


@pytest.mark.parametrize(("cached", "odd"), [(1, 1), (5, 9), (9, 9), (30, 60)])
def test_it_is_a_binomial_tail(cached, odd):
    expected = stats.binomtest(cached, odd, 1 / 3, alternative="greater").pvalue
    assert odd_one_out_p(cached, odd) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("odd", [0, 1, 40])
def test_without_an_odd_group_the_p_value_is_one(odd):
    assert odd_one_out_p(0, odd) == 1.0
