"""The flip rate of a case, held against all pairs of its runs."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.flakiness import flip_rate


@pytest.mark.parametrize(("runs", "passes"), [(2, 1), (5, 0), (5, 3), (8, 8), (9, 4)])
def test_it_is_the_share_of_pairs_that_differ(runs, passes):
    pairs = itertools.combinations([True] * passes + [False] * (runs - passes), 2)
    assert flip_rate(runs, passes) == pytest.approx(np.mean([one != other for one, other in pairs]))


def test_one_run_says_nothing():
    with pytest.raises(ValueError, match="runs must be at least 2, not 1"):
        flip_rate(1, 1)


def test_more_cannot_pass_than_ran():
    with pytest.raises(ValueError, match="passes must be between 0 and 3, not 4"):
        flip_rate(3, 4)
