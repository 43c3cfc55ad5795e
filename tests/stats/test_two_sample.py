"""The classifier two-sample test, held against scikit-learn's AUC and simulated false alarms."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pytest_modelcheck.stats import two_sample
from pytest_modelcheck.stats.two_sample import feature_drift


def test_the_distance_is_the_gini_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores = np.round(rng.random(50), 1)  # with ties
    is_new = rng.random((4, 50)) < 0.4
    ours = two_sample._gini(two_sample._ranks(scores), is_new)
    assert ours == pytest.approx([2 * roc_auc_score(row, scores) - 1 for row in is_new])


def circle(rng, n):
    """Two features whose means and spreads say nothing: only together do they lie on a circle."""
    angles = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angles), np.sin(angles)]) * np.sqrt(2)


def test_it_sees_what_no_single_feature_shows():
    rng = np.random.default_rng(1)
    found = feature_drift(rng.normal(size=(300, 2)), circle(rng, 300), 0.01)
    assert found.p_value == 1 / 2_000
    assert found.excess > 0.3


@pytest.mark.parametrize("paired", [False, True])
def test_it_comes_near_to_all_exchanges_of_the_judged_half(paired, monkeypatch):
    """With the first feature for a score; the second tells which rows belong together."""
    judged = []

    def first_feature(old, new, rows, seed):
        judged.append(rows)
        return rows[:, 0]

    monkeypatch.setattr(two_sample, "_learnt_scores", first_feature)
    rng = np.random.default_rng(5)
    before, now = (np.column_stack([rng.normal(shift, 1, 9), np.arange(9)]) for shift in (0, 0.8))
    found = feature_drift(before, now, 0.0005, paired=paired)
    (rows,) = judged
    old, new = rows[:5], rows[5:]
    if paired:
        assert (old[:, 1] == new[:, 1]).all()
        choices = [np.r_[swaps, ~np.array(swaps)] for swaps in itertools.product([False, True], repeat=5)]
    else:
        choices = [np.isin(np.arange(10), chosen) for chosen in itertools.combinations(range(10), 5)]
    every = np.array([2 * roc_auc_score(is_new, rows[:, 0]) - 1 for is_new in choices])
    is_new = np.arange(10) >= 5
    assert found.distance == pytest.approx(2 * roc_auc_score(is_new, rows[:, 0]) - 1)
    assert found.expected == pytest.approx(every.mean(), abs=0.02)
    assert found.p_value == pytest.approx(np.mean(every >= found.distance - 1e-9), abs=0.015)


def test_pairs_are_told_apart_by_a_small_change_of_each():
    rng = np.random.default_rng(2)
    before = rng.normal(size=(400, 1)) * 5
    now = before + 0.02
    rounded, shifted = np.hstack([before, before % 1 > 0.5]), np.hstack([now, before % 1 > 0.1])
    assert feature_drift(rounded, shifted, 0.01, paired=True).p_value < 0.01


@pytest.mark.parametrize("paired", [False, True])
def test_false_alarms_are_at_most_as_stated(paired, monkeypatch):
    """With a learner that is quick; the promise does not depend on which."""

    def nearest_mean(old, new, rows, seed):
        return rows @ (new.mean(axis=0) - old.mean(axis=0))

    monkeypatch.setattr(two_sample, "_learnt_scores", nearest_mean)
    rng = np.random.default_rng(3)
    p_values = [
        feature_drift(*rng.standard_t(3, size=(2, 40, 2)), 0.05, paired=paired, seed=seed).p_value
        for seed in range(150)
    ]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5


def test_the_same_seed_gives_the_same_answer():
    rows = np.random.default_rng(4).normal(size=(2, 30, 2))
    assert feature_drift(*rows, 0.05, seed=3) == feature_drift(*rows, 0.05, seed=3)


@pytest.mark.parametrize(
    ("before", "now", "paired", "message"),
    [
        (np.zeros((7, 2)), np.zeros((9, 2)), False, "a table of finite numbers of at least 8 rows"),
        (np.zeros(20), np.zeros((9, 2)), False, "a table of finite numbers of at least 8 rows"),
        (np.full((9, 2), np.nan), np.zeros((9, 2)), False, "a table of finite numbers of at least 8 rows"),
        (np.zeros((9, 2)), np.zeros((9, 3)), False, r"do not fit together: shapes \(9, 2\) and \(9, 3\)"),
        (np.zeros((9, 2)), np.zeros((10, 2)), True, r"do not fit together: shapes \(9, 2\) and \(10, 2\)"),
    ],
)
def test_what_makes_no_sense_is_refused(before, now, paired, message):
    with pytest.raises(ValueError, match=message):
        feature_drift(before, now, 0.05, paired=paired)
