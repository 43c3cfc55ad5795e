"""The end of a run: its results are approved, its night is kept, its reports are written.

Approvals belong to ``--modelcheck-update``, nights to ``--modelcheck-watch``.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines import watch
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.identity import approved_with, approver, now
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.checks.observed import contradiction
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import BaselineError, ModelcheckError, UsageError
from pytest_modelcheck.limits import LIMITS
from pytest_modelcheck.phrases import listed, odds, plural
from pytest_modelcheck.plugin.received import RECEIVED
from pytest_modelcheck.plugin.redaction import begin
from pytest_modelcheck.plugin.settings import (
    ACTIONS,
    SUMMARY,
    Settings,
    has_listeners,
    ini,
    on_github,
    settings_of,
    switch,
    targets_of,
    wanted,
)
from pytest_modelcheck.records import Status, Verdict
from pytest_modelcheck.records.packing import unpack
from pytest_modelcheck.reports.model import RunInfo, Trouble
from pytest_modelcheck.reports.outputs import (
    append_summary,
    environment,
    versions,
    workflow_commands,
    write,
)
from pytest_modelcheck.session.check import CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pytest_modelcheck.plugin.received import ReceivedReports
    from pytest_modelcheck.reports.model import RunReport


NOTES = pytest.StashKey[list[str]]()
"""Lines about what was approved, kept and written at the end, or could not be."""

COMMANDS = pytest.StashKey[list[str]]()
"""Our own workflow commands, the only printed text that may act as commands."""

_HOW = pytest.StashKey[str]()

_VERDICTS = pytest.StashKey[list[Verdict]]()


def note_how(config: pytest.Config) -> None:
    """Record how this run approves, before it calls any model.

    Raises:
        UsageError: It needs a reason and has none, or has a reason and approves nothing.
    """
    if hasattr(config, "workerinput"):
        return  # the controller approves
    reason = config.getoption("modelcheck_reason")
    if not config.getoption("modelcheck_update"):
        raise pytest.UsageError(
            "--modelcheck-reason is the reason for --modelcheck-update: use both together"
        )
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        # Pytest has replaced standard input, and will do so again before it collects tests.
        capture.suspend_global_capture(in_=True)
    try:
        option = "--modelcheck-reason=TEXT"
        config.stash[_HOW] = approved_with("pytest --modelcheck-update", reason, sys.stdin, option)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def excused(verdict: Verdict) -> Verdict:
    """The same verdict, with a failure that pytest does not count."""
    return replace(verdict, status=Status.XFAILED) if verdict.failed else verdict


def verdicts_of(config: pytest.Config) -> list[Verdict]:
    """All verdicts of the run, from all processes, once it has ended."""
    if _VERDICTS not in config.stash:
        received = config.stash[RECEIVED].verdicts()
        found = [(unpack(packed, Verdict), is_excused) for packed, is_excused in received]
        config.stash[_VERDICTS] = [excused(one) if is_excused else one for one, is_excused in found]
    return config.stash[_VERDICTS]


def finish(session: pytest.Session, received: ReceivedReports) -> None:
    """Approve the results and add the night, if requested; write the reports; set the exit status."""
    config = session.config
    config.stash[NOTES] = []
    verdicts = verdicts_of(config)
    if received.anything() and config.getoption("modelcheck_update"):
        _approve_seen(session, verdicts, received)
    if received.anything() and switch(config, "watch"):
        # A retry does not take back what an attempt found: forgotten alarms would make alarms rarer.
        _add_night(session, [*(unpack(each, Verdict) for each in received.retried), *verdicts])
    try:
        _file_reports(session, received)
    finally:
        for path in received.passing:
            with suppress(FileNotFoundError):  # somebody else has cleared the temporary folder
                path.unlink()
    code = config.getoption("modelcheck_exit_inconclusive")
    # Only in place of success: a failure stays a failure, for `git bisect run` as well.
    succeeded = session.exitstatus == pytest.ExitCode.OK
    if code is not None and succeeded and any(verdict.inconclusive for verdict in verdicts):
        session.exitstatus = code


def _fail(session: pytest.Session, note: str) -> None:
    """Fail the run, unless it has failed already: something that was asked of it could not be done."""
    session.config.stash[NOTES].append(note)
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _approve_seen(session: pytest.Session, verdicts: Collection[Verdict], received: ReceivedReports) -> None:
    """Approve the results of this run. An interrupted run approves nothing; a refusal fails the run."""
    # After Ctrl-C or an internal error, some checks never ran. Approving the others would split the
    # version.
    if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.config.stash[NOTES].append("nothing was approved: the run was cut short")
        return
    settings, doubtful = settings_of(session.config), received.doubtful_checks()
    candidates = CandidateStore(settings.options.cache / CANDIDATES)
    saved = {path for path, _ in received.results()}
    # A test may fail after its check has passed, in a teardown or another assertion: what it checked is in
    # doubt.
    for check in sorted(doubtful):
        _fail(session, f"not approved: {check}: its test failed for another reason")
    for model, version in sorted({(one.model, one.version) for one in verdicts}, key=str):
        if version is None:
            _fail(session, f"not approved: {model} has no version. Name it: pytest --model-version=VERSION")
            continue
        checks = frozenset(one.check for one in verdicts if (one.model, one.version) == (model, version))
        # An earlier run may have left results, which are not those of this run.
        if lost := [check for check in checks if candidates.path(model, check, version) not in saved]:
            text = f"the results of {plural(len(lost), 'check')} could not be saved in {candidates.root}"
            text += ". Make it writable, or name another (modelcheck_cache_dir)"
            _fail(session, f"not approved: {model} {version}: {text}")
        else:
            _approve(session, settings, candidates, model, version, checks - doubtful)


def _approve(
    session: pytest.Session,
    settings: Settings,
    candidates: CandidateStore,
    model: str,
    version: str,
    checks: Collection[str],
) -> None:
    config, options = session.config, settings.options
    try:
        report = approve(
            candidates,
            BaselineStore(options.baselines),
            settings.root,
            model=model,
            version=version,
            signature=Signature(
                approver(settings.root),
                now(),
                config.getoption("modelcheck_reason").strip(),
                __version__,
                config.stash[_HOW],
            ),
            select=checks.__contains__,
            doubts=contradiction,
        )
    except ModelcheckError as error:
        _fail(session, f"not approved: {model} {version}: {error}")
        return
    except OSError as error:
        text = f"{options.baselines} could not be written: {error.strerror or error}. Make it writable"
        _fail(session, f"not approved: {model} {version}: {text}")
        return
    notes = config.stash[NOTES]
    notes += [f"accepted: {one.check}: {line}" for one in report.approved for line in one.accepts]
    for check, reasons in report.refused.items():
        _fail(session, f"not approved: {check}: {'; '.join(reasons)}")
    if report.approved:
        checks_approved = plural(len(report.approved), "check")
        folder = shown_path(options.baselines, config.invocation_params.dir)
        notes.append(f"approved: {model} {version}, {checks_approved} in {folder}")
        if left := [f"{check} ({older})" for check, older in report.left]:
            run_them = f"run them with {version} and approve them, or leave them"
            notes.append(f"still approved with another version: {listed(left, _LEFT)}; {run_them}")


def _add_night(session: pytest.Session, verdicts: Collection[Verdict]) -> None:
    """Add the evidence of each check. If a night cannot be stored, the run fails: it would not count."""
    notes = session.config.stash[NOTES]
    found = [
        (verdict, finding.nights)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.nights is not None
    ]
    if not found:
        notes.append("watch: no check of this run could be watched over nights (-v says why)")
        return
    root = settings_of(session.config).options.baselines
    # A check that was run several times (--dist=each, pytest-repeat, a retry) leaves as many nights.
    # Their names keep the order of the attempts, in which their evidence is added up.
    runs: list[str] = []
    times: Counter[tuple[str, ...]] = Counter()
    nights = []
    for verdict, tonight in found:
        place = verdict.model, verdict.version or "", verdict.check, tonight.of
        if times[place] == len(runs):
            runs.append(f"{runs[0]}-{len(runs) + 1:02}" if runs else watch.name_of_run())
        night = watch.Night(
            *place,
            approval=tonight.approval,
            night=tonight.night,
            run=runs[times[place]],
            evidence=tonight.highest,
            alarm=tonight.alarm,
            calls=tonight.calls,
            distance=tonight.distance,
            p_value=tonight.p_value,
        )
        times[place] += 1
        nights.append(night)
    verdict, most = max(found, key=lambda each: each[1].highest / each[1].alarm)
    strongest = f"evidence {odds(most.highest)} (alarm at {odds(most.alarm)}): {verdict.check}"
    try:
        watch.unite(root, nights)
    except (BaselineError, OSError) as error:
        _fail(
            session,
            f"watch: this night is lost: {error}"
            if isinstance(error, BaselineError)
            else f"watch: this night is lost, since {watch.path_of(root)} could not be written: "
            f"{error.strerror or error}. Make it writable, or leave out --modelcheck-watch",
        )
        return
    checks = plural(len({verdict.check for verdict, _ in found}), "check")
    notes.append(f"watch: night {most.night}, {checks} of it kept; strongest {strongest}")


_LEFT: Final = 5
"""The number of checks that are named, of those that an approval leaves with another version."""

_OURS: Final = ("modelcheck_", "model_version")
_INI: Final = (
    "model_version",
    "modelcheck_baseline",
    "modelcheck_cache",
    "modelcheck_suite_false_fail_rate",
)


def _file_reports(session: pytest.Session, received: ReceivedReports) -> None:
    """Make one report of all result files, and pass it to all outputs and hooks."""
    config = session.config
    notes = config.stash[NOTES]
    if config.option.collectonly or not wanted(config):
        return
    try:
        begin(config)
        settings = settings_of(config)
    except ModelcheckError:
        return  # why nothing could be run, pytest has said
    report = _report(config, settings, received)
    lacking = len(received.verdicts()) - len(received.results())
    # Workers keep no results for a listener that only the controller has.
    if lacking and (targets_of(config) or on_github(config)):
        _fail(session, f"not in the report: {plural(lacking, 'check')} whose results could not be kept")
    for target, base in targets_of(config):
        try:
            write(report, target, base)
        except OSError as error:
            # A missing report must not pass unnoticed in CI, but it must not hide the results either.
            _fail(session, f"no report: {target.path}: {error.strerror or error}")
        else:
            notes.append(f"report: {target.path}{'' if report.checks else ' (no checks ran)'}")
    if report.checks and has_listeners(config):
        config.hook.pytest_modelcheck_report(report=report, config=config)
    if report.checks and on_github(config):
        summary = os.environ.get(SUMMARY)
        try:
            if summary:
                append_summary(report, summary)
        except OSError as error:
            notes.append(f"no summary of the job: {summary}: {error.strerror or error}")
        if os.environ.get(ACTIONS) == "true":
            config.stash[COMMANDS] = workflow_commands(report, os.environ.get("GITHUB_WORKSPACE", ""))


def _report(config: pytest.Config, settings: Settings, received: ReceivedReports) -> RunReport:
    from pytest_modelcheck.session.archive import Archive, assembled, report_of

    options = settings.options
    archive = Archive(BaselineStore(options.baselines), CandidateStore(options.cache / CANDIDATES))
    run = RunInfo(
        started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(received.started)),
        seconds=round(time.time() - received.started, 3),
        versions=versions(pytest=pytest.__version__),
        environment=environment(settings.root),
        options=_options(config),
    )
    checks = []
    for path, is_excused in received.results():
        check = report_of(path)
        if is_excused:
            check = replace(check, verdict=excused(check.verdict))
        try:
            checks.append(archive.with_history(check))
        except ModelcheckError as error:  # of another version, which is not the business of this run
            checks.append(check)
            config.stash[NOTES].append(f"no history of {check.verdict.check} in the report: {error}")
    return assembled(run, checks, [Trouble(*each) for each in received.troubles()])


def _options(config: pytest.Config) -> Mapping[str, str]:
    """The plugin's options and ini values that were set. Others are left out: they may be secrets."""
    given = {name: ini(config, name) for name in (*_INI, *(f"modelcheck_{name}" for name in LIMITS))}
    given |= {name: value for name, value in vars(config.option).items() if name.startswith(_OURS) and value}
    given["modelcheck_offline"] = switch(config, "offline")
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in given.items()
        if value
    }
