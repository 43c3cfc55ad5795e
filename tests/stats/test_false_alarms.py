"""Without a change, each test fails at most at its stated rate, by simulation with a seed."""

import numpy as np
import pytest

from pytest_modelcheck.stats import drift
from pytest_modelcheck.stats.drift import feature_drift, label_drift, score_drift
from pytest_modelcheck.stats.exchange import exchange_p_value, odd_run_p_value, page_trend
from pytest_modelcheck.stats.means import mean_p_value
from pytest_modelcheck.stats.noise import regression_excess, rise_p_value
from pytest_modelcheck.stats.permutation import scores_test, sign_flip_test
from pytest_modelcheck.stats.rates import odd_one_out_p
from pytest_modelcheck.stats.slices import concentrations, find_rule


def outcomes(rng, cases, *runs):
    """For each of several numbers of runs, outcomes of cases that differ in their chance to pass."""
    chances = rng.beta(0.9, 0.3, cases)[:, None]
    return [(rng.random((cases, number)) < chances).astype(int).tolist() for number in runs]


def rare_zeros(rng, n):
    """Scores that are mostly 1, the worst there is for Student's t and the bootstrap."""
    return mean_p_value(1.0 - (rng.random(n) < 0.02), 0.98)


def mixed(rng, n):
    return mean_p_value(np.where(rng.random(n) < 0.7, 1.0, rng.beta(2, 2, n)), 0.85)


def skewed(rng, n):
    return mean_p_value(rng.beta(0.3, 0.1, n), 0.75)


def odd_answers(rng, noise, questions=60):
    """A cached answer and two fresh ones to each question, of any noise."""
    odds = noise * 2 * rng.random((questions, 1))
    old, one, two = (rng.random((questions, 3)) < odds).T
    odd = ~((old == one) & (one == two))
    return odd_one_out_p(int((odd & (one == two)).sum()), int(odd.sum()))


def scores(rng, paired):
    return score_drift(*rng.exponential(size=(2, 40)), 0.05, paired=paired).p_value


def labels(rng, paired):
    return label_drift(*rng.choice(list("aaabbc"), (2, 50)).tolist(), 0.05, paired=paired).p_value


def features(rng, paired):
    return feature_drift(*rng.standard_t(3, size=(2, 40, 2)), 0.05, paired=paired).p_value


def regressions(rng, approved):
    return regression_excess(*outcomes(rng, 60, approved, 1), 0.05).p_value


def rise(rng):
    return rise_p_value(rng.normal(0, 0.05, 50), rng.normal(0, 0.3, 50), 0.05)


SIMULATIONS = {
    **{f"labels, paired {paired}": (150, 0.05, labels, paired) for paired in (False, True)},
    **{f"scores, paired {paired}": (150, 0.05, scores, paired) for paired in (False, True)},
    **{f"features, paired {paired}": (150, 0.05, features, paired) for paired in (False, True)},
    "exchange": (1_500, 0.05, lambda rng: exchange_p_value(*outcomes(rng, 30, 3, 2))),
    **{
        f"odd run of {number}": (
            400,
            0.05,
            lambda rng, runs: odd_run_p_value(*outcomes(rng, 40, runs)),
            number,
        )
        for number in (3, 5)
    },
    "runs of 0 and 1": (1_000, 0.05, lambda rng: scores_test(*outcomes(rng, 100, 5, 5), 0.05).p_value),
    "sign flips": (600, 0.05, lambda rng: sign_flip_test(np.round(rng.standard_t(2, 25), 1), 0.05).p_value),
    # The asymptotic test of a trend shows a rise in 13% of these at a level of 10%.
    "trend, three rows with ties": (2_000, 0.1, lambda rng: page_trend(rng.integers(0, 3, size=(3, 3)))),
    "trend, ties": (500, 0.05, lambda rng: page_trend(rng.integers(0, 2, size=(15, 3)))),
    **{
        f"mean of {n}, {sample.__name__}": (400, 0.05, sample, n)
        for sample in (rare_zeros, mixed, skewed)
        for n in (10, 50)
    },
    **{f"regressions, {approved} approved": (150, 0.05, regressions, approved) for approved in (2, 3)},
    "rise of a noisier version": (300, 0.05, rise),
    **{f"odd answers, noise {noise}": (1_000, 0.05, odd_answers, noise) for noise in (0.05, 0.3, 0.5)},
}


@pytest.mark.parametrize("name", SIMULATIONS)
def test_false_alarms_are_at_most_as_stated(monkeypatch, name):
    times, level, p_value, *arguments = SIMULATIONS[name]
    # A learner that is quick: the promise does not depend on which.
    nearest_mean = lambda old, new, rows, seed: rows @ (new.mean(axis=0) - old.mean(axis=0))  # noqa: E731
    monkeypatch.setattr(drift, "_learnt_scores", nearest_mean)
    rng = np.random.default_rng(1)
    alarms = sum(p_value(rng, *arguments) <= level for _ in range(times))
    assert alarms / times <= level + 3 * (level * (1 - level) / times) ** 0.5


def found_rule(rng):
    """Of more cases than are looked at."""
    features = rng.integers(0, 2, (5_000, 2))
    return find_rule(features, (features[:, 1] > 0) & (rng.random(5_000) < 0.5), seed=3)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: score_drift(*rng.normal(size=(2, 30)), 0.01, seed=4),
        lambda rng: feature_drift(*rng.normal(size=(2, 30, 2)), 0.05, seed=3),
        found_rule,
        lambda rng: concentrations([[1]] * 40, [[0]] * 20 + [[1]] * 20, [np.arange(40) % 3 == 0], 0.01),
    ],
)
def test_the_same_seed_gives_the_same_answer(call):
    found = call(np.random.default_rng(4))
    assert found
    assert found == call(np.random.default_rng(4))
