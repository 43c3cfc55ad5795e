"""``modelcheck list``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines import watch
from pytest_modelcheck.baselines.baseline import read_header
from pytest_modelcheck.baselines.candidates import natural
from pytest_modelcheck.baselines.store import jsonl_files
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import odds, plural
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.targets import nothing_meant, selection
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.models.retirement import SOON, days_left, shutdown_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.baselines.approved import Approved
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.cli.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Known:
    """The readable files of a folder, and the faults of the rest."""

    approved: list[Header]
    ran: list[Header]
    beside: list[Header] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    nights: list[Night] = field(default_factory=list)


def show(workspace: Workspace, patterns: Sequence[str]) -> int:
    """Print what is approved of each model, and what was run and is not approved.

    Returns:
        The exit code: 1 where something cannot be read, which is named after all that can.
    """
    known = _known(workspace)
    if not known.damaged:
        workspace.models()  # says what to do where there is nothing
    selected = selection(patterns)
    checks = {header.test for header in (*known.approved, *known.beside, *known.ran)}
    if checks and not any(map(selected, checks)):
        raise nothing_meant("approved or run", patterns, checks)
    for model in sorted({header.model for header in (*known.approved, *known.ran)}):
        print_lines(_model_lines(workspace, model, known, selected))
    for message in known.damaged:
        echo(f"Error: {message}", err=True)
    return 1 if known.damaged else 0


def _known(workspace: Workspace) -> _Known:
    known = _Known([], [])
    for files, found in (
        (workspace.store.files(), known.approved),
        (workspace.store.beside_files(), known.beside),
        (jsonl_files(workspace.candidates.root), known.ran),
    ):
        for path in files:
            try:
                found.append(read_header(path))
            except (BaselineError, OSError) as error:
                known.damaged.append(str(error))
    try:
        known.nights.extend(watch.read(workspace.store.root))
    except BaselineError as error:
        known.damaged.append(str(error))
    return known


def _model_lines(
    workspace: Workspace, model: str, known: _Known, selected: Callable[[str], bool]
) -> Iterator[str]:
    approved = _approved(workspace, model, known)
    held = None if approved is None else approved.version
    yield click.style(excerpt(model), bold=True) + f"  {_held(approved)}"
    if approved is not None and approved.retires is not None:
        note = shutdown_text(f"approved {approved.version}", approved.retires)
        yield from indented([note + ": run another version" * (days_left(approved.retires) < SOON)])
    checks = [header for header in known.approved if header.model == model and selected(header.test)]
    for header in checks:
        yield from _check_lines(header, held, known.nights)
    beside = [header for header in known.beside if header.model == model and selected(header.test)]
    for version in sorted({header.version or "" for header in beside}, key=natural):
        yield from indented([f"in service beside it: {version}, held to its own approval:"])
        own = [header for header in beside if header.version == version]
        for line in (line for header in own for line in _check_lines(header, version, known.nights)):
            yield f"  {line}"
    checks += beside
    done = {(header.test, header.version) for header in checks}
    fresh: dict[str, list[Header]] = {}
    for header in known.ran:
        if header.model == model and selected(header.test) and (header.test, header.version) not in done:
            fresh.setdefault(header.version or "", []).append(header)
    for version in sorted(fresh, key=natural):
        yield from indented([f"run with {version}, not approved:"])
        yield from indented((f"{header.test}  {_count(header)}" for header in fresh[version]), depth=4)


def _approved(workspace: Workspace, model: str, known: _Known) -> Approved | None:
    try:
        return workspace.store.approved(model)
    except BaselineError as error:
        known.damaged.append(str(error))
        return None


def _held(approved: Approved | None) -> str:
    if approved is None:
        return "nothing approved"
    text = f"approved: {approved.version}"
    return excerpt(f"{text} (fingerprint {approved.fingerprint})" if approved.fingerprint else text)


def _check_lines(header: Header, held: str | None, nights: Sequence[Night]) -> Iterator[str]:
    yield from indented([header.test])
    left = "" if held in (None, header.version) else f" (the application is held to {held})"
    yield from indented([f"{header.version}{left}, {_count(header)}{_signature(header)}"], depth=4)
    if header.kept:
        yield from indented(
            [f"{plural(header.kept, 'case')} as approved before: not accepted in review"], depth=4
        )
    yield from indented((f"forced: {reason}" for reason in header.forced), depth=4)
    key = (header.model, header.test, header.version)
    last = {one.of: one for one in nights if (one.model, one.check, one.version) == key}
    for of, one in sorted(last.items()):
        alarms = "; it alarms until somebody approves anew" * (one.evidence >= one.alarm)
        text = f"{of}: night {one.night}, evidence {odds(one.evidence)} (alarm at {odds(one.alarm)}){alarms}"
        yield from indented([text], depth=4)


def _signature(header: Header) -> str:
    day = header.approved_at.partition("T")[0]
    by = f" by {header.approved_by}" if header.approved_by else ""
    reason = f": {header.reason}" if header.reason else ""
    return f", approved {day}{by}{reason}" if day else ""


def _count(header: Header) -> str:
    return plural(header.cases, "case")
