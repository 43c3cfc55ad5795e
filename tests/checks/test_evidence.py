"""Runs become units: cases that share answers count once, run by run."""

import pytest

from pytest_modelcheck.checks.evidence import CaseRuns, Evidence, Unit, current_mean, mean_drop, units_of

PASSED, FAILED = (1.0,), (0.0,)


def test_cases_by_themselves_are_units_in_their_order():
    cases = [CaseRuns((1.0, 0.0), (PASSED,)), CaseRuns((1.0, 1.0), (FAILED,))]
    assert units_of(cases) == [Unit(1, (1.0, 0.0), (1.0,)), Unit(1, (1.0, 1.0), (0.0,))]


def test_cases_that_share_answers_are_summed_run_by_run():
    cases = [
        CaseRuns((1.0, 0.0), ((1.0, 0.0),), unit="prompt"),
        CaseRuns(PASSED, (PASSED,)),
        CaseRuns((1.0, 1.0), ((0.0, 0.0),), unit="prompt"),
    ]
    assert units_of(cases) == [Unit(2, (2.0, 1.0), (1.0, 0.0)), Unit(1, (1.0,), (1.0,))]


def test_a_run_that_one_case_of_a_unit_lacks_is_left_out_for_all():
    cases = [CaseRuns((1.0, 1.0), (PASSED,), unit=1), CaseRuns((1.0,), (PASSED,), unit=1)]
    assert units_of(cases) == [Unit(2, (2.0,), (2.0,))]


def test_sets_are_distinguished():
    case = CaseRuns(PASSED, (FAILED, PASSED, PASSED))
    assert units_of([case], slice(1)) == [Unit(1, (1.0,), (0.0,))]
    assert units_of([case], slice(1, None)) == [Unit(1, (1.0,), (1.0, 1.0))]
    assert case.current == (0.0, 1.0, 1.0)


def test_means_are_over_cases_and_not_over_units():
    units = [Unit(3, (3.0,), (0.0,)), Unit(1, (1.0,), (1.0,))]
    assert mean_drop(units) == 0.75
    assert current_mean(units) == 0.25


@pytest.mark.parametrize(
    ("case", "varies"),
    [
        (CaseRuns((1.0, 1.0), (PASSED,)), False),
        (CaseRuns((1.0, 1.0), (FAILED,)), False),  # a change between versions is not variation
        (CaseRuns((1.0, 0.0), (PASSED,)), True),
        (CaseRuns(PASSED, (PASSED, FAILED)), True),
        (CaseRuns(PASSED, (FAILED,), probes=3, recovered=True), True),
    ],
)
def test_a_case_varies_where_one_version_differs_from_itself(case, varies):
    assert case.varies is varies


@pytest.mark.parametrize(
    ("case", "broke"),
    [
        (CaseRuns((1.0, 1.0), (FAILED, FAILED)), True),
        (CaseRuns((1.0, 0.0), (FAILED,)), False),
        (CaseRuns(PASSED, (FAILED, PASSED)), False),
        (CaseRuns(PASSED, (FAILED,), probes=2, recovered=True), False),
        (CaseRuns((), (FAILED,)), False),
    ],
)
def test_a_case_broke_if_it_always_passed_and_never_passes_now(case, broke):
    assert case.broke is broke


def test_one_approved_run_shows_no_noise_unless_answers_were_seen_to_repeat():
    once, thrice = CaseRuns(PASSED, (FAILED,)), CaseRuns((1.0,) * 3, (FAILED,))
    assert not Evidence([once]).may_be_steady
    assert Evidence([once], repeated=True).may_be_steady
    assert Evidence([thrice]).may_be_steady
    assert Evidence([CaseRuns((), (FAILED,))]).may_be_steady
    assert not Evidence([thrice], deterministic=False).may_be_steady
    assert Evidence([CaseRuns((1.0, 0.0), (FAILED,))], deterministic=True).may_be_steady


def test_graded_sets_that_differ_contradict_each_other():
    steady = [CaseRuns((), ((0.5,), (0.5,), (0.5,))) for _ in range(12)]
    moved = [CaseRuns((), ((0.1,), (0.8 + n / 100,), (0.9,))) for n in range(12)]
    assert Evidence(steady, graded=True).contradiction() == 1.0
    assert Evidence(moved, graded=True).contradiction() <= 0.01
