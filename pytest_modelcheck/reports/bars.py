"""A rate with its interval as a small drawing of characters.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.records import Verdict


@dataclass(frozen=True, slots=True)
class Strokes:
    """What a bar is drawn with."""

    empty: str
    interval: str
    rate: str
    approved: str
    required: str


FINE: Final = Strokes("·", "─", "●", "◇", "│")
PLAIN: Final = Strokes(".", "-", "o", "x", "|")
"""Where the terminal knows no more than ASCII."""


def strokes_for(encoding: str | None) -> Strokes:
    """What a stream of this encoding can print; of one that says none, everything is believed.

    >>> strokes_for("latin-1").rate, strokes_for("utf-8").rate
    ('o', '●')
    """
    try:
        legend().encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return FINE


def has_bar(verdict: Verdict) -> bool:
    """Whether a check has a rate from 0 to 1, which can be drawn."""
    scale = verdict.scale
    known = verdict.rate is not None and verdict.moved is None
    return known and scale is not None and (scale.low, scale.high) == (0.0, 1.0)


def axis_from(verdicts: Iterable[Verdict]) -> float:
    """Where an axis begins that ends at 1 and shows all of these rates: a multiple of 0.1, at most 0.9."""
    least = min((value for verdict in verdicts for value in _values(verdict)), default=0.0)
    return max(0.0, min(0.9, math.floor(round(least, 9) * 10) / 10))


def axis(start: float, length: int) -> str:
    """The heading of a column of bars of so many characters: where its axis begins and ends.

    >>> axis(0.7, 12)
    '70%     100%'
    """
    left = f"{start * 100:.0f}%"
    return f"{left}{'100%':>{length - len(left)}}"


def bar(verdict: Verdict, start: float, length: int, strokes: Strokes = FINE) -> str:
    """A rate, its interval, the approved rate and the required one, on an axis from ``start`` to 1.

    What is required is drawn over the approved rate where both fall into one place, and the rate over both;
    a rate that misses what is required stands before it even so. Empty for what has no rate from 0 to 1.

    Args:
        verdict: What is drawn.
        start: Where the axis begins.
        length: How many characters it has.
        strokes: What it is drawn with.
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
        if rate == required and verdict.rate < verdict.required:
            rate, required = (rate - 1, required) if rate else (rate, 1)
        cells[required] = strokes.required
    cells[rate] = strokes.rate
    return "".join(cells)


def legend(strokes: Strokes = FINE) -> str:
    """What the characters say.

    >>> legend()
    '● rate ─ its interval ◇ approved │ required'
    """
    said = ((strokes.rate, "rate"), (strokes.interval, "its interval"), (strokes.approved, "approved"))
    return " ".join(f"{stroke} {what}" for stroke, what in (*said, (strokes.required, "required")))


def _place(value: float, start: float, length: int) -> int:
    share = (min(1.0, max(start, value)) - start) / (1 - start)
    return round(share * (length - 1))


def _values(verdict: Verdict) -> Iterator[float]:
    if verdict.rate is None or not has_bar(verdict):
        return
    yield verdict.rate
    if verdict.interval is not None:
        yield verdict.interval.low
    if verdict.required is not None:
        yield verdict.required
    if verdict.comparison is not None and verdict.comparison.approved_rate is not None:
        yield verdict.comparison.approved_rate
