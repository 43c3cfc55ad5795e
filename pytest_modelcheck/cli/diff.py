"""``modelcheck diff``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.baselines import diff as compare
from pytest_modelcheck.baselines.baseline import some_results
from pytest_modelcheck.baselines.candidates import find, never_ran
from pytest_modelcheck.cli.report import page
from pytest_modelcheck.cli.screen import print_document, print_lines, width
from pytest_modelcheck.cli.slices import in_slices
from pytest_modelcheck.cli.targets import meant as versions_meant
from pytest_modelcheck.cli.targets import nothing_meant, selection
from pytest_modelcheck.errors import UsageError, VersionError
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.reports.diff import diff_lines
from pytest_modelcheck.reports.diff_json import diff_json
from pytest_modelcheck.reports.diff_markdown import diff_markdown
from pytest_modelcheck.reports.words import bracketed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.diff import CheckDiff, Note
    from pytest_modelcheck.cli.workspace import Workspace
    from pytest_modelcheck.reports.words import Fate, Mark

_COLOURS: Final[dict[Note, str]] = {"regressed": "red", "fixed": "green", "changed": "yellow"}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two versions of a model to compare; no older one means what is approved."""

    model: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Question:
    """The command line's request.

    Attributes:
        versions: None, one or two of them.
        patterns: The checks that are meant; all without one.
        notes: The kinds of change that are meant; all without one.
        slices: Each ``KEY=VALUE`` of the metadata of the cases that are meant; all without one.
        form: ``"text"``, ``"json"``, ``"markdown"`` or ``"html"``.
    """

    versions: Sequence[str]
    patterns: Sequence[str] = ()
    notes: Sequence[Note] = ()
    slices: Sequence[str] = ()
    form: str = "text"


def diff(workspace: Workspace, question: Question) -> bool:
    """Print what changed, and say whether anything did."""
    pairs = _pairs(workspace, question.versions)
    if question.form == "html":
        return _page(workspace, _only(pairs), question)
    selected = selection(question.patterns)
    known = {pair: _checks(workspace, pair) for pair in pairs}
    meant = {pair: [check for check in checks if selected(check)] for pair, checks in known.items()}
    if not any(meant.values()):
        models = " and ".join(pair.model for pair in pairs)
        raise nothing_meant(f"of {models}", question.patterns, chain.from_iterable(known.values()))
    seen: list[bool] = []
    found = chain.from_iterable(
        _compared(workspace, pair, checks, seen, question) for pair, checks in meant.items() if checks
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
    """Print a page, which has filters of its own; that anything differs is not looked for."""
    if question.notes or question.slices:
        raise UsageError("--format html shows every case, and has filters in the page itself")
    approved = workspace.store.approved(pair.model)
    before = pair.before if pair.before is not None or approved is None else approved.version
    versions = [f"{pair.model}={version}" for version in (before, pair.after) if version is not None]
    print_document(page(workspace, versions, question.patterns), nl=False)
    return False


def paint(text: str, note: Note) -> str:
    """Colour a heading by what it speaks of."""
    return click.style(text, fg=_COLOURS.get(note))


def marking() -> Mark:
    """Marks words that differ: in colour on a terminal, else in brackets."""
    return _coloured if sys.stdout.isatty() and "NO_COLOR" not in os.environ else bracketed


def _coloured(text: str, fate: Fate) -> str:
    return text if fate == "same" else click.style(text, fg="red" if fate == "gone" else "green", bold=True)


def _compared(
    workspace: Workspace,
    pair: Pair,
    checks: Sequence[str],
    seen: list[bool],
    question: Question,
) -> Iterator[CheckDiff]:
    """One check after the other, so that a long list needs no more memory than its longest.

    Where only some changes are meant, checks without any are passed over.
    """
    places = {check: _candidates(workspace, pair, check) for check in checks}
    meant = in_slices(question.slices, places) if question.slices else {}
    for check in checks:
        found = compare.diff(
            check, pair.model, _before(workspace, pair, check), _after(workspace, pair, check)
        )
        if question.slices:
            found = _within(found, meant[check])
        if question.notes:
            found = replace(found, cases=tuple(case for case in found.cases if case.note in question.notes))
        seen.append(bool(found.cases))
        if found.cases or not (question.notes or question.slices):
            yield _with_expectations(found, places[check])


def _with_expectations(found: CheckDiff, candidates: Sequence[Path]) -> CheckDiff:
    """The same with what is right, as far as the last run has noted it: baselines hold a digest of that."""
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
    """Return the changes of some cases, and how many of them did not change."""
    same = len(meant.difference(case.id for case in found.cases))
    cases = tuple(case for case in found.cases if case.id in meant)
    return replace(found, cases=cases, same=min(found.same, same))


def _candidates(workspace: Workspace, pair: Pair, check: str) -> list[Path]:
    """Return the folders with facts about a check's cases: the newer candidate's, else the older one's."""
    versions = [version for version in (pair.after, pair.before) if version is not None]
    return [workspace.candidates.path(pair.model, check, version) for version in versions]


def _pairs(workspace: Workspace, texts: Sequence[str]) -> list[Pair]:
    """Return the comparisons: of each model that has the versions named, the same two versions."""
    if not texts:
        models = workspace.models()
        if len(models) > 1:
            raise VersionError(f"which model? There are {', '.join(models)}. Write MODEL=VERSION.")
        return [Pair(models[0], None, workspace.other_version(models[0]))]
    known = workspace.known_versions()
    older, newer = dict(versions_meant(texts[0], known)), dict(versions_meant(texts[-1], known))
    pairs = [
        Pair(model, older[model] if len(texts) > 1 else None, newer[model])
        for model in newer
        if model in older
    ]
    if not pairs:
        raise VersionError(f"{texts[0]} and {texts[1]} are different models: there is nothing to compare.")
    return pairs


def _only(pairs: Sequence[Pair]) -> Pair:
    """The pair, where a page shows but one model."""
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
    """The last run of a version says more of it than what was approved of it once."""
    found = workspace.candidates.read(pair.model, check, pair.after)
    if found is not None:
        return found
    return find(workspace.store, workspace.candidates, pair.model, check, pair.after)
