"""Influences and the bootstrap of a metric, against formulas, and against recomputing the metric."""

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from pytest_modelcheck.stats.metrics import bootstrap, chance_of, influences, score_of_runs


def accuracy(expected, answers):
    return float(np.mean(np.asarray(expected) == np.asarray(answers)))


def macro(expected, answers):
    return f1_score(expected, answers, average="macro")


def test_runs_are_averaged_and_a_case_with_fewer_starts_again():
    assert score_of_runs(accuracy, [1, 1], [[1, 0], [1, 1]]) == 0.75
    assert score_of_runs(accuracy, [1, 1], [[1, 0], [1]]) == 0.75


def test_the_influence_on_accuracy_is_the_answer_less_the_mean():
    rng = np.random.default_rng(3)
    expected, answers = [1] * 50, (rng.random((50, 4)) < 0.8).astype(int).tolist()
    found, mean = np.array(influences(accuracy, expected, answers)), np.mean(answers)
    assert found == pytest.approx(np.array(answers) - mean)


def test_the_influence_on_auc_gives_the_variance_of_delong():
    rng = np.random.default_rng(5)
    labels = np.arange(300) % 2
    scores = rng.normal(labels * 1.0, 1.0)
    found = np.array(influences(lambda e, a: roc_auc_score(e, a), labels.tolist(), scores[:, None].tolist()))
    yes, no = scores[labels == 1], scores[labels == 0]
    placed = (yes[:, None] > no[None, :]).astype(float)
    delong = placed.mean(axis=1).var(ddof=1) / len(yes) + placed.mean(axis=0).var(ddof=1) / len(no)
    assert found.var() / len(labels) == pytest.approx(delong, rel=0.05)


def test_the_bootstrap_of_influences_is_that_of_the_metric():
    rng = np.random.default_rng(8)
    expected = (np.arange(200) % 4).tolist()
    answers = [one if rng.random() < 0.7 else int(rng.integers(4)) for one in expected]
    parts = [one / 200 for (one,) in influences(macro, expected, [[one] for one in answers])]
    linear = bootstrap(macro(expected, answers), parts, 0.05)
    whole = []
    for _ in range(300):
        drawn = rng.integers(200, size=200)
        whole.append(macro([expected[n] for n in drawn], [answers[n] for n in drawn]))
    assert linear.std() == pytest.approx(np.std(whole), rel=0.12)
    assert np.quantile(linear, 0.95) == pytest.approx(np.quantile(whole, 0.95), abs=0.015)


def test_an_answer_that_leaves_the_metric_undefined_has_no_influence():
    assert influences(lambda e, a: math.nan, [1, 0], [[1], [0]]) == [(0.0,), (0.0,)]


def test_the_observed_draw_counts():
    assert chance_of(np.zeros(9), at_least=1.0) == 0.1
    assert chance_of(np.ones(9), at_least=1.0) == 1.0


def test_equal_reprs_of_other_arrays_have_influences_of_their_own():
    one, other = np.zeros(4000), np.zeros(4000)
    other[2000] = 1
    assert repr(one) == repr(other)
    first, second = influences(lambda right, given: float(np.sum(given)), ["a", "a"], [[one], [other]])
    assert first != second
