"""``modelcheck approve`` and ``modelcheck review``: decisions on what changed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines import approvals
from pytest_modelcheck.baselines import diff as compare
from pytest_modelcheck.baselines.baseline import some_results
from pytest_modelcheck.baselines.identity import approved_with, approver, now
from pytest_modelcheck.baselines.objections import is_gone, objections
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.checks.contradiction import contradiction
from pytest_modelcheck.cli.report import marking, paint
from pytest_modelcheck.cli.screen import echo, indented, print_lines, width
from pytest_modelcheck.cli.targets import ran, selection, target, targets
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.phrases import plural
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.diff import case_lines, summary_of, versions_of, word_of
from pytest_modelcheck.reports.selection import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.approvals import Approval, Report
    from pytest_modelcheck.baselines.diff import CaseDiff, CheckDiff
    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.records import CaseResult


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
        UsageError: There is no terminal, or this is CI, and no reason is given.
    """
    how = signed_with("modelcheck approve", wish)
    models = workspace.models()
    meant = targets(wish.versions, workspace.versions()) or {
        model: workspace.only_version(model) for model in models
    }
    refused = False
    for model, version in meant.items():
        report = _approve_one(workspace, wish, model, version, how)
        print_lines(_report_lines(workspace, report, dry=wish.dry_run))
        refused = refused or not report.approved
    return 1 if refused else 0


def _approve_one(
    workspace: Workspace,
    wish: Wish,
    model: str,
    version: str,
    how: str,
    decisions: Decisions | None = None,
) -> Report:
    """Approve the checks that the command line selects, or exactly those accepted in a review."""
    root = workspace.project.root
    return approvals.approve(
        workspace.candidates,
        workspace.store,
        root,
        model=model,
        version=version,
        signature=approvals.Signature(approver(root), now(), wish.reason.strip(), __version__, how),
        select=selection(wish.patterns) if decisions is None else decisions.accepted.__contains__,
        rejected=None if decisions is None else decisions.accepted,
        seen=None if decisions is None else decisions.seen,
        force=wish.force,
        keep_history=wish.keep_history,
        dry_run=wish.dry_run,
        beside=wish.beside,
        doubts=contradiction,
        announce=lambda approved: print_lines(_announced(approved, f"{model} {version}")),
    )


def signed_with(command: str, wish: Wish) -> str:
    """Describe for the header how an approval was made.

    Raises:
        UsageError: There is no terminal, or this is CI, and no reason is given.
    """
    # A dry run changes nothing, so it needs no reason and nobody's name.
    return command if wish.dry_run else approved_with(command, wish.reason, sys.stdin, "--reason TEXT")


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
            yield f"  pytest {shlex.quote(f'--model-version={argument}')} --modelcheck-update"
        if report.left:
            run_them = f"run them with {report.version} and approve them, or leave them"
            yield f"still approved with another version ({run_them}):"
            yield from indented(f"{check}  {version}" for check, version in report.left)
        yield "Nothing was written: --dry-run." if dry else _written(workspace, report)
    else:
        yield click.style(f"{name} is not approved", fg="red") + "; nothing was written"
        yield from _refusal_lines(report, argument)
    if report.gone:
        yield "passed over, since the test no longer exists:"
        yield from indented(report.gone)


def _written(workspace: Workspace, report: Report) -> str:
    # The same approval twice touches no file, so git shows nothing to commit.
    if report.unchanged:
        return "Nothing was written: all of this was approved before."
    return f"Written to {shown_path(workspace.store.root)}: review it with git diff, and commit it."


def _before(report: Report) -> str:
    if report.beside and report.previous is not None:
        return f" beside {excerpt(report.previous.version)}, which stays approved for the application"
    if report.previous is None:
        return " (the first approval)"
    changed = report.previous.version != report.version
    return f" (previously {excerpt(report.previous.version)})" if changed else ""


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
class Decisions:
    """The reviewer's decisions.

    Attributes:
        accepted: The checks to approve, and the cases of each that keep their approved result.
        seen: For each check, the digest of the candidate that was shown: only that one is approved.
        finished: Whether the reviewer quit: all further checks stay unchanged.
    """

    accepted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    finished: bool = False


def review(workspace: Workspace, wish: Wish) -> int:
    """Review the changed cases with the user, approve the accepted ones, and return the exit code.

    Raises:
        UsageError: No run matches, or there is no terminal (or this is CI) and no reason is given.
    """
    how = signed_with("modelcheck review", wish)
    if wish.versions:
        model, version = target(wish.versions[0], workspace.versions())
    else:
        model = workspace.only_model()
        version = workspace.reviewable_version(model)
    root = workspace.project.root
    headers = ran(workspace, model, version, wish.patterns, lambda header: not is_gone(header, root))
    # Only decisions are collected here. Nothing is written before the last question is answered, so Ctrl-C
    # halfway leaves every baseline as it was.
    decisions = Decisions()
    try:
        for number, header in enumerate(headers, 1):
            if not decisions.finished:
                _review_check(workspace, wish, header, decisions, f"({number}/{len(headers)})")
        return _carry_out(workspace, wish, (model, version), how, decisions)
    except click.Abort:  # Ctrl-C, or the end of what was typed
        echo("\nNothing was written.")
        return 1


def _review_check(workspace: Workspace, wish: Wish, header: Header, decisions: Decisions, count: str) -> None:
    store, candidates = workspace.store, workspace.candidates
    before = store.read(header.model, header.test, header.version)
    place = header.model, header.test, header.version or ""
    after = candidates.read(*place)
    # A run that ends while somebody reads would replace the candidate. The digest lets the approval refuse
    # what was not seen.
    decisions.seen[header.test] = "" if after is None else after.digest()
    found = compare.diff(header.test, header.model, before, candidates.read(*place, further=True))
    print_lines(_heading(found, count))
    against = list(objections(header, workspace.project.root))
    print_lines(indented((f"in the way: {reason}" for reason in against), 2))
    if against and not wish.force:
        echo("  left as it is: only with --force can it be approved\n")
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
        path = candidates.path(*place)
        _decide_cases(found, decisions, some_results(path, {case.id for case in found.cases}))


def _heading(found: CheckDiff, count: str) -> Iterator[str]:
    yield click.style(f"{excerpt(found.check, 1 << 20)}  {count}", bold=True)
    if found.before is None:
        yield f"  not approved yet: {plural(len(found.cases), 'case')}"
        return
    yield f"  {versions_of(found)}   {summary_of(found)}"
    if found.new_test:
        yield "  the test itself has changed since: cases can only be approved together"


def _decide_cases(found: CheckDiff, decisions: Decisions, known: Mapping[str, CaseResult]) -> None:
    rejected: list[str] = []
    for number, case in enumerate(found.cases, 1):
        print_lines(_case(case, found, f"{number}/{len(found.cases)}"))
        print_lines(indented(_facts(known.get(case.id)), 6))
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


def _case(case: CaseDiff, found: CheckDiff, count: str) -> Iterator[str]:
    yield ""
    yield paint(f"  {word_of(case.note)} ({count})", case.note)
    yield from case_lines(case, found, width=width(), mark=marking())


def _facts(result: CaseResult | None) -> Iterator[str]:
    """Return the expected answer of a case, and its file and line."""
    if result is None:
        return
    facts = [] if result.expected is MISSING else [f"expected {literal(result.expected, 200)}"]
    facts += [] if result.origin is None else [f"({result.origin})"]
    if facts:
        yield "   ".join(facts)


def _ask(question: str, keys: tuple[str, ...]) -> str:
    while True:
        # Return alone shows the help, as in `git add -p`: an answer must be typed.
        key: str = click.prompt(
            f"{question} [{','.join(keys)},?]", prompt_suffix=" ", default="?", show_default=False
        )
        if key in keys:
            return key
        print_lines(f"  {key} - {_HELP[key]}" for key in (*keys, "?"))


def _carry_out(
    workspace: Workspace, wish: Wish, meant: tuple[str, str], how: str, decisions: Decisions
) -> int:
    if not decisions.accepted:
        echo(f"{excerpt(' '.join(meant))}: nothing was accepted or written")
        return 0
    left = sum(map(len, decisions.accepted.values()))
    text = plural(len(decisions.accepted), "check")
    text += f", {plural(left, 'case')} left as approved before" if left else ""
    if not click.confirm(f"Approve {text}?", default=True):
        echo("Nothing was written.")
        return 0
    report = _approve_one(workspace, wish, *meant, how, decisions)
    print_lines(_report_lines(workspace, report))
    return 0 if report.approved else 1
