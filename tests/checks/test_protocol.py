"""Looks: results that pass at once, those that need more runs, and decisions on them."""

import pytest

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence
from pytest_modelcheck.checks.protocol import (
    FreshSets,
    Look,
    Probes,
    Reason,
    Rules,
    broken_for_good,
    look_at_drop,
    look_at_rate,
    without_more_runs,
)
from pytest_modelcheck.records import Status
from pytest_modelcheck.stats.noise import LEAST_PROBES, probes_needed

RULES = Rules()
PASSED, FAILED = (1.0,), (0.0,)
THREE = (1.0, 1.0, 1.0)


def cases(*parts, approved=THREE):
    """A number of cases each, with these current sets."""
    return [CaseRuns(approved, sets) for number, *sets in parts for sets in [tuple(sets)] * number]


def probed(runs, upto):
    return [CaseRuns(case.approved, case.sets, upto) if case.broke else case for case in runs]


def drop(runs, allowance=0, rules=RULES, **known):
    return look_at_drop(Evidence(runs, **known), allowance, rules)


# -- the first look --------------------------------------------------------------------------------


def test_no_drop_passes_at_once():
    assert drop(cases((10, PASSED))) == Look(Status.PASSED, Reason.MET)


def test_without_approved_runs_there_is_nothing_to_miss():
    assert drop(cases((10, FAILED), approved=())) == Look(Status.PASSED, Reason.MET)


def test_a_miss_that_noise_explains_passes():
    noisy = CaseRuns((1.0, 0.0, 1.0), (FAILED,))
    look = drop([*cases((9, PASSED)), noisy])
    assert (look.status, look.reason, look.needs) == (Status.PASSED, Reason.NOISE, None)
    assert look.p_value > 0.1


def test_a_suspicious_miss_needs_fresh_sets():
    noisy = CaseRuns((1.0, 0.0, 1.0), (FAILED,))
    look = drop([*cases((5, FAILED), (5, PASSED)), noisy])
    assert look.needs == FreshSets()
    assert look.p_value <= 0.1


def test_a_miss_where_nothing_ever_varied_needs_fresh_sets_however_small():
    assert drop(cases((99, PASSED), (1, FAILED))).needs == FreshSets()


def test_one_approved_run_shows_no_noise_and_so_cannot_fail_exactly():
    runs = cases((99, PASSED), (1, FAILED), approved=PASSED)
    assert isinstance(drop(runs).needs, Probes)  # not fresh sets: p is 0.5; but is the case broken for good?
    assert drop(runs, repeated=True).needs == FreshSets()


def test_declared_deterministic_models_fail_exactly_and_at_once():
    runs = cases((99, PASSED), (1, FAILED))
    assert drop(runs, deterministic=True) == Look(Status.FAILED, Reason.EXACT)
    assert drop(runs, 1, deterministic=True) == Look(Status.PASSED, Reason.EXACT)


def test_without_confirmation_a_suspicious_miss_is_inconclusive():
    look = drop(cases((5, FAILED), (5, PASSED)), rules=Rules(confirm=False))
    assert (look.status, look.reason) == (Status.INCONCLUSIVE, Reason.NOT_CONFIRMED)


def test_offline_a_look_that_needs_runs_is_inconclusive():
    look = drop(cases((5, FAILED), (5, PASSED)))
    assert without_more_runs(look) == Look(Status.INCONCLUSIVE, Reason.NOT_CONFIRMED, look.p_value)
    assert without_more_runs(drop(cases((5, PASSED)))).status is Status.PASSED


# -- with fresh sets -------------------------------------------------------------------------------


def test_sets_that_contradict_each_other_are_inconclusive_before_any_red():
    """An outage in the first run, the second clean."""
    look = drop(cases((40, FAILED, PASSED, PASSED), (60, PASSED, PASSED, PASSED)))
    assert (look.status, look.reason) == (Status.INCONCLUSIVE, Reason.NOT_THE_SAME)


def test_an_outage_in_the_fresh_sets_is_inconclusive_too():
    look = drop(
        cases((9, FAILED, FAILED, FAILED), (40, PASSED, FAILED, FAILED), (60, PASSED, PASSED, PASSED))
    )
    assert look.reason is Reason.NOT_THE_SAME


def test_a_miss_of_a_steady_model_fails_after_five_probes_of_each_broken_case():
    runs = cases((99, PASSED, PASSED, PASSED), (1, FAILED, FAILED, FAILED))
    assert drop(runs).needs == Probes((99,), 5)
    assert drop(probed(runs, 5)) == Look(Status.FAILED, Reason.EXACT)


def test_a_probe_that_passes_shows_noise_and_the_miss_is_not_exact():
    runs = cases((99, PASSED, PASSED, PASSED))
    runs.append(CaseRuns(THREE, (FAILED, FAILED, FAILED), 2, recovered=True))
    assert drop(runs).status is not Status.FAILED


def test_a_miss_that_holds_in_all_runs_and_in_the_fresh_ones_fails():
    runs = cases((8, FAILED, FAILED, FAILED), (1, PASSED, FAILED, PASSED), (60, PASSED, PASSED, PASSED))
    look = drop(runs)
    assert (look.status, look.reason) == (Status.FAILED, Reason.CONFIRMED)
    assert look.p_value <= 0.01


def test_a_miss_that_the_fresh_sets_do_not_confirm_does_not_fail():
    runs = cases((3, FAILED, PASSED, PASSED), (1, PASSED, FAILED, PASSED), (60, PASSED, PASSED, PASSED))
    look = drop([*runs, *cases((2, PASSED, PASSED, PASSED), approved=(0.0, 0.0, 0.0))])
    assert look.status is not Status.FAILED


def test_a_version_as_good_but_steadier_is_held_to_the_mean():
    """All at about two thirds, then two thirds always right: nothing got worse on average."""
    approved = [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, 1.0)]
    sets = (PASSED, PASSED, PASSED), (FAILED, FAILED, FAILED)
    runs = [CaseRuns(approved[n % 3], sets[n % 3 == 0]) for n in range(90)]
    assert drop(runs).status is Status.PASSED


def test_copies_of_one_run_count_once_and_are_not_requested_again():
    """A model declared to vary behind a client that caches, exactly at its limit."""
    unlucky = cases((87, PASSED), (13, FAILED), approved=())
    look = rate(unlucky, 0.9, deterministic=False, copies=True)
    assert (look.status, look.needs) == (Status.PASSED, None)
    poor = cases((75, PASSED), (25, FAILED), approved=())
    assert rate(poor, 0.9, deterministic=False, copies=True).reason is Reason.CONFIRMED
    assert drop(cases((97, PASSED), (3, FAILED)), deterministic=False, copies=True).needs is None


# -- broken for good -------------------------------------------------------------------------------

COIN = CaseRuns((1.0, 0.0, 1.0), (PASSED,))


def test_a_case_that_broke_beside_a_harmless_coin_is_probed_and_never_passes_in_silence():
    runs = [*cases((98, PASSED), (1, FAILED)), COIN]
    assert drop(runs).needs == Probes((98,), 12)
    look = drop(probed(runs, 12))
    assert (look.status, look.reason, look.broken) == (Status.INCONCLUSIVE, Reason.BROKEN, (98,))


def test_a_case_that_passes_again_is_not_broken():
    runs = [*cases((98, PASSED)), CaseRuns(THREE, (FAILED,), 7, recovered=True), COIN]
    assert drop(runs).status is Status.PASSED


def test_cases_are_numbered_among_all_and_not_among_the_approved_ones():
    new = CaseRuns((), (FAILED,))
    runs = [new, new, *cases((98, PASSED), (1, FAILED)), COIN]
    assert drop(runs).needs == Probes((100,), 12)
    assert drop(probed(runs, 12)).broken == (100,)


def test_as_many_broken_cases_as_are_allowed_pass():
    runs = [*cases((98, PASSED), (1, FAILED)), COIN]
    assert drop(runs, 1).status is Status.PASSED
    assert drop([*runs, *cases((1, FAILED))], 1).needs is not None


@pytest.mark.parametrize(("answers_repeat", "upto"), [(True, LEAST_PROBES), (False, probes_needed(1, 10))])
def test_after_fresh_sets_fewer_probes_do_only_where_nothing_varies(answers_repeat, upto):
    cases = [CaseRuns((1.0,), ((float(n > 0),), (float(n > 0),) * 2)) for n in range(10)]
    probes, _ = broken_for_good(Evidence(cases, repeated=answers_repeat))
    assert probes == Probes((0,), upto)


def test_an_approval_on_one_run_takes_more_probes():
    runs = [*cases((98, PASSED), (1, FAILED), approved=PASSED), CaseRuns(FAILED, (PASSED,))]
    needs = drop(runs).needs
    assert isinstance(needs, Probes)
    assert needs.upto > 12


# -- units, margins, scores ------------------------------------------------------------------------


def test_ten_cases_that_share_an_answer_and_break_together_are_one():
    noisy = [CaseRuns((1.0, 0.0, 1.0), (PASSED,), unit=n) for n in range(9)]
    together = [CaseRuns(THREE, (FAILED,), unit="prompt") for _ in range(10)]
    apart = [CaseRuns(THREE, (FAILED,), unit=f"prompt {n}") for n in range(10)]
    assert isinstance(drop([*noisy, *together]).needs, Probes)
    assert drop([*noisy, *apart]).needs == FreshSets()


@pytest.mark.parametrize("allowance", [5, 0.05])
def test_with_a_margin_a_drop_within_it_passes_and_one_beyond_fails(allowance):
    noise = [CaseRuns((1.0, 0.0, 1.0), (PASSED, FAILED, PASSED)) for _ in range(10)]
    within = [*cases((5, FAILED, FAILED, FAILED), (85, PASSED, PASSED, PASSED)), *noise]
    beyond = [*cases((30, FAILED, FAILED, FAILED), (60, PASSED, PASSED, PASSED)), *noise]
    assert drop(within, allowance).status is Status.PASSED
    assert drop(beyond, allowance).status is Status.FAILED


def test_scores_that_fall_fail_and_scores_that_vary_do_not():
    approved = (0.9, 0.8, 0.85)
    fell = [CaseRuns(approved, ((0.5 + n / 100,), (0.5,), (0.55,))) for n in range(12)]
    same = [CaseRuns(approved, ((0.8 + n % 3 / 20,), (0.85,), (0.9,))) for n in range(12)]
    assert drop(fell, graded=True).status is Status.FAILED
    assert drop(same, graded=True).status is Status.PASSED


# -- at_least --------------------------------------------------------------------------------------


def rate(runs, at_least, **known):
    return look_at_rate(Evidence(runs, **known), at_least, RULES)


def test_a_rate_that_is_met_passes():
    assert rate(cases((90, PASSED), (10, FAILED), approved=()), 0.9) == Look(Status.PASSED, Reason.MET)


def test_a_rate_that_a_steady_model_misses_fails_after_probes_of_what_fails():
    runs = cases((89, PASSED, PASSED, PASSED), (11, FAILED, FAILED, FAILED), approved=())
    needs = rate(runs, 0.9).needs
    assert needs == Probes(tuple(range(89, 100)), 5)
    done = [CaseRuns((), case.sets, 5) if case.never_passes else case for case in runs]
    assert rate(done, 0.9) == Look(Status.FAILED, Reason.EXACT)


def test_a_rate_that_a_varying_model_misses_by_little_is_noise():
    runs = cases((88, PASSED), (12, FAILED), approved=())
    look = rate(runs, 0.9, deterministic=False)
    assert (look.status, look.reason) == (Status.PASSED, Reason.NOISE)


def test_a_rate_that_a_varying_model_misses_by_far_fails_once_fresh_sets_agree():
    runs = cases((70, PASSED), (30, FAILED), approved=())
    assert rate(runs, 0.9, deterministic=False).needs == FreshSets()
    runs = cases((65, PASSED, PASSED, PASSED), (10, PASSED, FAILED, PASSED), (25, FAILED, FAILED, FAILED))
    assert rate(runs, 0.9).reason is Reason.CONFIRMED


def test_cases_that_share_answers_are_means_against_a_rate():
    """Two of twenty prompts, with ten cases each, say less than twenty cases."""
    prompts = [CaseRuns((), (FAILED if n < 2 else PASSED,), unit=n) for n in range(20) for _ in range(10)]
    apart = [CaseRuns((), case.sets) for case in prompts]
    assert rate(prompts, 0.95, deterministic=False).reason is Reason.NOISE
    assert rate(apart, 0.95, deterministic=False).needs == FreshSets()


def test_each_case_of_a_group_may_look_broken_by_luck():
    """Probed as often as 6 cases, those of 6 groups warned of 4% of unchanged models."""
    alone, grouped = (
        [CaseRuns((1.0,), ((float(n > 0),),), unit=n // 10 if together else None) for n in range(60)]
        for together in (False, True)
    )
    probes = [broken_for_good(Evidence(cases, deterministic=False))[0] for cases in (alone, grouped)]
    assert probes == [Probes((0,), probes_needed(1, 60))] * 2
