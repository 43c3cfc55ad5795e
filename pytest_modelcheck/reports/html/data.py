"""What the page is told, as little of it as says everything: a run may have a hundred thousand cases.

A case is a list, in the order of :data:`CASE`, and its trials are lists in the order of :data:`TRIAL`; what
has nothing to say at the end of a list is left out. A value is ``0`` where there is none, ``1`` where it is
the same as the one before, and else a list of one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.records import MISSING, Outcome
from pytest_modelcheck.reports.accounts import dumps
from pytest_modelcheck.reports.packing import pack
from pytest_modelcheck.reports.triage import triage

if TYPE_CHECKING:
    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.reports.model import CaseReport, CheckReport, RunReport, TrialReport

CASE: Final = (
    "id",
    "outcome",
    "trials",
    "input",
    "expected",
    "change",
    "approved",
    "origin",
    "metadata",
    "known",
)
TRIAL: Final = (
    "outcome",
    "answer",
    "approved_answer",
    "approved",
    "perturbed",
    "base",
    "perturbation",
    "variant",
    "repeat",
    "score",
    "message",
    "approved_base",
)
_OUTCOMES: Final = tuple(Outcome)
_CHANGES: Final = (None, "regressed", "fixed", "changed")


def overview(report: RunReport) -> dict[str, Any]:
    """Everything but the cases."""
    packed: dict[str, Any] = pack(replace(report, checks=()))
    packed["checks"] = [_check(check) for check in report.checks]
    packed["outcomes"] = [outcome.value for outcome in _OUTCOMES]
    packed["changes"] = _CHANGES
    packed["case"], packed["trial"] = CASE, TRIAL
    packed["triage"] = triage([check.verdict for check in report.checks])
    return packed


def _check(check: CheckReport) -> dict[str, Any]:
    """A check, with counts in place of ids that its cases tell anyway."""
    fields: dict[str, Any] = pack(replace(check, cases=(), verdict=_lean(check.verdict)))
    comparison = check.verdict.comparison
    if comparison is not None:
        counts = {name: len(getattr(comparison, name)) for name in ("regressed", "fixed", "changed")}
        if check.cases:
            # Where bodies compare with the approved answer, to fail is to have changed and no more.
            for name in ("regressed", "fixed"):
                counts[name] = sum(case.change == name for case in check.cases)
        fields["verdict"]["comparison"] |= counts
    fields["count"] = len(check.cases)
    return fields


def _lean(verdict: Verdict) -> Verdict:
    comparison = verdict.comparison
    if comparison is None:
        return verdict
    return replace(verdict, comparison=replace(comparison, regressed=(), fixed=(), changed=()))


def case_rows(check: CheckReport) -> bytes:
    """The cases of a check, as JSON."""
    return dumps([_case(case) for case in check.cases])


def _case(case: CaseReport) -> list[Any]:
    return _trimmed(
        [
            case.id,
            _OUTCOMES.index(case.outcome),
            [_trial(trial) for trial in case.trials],
            _value(case.input),
            _value(case.expected),
            _CHANGES.index(case.change),
            _outcome(case.approved_outcome),
            0 if case.origin is None else str(case.origin),
            dict(case.metadata) or 0,
            case.known_failure or 0,
        ]
    )


def _trial(trial: TrialReport) -> list[Any]:
    same = trial.answer is not MISSING and trial.answer == trial.approved_answer
    return _trimmed(
        [
            _OUTCOMES.index(trial.outcome),
            _value(trial.answer),
            1 if same else _value(trial.approved_answer),
            _outcome(trial.approved_outcome),
            _value(trial.perturbed),
            _value(trial.base_answer),
            trial.perturbation or 0,
            trial.variant,
            trial.repeat,
            0 if trial.score is None else [trial.score],
            trial.message or 0,
            _value(trial.approved_base_answer),
        ]
    )


def _value(value: Any) -> Any:
    return 0 if value is MISSING else [value]


def _outcome(outcome: Outcome | None) -> int:
    """Counted from 1: 0 says that there is none."""
    return 0 if outcome is None else 1 + _OUTCOMES.index(outcome)


def _trimmed(fields: list[Any]) -> list[Any]:
    while fields[-1] == 0 and len(fields) > 1:
        fields.pop()
    return fields
