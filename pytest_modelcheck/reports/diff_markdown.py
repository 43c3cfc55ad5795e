"""Changes between two versions, as Markdown: for a comment on a pull request.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.diff import NOTES
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.contrast import literal
from pytest_modelcheck.reports.diff import answer_text, steps_of, summary_of
from pytest_modelcheck.reports.markdown import code, opened
from pytest_modelcheck.reports.windows import start_of, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff

_MOST: Final = 50
"""Cases of one kind and check that are shown: a comment has a limit, and a reader too."""
_ROOM: Final = 120


def diff_markdown(diffs: Iterable[CheckDiff]) -> Iterator[str]:
    """Each check under a heading of its own, its cases in a table for each kind of change.

    Whatever a model or a case file says stands in code spans, where it is neither HTML nor a mention.
    """
    for diff in diffs:
        yield f"### {code(excerpt(diff.check, 200))}"
        yield ""
        if diff.before is None or diff.after is None:
            yield "not approved yet" if diff.before is None else "not run"
        else:
            versions = f"{excerpt(diff.model)} {excerpt(diff.before)} → {excerpt(diff.after)}"
            yield f"{code(versions)}: {summary_of(diff)}"
            if diff.gained:
                yield ""
                fields = ", ".join(map(code, diff.gained))
                yield f"The type of the answers has gained {fields} (at the default, so no change)."
            if diff.new_test:
                yield ""
                yield "The test itself has changed in between: outcomes may differ for that reason alone."
            yield from _tables(diff)
        yield ""


def _tables(diff: CheckDiff) -> Iterator[str]:
    for note in NOTES:
        found = diff.of(note)
        if found:
            yield ""
            yield f"**{note}** ({len(found)})"
            yield ""
            before, after = (code(excerpt(version or "", 40)) for version in (diff.before, diff.after))
            expected = any(case.expected is not MISSING for case in found[:_MOST])
            yield f"| case | input |{' expected |' if expected else ''} {before} | {after} |"
            yield f"|---|---|{'---|' if expected else ''}---|---|"
            yield from (_row(case, expected=expected) for case in found[:_MOST])
            yield from _steps(found, diff)
            if len(found) > _MOST:
                yield ""
                yield f"and {len(found) - _MOST} more"


def _steps(found: Sequence[CaseDiff], diff: CheckDiff) -> Iterator[str]:
    """The steps of agents, to be opened case by case."""
    for case in found[:_MOST]:
        if (steps := steps_of(case, diff)) is not None:
            yield from opened(f"{case.id}: {steps.sentence}", steps.lines(_ROOM))


def _row(case: CaseDiff, *, expected: bool) -> str:
    asked = case.perturbed if case.perturbed is not None else case.about
    right = "" if case.expected is MISSING else literal(case.expected)
    then, now = answer_text(case.before), answer_text(case.after)
    start = start_of(now, [then], _ROOM)
    cells = [excerpt(text, _ROOM) for text in (case.id, asked, *([right] if expected else []))]
    cells += [window(text, start, _ROOM) for text in (then, now)]
    return f"| {' | '.join(code(cell) for cell in cells)} |"
