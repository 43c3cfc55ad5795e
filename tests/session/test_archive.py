"""Comparison of a case with the result of another version."""

from dataclasses import replace

import pytest

from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.lines import encode
from pytest_modelcheck.records import CaseResult, Finding, Group, Moved, Outcome, Status, TrialResult, Verdict
from pytest_modelcheck.reports.model import CheckReport
from pytest_modelcheck.session.archive import beside, compared

P, F, S = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED


def case(outcome, answer=b'"a"', name="a", digest="d", **more):
    trial = TrialResult(outcome, ((digest, answer),))
    return CaseResult(name, digest, None, name, (trial,), **more)


@pytest.mark.parametrize(
    ("current", "approved", "change"),
    [
        (case(F), case(P), "regressed"),
        (case(P), case(F), "fixed"),
        (case(P), case(P), None),
        (case(P, b'"b"'), case(P), "changed"),
        (case(F, b'"b"'), case(P), "regressed"),
        (case(S, b'"b"'), case(P), "changed"),
    ],
)
def test_fate_of_a_case(current, approved, change):
    found = beside(current, approved)
    assert (found.change, found.approved) == (change, approved)
    assert found.trials[0].approved == approved.trials[0]


def test_for_bodies_that_compare_answers_themselves_a_failure_is_a_change():
    assert beside(case(F, b'"b"'), case(P), about_change=True).change == "changed"
    assert beside(case(F), case(P), about_change=True).change is None


@pytest.mark.parametrize("approved", [None, case(P, digest="other"), case(P, name="b")])
def test_another_case_is_nothing_to_compare_with(approved):
    found = beside(case(F, approved=case(P), change="regressed"), approved)
    assert (found.approved, found.change, found.trials[0].approved) == (None, None, None)


def results_of(version, *cases):
    header = Header("t.py::test", "golden", "triage", version, cases=len(cases))
    return Baseline(header, {one.id: encode(one) for one in cases}, "f.jsonl")


@pytest.fixture
def check():
    cases = (
        case(F, name="a", metadata={"language": "es"}),
        case(P, b'"b"', "b", metadata={"language": "es"}),
        case(P, name="c", metadata={"language": "en"}),
    )
    verdict = Verdict(
        check="t.py::test",
        kind="golden",
        status=Status.FAILED,
        findings=(
            Finding("at_least", Status.PASSED, "2/3"),
            Finding("max_drop", Status.FAILED, "1 broke", against_baseline=True),
        ),
        model="triage",
        version="2.1",
        slices=(Group("language=es", 1, 2),),
    )
    return CheckReport(verdict, cases)


def test_a_check_is_compared_with_another_version_in_place_of_the_approved_one(check):
    approved = results_of("1.9", case(P, name="a"), case(P, name="b"), case(P, name="gone"))
    found = compared(check, results_of("2.1", *check.cases), approved)
    assert [one.change for one in found.cases] == ["regressed", "changed", None]
    comparison = found.verdict.comparison
    assert (comparison.version, comparison.shared, comparison.added, comparison.removed) == ("1.9", 2, 1, 1)
    assert [finding.limit for finding in found.verdict.findings] == ["compared", "at_least"]
    assert found.verdict.passed
    assert found.verdict.findings[0].summary == "1 broke, 0 fixed since 1.9, 1 answer differs"
    assert (found.verdict.slices[0].approved_passed, found.verdict.slices[0].approved_judged) == (2, 2)


def test_a_drift_check_has_no_cases_that_break(check):
    moved = Moved("total variation", 0.1, 0.0, 0.05, 0.5, 3, 3, paired=True, against="of 2.0")
    drift = replace(check, verdict=replace(check.verdict, moved=moved))
    approved = results_of("1.9", case(P, name="a"), case(P, name="b"))
    found = compared(drift, results_of("2.1", *check.cases), approved)
    assert [one.change for one in found.cases] == [None, "changed", None]
    assert found.verdict.comparison.regressed == ()
