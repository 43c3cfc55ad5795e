"""Paired rates, held against scipy, published intervals and likelihoods that are maximised by brute force."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from pytest_modelcheck.stats.paired import (
    failing_regressions,
    mcnemar_exact,
    newcombe_interval,
    tango_interval,
    tango_p_value,
    tango_score,
    trinomial_tail,
)


@pytest.mark.parametrize(
    ("regressed", "fixed"), [(1, 0), (0, 5), (7, 0), (12, 1), (40, 38), (999, 1001), (1200, 1100)]
)
def test_mcnemar_is_the_sign_test_of_scipy(regressed, fixed):
    theirs = stats.binomtest(regressed, regressed + fixed, 0.5, alternative="greater").pvalue
    assert mcnemar_exact(regressed, fixed) == pytest.approx(theirs, rel=1e-9)


def test_mcnemar_is_the_published_one():
    """Cavo et al. 2012, exact conditional test, two-sided P = 0.052479 (R package contingencytables)."""
    assert 2 * mcnemar_exact(16, 6) == pytest.approx(0.052479, abs=5e-7)


def test_nothing_changed_is_no_evidence():
    assert mcnemar_exact(0, 0) == 1.0


def test_six_broken_are_inconclusive_and_seven_fail():
    """The promise of the statistics at the default false fail rate of 0.01."""
    assert mcnemar_exact(6, 0) == 1 / 64
    assert mcnemar_exact(7, 0) == 1 / 128
    assert failing_regressions(0, 0.01) == 7


def test_twelve_broken_and_one_fixed():
    """The example of the failure message: p = 0.002."""
    assert round(mcnemar_exact(12, 1), 3) == 0.002


@pytest.mark.parametrize("fixed", [0, 1, 5, 20])
@pytest.mark.parametrize("false_fail_rate", [0.05, 0.01, 0.0001])
def test_the_failing_regressions_are_the_fewest_that_fail(fixed, false_fail_rate):
    regressed = failing_regressions(fixed, false_fail_rate)
    assert mcnemar_exact(regressed, fixed) <= false_fail_rate < mcnemar_exact(regressed - 1, fixed)


def test_large_suites_make_small_changes_significant():
    """26,000 cases, 1.8 points: hence a margin and clusters beside the p-value."""
    assert mcnemar_exact(800, 332) < 1e-40


@pytest.mark.parametrize(
    ("table", "tango", "newcombe"),
    [
        # Cavo et al. 2012, as in Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables
        # (2017), chapter 8, and computed by the R package contingencytables.
        ((59, 6, 16, 80), (-0.1240, -0.0054), (-0.1186, -0.0046)),
        # Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table III (a), method 10.
        ((36, 12, 2, 0), None, (0.0569, 0.3404)),
    ],
)
def test_intervals_are_the_published_ones_of_two_sided_95_percent(table, tango, newcombe):
    if tango:
        assert tango_interval(*table[1:3], sum(table), 0.975) == pytest.approx(tango, abs=5e-5)
    if newcombe:
        assert newcombe_interval(*table, 0.975) == pytest.approx(newcombe, abs=5e-5)


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
    assert tango_p_value(12, 2, 50, 0.0) == pytest.approx(stats.norm.sf(10 / math.sqrt(14)))


@pytest.mark.parametrize(
    ("regressed", "fixed", "n"), [(9, 2, 100), (0, 0, 30), (30, 0, 30), (0, 4, 4), (1, 0, 1)]
)
def test_the_bounds_are_where_the_p_value_is_the_tail(regressed, fixed, n):
    low, high = tango_interval(regressed, fixed, n, 0.99)
    assert -1 <= low <= (regressed - fixed) / n <= high <= 1
    if low > -1:
        assert tango_p_value(regressed, fixed, n, low) == pytest.approx(0.01, rel=1e-6)
    if high < 1:
        assert tango_p_value(regressed, fixed, n, high) == pytest.approx(0.99, rel=1e-6)


def test_exchanging_the_versions_turns_the_intervals_round():
    low, high = tango_interval(9, 2, 100, 0.95)
    assert tango_interval(2, 9, 100, 0.95) == pytest.approx((-high, -low), abs=1e-12)
    low, high = newcombe_interval(80, 9, 2, 9, 0.95)
    assert newcombe_interval(80, 2, 9, 9, 0.95) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize("drop", [-0.1, 0.0, 0.05, 0.3])
def test_the_score_grows_with_what_broke_and_falls_with_what_was_fixed(drop):
    """What the exact test of a margin builds on."""
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar_exact(-1, 0), "regressed must be at least 0, not -1"),
        (lambda: tango_interval(3, 0, 2, 0.95), "regressed must be between 0 and 2, not 3"),
        (lambda: tango_p_value(1, 2, 2, 0.0), "fixed must be between 0 and 1, not 2"),
        (lambda: newcombe_interval(-1, 1, 1, 1, 0.95), "both_pass must be at least 0, not -1"),
        (lambda: newcombe_interval(0, 0, 0, 0, 0.95), "n must be at least 1, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
