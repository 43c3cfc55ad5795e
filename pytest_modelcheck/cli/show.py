"""``modelcheck show``, ``list`` and ``history``: current and earlier approvals."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.baselines import header as headers
from pytest_modelcheck.baselines import watch
from pytest_modelcheck.baselines.baseline import read_header
from pytest_modelcheck.baselines.candidates import find, natural, never_ran, result_header
from pytest_modelcheck.baselines.moves import uncounted
from pytest_modelcheck.baselines.store import jsonl_files
from pytest_modelcheck.canonical import excerpt, one_line, untagged_json, whole
from pytest_modelcheck.cli.project import with_workspace
from pytest_modelcheck.cli.screen import echo, indented, print_document, print_lines, width
from pytest_modelcheck.cli.targets import CHECKS, meant, nothing_meant, selection
from pytest_modelcheck.display import printable_json
from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.models.definition import SOON, days_left, shutdown_text
from pytest_modelcheck.phrases import odds, plural
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.bars import padded, width_of
from pytest_modelcheck.reports.transcript import steps_of_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.baselines.header import Header, PastApproval
    from pytest_modelcheck.baselines.store import ApprovedVersion
    from pytest_modelcheck.baselines.watch import Night
    from pytest_modelcheck.cli.project import Workspace
    from pytest_modelcheck.records import CaseResult


_FORMAT: Final = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)


@click.command()
@click.argument("check")
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@_FORMAT
@with_workspace
def show(workspace: Workspace, check: str, version: str | None, form: str) -> None:
    """Show the approved results of a check, case by case.

    With a version: the results of that version, from its approval or its last run.
    """
    for baseline in _found(workspace, check, version):
        if form == "json":
            for line in (headers.encode(baseline.header), *baseline.rows()):
                print_document(printable_json(line.decode()))
        else:
            print_lines(_lines(workspace, baseline))


def _found(workspace: Workspace, pattern: str, version: str | None) -> list[Baseline]:
    """The approved results of the checks that match, or those of a version; an error if there are none."""
    selected = selection([pattern])
    store, candidates = workspace.store, workspace.candidates
    if version is None:
        known: list[tuple[Header, str | None]] = [(header, None) for _, header in store.entries()]
        known += [(header, header.version) for _, header in store.beside_entries()]
        wanted = [(header, own) for header, own in known if selected(header.test)]
        results = [store.read(header.model, header.test, own) for header, own in wanted]
        nothing: Exception = nothing_meant("that is approved", [pattern], {one.test for one, _ in known})
    else:
        results, with_results, models = [], set[str](), meant(version, workspace.known_versions())
        for model, own_version in models:
            checks = workspace.checks(model, own_version)
            wanted_checks = sorted(filter(selected, checks))
            results += [find(store, candidates, model, check, own_version) for check in wanted_checks]
            with_results |= checks
        names = " and ".join(f"{model} {own_version}" for model, own_version in models)
        if with_results:
            nothing = nothing_meant(f"that {names} ran", [pattern], with_results)
        else:
            nothing = never_ran(store, candidates, *models[0])
    found = [one for one in results if one is not None]
    if not found:
        raise nothing
    return found


def _lines(workspace: Workspace, baseline: Baseline) -> Iterator[str]:
    header = baseline.header
    yield click.style(one_line(header.test), bold=True)
    rate = ""
    if header.rate is not None and header.kind != "drift":  # which has no pass rate
        text = header.rate_text(header.rate)
        rate = f", {header.measure} {text}" if header.measure else f", {text} pass"
        rate += _correction(header)
    yield from indented([f"{header.model} {header.version}, {plural(len(baseline), 'case')}{rate}"])
    own = workspace.store.beside_path(header.model, header.test, header.version or "")
    beside = header.approved_at and header.version is not None and own.exists()
    fields = {
        "approved": f"{header.approved_at} by {header.approved_by}" if header.approved_at else "",
        "in service": "beside the main version, held to this" if beside else "",
        "approved with": header.approved_with,
        "reason": header.reason,
        "fingerprint": header.fingerprint or "",
        "ran on": header.environment,
        "forced": "; ".join(header.forced),
    }
    yield from indented(f"{name}: {value}" for name, value in fields.items() if value)
    for case in sorted(baseline, key=natural):
        yield from _case_lines(baseline[case])
    yield ""


def _case_lines(record: CaseResult) -> Iterator[str]:
    name = f"    {record.outcome.value:7} {excerpt(record.id, 30)}  "
    yield name + excerpt(record.about, max(10, width() - len(name)))
    varies = len({trial.outcome for trial in record.trials}) > 1
    numbered = varies and any(trial.repeat for trial in record.trials)
    first: dict[tuple[str, int], bytes | None] = {}
    for trial in record.trials:
        which = f"run {trial.repeat + 1} " if trial.repeat or numbered else ""
        if trial.perturbation is not None:
            which = f"{trial.perturbation} {which}"
        if varies:
            which += f"{trial.outcome.value} "
        if (steps := steps_of_trial(trial, record.digest)) is not None:
            yield from indented([f"{which}→", *steps.lines(width() - 12)], 12)
            continue
        answer = "no answer"
        if trial.answer is not None:
            answer = excerpt(untagged_json(json.loads(whole(trial.answer))), 200)
        if first.setdefault(trial.place, trial.answer) == trial.answer and trial.repeat:
            answer = "the same answer"
        yield from indented([f"{which}→ {answer}"], 12, breaks=True)


@click.command("list")
@CHECKS
@with_workspace
def list_(workspace: Workspace, patterns: tuple[str, ...]) -> int:
    """Show approved versions, and runs that can be approved."""
    store, selected = workspace.store, selection(patterns)
    damaged: list[str] = []
    approved, beside = (
        list(_readable(read_header, files, damaged)) for files in (store.files(), store.beside_files())
    )
    runs = list(_readable(result_header, jsonl_files(workspace.candidates.root), damaged))
    nights: list[Night] = []
    try:
        known = watch.read(store.root)
        # Nights under an earlier approval say nothing about this one; `prune` removes them.
        stray = {night.place for night in uncounted(store, known)}
        nights = [night for night in known if night.place not in stray]
    except (BaselineError, OSError) as error:
        damaged += [str(error)] if str(error) not in damaged else []
    if not damaged:
        workspace.models()  # says what to do where there is nothing
    checks = {header.test for header in (*approved, *beside, *runs)}
    if checks and not any(map(selected, checks)):
        raise nothing_meant("approved or run here", patterns, checks)
    for model in sorted({header.model for header in (*approved, *runs)}):
        main = None
        try:
            main = store.approved(model)
        except BaselineError as error:
            damaged.append(str(error))
        own = [
            [header for header in some if header.model == model and selected(header.test)]
            for some in (approved, beside, runs)
        ]
        print_lines(_model_lines(model, main, own, nights))
    for message in damaged:
        echo(f"Error: {message}", err=True)
    return 1 if damaged else 0


def _readable(read: Callable[[Path], Header], files: Iterable[Path], damaged: list[str]) -> Iterator[Header]:
    for path in files:
        try:
            yield read(path)
        except (BaselineError, OSError) as error:
            damaged.append(str(error))


def _model_lines(
    model: str, main: ApprovedVersion | None, headers: Sequence[list[Header]], nights: Sequence[Night]
) -> Iterator[str]:
    """Describe a model: what is approved of it, in service beside that, and run."""
    approved, beside, runs = headers
    held, text = None, "nothing approved"
    if main is not None:
        held, mark = main.version, f" (fingerprint {main.fingerprint})" if main.fingerprint else ""
        text = excerpt(f"approved: {held}{mark}")
    yield click.style(excerpt(model), bold=True) + f"  {text}"
    if main is not None:
        yield from _shutdown_lines(f"approved {main.version}", main.retires)
    signatures = {_signature(header) for header in approved}
    common = next(iter(signatures)) if len(approved) > 1 and len(signatures) == 1 else ""
    if common:  # most approvals are of a whole model, and a line for each check would hide the checks
        yield from indented([f"all {plural(len(approved), 'check')}{common}"])
    last = {(header.test, header.version): header for header in runs}
    for header in approved:
        yield from _check_lines(header, held, nights, signed=not common)
        if (run := last.get((header.test, header.version))) is not None:
            yield from indented(_last_run(header, run), depth=4)
    for version, own in _by_version(beside).items():
        yield from indented([f"in service beside it: {version}, held to its own approval:"])
        yield from (f"  {line}" for line in _shutdown_lines(version, own[0].shutdown))
        for line in (line for header in own for line in _check_lines(header, version, nights)):
            yield f"  {line}"
    done = {(header.test, header.version) for header in (*approved, *beside)}
    fresh = [header for header in runs if (header.test, header.version) not in done]
    for version, own in _by_version(fresh).items():
        yield from indented([f"run with {version}, not approved:"])
        yield from indented((f"{header.test}  {plural(header.cases, 'case')}" for header in own), depth=4)


def _shutdown_lines(name: str, day: date | None) -> Iterator[str]:
    if day is not None:
        yield from indented([shutdown_text(name, day) + ": run another version" * (days_left(day) < SOON)])


def _by_version(headers: Sequence[Header]) -> dict[str, list[Header]]:
    versions = sorted({header.version or "" for header in headers}, key=natural)
    return {one: [header for header in headers if (header.version or "") == one] for one in versions}


def _check_lines(
    header: Header, held: str | None, nights: Sequence[Night], *, signed: bool = True
) -> Iterator[str]:
    yield from indented([header.test])
    left = "" if held in (None, header.version) else f" (the application is held to {held})"
    signature = _signature(header) if signed else ""
    yield from indented([f"{header.version}{left}, {plural(header.cases, 'case')}{signature}"], depth=4)
    if header.kept:
        yield from indented(
            [f"{plural(header.kept, 'case')} as approved before: not accepted in review"], depth=4
        )
    yield from indented((f"forced: {reason}" for reason in header.forced), depth=4)
    key = (header.model, header.test, header.version)
    own = [one for one in nights if (one.model, one.check, one.version) == key]
    for of in sorted({one.of for one in own}):
        # Jobs and retries of the last night know nothing of each other: the strongest counts.
        one = max((one for one in own if one.of == of), key=lambda one: (one.evidence / one.alarm, one.night))
        last = max(each.night for each in own if each.of == of)
        alarms = "; it alarms until somebody approves anew" * (one.evidence >= one.alarm)
        text = f"{of}: night {last}, evidence {odds(one.evidence)} (alarm at {odds(one.alarm)}){alarms}"
        yield from indented([text], depth=4)


def _last_run(header: Header, run: Header) -> Iterator[str]:
    """Describe how a later run of the approved version differs from what is approved, if it does."""
    if run.run.get("when", "") <= header.approved_at:
        return  # it is what was approved, or older
    compared = run.run.get("verdict", {}).get("comparison") or {}
    counts: dict[str, int] = {}
    if compared.get("version") == header.version:
        counts = {"broke": len(compared["regressed"]), "fixed": len(compared["fixed"])}
        counts |= {"changed": len(compared["changed"])}
        counts |= {name: compared[name] for name in ("added", "removed")}
    facts = [f"{count} {name}" for name, count in counts.items() if count]
    see = f" (modelcheck diff {shlex.quote(f'{header.model}={header.version}')})" if facts else ""
    # What a comparison with another version found says nothing about the approved one.
    elsewhere = compared.get("version") not in (None, header.version)
    failed = (finding for finding in run.findings if finding.status is Status.FAILED)
    if not all(elsewhere and finding.against_baseline for finding in failed):
        facts.insert(0, "failed")
    if facts:
        yield f"last run: {', '.join(facts)}{see}"


def _signature(header: Header) -> str:
    day = header.approved_at.partition("T")[0]
    by = f" by {header.approved_by}" if header.approved_by else ""
    reason = f": {header.reason}" if header.reason else ""
    return f", approved {day}{by}{reason}" if day else ""


@click.command()
@click.argument("patterns", nargs=-1, metavar="[CHECK]...")
@_FORMAT
@with_workspace
def history(workspace: Workspace, patterns: tuple[str, ...], form: str) -> None:
    """Show the results of each check, approval by approval.

    Several approvals that are each a little worse add up; this shows the trend.
    """
    selected = selection(patterns)
    store = workspace.store
    beside = [header for _, header in store.beside_entries()]
    known = [*(header for _, header in store.entries()), *beside]
    found = [header for header in known if selected(header.test)]
    if not found:
        raise nothing_meant("that is approved", patterns, (header.test for header in known))
    found.sort(key=lambda header: (header.model, header.test))  # the main approval stays before others
    if form == "json":
        fields = [
            {"check": header.test, "model": header.model, "approvals": list(map(asdict, _approvals(header)))}
            for header in found
        ]
        print_document(printable_json(json.dumps(fields, indent=2, ensure_ascii=False)))
        return
    several = len({header.model for header in found}) > 1
    for header in found:
        print_lines(_history_lines(header, several=several, beside=header in beside))


def _approvals(header: Header) -> tuple[PastApproval, ...]:
    """Every approval of a check, oldest first."""
    return (*header.past, header.as_past())


def sparkline(rates: Sequence[float | None]) -> str:
    """A row of bars whose heights show the rates; a gap for an unknown rate.

    >>> sparkline([0.5, 0.75, None, 1.0]), sparkline([0.9, 0.9])
    ('▁▄ █', '▄▄')
    """
    known = [rate for rate in rates if rate is not None] or [0.0]
    low, span = min(known), max(known) - min(known)
    # Equal rates get bars of middle height: at the bottom they would look like zero.
    heights = [None if rate is None else int((rate - low) / span * 7) if span else 3 for rate in rates]
    return "".join(" " if height is None else "▁▂▃▄▅▆▇█"[height] for height in heights)


def _correction(header: Header) -> str:
    return f", corrected for the errors of {excerpt(header.judge)}" if header.judge else ""


def _history_lines(header: Header, *, several: bool, beside: bool) -> Iterator[str]:
    past = _approvals(header)
    name = f"{header.test} ({header.model})" if several else header.test
    name += f", {header.version} in service beside" if beside else ""
    yield click.style(one_line(name), bold=True)
    rated = header.kind != "drift"  # which has no pass rate
    if rated:
        yield f"  {sparkline([row.rate for row in past])}  {_trend(header, past)}{_correction(header)}"
    width = max(width_of(excerpt(row.version)) for row in past)
    for row in past:
        rate = "?" if row.rate is None else header.rate_text(row.rate) if rated else ""
        over = f"of {plural(row.judged, 'case')}" if row.judged else ""
        yield from indented(
            [f"{padded(excerpt(row.version), width)}  {row.day or '?':10}  {rate:>6}  {over}".rstrip()], 4
        )


def _trend(header: Header, past: Sequence[PastApproval]) -> str:
    """The change from the first approval to the last, as text."""
    known = [row for row in past if row.rate is not None]
    if len(known) < 2:
        return "approved once" if len(past) == 1 else "nothing to compare yet"
    first, last = known[0], known[-1]
    measure = header.measure
    points = (1 if measure else 100) * ((last.rate or 0.0) - (first.rate or 0.0))
    way = f"{header.rate_text(first.rate or 0.0)} → {header.rate_text(last.rate or 0.0)}"
    since = f"since {excerpt(first.version)}"
    if round(points, 3 if measure else 1) == 0:
        return f"as good as {excerpt(first.version)}, {way}"
    change = f"{measure} {points:+.3g}" if measure else f"{points:+.1f}".removesuffix(".0") + " points"
    text = f"{change} {since}, {way}"
    return click.style(text, fg="red") if points < 0 else text
