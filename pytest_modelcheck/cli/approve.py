"""``modelcheck approve``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines import approvals
from pytest_modelcheck.baselines.identity import approved_with, approver, now
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.checks.contradiction import contradiction
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.cli.targets import selection, targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.approvals import Approval, Report
    from pytest_modelcheck.cli.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line's request."""

    versions: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    reason: str = ""
    force: bool = False
    keep_history: bool = False
    dry_run: bool = False
    beside: bool | None = None


def approve(workspace: Workspace, wish: Wish) -> int:
    """Approve, report the result, and return the exit code.

    Raises:
        UsageError: Nobody may be watching, and no reason is given.
    """
    how = signed_with("modelcheck approve", wish)
    models = workspace.models()
    meant = targets(wish.versions, workspace.versions()) or {
        model: workspace.only_version(model) for model in models
    }
    several = len(models) > 1
    refused = False
    for model, version in meant.items():
        argument = f"{model}={version}" if several else version
        report = _approve_one(workspace, wish, model, version, how)
        print_lines(_told(workspace, report, argument, dry=wish.dry_run))
        refused = refused or not report.approved
    return 1 if refused else 0


def approve_reviewed(
    workspace: Workspace,
    wish: Wish,
    model: str,
    version: str,
    how: str,
    accepted: Mapping[str, Collection[str]],
    seen: Mapping[str, str],
) -> int:
    """Approve some checks as they were seen, but for some of their cases; report the result.

    Returns:
        The exit code.
    """
    report = _approve_one(workspace, wish, model, version, how, accepted, seen)
    print_lines(_told(workspace, report, version))
    return 0 if report.approved else 1


def _approve_one(
    workspace: Workspace,
    wish: Wish,
    model: str,
    version: str,
    how: str,
    accepted: Mapping[str, Collection[str]] | None = None,
    seen: Mapping[str, str] | None = None,
) -> Report:
    """Approve what the command line means, or exactly the checks that were accepted in review."""
    root = workspace.project.root
    return approvals.approve(
        workspace.candidates,
        workspace.store,
        root,
        model=model,
        version=version,
        signature=approvals.Signature(approver(root), now(), wish.reason.strip(), __version__, how),
        select=selection(wish.patterns) if accepted is None else accepted.__contains__,
        rejected=accepted,
        seen=seen,
        force=wish.force,
        keep_history=wish.keep_history,
        dry_run=wish.dry_run,
        beside=wish.beside,
        doubts=contradiction,
        announce=lambda approved: print_lines(_announced(approved, f"{model} {version}")),
    )


def signed_with(command: str, wish: Wish) -> str:
    """Say how an approval was made, for its header.

    Raises:
        UsageError: Nobody may be watching, and no reason is given.
    """
    return command if wish.dry_run else approved_with(command, wish.reason, sys.stdin, "--reason TEXT")


def _announced(approved: Sequence[Approval], name: str) -> Iterator[str]:
    """Everything bad that is going to be approved, before it is."""
    bad = [approval for approval in approved if approval.accepts]
    if bad:
        yield click.style(f"approving {excerpt(name)} accepts:", fg="yellow")
    for approval in bad:
        yield from indented([approval.check])
        yield from indented(approval.accepts, depth=4)


def _told(workspace: Workspace, report: Report, argument: str, *, dry: bool = False) -> Iterator[str]:
    name = excerpt(f"{report.model} {report.version}")
    if report.approved:
        verb = "would be approved" if dry else "is approved"
        yield click.style(f"{name} {verb}", fg="green") + _extent(report) + _before(report)
        for approval in report.approved:
            yield from _approval_lines(approval, report.version)
        yield from _left_lines(report)
        yield "Nothing was written: --dry-run." if dry else _written(workspace, report)
    else:
        yield click.style(f"{name} is not approved", fg="red") + "; nothing was written"
        yield from _refusal_lines(report, argument)
    if report.gone:
        yield "passed over, since the test no longer exists:"
        yield from indented(report.gone)


def _written(workspace: Workspace, report: Report) -> str:
    if report.unchanged:
        return "Nothing was written: all of this was approved before."
    return f"Written to {shown(workspace.store.root)}: review it with git diff, and commit it."


def _extent(report: Report) -> str:
    done, total = len(report.approved), len(report.approved) + len(report.left)
    return f" for {done} of {total} checks" if report.left else ""


def _before(report: Report) -> str:
    if report.beside and report.previous is not None:
        return f" beside {excerpt(report.previous.version)}, which the application stays held to"
    if report.previous is None:
        return " (nothing was before)"
    changed = report.previous.version != report.version
    return f" (before: {excerpt(report.previous.version)})" if changed else ""


def _approval_lines(approval: Approval, version: str) -> Iterator[str]:
    yield from indented([approval.check])
    written = approval.written
    cases = plural(written.cases, "case")
    yield from indented(
        [cases if approval.previous is None else f"{cases}: {_changes(approval, version)}"], depth=4
    )
    if approval.kept:
        yield from indented([f"{plural(approval.kept, 'case')} left as approved before"], depth=4)
    yield from indented((f"forced: {reason}" for reason in approval.forced), depth=4)


def _changes(approval: Approval, version: str) -> str:
    written = approval.written
    counts = {"changed": written.changed, "added": written.added, "removed": written.removed}
    text = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none changed"
    return text if approval.previous == version else f"{text} since {approval.previous}"


def _left_lines(report: Report) -> Iterator[str]:
    if report.left:
        yield f"still with another version (run them with {report.version} and approve them, or leave them):"
        yield from indented(f"{check}  {version}" for check, version in report.left)


def _refusal_lines(report: Report, argument: str) -> Iterator[str]:
    for refusal in report.refused:
        yield from indented([refusal.check])
        yield from indented(refusal.reasons, depth=4)
    if report.refused:
        whole = " --modelcheck-no-early-stop" if report.unfinished else ""
        yield f"To run again:        pytest {shlex.quote(f'--model-version={argument}')}{whole}"
        yield f"To approve a part:   modelcheck approve {shlex.quote(argument)} --check PATTERN"
    if any(reason.endswith("all required") for refusal in report.refused for reason in refusal.reasons):
        yield "To hold a check without a limit to what it does today: write max_drop=0 in its marker,"
        yield f"  then pytest {shlex.quote(f'--model-version={argument}')}, and approve it"
    if report.refused and not report.unfinished:
        yield f"To approve it as is: modelcheck approve {shlex.quote(argument)} --force --reason TEXT"
