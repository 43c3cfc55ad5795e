"""``modelcheck history``: what was approved of each check, version after version.

Each approval may be a little worse than the one before and pass all the same; only the whole row shows it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.cli.screen import indented, print_document, print_lines
from pytest_modelcheck.cli.targets import nothing_meant, selection
from pytest_modelcheck.display import printable_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.baselines.header import Header, Past
    from pytest_modelcheck.cli.workspace import Workspace

_BARS: Final = "▁▂▃▄▅▆▇█"


def show(workspace: Workspace, patterns: Sequence[str], form: str) -> None:
    """Print the rate of each approval since the first: as text or as JSON.

    Raises:
        UsageError: No approved check is meant.
    """
    selected = selection(patterns)
    known = [header for _, header in workspace.store.entries()]
    found = [header for header in known if selected(header.test)]
    if not found:
        raise nothing_meant("approved", patterns, (header.test for header in known))
    found.sort(key=lambda header: (header.model, header.test))
    if form == "json":
        print_document(_json(found))
        return
    several = len({header.model for header in found}) > 1
    for header in found:
        print_lines(_lines(header, several=several))


def rows(header: Header) -> tuple[Past, ...]:
    """Every approval of a check, the first one first and today's last."""
    return (*header.past, header.as_past())


def sparkline(rates: Sequence[float | None]) -> str:
    """A row of bars, the lowest rate the lowest bar; a gap where a rate is not known.

    >>> sparkline([0.5, 0.75, None, 1.0]), sparkline([0.9, 0.9])
    ('▁▄ █', '▄▄')
    """
    known = [rate for rate in rates if rate is not None]
    if not known:
        return " " * len(rates)
    low, span = min(known), max(known) - min(known)
    if span == 0:
        return "".join(" " if rate is None else _BARS[3] for rate in rates)
    top = len(_BARS) - 1
    return "".join(" " if rate is None else _BARS[int((rate - low) / span * top)] for rate in rates)


def _lines(header: Header, *, several: bool) -> Iterator[str]:
    past = rows(header)
    name = f"{header.test} ({header.model})" if several else header.test
    yield click.style(excerpt(name, 1 << 20), bold=True)
    yield f"  {sparkline([row.rate for row in past])}  {_trend(past, header.metric)}"
    width = max(len(excerpt(row.version)) for row in past)
    for row in past:
        rate = "?" if row.rate is None else _value(row.rate, header.metric)
        over = f"of {plural(row.judged, 'case')}" if row.judged else ""
        yield from indented(
            [f"{excerpt(row.version).ljust(width)}  {row.day or '?':10}  {rate:>6}  {over}".rstrip()], 4
        )


def _trend(past: Sequence[Past], metric: str) -> str:
    """The way from the first approval to the last one."""
    known = [row for row in past if row.rate is not None]
    if len(known) < 2:
        return "approved once" if len(past) == 1 else "nothing to compare yet"
    first, last = known[0], known[-1]
    points = (1 if metric else 100) * ((last.rate or 0.0) - (first.rate or 0.0))
    way = f"{_value(first.rate or 0.0, metric)} → {_value(last.rate or 0.0, metric)}"
    since = f"since {excerpt(first.version)}"
    if round(points, 3 if metric else 1) == 0:
        return f"as good as {excerpt(first.version)}, {way}"
    change = f"{metric} {points:+.3g}" if metric else f"{points:+.1f}".removesuffix(".0") + " points"
    text = f"{change} {since}, {way}"
    return click.style(text, fg="red") if points < 0 else text


def _value(rate: float, metric: str) -> str:
    return f"{rate:.3g}" if metric else percent(rate)


def _json(headers: Sequence[Header]) -> str:
    import json

    return printable_json(json.dumps([_fields(header) for header in headers], indent=2, ensure_ascii=False))


def _fields(header: Header) -> dict[str, Any]:
    return {
        "check": header.test,
        "model": header.model,
        "approvals": [
            {"version": row.version, "day": row.day, "rate": row.rate, "judged": row.judged}
            for row in rows(header)
        ],
    }
