"""Exchanges within units, held against every deal by brute force, scipy, McNemar and simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.exchange import (
    contradiction_p_value,
    exchange_p_value,
    fisher_p_value,
    odd_run_p_value,
)
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.permutation import repeats_test


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


def test_of_single_cases_it_is_the_test_of_repeats():
    rng = np.random.default_rng(1)
    approved, current = rng.integers(0, 2, (60, 3)), rng.integers(0, 2, (60, 5))
    theirs = repeats_test(approved.sum(axis=1), 3, current.sum(axis=1), 5).p_value
    assert exchange_p_value(approved.tolist(), current.tolist()) == pytest.approx(theirs)


def test_cases_that_share_answers_are_no_evidence_one_by_one():
    """Ten cases that break together are one exchange in two, not one in 1,024."""
    assert exchange_p_value([[10]], [[0]]) == 0.5
    assert exchange_p_value([[1]] * 10, [[0]] * 10) == 2**-10


@pytest.mark.parametrize("table", [(10, 10, 4, 8), (497, 500, 1477, 1500), (3, 10, 30, 30), (0, 5, 0, 7)])
def test_fisher_is_that_of_scipy(table):
    then_passed, then_runs, now_passed, now_runs = table
    rows = [[then_passed, then_runs - then_passed], [now_passed, now_runs - now_passed]]
    theirs = stats.fisher_exact(rows, alternative="greater").pvalue
    assert fisher_p_value(*table) == pytest.approx(theirs, rel=1e-6)


def test_an_outage_in_one_of_three_runs_stands_out():
    rng = np.random.default_rng(2)
    clean = (rng.random((100, 3)) < 0.95).astype(int)
    assert odd_run_p_value(clean.tolist()) > 0.01
    clean[:, 1] = rng.random(100) < 0.6
    assert odd_run_p_value(clean.tolist()) < 0.001


@pytest.mark.parametrize("runs", [3, 5])
def test_runs_of_one_model_seldom_contradict_each_other(runs):
    rng = np.random.default_rng(runs)
    level, checks, odd = 0.05, 400, 0
    for _ in range(checks):
        chances = rng.beta(0.9, 0.3, 40)
        odd += odd_run_p_value((rng.random((40, runs)) < chances[:, None]).astype(int).tolist()) <= level
    assert odd / checks <= level + 3 * math.sqrt(level * (1 - level) / checks)


def test_false_alarms_are_at_most_as_stated():
    rng = np.random.default_rng(3)
    level, checks, failed = 0.05, 1_500, 0
    for _ in range(checks):
        chances = rng.beta(0.9, 0.3, 30)[:, None]
        approved, current = (rng.random((30, 3)) < chances), (rng.random((30, 2)) < chances)
        failed += exchange_p_value(approved.astype(int).tolist(), current.astype(int).tolist()) <= level
    assert failed / checks <= level + 3 * math.sqrt(level * (1 - level) / checks)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exchange_p_value([], []), "0 approved and 0 current units"),
        (lambda: exchange_p_value([[1]], [[1], [0]]), "1 approved and 2 current units"),
        (lambda: exchange_p_value([[1]], [[]]), "at least one run on either side"),
        (lambda: exchange_p_value([[]], [[1]]), "at least one run on either side"),
        (lambda: odd_run_p_value([[1, 0], [1]]), "equally many runs, not"),
        (lambda: fisher_p_value(3, 2, 1, 1), "then_passed must be between 0 and 2, not 3"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
