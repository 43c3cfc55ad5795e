"""``modelcheck report``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines.candidates import find, never_ran
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.cli.screen import echo, encoding, print_lines, width
from pytest_modelcheck.cli.targets import meant, selection
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.bars import strokes_for
from pytest_modelcheck.reports.formats import target_of, write
from pytest_modelcheck.reports.model import RunInfo
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.surroundings import environment, versions
from pytest_modelcheck.reports.terminal import failure
from pytest_modelcheck.session.remembered import COMPARED, Archive, assembled, compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.cli.workspace import Workspace
    from pytest_modelcheck.records import Verdict
    from pytest_modelcheck.reports.bars import Line
    from pytest_modelcheck.reports.model import CheckReport, RunReport


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line's request.

    Attributes:
        versions: None, one or two of them.
        files: The files to write, ``[FORMAT:]PATH``; the terminal where there is none.
        patterns: The checks that are meant; all without one.
    """

    versions: Sequence[str] = ()
    files: Sequence[str] = ()
    patterns: Sequence[str] = ()


def report(workspace: Workspace, wish: Wish) -> None:
    """Report what is remembered of a version, or of two, without running anything."""
    files = [target_of(text, "--to") for text in wish.files]
    made = _made(workspace, wish)
    for file in files:
        write(made, file, Path.cwd())
        echo(f"report: {file.path}")
    if not files:
        print_lines(_styled(_on_screen(made)))


def page(workspace: Workspace, versions: Sequence[str], patterns: Sequence[str]) -> bytes:
    """The HTML page that compares two versions, or shows one."""
    from pytest_modelcheck.reports.html import to_html

    return to_html(_made(workspace, Wish(versions, patterns=patterns)))


def _made(workspace: Workspace, wish: Wish) -> RunReport:
    models = workspace.models()
    before, wanted = _versions(workspace, wish.versions, models)
    archive = Archive(workspace.store, workspace.candidates)
    selected = selection(wish.patterns)
    checks: list[CheckReport] = []
    without: list[str] = []
    for model, version in wanted:
        found, missing = archive.remembered(model, version, selected)
        if not found and not missing and not wish.patterns:
            raise never_ran(workspace.store, workspace.candidates, model, version)
        checks += found if before is None else _against(workspace, found, before)
        without += missing
    if without:
        listed = "\n  ".join(without)
        echo(f"these were only run to be compared with; run them by themselves:\n  {listed}", err=True)
    if not checks:
        raise UsageError("there is nothing to report. See what was run: modelcheck list")
    run = RunInfo(
        started=min(check.when for check in checks),
        versions=versions(),
        environment=environment(workspace.project.root),
    )
    return assembled(run, checks)


def _versions(
    workspace: Workspace, texts: Sequence[str], models: Sequence[str]
) -> tuple[str | None, list[tuple[str, str]]]:
    """The older version, if there is one, and which version of which models is reported."""
    if not texts:
        return None, [
            (model, workspace.latest_version(model)) for model in models if workspace.was_run(model)
        ]
    known = workspace.known_versions()
    older, newer = meant(texts[0], known), meant(texts[-1], known)
    if len(texts) == 1:
        return None, newer
    compared = [(model, version) for model, version in newer if model in dict(older)]
    if not compared:
        raise VersionError(f"{texts[0]} and {texts[1]} are different models: there is nothing to compare.")
    return older[0][1], compared


def _against(workspace: Workspace, checks: Sequence[CheckReport], before: str) -> Iterator[CheckReport]:
    """The checks that the older version ran, too, compared with it."""
    store, candidates = workspace.store, workspace.candidates
    known = False
    for check in checks:
        verdict = check.verdict
        now = candidates.read(verdict.model, verdict.check, verdict.version or "")
        then = find(store, candidates, verdict.model, verdict.check, before)
        if now is not None and then is not None:
            known = True
            yield compared(check, now, then)
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
    """Return whether two versions are compared, and cases of the check broke or were fixed."""
    comparison = verdict.comparison
    asked = any(finding.limit == COMPARED for finding in verdict.findings)
    return asked and comparison is not None and bool(comparison.regressed or comparison.fixed)


def _styled(lines: Iterator[Line]) -> Iterator[str]:
    for line in lines:
        yield "".join(_coloured(text, style) for text, style in line)


def _coloured(text: str, style: Mapping[str, bool]) -> str:
    front = next((name for name in style if name != "bold" and name.islower()), None)
    behind = next((name.lower() for name in style if name.istitle()), None)
    return click.style(text, fg=front, bg=behind, bold=style.get("bold") or None) if style else text
