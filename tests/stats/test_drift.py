"""Distances and their permutation tests, held against scipy, scikit-learn's AUC and all exchanges."""

import itertools

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from pytest_modelcheck.stats import drift
from pytest_modelcheck.stats.drift import feature_drift, label_drift, score_drift, total_variation


def test_total_variation_is_half_the_sum_of_differences():
    assert total_variation("aabb", "aaab") == 0.25
    assert total_variation(["x"], ["y", "y"]) == 1.0
    assert total_variation([1, "1", None], [None, 1, "1"]) == 0.0


def all_exchanges(before, now, distance, paired):
    """The distance under every exchange."""
    if paired:
        for swaps in itertools.product([False, True], repeat=len(before)):
            pairs = [(b, a) if swap else (a, b) for a, b, swap in zip(before, now, swaps, strict=True)]
            yield distance([a for a, _ in pairs], [b for _, b in pairs])
    else:
        pooled = [*before, *now]
        for chosen in itertools.combinations(range(len(pooled)), len(before)):
            rest = [pooled[i] for i in range(len(pooled)) if i not in chosen]
            yield distance([pooled[i] for i in chosen], rest)


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(
    ("before", "now"), [("aabbca", "abbbbb"), ("aaaaaa", "aaaaab"), ("abcabc", "abcabc")]
)
def test_labels_come_near_to_all_exchanges(before, now, paired):
    every = np.array(list(all_exchanges(before, now, total_variation, paired)))
    found = label_drift(before, now, 0.0005, paired=paired)
    assert found.distance == total_variation(before, now)
    assert found.expected == pytest.approx(every.mean(), abs=0.006)
    assert found.p_value == pytest.approx(np.mean(every >= found.distance - 1e-9), abs=0.015)
    assert found.excess == pytest.approx(found.distance - found.expected)


@pytest.mark.parametrize("paired", [False, True])
def test_scores_come_near_to_all_exchanges(paired):
    rng = np.random.default_rng(3)
    before, now = rng.normal(0, 1, 6), rng.normal(0.7, 1, 6)
    every = np.array(list(all_exchanges(before, now, stats.wasserstein_distance, paired)))
    found = score_drift(before, now, 0.0005, paired=paired)
    assert found.distance == pytest.approx(stats.wasserstein_distance(before, now))
    assert found.expected == pytest.approx(every.mean(), abs=0.01)
    assert found.p_value == pytest.approx(np.mean(every >= found.distance - 1e-9), abs=0.015)


def test_scores_agree_with_the_permutation_test_of_scipy():
    rng = np.random.default_rng(4)
    before, now = rng.normal(0, 1, 40), rng.normal(0.5, 1, 30)
    theirs = stats.permutation_test(
        (before, now), stats.wasserstein_distance, alternative="greater", n_resamples=2_000, rng=1
    )
    assert score_drift(before, now, 0.001).p_value == pytest.approx(theirs.pvalue, abs=0.02)


def test_a_p_value_is_never_0():
    """Pitfall: it cannot be under 1 / (B + 1)."""
    assert label_drift("a" * 60, "b" * 60, 0.01).p_value == 1 / 2_000
    assert score_drift(np.arange(60), np.arange(60) + 100, 0.01).p_value == 1 / 2_000


def test_samples_may_be_of_different_size():
    found = label_drift("ab" * 50, "ab" * 5, 0.01)
    assert (found.distance, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize("scale", [1e-12, 1e-10, 1.0, 1e9])
@pytest.mark.parametrize("paired", [False, True])
def test_drift_does_not_depend_on_the_unit_of_the_scores(scale, paired):
    """An absolute tolerance for ties made numbers around 1e-10 never drift."""
    rng = np.random.default_rng(7)
    before, now = rng.normal(size=(2, 60))
    found = score_drift(before * scale, (now + 1) * scale, 0.01, paired=paired)
    plain = score_drift(before, now + 1, 0.01, paired=paired)
    assert found.p_value == plain.p_value <= 0.01
    assert found.distance == pytest.approx(plain.distance * scale)


def test_constant_scores_have_not_drifted():
    found = score_drift([0.5] * 20, [0.5] * 20, 0.01)
    assert (found.distance, found.expected, found.p_value) == (0.0, 0.0, 1.0)


def test_two_versions_are_distinguished_by_swapping_pairs_and_not_by_pooling():
    """The same 120 inputs, whose scores vary far more than the versions do: power 0.60 against 0.00."""
    rng = np.random.default_rng(6)
    swapped, pooled = [], []
    for _ in range(30):
        before = rng.normal(0, 1, 120)
        now = before + rng.normal(0.05, 0.2, 120)
        swapped.append(score_drift(before, now, 0.05, paired=True).p_value)
        pooled.append(score_drift(before, now, 0.05).p_value)
    assert np.mean(np.array(swapped) <= 0.05) > 0.5
    assert np.mean(np.array(pooled) <= 0.05) == 0.0


def test_a_large_sample_makes_a_tiny_change_significant_and_the_excess_says_so():
    """Pitfall: significance is not size; hence a tolerance beside the p-value."""
    found = label_drift("a" * 50_000 + "b" * 50_000, "a" * 51_000 + "b" * 49_000, 0.01)
    assert found.p_value < 0.01
    assert found.excess == pytest.approx(0.008, abs=0.001)


def test_a_small_sample_makes_a_large_distance_of_nothing():
    """Why a bare limit on a distance, as on PSI, fires on 50 labels of five kinds: it is mostly chance."""
    rng = np.random.default_rng(7)
    found = [label_drift(*rng.integers(0, 5, (2, 50)).tolist(), 0.01) for _ in range(50)]
    assert np.mean([drift.distance for drift in found]) > 0.1
    assert np.mean([drift.excess for drift in found]) == pytest.approx(0, abs=0.02)


def test_the_distance_is_the_gini_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores = np.round(rng.random(50), 1)  # with ties
    is_new = rng.random((4, 50)) < 0.4
    ours = drift._gini(stats.rankdata(scores), is_new)
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

    monkeypatch.setattr(drift, "_learnt_scores", first_feature)
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


def test_pairs_are_distinguished_by_a_small_change_of_each():
    rng = np.random.default_rng(2)
    before = rng.normal(size=(400, 1)) * 5
    now = before + 0.02
    rounded, shifted = np.hstack([before, before % 1 > 0.5]), np.hstack([now, before % 1 > 0.1])
    assert feature_drift(rounded, shifted, 0.01, paired=True).p_value < 0.01
