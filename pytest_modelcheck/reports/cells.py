"""Text in the cells of a terminal, where an ideograph or an emoji takes two and an accent none.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final

from pytest_modelcheck.canonical import excerpt

Line = tuple[tuple[str, dict[str, bool]], ...]
"""A line in pieces, each with how the terminal is to mark it."""

_EVERYTHING: Final = 1 << 16
_JOINER: Final = "\u200d"
_AS_EMOJI: Final = "\ufe0f"
_SKIN_TONES: Final = ("\U0001f3fb", "\U0001f3ff")


def text_of(line: Line) -> str:
    """A line without its colours."""
    return "".join(text for text, _ in line)


def width_of(text: str) -> int:
    """How many cells a text takes on a terminal.

    By the East Asian Width of Unicode (UAX #11); what is joined to the emoji before it takes none.

    >>> width_of("refund"), width_of("返金"), width_of("e\u0301"), width_of("👩\u200d🔬")
    (6, 4, 1, 2)
    """
    return len(text) if text.isascii() else sum(_widths(text))


def padded(text: str, width: int) -> str:
    """A text with as many blanks behind it as fill so many cells.

    >>> padded("返金", 6) + "|"
    '返金  |'
    """
    return text + " " * (width - width_of(text))


def cut(text: str, width: int) -> str:
    """Cut a name in its middle, if it takes more cells than there are: names of tests differ at both ends.

    >>> cut("test_known_tickets[es-formal]", 16)
    'test_kn…-formal]'
    """
    text = excerpt(text, _EVERYTHING)
    if width_of(text) <= width:
        return text
    head = shortened(text, (width - 1) // 2)
    tail = shortened(text, width - 1 - width_of(head), from_end=True)
    return f"{head}…{tail}"


def shortened(text: str, width: int, *, from_end: bool = False) -> str:
    """As much of a text as fits into so many cells: its beginning, or its end.

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
