"""Curtailment decides exactly when no completion of the run could turn the verdict."""

import itertools

import pytest

from pytest_modelcheck.stats.curtailment import curtail_drop, curtail_rate


def only(verdicts):
    found = set(verdicts)
    return found.pop() if len(found) == 1 else None


@pytest.mark.parametrize("at_least", [0.0, 0.07, 0.5, 2 / 3, 0.95, 1.0])
def test_a_rate_is_decided_exactly_when_all_completions_agree(at_least):
    for passed, failed, left in itertools.product(range(5), range(5), range(5)):
        total = passed + failed + left
        if total:
            verdicts = [
                "passed" if (passed + more) / total >= at_least else "failed" for more in range(left + 1)
            ]
            assert curtail_rate(passed, failed, left, at_least) == only(verdicts)


@pytest.mark.parametrize("max_drop", [0.0, 0.1, 0.34])
def test_a_drop_is_decided_exactly_when_all_completions_agree(max_drop):
    for regressed, fixed, unchanged, was_right, was_wrong in itertools.product(range(3), repeat=5):
        total = regressed + fixed + unchanged + was_right + was_wrong
        if total:
            verdicts = [
                "failed" if (regressed + worse - fixed - better) / total > max_drop else "passed"
                for worse in range(was_right + 1)
                for better in range(was_wrong + 1)
            ]
            decided = curtail_drop(
                regressed, fixed, unchanged, left_passed=was_right, left_failed=was_wrong, max_drop=max_drop
            )
            assert decided == only(verdicts)


def test_limits_are_compared_as_rates():
    """0.07 * 100 is 7.000000000000001, and 7 of 100 are enough."""
    assert curtail_rate(7, 93, 0, 0.07) == "passed"


def test_an_empty_check_is_no_check():
    with pytest.raises(ValueError, match="all cases must be at least 1, not 0"):
        curtail_rate(0, 0, 0, 0.95)


def test_a_negative_number_is_refused():
    with pytest.raises(ValueError, match="a number of cases must be at least 0, not -1"):
        curtail_drop(1, -1, 5, left_passed=1, left_failed=1, max_drop=0)
