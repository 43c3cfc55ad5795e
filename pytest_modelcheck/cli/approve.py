"""``modelcheck approve`` and ``modelcheck review``: decisions on what changed."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines import approvals
from pytest_modelcheck.baselines import diff as compare
from pytest_modelcheck.baselines.baseline import some_results
from pytest_modelcheck.baselines.identity import approved_with, approver, now
from pytest_modelcheck.baselines.objections import is_gone, objections
from pytest_modelcheck.canonical import excerpt, one_line
from pytest_modelcheck.checks.observed import contradiction
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import coloured, echo, indented, print_lines, width
from pytest_modelcheck.cli.targets import CHECKS, FROM, checks_run, selection, target, targets
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.diff import case_lines, heading, summary_of, versions_of
from pytest_modelcheck.reports.selection import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.approvals import Approval, Report
    from pytest_modelcheck.baselines.diff import CheckDiff
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.records import CaseResult


def _approving(force: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of every command that approves, with its own description of ``--force``."""
    options = (
        CHECKS,
        click.option(
            "--reason",
            default="",
            metavar="TEXT",
            help="The reason, stored in the baselines. Required in CI and without a terminal.",
        ),
        FROM,
        click.option("--force", is_flag=True, help=force),
        click.option("--keep-history", is_flag=True, help="Keep a copy of what was approved before."),
    )
    # Decorators apply from the bottom up, and the help lists options in that order.
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


@click.command()
@click.argument("versions", nargs=-1, metavar="[VERSION | MODEL=VERSION]...")
@_approving("Approve failing and outdated checks too, and record that.")
@click.option("--dry-run", is_flag=True, help="Show what would be approved, and write nothing.")
@click.option(
    "--beside/--instead",
    default=None,
    help="Approve it beside the version in production (a canary), or in its place. "
    "Default: beside, if this version is there already.",
)
@with_workspace
def approve(
    workspace: Workspace,
    versions: tuple[str, ...],
    patterns: tuple[str, ...],
    reason: str,
    *,
    dry_run: bool,
    **options: bool | None,
) -> int:
    """Approve the results of a version as the new baseline.

    Uses the stored results of the last runs. For each model, all requested checks are approved or
    none. VERSION alone applies to every model that has that version, as with pytest --model-version.
    """
    how = "modelcheck approve"
    if not dry_run:  # which changes nothing, so it needs no reason and nobody's name
        how = approved_with(how, reason, sys.stdin, "--reason TEXT")
    models = workspace.models()
    meant = targets(versions, workspace.versions()) or {
        model: workspace.only_version(model) for model in models
    }
    refused = False
    for model, version in meant.items():
        report = _approved(
            workspace, model, version, how, reason, select=selection(patterns), dry_run=dry_run, **options
        )
        print_lines(_report_lines(workspace, report, dry=dry_run))
        refused = refused or not report.approved
    return 1 if refused else 0


def _approved(
    workspace: Workspace, model: str, version: str, how: str, reason: str, **options: Any
) -> Report:
    """Approve, with further options of :func:`~pytest_modelcheck.baselines.approvals.approve`."""
    root = workspace.project.root
    return approvals.approve(
        workspace.candidates,
        workspace.store,
        root,
        model=model,
        version=version,
        signature=approvals.Signature(approver(root), now(), reason.strip(), __version__, how),
        doubts=contradiction,
        announce=lambda approved: print_lines(_announced(approved, f"{model} {version}")),
        **options,
    )


def _announced(approved: Sequence[Approval], name: str) -> Iterator[str]:
    """The regressions and errors that are about to be approved, as lines."""
    bad = [approval for approval in approved if approval.accepts]
    if bad:
        yield click.style(f"approving {excerpt(name)} accepts:", fg="yellow")
    for approval in bad:
        yield from indented([approval.check])
        yield from indented(approval.accepts, depth=4)


def _report_lines(workspace: Workspace, report: Report, *, dry: bool = False) -> Iterator[str]:
    name, several = excerpt(f"{report.model} {report.version}"), len(workspace.models()) > 1
    argument = f"{report.model}={report.version}" if several else report.version
    run_again = f"pytest {shlex.quote(f'--model-version={argument}')}"
    if report.approved:
        verb = "would be approved" if dry else "is approved"
        extent = ""
        if report.left:
            done = len(report.approved)
            extent = f" for {done} of {done + len(report.left)} checks"
        yield click.style(f"{name} {verb}", fg="green") + extent + _before(report)
        for approval in report.approved:
            yield from _approval_lines(approval, report.version)
        if any(approval.noise_unknown for approval in report.approved):
            yield "Approved on 1 run, noise unknown. To approve three runs in place of one:"
            yield f"  {run_again} --modelcheck-update"
        if report.left:
            run_them = f"run them with {report.version} and approve them, or leave them"
            yield f"still approved with another version ({run_them}):"
            yield from indented(f"{check}  {version}" for check, version in report.left)
        # The same approval twice touches no file, so git shows nothing to commit.
        if dry:
            yield "Nothing was written: --dry-run."
        elif report.unchanged:
            yield "Nothing was written: all of this was approved before."
        else:
            yield f"Written to {shown_path(workspace.store.root)}: review it with git diff, and commit it."
    else:
        yield click.style(f"{name} is not approved", fg="red") + "; nothing was written"
        yield from _refusal_lines(report, argument, run_again)
    if report.gone:
        yield "passed over, since the test no longer exists:"
        yield from indented(report.gone)


def _before(report: Report) -> str:
    if report.previous is None:
        return " (the first approval)"
    version = excerpt(report.previous.version)
    if report.beside:
        return f" beside {version}, which stays approved for the application"
    return f" (previously {version})" if report.previous.version != report.version else ""


def _approval_lines(approval: Approval, version: str) -> Iterator[str]:
    yield from indented([approval.check])
    written = approval.written
    facts = plural(written.cases, "case")
    if approval.previous is not None:
        counts = {"changed": written.changed, "added": written.added, "removed": written.removed}
        changes = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        since = "" if approval.previous == version else f" since {approval.previous}"
        facts += f": {changes or 'none changed'}{since}"
    yield from indented([facts], depth=4)
    if approval.kept:
        yield from indented([f"{plural(approval.kept, 'case')} left as approved before"], depth=4)
    yield from indented((f"forced: {reason}" for reason in approval.forced), depth=4)


def _refusal_lines(report: Report, argument: str, run_again: str) -> Iterator[str]:
    for check, reasons in report.refused.items():
        yield from indented([check])
        yield from indented(reasons, depth=4)
    if report.refused:
        yield f"To run again:        {run_again}{' --modelcheck-no-early-stop' if report.unfinished else ''}"
        yield f"To approve a part:   modelcheck approve {shlex.quote(argument)} --check PATTERN"
    if any(reason.endswith("all required") for reasons in report.refused.values() for reason in reasons):
        yield "To hold a check without a limit to what it does today: write max_drop=0 in its marker,"
        yield f"  then {run_again}, and approve it"
    if report.refused and not report.unfinished:
        yield f"To approve it as is: modelcheck approve {shlex.quote(argument)} --force --reason TEXT"


_HELP: Final = {
    "y": "approve this case as it is now",
    "n": "leave it as it was approved: the check stays red until the model does so again",
    "a": "approve this one and all that are left of this check",
    "d": "leave this one and all that are left of this check as they were",
    "s": "leave the whole check as it is",
    "q": "leave everything from here on as it is",
    "?": "show this",
}
# Where cases cannot be told apart: a new check, or one whose test has changed.
_WHOLE: Final = ("y", "s", "q")


@dataclass(slots=True)
class _Decisions:
    """The reviewer's decisions.

    Attributes:
        accepted: The checks to approve, and the cases of each that keep their approved result.
        seen: For each check, the digest of the candidate that was shown: only that one is approved.
        finished: Whether the reviewer quit: all further checks stay unchanged.
    """

    accepted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    finished: bool = False


@click.command()
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@_approving("Offer failing and outdated checks too, and record that.")
@with_workspace
def review(
    workspace: Workspace,
    version: str | None,
    patterns: tuple[str, ...],
    reason: str,
    *,
    force: bool,
    keep_history: bool,
) -> int:
    """Approve changed cases one by one.

    Shows one change after the other. A case that you do not accept keeps its approved result, so its check
    stays red until the model gives that result again. Nothing is written before the last question.
    """
    how = approved_with("modelcheck review", reason, sys.stdin, "--reason TEXT")
    if version is not None:
        model, version = target(version, workspace.versions())
    else:
        model = workspace.only_model()
        version = workspace.reviewable_version(model)
    root = workspace.project.root
    headers = checks_run(workspace, model, version, patterns, lambda header: not is_gone(header, root))
    decisions = _Decisions()
    # Only decisions are collected here. Nothing is written before the last question is answered, so Ctrl-C
    # halfway leaves every baseline as it was.
    try:
        for number, header in enumerate(headers, 1):
            if not decisions.finished:
                _review_check(workspace, header, decisions, f"({number}/{len(headers)})", force=force)
        accepted = decisions.accepted
        if not accepted:
            echo(f"{excerpt(f'{model} {version}')}: nothing was accepted or written")
            return 0
        left = sum(map(len, accepted.values()))
        kept = f", {plural(left, 'case')} left as approved before" if left else ""
        if not click.confirm(f"Approve {plural(len(accepted), 'check')}{kept}?", default=True):
            echo("Nothing was written.")
            return 0
        report = _approved(
            workspace,
            model,
            version,
            how,
            reason,
            select=accepted.__contains__,
            rejected=accepted,
            seen=decisions.seen,
            force=force,
            keep_history=keep_history,
        )
    except click.Abort:  # Ctrl-C, or the end of what was typed
        echo("\nNothing was written.")
        return 1
    print_lines(_report_lines(workspace, report))
    return 0 if report.approved else 1


def _review_check(
    workspace: Workspace, header: Header, decisions: _Decisions, count: str, *, force: bool
) -> None:
    store, candidates = workspace.store, workspace.candidates
    before = store.read(header.model, header.test, header.version)
    place = header.model, header.test, header.version or ""
    after = candidates.read(*place)
    # A run that ends while somebody reads would replace the candidate. The digest lets the approval refuse
    # what was not seen.
    decisions.seen[header.test] = "" if after is None else after.digest()
    found = compare.diff(header.test, header.model, before, candidates.read(*place, further=True))
    echo(click.style(f"{one_line(found.check)}  {count}", bold=True))
    if before is None:
        echo(f"  not approved yet: {plural(len(found.cases), 'case')}")
    else:
        echo(f"  {versions_of(found)}   {summary_of(found)}")
        if found.new_test:
            echo("  the test itself has changed since: cases can only be approved together")
    against = list(objections(header, workspace.project.root))
    print_lines(indented((f"cannot be approved: {reason}" for reason in against), 2))
    if against and not force:
        echo("  left as it is; --force approves it anyway\n")
    elif before is None or found.new_test:
        key = _ask("Approve this check", _WHOLE)
        decisions.accepted |= {found.check: ()} if key == "y" else {}
        decisions.finished = key == "q"
    # It is approved without a question, or its header would stay with the old version and `modelcheck list`
    # would call it left behind.
    elif not found.cases:
        decisions.accepted[header.test] = ()
        echo("  no answer changed: approved\n")
    else:
        _decide_cases(
            found, decisions, some_results(candidates.path(*place), {case.id for case in found.cases})
        )


def _decide_cases(found: CheckDiff, decisions: _Decisions, known: Mapping[str, CaseResult]) -> None:
    rejected: list[str] = []
    for number, case in enumerate(found.cases, 1):
        echo()
        lines = [heading(case.note, f"{number}/{len(found.cases)}"), *case_lines(case, found, width=width())]
        print_lines(map(coloured, lines))
        if (result := known.get(case.id)) is not None:
            facts = [] if result.expected is MISSING else [f"expected {literal(result.expected, 200)}"]
            facts += [] if result.origin is None else [f"({result.origin})"]
            print_lines(indented(["   ".join(facts)] if facts else [], 6))
        key = _ask("Approve this case", tuple(_HELP)[:-1])
        rest = [one.id for one in found.cases[number:]]
        if key in ("s", "q"):
            decisions.finished = key == "q"
            return
        rejected += [case.id] if key in ("n", "d") else []
        if key in ("a", "d"):
            rejected += rest if key == "d" else []
            break
    # With every case rejected, nothing is left to approve: a renewed header would claim that this version
    # passed.
    if len(rejected) < len(found.cases):
        decisions.accepted[found.check] = tuple(rejected)


def _ask(question: str, keys: tuple[str, ...]) -> str:
    while True:
        # Return alone shows the help, as in `git add -p`: an answer must be typed.
        key: str = click.prompt(
            f"{question} [{','.join(keys)},?]", prompt_suffix=" ", default="?", show_default=False
        )
        if key in keys:
            return key
        print_lines(f"  {key} - {_HELP[key]}" for key in (*keys, "?"))
