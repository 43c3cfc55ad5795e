"""Changed answers and regressions, beyond the noise that the approved version had."""

import pytest

from pytest_modelcheck.checks.changes import (
    AnswerEvidence,
    CaseAnswers,
    look_at_changes,
    look_at_compared,
    look_at_regressed,
)
from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.protocol import FreshSets, Look, Probes, Reason, Rules
from pytest_modelcheck.records import Status

RULES = Rules()


def answers(*parts, approved=(0, 0, 0)):
    return [CaseAnswers(approved, sets) for number, *sets in parts for sets in [tuple(sets)] * number]


def changes(cases, allowance=0, **known):
    return look_at_changes(AnswerEvidence(cases, **known), allowance, RULES)


def test_the_excess_leaves_out_how_often_approved_answers_differ():
    case = CaseAnswers((0, 0, 1), ((0,),))
    assert case.excess(slice(None)) == pytest.approx(1 / 3 - 2 / 3)
    assert CaseAnswers((0,), ((1, 0),)).excess(slice(None)) == 0.5


def test_no_more_changes_than_allowed_pass():
    assert changes(answers((98, (0,)), (2, (1,))), 2) == Look(Status.PASSED, Reason.MET)
    assert changes([]) == Look(Status.PASSED, Reason.MET)


def test_one_change_of_a_steady_model_fails_after_fresh_sets():
    assert changes(answers((99, (0,)), (1, (1,)))).needs == FreshSets()
    look = changes(answers((99, (0,), (0,), (0,)), (1, (1,), (1,), (1,))))
    assert look == Look(Status.FAILED, Reason.EXACT)


def test_a_model_that_answers_at_random_now_fails():
    """Its own noise is not subtracted: the rise is the change."""
    moved = [CaseAnswers((0, 0, 0), ((n % 5,), ((n + 2) % 5,), ((3 * n + 1) % 5,))) for n in range(50)]
    assert changes(moved, 0.02).status is Status.FAILED


def test_noise_that_the_approved_version_had_is_no_change():
    noisy = [CaseAnswers((0, n % 2, 1), ((n % 2,),)) for n in range(50)]
    look = changes(noisy)
    assert look.status is Status.PASSED


def test_one_approved_run_of_a_model_that_varies_leaves_nothing_to_compare_with():
    look = changes(answers((90, (0,)), (10, (1,)), approved=(0,)))
    assert (look.status, look.reason) == (Status.FAILED, Reason.NO_NOISE_KNOWN)
    assert changes(answers((90, (0,)), (10, (1,)), approved=(0,)), repeated=True).needs == FreshSets()
    assert changes(answers((100, (0,)), approved=(0,))).status is Status.PASSED


@pytest.mark.parametrize("allowance", [0, 0.0])
def test_no_change_could_be_seen_if_approved_answers_never_repeat(allowance):
    """Answers that differ from them may be noise of the same model or a new model; no test decides."""
    never = [CaseAnswers((0, 1, 2), ((n % 5,),)) for n in range(50)]
    assert changes(never, allowance) == Look(Status.INCONCLUSIVE, Reason.NOTHING_SEEN)


def test_the_allowance_for_changes_says_how_much_noise_hides():
    """Two of three pairs of approved answers differ, and so at most a third more can."""
    noisy = [CaseAnswers((0, 0, 1), ((2,),)) for _ in range(60)]
    assert changes(noisy, 0.34).reason is Reason.NOTHING_SEEN
    assert changes(noisy, 0.30).reason is not Reason.NOTHING_SEEN
    assert changes(noisy, 60) == Look(Status.PASSED, Reason.MET)  # changes have no limit


def test_declared_deterministic_models_are_counted():
    assert changes(answers((97, (0,)), (3, (1,))), 2, deterministic=True).status is Status.FAILED
    assert changes(answers((98, (0,)), (2, (1,))), 2, deterministic=True).status is Status.PASSED


def test_answers_that_moved_only_in_the_first_set_are_not_the_same_model():
    cases = answers((30, (1,), (0,), (0,)), (70, (0,), (0,), (0,)))
    assert changes(cases).reason is Reason.NOT_THE_SAME


def test_bodies_that_compare_may_miss_the_approved_answer_as_often_as_approved_runs_do():
    """The second and third approved run of 30 cases give another answer than the first, as runs do now."""
    noisy = [CaseRuns((1.0, 0.0, 0.0), ((0.0,),)) for _ in range(30)]
    steady = [CaseRuns(THREE, (PASSED,)) for _ in range(70)]
    assert look_at_compared(Evidence([*noisy, *steady]), 0.02, RULES) == Look(Status.PASSED, Reason.MET)
    broken = [CaseRuns(THREE, (FAILED,)) for _ in range(30)]
    assert look_at_compared(Evidence([*noisy, *broken]), 0.02, RULES).needs == FreshSets()


# -- max_regressed ---------------------------------------------------------------------------------

PASSED, FAILED, THREE = (1.0,), (0.0,), (1.0, 1.0, 1.0)


def runs(*parts, approved=THREE):
    return [CaseRuns(approved, sets) for number, *sets in parts for sets in [tuple(sets)] * number]


def regressed(cases, allowance=0, **known):
    return look_at_regressed(Evidence(cases, **known), allowance, RULES)


def test_always_right_then_right_nine_times_in_ten_fails():
    """No case is broken for good, and yet ten percent of the runs are lost."""
    spread = [
        CaseRuns(THREE, tuple((float((n + 3 * turn) % 10 > 0),) for turn in range(3))) for n in range(100)
    ]
    assert regressed(spread, 2).status is Status.FAILED


def test_cases_that_were_fixed_do_not_make_up_for_those_that_broke():
    fixed = runs((10, PASSED, PASSED, PASSED), approved=(0.0, 0.0, 0.0))
    broken = [CaseRuns(THREE, (FAILED,) * 3, 5) for _ in range(4)]
    assert regressed([*fixed, *broken, *runs((86, PASSED, PASSED, PASSED))], 2).status is Status.FAILED


def test_more_cases_than_allowed_that_are_broken_for_good_fail_also_among_noise():
    noise = [CaseRuns((1.0, 0.0, 1.0), (PASSED if n % 3 else FAILED,)) for n in range(40)]
    broken = runs((3, FAILED))
    look = regressed([*noise, *broken], 2)
    assert look.needs == Probes((40, 41, 42), 12)
    done = [CaseRuns(THREE, (FAILED,), 12) for _ in range(3)]
    look = regressed([*noise, *done], 2)
    assert (look.status, look.reason, look.broken) == (Status.FAILED, Reason.BROKEN, (40, 41, 42))


def test_as_many_as_allowed_pass_without_probes():
    noise = [CaseRuns((1.0, 0.0, 1.0), (PASSED if n % 3 else FAILED,)) for n in range(40)]
    assert regressed([*noise, *runs((2, FAILED))], 2).status is Status.PASSED


def test_without_approved_runs_nothing_regressed():
    assert regressed(runs((5, FAILED), approved=())) == Look(Status.PASSED, Reason.MET)


def test_one_approved_run_is_held_by_exchange():
    cases = runs((20, FAILED, FAILED, FAILED), (80, PASSED, PASSED, PASSED), approved=PASSED)
    assert regressed(cases).reason is Reason.CONFIRMED
