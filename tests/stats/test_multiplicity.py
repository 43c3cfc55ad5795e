"""Holm's adjustment, held against its definition by brute force and a published example."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.multiplicity import holm, per_check_rate


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


def test_a_p_value_lies_between_0_and_1():
    with pytest.raises(ValueError, match=r"a p-value must lie in \[0, 1\], not 1.5"):
        holm([0.1, 1.5])


def test_the_rate_of_a_suite_is_shared_out():
    assert per_check_rate(0.05, 1) == 0.05
    assert 1 - (1 - per_check_rate(0.05, 200)) ** 200 < 0.05


@pytest.mark.parametrize(
    ("rate", "checks", "message"),
    [
        (0.05, 0, "checks must be at least 1, not 0"),
        (0.0, 5, "suite_false_fail_rate must lie strictly between"),
    ],
)
def test_what_makes_no_sense_is_refused(rate, checks, message):
    with pytest.raises(ValueError, match=message):
        per_check_rate(rate, checks)
