"""``modelcheck list``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.cli.selection import selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.baselines.approved import Approved
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.workspace import Workspace


def show(workspace: Workspace, patterns: Sequence[str]) -> None:
    """Print what is approved of each model, and what was run and is not approved."""
    selected = selection(patterns)
    for model in workspace.models():
        print_lines(_model_lines(workspace, model, selected))


def _model_lines(workspace: Workspace, model: str, selected: Callable[[str], bool]) -> Iterator[str]:
    approved = workspace.store.approved(model)
    held = None if approved is None else approved.version
    yield click.style(excerpt(model), bold=True) + f"  {_held(approved)}"
    checks = [header for _, header in workspace.store.entries(model) if selected(header.test)]
    for header in checks:
        yield from _check_lines(header, held)
    known = {(header.test, header.version) for header in checks}
    for version in workspace.candidates.versions(model):
        ran = [header for _, header in workspace.candidates.entries(model, version) if selected(header.test)]
        fresh = [header for header in ran if (header.test, version) not in known]
        if fresh:
            yield from indented([f"run with {version}, not approved:"])
            yield from indented((f"{header.test}  {_count(header)}" for header in fresh), depth=4)


def _held(approved: Approved | None) -> str:
    if approved is None:
        return "nothing approved"
    told = f"approved: {approved.version}"
    return excerpt(f"{told} (fingerprint {approved.fingerprint})" if approved.fingerprint else told)


def _check_lines(header: Header, held: str | None) -> Iterator[str]:
    yield from indented([header.test])
    left = "" if header.version == held else f" (the application is held to {held})"
    yield from indented([f"{header.version}{left}, {_count(header)}{_signature(header)}"], depth=4)
    if header.kept:
        yield from indented(
            [f"{plural(header.kept, 'case')} as approved before: not accepted in review"], depth=4
        )
    yield from indented((f"forced: {reason}" for reason in header.forced), depth=4)


def _signature(header: Header) -> str:
    day = header.approved_at.partition("T")[0]
    by = f" by {header.approved_by}" if header.approved_by else ""
    reason = f": {header.reason}" if header.reason else ""
    return f", approved {day}{by}{reason}" if day else ""


def _count(header: Header) -> str:
    return plural(header.cases, "case")
