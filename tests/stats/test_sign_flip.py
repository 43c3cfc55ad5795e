"""The sign-flip test, held against all flips by brute force, scipy and McNemar."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.sign_flip import sign_flip_test


def by_brute_force(differences):
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
    assert found.p_value == pytest.approx(by_brute_force(differences), abs=1e-12)
    assert found.drop == pytest.approx(np.mean(differences))


@pytest.mark.parametrize(("regressed", "fixed"), [(7, 0), (12, 5), (3, 9), (600, 500)])
def test_of_single_runs_it_is_mcnemar(regressed, fixed):
    differences = [1] * regressed + [-1] * fixed + [0] * 50
    assert sign_flip_test(differences, 0.01).p_value == pytest.approx(
        mcnemar_exact(regressed, fixed), rel=1e-9
    )


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


def test_what_did_not_change_is_left_out():
    """Else 40 cases of which 12 changed would be too many to enumerate."""
    changed = np.random.default_rng(2).uniform(-1, 2, 12)
    found = sign_flip_test([*changed, *[0.0] * 28], 0.01)
    assert found.resamples is None
    assert found.p_value == pytest.approx(by_brute_force(changed))
    assert found.drop == pytest.approx(changed.sum() / 40)


def test_a_drawn_p_value_is_never_0():
    found = sign_flip_test(np.random.default_rng(2).uniform(0.5, 1, 40), 0.001)
    assert found.p_value == 1 / (found.resamples + 1) == 1 / 10_001


def test_no_difference_is_no_evidence():
    """Pitfall: constant data."""
    assert sign_flip_test([0.0] * 10, 0.01).p_value == 1.0
    assert sign_flip_test([0.1 - 0.1, 1e-12], 0.01).p_value == 1.0


def test_the_same_drop_everywhere_is_evidence():
    assert sign_flip_test([0.1] * 10, 0.01).p_value == 1 / 1024


def test_false_alarms_are_at_most_as_stated():
    rng = np.random.default_rng(8)
    p_values = [sign_flip_test(np.round(rng.standard_t(2, 25), 1), 0.05).p_value for _ in range(600)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 600) ** 0.5


@pytest.mark.parametrize("differences", [[], [[1, 2]], [1.0, float("nan")]])
def test_what_makes_no_sense_is_refused(differences):
    with pytest.raises(ValueError, match="differences must be a flat sequence of at least one number"):
        sign_flip_test(differences, 0.01)
