"""Curtailment decides exactly when no completion of the run could turn the verdict."""

import itertools

import pytest

from pytest_modelcheck.stats.curtailment import Curtailment

RIGHT_OR_WRONG = (0, 1)
WAS_RIGHT, WAS_WRONG = (0, 1), (-1, 0)


def only(verdicts):
    found = set(verdicts)
    return found.pop() if len(found) == 1 else None


def after(seen, left, **allowed):
    """What is decided once some cases were seen, of which each has a loss and a range."""
    watched = Curtailment([*(expected for _, expected in seen), *left], **allowed)
    for loss, expected in seen:
        watched.feed(loss, expected)
    return watched.decision


@pytest.mark.parametrize("at_least", [0.0, 0.07, 0.5, 2 / 3, 0.95, 1.0])
def test_a_rate_is_decided_exactly_when_all_completions_agree(at_least):
    for passed, failed, left in itertools.product(range(5), range(5), range(5)):
        total = passed + failed + left
        if not total:
            continue
        verdicts = ["passed" if (passed + more) / total >= at_least else "failed" for more in range(left + 1)]
        seen = [(0, RIGHT_OR_WRONG)] * passed + [(1, RIGHT_OR_WRONG)] * failed
        assert after(seen, [RIGHT_OR_WRONG] * left, each=1 - at_least) == only(verdicts)


@pytest.mark.parametrize("allowed", [{"altogether": 0}, {"altogether": 2}, {"each": 0.1}, {"each": 0.34}])
def test_a_drop_is_decided_only_when_all_completions_agree(allowed):
    """Whatever breaks, is fixed, or turns out not to apply."""
    whole = "altogether" in allowed
    for regressed, fixed, unchanged, was_right, was_wrong in itertools.product(range(3), repeat=5):
        seen = regressed + fixed + unchanged
        verdicts = set()
        for worse, better in itertools.product(range(was_right + 1), range(was_wrong + 1)):
            for gone in range(was_right - worse + was_wrong - better + 1):
                total = seen + was_right + was_wrong - gone
                net = regressed + worse - fixed - better
                if total:
                    value = net if whole else net / total
                    verdicts.add("failed" if value > next(iter(allowed.values())) else "passed")
        decided = after(
            [(1, WAS_RIGHT)] * regressed + [(-1, WAS_WRONG)] * fixed + [(0, WAS_RIGHT)] * unchanged,
            [WAS_RIGHT] * was_right + [WAS_WRONG] * was_wrong,
            **allowed,
        )
        if verdicts:
            assert decided == only(verdicts)


def test_limits_are_compared_as_rates():
    """0.07 * 100 is 7.000000000000001, and 7 of 100 are enough."""
    assert after([(0, RIGHT_OR_WRONG)] * 7 + [(1, RIGHT_OR_WRONG)] * 93, [], each=1 - 0.07) == "passed"


def test_a_case_that_does_not_apply_counts_for_nothing():
    one_wrong = [(1, RIGHT_OR_WRONG)]
    skipped = [(None, RIGHT_OR_WRONG)]
    assert after(one_wrong + skipped * 8, [RIGHT_OR_WRONG], each=0.4) == "failed"
    assert after(one_wrong, [RIGHT_OR_WRONG] * 9, each=0.4) is None


def test_scores_are_watched_like_rights_and_wrongs():
    assert after([(0.5, RIGHT_OR_WRONG)] * 4, [RIGHT_OR_WRONG] * 6, each=0.1) == "failed"
    assert after([(0.05, RIGHT_OR_WRONG)] * 9, [RIGHT_OR_WRONG], each=0.15) == "passed"
