"""Distances between samples and their permutation tests, held against scipy and all exchanges."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.drift import label_drift, score_drift, total_variation, wasserstein


def test_total_variation_is_half_the_sum_of_differences():
    assert total_variation("aabb", "aaab") == 0.25
    assert total_variation(["x"], ["y", "y"]) == 1.0
    assert total_variation([1, "1", None], [None, 1, "1"]) == 0.0


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 8), (100, 40)])
def test_wasserstein_is_that_of_scipy(n, m):
    rng = np.random.default_rng(n)
    one, other = rng.normal(size=n), np.round(rng.normal(0.3, 2, size=m), 1)
    assert wasserstein(one, other) == pytest.approx(stats.wasserstein_distance(one, other))


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


def test_the_same_seed_gives_the_same_answer():
    one, other = np.arange(30.0), np.arange(30.0) + 3
    assert score_drift(one, other, 0.01, seed=4) == score_drift(one, other, 0.01, seed=4)


def test_constant_scores_have_not_drifted():
    found = score_drift([0.5] * 20, [0.5] * 20, 0.01)
    assert (found.distance, found.expected, found.p_value) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("paired", [False, True])
def test_false_alarms_are_at_most_as_stated(paired):
    rng = np.random.default_rng(5)
    labels, scores = [], []
    for _ in range(150):
        labels.append(label_drift(*rng.choice(list("aaabbc"), (2, 50)).tolist(), 0.05, paired=paired).p_value)
        scores.append(score_drift(*rng.exponential(size=(2, 40)), 0.05, paired=paired).p_value)
    for p_values in (labels, scores):
        assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5


def test_two_versions_are_told_apart_by_swapping_pairs_and_not_by_pooling():
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: total_variation([], ["a"]), "a sample is empty: there is nothing to compare"),
        (
            lambda: label_drift("ab", "a", 0.01, paired=True),
            "paired samples must be of one size, not 2 and 1",
        ),
        (
            lambda: score_drift([1, 2], [1], 0.01, paired=True),
            "paired samples must be of one size, not 2 and 1",
        ),
        (
            lambda: score_drift([], [1], 0.01),
            "a sample must be a flat sequence of at least one finite number",
        ),
        (lambda: wasserstein([1, float("nan")], [1]), "a sample must be a flat sequence"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
