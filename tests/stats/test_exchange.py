"""Exchanges within units and Page's trend, held against every deal or order, scipy and simulation."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.exchange import (
    contradiction_p_value,
    exchange_p_value,
    fisher_p_value,
    odd_run_p_value,
    page_trend,
)
from pytest_modelcheck.stats.paired import mcnemar_exact


def every_deal(approved, current):
    """The drop under each way of dealing the runs out, all equally likely; the observed one first."""
    each = []
    for before, after in zip(approved, current, strict=True):
        runs = [*before, *after]
        drops = []
        for chosen in itertools.combinations(range(len(runs)), len(before)):
            mine = [runs[i] for i in chosen]
            rest = [runs[i] for i in range(len(runs)) if i not in chosen]
            drops.append(sum(mine) / len(mine) - sum(rest) / len(rest))
        each.append(drops)
    return np.array([sum(drops) for drops in itertools.product(*each)])


UNITS = [
    ([[1, 1, 1], [1, 0, 1], [0, 0, 0]], [[0], [0], [1]]),
    ([[1], [1, 1], [0, 1]], [[0, 0, 1], [0], [0]]),  # unequal numbers of runs
    ([[3, 2], [1, 4], [0, 1]], [[1, 2], [4, 4], [0, 0]]),  # several cases a unit
    ([[5, 5, 4], [1, 1, 1]], [[2], [0]]),
]


@pytest.mark.parametrize(("approved", "current"), UNITS)
def test_it_is_the_share_of_all_deals_that_are_as_bad(approved, current):
    drops = every_deal(approved, current)
    assert exchange_p_value(approved, current) == pytest.approx(np.mean(drops >= drops[0] - 1e-9))


@pytest.mark.parametrize(("approved", "current"), UNITS)
def test_a_contradiction_counts_both_directions(approved, current):
    drops = every_deal(approved, current)
    expected = np.mean(np.abs(drops) >= abs(drops[0]) - 1e-9)
    assert contradiction_p_value(approved, current) == pytest.approx(expected)
    assert contradiction_p_value(current, approved) == pytest.approx(expected)


@pytest.mark.parametrize(("regressed", "fixed"), [(7, 0), (12, 5), (3, 9), (40, 20)])
def test_of_single_runs_it_is_mcnemar(regressed, fixed):
    approved = [[1]] * regressed + [[0]] * fixed + [[1]] * 30
    current = [[0]] * regressed + [[1]] * fixed + [[1]] * 30
    assert exchange_p_value(approved, current) == pytest.approx(mcnemar_exact(regressed, fixed), rel=1e-9)


def test_cases_that_share_answers_are_no_evidence_one_by_one():
    """Ten cases that break together are one exchange in two, not one in 1,024."""
    assert exchange_p_value([[10]], [[0]]) == 0.5
    assert exchange_p_value([[1]] * 10, [[0]] * 10) == 2**-10


@pytest.mark.parametrize("table", [(10, 10, 4, 8), (497, 500, 1477, 1500), (3, 10, 30, 30), (0, 5, 0, 7)])
def test_fisher_is_that_of_scipy(table):
    approved_passed, approved_runs, current_passed, current_runs = table
    rows = [
        [approved_passed, approved_runs - approved_passed],
        [current_passed, current_runs - current_passed],
    ]
    theirs = stats.fisher_exact(rows, alternative="greater").pvalue
    assert fisher_p_value(*table) == pytest.approx(theirs, rel=1e-6)


def test_an_outage_in_one_of_three_runs_stands_out():
    rng = np.random.default_rng(2)
    clean = (rng.random((100, 3)) < 0.95).astype(int)
    assert odd_run_p_value(clean.tolist()) > 0.01
    clean[:, 1] = rng.random(100) < 0.6
    assert odd_run_p_value(clean.tolist()) < 0.001


ROWS = [[0.1, 0.4, 0.3, 0.9], [0.2, 0.1, 0.5, 0.6], [0.3, 0.4, 0.5, 0.45]]


def test_it_is_the_share_of_all_orders_that_rise_as_much():
    ranks = np.array([stats.rankdata(row) for row in ROWS])
    levels = np.arange(1, 5)
    each = [
        sum(a * b for a, b in zip(order, levels, strict=True)) for order in itertools.permutations(levels)
    ]
    sums = [sum(three) for three in itertools.product(each, repeat=3)]
    assert page_trend(ROWS) == pytest.approx(np.mean(np.array(sums) >= (ranks @ levels).sum()))


@pytest.mark.parametrize("shape", [(3, 3), (4, 5), (12, 4), (6, 8)])
def test_without_ties_it_is_that_of_scipy(shape):
    rows = np.random.default_rng(0).normal(size=shape) + np.arange(shape[1]) * 0.2
    assert page_trend(rows) == pytest.approx(stats.page_trend_test(rows, method="exact").pvalue)


def test_beyond_eight_levels_the_normal_distribution_is_close():
    rows = np.random.default_rng(0).normal(size=(8, 9)) + np.arange(9) * 0.1
    assert page_trend(rows) == pytest.approx(stats.page_trend_test(rows, method="exact").pvalue, rel=0.05)


def test_with_ties_it_is_the_share_of_all_orders():
    rows = [[1, 1, 2], [1, 2, 2], [0, 1, 3]]
    levels = np.arange(1, 4)
    each = [
        [float(np.dot(order, levels)) for order in itertools.permutations(stats.rankdata(row))]
        for row in rows
    ]
    observed = sum(float(stats.rankdata(row) @ levels) for row in rows)
    sums = np.array([sum(three) for three in itertools.product(*each)])
    assert page_trend(rows) == pytest.approx(np.mean(sums >= observed - 1e-9))


def test_rows_that_never_move_say_nothing():
    assert page_trend([[0.5] * 3] * 10) == 1.0
    assert page_trend([*ROWS, [0.7] * 4]) == pytest.approx(page_trend(ROWS))


def test_one_case_that_moves_is_one_order_of_all():
    assert page_trend([[1, 2, 3], [2, 2, 2]]) == pytest.approx(1 / 6)
