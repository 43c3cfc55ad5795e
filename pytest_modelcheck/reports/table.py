"""The checks of a run as a table that fits into the terminal: what a narrow one has no room for is left out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.records import GRADE, Status
from pytest_modelcheck.reports.bars import FINE, axis, axis_from, bar, cut, has_bar, legend, padded, width_of
from pytest_modelcheck.reports.costs import money_text
from pytest_modelcheck.reports.wording import figure_text, rate_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_modelcheck.records import Interval, Scale, Verdict
    from pytest_modelcheck.reports.bars import Line, Strokes

MARKS: Final[dict[Status, tuple[str, dict[str, bool]]]] = {
    Status.PASSED: ("pass", {"green": True}),
    Status.XFAILED: ("xfail", {"yellow": True}),
    Status.INCONCLUSIVE: ("warn", {"black": True, "Yellow": True}),
    Status.FAILED: ("FAIL", {"red": True, "bold": True}),
}
"""A word for each status, and its colour. Yellow letters cannot be read on white; so it lies behind them."""

MARGIN: Final = 7
"""What stands before the name of a check: its mark."""

_HEADINGS: Final = ("passed", "rate", "bounds", "was", "broke", "fixed", "changed", "new/cached", "cost")
_NARROWEST: Final = 10
_EVERYTHING: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to fill a line.

    Attributes:
        cells: The length of a bar; 0 for no bars.
        without: The columns that are left out.
        names: How much room must be left for names, if any is that long.
    """

    cells: int
    without: frozenset[str]
    names: int


_WITH_BARS: Final = (
    _Layout(24, frozenset(), 28),
    _Layout(16, frozenset({"bounds"}), 24),
    _Layout(12, frozenset({"bounds"}), 18),
    _Layout(12, frozenset({"bounds", "passed"}), 18),
    _Layout(12, frozenset({"bounds", "passed", "new/cached"}), 16),
    _Layout(12, frozenset({"bounds", "passed", "new/cached", "cost"}), 12),
)
"""The bar shows what the bounds say in numbers, and the rate nearly what was counted."""

_WITHOUT_BARS: Final = (
    _Layout(0, frozenset(), 16),
    _Layout(0, frozenset({"bounds", "passed"}), 12),
    _Layout(0, frozenset({"bounds", "passed", "broke", "fixed", "new/cached", "cost"}), 0),
)


def table(
    verdicts: Sequence[Verdict],
    width: int,
    strokes: Strokes = FINE,
    below: Callable[[Verdict], Iterable[Line]] = lambda _: (),
) -> Iterator[Line]:
    """One line a check by file, below the name of the file.

    Args:
        verdicts: Of the checks that are shown, at least one.
        width: How many cells the terminal has.
        strokes: What rates are drawn with.
        below: What else is said of a check, on lines of its own.
    """
    from pytest_modelcheck.baselines.candidates import natural

    ordered = sorted(verdicts, key=lambda verdict: natural(verdict.check))
    start = axis_from(ordered)
    names = [verdict.check.partition("::")[2] for verdict in ordered]
    longest = max(width_of(excerpt(name, _EVERYTHING)) for name in names)
    rows = [_HEADINGS, *map(_row, ordered)]
    layout = _layout(rows, width, longest, drawable=any(map(has_bar, ordered)))
    columns = _columns(rows, layout)
    room = max(_NARROWEST, _room(columns, layout, width))
    heading, *cells = ("".join(row) for row in zip(*columns, strict=True))
    file = None
    for verdict, name, numbers in zip(ordered, names, cells, strict=True):
        if (path := verdict.check.partition("::")[0]) != file:
            right = _with_axis(heading, layout, start) if file is None else ""
            yield ((f"{padded(cut(path, room + MARGIN), room + MARGIN)}{right}".rstrip(), {"bold": True}),)
            file = path
        drawing = bar(verdict, start, layout.cells, strokes) if layout.cells else ""
        text = f" {padded(cut(name, room), room)}{numbers}  {drawing}".rstrip()
        yield (("  ", {}), MARKS[verdict.status], (text, {}))
        yield from below(verdict)
    if layout.cells:
        yield ((f"{legend(strokes):>{width - 1}}", {}),)


def _layout(rows: Sequence[Sequence[str]], width: int, longest: int, *, drawable: bool) -> _Layout:
    """The richest layout that leaves names enough room."""
    layouts: tuple[_Layout, ...] = (*(_WITH_BARS if drawable else ()), *_WITHOUT_BARS)
    for layout in layouts:
        if _room(_columns(rows, layout), layout, width) >= max(_NARROWEST, min(longest, layout.names)):
            return layout
    return layouts[-1]


def _columns(rows: Sequence[Sequence[str]], layout: _Layout) -> list[list[str]]:
    """The cells of each column that has something to show, equally wide, with what separates them."""
    shown = []
    for heading, *cells in zip(*rows, strict=True):
        if heading in layout.without or not any(cells):
            continue
        widest = max(map(len, (heading, *cells)))
        shown.append([f"  {cell:>{widest}}" for cell in (heading, *cells)])
    return shown


def _room(columns: Sequence[Sequence[str]], layout: _Layout, width: int) -> int:
    drawing = layout.cells + 2 if layout.cells else 0
    return width - MARGIN - sum(len(cells[0]) for cells in columns) - drawing


def _with_axis(heading: str, layout: _Layout, start: float) -> str:
    return f"{heading}  {axis(start, layout.cells)}" if layout.cells else heading


def _row(verdict: Verdict) -> tuple[str, ...]:
    cases, interval, comparison = verdict.cases, verdict.interval, verdict.comparison
    stopped = "" if verdict.stopped is None else f" of {verdict.stopped.of}"
    approved = None if comparison is None else comparison.approved_rate
    passed = f"{cases.judged}" if verdict.metric else f"{cases.passed}/{cases.judged}"
    return (
        f"{passed}{stopped}" if cases.judged else f"none{stopped}",
        figure_text(verdict),
        "" if interval is None else _bounds_cell(interval, verdict.scale),
        rate_text(approved, verdict),
        "" if comparison is None else _count(comparison.regressed),
        "" if comparison is None else _count(comparison.fixed),
        "" if comparison is None else str(len(comparison.changed)),
        f"{verdict.calls.asked}/{verdict.calls.cached}",
        "" if verdict.calls.cost is None else money_text(verdict.calls.cost),
    )


def _count(cases: Sequence[str]) -> str:
    """Return how many cases; nothing for none, so that a column in which nothing happened is left out."""
    return str(len(cases)) if cases else ""


def _bounds_cell(interval: Interval, scale: Scale | None) -> str:
    if scale == GRADE:
        return f"[{interval.low * 100:.0f}–{interval.high * 100:.0f}]"
    return f"[{interval.low:.2g}…{interval.high:.2g}]"
