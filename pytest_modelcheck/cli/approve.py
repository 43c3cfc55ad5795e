"""``modelcheck approve``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines import approvals
from pytest_modelcheck.baselines.identity import approver, now
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.cli.selection import selection
from pytest_modelcheck.cli.targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.approvals import Approval, Report
    from pytest_modelcheck.cli.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    versions: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    reason: str = ""
    force: bool = False
    keep_history: bool = False


def approve(workspace: Workspace, wish: Wish) -> int:
    """Approve, say what came of it, and return the exit code."""
    models = workspace.models()
    meant = targets(wish.versions, models) if wish.versions else _the_only(workspace, models)
    several = len(models) > 1
    refused = False
    for model, version in meant.items():
        report = _approve_one(workspace, wish, model, version)
        print_lines(_told(workspace, report, f"{model}={version}" if several else version))
        refused = refused or not report.approved
    return 1 if refused else 0


def _the_only(workspace: Workspace, models: list[str]) -> dict[str, str]:
    """What is meant where no version is named: one model's one version that is not approved."""
    return {model: workspace.latest(model) for model in models}


def _approve_one(workspace: Workspace, wish: Wish, model: str, version: str) -> Report:
    root = workspace.project.root
    return approvals.approve(
        workspace.candidates,
        workspace.store,
        root,
        model=model,
        version=version,
        signature=approvals.Signature(approver(root), now(), wish.reason, __version__),
        select=selection(wish.patterns),
        force=wish.force,
        keep_history=wish.keep_history,
    )


def _told(workspace: Workspace, report: Report, argument: str) -> Iterator[str]:
    if report.approved:
        yield click.style(f"{report.model} {report.version} is approved", fg="green") + _before(report)
        for approval in report.approved:
            yield from _approval_lines(approval)
        yield from _left_lines(report)
        yield f"Written to {shown(workspace.store.root)}: review it with git diff, and commit it."
    else:
        yield (
            click.style(f"{report.model} {report.version} is not approved", fg="red")
            + "; nothing was written"
        )
        yield from _refusal_lines(report, argument)
    if report.gone:
        yield "passed over, since the test no longer exists:"
        yield from indented(report.gone)


def _before(report: Report) -> str:
    if report.previous is None:
        return " (nothing was before)"
    return f" (before: {report.previous.version})" if report.previous.version != report.version else ""


def _approval_lines(approval: Approval) -> Iterator[str]:
    yield from indented([approval.check])
    written = approval.written
    counts = {"changed": written.changed, "added": written.added, "removed": written.removed}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none changed"
    before = f"from {approval.previous}, " if approval.previous is not None else ""
    yield f"    {before}{written.cases} cases: {told}"
    yield from indented((f"forced: {reason}" for reason in approval.forced), depth=4)


def _left_lines(report: Report) -> Iterator[str]:
    if report.left:
        yield f"still with another version (run them with {report.version} and approve them, or leave them):"
        yield from indented(f"{check}  {version}" for check, version in report.left)


def _refusal_lines(report: Report, argument: str) -> Iterator[str]:
    for refusal in report.refused:
        yield from indented([refusal.check])
        yield from indented(refusal.reasons, depth=4)
    if report.refused:
        yield f"To run again:        pytest {shlex.quote(f'--model-version={argument}')}"
        yield f"To approve a part:   modelcheck approve {shlex.quote(argument)} --check PATTERN"
        yield f"To approve it as is: modelcheck approve {shlex.quote(argument)} --force --reason TEXT"
