"""A margin for the paired drop: exact, held against a sum over every table."""

import math

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.noninferiority import drop_bounds, drop_p_value
from pytest_modelcheck.stats.paired import mcnemar_exact, tango_interval, tango_p_value, tango_score


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
    fails = [b for b in regressed if tango_p_value(int(b), 0, n, max_drop) <= 0.01]
    alone = stats.binom.pmf(0, n, rate) * stats.binom.sf(fails[0] - 1, n, (rate + max_drop) / (1 - rate))
    assert alone > 0.01  # from the tables without a fix alone
    assert drop_p_value(int(fails[0]), 0, n, max_drop) > 0.01


def test_it_agrees_with_tango_where_numbers_are_large():
    ours, theirs = drop_p_value(460, 210, 5000, 0.04), tango_p_value(460, 210, 5000, 0.04)
    assert ours == pytest.approx(theirs, rel=0.1)


def test_a_larger_margin_is_harder_to_miss():
    p_values = [drop_p_value(9, 1, 60, margin) for margin in np.linspace(0, 0.3, 25)]
    assert p_values == sorted(p_values)


def test_without_a_margin_it_is_no_weaker_than_mcnemar():
    assert drop_p_value(7, 0, 40, 0.0) <= mcnemar_exact(7, 0)


@pytest.mark.parametrize(("regressed", "fixed", "n"), [(9, 2, 100), (0, 0, 30), (2, 11, 50)])
def test_the_bounds_are_where_the_p_value_passes_the_tail(regressed, fixed, n):
    low, high = drop_bounds(regressed, fixed, n, 0.99)
    assert (
        drop_p_value(regressed, fixed, n, low - 1e-5) < 0.01 < drop_p_value(regressed, fixed, n, low + 1e-5)
    )
    assert drop_p_value(fixed, regressed, n, -high - 1e-5) < 0.01
    assert drop_p_value(fixed, regressed, n, -high + 1e-5) > 0.01
    assert (low, high) == pytest.approx(tango_interval(regressed, fixed, n, 0.99), abs=0.03)


def test_the_bounds_stay_within_what_is_possible():
    assert drop_bounds(5, 0, 5, 0.99)[1] == 1.0
    assert drop_bounds(0, 5, 5, 0.99)[0] == -1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: drop_p_value(1, 0, 10, 1.0), "max_drop must lie between -1 and 1, not 1.0"),
        (lambda: drop_p_value(11, 0, 10, 0.1), "regressed must be between 0 and 10, not 11"),
        (lambda: drop_bounds(5, 6, 10, 0.99), "fixed must be between 0 and 5, not 6"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
