"""Changes between two versions, as text for a terminal and as JSON."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.diff import NOTES
from pytest_modelcheck.canonical import (
    compared_part,
    excerpt,
    named_differences,
    one_line,
    stored_text,
    whole,
)
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.phrases import gains, plural
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.records.packing import pack
from pytest_modelcheck.reports.bars import padded, plain, shortened, text_of, width_of, wrapped
from pytest_modelcheck.reports.selection import literal, part_texts
from pytest_modelcheck.reports.shown import PLAIN, part_lines, sides
from pytest_modelcheck.reports.transcript import Trajectories, brief, steps_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff, Note, Side
    from pytest_modelcheck.canonical import Difference
    from pytest_modelcheck.reports.bars import Line


_ABOUT_ROOM: Final = 24
_ASIDE: Final = ", unperturbed"
_FIELD: Final = re.compile(r"[.\[]")
_FIELDS: Final = 6
_NAME: Final = 40
_NEW: Final = "new"
_NOT_RUN: Final = "not run"
_UNSEEN: Final = "not comparable"
_STYLES: Final = {
    "error": {"red": True},
    "regressed": {"red": True},
    "fixed": {"green": True},
    "changed": {"yellow": True},
}
_SIDES: Final = ({"red": True, "bold": True}, {"green": True, "bold": True})


def word_of(note: str) -> str:
    """The word for a kind of change that runs use, too."""
    return {"regressed": "broke", "error": "raised an error"}.get(note, note)


def diff_lines(
    diffs: Iterable[CheckDiff],
    before: str | None,
    after: Mapping[str, str],
    *,
    width: int = 80,
) -> Iterator[Line]:
    """A section for each check, then the totals.

    ``before`` is ``None`` for the approved results; ``after`` is the newer version of each model.
    """
    total: Counter[str] = Counter()
    checks = 0
    for diff in diffs:
        checks += 1
        total.update(_effects(diff))
        yield plain(one_line(diff.check))
        if diff.before is None:
            known = "is not approved yet" if before is None else f"was not run with {excerpt(before)}"
            yield plain(f"  {known}: {plural(len(diff.cases), 'case')}")
        elif diff.after is None:
            yield plain(f"  was not run with {excerpt(after[diff.model])}")
        else:
            yield from _check_lines(diff, width)
        yield ()
    yield plain(f"{plural(checks, 'check')}: {_counts(total) or 'nothing changed'}")


def heading(note: Note, count: object) -> Line:
    """The heading of a kind of change, in its colour."""
    return ((f"  {word_of(note)} ({count})", _STYLES.get(note, PLAIN)),)


def _effects(diff: CheckDiff) -> list[str]:
    """Return a check's contribution to the totals."""
    if diff.before is None:
        return [_NEW]
    if diff.after is None:
        return [_NOT_RUN]
    return [*(case.note for case in diff.cases), *[_UNSEEN] * len(diff.unseen)]


def answer_text(side: Side | None) -> str:
    """The answer of one side on one line: text in quotes, other values as JSON.

    >>> from pytest_modelcheck.baselines.diff import Side
    >>> from pytest_modelcheck.records import Outcome
    >>> answer_text(Side(Outcome.PASSED, b'{"label":"refund"}')), answer_text(Side(Outcome.PASSED, b'"a"'))
    ('{"label":"refund"}', "'a'")
    """
    return _answer(None if side is None else side.answer) or "no answer"


def answer_texts(case: CaseDiff) -> tuple[str, str]:
    """The answers of both sides, with the tags of their types if nothing else differs."""
    before, after = answer_text(case.before), answer_text(case.after)
    if before == after and case.before is not None and case.after is not None:
        lines = [whole(side.answer or b"") for side in (case.before, case.after)]
        if lines[0] != lines[1]:
            return one_line(lines[0].decode()), one_line(lines[1].decode())
    return before, after


def compared_texts(case: CaseDiff) -> tuple[str, str]:
    """The answers of both sides as for :func:`answer_texts`, without the parts that are not compared."""
    sides = (
        side if side is None or side.answer is None else replace(side, answer=compared_part(side.answer))
        for side in (case.before, case.after)
    )
    return answer_texts(replace(case, before=next(sides), after=next(sides)))


def _answer(answer: bytes | None) -> str:
    """An answer on one line; empty for none."""
    import orjson

    if answer is None:
        return ""
    form = orjson.loads(whole(answer))
    text = brief(form)
    return stored_text(form) if text is form else one_line(text)


def _check_lines(diff: CheckDiff, width: int) -> Iterator[Line]:
    texts = [f"{versions_of(diff)}   {summary_of(diff)}"]
    if diff.stopped:
        texts.append(f"{diff.stopped}: the others are not compared")
    if diff.unseen:
        texts.append(f"{_UNSEEN}: {diff.why_unseen}")
    if diff.gained:
        texts.append(gains(diff.gained))
    if diff.new_test:
        texts.append("the test itself has changed in between: outcomes may differ for that reason alone")
    for text in texts:
        yield from map(plain, wrapped(text, width, "  ", "    "))
    for note in NOTES:
        found = diff.of(note)
        if found:
            yield ()
            yield heading(note, len(found))
            for case in found:
                yield from case_lines(case, diff, width=width)


def versions_of(diff: CheckDiff) -> str:
    """Name the versions of a model that are compared."""
    before, after = _names(diff)
    return f"{excerpt(diff.model)} {before} → {after}"


def _names(diff: CheckDiff) -> list[str]:
    """Name both sides. If they are the same version, tell its approved results from its current ones.

    After a review, approved answers may come from another version.
    """
    names = [excerpt(version or "", 20) for version in (diff.before, diff.after)]
    return [f"{names[0]} as approved", "as last run"] if diff.before == diff.after else names


def summary_of(diff: CheckDiff) -> str:
    """Describe how many cases differ, and in what way."""
    counts = _counts(Counter(_effects(diff)))
    same = f"{plural(diff.same, 'case')} the same" if diff.same or not counts else ""
    return ", ".join(filter(None, (counts, same)))


def _counts(counts: Counter[str]) -> str:
    return ", ".join(
        f"{counts[note]} {word_of(note)}" for note in (*NOTES, _UNSEEN, _NEW, _NOT_RUN) if counts[note]
    )


def case_lines(case: CaseDiff, diff: CheckDiff, *, width: int = 80) -> Iterator[Line]:
    """One case: its input, and both answers."""
    name = f"    {_fitted(case.id, width - 4 - _ABOUT_ROOM)}  "
    yield plain(name + _fitted(case.about, width - width_of(name)))
    if case.perturbed is not None:
        label = f"      {_fitted(case.perturbation or 'perturbed', 30)}: "
        yield plain(label + _fitted(case.perturbed, width - width_of(label)))
    if case.note not in ("added", "removed"):
        yield from _answer_lines(case, diff, width)
    if case.expected is not MISSING and case.perturbed is None:
        yield plain(f"      expected {_expected_text(case, width - 15)}")
    if case.new_expectation:
        yield plain("      another answer is expected of it now")


def steps_of(case: CaseDiff, diff: CheckDiff) -> Trajectories | None:
    """Return the steps of both sides; ``None`` unless both answers are trajectories."""
    before, after = (None if side is None else side.did for side in (case.before, case.after))
    one, other = _names(diff)
    return steps_between(before, after, (one, other))


def _fitted(text: str, room: int) -> str:
    """Cut a text to a number of terminal cells."""
    shown = excerpt(text, max(1, room))
    return shown if width_of(shown) <= room else shortened(shown.removesuffix("…"), room - 1) + "…"


def _answer_lines(case: CaseDiff, diff: CheckDiff, width: int) -> Iterator[Line]:
    outcomes = _outcomes(case)
    names = _names(diff)
    before, after = answer_texts(case)
    one = f"      {before} → {after}{outcomes}"
    room = width - max(map(width_of, names)) - len("      : ")
    both = (case.before, case.after)
    base, other = (_answer(None if side is None else side.unperturbed) for side in both)
    own = (base, other)
    short = [
        f"{text}{_ASIDE}: {aside}" if aside else text
        for text, aside in zip((before, after), own, strict=True)
    ]
    if (steps := steps_of(case, diff)) is not None:
        yield from (plain(f"      {line}") for line in steps.lines(width - 6))
    elif width_of(one) <= width and case.perturbed is None:
        yield plain(one)
        return
    elif max(map(width_of, short)) <= room:
        yield from _labelled(names, list(map(plain, short)))
    elif fields := _field_lines(case, width):
        yield from fields
    else:
        yield from _labelled(names, sides(*compared_texts(case), room, _SIDES))
        if any(own):
            yield from _labelled(names, sides(*own, room - len(_ASIDE), _SIDES), _ASIDE)
    if outcomes:
        yield plain(f"     {outcomes}")


def _expected_text(case: CaseDiff, room: int) -> str:
    """The expectation; of a long record, only the fields in which the answers differ."""
    expected, whole_text = case.expected, literal(case.expected)
    if isinstance(expected, dict) and width_of(whole_text) > room and case.before and case.after:
        differing = _fields_of(case.before.answer, case.after.answer) or ()
        names = {_FIELD.split(one.path, maxsplit=1)[0] for one in differing}
        expected = {name: value for name, value in expected.items() if name in names} or expected
    return literal(expected, room)


def _field_lines(case: CaseDiff, width: int) -> list[Line]:
    """The fields that differ; none if the answers have no fields."""
    if case.before is None or case.after is None:
        return []
    answered = _fields_of(case.before.answer, case.after.answer)
    if answered is None:
        return []
    lines = list(_difference_lines(answered, width))
    if own := _fields_of(case.before.unperturbed, case.after.unperturbed):
        lines += [plain("      unperturbed:"), *_difference_lines(own, width)]
    return lines


def _fields_of(before: bytes | None, after: bytes | None) -> list[Difference] | None:
    if before is None or after is None:
        return None
    found = named_differences(before, after)
    # A difference without a path is one of the whole answer: there are no fields to name.
    return found if all(one.path for one in found) else None


def _difference_lines(found: Sequence[Difference], width: int) -> Iterator[Line]:
    parts = ((excerpt(one.path, _NAME), *part_texts(one)) for one in found[:_FIELDS])
    yield from part_lines(parts, width, _SIDES, " " * 6)
    more = len(found) - _FIELDS
    if more > 0:
        yield plain(f"      (+{plural(more, 'more field')})")


def _labelled(names: Sequence[str], texts: Sequence[Line], aside: str = "") -> Iterator[Line]:
    """Each text after the name of its side; one line if both texts are equal."""
    if text_of(texts[0]) == text_of(texts[1]):
        names, texts = ["both"], [plain(text_of(texts[0]))]
    names = [name + aside for name in names]
    column = max(map(width_of, names))
    for name, text in zip(names, texts, strict=True):
        yield (f"      {padded(name + ': ', column + 2)}", PLAIN), *text


def _outcomes(case: CaseDiff) -> str:
    """Describe the outcome on both sides, unless the heading shows it.

    Of a case that varies, the share of its runs that pass says more than the outcome of all.
    """
    if case.before is None or case.after is None:
        return ""
    if case.before.varies or case.after.varies:
        before, after = (f"{passed}/{runs}" for passed, runs in (case.before.runs, case.after.runs))
        return f" ({before} runs pass → {after})"
    if case.before.outcome is case.after.outcome:
        return ""
    if case.note in ("error", "regressed") or (case.note == "fixed" and case.before.outcome != "error"):
        return ""
    return f" ({case.before.outcome.value} → {case.after.outcome.value})"


def diff_json(diffs: Iterable[CheckDiff]) -> Iterator[str]:
    """Yield a JSON list with an object for each check, in pieces to save memory."""
    import orjson

    between = "["
    for diff in diffs:
        fields = {**pack(replace(diff, cases=())), "cases": [_case_fields(case) for case in diff.cases]}
        document = orjson.dumps(fields, option=orjson.OPT_INDENT_2).decode()
        yield f"{between}\n{printable_json(document)}"
        between = ","
    yield "[]" if between == "[" else "\n]"


def _case_fields(case: CaseDiff) -> dict[str, Any]:
    fields: dict[str, Any] = pack(replace(case, before=None, after=None))
    return fields | {"before": _side_fields(case.before), "after": _side_fields(case.after)}


def _side_fields(side: Side | None) -> dict[str, Any] | None:
    import orjson

    if side is None:
        return None
    # Answers are JSON already.
    answer = None if side.answer is None else orjson.Fragment(whole(side.answer))
    fields = {"outcome": side.outcome.value, "answer": answer}
    if side.unperturbed is not None:
        fields["unperturbed"] = orjson.Fragment(whole(side.unperturbed))
    return fields
