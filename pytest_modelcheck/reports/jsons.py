"""A report as JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.diff import shown_answers
from pytest_modelcheck.canonical import untagged, whole
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.records.packing import pack, printable
from pytest_modelcheck.reports.model import FORM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.records import CaseResult, TrialResult
    from pytest_modelcheck.reports.model import RunReport


def dumps(value: Any) -> bytes:
    """A value as JSON that is safe to show: secrets are hidden, and control characters escaped."""
    import orjson

    # Trying first: looking through every text for lone surrogates would take longer than to write them all.
    try:
        text = orjson.dumps(value)
    except TypeError:  # a lone surrogate
        text = orjson.dumps(printable(value))
    return printable_json(text.decode()).encode()


# The JSON Schema of the report.
SCHEMA: Final = Path(__file__).with_name(f"report-{FORM}.schema.json")

# Characters of JSON; a longer value is cut to a text that ends in `…`.
LONGEST: Final = 20_000


def to_json(report: RunReport) -> bytes:
    """A report as one JSON document.

    ``modelcheck_report`` is the version of the format; everything but the cases is named as in
    :class:`~pytest_modelcheck.reports.model.RunReport`. Empty fields of cases and trials are left
    out.
    """
    fields: dict[str, Any] = {"modelcheck_report": FORM, **pack(replace(report, checks=()))}
    fields["checks"] = [
        {**pack(replace(check, cases=())), "cases": [case_fields(case) for case in check.cases]}
        for check in report.checks
    ]
    return dumps(fields) + b"\n"


def case_fields(case: CaseResult, *, brief: bool = False) -> dict[str, Any]:
    """A case as its fields in a report.

    With ``brief``, for people: ``same`` stands for an equal approved answer, and answers are
    :func:`readable`.
    """
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
        "trials": [trial_fields(trial, case.digest, brief=brief) for trial in case.trials],
    }
    if origin is not None and origin.line is None:
        fields["origin"] = {"path": origin.path}
    return _known(fields)


def trial_fields(trial: TrialResult, own: str, *, brief: bool = False) -> dict[str, Any]:
    """A trial as its fields in a report; ``own`` is the digest of its case's input."""
    answer, base, before, base_before = shown_answers(trial, own)
    same = brief and answer is not None and answer == before
    values = (readable if brief else _values)(answer, base, before, base_before)
    approved = trial.approved
    grades = [
        _known({"judge": one.judge, "given": value_of(one.given), "answer": value_of(one.answer)})
        for one in trial.grades
    ]
    fields = {
        "outcome": trial.outcome.value,
        "answer": values[0],
        "perturbation": trial.perturbation or MISSING,
        "variant": trial.variant or MISSING,
        "repeat": trial.repeat or MISSING,
        "perturbed": trial.perturbed,
        "base_answer": values[1],
        "score": MISSING if trial.score is None else trial.score,
        "message": trial.message or MISSING,
        "grades": grades or MISSING,
        "approved_outcome": MISSING if approved is None else approved.outcome.value,
        "approved_answer": MISSING if same else values[2],
        "same": same or MISSING,
        "approved_base_answer": values[3],
    }
    return _known(fields)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not MISSING}


def _values(*answers: bytes | None) -> list[Any]:
    return list(map(value_of, answers))


# The tags that the page gives a meaning.
_KEPT: Final = frozenset({"$trajectory", "$calls", "$ndarray", "$float"})


def readable(*answers: bytes | None) -> list[Any]:
    """The answers as JSON values without the tags of their types, unless nothing else tells them apart.

    >>> readable(b'{"total":{"$decimal":"9.50"}}', b'{"total":{"$decimal":"9.75"}}')
    [{'total': '9.50'}, {'total': '9.75'}]
    >>> readable(b"0.5", b'{"$numpy":["<f8",0.5]}')
    [0.5, {'$numpy': ['<f8', 0.5]}]
    """
    tagged = _values(*answers)
    if not any(answer is not None and b'"$' in answer for answer in answers):
        return tagged
    plain = [value if value is MISSING else untagged(value, _KEPT) for value in tagged]
    return plain if _different(plain) == _different(tagged) else tagged


def _different(values: Iterable[Any]) -> int:
    return len({dumps(value) for value in values if value is not MISSING})


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
