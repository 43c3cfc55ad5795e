"""Collects the verdicts of a run from test reports: of this process, or from workers of pytest-xdist."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.plugin.terminal import Shown

REPORT: Final = "modelcheck"
"""The attribute of a test report that carries verdicts."""

RESULTS: Final = "modelcheck_results"
"""The attribute that carries the path of each verdict's result file, and whether it is kept."""

TROUBLE: Final = "modelcheck_trouble"
"""The attribute that carries the reason of a failure without a failed verdict."""

ATTEMPT: Final = "modelcheck_attempt"
"""The attribute that counts the set-ups of the test: plugins rerun tests."""

CHECKS: Final = "modelcheck_checks"
"""The key under which a worker sends its controller the tests that are checks."""

MISTAKES: Final = "modelcheck_mistakes"
"""The key under which a worker sends its controller the mistakes that prevent the run."""

WORKER_HOME: Final = "modelcheck_home"
"""The key under which a worker sends its controller the folder of the baselines."""

WHOLE: Final = 20
"""The number of failures that a terminal shows in full: others repeat them, most often."""

_OUTCOMES: Final = ("passed", "failed", "skipped")


@dataclass(slots=True)
class _Attempt:
    """The reports of one test's last attempt."""

    attempt: int = 0
    excused: bool = False
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


class ReceivedReports:
    """The results of each test of ours, however often it was run.

    A failure is *excused* if pytest does not count it: the test is marked ``xfail``, or a plugin gave its
    report another outcome ("rerun", "retried", a quarantine).

    Attributes:
        started: The start of the run.
        passing: The result files to remove after reporting.
        retried: The packed verdicts of all attempts but the last.
    """

    def __init__(self, *, style: str, verbose: bool) -> None:
        self.started = time.time()
        self._only_lines = style == "line"
        self._shortens = style not in ("line", "no") and not verbose
        self._failed = 0
        self.passing: list[Path] = []
        self.retried: list[dict[str, Any]] = []
        self._tests: dict[str, _Attempt] = {}
        self._crashed: dict[str, str] = {}
        self._checks: set[str] = set()

    @property
    def shortened(self) -> int:
        """The number of tests whose failure is shown in short."""
        return max(0, self._failed - WHOLE) if self._shortens else 0

    def verdicts(self) -> list[tuple[dict[str, Any], bool]]:
        """The packed verdicts, each with whether its failure is excused."""
        return [
            (verdict, reports.excused) for reports in self._tests.values() for verdict in reports.verdicts
        ]

    def results(self) -> list[tuple[Path, bool]]:
        """The paths of result files, each with whether its failure is excused."""
        return [(Path(path), reports.excused) for reports in self._tests.values() for path in reports.results]

    def doubtful_checks(self) -> frozenset[str]:
        """The checks with a verdict whose test failed for another reason."""
        tests = [reports for reports in self._tests.values() if reports.troubles]
        return frozenset(str(verdict["check"]) for reports in tests for verdict in reports.verdicts)

    def troubles(self) -> list[tuple[str, str]]:
        """Tests that failed for another reason than a verdict, with that reason."""
        found = [(test, why) for test, reports in self._tests.items() for why in reports.troubles]
        return [*found, *self.lost()]

    def anything(self) -> bool:
        """Return whether there is any verdict, or a check that was lost."""
        return any(reports.verdicts for reports in self._tests.values()) or bool(self.lost())

    def lost(self) -> list[tuple[str, str]]:
        """The checks that were lost with a crashed worker, and pytest-xdist's message."""
        return [(test, why) for test, why in self._crashed.items() if test in self._checks]

    def know(self, tests: Iterable[str]) -> None:
        """Receive from a worker the tests that are checks, including those that never begin."""
        self._checks.update(tests)

    @pytest.hookimpl(tryfirst=True)  # before a terminal shows it
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take our data from a report; it replaces that of an earlier attempt of the test.

        Lets terminals show failures in colour, and those after the first :data:`WHOLE` in short.
        """
        if str(report.when) == "???":  # how pytest-xdist reports the test that a crashed worker was running
            if self._tests.pop(report.nodeid, None) is not None:
                self._checks.add(report.nodeid)  # the report of its setup said so; the worker cannot any more
            self._crashed[report.nodeid] = str(report.longrepr).strip()
            return
        attempt = getattr(report, ATTEMPT, None)
        if attempt is None:
            if report.failed and report.nodeid in self._tests:
                # ddtrace sums up its retries in a report of its own.
                self._tests[report.nodeid].excused = False
            return
        self._crashed.pop(report.nodeid, None)
        reports = self._tests.setdefault(report.nodeid, _Attempt())
        # A rerun (pytest-rerunfailures, flaky): only the last attempt counts, apart from alarms of nights.
        if attempt > reports.attempt:
            self.retried += reports.verdicts
            reports = self._tests[report.nodeid] = _Attempt(attempt)
        # Plugins that rerun tests report an outcome of their own ("rerun") for what does not count.
        reports.excused |= report.outcome not in _OUTCOMES or is_xfailed(report)
        reports.verdicts += getattr(report, REPORT, ())
        for path, stays in getattr(report, RESULTS, ()):
            reports.results.append(path)
            if not stays:
                self.passing.append(Path(path))
        if report.failed and hasattr(report, TROUBLE):
            reports.troubles.append(getattr(report, TROUBLE))
        if report.failed and hasattr(report, REPORT):
            from pytest_modelcheck.plugin.terminal import prepare_failures

            shown: Shown = "short" if self._shortens and self._failed >= WHOLE else "whole"
            self._failed += 1
            prepare_failures(report, getattr(report, REPORT), "line" if self._only_lines else shown)


def is_xfailed(report: pytest.TestReport) -> bool:
    """Return whether a test failed as its mark ``xfail`` expects."""
    return report.skipped and hasattr(report, "wasxfail")


def crash_message(report: pytest.TestReport) -> str:
    """The first line of what a failed report says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = report.longreprtext.splitlines() if crash is None else str(crash.message).splitlines()
    lines = [line[1:] for line in lines if line.startswith("E ")] or lines
    return next((line.strip() for line in lines if line.strip()), f"failed in {report.when}")


RECEIVED = pytest.StashKey[ReceivedReports]()
