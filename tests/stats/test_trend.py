"""Page's test, held against scipy and all orders by brute force."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.trend import page_trend

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


def test_ties_in_three_rows_do_not_raise_false_alarms():
    """The asymptotic test shows a rise in 13% of these at a level of 10%."""
    rng = np.random.default_rng(2)
    p_values = [page_trend(rng.integers(0, 3, size=(3, 3))) for _ in range(2_000)]
    assert np.mean(np.array(p_values) <= 0.1) <= 0.1 + 3 * (0.1 * 0.9 / 2_000) ** 0.5


def test_backwards_it_is_evidence_of_a_fall():
    assert page_trend(np.array(ROWS)[:, ::-1]) > 0.9


def test_rows_that_never_move_say_nothing():
    assert page_trend([[0.5] * 3] * 10) == 1.0
    assert page_trend([*ROWS, [0.7] * 4]) == pytest.approx(page_trend(ROWS))


def test_ties_do_not_raise_false_alarms():
    rng = np.random.default_rng(1)
    p_values = [page_trend(rng.integers(0, 2, size=(15, 3))) for _ in range(500)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 500) ** 0.5


@pytest.mark.parametrize("rows", [[], [[1, 2]], [1, 2, 3], [[1, 2, float("nan")]]])
def test_what_makes_no_sense_is_refused(rows):
    with pytest.raises(ValueError, match="a trend needs a row a case and at least three levels"):
        page_trend(rows)


def test_one_case_that_moves_is_one_order_of_all():
    assert page_trend([[1, 2, 3], [2, 2, 2]]) == pytest.approx(1 / 6)
