"""The classifier two-sample test, held against scikit-learn's AUC and simulated false alarms."""

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
