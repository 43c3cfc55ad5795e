"""``modelcheck report`` and ``modelcheck diff``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_modelcheck.baselines import diff as compare
from pytest_modelcheck.baselines.baseline import some_results
from pytest_modelcheck.baselines.candidates import find, never_ran
from pytest_modelcheck.canonical import one_line
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import coloured, echo, encoding, print_document, print_lines, width
from pytest_modelcheck.cli.targets import CHECKS, FROM, in_slices, meant, nothing_meant, selection
from pytest_modelcheck.display import harmless
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.records import MISSING, Status
from pytest_modelcheck.reports.bars import plain, strokes_for
from pytest_modelcheck.reports.diff import diff_json, diff_lines
from pytest_modelcheck.reports.markdown import diff_markdown
from pytest_modelcheck.reports.model import RunInfo
from pytest_modelcheck.reports.outputs import environment, target_of, versions, write
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.terminal import failure
from pytest_modelcheck.session.archive import COMPARED, Archive, assembled, compared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.baselines.diff import CheckDiff, Note
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.reports.bars import Line
    from pytest_modelcheck.reports.model import CheckReport, RunReport


@click.command()
@click.argument("a", required=False, metavar="[A]")
@click.argument("b", required=False, metavar="[B]")
@CHECKS
@click.option(
    "--to",
    "files",
    multiple=True,
    metavar="[FORMAT:]PATH",
    help="Write to a file, not to the terminal: .html, .json, .md, gitlab:PATH. Repeatable.",
)
@FROM
@with_workspace
def report(
    workspace: Workspace, a: str | None, b: str | None, patterns: tuple[str, ...], files: tuple[str, ...]
) -> None:
    """Write a report from stored results, without a run.

    With one version: its last run. With two: B, compared with A in place of the approved version. With none:
    the last run version of each model. Write VERSION for every model that has it, or MODEL=VERSION.
    """
    # A wrong file name is refused at once, not after a minute of reading results.
    targets = [target_of(text, "--to") for text in files]
    if a is not None:
        pairs = _pairs(workspace, a, b)
    else:
        pairs = [VersionPair(model, None, version) for model, version in workspace.latest_versions()]
    made = _made(workspace, pairs, patterns)
    for file in targets:
        write(made, file, Path.cwd())
        echo(f"report: {file.path}")
    if not targets:
        print_lines(map(coloured, _on_screen(made)))


def _made(workspace: Workspace, pairs: Sequence[VersionPair], patterns: Sequence[str]) -> RunReport:
    """The report of the newer versions, each compared with its older one, if there is one."""
    archive = Archive(workspace.store, workspace.candidates)
    selected = selection(patterns)
    checks: list[CheckReport] = []
    without: list[str] = []
    for pair in pairs:
        found, missing = archive.saved(pair.model, pair.after, selected)
        if not found and not missing and not patterns:
            raise never_ran(workspace.store, workspace.candidates, pair.model, pair.after)
        checks += found if pair.before is None else _against(workspace, found, pair.before)
        without += missing
    if without:
        listed = "\n  ".join(without)
        echo(f"these were only run to be compared with; run them by themselves:\n  {listed}", err=True)
    if not checks:
        raise UsageError("no run is stored to report on. See what was run: modelcheck list")
    run = RunInfo(
        started=min(check.when for check in checks),
        versions=versions(),
        environment=environment(workspace.project.root),
    )
    return assembled(run, checks)


def _against(workspace: Workspace, checks: Sequence[CheckReport], before: str) -> Iterator[CheckReport]:
    """The checks that both versions ran, compared."""
    store, candidates = workspace.store, workspace.candidates
    known = False
    for check in checks:
        verdict = check.verdict
        newer = candidates.read(verdict.model, verdict.check, verdict.version or "", further=True)
        older = find(store, candidates, verdict.model, verdict.check, before)
        if newer is not None and older is not None:
            known = True
            yield compared(check, newer, older)
    # A version that ran none of these checks is a slip of the keyboard, not a comparison without
    # differences.
    if checks and not known:
        raise never_ran(store, candidates, checks[0].verdict.model, before)


def _on_screen(made: RunReport) -> Iterator[Line]:
    verdicts = [check.verdict for check in made.checks]
    for verdict in verdicts:
        comparison = verdict.comparison
        differs = comparison is not None and (comparison.regressed or comparison.fixed or comparison.changed)
        # Whoever compares two versions also reads what differs in a check that passes.
        is_compared = any(finding.limit == COMPARED for finding in verdict.findings)
        if verdict.status is not Status.PASSED or (is_compared and differs):
            yield ((one_line(verdict.check), {"bold": True}),)
            for line in failure(verdict).splitlines():
                yield plain(line)
            yield plain("")
    yield from summary_lines(verdicts, width(), strokes=strokes_for(encoding()))


@dataclass(frozen=True, slots=True)
class VersionPair:
    """The two versions of a model to compare; without an older one, the approved results."""

    model: str
    before: str | None
    after: str


def _changes(note: Note, help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(f"--{note}", "notes", flag_value=note, multiple=True, help=help_text)


@click.command()
@click.argument("a", required=False, metavar="[A]")
@click.argument("b", required=False, metavar="[B]")
@CHECKS
@FROM
@_changes("regressed", "Only cases that passed and now fail or break.")
@_changes("fixed", "Only cases that failed and now pass.")
@_changes("changed", "Only cases whose answer changed.")
@click.option(
    "--slice",
    "slices",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only cases with this metadata. Repeatable: all must match.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown", "html")),
    default="text",
    show_default=True,
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
@with_workspace
def diff(
    workspace: Workspace,
    a: str | None,
    b: str | None,
    patterns: tuple[str, ...],
    notes: tuple[Note, ...],
    slices: tuple[str, ...],
    form: str,
    *,
    exit_code: bool,
) -> int:
    """Show what changed between two versions, case by case.

    With one version: compare it with the approved one. With two: compare B with A. With none: compare the
    only other version that was run with the approved one. Write VERSION for every model that has it, or
    MODEL=VERSION.
    """
    if form == "html" and exit_code:
        raise UsageError("--exit-code does not work with --format html")
    if a is not None:
        pairs = _pairs(workspace, a, b)
    else:
        pairs = [VersionPair(model, None, version) for model, version in workspace.other_versions().items()]
    if form == "html":
        if notes or slices:
            raise UsageError("--format html shows every case, and has filters in the page itself")
        _print_page(workspace, pairs, patterns)
        return 0
    selected = selection(patterns)
    known = {pair: _checks(workspace, pair) for pair in pairs}
    wanted = {pair: [check for check in checks if selected(check)] for pair, checks in known.items()}
    if not any(wanted.values()):
        models = " and ".join(pair.model for pair in pairs)
        raise nothing_meant(f"of {models}", patterns, chain.from_iterable(known.values()))
    # Whether anything differs is known only once the lines are printed: they are made one by one.
    seen: list[bool] = []
    found = chain.from_iterable(
        _compared(workspace, pair, checks, seen, notes, slices) for pair, checks in wanted.items() if checks
    )
    if form == "json":
        for piece in diff_json(found):
            print_document(piece, nl=piece[-1] == "]")
    elif form == "markdown":
        for line in diff_markdown(found):
            print_document(harmless(line))
    else:
        after = {pair.model: pair.after for pair in pairs}
        print_lines(map(coloured, diff_lines(found, pairs[0].before, after, width=width())))
    return int(exit_code and any(seen))


def _print_page(workspace: Workspace, pairs: Sequence[VersionPair], patterns: Sequence[str]) -> None:
    from pytest_modelcheck.reports.html import to_html

    if len(pairs) > 1:
        choices = "\n  ".join(f"{pair.model}={pair.after}" for pair in pairs)
        raise VersionError(f"a page is about one model; write one of:\n  {choices}")
    pair = pairs[0]
    if pair.before is None and (approved := workspace.store.approved(pair.model)) is not None:
        pair = replace(pair, before=approved.version)
    print_document(to_html(_made(workspace, [pair], patterns)), nl=False)


def _compared(
    workspace: Workspace,
    pair: VersionPair,
    checks: Sequence[str],
    seen: list[bool],
    notes: Sequence[Note],
    slices: Sequence[str],
) -> Iterator[CheckDiff]:
    """Yield the comparison of each check in turn, so that memory is needed for one at a time.

    If only some kinds of change are selected, checks without them are left out.
    """
    store, candidates, model = workspace.store, workspace.candidates, pair.model
    # The files that may describe a check's cases: the newer candidate, then the older one.
    versions = [version for version in (pair.after, pair.before) if version is not None]
    files = {check: [candidates.path(model, check, version) for version in versions] for check in checks}
    cases = in_slices(slices, files) if slices else {}
    for check in checks:
        if pair.before is None:
            before = store.read(model, check, pair.after)
        else:
            before = find(store, candidates, model, check, pair.before)
        # A version's last run holds more than its approval.
        after = candidates.read(model, check, pair.after, further=True)
        if after is None:
            after = find(store, candidates, model, check, pair.after)
            # What is approved is no run to compare with it.
            if after is not None and before is not None and after.path == before.path:
                after = None
        found = compare.diff(check, model, before, after)
        if slices:
            # Cases of the slice that the comparison does not list are the same in both versions.
            listed = {*found.unseen, *(case.id for case in found.cases)}
            within = tuple(case for case in found.cases if case.id in cases[check])
            unseen = tuple(case for case in found.unseen if case in cases[check])
            same = min(found.same, len(cases[check] - listed))
            found = replace(found, cases=within, same=same, unseen=unseen)
        if notes:
            kinds = (*notes, "error") if "regressed" in notes else notes
            found = replace(found, cases=tuple(case for case in found.cases if case.note in kinds))
            if "changed" not in notes:
                found = replace(found, unseen=())
        # Answers that cannot be compared may differ: that none does would be a guess.
        seen.append(bool(found.cases or found.unseen))
        if seen[-1] or not (notes or slices):
            yield _with_expectations(found, files[check])


def _with_expectations(found: CheckDiff, candidates: Sequence[Path]) -> CheckDiff:
    """The same changes with the expected answers from the last run: baselines hold only their digests."""
    source = next(filter(Path.is_file, candidates), None)
    if source is None or not found.cases:
        return found
    right = some_results(source, {case.id for case in found.cases})
    cases = (
        replace(case, expected=right[case.id].expected if case.id in right else MISSING)
        for case in found.cases
    )
    return replace(found, cases=tuple(cases))


def _pairs(workspace: Workspace, a: str, b: str | None) -> list[VersionPair]:
    """The comparisons: of each model that has the versions named, the same two versions, or the only one."""
    known = workspace.known_versions()
    older, newer = dict(meant(a, known)), dict(meant(a if b is None else b, known))
    pairs = [
        VersionPair(model, None if b is None else older[model], newer[model])
        for model in newer
        if model in older
    ]
    if not pairs:
        raise VersionError(f"{a} and {b} are different models: there is nothing to compare.")
    return pairs


def _checks(workspace: Workspace, pair: VersionPair) -> list[str]:
    after = workspace.checks(pair.model, pair.after)
    if pair.before is None:
        if pair.after not in workspace.versions()[pair.model]:
            after = set()  # what is approved of it is no run to compare with that
        before = {header.test for _, header in workspace.store.entries(pair.model)}
    else:
        before = workspace.checks(pair.model, pair.before)
    for version, checks in ((pair.before, before), (pair.after, after)):
        if version is not None and not checks:
            raise never_ran(workspace.store, workspace.candidates, pair.model, version)
    return sorted(before | after)
