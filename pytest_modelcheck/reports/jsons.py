"""A report as JSON.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import whole
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.model import FORM
from pytest_modelcheck.reports.packing import dumps, pack

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseResult, Grade, TrialResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport

SCHEMA: Final = Path(__file__).with_name(f"report-{FORM}.schema.json")
"""The JSON Schema of the report."""

LONGEST: Final = 20_000
"""Characters of JSON; a longer value is cut to a text that ends in ``…``."""


def to_json(report: RunReport) -> bytes:
    """A report as one JSON document.

    ``modelcheck_report`` says its form; everything but the cases is named as in
    :class:`~pytest_modelcheck.reports.model.RunReport`. Of cases and trials, what has nothing to say is left
    out.
    """
    fields: dict[str, Any] = {"modelcheck_report": FORM, **pack(replace(report, checks=()))}
    fields["checks"] = [_check(check) for check in report.checks]
    return dumps(fields) + b"\n"


def _check(check: CheckReport) -> dict[str, Any]:
    fields: dict[str, Any] = pack(replace(check, cases=()))
    fields["cases"] = [case_fields(case) for case in check.cases]
    return fields


def case_fields(case: CaseResult) -> dict[str, Any]:
    """A case as its fields in a report."""
    origin = case.origin
    fields = {
        "id": case.id,
        "outcome": case.outcome.value,
        "input": case.input,
        "expected": case.expected,
        "metadata": case.metadata or MISSING,
        "known_failure": MISSING if case.known_failure is None else case.known_failure,
        "origin": MISSING if origin is None else {"path": origin.path, "line": origin.line},
        "approved_outcome": MISSING if case.approved is None else case.approved.outcome.value,
        "change": MISSING if case.change is None else case.change,
        "trials": [_trial(trial, case.digest) for trial in case.trials],
    }
    if origin is not None and origin.line is None:
        fields["origin"] = {"path": origin.path}
    return {name: value for name, value in fields.items() if value is not MISSING}


def _trial(trial: TrialResult, own: str) -> dict[str, Any]:
    answer, base = trial.answers(own)
    then, (before, base_before) = trial.approved, approved_answers(trial, own)
    fields = {
        "outcome": trial.outcome.value,
        "answer": value_of(answer),
        "perturbation": trial.perturbation or MISSING,
        "variant": trial.variant or MISSING,
        "repeat": trial.repeat or MISSING,
        "perturbed": trial.perturbed,
        "base_answer": value_of(base),
        "score": MISSING if trial.score is None else trial.score,
        "message": trial.message or MISSING,
        "grades": [_grade(grade) for grade in trial.grades] or MISSING,
        "approved_outcome": MISSING if then is None else then.outcome.value,
        "approved_answer": value_of(before),
        "approved_base_answer": value_of(base_before),
    }
    return {name: value for name, value in fields.items() if value is not MISSING}


def _grade(grade: Grade) -> dict[str, Any]:
    fields = {"judge": grade.judge, "given": value_of(grade.given), "answer": value_of(grade.answer)}
    return {name: value for name, value in fields.items() if value is not MISSING}


def approved_answers(trial: TrialResult, own: str) -> tuple[bytes | None, bytes | None]:
    """Return the approved answers to the perturbed input, and to the case's own."""
    return (None, None) if trial.approved is None else trial.approved.answers(own)


def value_of(answer: bytes | None) -> Any:
    """An answer as a JSON value, cut to a text where it is very long; ``MISSING`` for none."""
    import orjson

    if answer is None:
        return MISSING
    answer = whole(answer)
    if len(answer) <= LONGEST:
        return orjson.loads(answer)
    value = orjson.loads(answer)
    text = value if isinstance(value, str) else answer.decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
