"""Student's bounds, held against scipy, and guarded against constant data."""

import math

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.student import student_bounds, student_p_value


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_bounds_are_those_of_scipy_at_the_two_sided_level(level):
    values = np.random.default_rng(0).normal(3, 2, 12)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(2 * level - 1)
    assert student_bounds(values, level) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("values", [[], [0.5], [0.1] * 10, [1e9, 1e9]])
def test_of_constant_data_nothing_is_known(values):
    """Pitfall: scipy.stats.ttest_1samp gives p = 0 there."""
    assert student_bounds(values, 0.95) == (-math.inf, math.inf)


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [1.0, math.inf], [1.0, math.nan]])
def test_what_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError, match="bounds of a mean need a flat sequence of finite numbers"):
        student_bounds(values, 0.95)


@pytest.mark.parametrize("at_least", [-1.0, 0.0, 0.3, 2.0])
def test_the_p_value_is_that_of_scipy(at_least):
    values = np.random.default_rng(0).normal(0.2, 0.5, size=25)
    expected = stats.ttest_1samp(values, at_least, alternative="less").pvalue
    assert student_p_value(values, at_least) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0, 3.0]])
def test_where_nothing_is_known_of_the_spread_nothing_fails(values):
    assert student_p_value(values, 5.0) == 1.0
