"""One failing case as lines for the terminal: its input, its answers with their differences, its message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.reports.bars import cut, plain, shortened, width_of, wrapped
from pytest_modelcheck.reports.selection import SENTENCE
from pytest_modelcheck.reports.words import bracketed, marked_pieces, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_modelcheck.records import Contrast, ShownCase, Verdict
    from pytest_modelcheck.reports.bars import Line

    Style = dict[str, bool]

WRONG: Final[dict[str, bool]] = {"red": True}
RIGHT: Final[dict[str, bool]] = {"green": True}
# Neither wrong nor right: an edit of an input, an answer that is not the approved one.
CHANGED: Final[dict[str, bool]] = {"cyan": True}

PLAIN: Final[dict[str, bool]] = {}
BOLD: Final[dict[str, bool]] = {"bold": True}

WIDTH: Final = 80
_WIDEST_ID: Final = 40
_REASON_LINES: Final = 12
_BRACKETS: Final = ("{", "[")
# The descriptions of arrays, images and bytes by `t`.
_NO_TEXT: Final = re.compile(r"(array|image) [\d×]+ \S+( \(.*)?|[\d,]+ bytes")

# The lines of pytest that say where an obvious value in an assertion comes from: the case, the model.
_OBVIOUS: Final = re.compile(r"^ +\+ +(where|and) .* = <(model|case) ")

# The beginning of the lines of a traceback that quote the exception.
ERROR_LINE: Final = "E "

_EDIT: Final = re.compile(r"(\[(?:[^\[\]→]*→[^\[\]→]*|\+[^\[\]]+|-[^\[\]]+)\])")


def case_lines(
    case: ShownCase, verdict: Verdict, title: str, reason: Sequence[str], remark: str = ""
) -> Iterator[Line]:
    """All lines of one case, under the heading ``title``, with its message (:func:`reason_of`)."""
    # A long id has its own line.
    beside = width_of(case.id) <= _WIDEST_ID
    margin = " " * (width_of(case.id) + 6 if beside else 8)
    room = WIDTH - len(margin)
    if beside:
        yield ("    ", PLAIN), (case.id, BOLD), (f"  {_quoted(case.input, room)}", PLAIN)
    else:
        yield ("    ", PLAIN), (case.id, BOLD)
        yield plain(f"{margin}{_quoted(case.input, room)}")
    if case.perturbed is not None:
        under = f"({case.perturbation})"
        # A perturbation's name may be as long as what it does to an input: a long one has its own line.
        after = f"  {under}" if width_of(under) <= room // 2 else ""
        yield plain(f"{margin[:-2]}→ {_quoted(case.perturbed, room - width_of(after))}{after}")
        if not after:
            yield plain(margin + (under if width_of(under) <= room else f"{shortened(under, room - 2)}…)"))
    answers = [plain(step) for step in case.steps] or _answers(case, verdict, room)
    if case.steps and case.note != "error":
        # Steps show both sides; pytest's own diff of them would say the same in a form that is hard to
        # read.
        reason = [line for line in reason[:1] if line != f"assert {case.steps[0]}"]
    if case.contrast is not None:
        # The parts that differ are shown, so pytest's long values need not be whole.
        reason = [_fitted(line, room) if line.lstrip().startswith("+ ") else line for line in reason]
    messages = [((text.rstrip(), WRONG if text.startswith(ERROR_LINE) else PLAIN),) for text in reason]
    for line in (*answers, *messages, *_smallest(case, room)):
        yield (margin, PLAIN), *line
    where = [remark] if remark else []
    where += [case.note] if case.note != title else []
    where += [case.origin] if case.origin else []
    if where:
        yield plain(f"{margin}({', '.join(where)})")


def reason_of(case: ShownCase) -> list[str]:
    """The message of the body, unless the answers already show it."""
    lines = (case.detail or case.message).splitlines()
    if case.note == "error" or not lines:
        return lines[-_REASON_LINES:]
    if case.note == "changed" and case.approved != case.got:
        return []
    if "..." not in lines[0] or case.contrast is not None:
        # The first line says it all, and what follows a blank line is a diff of the same.
        blank = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
        lines = lines[:blank]
    lines = [line for line in lines if not _OBVIOUS.search(line)]
    repeats = case.expected is not None and lines[:1] == [f"assert {case.got} == {case.expected}"]
    return [] if repeats else lines[:_REASON_LINES]


# -- answers ----------------------------------------------------------------------------------------------


def _answers(case: ShownCase, verdict: Verdict, room: int) -> list[Line]:
    """The answers on one line if they fit; else their differences, or each in full."""
    if case.got is None:
        return []
    wrong = {"failed": WRONG, "regressed": WRONG, "changed": CHANGED}.get(case.note, PLAIN)
    right = RIGHT if wrong is WRONG else PLAIN
    if case.base_answer is not None:
        parts: list[Line] = [((f"{case.base_answer} → ", PLAIN), (case.got, wrong))]
    else:
        parts = [(("expected ", PLAIN), (case.expected, right))] if case.expected is not None else []
        parts.append((("got ", PLAIN), (case.got, wrong)))
    first, *rest = parts
    current = (*first, *(piece for part in rest for piece in ((", ", PLAIN), *part)))
    approved: Line = ()
    if case.approved is not None and verdict.comparison is not None and case.approved != case.got:
        was_right = right if case.note == "regressed" or case.approved == case.expected else PLAIN
        approved = ((f"{verdict.compared_with}: ", PLAIN), (case.approved, was_right))
        together = (*current, ("   (", PLAIN), *approved, (")", PLAIN))
        if _cells(together) <= room:
            return [together]
    contrast = (
        [] if case.contrast is None else list(_contrasted(case.contrast, verdict, room, (right, wrong)))
    )
    lines = [current] if _cells(current) <= room else []
    if lines and not approved:
        return lines
    if contrast:
        if not lines and case.contrast is not None and case.contrast.against != "expected":
            lines = [part for part in parts[:-1] if _cells(part) <= room]
        return [*lines, *contrast]
    lines = lines or [line for part in parts for line in _wrapped(part, room)]
    if not approved:
        return lines
    last = (*lines[-1], ("   (", PLAIN), *approved, (")", PLAIN))
    return [*lines[:-1], last] if _cells(last) <= room else [*lines, *_wrapped(approved, room)]


def _contrasted(
    contrast: Contrast, verdict: Verdict, room: int, styles: tuple[Style, Style]
) -> Iterator[Line]:
    names = {"expected": ("expected", "got"), "base": ("unperturbed", "perturbed")}
    both = names.get(contrast.against, (verdict.compared_with, "now"))
    if contrast.parts[0][0] == "":
        column = max(map(width_of, both)) + 2
        _, *texts = contrast.parts[0]
        for name, side in zip(both, sides(texts[0], texts[1], room - column, styles), strict=True):
            yield (f"{name + ':':{column}}", PLAIN), *side
        return
    titles = f"{both[0]} → {both[1]}"
    arrow = (" → ", PLAIN)
    if len(contrast.parts) == 1:
        [(path, before, after)] = contrast.parts
        one: Line = (
            (f"{path}: ", PLAIN),
            (before, styles[0]),
            arrow,
            (after, styles[1]),
            (f"   ({titles})", PLAIN),
        )
        if _cells(one) <= room:
            yield one
            return
    yield plain(f"{titles}:")
    yield from part_lines(contrast.parts, room, styles, "  ")
    if contrast.hidden:
        yield plain(f"  (+{contrast.hidden} more)")


def part_lines(
    parts: Iterable[tuple[str, str, str]], room: int, styles: tuple[Style, Style], margin: str
) -> Iterator[Line]:
    """The parts of two answers that differ, as (path, before, after): each on one line if it fits."""
    inner = margin + "  "
    for path, before, after in parts:
        name = f"{margin}{cut(path, room - len(inner))}: "
        one = ((name, PLAIN), (before, styles[0]), (" → ", PLAIN), (after, styles[1]))
        if _cells(one) <= room:
            yield one
            continue
        yield plain(name.rstrip())
        for side in sides(before, after, room - len(inner), styles):
            yield (inner, PLAIN), *side


def sides(before: str, after: str, room: int, styles: tuple[Style, Style]) -> tuple[Line, Line]:
    """Both texts cut to ``room`` around their differences; in sentences, only differing words have a style.

    These are in brackets, too, since not every reader sees colours.
    """
    room = room * max(len(before), len(after)) // max(1, width_of(before), width_of(after))
    found = marked_pieces(before, after, room) if min(len(before), len(after)) >= SENTENCE else None
    if found is None:
        old, new = windows(before, after, room)
        return ((old, styles[0]),), ((new, styles[1]),)
    left, right = (
        tuple((bracketed(text, fate), PLAIN if fate == "same" else style) for fate, text in side)
        for side, style in zip(found, styles, strict=True)
    )
    return left, right


def _wrapped(part: Line, room: int) -> list[Line]:
    """An answer after its label, wrapped with a hanging indent."""
    *labels, (text, style) = part
    label = "".join(one for one, _ in labels)
    first, *rest = wrapped(text, room, label, breaks=True)
    return [((label, PLAIN), (first[len(label) :], style)), *(((line, style),) for line in rest)]


def _smallest(case: ShownCase, room: int) -> list[Line]:
    """The smallest change that still fails, and the answer if it differs."""
    found = case.smallest
    if found is None:
        return []
    if not found.text:
        return [plain("it fails even without the change")]
    what, verb = ("change", "still fails") if found.edits else ("input", "fails")
    label = f"smallest {what} that {verb}" if found.complete else f"smallest {what} found so far"
    answer = "" if found.got in (None, case.got) else f"   (got {found.got})"
    together = f"{found.text}{answer}"
    if width_of(label) + 2 + width_of(together) <= room:
        return [((f"{label}: ", PLAIN), *_edits(together))]
    lines = wrapped(together, room - 2, hanging="", breaks=True)
    return [plain(f"{label}:"), *((("  ", PLAIN), *_edits(line)) for line in lines)]


def _edits(text: str) -> Line:
    """A text with its bracketed changes marked."""
    pieces = _EDIT.split(text)
    return tuple((piece, CHANGED if at % 2 else PLAIN) for at, piece in enumerate(pieces) if piece)


def _fitted(text: str, room: int) -> str:
    return text if width_of(text) <= room else f"{shortened(text, room - 1)}…"


def _cells(line: Line) -> int:
    return sum(width_of(text) for text, _ in line)


def _quoted(text: str, width: int) -> str:
    """A text in quotes; other values as they are."""
    if (text[:1] in _BRACKETS and text[-1:] in ("}", "]", "…")) or _NO_TEXT.fullmatch(text):
        return text if width_of(text) <= width else f"{shortened(text, width - 1)}…"
    room = max(12, width - 2)
    return f'"{text}"' if width_of(text) <= room else f'"{shortened(text, room - 1)}…"'
