"""What a comparison can reveal, and Holm's adjustment, held against sums over every table."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import norm

from pytest_modelcheck.stats.exchange import exchange_p_value
from pytest_modelcheck.stats.paired import drop_p_value, mcnemar_exact, tango_score
from pytest_modelcheck.stats.power import detectable_drop, detectable_mean, drop_power, holm, pairs_needed


def by_every_table(pairs, drop, fix_rate, fails):
    total = 0.0
    for fixed in range(pairs + 1):
        for regressed in range(pairs - fixed + 1):
            if fails(regressed, fixed):
                ways = math.comb(pairs, fixed) * math.comb(pairs - fixed, regressed)
                same = pairs - regressed - fixed
                total += (
                    ways
                    * fix_rate**fixed
                    * (fix_rate + drop) ** regressed
                    * (1 - drop - 2 * fix_rate) ** same
                )
    return total


@pytest.mark.parametrize(
    ("pairs", "drop", "fix_rate"), [(30, 0.3, 0.05), (12, 0.5, 0.0), (25, 0.0, 0.2), (5, 0.2, 0.1)]
)
@pytest.mark.parametrize("false_fail_rate", [0.05, 0.01])
def test_power_is_the_chance_of_the_tables_that_fail(pairs, drop, fix_rate, false_fail_rate):
    def fails(regressed, fixed):
        return mcnemar_exact(regressed, fixed) <= false_fail_rate

    expected = by_every_table(pairs, drop, fix_rate, fails)
    assert drop_power(pairs, drop, fix_rate, false_fail_rate) == pytest.approx(expected, abs=1e-12)


def test_with_a_margin_it_is_that_of_the_score_test():
    def fails(regressed, fixed):
        return norm.sf(float(tango_score(regressed, fixed, 30, 0.05))) < 0.01

    expected = by_every_table(30, 0.3, 0.05, fails)
    assert drop_power(30, 0.3, 0.05, 0.01, max_drop=0.05) == pytest.approx(expected, abs=1e-12)


def test_the_score_test_is_close_to_the_exact_one_that_decides():
    def fails(regressed, fixed):
        return drop_p_value(regressed, fixed, 40, 0.05) <= 0.01

    expected = by_every_table(40, 0.3, 0.05, fails)
    assert drop_power(40, 0.3, 0.05, 0.01, max_drop=0.05) == pytest.approx(expected, abs=0.06)


def test_too_few_pairs_reveal_nothing():
    """Six broken of six are inconclusive at 0.01."""
    assert drop_power(6, 1.0, 0.0, 0.01) == 0.0
    assert drop_power(7, 1.0, 0.0, 0.01) == pytest.approx(1.0)
    assert detectable_drop(6, 0.0, 0.01) is None


@pytest.mark.parametrize(
    ("pairs", "fix_rate", "max_drop"), [(40, 0.0, 0.0), (200, 0.05, 0.0), (200, 0.02, 0.03)]
)
def test_the_detectable_drop_has_the_power_that_was_asked_for(pairs, fix_rate, max_drop):
    drop = detectable_drop(pairs, fix_rate, 0.01, power=0.8, max_drop=max_drop)
    assert drop_power(pairs, drop, fix_rate, 0.01, max_drop=max_drop) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(
    ("drop", "fix_rate", "max_drop"),
    [(0.2, 0.0, 0.0), (0.1, 0.03, 0.0), (0.15, 0.02, 0.05), (0.5, 0.2, 0.0), (0.1, 0.0, 0.02)],
)
def test_the_pairs_needed_are_the_fewest_from_which_on_the_power_holds(drop, fix_rate, max_drop):
    needed = pairs_needed(drop, fix_rate, 0.01, max_drop=max_drop)
    powers = [drop_power(n, drop, fix_rate, 0.01, max_drop=max_drop) for n in range(1, 2 * needed)]
    short = [n for n, power in enumerate(powers, start=1) if power < 0.9]
    assert needed == max(short, default=0) + 1


def test_what_takes_too_many_pairs_is_none():
    assert pairs_needed(0.001, 0.1, 0.01, most=10_000) is None


def test_repeats_count_as_pairs():
    """50 cases, four runs on either side, of a rate that fell from 0.89 to 0.77."""
    rng = np.random.default_rng(1)
    before, current = np.full(50, 0.89), np.full(50, 0.77)

    def runs(chances):
        return (rng.random((50, 4)) < chances[:, None]).astype(int).tolist()

    found = [exchange_p_value(runs(before), runs(current)) for _ in range(400)]
    fix_rate = 0.11 * 0.77
    assert np.mean(np.array(found) <= 0.01) == pytest.approx(drop_power(200, 0.12, fix_rate, 0.01), abs=0.08)


def test_the_detectable_mean_is_failed_with_about_that_power():
    from pytest_modelcheck.stats.means import mean_p_value

    rng = np.random.default_rng(2)
    mean = detectable_mean(100, deviation=0.15, at_least=0.8, false_fail_rate=0.01)
    spread = mean * (1 - mean) / 0.15**2 - 1
    failed = [
        mean_p_value(rng.beta(mean * spread, (1 - mean) * spread, 100), 0.8) <= 0.01 for _ in range(200)
    ]
    assert np.mean(failed) == pytest.approx(0.9, abs=0.09)


def test_the_detectable_mean_is_never_negative():
    assert detectable_mean(2, deviation=0.5, at_least=0.5, false_fail_rate=0.01) == 0.0


def test_it_is_the_published_one():
    """Example of the R documentation of p.adjust: the p-values of Hommel's paper, method "holm"."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_closure_of_bonferroni(seed):
    """A hypothesis is rejected where every set that it belongs to is: adjusted p is the largest of theirs."""
    p_values = np.random.default_rng(seed).random(6) ** 3
    for index, adjusted in enumerate(holm(p_values.tolist())):
        sets = [s for size in range(1, 7) for s in itertools.combinations(range(6), size) if index in s]
        assert adjusted == pytest.approx(max(min(1.0, len(s) * p_values[list(s)].min()) for s in sets))


def test_nothing_stays_nothing():
    assert holm([]) == []
    assert holm([1.0, 1.0]) == [1.0, 1.0]
