"""The end of a run with ``--modelcheck-update``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_modelcheck import __version__
from pytest_modelcheck.baselines.approvals import Signature, approve
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.identity import approved_with, approver, now
from pytest_modelcheck.baselines.store import BaselineStore
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.checks.contradiction import contradiction
from pytest_modelcheck.errors import ModelcheckError, UsageError
from pytest_modelcheck.plugin.settings import settings_of
from pytest_modelcheck.session.places import CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pytest_modelcheck.plugin.settings import Settings
    from pytest_modelcheck.records import Verdict

APPROVALS = pytest.StashKey[list[str]]()
"""Lines about the approved checks and the refused ones."""

_HOW = pytest.StashKey[str]()


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
            "--modelcheck-reason says why --modelcheck-update approves: it goes with that"
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


def approve_seen(
    session: pytest.Session, verdicts: Collection[Verdict], doubtful: frozenset[str] = frozenset()
) -> None:
    """Approve the results of this run. An interrupted run approves nothing; a refusal fails the run.

    Args:
        session: The run.
        verdicts: Its verdicts.
        doubtful: The checks whose tests failed for another reason, which may make their answers wrong.
    """
    config = session.config
    lines = config.stash[APPROVALS] = []
    # After Ctrl-C or an internal error, some checks never ran. Approving the others would split the
    # version.
    if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        lines.append("nothing was approved: the run was cut short")
        return
    settings = settings_of(config)
    complete = not doubtful
    # A test may fail after its check has passed, in a teardown or another assertion: what it checked is in
    # doubt.
    lines += [f"not approved: {check}: its test failed for another reason" for check in sorted(doubtful)]
    for model, version in sorted({(one.model, one.version) for one in verdicts}, key=str):
        ran = frozenset(one.check for one in verdicts if (one.model, one.version) == (model, version))
        found, done = _approve(config, settings, model, version, ran - doubtful)
        lines += found
        complete = complete and done
    if not complete and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _approve(
    config: pytest.Config, settings: Settings, model: str, version: str | None, checks: Collection[str]
) -> tuple[list[str], bool]:
    if version is None:
        return [f"not approved: {model} has no version. Name it: pytest --model-version=VERSION"], False
    places = settings.places
    try:
        report = approve(
            CandidateStore(places.cache / CANDIDATES),
            BaselineStore(places.baselines),
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
    except (ModelcheckError, OSError) as error:
        return [f"not approved: {model} {version}: {error}"], False
    lines = [f"accepted: {one.check}: {line}" for one in report.approved for line in one.accepts]
    lines += [f"not approved: {refusal.check}: {'; '.join(refusal.reasons)}" for refusal in report.refused]
    if report.approved:
        checks_approved = plural(len(report.approved), "check")
        folder = _shown(places.baselines, config.invocation_params.dir)
        lines.append(f"approved: {model} {version}, {checks_approved} in {folder}")
    return lines, not report.refused


def _shown(folder: Path, here: Path) -> str:
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
