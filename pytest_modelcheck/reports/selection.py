"""The cases of a check that are worth reading, in the form that reports show."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.baselines.diff import shown_answers
from pytest_modelcheck.canonical import (
    ABSENT,
    described,
    encode_plain,
    excerpt,
    named_differences,
    one_line,
    same,
    stored_text,
    untagged,
)
from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import MISSING, Contrast, Outcome, ShownCase
from pytest_modelcheck.reports.jsons import value_of
from pytest_modelcheck.reports.transcript import steps_of_trial
from pytest_modelcheck.reports.wording import most_informative_trial
from pytest_modelcheck.reports.words import marked_pieces, perturbed_text, start_of, window, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pytest_modelcheck.canonical import Difference
    from pytest_modelcheck.records import Case, CaseResult, TrialResult


# Characters from which on an answer is read word by word.
SENTENCE: Final = 40

_PARTS: Final = 6
_WIDTH: Final = 400
_NAME: Final = 40
_EVERYTHING: Final = 1 << 20
_FEW_NUMBERS: Final = 3
_NUMBERS: Final = frozenset({int, float})
_ITEM: Final = re.compile(r"(.*?)(\[\d+(, \d+)*\])+")


def literal(value: Any, width: int = _EVERYTHING) -> str:
    """A value on one line: text in quotes, other values as JSON.

    >>> literal("refund"), literal({"priority": 2}), literal("refund, please", 10)
    ("'refund'", '{"priority":2}', "'refund,…'")
    """
    return f"'{excerpt(value, width - 2)}'" if isinstance(value, str) else excerpt(value, width)


def part_texts(one: Difference) -> tuple[str, str]:
    """The two values of a part on one line each, with the tags of their types if nothing else differs."""
    pair = one.before, one.after
    before, after = ("nothing" if value is ABSENT else stored_text(value) for value in pair)
    if before != after:
        return before, after
    before, after = (orjson.dumps(value).decode() for value in pair)
    return one_line(before), one_line(after)


def contrast(got: bytes | None, expected: Any, base: bytes | None, approved: bytes | None) -> Contrast | None:
    """Compare an answer with the first of the others that is a record or long text like it.

    >>> contrast(b'{"label":"refund","priority":5}', {"priority": 2}, None, None)
    Contrast(against='expected', parts=(('priority', '2', '5'),), hidden=0)
    """
    if got is None:
        return None
    required = None if expected is MISSING else encode_plain(expected)
    for against, other in (("base", base), ("expected", required), ("approved", approved)):
        # An expectation may name some fields of the answer only: the others were not expected to be absent.
        if other is not None and (found := _parts(other, got, some=against == "expected")):
            return Contrast(against, tuple(found[:_PARTS]), max(0, len(found) - _PARTS))
    return None


def _parts(other: bytes, got: bytes, *, some: bool) -> list[tuple[str, str, str]]:
    """The parts that differ; with ``some``, only the fields that the expectation names."""
    try:
        found = named_differences(other, got)
    except (ModelcheckError, orjson.JSONDecodeError):
        return []
    if some and any(type(one.before) is not type(one.after) for one in found if one.path == "compare_by"):
        return []  # what is expected is something else than what is compared
    if len(found) == 1 and not found[0].path:
        texts = found[0].before, found[0].after
        if not all(isinstance(text, str) and len(text) >= SENTENCE for text in texts):
            return []
        return [("", *_cut(*map(redacted, texts)))]
    if not all(one.path for one in found):
        return []
    named = found
    if some:
        named = [one for one in found if one.before is not ABSENT]
        if _has_none(named, orjson.loads(other)):
            return []
        # A case file has no dates and no decimals: if they are as expected, the type alone says little.
        named = [one for one in named if not _look_alike(one)]
    return [part for where, group in groupby(named, key=_array_of) for part in _group(where, list(group))]


def _look_alike(one: Difference) -> bool:
    """Return whether two values differ only in their types, as ``"9.50"`` and ``Decimal("9.50")``."""
    before, after = untagged(one.before), untagged(one.after)
    if before == after:
        return True
    try:
        return Decimal(str(before)) == Decimal(str(after))
    except InvalidOperation:
        return False


def _has_none(found: Sequence[Difference], expected: Any) -> bool:
    """Return whether the answer has no field of the expectation, which then describes something else."""
    lacking = {one.path for one in found if one.after is ABSENT}
    return isinstance(expected, dict) and bool(expected) and lacking.issuperset(expected)


def _array_of(one: Difference) -> str | None:
    """The path of the list that this number belongs to, or ``None``."""
    match = _ITEM.fullmatch(one.path)
    numbers = type(one.before) in _NUMBERS and type(one.after) in _NUMBERS
    return match[1] if match is not None and numbers else None


def _group(where: str | None, group: list[Difference]) -> list[tuple[str, str, str]]:
    """One row for each part; of a list of numbers, only the one that moved most."""
    if where is None or len(group) <= _FEW_NUMBERS:
        return [(excerpt(one.path, _NAME), *_cut(*part_texts(one))) for one in group]
    most = max(group, key=lambda one: abs(one.after - one.before))
    name = f"{len(group):,} numbers differ, most at {most.path[len(where) :]}"
    name = f"{excerpt(where, _NAME)} ({name})" if where else name
    before, after = f"{most.before:.6g}", f"{most.after:.6g}"
    return [(name, before, after) if before != after else (name, str(most.before), str(most.after))]


def _cut(before: str, after: str) -> tuple[str, str]:
    """Both texts cut around their differences: between words if they can be compared word by word."""
    sides = marked_pieces(before, after, _WIDTH) if min(len(before), len(after)) >= SENTENCE else None
    if sides is not None:
        old, new = ("".join(text for _, text in side) for side in sides)
        return old, new
    return windows(before, after, _WIDTH)


SHOWN = 5
# How many cases that broke, and of all others, are shown at least, so that errors hide no wrong answer.
BOTH = 2
_INPUT_WIDTH = 200
_ANSWER_WIDTH = 120
_STEPS_WIDTH = 60
# The notes of cases that explain a low mean.
LOWEST = ("lowest score", "smallest change")

ORDER = ("error", "regressed", "failed", "changed", *LOWEST, "fixed", "new", "unexpected pass")


def note_of(outcomes: Collection[Outcome], failed: str, *, regressed: bool, changed: bool) -> str | None:
    """The note of a case, such as ``"regressed"``, from the outcomes of its trials; ``None`` for no interest.

    ``failed`` is the note of a failed case that the approved version did not pass. ``changed`` says that its
    answer differs and a limit on changes is missed.
    """
    if Outcome.ERROR in outcomes:
        return "error"
    if Outcome.FAILED in outcomes:
        return "regressed" if regressed else failed
    if changed:
        return "changed"
    if Outcome.NEW in outcomes:
        return "new"
    return "unexpected pass" if Outcome.XPASSED in outcomes and Outcome.XFAILED not in outcomes else None


def show(
    result: CaseResult,
    trial: TrialResult,
    note: str,
    *,
    case: Case,
    decode: Callable[[bytes], Any],
    perturbed: Any,
    message: str,
    detail: str | None,
) -> ShownCase:
    """Describe one case as text, with the outcome of its most informative trial.

    ``decode`` restores the value of a stored answer. ``detail`` is the traceback of an error, or the full
    message of a failed assertion.
    """
    got, base, approved, _ = shown_answers(trial, result.digest)
    if base is not None and got is not trial.answer:
        approved = None  # it is the answer to the unperturbed input
    shown = _shown(case, note, trial, (got, base, approved), decode, perturbed, message)
    steps = steps_of_trial(trial, result.digest)
    return replace(
        shown,
        detail=detail,
        contrast=contrast(got, case.expected, base, approved),
        steps=() if steps is None or steps.are_alike else tuple(steps.lines(_STEPS_WIDTH)),
    )


def shown_case(result: CaseResult, note: str, known: ShownCase | None = None) -> ShownCase:
    """Describe one stored case, with the answer of the version that it is compared with."""
    trial = most_informative_trial(result)
    answer, base, before, _ = (None,) * 4 if trial is None else shown_answers(trial, result.digest)
    if known is not None:
        return replace(known, note=note, approved=shown_answer(before, _read))
    perturbed = MISSING if trial is None else trial.perturbed
    message = "" if trial is None else trial.message or ""
    return _shown(result, note, trial, (answer, base, before), _read, perturbed, message)


def _read(raw: bytes) -> Any:
    return untagged(value_of(raw))


def _shown(
    case: Case | CaseResult,
    note: str,
    trial: TrialResult | None,
    answers: tuple[bytes | None, bytes | None, bytes | None],
    decode: Callable[[bytes], Any],
    perturbed: Any,
    message: str,
) -> ShownCase:
    """A case as text, its answers cut around their first difference."""
    got, base, approved = (_whole_answer(raw, decode) for raw in answers)
    expected = None if case.expected is MISSING else _whole(case.expected)
    start = 0 if got is None else start_of(got, (expected, base, approved), _ANSWER_WIDTH)

    if got is not None and _are_same(answers[0], answers[2]):
        approved = got  # they differ only in what `ignore=` or `compare_by=` leaves out

    def cut(text: str | None) -> str | None:
        return None if text is None else window(text, start, _ANSWER_WIDTH)

    return ShownCase(
        id=case.id,
        note=note,
        input=excerpt(case.input, _INPUT_WIDTH),
        message=message,
        expected=cut(expected),
        got=cut(got),
        approved=cut(approved),
        perturbation=None if trial is None else trial.perturbation,
        perturbed=None if perturbed is MISSING else perturbed_text(perturbed, case.input, _INPUT_WIDTH),
        base_answer=cut(base),
        origin=None if case.origin is None else str(case.origin),
    )


def _are_same(got: bytes | None, approved: bytes | None) -> bool:
    return got is not None and approved is not None and same(approved, got)


def shown_answer(raw: bytes | None, decode: Callable[[bytes], Any]) -> str | None:
    """An answer as reports show it, or ``None`` if there is none."""
    text = _whole_answer(raw, decode)
    return None if text is None else excerpt(text, _ANSWER_WIDTH)


def _whole_answer(raw: bytes | None, decode: Callable[[bytes], Any]) -> str | None:
    if raw is None:
        return None
    try:
        return _whole(decode(raw))
    except ModelcheckError:
        # Not stored, or approved in a different form than today's answers.
        return described(raw)


def _whole(value: Any) -> str:
    try:
        return " ".join(map(str.strip, repr(value).split("\n")))  # of an array or a table, in rows
    except Exception as error:  # noqa: BLE001 - a repr of the user's own must not hide the verdict
        return f"<a {type(value).__name__} whose repr() raised {type(error).__name__}>"


# Seconds that calls took one after another, from which on the report says how to make them together.
WORTH_GATHERING = 5.0


def notes_of(direct: tuple[int, float, int], inapplicable: Mapping[str, int]) -> tuple[str, ...]:
    """Further remarks, one sentence each.

    Args:
        direct: The number of calls made one by one that could have been made together, the seconds they took,
            and the number of prefetched calls that no body made.
        inapplicable: How many inputs each perturbation left unchanged.
    """
    notes = []
    calls, seconds, vain = direct
    if calls > 1 and seconds >= WORTH_GATHERING:
        notes.append(
            f"{calls} calls one after another took {seconds:,.0f} s; `gather=True` would make them together"
        )
    if vain:
        these = plural(vain, "prefetched call was", "prefetched calls were")
        notes.append(f"{these} not used")
    for name, count in inapplicable.items():
        notes.append(f"{name} does not apply to {plural(count, 'input')}, which it leaves unchanged")
    return tuple(notes)
