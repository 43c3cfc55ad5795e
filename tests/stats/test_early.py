"""Bets against a requirement, and curtailment: wealth by hand, Wald's test, and stopping times of both."""

import itertools
import math

import numpy as np
import pytest

from pytest_modelcheck.stats.early import BettingTest, Curtailment, watch_drop, watch_mean
from pytest_modelcheck.stats.rates import lower_tail


def wealth_by_hand(values, null, expected, on_expected):
    boldest = 1 / (1 - null)
    stakes = [(null - expected) / (null * (1 - null))] + [0.9 * boldest * 0.6**step for step in range(12)]
    shares = [on_expected] + [(1 - on_expected) / 12] * 12
    return sum(
        share * math.prod(1 + stake * (null - value) for value in values)
        for share, stake in zip(shares, stakes, strict=True)
    )


@pytest.mark.parametrize("values", [[1, 0, 1, 1, 0, 0], [0.3, 0.99, 0.5], [1] * 40])
@pytest.mark.parametrize("on_expected", [0.0, 0.5, 0.8, 1.0])
def test_the_wealth_is_the_mixture_of_its_stakes(values, on_expected):
    bet = BettingTest(0.9, 0.8, on_expected)
    for upto, value in enumerate(values, start=1):
        assert bet.feed(value) == pytest.approx(wealth_by_hand(values[:upto], 0.9, 0.8, on_expected))


def test_with_one_stake_it_is_walds_likelihood_ratio():
    bet = BettingTest(0.95, 0.9, 1.0)
    values = np.random.default_rng(0).integers(0, 2, 30).tolist()
    ratio = math.prod((0.9 / 0.95 if value else 0.1 / 0.05) for value in values)
    assert [bet.feed(value) for value in values][-1] == pytest.approx(ratio)


@pytest.mark.parametrize("total", [None, 8])
@pytest.mark.parametrize("null", [0.5, 0.75])
def test_at_the_limit_the_wealth_is_1_on_average(total, null):
    """Over all sequences of a fair model, or all orders of a set of that mean: the heart of the promise."""
    wealths = []
    if total is None:
        for values in itertools.product([0, 1], repeat=7):
            bet = BettingTest(null, null - 0.3, 0.8)
            chance = math.prod(null if value else 1 - null for value in values)
            wealths.append(chance * [bet.feed(value) for value in values][-1])
    else:
        passed = round(null * total)
        orders = list(itertools.combinations(range(total), passed))
        for chosen in orders:
            bet = BettingTest(null, null - 0.3, 0.8, total)
            wealths.append([bet.feed(int(i in chosen)) for i in range(6)][-1] / len(orders))
    assert sum(wealths) == pytest.approx(1.0)


def test_an_impossible_result_is_certain():
    assert BettingTest(1.0, 0.9, 0.8).feed(0.99) == math.inf  # every case must pass, and one did not
    nine_of_ten = BettingTest(0.9, 0.8, 0.8, total=10)
    assert [nine_of_ten.feed(value) for value in (0, 0, 1)][-1] == math.inf


def test_a_set_that_has_met_its_requirement_is_left_alone():
    bet = BettingTest(0.5, 0.2, 0.8, total=4)
    before = [bet.feed(value) for value in (1, 1, 1)][-1]
    assert bet.feed(0) == before


def test_the_decision_is_the_first_and_stays():
    monitor = watch_mean(0.95, 0.05, 0.05, 0.10)
    assert monitor.feed([1, 1]) is None
    assert monitor.feed([0] * 10 + [1] * 500) == "failed"
    seen = monitor.seen
    assert monitor.feed([1] * 500) == "failed"
    assert monitor.seen == seen < 12


def by_bets(values, failing, passing):
    """The decision and the number of values that it took, by the two bets themselves."""
    for seen, value in enumerate(values, start=1):
        if failing.feed(value) >= 20:
            return "failed", seen
        if passing.feed(1 - value) >= 10:
            return "passed", seen
    return None, len(values)


@pytest.mark.parametrize("mean", [0.6, 0.8, 0.97])
@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("total", [None, 150])
def test_a_mean_is_watched_by_two_wagers(mean, graded, total):
    values = np.random.default_rng(3).binomial(4, mean, 150) / 4
    monitor = watch_mean(0.9, 0.15, 0.05, 0.10, graded=graded, total=total)
    monitor.feed(values.tolist())
    share = 0.5 if graded else 0.8
    expected = by_bets(values, BettingTest(0.9, 0.75, share, total), BettingTest(0.25, 0.1, share, total))
    assert (monitor.decision, monitor.seen) == expected


@pytest.mark.parametrize("drop", [-0.1, 0.1, 0.3])
@pytest.mark.parametrize("total", [None, 150])
def test_a_drop_is_watched_by_two_wagers(drop, total):
    values = np.random.default_rng(4).choice([1, 0, -1], 150, p=[0.3 + drop, 0.4, 0.3 - drop])
    monitor = watch_drop(0.02, 0.2, 0.05, 0.10, total=total)
    monitor.feed(values.tolist())
    failing, passing = BettingTest(0.49, 0.39, 0.0, total), BettingTest(0.61, 0.51, 0.0, total)
    assert (monitor.decision, monitor.seen) == by_bets((1 - values) / 2, failing, passing)


def test_batches_make_no_difference():
    values = np.random.default_rng(2).binomial(1, 0.8, 200).tolist()
    whole, parts = watch_mean(0.95, 0.05, 0.05, 0.1), watch_mean(0.95, 0.05, 0.05, 0.1)
    whole.feed(values)
    for start in range(0, 200, 8):
        parts.feed(values[start : start + 8])
    assert (whole.decision, whole.seen) == (parts.decision, parts.seen)


def outcomes(draw, watch, runs):
    """Decisions and mean number of values seen, over simulated runs."""
    monitors = [watch() for _ in range(runs)]
    decisions = [monitor.feed(draw()) for monitor in monitors]
    return (
        decisions.count("failed") / runs,
        decisions.count("passed") / runs,
        np.mean([monitor.seen for monitor in monitors]),
    )


def test_it_stops_as_soon_as_promised():
    """52 calls at a true rate of 0.99 and 33 at 0.80, where a fixed design needs 233."""
    rng = np.random.default_rng(1)

    def at(rate):
        return outcomes(
            lambda: rng.binomial(1, rate, 2_000).tolist(), lambda: watch_mean(0.95, 0.05, 0.05, 0.10), 400
        )

    _, good, calls_of_good = at(0.99)
    bad, _, calls_of_bad = at(0.80)
    assert (good, bad) == (1.0, 1.0)
    assert calls_of_good == pytest.approx(52, abs=5)
    assert calls_of_bad == pytest.approx(33, abs=4)


@pytest.mark.parametrize(
    ("draw", "graded", "total"),
    [
        (lambda rng, mean: rng.binomial(1, mean, 400), False, None),
        (lambda rng, mean: rng.beta(9 * mean, 9 * (1 - mean), 400), True, None),
        (
            lambda rng, mean: rng.permutation([1] * round(mean * 200) + [0] * round((1 - mean) * 200)),
            False,
            200,
        ),
    ],
    ids=["rate", "scores", "fixed set"],
)
def test_errors_of_either_kind_are_at_most_as_stated(draw, graded, total):
    rng = np.random.default_rng(7)

    def at(mean):
        return outcomes(
            lambda: draw(rng, mean).tolist(),
            lambda: watch_mean(0.9, 0.1, 0.05, 0.10, graded=graded, total=total),
            300,
        )

    assert at(0.9)[0] <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5
    assert at(0.8)[1] <= 0.10 + 3 * (0.10 * 0.90 / 300) ** 0.5


def test_errors_of_a_paired_watch_are_at_most_as_stated():
    rng = np.random.default_rng(8)

    def at(drop, fixed=0.05):
        return outcomes(
            lambda: rng.choice([1, 0, -1], 500, p=[drop + fixed, 1 - drop - 2 * fixed, fixed]).tolist(),
            lambda: watch_drop(0.02, 0.1, 0.05, 0.10),
            300,
        )

    assert at(0.02)[0] <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5
    assert at(0.12)[1] <= 0.10 + 3 * (0.10 * 0.90 / 300) ** 0.5
    assert at(0.25)[0] > 0.9


def test_an_exact_test_after_each_call_cries_wolf():
    """Pitfall: 0.13 to 0.30 at nominal 0.05."""
    rng = np.random.default_rng(9)
    limits = np.array(
        [max((k for k in range(n) if lower_tail(k, n, 0.95) <= 0.05), default=-1) for n in range(1, 201)]
    )
    passed = np.cumsum(rng.binomial(1, 0.95, (400, 200)), axis=1)
    assert (passed <= limits).any(axis=1).mean() > 0.13


def test_an_order_in_which_failures_come_first_cries_wolf():
    """Answers are fed in order of submission, as of forty concurrent calls wrong ones return first."""
    rng = np.random.default_rng(10)

    def false_alarms(reorder):
        return outcomes(
            lambda: reorder(rng.binomial(1, 0.95, 400)).tolist(),
            lambda: watch_mean(0.95, 0.05, 0.05, 0.10),
            400,
        )[0]

    def failures_first(values):
        return np.sort(values.reshape(-1, 40), axis=1).ravel()

    in_order, as_completed = false_alarms(np.asarray), false_alarms(failures_first)
    assert in_order <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
    assert as_completed > 0.10


def test_without_a_tolerance_nothing_passes_early():
    monitor = watch_mean(0.5, None, 0.01, 0.1)
    assert monitor.feed([1] * 500) is None
    assert watch_drop(0.0, None, 0.01, 0.1).feed([-1] * 500) is None


def test_without_a_tolerance_it_fails_early_nevertheless():
    assert watch_mean(0.95, None, 0.01, 0.1).feed([0] * 5) == "failed"
    assert watch_drop(0.1, None, 0.01, 0.1).feed([1] * 40) == "failed"


def test_a_case_that_does_not_count_makes_the_set_smaller():
    """Of nine, the ninth must be right for 8 of 9; of ten, one more may be wrong."""
    ten, nine = BettingTest(0.85, 0.5, 0.8, total=10), BettingTest(0.85, 0.5, 0.8, total=10)
    nine.leave_out()
    for value in (0, 1, 1, 1):
        ten.feed(value)
        nine.feed(value)
    assert nine.feed(0) > ten.feed(0)


RIGHT_OR_WRONG = (0, 1)
WAS_RIGHT, WAS_WRONG = (0, 1), (-1, 0)


def only(verdicts):
    found = set(verdicts)
    return found.pop() if len(found) == 1 else None


def after(seen, left, **allowed):
    """The decision after some cases, of which each has a loss and a range."""
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
    """For every combination of broken, fixed and inapplicable cases."""
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
