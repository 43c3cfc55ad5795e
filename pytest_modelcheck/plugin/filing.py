"""The report files that were requested, and the outputs for the CI system.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.limits import LIMITS
from pytest_modelcheck.plugin.options import ini, switch
from pytest_modelcheck.plugin.redaction import begin
from pytest_modelcheck.plugin.settings import (
    ACTIONS,
    SUMMARY,
    Settings,
    has_listeners,
    on_github,
    settings_of,
    targets_of,
    wanted,
)
from pytest_modelcheck.plugin.transport import excused
from pytest_modelcheck.reports.model import RunInfo, Trouble
from pytest_modelcheck.reports.outputs import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.plugin.received import Received
    from pytest_modelcheck.reports.model import RunReport

FILED = pytest.StashKey[list[str]]()
"""Lines about reports that were written, and those that could not be."""

COMMANDS = pytest.StashKey[list[str]]()
"""Our own workflow commands, the only printed text that may act as commands."""

_OURS: Final = ("modelcheck_", "model_version")
_INI: Final = (
    "model_version",
    "modelcheck_baseline",
    "modelcheck_cache",
    "modelcheck_suite_false_fail_rate",
)


def file_reports(session: pytest.Session, received: Received) -> None:
    """Make one report of all result files, and pass it to all outputs and hooks."""
    try:
        _file_reports(session, received)
    finally:
        for path in received.passing:
            with suppress(FileNotFoundError):  # somebody else has cleared the temporary folder
                path.unlink()


def _file_reports(session: pytest.Session, received: Received) -> None:
    config = session.config
    lines = config.stash[FILED] = []
    if config.option.collectonly or not wanted(config):
        return
    try:
        begin(config)
        settings = settings_of(config)
    except ModelcheckError:
        return  # why nothing could be run, pytest has said
    report = _report(config, settings, received)
    lacking = sum(1 for _ in received.verdicts()) - sum(1 for _ in received.results())
    if lacking:
        lines.append(f"not in the report: {plural(lacking, 'check')} whose results could not be kept")
        _fail(session)
    for target, base in targets_of(config):
        try:
            write(report, target, base)
        except OSError as error:
            lines.append(f"no report: {target.path}: {error.strerror or error}")
            _fail(session)
        else:
            lines.append(f"report: {target.path}")
    if report.checks and has_listeners(config):
        config.hook.pytest_modelcheck_report(report=report, config=config)
    if report.checks and on_github(config):
        from pytest_modelcheck.reports.outputs import workflow_commands

        lines += _summarise(report)
        if os.environ.get(ACTIONS) == "true":
            config.stash[COMMANDS] = workflow_commands(report, os.environ.get("GITHUB_WORKSPACE", ""))


def _summarise(report: RunReport) -> list[str]:
    from pytest_modelcheck.reports.outputs import append_summary

    summary = os.environ.get(SUMMARY)
    if summary:
        try:
            append_summary(report, summary)
        except OSError as error:
            return [f"no summary of the job: {summary}: {error.strerror or error}"]
    return []


def _report(config: pytest.Config, settings: Settings, received: Received) -> RunReport:
    from pytest_modelcheck.baselines.candidates import CandidateStore
    from pytest_modelcheck.baselines.store import BaselineStore
    from pytest_modelcheck.reports.outputs import environment, versions
    from pytest_modelcheck.session.archive import Archive, assembled, report_of
    from pytest_modelcheck.session.places import CANDIDATES

    places = settings.places
    archive = Archive(BaselineStore(places.baselines), CandidateStore(places.cache / CANDIDATES))
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
            config.stash[FILED].append(f"no history of {check.verdict.check} in the report: {error}")
    return assembled(run, checks, [Trouble(*each) for each in received.troubles()])


def _options(config: pytest.Config) -> Mapping[str, str]:
    """The plugin's options and ini values that were set. Others are left out: they may be secrets."""
    given = {name: ini(config, name) for name in (*_INI, *(f"modelcheck_{name}" for name in LIMITS))}
    given |= {name: value for name, value in vars(config.option).items() if name.startswith(_OURS) and value}
    given["modelcheck_offline"] = switch(config, "offline")
    given = {name: value for name, value in given.items() if value}
    return {name: _shown(value) for name, value in given.items()}


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fail(session: pytest.Session) -> None:
    """Fail the run because a requested report could not be written."""
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
