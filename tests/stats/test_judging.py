"""Corrected rates and means: their promises, enumerated exactly or simulated, and their values."""

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from pytest_modelcheck.stats.judging import Errors, JudgedMean, JudgedRate
from pytest_modelcheck.stats.rates import clopper_pearson, lower_tail

LEVEL = 0.01


def false_fails(true, sensitivity, specificity, yes, no, cases, *, exact):
    """The chance that a rate which is just met fails, over all labels and all judged outcomes.

    Labels with which the judge is too weak are left out, as checks leave them uncorrected.
    """
    right = round(true * cases)
    if exact:
        of_right = binom.pmf(range(right + 1), right, sensitivity)
        chances = np.convolve(of_right, binom.pmf(range(cases - right + 1), cases - right, 1 - specificity))
    else:
        says_yes = true * sensitivity + (1 - true) * (1 - specificity)
        chances = binom.pmf(range(cases + 1), cases, says_yes)
    below = chances.cumsum()
    found = 0.0
    for a, b in itertools.product(range(yes + 1), range(no + 1)):
        weight = binom.pmf(a, yes, sensitivity) * binom.pmf(b, no, specificity)
        errors = Errors(yes, a, no, b)
        if weight < 1e-4 or errors.strength < 0.5:
            continue
        low, high = -1, cases
        while high - low > 1:
            middle = (low + high) // 2
            fails = JudgedRate(middle, cases, errors, exact=exact).p_value(right / cases) <= LEVEL
            low, high = (middle, high) if fails else (low, middle)
        found += weight * (below[low] if low >= 0 else 0.0)
    return found


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("rates", [(0.75, 0.99), (0.9, 0.8), (0.99, 0.99)])
@pytest.mark.parametrize(("yes", "no"), [(27, 3), (15, 15), (60, 30)])
def test_a_rate_that_is_met_fails_at_most_as_often_as_promised(rates, yes, no, exact):
    """For any prevalence among labels, which is not that of the cases, of which 90% are right."""
    assert false_fails(0.9, *rates, yes, no, 50, exact=exact) <= LEVEL


def test_a_rate_that_is_far_below_fails():
    errors = Errors(80, 76, 40, 36)
    assert JudgedRate(27, 50, errors).p_value(0.9) < LEVEL
    assert JudgedRate(46, 50, errors).p_value(0.9) > 0.5


def test_the_rate_is_that_of_rogan_and_gladen():
    judged = JudgedRate(46, 50, Errors(80, 76, 40, 30))
    assert judged.rate == pytest.approx((46 / 50 + 30 / 40 - 1) / (76 / 80 + 30 / 40 - 1))


def test_a_judge_that_never_errs_leaves_the_exact_binomial_test():
    errors = Errors(10**9, 10**9, 10**9, 10**9)
    judged = JudgedRate(40, 50, errors)
    assert judged.p_value(0.9) == pytest.approx(lower_tail(40, 50, 0.9), rel=1e-4)
    assert judged.bounds(0.99) == pytest.approx(clopper_pearson(40, 50, 0.99), abs=1e-3)


def test_the_chance_is_that_of_a_plain_simulation():
    rng = np.random.default_rng(7)
    draws = 200_000
    agree, alarm = (
        rng.beta(27, 4, draws),
        rng.beta(3, 18, draws),
    )  # the lower Clopper-Pearson of 27/30 and 3/20
    errors = Errors(30, 27, 20, 17)
    drawn = rng.binomial(50, 0.9 * agree + 0.1 * alarm) <= 38
    assert JudgedRate(38, 50, errors).p_value(0.9) == pytest.approx(drawn.mean(), abs=0.004)
    drawn = rng.binomial(45, agree) + rng.binomial(5, alarm) <= 38
    assert JudgedRate(38, 50, errors, exact=True).p_value(0.9) == pytest.approx(drawn.mean(), abs=0.004)
    drawn = rng.binomial(20, 0.9, draws) + rng.binomial(30, 0.9 * agree + 0.1 * alarm) <= 17 + 22
    assert JudgedRate(22, 30, errors, right=17, known=20).p_value(0.9) == pytest.approx(
        drawn.mean(), abs=0.004
    )


def test_labels_of_all_cases_decide_by_themselves():
    errors = Errors(30, 27, 20, 17)
    assert JudgedRate(0, 0, errors, right=44, known=50, exact=True).p_value(0.9) == 0.0
    assert JudgedRate(0, 0, errors, right=45, known=50, exact=True).p_value(0.9) == 1.0
    varying = JudgedRate(0, 0, errors, right=40, known=50)
    assert varying.rate == 0.8
    assert varying.p_value(0.9) == pytest.approx(lower_tail(40, 50, 0.9))
    assert varying.revealed(0.9, LEVEL) < 0.8


def test_the_bounds_are_where_the_test_decides():
    judged = JudgedRate(40, 50, Errors(60, 57, 30, 27))
    low, high = judged.bounds(0.95)
    assert low < judged.rate < high
    assert judged.p_value(high) == pytest.approx(0.05, abs=0.002)
    assert judged.turned.p_value(1 - low) == pytest.approx(0.05, abs=0.002)


def test_the_revealed_rate_is_the_greatest_that_fails():
    judged = JudgedRate(40, 50, Errors(60, 57, 30, 27))
    most = judged.revealed(0.9, LEVEL)
    fails = [k for k in range(51) if JudgedRate(k, 50, judged.errors).p_value(0.9) <= LEVEL]
    assert most == JudgedRate(max(fails), 50, judged.errors).rate
    assert JudgedRate(3, 3, Errors(20, 14, 20, 16)).revealed(0.5, 1e-6) is None


def test_labels_without_one_kind_have_no_strength():
    assert not Errors(30, 30, 0, 0).strength >= 0.5


def drawn_scores(kind, size, rng):
    truth = np.clip(rng.beta(6, 2, size), 0, 1)
    if kind == "noisy":
        return truth, np.clip(truth + rng.normal(-0.05, 0.15, size), 0, 1)
    return truth, np.where(rng.random(size) < 0.04, 0.0, truth)  # rarely, and grossly, wrong


@pytest.mark.parametrize("kind", ["noisy", "rarely wrong"])
@pytest.mark.parametrize(("labels", "cases"), [(30, 20), (30, 100), (100, 50)])
def test_a_mean_that_is_met_fails_at_most_as_often_as_promised(kind, labels, cases):
    """Student's interval as it stands fails it in up to 30% of runs, where the judge is rarely wrong."""
    rng = np.random.default_rng(3)
    fails = 0
    for _ in range(400):
        truth, grades = drawn_scores(kind, cases, rng)
        people, judge = drawn_scores(kind, labels, rng)
        judged = JudgedMean(tuple(grades), tuple(people - judge))
        fails += judged.p_value(truth.mean()) <= LEVEL
    assert fails <= 400 * LEVEL * 2


def test_the_mean_is_corrected_by_what_labels_are_above_the_judge():
    judged = JudgedMean((0.8, 0.9, 0.7, 1.0) * 10, (-0.2, -0.1, 0.0, -0.1) * 10, word=0.85)
    assert judged.rate == pytest.approx(0.75)
    assert judged.text == "judged 0.85 on average over 40 cases"
    low, high = judged.bounds(0.95)
    assert low < 0.75 < high
    assert judged.p_value(high) == pytest.approx(0.05, abs=1e-6)
    assert judged.p_value(0.95) < LEVEL < judged.p_value(0.8)
    assert 0 < judged.revealed(0.75, LEVEL) < 0.75


def test_scores_that_people_gave_to_all_cases_need_no_judge():
    judged = JudgedMean((), (0.0,) * 30, truths=(0.5, 0.6) * 20, word=0.9)
    assert judged.rate == pytest.approx(0.55)
    assert judged.p_value(0.9) < LEVEL
