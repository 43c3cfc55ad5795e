"""Draws a rate with its interval as a row of characters."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_modelcheck.canonical import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.records import Verdict


class Strokes(NamedTuple):
    """The characters of a bar."""

    empty: str
    interval: str
    rate: str
    approved: str
    required: str


FINE: Final = Strokes("·", "─", "●", "◇", "│")
# Where the terminal knows no more than ASCII.
PLAIN: Final = Strokes(".", "-", "o", "x", "|")


def strokes_for(encoding: str | None) -> Strokes:
    """Return the characters that a stream of this encoding can print; all of them if the encoding is unknown.

    >>> strokes_for("latin-1").rate, strokes_for("utf-8").rate
    ('o', '●')
    """
    try:
        "".join(FINE).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return FINE


def has_bar(verdict: Verdict) -> bool:
    """Return whether a check has a rate from 0 to 1, which can be drawn."""
    scale = verdict.scale
    known = verdict.rate is not None and verdict.moved is None
    return known and scale is not None and (scale.low, scale.high) == (0.0, 1.0)


def axis_from(verdicts: Iterable[Verdict]) -> float:
    """Return the start of an axis up to 1 that includes these rates: a multiple of 0.1, at most 0.9."""
    values: list[float | None] = []
    for verdict in filter(has_bar, verdicts):
        low = None if verdict.interval is None else verdict.interval.low
        approved = None if verdict.comparison is None else verdict.comparison.approved_rate
        values += [verdict.rate, low, verdict.required, approved]
    least = min((value for value in values if value is not None), default=0.0)
    # Rounded first: 0.7 may be stored as 0.6999999, and would start the axis at 60%.
    return max(0.0, min(0.9, math.floor(round(least, 9) * 10) / 10))


def axis(start: float, length: int) -> str:
    """The heading of a column of bars: the start and end of its axis.

    >>> axis(0.7, 12)
    '70%     100%'
    """
    left = f"{start * 100:.0f}%"
    return f"{left}{'100%':>{length - len(left)}}"


def bar(verdict: Verdict, start: float, length: int, strokes: Strokes = FINE) -> str:
    """A rate, its interval, the approved rate and the required one, on an axis from ``start`` to 1.

    If marks fall into one cell, the required rate covers the approved one, and the rate covers both; but a
    rate below the required one always gets a cell before it. Empty if there is no rate from 0 to 1.
    """
    if verdict.rate is None or not has_bar(verdict):
        return ""
    cells = [strokes.empty] * length
    if verdict.interval is not None:
        low, high = (_place(value, start, length) for value in (verdict.interval.low, verdict.interval.high))
        cells[low : high + 1] = [strokes.interval] * (high + 1 - low)
    comparison = verdict.comparison
    if comparison is not None and comparison.approved_rate is not None:
        cells[_place(comparison.approved_rate, start, length)] = strokes.approved
    rate = _place(verdict.rate, start, length)
    if verdict.required is not None:
        required = _place(verdict.required, start, length)
        # A rate just below the requirement would hide it, and look as if it were met.
        if rate == required and verdict.rate < verdict.required:
            rate, required = (rate - 1, required) if rate else (rate, 1)
        cells[required] = strokes.required
    cells[rate] = strokes.rate
    return "".join(cells)


def legend(strokes: Strokes = FINE) -> str:
    """Explain the characters.

    >>> legend()
    '● rate ─ its interval ◇ approved │ required'
    """
    _, interval, rate, approved, required = strokes
    return f"{rate} rate {interval} its interval {approved} approved {required} required"


def _place(value: float, start: float, length: int) -> int:
    share = (min(1.0, max(start, value)) - start) / (1 - start)
    return round(share * (length - 1))


# A line in pieces, each with how the terminal is to mark it.
Line = tuple[tuple[str, dict[str, bool]], ...]

_JOINER: Final = "\u200d"
_AS_EMOJI: Final = "\ufe0f"
_SKIN_TONES: Final = ("\U0001f3fb", "\U0001f3ff")


def plain(text: str) -> Line:
    """A line that the terminal does not mark."""
    return ((text, {}),)


def text_of(line: Line) -> str:
    """A line without colours."""
    return "".join(text for text, _ in line)


def width_of(text: str) -> int:
    """Return the width of a text in terminal cells.

    Uses the East Asian Width of Unicode (UAX #11); characters joined to an emoji take no cell.

    >>> width_of("refund"), width_of("返金"), width_of("e\u0301"), width_of("👩\u200d🔬")
    (6, 4, 1, 2)
    """
    return len(text) if text.isascii() else sum(_widths(text))


def padded(text: str, width: int) -> str:
    """Pad a text with blanks to a number of cells.

    >>> padded("返金", 6) + "|"
    '返金  |'
    """
    return text + " " * (width - width_of(text))


def cut(text: str, width: int) -> str:
    """Cut a name in the middle if it is too wide: names of tests differ at both ends.

    >>> cut("test_known_tickets[es-formal]", 16)
    'test_kn…-formal]'
    """
    text = one_line(text)
    if width_of(text) <= width:
        return text
    head = shortened(text, (width - 1) // 2)
    tail = shortened(text, width - 1 - width_of(head), from_end=True)
    return f"{head}…{tail}"


def shortened(text: str, width: int, *, from_end: bool = False) -> str:
    """Cut a text to a number of cells: keep its start, or its end.

    >>> shortened("refund", 3), shortened("返金です", 5), shortened("返金です", 5, from_end=True)
    ('ref', '返金', 'です')
    """
    if text.isascii():
        return text[max(0, len(text) - width) :] if from_end else text[:width]
    widths = _widths(text)
    if from_end:
        start = len(text)
        while start and sum(widths[start - 1 :]) <= width:
            start -= 1
        while start < len(text) and not widths[start]:  # what belongs to a character that is cut away
            start += 1
        return text[start:]
    stop = 0
    while stop < len(text) and sum(widths[: stop + 1]) <= width:
        stop += 1
    return text[:stop]


def wrapped(
    text: str, width: int, indent: str = "", hanging: str = "  ", *, breaks: bool = False
) -> list[str]:
    """Wrap a text to lines of a number of cells, at blanks: at least one line, the others after ``hanging``.

    Words that are wider than a line, such as names that are copied from there, are left whole, unless
    ``breaks`` is true or they have wide characters, between which no blanks stand.

    >>> wrapped("one two three", 8), wrapped("返金してください", 6, hanging="")
    (['one two', '  three'], ['返金し', 'てくだ', 'さい'])
    """
    lines, line, start = [], indent, indent
    for piece in re.split(r"( +)", re.sub(r"[\n\r\v\f]", " ", text.expandtabs())):
        cells = width_of(piece)
        if width_of(line) + cells <= width:
            line += piece
        elif piece.isspace():
            lines.append(line.rstrip())
            line = start = hanging
        elif (breaks or cells > len(piece)) and width_of(hanging) + cells > width:
            used = width_of(line)
            for character, cell in zip(piece, _widths(piece), strict=True):
                if used + cell > width and line != start:
                    lines.append(line.rstrip())
                    line = start = hanging
                    used = width_of(hanging)
                line += character
                used += cell
        else:
            if line != start:
                lines.append(line.rstrip())
                line = start = hanging
            line += piece
    return [*lines, line.rstrip()]


def _widths(text: str) -> list[int]:
    from unicodedata import category, east_asian_width

    found: list[int] = []
    base = 0
    for place, character in enumerate(text):
        before = text[place - 1] if place else ""
        toned = found and _SKIN_TONES[0] <= character <= _SKIN_TONES[1] and found[base] == 2
        if before == _JOINER or toned or category(character) in ("Mn", "Me", "Cf"):
            found.append(0)
            if character == _AS_EMOJI and before and found[base] == 1:
                found[base] = 2
            continue
        found.append(2 if east_asian_width(character) in "WF" else 1)
        base = place
    return found
