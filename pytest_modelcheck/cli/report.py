"""``modelcheck report`` and ``modelcheck diff``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.baselines import diff as compare
from pytest_modelcheck.baselines.baseline import some_results
from pytest_modelcheck.baselines.candidates import find, never_ran
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.cli.screen import echo, encoding, print_document, print_lines, width
from pytest_modelcheck.cli.targets import in_slices, meant, nothing_meant, selection
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.records import MISSING, Status
from pytest_modelcheck.reports.bars import strokes_for
from pytest_modelcheck.reports.diff import diff_json, diff_lines
from pytest_modelcheck.reports.markdown import diff_markdown
from pytest_modelcheck.reports.model import RunInfo
from pytest_modelcheck.reports.outputs import environment, target_of, versions, write
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.terminal import failure
from pytest_modelcheck.reports.words import bracketed
from pytest_modelcheck.session.archive import COMPARED, Archive, assembled, compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.diff import CheckDiff, Note
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.reports.bars import Line
    from pytest_modelcheck.reports.model import CheckReport, RunReport
    from pytest_modelcheck.reports.words import Fate, Mark


def report(
    workspace: Workspace, versions: Sequence[str], files: Sequence[str], patterns: Sequence[str]
) -> None:
    """Report the stored results of one version, or of two (none: the latest), to files or the terminal."""
    # A wrong file name is refused at once, not after a minute of reading results.
    targets = [target_of(text, "--to") for text in files]
    if versions:
        pairs = _pairs(workspace, versions)
    else:
        models = [model for model in workspace.models() if workspace.was_run(model)]
        pairs = [Pair(model, None, workspace.latest_version(model)) for model in models]
    made = _made(workspace, pairs, patterns)
    for file in targets:
        write(made, file, Path.cwd())
        echo(f"report: {file.path}")
    if not targets:
        print_lines("".join(_coloured(*piece) for piece in line) for line in _on_screen(made))


def _made(workspace: Workspace, pairs: Sequence[Pair], patterns: Sequence[str]) -> RunReport:
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
        now = candidates.read(verdict.model, verdict.check, verdict.version or "", further=True)
        then = find(store, candidates, verdict.model, verdict.check, before)
        if now is not None and then is not None:
            known = True
            yield compared(check, now, then)
    # A version that ran none of these checks is a slip of the keyboard, not a comparison without
    # differences.
    if checks and not known:
        raise never_ran(store, candidates, checks[0].verdict.model, before)


def _on_screen(made: RunReport) -> Iterator[Line]:
    verdicts = [check.verdict for check in made.checks]
    for verdict in verdicts:
        if verdict.status is not Status.PASSED or _has_moved(verdict):
            yield ((excerpt(verdict.check, 1 << 20), {"bold": True}),)
            for line in failure(verdict).splitlines():
                yield ((line, {}),)
            yield (("", {}),)
    yield from summary_lines(verdicts, width(), strokes=strokes_for(encoding()))


def _has_moved(verdict: Verdict) -> bool:
    """Return whether a comparison of two versions found cases of this check that differ."""
    comparison = verdict.comparison
    is_compared = any(finding.limit == COMPARED for finding in verdict.findings)
    return (
        is_compared
        and comparison is not None
        and bool(comparison.regressed or comparison.fixed or comparison.changed)
    )


def _coloured(text: str, style: Mapping[str, bool]) -> str:
    front = next((name for name in style if name != "bold" and name.islower()), None)
    behind = next((name.lower() for name in style if name.istitle()), None)
    return click.style(text, fg=front, bg=behind, bold=style.get("bold") or None) if style else text


_COLOURS: Final[dict[Note, str]] = {"regressed": "red", "fixed": "green", "changed": "yellow"}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two versions of a model to compare; without an older one, the approved results."""

    model: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Question:
    """The command line's request.

    Attributes:
        versions: None, one or two of them.
        patterns: Selects checks; empty for all.
        notes: Selects kinds of change; empty for all.
        slices: Selects cases by metadata, as ``KEY=VALUE``; empty for all.
        form: ``"text"``, ``"json"``, ``"markdown"`` or ``"html"``.
    """

    versions: Sequence[str]
    patterns: Sequence[str] = ()
    notes: Sequence[Note] = ()
    slices: Sequence[str] = ()
    form: str = "text"


def diff(workspace: Workspace, question: Question) -> bool:
    """Print the changes, and return whether there are any."""
    if question.versions:
        pairs = _pairs(workspace, question.versions)
    else:
        model = workspace.only_model()
        pairs = [Pair(model, None, workspace.other_version(model))]
    if question.form == "html":
        return _page(workspace, _only(pairs), question)
    selected = selection(question.patterns)
    known = {pair: _checks(workspace, pair) for pair in pairs}
    wanted = {pair: [check for check in checks if selected(check)] for pair, checks in known.items()}
    if not any(wanted.values()):
        models = " and ".join(pair.model for pair in pairs)
        raise nothing_meant(f"of {models}", question.patterns, chain.from_iterable(known.values()))
    # Whether anything differs is known only once the lines are printed: they are made one by one.
    seen: list[bool] = []
    found = chain.from_iterable(
        _compared(workspace, pair, checks, seen, question) for pair, checks in wanted.items() if checks
    )
    before, after = pairs[0].before, pairs[0].after
    if question.form == "json":
        for piece in diff_json(found):
            print_document(piece, nl=piece[-1] == "]")
    elif question.form == "markdown":
        print_lines(diff_markdown(found))
    else:
        print_lines(diff_lines(found, before, after, width=width(), paint=paint, mark=marking()))
    return any(seen)


def _page(workspace: Workspace, pair: Pair, question: Question) -> bool:
    """Print an HTML page. It has its own filters, and whether anything differs is not determined."""
    if question.notes or question.slices:
        raise UsageError("--format html shows every case, and has filters in the page itself")
    from pytest_modelcheck.reports.html import to_html

    if pair.before is None and (approved := workspace.store.approved(pair.model)) is not None:
        pair = replace(pair, before=approved.version)
    print_document(to_html(_made(workspace, [pair], question.patterns)), nl=False)
    return False


def paint(text: str, note: Note) -> str:
    """Colour a heading by its kind of change."""
    return click.style(text, fg=_COLOURS.get(note))


def marking() -> Mark:
    """Marks words that differ: in colour on a terminal, else in brackets."""
    return _fate_coloured if sys.stdout.isatty() and "NO_COLOR" not in os.environ else bracketed


def _fate_coloured(text: str, fate: Fate) -> str:
    return text if fate == "same" else click.style(text, fg="red" if fate == "gone" else "green", bold=True)


def _compared(
    workspace: Workspace,
    pair: Pair,
    checks: Sequence[str],
    seen: list[bool],
    question: Question,
) -> Iterator[CheckDiff]:
    """Yield the comparison of each check in turn, so that memory is needed for one at a time.

    If only some kinds of change are selected, checks without them are left out.
    """
    places = {check: _candidates(workspace, pair, check) for check in checks}
    cases = in_slices(question.slices, places) if question.slices else {}
    for check in checks:
        found = compare.diff(
            check, pair.model, _before(workspace, pair, check), _after(workspace, pair, check)
        )
        if question.slices:
            found = _within(found, cases[check])
        if question.notes:
            found = replace(found, cases=tuple(case for case in found.cases if case.note in question.notes))
        seen.append(bool(found.cases))
        if found.cases or not (question.notes or question.slices):
            yield _with_expectations(found, places[check])


def _with_expectations(found: CheckDiff, candidates: Sequence[Path]) -> CheckDiff:
    """The same changes with the expected answers from the last run: baselines hold only their digests."""
    # Baselines do not hold what the test expects; only result files do, of either version.
    source = next((path for path in candidates if path.is_file()), None)
    if source is None or not found.cases:
        return found
    right = some_results(source, {case.id for case in found.cases})
    cases = (
        replace(case, expected=right[case.id].expected if case.id in right else MISSING)
        for case in found.cases
    )
    return replace(found, cases=tuple(cases))


def _within(found: CheckDiff, meant: frozenset[str]) -> CheckDiff:
    """Return the changes among the selected cases, and how many of these did not change."""
    # Cases of the slice that the comparison does not list are the same in both versions.
    same = len(meant.difference(case.id for case in found.cases))
    cases = tuple(case for case in found.cases if case.id in meant)
    return replace(found, cases=cases, same=min(found.same, same))


def _candidates(workspace: Workspace, pair: Pair, check: str) -> list[Path]:
    """Return the files that may describe a check's cases: the newer candidate, then the older one."""
    versions = [version for version in (pair.after, pair.before) if version is not None]
    return [workspace.candidates.path(pair.model, check, version) for version in versions]


def _pairs(workspace: Workspace, texts: Sequence[str]) -> list[Pair]:
    """The comparisons: of each model that has the versions named, the same two versions, or the only one."""
    known = workspace.known_versions()
    older, newer = dict(meant(texts[0], known)), dict(meant(texts[-1], known))
    pairs = [
        Pair(model, older[model] if len(texts) > 1 else None, newer[model])
        for model in newer
        if model in older
    ]
    if not pairs:
        raise VersionError(f"{texts[0]} and {texts[1]} are different models: there is nothing to compare.")
    return pairs


def _only(pairs: Sequence[Pair]) -> Pair:
    """The only pair: a page shows one model."""
    if len(pairs) > 1:
        choices = "\n  ".join(f"{pair.model}={pair.after}" for pair in pairs)
        raise VersionError(f"a page is about one model; write one of:\n  {choices}")
    return pairs[0]


def _checks(workspace: Workspace, pair: Pair) -> list[str]:
    after = _checks_of(workspace, pair.model, pair.after)
    before = (
        {header.test for _, header in workspace.store.entries(pair.model)}
        if pair.before is None
        else _checks_of(workspace, pair.model, pair.before)
    )
    for version, checks in ((pair.before, before), (pair.after, after)):
        if version is not None and not checks:
            raise never_ran(workspace.store, workspace.candidates, pair.model, version)
    return sorted(before | after)


def _checks_of(workspace: Workspace, model: str, version: str) -> set[str]:
    store, candidates = workspace.store, workspace.candidates
    approved = {header.test for _, header in store.entries(model) if header.version == version}
    once = {header.test for _, header in store.history_entries(model, version)}
    return approved | once | {header.test for _, header in candidates.entries(model, version)}


def _before(workspace: Workspace, pair: Pair, check: str) -> Baseline | None:
    if pair.before is None:
        return workspace.store.read(pair.model, check, pair.after)
    return find(workspace.store, workspace.candidates, pair.model, check, pair.before)


def _after(workspace: Workspace, pair: Pair, check: str) -> Baseline | None:
    """The results of a version: its last run if there is one, since that holds more than its approval."""
    found = workspace.candidates.read(pair.model, check, pair.after, further=True)
    if found is not None:
        return found
    return find(workspace.store, workspace.candidates, pair.model, check, pair.after)
