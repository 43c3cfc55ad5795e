"""The moment at which each limit is decided, depending on the model's noise."""

import pytest
from scipy.stats import binom

from pytest_modelcheck.checks.early import LossScale, StoppingRule, Terms, at_the_end, why_not_watched
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.records import GRADE, Case, CaseResult, Outcome, Scale, TrialResult

WHOLE = (0.0, 1.0)


def watch(losses, n=100, required=0.9, calibrated=(), runs=1, single=True, **limits):
    limit = {"at_least": WHOLE}
    terms = Terms(Limits(**limits), required, runs=runs, single=single, calibrated=frozenset(calibrated))
    watched = StoppingRule(terms, [limit] * n)
    for loss in losses:
        watched.feed({} if loss is None else {"at_least": loss}, limit)
    return watched


def decisions(watched, known):
    return [(each.limit, each.decision) for each in watched.decided(known)]


def test_nothing_is_decided_before_anything_was_judged():
    assert watch([], required=0.0).decided("exact") == ()
    assert watch([None], required=0.0).decided("exact") == ()


def test_a_certain_result_of_a_steady_model_may_be_noise_of_a_varying_one():
    watched = watch([0] * 80 + [1] * 11)
    assert decisions(watched, "exact") == [("at_least", "failed")]
    assert decisions(watched, "noisy") == []
    assert watched.suspicious


def test_only_a_pass_is_decided_early_of_an_unknown_model():
    assert decisions(watch([0] * 90), "unknown") == [("at_least", "passed")]
    failing = watch([1] * 60)
    assert decisions(failing, "unknown") == []
    assert failing.suspicious
    assert decisions(failing, "noisy") == [("at_least", "failed")]


def test_a_calibrated_limit_never_fails_by_noise_alone():
    assert decisions(watch([1] * 90, calibrated=["at_least"]), "noisy") == []


@pytest.mark.parametrize(("runs", "single"), [(1, True), (1, False), (3, False)])
def test_an_obvious_miss_fails_after_the_fewest_cases(runs, single):
    """As soon as the last test, at half of the rate, would fail even if all the rest passes."""
    losses, total = 0, 40 * runs
    while binom.cdf(total - losses, total, 0.95) > 0.01 / 2:
        losses += runs
    fewest = losses // runs
    # After so many right answers, the rule that watches on the way is far from a decision.
    options = {"n": 40, "required": 0.95, "runs": runs, "single": single}
    watched = [watch([0] * 25 + [1] * wrong, **options) for wrong in (fewest - 1, fewest)]
    assert [decisions(each, "noisy") for each in watched] == [[], [("at_least", "failed")]]


def test_a_version_that_breaks_case_after_case_fails_after_the_fewest():
    """As soon as McNemar's test would fail even if the case that failed before is fixed."""
    broken = 0
    while not broken or binom.sf(broken - 1, broken + 1, 0.5) > 0.01 / 2:
        broken += 1
    terms, limit = Terms(Limits(), None, compared="1.0"), {"max_drop": (0.0, 1.0)}
    watched = StoppingRule(terms, [limit] * 50 + [{"max_drop": (-1.0, 0.0)}])
    for loss in [0.0, *[1.0] * broken]:
        assert decisions(watched, "noisy") == []
        watched.feed({"max_drop": loss}, limit)
    assert decisions(watched, "noisy") == [("max_drop", "failed")]


def test_a_case_can_lose_what_it_was_worth_and_gain_the_rest():
    cases = [Case("x", id=name) for name in ("right", "wrong")]
    outcomes = {"right": Outcome.PASSED, "wrong": Outcome.FAILED}
    approved = {
        name: CaseResult(name, "x", None, "", (TrialResult(outcome),)) for name, outcome in outcomes.items()
    }
    scale = LossScale(approved)
    assert [scale.ranges([case])["max_drop"] for case in cases] == [(0.0, 1.0), (-1.0, 0.0)]
    assert [scale.ranges([case])["max_regressed"] for case in cases] == [(0.0, 1.0), (0.0, 0.0)]


def test_a_group_loses_the_mean_of_its_cases():
    group = [CaseResult(str(n), "x", None, "", (TrialResult(Outcome.PASSED),)) for n in range(3)]
    group.append(CaseResult("3", "x", None, "", (TrialResult(Outcome.FAILED),)))
    assert LossScale({}).losses(group) == {"at_least": 0.25}


def test_only_a_proof_leaves_half_of_the_chance_of_a_false_pass_for_the_end():
    def fewest(**limits):
        """The number of right answers that pass a model that varies."""
        options = {"n": 1_000, "required": 0.95, "tolerance": 0.05, **limits}
        return next(n for n in range(1, 1_000) if decisions(watch([0] * n, **options), "noisy"))

    rates = [
        {"false_pass_rate": 0.1},
        {"false_pass_rate": 0.05},
        {"false_pass_rate": 0.1, "require_proof": True},
    ]
    whole, half, proof = (fewest(**each) for each in rates)
    assert whole < half == proof


def test_a_limit_that_no_case_counts_for_is_not_watched():
    terms = Terms(Limits(), None, compared="1.0")
    watched = StoppingRule(terms, [{"at_least": WHOLE}] * 5)
    watched.feed({"at_least": 0.0}, {"at_least": WHOLE})
    assert watched.decided("exact") == ()


def test_half_of_the_error_rates_is_left_for_the_end():
    assert at_the_end(Limits(false_fail_rate=0.02)).false_fail_rate == 0.01
    proving = at_the_end(Limits(require_proof=True, false_pass_rate=0.2))
    assert proving.false_pass_rate == 0.1
    assert at_the_end(Limits()).false_pass_rate == Limits().false_pass_rate


@pytest.mark.parametrize(
    ("limits", "scale", "levels", "why"),
    [
        ({}, GRADE, None, None),
        ({"cluster": "t", "max_drop": 0.1}, GRADE, None, None),
        ({"cluster": "t", "max_regressed": 0.1}, GRADE, None, "max_regressed= counts cases"),
        ({}, Scale(-1.0, 1.0), None, "its scores go"),
        ({}, GRADE, object(), "it is judged over levels"),
    ],
)
def test_checks_that_cannot_stop_early(limits, scale, levels, why):
    found = why_not_watched(Limits(**limits), scale, levels)
    assert found is None if why is None else found.startswith(why)
