"""The end of a run: one line a check, then what all of them came to and what they cost.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import percent, plural
from pytest_modelcheck.records import GRADE, Status
from pytest_modelcheck.reports.bars import CELLS, FINE, axis, axis_from, bar, legend
from pytest_modelcheck.reports.costs import by_model
from pytest_modelcheck.reports.triage import triage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.records import Interval, Scale, Verdict
    from pytest_modelcheck.reports.bars import Strokes

Line = tuple[str, dict[str, bool]]
"""A line, and how the terminal is to mark it."""

_STYLE: Final = {
    Status.PASSED: {"green": True},
    Status.INCONCLUSIVE: {"yellow": True},
    Status.FAILED: {"red": True},
}
_HEADINGS = ("passed", "rate", "bounds", "was", "changed", "asked/kept")
_MARKS = {Status.PASSED: "pass", Status.INCONCLUSIVE: "warn", Status.FAILED: "FAIL"}
_WITH_BARS: Final = 110
_MANY: Final = 50
_EVERYTHING: Final = 1 << 16


def summary_lines(
    verdicts: Sequence[Verdict], width: int, *, every: bool = True, strokes: Strokes = FINE
) -> Iterator[Line]:
    """One line a check by file, then what all of them came to and what they cost.

    A rate is drawn with its interval where a line has 110 characters.

    Args:
        verdicts: Of all checks.
        width: How many characters fit into a line.
        every: Whether checks that passed are shown, too, where there are more than 50 checks.
        strokes: What rates are drawn with.
    """
    shown = [one for one in verdicts if every or len(verdicts) <= _MANY or not one.passed]
    if shown:
        yield from _table(shown, width, strokes)
    if len(shown) < len(verdicts):
        yield f"and {plural(len(verdicts) - len(shown), 'check')} that passed: -v shows them", {}
    yield from ((line, {}) for line in _totals(verdicts, width))
    if (first := triage(verdicts)) is not None:
        text = excerpt(first, _EVERYTHING)
        lines = wrap(text, max(40, width), subsequent_indent="  ", break_long_words=False)
        yield from ((line, {}) for line in lines)
    for label, cost in by_model(verdicts):
        yield excerpt(f"{label}: {cost}", _EVERYTHING), {}


def _table(verdicts: Sequence[Verdict], width: int, strokes: Strokes) -> Iterator[Line]:
    start = axis_from(verdicts)
    bars = {verdict.check: bar(verdict, start, strokes) for verdict in verdicts}
    drawn = width >= _WITH_BARS and any(bars.values())
    rows = {verdict.check: _row(verdict) for verdict in verdicts}
    widths = [max(len(cell) for cell in column) for column in zip(_HEADINGS, *rows.values(), strict=True)]
    room = max(12, width - sum(widths) - 2 * len(widths) - 7 - (CELLS + 2) * drawn)
    file = None
    for verdict in sorted(verdicts, key=_by_check):
        if (path := verdict.check.partition("::")[0]) != file:
            cells = _aligned(_HEADINGS if file is None else [""] * len(_HEADINGS), widths)
            drawing = f"  {axis(start)}" if drawn and file is None else ""
            yield f"{_cut(path, room + 7):<{room + 7}}{cells}{drawing}".rstrip(), {"bold": True}
            file = path
        name = _cut(verdict.check.partition("::")[2], room)
        cells = _aligned(rows[verdict.check], widths)
        drawing = f"  {bars[verdict.check]}" if drawn else ""
        yield f"  {_MARKS[verdict.status]} {name:<{room}}{cells}{drawing}".rstrip(), _STYLE[verdict.status]
    if drawn:
        yield f"{legend(strokes):>{width - 1}}", {}


def _by_check(verdict: Verdict) -> str:
    return verdict.check


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _cut(text: str, width: int) -> str:
    """Cut a name in its middle: names of tests differ at both ends."""
    text = excerpt(text, _EVERYTHING)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def _row(verdict: Verdict) -> tuple[str, ...]:
    cases, interval, comparison = verdict.cases, verdict.interval, verdict.comparison
    stopped = "" if verdict.stopped is None else f" of {verdict.stopped.of}"
    approved = None if comparison is None else comparison.approved_rate
    return (
        f"{cases.passed}/{cases.judged}{stopped}" if cases.judged else f"none{stopped}",
        _rate_cell(verdict.rate, verdict) if verdict.moved is None else f"Δ {verdict.moved.distance:.2g}",
        "" if interval is None else _bounds_cell(interval, verdict.scale),
        _rate_cell(approved, verdict),
        "" if comparison is None else str(len(comparison.changed)),
        f"{verdict.calls.asked}/{verdict.calls.cached}",
    )


def _rate_cell(rate: float | None, verdict: Verdict) -> str:
    if rate is None:
        return ""
    if verdict.signed:
        return f"{rate:+.3g}"
    return f"{rate:.3f}" if verdict.graded else percent(rate)


def _bounds_cell(interval: Interval, scale: Scale | None) -> str:
    if scale == GRADE:
        return f"[{interval.low * 100:.0f}–{interval.high * 100:.0f}]"
    return f"[{interval.low:.2g}…{interval.high:.2g}]"


def _totals(verdicts: Sequence[Verdict], width: int) -> list[str]:
    counts = [(sum(verdict.status is status for verdict in verdicts), status) for status in Status]
    text = ", ".join(f"{count} {status.value}" for count, status in counts if count)
    early = sum(verdict.stopped is not None for verdict in verdicts)
    if early:
        text += f" ({early} stopped early)"
    asked = sum(verdict.calls.asked for verdict in verdicts)
    cached = sum(verdict.calls.cached for verdict in verdicts)
    levels = {verdict.interval.level for verdict in verdicts if verdict.interval is not None}
    cost = f"{text}; answers: {cached:,} cached, {asked:,} asked"
    if len(levels) != 1:
        return [cost]
    bounds = f"each bound holds with {percent(levels.pop())}"
    together = f"{cost}; {bounds}"
    return [together] if len(together) <= width else [cost, bounds]
