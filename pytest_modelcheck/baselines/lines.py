"""One case as one line of JSON: what people read first, digests last.

A case with a single plain trial has a short form, in which ``answer`` stands for one question that was the
case's own input. Otherwise ``asked`` lists ``[digest, answer]`` in order, where ``[digest]`` alone repeats
the answer that the line has last given for that digest.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import CaseRecord, Outcome, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Mapping


def encode(record: CaseRecord) -> bytes:
    """A case as one line, without its end.

    Raises:
        BaselineError: A text of it is not Unicode (a lone surrogate), so that no file can hold it.

    >>> trial = TrialRecord(Outcome.PASSED, (("8f0c", b'"refund"'),))
    >>> encode(CaseRecord("t-42", "8f0c", "77aa", "Quiero un…", (trial,))).decode()
    '{"id":"t-42","outcome":"passed","answer":"refund","about":"Quiero un…","input":"8f0c","expected":"77aa"}'
    """
    if len(record.trials) == 1 and _is_plain(record.trials[0]):
        line = _short(record, record.trials[0])
    else:
        given: dict[str, bytes] = {}
        trials = [_trial_out(trial, record.input, given) for trial in record.trials]
        line = {"id": record.id, "about": record.about, "trials": trials, "input": record.input}
    if record.expected is not None:
        line["expected"] = record.expected
    try:
        return orjson.dumps(line)
    except TypeError as error:
        raise BaselineError(f"case {record.id!r} cannot be written as JSON: {error}") from error


def decode(line: bytes) -> CaseRecord:
    """Read a line back.

    Raises:
        BaselineError: The line is not a case. The caller adds where it stands.
    """
    try:
        fields = orjson.loads(line)
        trials = fields.get("trials")
        given: dict[str, bytes] = {}
        if trials is None:
            read: tuple[TrialRecord, ...] = (_trial_in(fields, fields["input"], given, about=None),)
        else:
            read = tuple(_trial_in(trial, fields["input"], given, trial.get("about")) for trial in trials)
        return CaseRecord(fields["id"], fields["input"], fields.get("expected"), fields["about"], read)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(f"not a case: {type(error).__name__}: {error}") from error


def _is_plain(trial: TrialRecord) -> bool:
    return trial.perturbation is None and trial.about is None and not trial.variant and not trial.repeat


def _short(record: CaseRecord, trial: TrialRecord) -> dict[str, object]:
    line: dict[str, object] = {"id": record.id, "outcome": trial.outcome}
    if trial.score is not None:
        line["score"] = trial.score
    if trial.recorded is not None:
        line["recorded"] = orjson.Fragment(trial.recorded)
    asked = _asked_out(trial, record.input, {})
    if "answer" in asked:
        return line | asked | {"about": record.about, "input": record.input}
    return line | {"about": record.about} | asked | {"input": record.input}


def _trial_out(trial: TrialRecord, own: str, given: dict[str, bytes]) -> dict[str, object]:
    fields: dict[str, object] = {
        "perturbation": trial.perturbation,
        "variant": trial.variant or None,
        "repeat": trial.repeat or None,
        "outcome": trial.outcome,
        "score": trial.score,
        "recorded": orjson.Fragment(trial.recorded) if trial.recorded is not None else None,
        "about": trial.about,
    }
    present = {name: value for name, value in fields.items() if value is not None}
    return present | _asked_out(trial, own, given)


def _asked_out(trial: TrialRecord, own: str, given: dict[str, bytes]) -> dict[str, object]:
    """Every answer, or the only one, where it is the answer to the case's own input."""
    if len(trial.asked) == 1 and trial.asked[0][0] == own:
        given[own] = trial.asked[0][1]
        return {"answer": orjson.Fragment(given[own])}
    pairs = [_ask_out(digest, answer, given) for digest, answer in trial.asked]
    return {"asked": pairs} if pairs else {}


def _ask_out(digest: str, answer: bytes, given: dict[str, bytes]) -> list[object]:
    if given.get(digest) == answer:
        return [digest]
    given[digest] = answer
    return [digest, orjson.Fragment(answer)]


def _trial_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes], about: str | None) -> TrialRecord:
    return TrialRecord(
        outcome=Outcome(fields["outcome"]),
        asked=_asked_in(fields, own, given),
        recorded=orjson.dumps(fields["recorded"]) if "recorded" in fields else None,
        perturbation=fields.get("perturbation"),
        variant=fields.get("variant", 0),
        repeat=fields.get("repeat", 0),
        score=fields.get("score"),
        about=about,
    )


def _asked_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    if "answer" in fields:
        given[own] = orjson.dumps(fields["answer"])
        return ((own, given[own]),)
    pairs = []
    for digest, *answer in fields.get("asked", ()):
        if answer:
            given[digest] = orjson.dumps(answer[0])
        pairs.append((digest, given[digest]))
    return tuple(pairs)
