"""One case as one line of JSON: what people read first, digests last.

A case with a single plain trial has a short form, in which ``answer`` stands for one question that was the
case's own input. Otherwise ``asked`` lists ``[digest, answer]`` in order, where ``[digest]`` alone repeats
the answer that the line has last given for that digest.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import CaseRecord, Outcome, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

# Lines are put together from text: a check writes one a case, most of it JSON already.
quoted: Final = json.encoder.encode_basestring


def encode(record: CaseRecord) -> bytes:
    """A case as one line, without its end.

    Raises:
        BaselineError: A text of it is not Unicode (a lone surrogate), so that no file can hold it.

    >>> trial = TrialRecord(Outcome.PASSED, (("8f0c", b'"refund"'),))
    >>> encode(CaseRecord("t-42", "8f0c", "77aa", "Quiero un…", (trial,))).decode()
    '{"id":"t-42","outcome":"passed","answer":"refund","about":"Quiero un…","input":"8f0c","expected":"77aa"}'
    """
    trials = record.trials
    told = _short(record, trials[0]) if len(trials) == 1 and _is_plain(trials[0]) else _long(record)
    expected = "" if record.expected is None else f',"expected":"{record.expected}"'
    line = f'{{"id":{quoted(record.id)},{told},"input":"{record.input}"{expected}}}'
    try:
        return line.encode()
    except UnicodeEncodeError as error:
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


def _short(record: CaseRecord, trial: TrialRecord) -> str:
    outcome, about = _outcome_out(trial), quoted(record.about)
    if len(trial.asked) == 1 and trial.asked[0][0] == record.input:
        return f'{outcome},"answer":{trial.asked[0][1].decode()},"about":{about}'
    asked = f',"asked":[{_asked_out(trial, {})}]' if trial.asked else ""
    return f'{outcome},"about":{about}{asked}'


def _long(record: CaseRecord) -> str:
    given: dict[str, bytes] = {}
    trials = ",".join([_trial_out(trial, record.input, given) for trial in record.trials])
    return f'"about":{quoted(record.about)},"trials":[{trials}]'


def _trial_out(trial: TrialRecord, own: str, given: dict[str, bytes]) -> str:
    which = "" if trial.perturbation is None else f'"perturbation":{quoted(trial.perturbation)},'
    if trial.variant:
        which += f'"variant":{trial.variant},'
    if trial.repeat:
        which += f'"repeat":{trial.repeat},'
    about = "" if trial.about is None else f',"about":{quoted(trial.about)}'
    if len(trial.asked) == 1 and trial.asked[0][0] == own:
        given[own] = trial.asked[0][1]
        asked = f',"answer":{given[own].decode()}'
    else:
        asked = f',"asked":[{_asked_out(trial, given)}]' if trial.asked else ""
    return f"{{{which}{_outcome_out(trial)}{about}{asked}}}"


def _outcome_out(trial: TrialRecord) -> str:
    text = f'"outcome":"{trial.outcome._value_}"'
    if trial.score is not None:
        text += f',"score":{trial.score!r}'
    return text if trial.recorded is None else f'{text},"recorded":{trial.recorded.decode()}'


def _asked_out(trial: TrialRecord, given: dict[str, bytes]) -> str:
    pairs = []
    for digest, answer in trial.asked:
        if given.get(digest) == answer:
            pairs.append(f'["{digest}"]')
        else:
            given[digest] = answer
            pairs.append(f'["{digest}",{answer.decode()}]')
    return ",".join(pairs)


def _trial_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes], about: str | None) -> TrialRecord:
    return TrialRecord(
        outcome=Outcome(fields["outcome"]),
        asked=_asked_in(fields, own, given),
        recorded=_json(fields["recorded"]) if "recorded" in fields else None,
        perturbation=fields.get("perturbation"),
        variant=fields.get("variant", 0),
        repeat=fields.get("repeat", 0),
        score=fields.get("score"),
        about=about,
    )


def _asked_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    if "answer" in fields:
        given[own] = _json(fields["answer"])
        return ((own, given[own]),)
    pairs = []
    for digest, *answer in fields.get("asked", ()):
        if answer:
            given[digest] = _json(answer[0])
        pairs.append((digest, given[digest]))
    return tuple(pairs)


def _json(value: object) -> bytes:
    """A value as JSON: cut, and so copied out of the buffer of 1 kB that orjson would keep for it."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)[:-1]
