"""``modelcheck show``: the approved behaviour of a check, case by case.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines.candidates import find, never_ran
from pytest_modelcheck.canonical import excerpt, whole
from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.cli.screen import indented, print_document, print_lines, width
from pytest_modelcheck.cli.targets import nothing_meant, selection, target
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.reports.steps import steps_of_trial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.cli.workspace import Workspace
    from pytest_modelcheck.records import CaseResult, TrialResult


def show(workspace: Workspace, pattern: str, version: str | None, form: str) -> None:
    """Print what is approved of the checks that are meant, or what a version did in them.

    Raises:
        UsageError: No check is meant.
    """
    found = list(_found(workspace, pattern, version))
    if not found:
        raise _nothing(workspace, pattern, version)
    for baseline in found:
        if form == "json":
            for line in _json_lines(baseline):
                print_document(line)
        else:
            print_lines(_lines(baseline))


def _found(workspace: Workspace, pattern: str, version: str | None) -> Iterator[Baseline]:
    selected = selection([pattern])
    store, candidates = workspace.store, workspace.candidates
    if version is None:
        for _, header in store.entries():
            if selected(header.test) and (approved := store.read(header.model, header.test)) is not None:
                yield approved
        return
    model, version = target(version, workspace.known_versions())
    approved_checks = {header.test for _, header in store.entries(model)}
    ran = {header.test for _, header in candidates.entries(model, version)}
    for check in sorted(filter(selected, approved_checks | ran)):
        if (found := find(store, candidates, model, check, version)) is not None:
            yield found


def _nothing(workspace: Workspace, pattern: str, version: str | None) -> Exception:
    """Why there is nothing to show."""
    if version is None:
        return nothing_meant("approved", [pattern], (header.test for _, header in workspace.store.entries()))
    model, version = target(version, workspace.known_versions())
    ran = [header.test for _, header in workspace.candidates.entries(model, version)]
    ran += [header.test for _, header in workspace.store.history_entries(model, version)]
    if not ran:
        return never_ran(workspace.store, workspace.candidates, model, version)
    return nothing_meant(f"that {model} {version} ran", [pattern], set(ran))


def _lines(baseline: Baseline) -> Iterator[str]:
    header = baseline.header
    yield click.style(excerpt(header.test, 1 << 20), bold=True)
    rate = "" if header.rate is None else f", {percent(header.rate)} pass"
    if header.metric and header.rate is not None:
        rate = f", {header.metric} {header.rate:.3g}"
    yield from indented([f"{header.model} {header.version}, {plural(len(baseline), 'case')}{rate}"])
    fields = {
        "approved": f"{header.approved_at} by {header.approved_by}" if header.approved_at else "",
        "approved with": header.approved_with,
        "reason": header.reason,
        "fingerprint": header.fingerprint or "",
        "ran on": header.environment,
        "forced": "; ".join(header.forced),
    }
    yield from indented(f"{name}: {value}" for name, value in fields.items() if value)
    for case in baseline:
        yield from _case_lines(baseline[case])
    yield ""


def _case_lines(record: CaseResult) -> Iterator[str]:
    name = f"    {record.outcome.value:7} {excerpt(record.id, 30)}  "
    yield name + excerpt(record.about, max(10, width() - len(name)))
    for trial in record.trials:
        if (steps := steps_of_trial(trial, record.digest)) is not None:
            yield from indented([f"{_which(trial)}→", *steps.lines(width() - 12)], 12)
            continue
        yield from indented([f"{_which(trial)}→ {_answer(trial)}"], 12)


def _which(trial: TrialResult) -> str:
    run = f"run {trial.repeat + 1} " if trial.repeat else ""
    return f"{trial.perturbation} {run}" if trial.perturbation is not None else run


def _answer(trial: TrialResult) -> str:
    return "no answer" if trial.answer is None else excerpt(whole(trial.answer).decode(), 200)


def _json_lines(baseline: Baseline) -> Iterator[str]:
    """Return the content of the file: a header, then a case a line."""
    from pytest_modelcheck.baselines import header

    for line in (header.encode(baseline.header), *baseline.rows()):
        yield printable_json(line.decode())
