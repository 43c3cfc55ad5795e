"""The end of a run: one line a check, then what all of them came to and what they cost.

How much is told depends on how often ``-v`` or ``-q`` was typed, see :func:`summary_lines`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.records import GRADE, Status
from pytest_modelcheck.reports.bars import FINE, PLAIN
from pytest_modelcheck.reports.costs import by_model
from pytest_modelcheck.reports.table import MARGIN, MARKS, table
from pytest_modelcheck.reports.terminal import broke_line, everything
from pytest_modelcheck.reports.triage import triage
from pytest_modelcheck.reports.wording import levels_text
from pytest_modelcheck.reports.worst import causes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.reports.bars import Line, Strokes

QUIET: Final = -1
"""``-q``: the checks that are not green, and the totals on one line."""

VERBOSE: Final = 1
"""``-v``: below each check its interval in numbers, every limit that it was held to, and notes."""

EVERYTHING: Final = 2
"""``-vv``: below each check all that is known of it."""

_MANY: Final = 50
_UNCUT: Final = 1 << 16
_HELD: Final = "\N{NO-BREAK SPACE}"
_AS_ASCII: Final = str.maketrans({"…": "~", "–": "-", "→": ">", "Δ": "d", "≥": ">"})


def summary_lines(
    verdicts: Sequence[Verdict], width: int, *, verbosity: int = 0, strokes: Strokes = FINE
) -> Iterator[Line]:
    """One line a check by file, then what all of them came to and what they cost.

    Of more than 50 checks, those that passed are only counted, unless more is asked for.

    Args:
        verdicts: Of all checks.
        width: How many characters fit into a line.
        verbosity: From :data:`QUIET` or less over 0 to :data:`EVERYTHING` or more.
        strokes: What rates are drawn with; with those of ASCII, nothing else is printed, either.
    """
    for line in _lines(verdicts, width, verbosity, strokes):
        yield (
            line
            if strokes is not PLAIN
            else tuple((text.translate(_AS_ASCII), style) for text, style in line)
        )


def _lines(verdicts: Sequence[Verdict], width: int, verbosity: int, strokes: Strokes) -> Iterator[Line]:
    if not verdicts:
        return
    few = verbosity > 0 or (verbosity == 0 and len(verdicts) <= _MANY)
    worse = [verdict for verdict in verdicts if verbosity > QUIET and broke_line(verdict) is not None]
    shown = [verdict for verdict in verdicts if few or not verdict.passed or verdict in worse]
    if shown:
        yield from table(shown, width, strokes, lambda verdict: _below(verdict, verbosity, width))
    if verbosity <= QUIET:
        yield from _plain(_wrapped(_counts(verdicts, _since_approval(verdicts)), width))
        return
    if len(shown) < len(verdicts):
        yield from _plain([f"{plural(len(verdicts) - len(shown), 'more check')} passed (-v shows them)"])
    yield from _plain(_totals(verdicts, width))
    for said in (causes_text(verdicts), triage(verdicts)):
        if said is not None:
            yield from _plain(_wrapped(excerpt(said, _UNCUT), width))
    for label, cost in by_model(verdicts):
        yield from _plain(_wrapped_between(excerpt(f"{label}: {cost}", _UNCUT), width))


def _plain(texts: Sequence[str]) -> Iterator[Line]:
    return (((text, {}),) for text in texts)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(40, width), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _wrapped_between(text: str, width: int) -> list[str]:
    """A list as lines that end after its commas."""
    held = ", ".join(part.replace(" ", _HELD) for part in text.split(", "))
    return [line.replace(_HELD, " ") for line in _wrapped(held, width)]


def _below(verdict: Verdict, verbosity: int, width: int) -> Iterator[Line]:
    """The lines below the line of a check."""
    margin = " " * MARGIN
    if verbosity >= VERBOSE:
        if (counted := _counted(verdict)) is not None:
            yield ((f"{margin}{counted}", {}),)
        for finding in verdict.findings:
            word, style = MARKS[finding.status]
            text = excerpt(f"{finding.limit}: {finding.summary}", _UNCUT)
            first, *rest = _wrapped(text, width - MARGIN - len(word) - 1)
            yield ((margin, {}), (word, style), (f" {first}", {}))
            yield from _plain([f"{margin}{' ' * len(word)} {line}" for line in rest])
        if verbosity < EVERYTHING:
            for note in verdict.notes:
                yield from _plain([f"{margin}{line}" for line in _wrapped(f"note: {note}", width - MARGIN)])
    worse = broke_line(verdict) if verdict.passed and QUIET < verbosity < EVERYTHING else None
    if worse is not None:
        yield from _plain([f"{margin}{line}" for line in _wrapped(excerpt(worse, _UNCUT), width - MARGIN)])
    if verbosity >= EVERYTHING:
        yield from _plain([f"{margin}{line}".rstrip() for line in everything(verdict)])


def _counted(verdict: Verdict) -> str | None:
    """The number of cases behind a rate, and its confidence bounds."""
    interval = verdict.interval
    if interval is None:
        return None
    if verdict.scale == GRADE and not verdict.graded:
        low, high = percent(interval.low), percent(interval.high)
    else:
        low, high = f"{interval.low:.3g}", f"{interval.high:.3g}"
    cases = plural(verdict.cases.judged, "case")
    if verdict.metric is None:
        cases = f"{verdict.cases.passed:,} of {cases}"
    return f"{cases}, between {low} and {high} ({percent(interval.level)} confidence bounds)"


def _since_approval(verdicts: Sequence[Verdict]) -> str:
    """Say how much changed since the version that is compared with; nothing where nothing did."""
    known = [verdict.comparison for verdict in verdicts if verdict.comparison is not None]
    broke, fixed, changed = (
        sum(len(getattr(comparison, name)) for comparison in known)
        for name in ("regressed", "fixed", "changed")
    )
    parts = [f"{count:,} {what}" for count, what in ((broke, "broke"), (fixed, "fixed")) if count]
    return ", ".join([*parts, plural(changed, "answer changed", "answers changed")] if changed else parts)


def _counts(verdicts: Sequence[Verdict], moved: str = "") -> str:
    """Return how many checks came out how, what changed where that is told, and what was asked."""
    counts = [(sum(verdict.status is status for verdict in verdicts), status) for status in Status]
    text = ", ".join(f"{count} {status.value}" for count, status in counts if count)
    early = sum(verdict.stopped is not None for verdict in verdicts)
    if early:
        text += f" ({early} stopped early)"
    asked = sum(verdict.calls.asked for verdict in verdicts)
    cached = sum(verdict.calls.cached for verdict in verdicts)
    text += f"; {moved}" if moved else ""
    return f"{text}; answers: {cached:,} cached, {asked:,} new"


def _totals(verdicts: Sequence[Verdict], width: int) -> list[str]:
    counts = _counts(verdicts)
    levels = levels_text(verdicts)
    bounds = [] if levels is None else [levels]
    together = "; ".join([counts, *bounds])
    return [together] if len(together) <= width else [*_wrapped(counts, width), *bounds]
