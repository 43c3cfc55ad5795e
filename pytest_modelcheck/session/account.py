"""The full account of a check that was just judged: every case, with all that was asked and answered.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.identity import now
from pytest_modelcheck.canonical import encode_plain
from pytest_modelcheck.checks.compare import is_same_case
from pytest_modelcheck.checks.fold import outcome_of
from pytest_modelcheck.records import MISSING, Origin, Outcome
from pytest_modelcheck.reports import accounts
from pytest_modelcheck.reports.model import CheckReport
from pytest_modelcheck.reports.selection import both_answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.checks.spec import CheckSpec
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, CaseRecord, Comparison, TrialRecord, Verdict
    from pytest_modelcheck.session.evidence import Evidence

KEPT: Final = 1_000
"""Of a check with at most so many trials an account is kept after every run; it takes as long as they do."""

_LONGEST: Final = 20_000
_MESSAGE: Final = 1_000
_WRONG = (Outcome.FAILED, Outcome.ERROR)


def account(spec: CheckSpec, cases: Sequence[Case], evidence: Evidence, verdict: Verdict) -> bytes:
    """Everything about a check, as ``reports.accounts`` reads it."""
    rows = _rows(cases, evidence, _changes(verdict.comparison, about_change=evidence.reads_approved))
    return accounts.joined([_head(spec, verdict), *rows])


def _head(spec: CheckSpec, verdict: Verdict) -> bytes:
    provenance = spec.provenance
    path = provenance.source.partition("::")[0]
    check = CheckReport(
        verdict,
        fingerprint=spec.subject.fingerprint,
        origin=Origin(path, provenance.line) if path else None,
        when=now(),
        rerun=spec.rerun,
    )
    return accounts.head_line(check)


def _changes(comparison: Comparison | None, *, about_change: bool) -> Mapping[str, str]:
    """What became of each case since the approved version, the worst that can be said of it.

    Where bodies compare with the approved answer themselves, failing says no more than another answer.
    """
    if comparison is None:
        return {}
    said = dict.fromkeys(comparison.changed, "changed")
    if about_change:
        return said
    return {
        **said,
        **dict.fromkeys(comparison.fixed, "fixed"),
        **dict.fromkeys(comparison.regressed, "regressed"),
    }


def _rows(cases: Sequence[Case], evidence: Evidence, changes: Mapping[str, str]) -> Iterator[bytes]:
    results = iter(evidence.results)
    for case, record in zip(cases, evidence.records, strict=True):
        then = evidence.then.get(record.id)
        approved = then if is_same_case(record, then) else None
        own = list(islice(results, len(record.trials)))
        yield accounts.row_line(_row(case, record, approved, own, changes.get(record.id)))


def _row(
    case: Case, record: CaseRecord, then: CaseRecord | None, results: list[Result], change: str | None
) -> dict[str, Any]:
    approved = {} if then is None else {trial.key: trial for trial in then.trials}
    fields: dict[str, Any] = {
        "id": record.id,
        "outcome": outcome_of(record.trials).value,
        "input": _plain(case.input),
    }
    if case.expected is not MISSING:
        fields["expected"] = _plain(case.expected)
    if case.metadata:
        fields["metadata"] = {str(key): _plain(value) for key, value in case.metadata.items()}
    if case.known_failure is not None:
        fields["known_failure"] = case.known_failure
    if case.origin is not None:
        fields["origin"] = {"path": case.origin.path, "line": case.origin.line}
    if then is not None:
        fields["approved_outcome"] = outcome_of(then.trials).value
    if change is not None:
        fields["change"] = change
    trials = zip(record.trials, results, strict=True)
    fields["trials"] = [
        _trial(trial, result, approved.get(trial.key), record.input) for trial, result in trials
    ]
    return fields


def _trial(trial: TrialRecord, result: Result, then: TrialRecord | None, own: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"outcome": trial.outcome.value}
    answer, base, perturbed = trial.answer, None, result.trial.perturbed
    if perturbed is not MISSING:
        fields["perturbation"], fields["perturbed"] = trial.perturbation, _plain(perturbed)
        answer, base = both_answers(trial, own)
    fields |= _answers("", answer, base)
    for name in ("variant", "repeat"):
        if number := getattr(trial, name):
            fields[name] = number
    if trial.score is not None:
        fields["score"] = trial.score
    if trial.outcome in _WRONG and (said := _said(result)):
        fields["message"] = said[:_MESSAGE]
    if then is not None:
        fields["approved_outcome"] = then.outcome.value
        both = (then.answer, None) if perturbed is MISSING else both_answers(then, own)
        fields |= _answers("approved_", *both)
    return fields


def _said(result: Result) -> str:
    """What a body that failed said; of one that broke, with the kind of error: ``KeyError: 'label'``."""
    message = result.message or ""
    if result.error is None or result.outcome is not Outcome.ERROR:
        return message
    kind = type(result.error).__name__
    return f"{kind}: {message}" if message else kind


def _answers(prefix: str, answer: bytes | None, base: bytes | None) -> dict[str, Any]:
    found = {f"{prefix}answer": answer, f"{prefix}base_answer": base}
    return {name: _raw(raw) for name, raw in found.items() if raw is not None}


def _plain(value: Any) -> Any:
    if type(value) is str and len(value) <= _LONGEST:
        return value
    return _raw(encode_plain(value))


def _raw(raw: bytes) -> Any:
    """A value that is JSON already, cut to a text where it is very long."""
    import orjson

    if len(raw) <= _LONGEST:
        return orjson.Fragment(raw)
    value = orjson.loads(raw)
    text = value if isinstance(value, str) else raw.decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
