"""Exchanges and sign flips, held against brute force, McNemar, scipy and simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.permutation import chunks, resamples_for, scores_test, sign_flip_test


def by_brute_force(baseline, candidate):
    """The share of all exchanges within the cases whose drop is at least the one observed."""
    choices = []
    for before, after in zip(baseline, candidate, strict=True):
        pooled = [*before, *after]
        choices.append(
            [
                sum(pooled[i] for i in chosen) / len(before)
                - sum(pooled[i] for i in range(len(pooled)) if i not in chosen) / len(after)
                for chosen in itertools.combinations(range(len(pooled)), len(before))
            ]
        )
    observed = sum(
        np.mean(before) - np.mean(after) for before, after in zip(baseline, candidate, strict=True)
    )
    sums = np.array([sum(chosen) for chosen in itertools.product(*choices)])
    return np.mean(sums >= observed - 1e-9)


def runs(passes, of):
    return [[1.0] * passed + [0.0] * (of - passed) for passed in passes]


def of_five_runs(before, after):
    return scores_test(runs(before, 5), runs(after, 5), 0.05).p_value


@pytest.mark.parametrize(
    ("before", "old_runs", "after", "new_runs"),
    [
        ([3, 2, 3], 3, [1, 2, 0], 3),
        ([0, 2, 1], 2, [1, 2, 0], 2),
        ([1, 1, 1], 1, [2, 0, 3], 3),  # the baseline was run once
        ([2, 2], 2, [0, 0], 4),
        ([0, 0], 3, [0, 0], 3),
    ],
)
def test_repeats_are_exact(before, old_runs, after, new_runs):
    baseline, candidate = runs(before, old_runs), runs(after, new_runs)
    found = scores_test(baseline, candidate, 0.01)
    assert found.p_value == pytest.approx(by_brute_force(baseline, candidate), abs=1e-12)
    assert found.drop == pytest.approx(np.mean(before) / old_runs - np.mean(after) / new_runs)
    assert found.resamples is None


def test_for_a_single_case_it_is_fishers_exact_test():
    theirs = stats.fisher_exact([[9, 1], [4, 6]], alternative="greater").pvalue
    assert scores_test(runs([9], 10), runs([4], 10), 0.01).p_value == pytest.approx(theirs)


def test_a_suite_of_thousands_is_nearly_normal():
    rng = np.random.default_rng(0)
    before, after = rng.binomial(5, 0.8, 8_000), rng.binomial(5, 0.795, 8_000)
    share = (before + after) / 10
    deviation = (25 / 9 * share * (1 - share)).sum() ** 0.5  # of hypergeometric sums
    z = (after.sum() + 0.5 - 5 * share.sum()) / deviation
    assert of_five_runs(before, after) == pytest.approx(stats.norm.cdf(z), rel=0.01)


def test_single_scores_are_flipped():
    found = scores_test([[0.9], [0.8], [0.7]], [[0.5], [0.9], [0.6]], 0.01)
    assert found.resamples is None
    assert found.p_value == pytest.approx(by_brute_force([[0.9], [0.8], [0.7]], [[0.5], [0.9], [0.6]]))


@pytest.mark.parametrize("shapes", [[(3, 3)] * 3, [(2, 3), (3, 1), (2, 2)]])
def test_drawn_exchanges_come_near_to_all_exchanges(shapes):
    rng = np.random.default_rng(4)
    baseline = [rng.uniform(0.4, 1, old).tolist() for old, _ in shapes]
    candidate = [rng.uniform(0.1, 0.9, new).tolist() for _, new in shapes]
    found = scores_test(baseline, candidate, 0.001)
    assert found.resamples == 10_000
    assert found.p_value == pytest.approx(by_brute_force(baseline, candidate), abs=0.02)
    assert found == scores_test(baseline, candidate, 0.001)
    assert found.drop == pytest.approx(
        np.mean([np.mean(old) - np.mean(new) for old, new in zip(baseline, candidate, strict=True)])
    )


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e9])
def test_a_drop_does_not_depend_on_the_unit_of_the_scores(scale):
    rng = np.random.default_rng(3)
    before, after = rng.random((2, 40, 3)) * scale
    assert (
        scores_test(before + 0.3 * scale, after, 0.01).p_value
        == scores_test(before / scale + 0.3, after / scale, 0.01).p_value
    )
    assert sign_flip_test(rng.uniform(0.5, 1, 40) * scale, 0.01, scale=scale).p_value < 0.01
    assert scores_test([[0.3 * scale]] * 40, [[(0.1 + 0.2) * scale - 0.0]] * 40, 0.01).p_value == 1.0


def test_a_drawn_p_value_is_never_0():
    found = scores_test([[0.9, 0.91]] * 40, [[0.1, 0.11]] * 40, 0.01)
    assert found.p_value == 1 / 2_000


def test_ties_count_as_bad():
    assert scores_test([[0.5, 0.5]] * 5, [[0.5, 0.5]] * 5, 0.01).p_value == 1.0


def simulated(drop, of, trials, seed):
    """100 cases of differing difficulty, some of which got worse; five runs on either side."""
    rng = np.random.default_rng(seed)
    for _ in range(trials):
        chances = rng.beta(1, 0.4, 100)
        current = np.clip(chances - drop * (rng.random(100) < of), 0, 1)
        yield rng.binomial(5, chances), rng.binomial(5, current)


def test_pairing_sees_more_than_pooling_and_far_more_than_majorities():
    """The power of the statistics: 0.74 against 0.53 and 0.32, in a setting of the same kind."""
    paired, pooled, majority = [], [], []
    for old, new in simulated(0.4, 0.15, 300, 2):
        paired.append(of_five_runs(old, new))
        pooled.append(stats.hypergeom.cdf(new.sum(), 1_000, old.sum() + new.sum(), 500))
        was, current = old >= 3, new >= 3
        majority.append(mcnemar_exact(int((was & ~current).sum()), int((~was & current).sum())))
    powers = [np.mean(np.array(p_values) <= 0.05) for p_values in (paired, pooled, majority)]
    assert powers == pytest.approx([0.74, 0.58, 0.32], abs=0.08)


def by_brute_force_by_sign_flips(differences):
    flips = itertools.product([1, -1], repeat=len(differences))
    sums = [sum(sign * value for sign, value in zip(signs, differences, strict=True)) for signs in flips]
    return np.mean(np.array(sums) >= sum(differences) - 1e-9)


@pytest.mark.parametrize(
    "differences",
    [
        [1, 1, 0, -1, 1, 1],
        [0.25, -0.5, 1, 0.75, 0.25],
        [1 / 3, 2 / 3, -1 / 3, 1, 1 / 3],  # means of three runs
        [0.83 - 0.79, 0.1, 0.9 - 0.95, 0.07],  # grades with two decimals
        [0.123456789, 0.987654321, -0.55555, 0.31415926],  # no unit at all
        [-0.4, -0.2],
    ],
)
def test_it_is_exact_for_few_differences(differences):
    found = sign_flip_test(differences, 0.01)
    assert found.resamples is None
    assert found.p_value == pytest.approx(by_brute_force_by_sign_flips(differences), abs=1e-12)
    assert found.drop == pytest.approx(np.mean(differences))


@pytest.mark.parametrize(("regressed", "fixed"), [(7, 0), (12, 5), (3, 9), (600, 500)])
def test_for_single_runs_it_is_mcnemar_by_sign_flips(regressed, fixed):
    differences = [1] * regressed + [-1] * fixed + [0] * 50
    assert sign_flip_test(differences, 0.01).p_value == pytest.approx(
        mcnemar_exact(regressed, fixed), rel=1e-9
    )


@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1.0, 1e6, 1e12])
@pytest.mark.parametrize("offset", [0.0, math.pi])
def test_the_unit_of_the_differences_does_not_matter(scale, offset):
    """A billionth of 1 was rounding: prices in millions had p = 0, and probabilities of 1e-10 p = 1."""
    falls = [scale * (offset + fall) for fall in (1, 0.3, 0.7, 0.2, 0.9, 0.4, 0.6, 0.8)]
    assert sign_flip_test(falls, 0.01).p_value == 1 / 256
    assert sign_flip_test([*falls, 0.0, 0.0], 0.01).p_value == 1 / 256
    assert 0 < sign_flip_test(falls * 4, 0.01).p_value <= 1 / 2000


def test_many_grades_are_still_exact_and_agree_with_scipy():
    differences = np.round(np.random.default_rng(1).normal(0.02, 0.1, 60), 2)
    theirs = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", alternative="greater", n_resamples=20_000, rng=3
    )
    found = sign_flip_test(differences, 0.01)
    assert found.resamples is None
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.006)


def test_differences_without_a_unit_are_drawn():
    differences = np.random.default_rng(2).normal(0.3, 1, 40)
    found = sign_flip_test(differences, 0.01, seed=5)
    rounded = sign_flip_test(np.round(differences, 2), 0.01)
    assert found.resamples == 1_999
    assert rounded.resamples is None
    assert found.p_value == pytest.approx(rounded.p_value, abs=0.02)
    assert found == sign_flip_test(differences, 0.01, seed=5)


def test_drawn_ties_count_as_bad():
    """Differences of one size without a unit: their signs are binomial."""
    differences = [0.1234567891] * 20 + [-0.1234567891] * 10
    found = sign_flip_test(differences, 0.001)
    assert found.resamples == 10_000
    assert found.p_value == pytest.approx(stats.binom.sf(19, 30, 0.5), abs=0.01)


def test_unchanged_cases_are_left_out():
    """Otherwise 40 cases of which 12 changed would be too many to enumerate."""
    changed = np.random.default_rng(2).uniform(-1, 2, 12)
    found = sign_flip_test([*changed, *[0.0] * 28], 0.01)
    assert found.resamples is None
    assert found.p_value == pytest.approx(by_brute_force_by_sign_flips(changed))
    assert found.drop == pytest.approx(changed.sum() / 40)


def test_a_drawn_p_value_is_never_0_by_sign_flips():
    found = sign_flip_test(np.random.default_rng(2).uniform(0.5, 1, 40), 0.001)
    assert found.p_value == 1 / (found.resamples + 1) == 1 / 10_001


def test_no_difference_is_no_evidence():
    """Pitfall: constant data."""
    assert sign_flip_test([0.0] * 10, 0.01).p_value == 1.0
    assert sign_flip_test([0.1 - 0.1, 1e-12], 0.01, scale=1.0).p_value == 1.0


@pytest.mark.parametrize("false_fail_rate", [0.05, 0.01, 0.001, 0.01 / 200])
def test_the_p_value_can_get_well_below_the_level(false_fail_rate):
    """Pitfall: a permutation p-value cannot be under 1 / (B + 1)."""
    assert resamples_for(false_fail_rate) >= 10 / false_fail_rate
    assert 1 / (resamples_for(false_fail_rate) + 1) <= false_fail_rate / 10


@pytest.mark.parametrize("each", [0, 1, 1_000, 3_000_000])
def test_chunks_add_up_and_stay_small(each):
    found = chunks(1_999, each)
    assert sum(found) == 1_999
    assert max(found) == 1 or max(found) * each <= 2_000_000
