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

CELLS: Final = 24


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


def axis_from(verdicts: Iterable[Verdict]) -> float:
    """Where an axis begins that ends at 1 and shows all of these rates: a multiple of 0.1, at most 0.9."""
    least = min((value for verdict in verdicts for value in _values(verdict)), default=0.0)
    return max(0.0, min(0.9, math.floor(round(least, 9) * 10) / 10))


def axis(start: float) -> str:
    """The heading of a column of bars: where its axis begins and ends.

    >>> axis(0.7)
    '70%                 100%'
    """
    left = f"{start * 100:.0f}%"
    return f"{left}{'100%':>{CELLS - len(left)}}"


def bar(verdict: Verdict, start: float, strokes: Strokes = FINE) -> str:
    """A rate, its interval, the approved rate and the required one, on an axis from ``start`` to 1.

    Empty for what has no rate from 0 to 1.
    """
    if verdict.rate is None or not _is_rate(verdict):
        return ""
    cells = [strokes.empty] * CELLS
    if verdict.interval is not None:
        for place in range(_place(verdict.interval.low, start), _place(verdict.interval.high, start) + 1):
            cells[place] = strokes.interval
    if verdict.required is not None:
        cells[_place(verdict.required, start)] = strokes.required
    comparison = verdict.comparison
    if comparison is not None and comparison.approved_rate is not None:
        cells[_place(comparison.approved_rate, start)] = strokes.approved
    cells[_place(verdict.rate, start)] = strokes.rate
    return "".join(cells)


def legend(strokes: Strokes = FINE) -> str:
    """What the characters say.

    >>> legend()
    '● rate ─ its interval ◇ approved │ required'
    """
    said = ((strokes.rate, "rate"), (strokes.interval, "its interval"), (strokes.approved, "approved"))
    return " ".join(f"{stroke} {what}" for stroke, what in (*said, (strokes.required, "required")))


def _place(value: float, start: float) -> int:
    share = (min(1.0, max(start, value)) - start) / (1 - start)
    return round(share * (CELLS - 1))


def _is_rate(verdict: Verdict) -> bool:
    scale = verdict.scale
    return verdict.moved is None and scale is not None and (scale.low, scale.high) == (0.0, 1.0)


def _values(verdict: Verdict) -> Iterator[float]:
    if verdict.rate is None or not _is_rate(verdict):
        return
    yield verdict.rate
    if verdict.interval is not None:
        yield verdict.interval.low
    if verdict.required is not None:
        yield verdict.required
    if verdict.comparison is not None and verdict.comparison.approved_rate is not None:
        yield verdict.comparison.approved_rate
