"""The hooks: each finds out whether it is concerned, and hands over where it is.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.terminal import TerminalReporter

REPORT = "modelcheck"
"""The attribute of a test report that carries verdicts, also from a worker of pytest-xdist."""

RESULTS = "modelcheck_results"
"""The attribute that carries where the result file of each of them lies, and whether it stays there."""

TROUBLE = "modelcheck_trouble"
"""The attribute that carries why a test of ours failed, where no verdict says so."""

MISTAKES = "modelcheck_mistakes"
"""The name under which a worker of pytest-xdist tells its controller why nothing can be run."""

WORKER_HOME = "modelcheck_home"
"""The name under which a worker tells its controller which folder holds the baselines."""

_ACTIVE = pytest.StashKey[bool]()


class Received:
    """The verdicts of a run, as they arrive on the reports: in this process, or from workers."""

    def __init__(self) -> None:
        self.started = time.time()
        self._verdicts: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._results: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
        self._troubles: defaultdict[str, list[str]] = defaultdict(list)

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """The verdicts, as they were packed."""
        return [verdict for each in self._verdicts.values() for verdict in each]

    @property
    def results(self) -> list[tuple[str, bool]]:
        """Where result files lie, and whether they stay there."""
        return [(path, stays) for each in self._results.values() for path, stays in each]

    @property
    def troubles(self) -> list[tuple[str, str]]:
        """Tests that failed for another reason than a verdict, and why."""
        return [(test, why) for test, each in self._troubles.items() for why in each]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the verdicts off a report; those of a test that is run again are replaced."""
        test, outcome = report.nodeid, str(report.outcome)
        if outcome == "rerun":  # as pytest-rerunfailures calls a failure that does not count
            for kept in (self._verdicts, self._results, self._troubles):
                kept.pop(test, None)
            return
        if found := getattr(report, REPORT, ()):
            self._verdicts[test] += found
        if report.failed and hasattr(report, REPORT):
            from pytest_modelcheck.plugin.colour import colour_changes

            colour_changes(report)
        if found := getattr(report, RESULTS, ()):
            self._results[test] += found
        if hasattr(report, TROUBLE):
            self._troubles[test].append(getattr(report, TROUBLE))


RECEIVED = pytest.StashKey[Received]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest about our options."""
    from pytest_modelcheck.plugin.options import add_options

    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Tell pytest about the hook that others may implement."""
    from pytest_modelcheck.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest about our markers."""
    from pytest_modelcheck.plugin.options import MARKERS

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[RECEIVED] = received = Received()
    config.pluginmanager.register(received, "modelcheck-received")
    listing = config.getoption("modelcheck_collected")
    if listing is not None:
        from pytest_modelcheck.plugin.listing import Listing

        config.pluginmanager.register(Listing(listing), "modelcheck-listing")
    if _asks_for_reports(config):
        from pytest_modelcheck.plugin.filing import check_targets

        check_targets(config)
    linted = config.getoption("modelcheck_lint")
    if linted is not None:
        from pytest_modelcheck.plugin.linting import Linting

        config.pluginmanager.register(Linting(linted), "modelcheck-linting")


@pytest.hookimpl(tryfirst=True)  # before -k and its like: what they deselect still exists
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Find the tests that are ours, and refuse markers that cannot be meant."""
    from pytest_modelcheck.plugin.ours import is_ours

    ours = [item for item in items if is_ours(item)]
    if ours:
        from pytest_modelcheck.plugin.collecting import bind_all

        session.config.stash[_ACTIVE] = True
        bind_all(session, items, ours)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say which models are tested, in which version, unless little is asked for."""
    if _ACTIVE not in config.stash or config.get_verbosity() < 0:
        return []
    from pytest_modelcheck.plugin.reporting import header
    from pytest_modelcheck.plugin.state import STATE

    if STATE not in config.stash:
        return []  # why it could not be made, pytest is about to say
    return header(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Remember which test comes next."""
    if _ACTIVE in item.config.stash:
        from pytest_modelcheck.plugin.upcoming import NEXT

        item.config.stash[NEXT] = nextitem


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Begin a test that is ours."""
    __tracebackhide__ = True
    if _ACTIVE not in item.config.stash:
        return (yield)
    from pytest_modelcheck.plugin.running import prepared

    with prepared(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Set the stage for a test that is ours."""
    if _ACTIVE not in item.config.stash:
        return (yield)
    from pytest_modelcheck.plugin.running import staged

    with staged(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Clear the stage after a test that is ours."""
    __tracebackhide__ = True
    if _ACTIVE not in item.config.stash:
        return (yield)
    from pytest_modelcheck.plugin.running import cleared

    with cleared(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a check in place of its test's body."""
    if _ACTIVE not in pyfuncitem.config.stash:
        return None
    from pytest_modelcheck.plugin.running import run_check

    return run_check(pyfuncitem)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put verdicts on the report, so that they travel with it."""
    report = yield
    if _ACTIVE in item.config.stash:
        from pytest_modelcheck.plugin.reporting import attach, note_trouble

        attach(item, call, report)
        note_trouble(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take from a worker of pytest-xdist where baselines lie, and refuse what it found to be used wrongly."""
    output = getattr(node, "workeroutput", {})
    if WORKER_HOME in output:
        from pytest_modelcheck.plugin.identity import remember_home

        remember_home(node.config, output[WORKER_HOME])
    mistakes = output.get(MISTAKES)
    if mistakes is not None:
        raise pytest.UsageError(mistakes)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Approve what was seen and report it, where that was asked for; a worker leaves it to its controller."""
    config = session.config
    received = config.stash[RECEIVED]
    if hasattr(config, "workerinput"):
        return
    if received.verdicts and config.getoption("modelcheck_update"):
        from pytest_modelcheck.plugin.approving import approve_seen
        from pytest_modelcheck.plugin.reporting import verdicts_of

        approve_seen(session, verdicts_of(config))
    if received.verdicts or _asks_for_reports(config):
        from pytest_modelcheck.plugin.filing import file_reports

        file_reports(session, received)


def _asks_for_reports(config: pytest.Config) -> bool:
    return bool(config.getoption("modelcheck_report") or config.getini("modelcheck_report"))


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Show every check in one line."""
    if config.stash[RECEIVED].verdicts:
        from pytest_modelcheck.plugin.reporting import summary

        summary(terminalreporter, config)
