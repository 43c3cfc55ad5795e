"""A report with something of everything."""

from __future__ import annotations

import json

import pytest

from pytest_modelcheck.records import (
    Calls,
    CaseResult,
    Comparison,
    Finding,
    Group,
    Interval,
    Origin,
    Outcome,
    ShownCase,
    Status,
    Tally,
    TrialResult,
    Verdict,
)
from pytest_modelcheck.reports.model import (
    CheckReport,
    ModelReport,
    PastResult,
    RunInfo,
    RunReport,
    Trouble,
)

PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR


def raw(value):
    """An answer as it is kept."""
    return json.dumps(value, separators=(",", ":")).encode()


def case(name, outcome=PASSED, answer="refund", then="refund", **more):
    """A golden case with one trial."""
    message = None if outcome is PASSED else f"assert {answer!r} == 'refund'"
    approved = TrialResult(PASSED, ((name, raw(then)),))
    trial = TrialResult(outcome, ((name, raw(answer)),), message=message, approved=approved)
    before = CaseResult(name, name, None, "", (approved,))
    fields = {"input": f"about {name}", "expected": "refund", "approved": before, **more}
    return CaseResult(name, name, None, "", (trial,), **fields)


def trial(outcome, perturbed, own=None, answer=None, variant=0, **more):
    """A trial of a perturbed case, whose body called the model with its own input first."""
    calls = [("own", own), ("other", answer)]
    kept = tuple((key, raw(value)) for key, value in calls if value is not None)
    return TrialResult(outcome, kept, None, "typos", variant, perturbed=perturbed, **more)


def perturbed_case(name, outcome=FAILED):
    """An invariance case with two variants."""
    trials = (
        trial(PASSED, "Whree is it?", "shipping", "shipping"),
        trial(outcome, "Where si it?", "shipping", "other", 1),
    )
    return CaseResult(name, "own", None, "", trials, "Where is it?")


def verdict(check="test_triage.py::test_known", status=Status.FAILED, **more):
    """A verdict with something in most fields."""
    fields = {
        "kind": "golden",
        "findings": (
            Finding(
                "max_drop",
                status,
                "2 broke, 0 fixed: a net loss of 2 cases, none allowed",
                against_baseline=True,
                p_value=0.25,
            ),
        ),
        "model": "triage",
        "version": "2.1",
        "approved_version": "2.0",
        "rate": 0.5,
        "cases": Tally(passed=2, failed=2),
        "trials": Tally(passed=2, failed=2),
        "interval": Interval(0.05, 0.95, 0.99),
        "required": 0.9,
        "comparison": Comparison("2.0", 4, 0, 0, 4, 1.0, 0.5, ("t-1", "t-2"), (), ("t-1", "t-2")),
        "slices": (Group("language=es", 0, 2, 2, 2), Group("language=en", 2, 2, 2, 2)),
        "shown": (ShownCase("t-1", "regressed", "about t-1", "assert 1 == 2"),),
        "calls": Calls(3, 1, 0, 0.25),
        "advice": (("see all", "modelcheck diff 2.1"),),
        **more,
    }
    return Verdict(check=check, status=status, **fields)


@pytest.fixture
def report():
    """Two checks, of which one failed, and a test that broke."""
    cases = (
        case("t-1", FAILED, "other", change="regressed", origin=Origin("tickets.yaml", 7)),
        case("t-2", FAILED, None, change="regressed", metadata={"language": "es"}),
        case("t-3"),
        case("t-4", PASSED, {"label": "refund"}, metadata={"language": "en", "tags": ["a"]}),
    )
    failed = CheckReport(
        verdict(),
        cases,
        "ab12",
        Origin("test_triage.py", 4),
        "2025-03-01T12:00:00Z",
        "pytest test_triage.py::test_known",
        (
            PastResult(
                "2.0",
                Status.PASSED,
                1.0,
                Interval(0.4, 1.0, 0.99),
                approved=True,
                when="2025-02-01T12:00:00Z",
            ),
        ),
    )
    passed = CheckReport(
        verdict(
            "test_triage.py::test_typos",
            Status.PASSED,
            kind="invariance",
            comparison=None,
            required=None,
            findings=(Finding("at_least", Status.PASSED, "1/1 cases pass (100%)"),),
            perturbations=(Group("typos", 1, 2),),
        ),
        (perturbed_case("t-5"),),
    )
    run = RunInfo("2025-03-01T12:00:00Z", 1.5, {"pytest": "9"}, {"system": "Linux"}, {"model_version": "2.1"})
    models = (ModelReport("triage", "2.1", "2.0", "ab12"),)
    return RunReport(run, models, (failed, passed), (Trouble("test_triage.py::test_broken", "no such file"),))
