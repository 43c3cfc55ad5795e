"""Paired rates, held against scipy, brute force over every table and maximised likelihoods."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from pytest_modelcheck.stats.exchange import exchange_p_value
from pytest_modelcheck.stats.paired import (
    detectable_drop,
    drop_p_value,
    drop_power,
    holm,
    mcnemar_exact,
    pairs_needed,
    tango_score,
    trinomial_tail,
)


@pytest.mark.parametrize(
    ("regressed", "fixed"), [(0, 0), (1, 0), (0, 5), (7, 0), (12, 1), (40, 38), (999, 1001), (1200, 1100)]
)
def test_mcnemar_is_the_sign_test_of_scipy(regressed, fixed):
    theirs = stats.binom.sf(regressed - 1, regressed + fixed, 0.5)
    assert mcnemar_exact(regressed, fixed) == pytest.approx(theirs, rel=1e-9)


def test_mcnemar_is_the_published_one():
    """Cavo et al. 2012, exact conditional test, two-sided P = 0.052479 (R package contingencytables)."""
    assert 2 * mcnemar_exact(16, 6) == pytest.approx(0.052479, abs=5e-7)


def test_six_broken_are_inconclusive_and_seven_fail():
    """The promise of the statistics at the default false fail rate of 0.01."""
    assert mcnemar_exact(6, 0) == 1 / 64
    assert mcnemar_exact(7, 0) == 1 / 128


def restricted_fix_rate(regressed, fixed, n, drop):
    """The rate of fixes that makes the table most likely, found by a search, not by a formula."""

    def surprise(rate):
        logs = [
            count * math.log(chance)
            for count, chance in (
                (regressed, rate + drop),
                (fixed, rate),
                (n - regressed - fixed, 1 - 2 * rate - drop),
            )
            if count
        ]
        return -sum(logs)

    least, most = max(0.0, -drop), (1 - drop) / 2
    return optimize.minimize_scalar(
        surprise, bounds=(least + 1e-13, most - 1e-13), method="bounded", options={"xatol": 1e-13}
    ).x


@pytest.mark.parametrize(("regressed", "fixed", "n"), [(9, 2, 100), (3, 3, 20), (1, 7, 21), (40, 20, 160)])
@pytest.mark.parametrize("drop", [-0.2, -0.05, 0.02, 0.1, 0.4])
def test_the_score_is_that_of_the_restricted_likelihood(regressed, fixed, n, drop):
    rate = restricted_fix_rate(regressed, fixed, n, drop)
    theirs = (regressed - fixed - n * drop) / math.sqrt(n * (2 * rate + drop - drop**2))
    assert float(tango_score(regressed, fixed, n, drop)) == pytest.approx(theirs, rel=1e-5)


def test_at_no_drop_the_score_is_mcnemars():
    assert float(tango_score(12, 2, 50, 0.0)) == pytest.approx(10 / math.sqrt(14))


@pytest.mark.parametrize("drop", [-0.1, 0.0, 0.05, 0.3])
def test_the_score_grows_with_what_broke_and_falls_with_what_was_fixed(drop):
    """A premise of the exact test of a margin."""
    n = 15
    for regressed, fixed in itertools.product(range(n), range(n)):
        if regressed + fixed < n:
            here = float(tango_score(regressed, fixed, n, drop))
            assert float(tango_score(regressed + 1, fixed, n, drop)) > here
            assert float(tango_score(regressed, fixed + 1, n, drop)) < here


@pytest.mark.parametrize("drop", [-0.1, 0.0, 0.2])
def test_the_trinomial_tail_is_a_sum_of_multinomial_chances(drop):
    n, rates = 8, np.array([0.1, 0.3])
    worse_from = np.array([3, 0, 5, 2, 9, 1, 0, 2, 1])
    for rate, ours in zip(rates, trinomial_tail(rates, drop, np.arange(n + 1), worse_from, n), strict=True):
        theirs = sum(
            stats.multinomial.pmf([b, c, n - b - c], n, [rate + drop, rate, 1 - 2 * rate - drop])
            for c in range(n + 1)
            for b in range(n - c + 1)
            if b >= worse_from[c]
        )
        assert ours == pytest.approx(theirs, rel=1e-10)


def tango_p(regressed, fixed, n, drop):
    """The p-value of Tango's score test, which is asymptotic."""
    return stats.norm.sf(float(tango_score(regressed, fixed, n, drop)))


def tables(n):
    return [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]


def chance(at, n, rate, drop):
    """Of one table, for each rate of fixes."""
    b, c = at
    ways = math.comb(n, b) * math.comb(n - b, c)
    return ways * (rate + drop) ** b * rate**c * np.maximum(1 - 2 * rate - drop, 0) ** (n - b - c)


@pytest.mark.parametrize(("regressed", "fixed"), [(4, 1), (6, 0), (3, 2), (12, 0), (0, 3)])
@pytest.mark.parametrize("max_drop", [0.0, 0.1, -0.1])
def test_it_is_the_worst_tail_over_the_rates_of_fixes(regressed, fixed, max_drop):
    n = 12
    observed = float(tango_score(regressed, fixed, n, max_drop))
    worse = [at for at in tables(n) if float(tango_score(*at, n, max_drop)) >= observed - 1e-9]
    rates = np.linspace(max(0.0, -max_drop), (1 - max_drop) / 2, 30_001)
    worst = sum(chance(at, n, rates, max_drop) for at in worse).max()
    assert drop_p_value(regressed, fixed, n, max_drop) == pytest.approx(min(1, worst + 1e-9), rel=2e-6)


@pytest.mark.parametrize(("n", "max_drop"), [(10, 0.1), (25, 0.05)])
def test_false_alarms_are_at_most_as_stated(n, max_drop):
    """Exact, at the limit, where Tango's test raises up to twice as many."""
    p_values = {at: drop_p_value(*at, n, max_drop) for at in tables(n)}
    rates = np.linspace(0, (1 - max_drop) / 2, 500)
    for level in (0.01, 0.05):
        fails = [at for at, p_value in p_values.items() if p_value <= level]
        assert sum(chance(at, n, rates, max_drop) for at in fails).max() <= level


def test_tango_raises_more_false_alarms_than_it_says():
    n, max_drop = 100, 0.10
    rate = 0.0032  # of fixes
    regressed = np.arange(n + 1)
    fails = [b for b in regressed if tango_p(int(b), 0, n, max_drop) <= 0.01]
    alone = stats.binom.pmf(0, n, rate) * stats.binom.sf(fails[0] - 1, n, (rate + max_drop) / (1 - rate))
    assert alone > 0.01  # from the tables without a fix alone
    assert drop_p_value(int(fails[0]), 0, n, max_drop) > 0.01


def test_it_agrees_with_tango_where_numbers_are_large():
    ours, theirs = drop_p_value(460, 210, 5000, 0.04), tango_p(460, 210, 5000, 0.04)
    assert ours == pytest.approx(theirs, rel=0.1)


def test_a_larger_margin_is_harder_to_miss():
    p_values = [drop_p_value(9, 1, 60, margin) for margin in np.linspace(0, 0.3, 25)]
    assert p_values == sorted(p_values)


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
        return stats.norm.sf(float(tango_score(regressed, fixed, 30, 0.05))) < 0.01

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
def test_the_detectable_drop_has_the_requested_power(pairs, fix_rate, max_drop):
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


def test_a_drop_that_takes_too_many_pairs_is_none():
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


def test_holm_is_the_published_one():
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
