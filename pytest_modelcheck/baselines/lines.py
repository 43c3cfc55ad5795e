"""One case as one line of JSON: readable fields first, digests last.

A case with a single plain trial has a short form, in which ``answer`` stands for one call with the case's
own input. Otherwise ``calls`` lists ``[digest, answer]`` in order, where ``[digest]`` alone repeats the
last answer that the line gives for that digest.

Each line of a baseline has its own checksum, because git merges files line by line. A result file, which is
never merged, has one for all lines, in a line at the end. CRC-32 finds every damage of up to 32 consecutive
bits, and all but one in 4 billion of others. It is not a signature: lines can be forged on purpose.

A line of a result file continues after a tab, which our JSON never contains, with ``case``: further facts
for reports (:func:`with_details`). Cut off there, it is the line of a baseline (:func:`bare`).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import orjson

from pytest_modelcheck.canonical import gained, same
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.records import MISSING, CaseResult, Grade, Origin, Outcome, TrialResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Lines are put together from text: a check writes one a case, most of it JSON already.
quoted: Final = json.encoder.encode_basestring

REPEATED: Final = b'"repeat":'
"""Occurs in the line of a case that was run more than once."""

LAST: Final = b'{"sum":'
"""The beginning of a result file's last line."""

_AT_ONCE: Final = 256
_SUM_LENGTH: Final = len(b',"sum":"00000000"}')
_DETAILS: Final = b"\t,"
_ID: Final = re.compile(rb'\{"id":"([^"\\]*)"')
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONG: Final = 200
"""The length from which an answer is written once, and not again for each run of its case."""
_CLOSE: Final = 1e-6
_ENOUGH: Final = 100
"""The number of cases in which new fields of a class are searched: all of its objects have them."""
_PLACE: Final = re.compile(r"\[\d+\]")
_UNREADABLE: Final = (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, IndexError)


def encode(case: CaseResult) -> bytes:
    """A case as a line of a baseline, without its end.

    Raises:
        BaselineError: A text of it is not Unicode (a lone surrogate), so that no file can hold it.

    >>> trial = TrialResult(Outcome.PASSED, (("8f0c", b'"refund"'),))
    >>> encode(CaseResult("t-42", "8f0c", "77aa", "Quiero un…", (trial,))).decode()
    '{"id":"t-42","outcome":"passed","answer":"refund","about":"Quiero un…","input":"8f0c","expected":"77aa"}'
    """
    trials = case.trials
    one = trials[0] if len(trials) == 1 else None
    if one and one.perturbation is None and one.about is None and not one.variant and not one.repeat:
        fields = _short(case, one)
    else:
        fields = f'"about":{quoted(case.about)},"trials":{_trials_out(trials, case.digest)}'
    expected = "" if case.expectation is None else f',"expected":"{case.expectation}"'
    line = f'{{"id":{quoted(case.id)},{fields},"input":"{case.digest}"{expected}}}'
    try:
        return line.encode()
    except UnicodeEncodeError as error:
        raise BaselineError(f"case {case.id!r} cannot be written as JSON: {error}") from error


def decode(line: bytes) -> CaseResult:
    """Read a line; of a result file, including the further facts for reports.

    Raises:
        BaselineError: The line is not a case. The caller adds the place.
    """
    try:
        fields = orjson.loads(line)
        found = _case_in(fields)
        return _with_details(found, fields["case"]) if "case" in fields else found
    except _UNREADABLE as error:
        raise BaselineError(f"not a case: {type(error).__name__}: {error}") from error


def with_details(line: bytes, details: str) -> bytes:
    r"""The line of a result file: the line of a baseline, and the members of ``case`` as JSON.

    >>> with_details(b'{"id":"t-42"}', '"expected":"refund"')
    b'{"id":"t-42"\t,"case":{"expected":"refund"}}'
    """
    try:
        encoded = details.encode()
    except UnicodeEncodeError:  # a lone surrogate, which is spelled out
        encoded = _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", details).encode()
    return b'%s\t,"case":{%s}}' % (line[:-1], encoded)


def bare(line: bytes) -> bytes:
    r"""A line of a result file as that of a baseline.

    >>> bare(b'{"id":"t-42"\t,"case":{"expected":"refund"}}')
    b'{"id":"t-42"}'
    """
    place = line.find(_DETAILS)
    return line if place < 0 else line[:place] + b"}"


def more_details(line: bytes, details: bytes) -> bytes:
    """A line of a result file with further members of ``case``."""
    separator = b"" if line.endswith(b"{}}") else b","
    return line[:-2] + separator + details + b"}}"


def id_of(line: bytes) -> str:
    """The id in a line written by this package."""
    found = _ID.match(line)
    return found[1].decode() if found else str(orjson.loads(line)["id"])


def with_further_runs(line: bytes) -> bytes:
    """A line of a result file as that of a baseline, plus the runs that confirmed a miss.

    Only for comparisons: these runs are never approved.
    """
    return encode(decode(line)) if b'"more":' in line else bare(line)


def settled(line: bytes) -> bytes:
    """The line of a case as it will be once its answers are approved: comparisons with them pass.

    If bodies compare with ``case.approved``, an outcome depends on two versions.
    """
    if b'"failed"' not in line and b'"new"' not in line:
        return line
    case = decode(line)
    trials = [
        replace(trial, outcome=Outcome.PASSED, score=None)
        if trial.outcome in (Outcome.FAILED, Outcome.NEW)
        else trial
        for trial in case.trials
    ]
    return encode(replace(case, trials=tuple(trials)))


def trials_line(trials: Sequence[TrialResult], own: str) -> bytes:
    """Trials as a JSON list; ``own`` is the digest of the input of their case."""
    return _trials_out(trials, own).encode()


# -- out -----------------------------------------------------------------------------------------------


def _trials_out(trials: Sequence[TrialResult], own: str) -> str:
    given: dict[str, bytes] = {}
    return f"[{','.join([_trial_out(trial, own, given) for trial in trials])}]"


def _short(case: CaseResult, trial: TrialResult) -> str:
    outcome, about = _outcome_out(trial), quoted(case.about)
    if len(trial.calls) == 1 and trial.calls[0][0] == case.digest:
        return f'{outcome},"answer":{trial.calls[0][1].decode()},"about":{about}'
    calls = f',"calls":[{_calls_out(trial, {})}]' if trial.calls else ""
    return f'{outcome},"about":{about}{calls}'


def _trial_out(trial: TrialResult, own: str, given: dict[str, bytes]) -> str:
    which = "" if trial.perturbation is None else f'"perturbation":{quoted(trial.perturbation)},'
    if trial.variant:
        which += f'"variant":{trial.variant},'
    if trial.repeat:
        which += f'"repeat":{trial.repeat},'
    about = "" if trial.about is None else f',"about":{quoted(trial.about)}'
    if trial.digest:
        about += f',"input":"{trial.digest}"'
    only = trial.calls[0][1] if len(trial.calls) == 1 and trial.calls[0][0] == own else None
    if only is not None and (len(only) < _LONG or given.get(own) != only):
        given[own] = only
        calls = f',"answer":{only.decode()}'
    else:
        calls = f',"calls":[{_calls_out(trial, given)}]' if trial.calls else ""
    return f"{{{which}{_outcome_out(trial)}{about}{calls}}}"


def _outcome_out(trial: TrialResult) -> str:
    text = f'"outcome":"{trial.outcome._value_}"'
    if trial.score is not None:
        text += f',"score":{trial.score!r}'
    return text if trial.recorded is None else f'{text},"recorded":{trial.recorded.decode()}'


def _calls_out(trial: TrialResult, given: dict[str, bytes]) -> str:
    pairs = []
    for digest, answer in trial.calls:
        if given.get(digest) == answer:
            # An equal answer to the same call is written once a case: variants often share the unperturbed
            # call.
            pairs.append(f'["{digest}"]')
        else:
            given[digest] = answer
            pairs.append(f'["{digest}",{answer.decode()}]')
    return ",".join(pairs)


# -- in ------------------------------------------------------------------------------------------------


def _case_in(fields: dict[str, Any]) -> CaseResult:
    # Taken out, for a single plain trial has the same fields as its case, and no input of its own.
    own, about = fields.pop("input"), fields.pop("about")
    trials = _trials_in(fields.get("trials", [fields]), own)
    return CaseResult(fields["id"], own, fields.get("expected"), about, trials)


def _trials_in(trials: Sequence[Mapping[str, Any]], own: str) -> tuple[TrialResult, ...]:
    given: dict[str, bytes] = {}
    return tuple([_trial_in(trial, own, given) for trial in trials])


def _trial_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes]) -> TrialResult:
    return TrialResult(
        outcome=Outcome(fields["outcome"]),
        calls=_calls_in(fields, own, given),
        recorded=_json(fields["recorded"]) if "recorded" in fields else None,
        perturbation=fields.get("perturbation"),
        variant=fields.get("variant", 0),
        repeat=fields.get("repeat", 0),
        score=fields.get("score"),
        about=fields.get("about"),
        digest=fields.get("input", ""),
    )


def _calls_in(fields: Mapping[str, Any], own: str, given: dict[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    if "answer" in fields:
        given[own] = _json(fields["answer"])
        return ((own, given[own]),)
    pairs = []
    for digest, *answer in fields.get("calls", ()):
        if answer:
            given[digest] = _json(answer[0])
        pairs.append((digest, given[digest]))
    return tuple(pairs)


def _json(value: object) -> bytes:
    """A value as JSON. Slicing copies it out of the buffer of 1 kB that orjson allocates."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)[:-1]


def _with_details(case: CaseResult, details: Mapping[str, Any]) -> CaseResult:
    of_trials = details.get("trials") or [{}] * len(case.trials)
    trials = tuple([_trial_with(*each) for each in zip(case.trials, of_trials, strict=True)])
    trials += _trials_in(details.get("more", ()), case.digest)
    origin, approved = details.get("origin"), details.get("approved")
    return replace(
        case,
        trials=trials,
        input=details.get("input", case.about),
        expected=details.get("expected", MISSING),
        metadata=details.get("metadata", {}),
        known_failure=details.get("known_failure"),
        origin=None if origin is None else Origin(*origin),
        pictures=tuple(details.get("pictures", ())),
        approved=case if approved is True else None if approved is None else _case_in(approved),
    )


def _trial_with(trial: TrialResult, details: Mapping[str, Any]) -> TrialResult:
    """A trial with its further facts for reports; if the line holds its whole input, that is used."""
    if trial.about is None and not details:
        return trial
    perturbed = details.get("perturbed", MISSING if trial.about is None else trial.about)
    pictures = tuple(details.get("pictures", ()))
    grades = tuple(
        [
            Grade(judge, None if given is None else _json(given), _json(answer))
            for judge, given, answer in details.get("grades", ())
        ]
    )
    message = details.get("message")
    return replace(trial, perturbed=perturbed, message=message, pictures=pictures, grades=grades)


# -- sameness ------------------------------------------------------------------------------------------


def same_answer(a: bytes | None, b: bytes | None) -> bool:
    """Return whether two answers (canonical JSON, or none at all) are equal, floats within 1e-6 relative.

    >>> same_answer(b"0.25", b"0.2500000001"), same_answer(b'"a"', None)
    (True, False)
    """
    if a is None or b is None:
        return a is b
    return a == b or same(a, b)


def equivalent(a: CaseResult, b: CaseResult) -> bool:
    """Return whether two lines of a baseline differ only in the last bits of floats in answers and scores.

    A new field of a class does not change an answer, although the lines differ, in either direction.
    """
    return (
        (a.id, a.digest, a.expectation, a.about) == (b.id, b.digest, b.expectation, b.about)
        and len(a.trials) == len(b.trials)
        and all(map(_equivalent_trials, a.trials, b.trials))
    )


def _equivalent_trials(a: TrialResult, b: TrialResult) -> bool:
    return (
        (a.outcome, a.repeat, a.input) == (b.outcome, b.repeat, b.input)
        and [digest for digest, _ in a.calls] == [digest for digest, _ in b.calls]
        and all(_alike(x, y) for (_, x), (_, y) in zip(a.calls, b.calls, strict=True))
        and _alike(a.recorded, b.recorded)
        and (a.score is None) == (b.score is None)
        and math.isclose(a.score or 0.0, b.score or 0.0, rel_tol=_CLOSE, abs_tol=_CLOSE)
    )


def _alike(a: bytes | None, b: bytes | None) -> bool:
    # Both ways, since an answer may say how it is compared (`$ignoring`), and the two may differ in that.
    return a == b or (same_answer(a, b) and same_answer(b, a))


def gained_by(pairs: Iterable[tuple[CaseResult, CaseResult]]) -> tuple[str, ...]:
    """The fields that the types of answers gained between two results, determined from some cases.

    Each is named once, with its path: ``note``, ``choices[].message.refusal``.
    """
    found: dict[str, None] = {}
    for before, after in islice(pairs, _ENOUGH):
        known = {trial.key: trial for trial in before.trials}
        for trial in after.trials:
            earlier = known.get(trial.key, trial)
            answers = {**dict(earlier.calls), "": earlier.recorded}
            for digest, other in (*trial.calls, ("", trial.recorded)):
                one = answers.get(digest)
                if one is not None and other is not None and b'"$default"' in other:
                    found |= dict.fromkeys(_PLACE.sub("[]", path) for path in gained(one, other))
    return tuple(found)


# -- checksums ------------------------------------------------------------------------------------------


def seed_of(version: str | None) -> int:
    """The initial value of the checksums of a version's lines: under another header, they do not match."""
    return crc32((version or "").encode(errors="surrogatepass"))


def sealed(line: bytes, seed: int = 0) -> bytes:
    """A JSON object on one line, with its checksum as the last member.

    >>> sealed(b'{"id":"t-42"}')
    b'{"id":"t-42","sum":"cdbcb09b"}'
    """
    return b'%s,"sum":"%08x"}' % (line[:-1], crc32(line, seed))


def unsealed(line: bytes, seeds: Sequence[int] = (0,)) -> bytes | None:
    """The line without its checksum; ``None`` if that is missing, or wrong for each seed.

    Formatters of JSON may have inserted spaces and escapes.

    >>> unsealed(sealed(b'{"id":"t-42"}')), unsealed(b'{"id":"t-43","sum":"cdbcb09b"}')
    (b'{"id":"t-42"}', None)
    >>> unsealed(b'{"id": "t-42", "sum": "cdbcb09b"}')
    b'{"id":"t-42"}'
    """
    bare = line[:-_SUM_LENGTH] + b"}"
    # Formatters of JSON may put blanks into a line. Its content is then checked instead of its bytes.
    end = line[-_SUM_LENGTH:]
    for seed in seeds:
        if end == b',"sum":"%08x"}' % crc32(bare, seed):
            return bare
    return _reformatted(line, seeds)


def _reformatted(line: bytes, seeds: Sequence[int]) -> bytes | None:
    try:
        fields = json.loads(line, object_pairs_hook=_once)
        checksum = fields.pop("sum")
        bare: bytes = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)[:-1]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return None
    return bare if checksum in [f"{crc32(bare, seed):08x}" for seed in seeds] else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def closed(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield rows with their line ends, in large blocks, then a last line with the checksum of all."""
    total, left = 0, iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        block = b"\n".join([*some, b""])
        total = crc32(block, total)
        yield block
    yield b'%s"%08x"}\n' % (LAST, total)


def opened(rows: list[bytes]) -> list[bytes] | None:
    """Undo :func:`closed`: return the rows without line ends; ``None`` if they were altered."""
    total = 0
    for row in rows[:-1]:
        total = crc32(b"\n", crc32(row, total))
    return rows[:-1] if rows and rows[-1] == b'%s"%08x"}' % (LAST, total) else None
