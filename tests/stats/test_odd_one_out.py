import random

import pytest
from scipy import stats

from pytest_modelcheck.stats.odd_one_out import odd_one_out_p


@pytest.mark.parametrize(("remembered", "odd"), [(1, 1), (5, 9), (9, 9), (30, 60)])
def test_it_is_a_binomial_tail(remembered, odd):
    expected = stats.binomtest(remembered, odd, 1 / 3, alternative="greater").pvalue
    assert odd_one_out_p(remembered, odd) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("odd", [0, 1, 40])
def test_nothing_odd_about_what_is_remembered_says_nothing(odd):
    assert odd_one_out_p(0, odd) == 1.0


@pytest.mark.parametrize(("remembered", "odd"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts_are_refused(remembered, odd):
    with pytest.raises(ValueError, match="remembered|odd"):
        odd_one_out_p(remembered, odd)


def false_alarms(disagreement, questions, runs, alpha, rng):
    """How often a model that did not change is said to have, each question as noisy as it likes."""
    alarms = 0
    for _ in range(runs):
        remembered = odd = 0
        for _ in range(questions):
            noise = disagreement * rng.random() * 2
            old, one, two = (rng.random() < noise for _ in range(3))
            if not old == one == two:
                odd += 1
                remembered += one == two
        alarms += odd_one_out_p(remembered, odd) <= alpha
    return alarms / runs


@pytest.mark.parametrize("questions", [20, 100])
@pytest.mark.parametrize("disagreement", [0.05, 0.3, 0.5])
def test_a_noisy_model_that_did_not_change_seldom_fails(questions, disagreement):
    assert false_alarms(disagreement, questions, 1000, 0.05, random.Random(questions)) <= 0.05 + 0.015
