"""The end of a run: one line for each check, then the totals and costs.

The level of detail depends on ``-v`` and ``-q``, see :func:`summary_lines`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_modelcheck.canonical import one_line
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import GRADE, Status
from pytest_modelcheck.reports.bars import (
    FINE,
    PLAIN,
    axis,
    axis_from,
    bar,
    cut,
    has_bar,
    legend,
    padded,
    plain,
    width_of,
    wrapped,
)
from pytest_modelcheck.reports.terminal import broke_line, differing, everything
from pytest_modelcheck.reports.wording import (
    by_model,
    figure_text,
    levels_text,
    money_text,
    passed_text,
    rate_text,
)
from pytest_modelcheck.reports.worst import causes_text, triage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.reports.bars import Line, Strokes


# A word for each status, and its colour. Yellow letters cannot be read on white; so it lies behind them.
MARKS: Final[dict[Status, tuple[str, dict[str, bool]]]] = {
    Status.PASSED: ("pass", {"green": True}),
    Status.XFAILED: ("xfail", {"yellow": True}),
    Status.INCONCLUSIVE: ("warn", {"black": True, "Yellow": True}),
    Status.FAILED: ("FAIL", {"red": True, "bold": True}),
}

# What stands before the name of a check: its mark.
MARGIN: Final = 7

_HEADINGS: Final = (
    "passed",
    "rate",
    "bounds",
    "approved",
    "broke",
    "fixed",
    "changed",
    "calls",
    "cached",
    "cost",
)
_NARROWEST: Final = 10


class _Layout(NamedTuple):
    """One layout of a line.

    Attributes:
        cells: The width of a bar; 0 for no bars.
        without: The columns to leave out.
        names: The room that must be left for long names.
    """

    cells: int
    without: frozenset[str]
    names: int


# The bar shows what the bounds say in numbers, and the rate nearly what was counted.
_WITH_BARS: Final = (
    _Layout(24, frozenset(), 28),
    _Layout(16, frozenset({"bounds"}), 24),
    _Layout(12, frozenset({"bounds"}), 24),
    _Layout(12, frozenset({"bounds", "cached"}), 24),
    _Layout(12, frozenset({"bounds", "passed", "cached"}), 24),
    _Layout(12, frozenset({"bounds", "passed", "calls", "cached"}), 16),
    _Layout(12, frozenset({"bounds", "passed", "calls", "cached", "cost"}), 12),
)

_WITHOUT_BARS: Final = (
    _Layout(0, frozenset(), 16),
    _Layout(0, frozenset({"bounds", "cached"}), 12),
    _Layout(0, frozenset({"bounds", "passed", "cached"}), 12),
    _Layout(0, frozenset({"bounds", "passed", "broke", "fixed", "calls", "cached", "cost"}), 0),
    _Layout(0, frozenset({*_HEADINGS} - {"rate", "changed"}), 0),
)


def table(
    verdicts: Sequence[Verdict],
    width: int,
    strokes: Strokes = FINE,
    below: Callable[[Verdict], Iterable[Line]] = lambda _: (),
) -> Iterator[Line]:
    """One line for each check, grouped by file."""
    from pytest_modelcheck.baselines.candidates import natural

    ordered = sorted(verdicts, key=lambda verdict: natural(verdict.check))
    start = axis_from(ordered)
    names = [verdict.check.partition("::")[2] for verdict in ordered]
    longest = max(width_of(one_line(name)) for name in names)
    others = {verdict.compared_with for verdict in ordered if verdict.comparison is not None} - {"approved"}
    headings = [("before" if others and name == "approved" else name) for name in _HEADINGS]
    rows = [headings, *map(_row, ordered)]
    # The richest layout that leaves names enough room.
    for layout in (*(_WITH_BARS if any(map(has_bar, ordered)) else ()), *_WITHOUT_BARS):
        columns = _columns(rows, layout)
        drawing_width = layout.cells + 2 if layout.cells else 0
        room = width - MARGIN - sum(len(column[0]) for column in columns) - drawing_width
        if room >= max(_NARROWEST, min(longest, layout.names)):
            break
    room = max(_NARROWEST, room)
    heading, *cells = ("".join(row) for row in zip(*columns, strict=True))
    file = None
    for verdict, name, numbers in zip(ordered, names, cells, strict=True):
        if (path := verdict.check.partition("::")[0]) != file:
            right = heading if file is None else ""
            if file is None and layout.cells:
                right += f"  {axis(start, layout.cells)}"
            yield ((f"{padded(cut(path, room + MARGIN), room + MARGIN)}{right}".rstrip(), {"bold": True}),)
            file = path
        drawing = bar(verdict, start, layout.cells, strokes) if layout.cells else ""
        text = f" {padded(cut(name, room), room)}{numbers}  {drawing}".rstrip()
        mark = MARKS[verdict.status]
        yield ((" " * (MARGIN - 1 - len(mark[0])), {}), mark, (text, {}))
        yield from below(verdict)
    if layout.cells:
        yield ((f"{legend(strokes):>{width - 1}}", {}),)


def _columns(rows: Sequence[Sequence[str]], layout: _Layout) -> list[list[str]]:
    """The cells of each non-empty column, padded to one width, with their separators."""
    shown = []
    for heading, *cells in zip(*rows, strict=True):
        if heading in layout.without or not any(cells):
            continue
        widest = max(map(len, (heading, *cells)))
        shown.append([f"  {cell:>{widest}}" for cell in (heading, *cells)])
    return shown


def _row(verdict: Verdict) -> tuple[str, ...]:
    """The numbers of a check; none for 0, so that a column in which nothing happened is left out."""
    interval, comparison = verdict.interval, verdict.comparison
    stopped = "" if verdict.stopped is None else f" of {verdict.stopped.of}"
    bounds = ""
    if interval is not None and verdict.scale == GRADE:
        bounds = f"[{interval.low * 100:.0f}–{interval.high * 100:.0f}]"
    elif interval is not None:
        bounds = f"[{interval.low:.2g}…{interval.high:.2g}]"
    return (
        f"{passed_text(verdict) if verdict.cases.judged else 'none'}{stopped}",
        figure_text(verdict),
        bounds,
        rate_text(None if comparison is None else comparison.approved_rate, verdict),
        "" if comparison is None else str(len(comparison.regressed) or ""),
        "" if comparison is None else str(len(comparison.fixed) or ""),
        "" if comparison is None else str(len(comparison.changed)),
        str(verdict.calls.new or ""),
        str(verdict.calls.cached or ""),
        "" if verdict.calls.cost is None else money_text(verdict.calls.cost),
    )


# `-q`: the checks that are not green, and the totals on one line; `-qq`: nothing if all are green.
QUIET: Final = -1

# `-v`: below each check its interval in numbers, every limit that it was held to, and notes.
VERBOSE: Final = 1

# `-vv`: below each check all that is known of it.
EVERYTHING: Final = 2

_MANY: Final = 50
_HELD: Final = "\N{NO-BREAK SPACE}"
_AS_ASCII: Final = str.maketrans({"…": "~", "–": "-", "→": ">", "Δ": "d", "≥": ">"})


def summary_lines(
    verdicts: Sequence[Verdict],
    width: int,
    *,
    verbosity: int = 0,
    strokes: Strokes = FINE,
    compares: bool = False,
) -> Iterator[Line]:
    """One line for each check, grouped by file, then the totals and costs.

    If there are more than 50 checks, those that passed are only counted, unless ``-v`` is given.

    Args:
        verdicts: The verdicts of all checks.
        width: How many characters fit into a line.
        verbosity: From :data:`QUIET` or less over 0 to :data:`EVERYTHING` or more.
        strokes: The characters of the bars; with the ASCII ones, all lines are ASCII.
        compares: Whether two versions are compared: then differing cases of passed checks are shown, too.
    """
    for line in _lines(verdicts, width, verbosity, strokes, compares=compares):
        if strokes is PLAIN:
            yield tuple((text.translate(_AS_ASCII), style) for text, style in line)
        else:
            yield line


def _lines(
    verdicts: Sequence[Verdict], width: int, verbosity: int, strokes: Strokes, *, compares: bool
) -> Iterator[Line]:
    if not verdicts or (verbosity < QUIET and all(verdict.passed for verdict in verdicts)):
        return
    few = verbosity > 0 or (verbosity == 0 and len(verdicts) <= _MANY)
    # A green check with broken cases is shown among hundreds of others: nobody would look for it.
    worse = [verdict for verdict in verdicts if verbosity > QUIET and broke_line(verdict) is not None]
    shown = [verdict for verdict in verdicts if few or not verdict.passed or verdict in worse]
    if shown:
        yield from table(
            shown, width, strokes, lambda verdict: _below(verdict, verbosity, width, compares=compares)
        )
    if verbosity <= QUIET:
        yield from map(plain, wrapped(_counts(verdicts, changes=True), width))
        if (common := causes_text(verdicts)) is not None:
            yield from map(plain, wrapped(one_line(common), width))
        return
    if len(shown) < len(verdicts):
        yield from map(plain, [f"{plural(len(verdicts) - len(shown), 'more check')} passed (-v shows them)"])
    counts = _counts(verdicts)
    bounds = list(filter(None, [levels_text(verdicts)]))
    together = "; ".join([counts, *bounds])
    yield from map(plain, [together] if len(together) <= width else [*wrapped(counts, width), *bounds])
    for text in (causes_text(verdicts), triage(verdicts)):
        if text is not None:
            yield from map(plain, wrapped(one_line(text), width))
    for label, cost in by_model(verdicts):
        # Lines are broken lines at blanks, which are another character meanwhile within a part of the list.
        parts = one_line(f"{label}: {cost}").split(", ")
        held = ", ".join(part.replace(" ", _HELD) for part in parts)
        yield from map(plain, [line.replace(_HELD, " ") for line in wrapped(held, width)])


def _below(verdict: Verdict, verbosity: int, width: int, *, compares: bool) -> Iterator[Line]:
    """The lines below the line of a check."""
    margin, hanging = " " * MARGIN, " " * (MARGIN + 2)
    if verbosity >= VERBOSE:
        if (interval := verdict.interval) is not None:
            cases = plural(verdict.cases.judged, "case")
            cases = cases if verdict.metric is not None else f"{verdict.cases.passed:,} of {cases}"
            low, high = (f"{bound:.3g}" for bound in (interval.low, interval.high))
            if verdict.scale == GRADE and not verdict.graded:
                low, high = percent(interval.low), percent(interval.high)
            level = f"({percent(interval.level)} confidence bounds)"
            text = f"{cases}, between {low} and {high} {level}"
            yield from map(plain, wrapped(text, width, margin, hanging))
        for finding in verdict.findings:
            word, style = MARKS[finding.status]
            detects = f" ({finding.reveals})" if finding.met and finding.reveals else ""
            text = one_line(f"{finding.limit}: {finding.summary}{detects}")
            first, *rest = wrapped(text, width - MARGIN - len(word) - 1)
            yield ((margin, {}), (word, style), (f" {first}", {}))
            yield from map(plain, [f"{margin}{' ' * len(word)} {line}" for line in rest])
        if verbosity < EVERYTHING:
            for note in verdict.notes:
                yield from map(plain, wrapped(f"note: {note}", width, margin, hanging))
    worse = broke_line(verdict) if verdict.passed and QUIET < verbosity < EVERYTHING else None
    if worse is not None:
        yield from map(plain, wrapped(one_line(worse), width, margin, hanging))
    if verbosity >= EVERYTHING:
        yield from map(plain, [f"{margin}{line}".rstrip() for line in everything(verdict, width - MARGIN)])
    elif compares and not verdict.failed and verdict.shown:
        yield from differing(verdict)


def _counts(verdicts: Sequence[Verdict], *, changes: bool = False) -> str:
    """Count the checks by status, the changes since the compared version (if asked for), and the calls."""
    counts = [(sum(verdict.status is status for verdict in verdicts), status) for status in Status]
    text = ", ".join(f"{count} {status.value}" for count, status in counts if count)
    early = sum(verdict.stopped is not None for verdict in verdicts)
    parts = [f"{text} ({early} stopped early)" if early else text]
    if changes:
        known = [verdict.comparison for verdict in verdicts if verdict.comparison is not None]
        broke = sum(len(comparison.regressed) for comparison in known)
        fixed = sum(len(comparison.fixed) for comparison in known)
        changed = sum(len(comparison.changed) for comparison in known)
        found = [f"{count:,} {what}" for count, what in ((broke, "broke"), (fixed, "fixed")) if count]
        found += [plural(changed, "answer changed", "answers changed")] if changed else []
        parts += [", ".join(found)] if found else []
    new = sum(verdict.calls.new for verdict in verdicts)
    cached = sum(verdict.calls.cached for verdict in verdicts)
    return "; ".join([*parts, f"answers: {cached:,} cached, {new:,} new"])
