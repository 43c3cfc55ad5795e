"""The pytest plugin: its hooks and fixtures. Each hook does nothing unless a test or run uses the plugin.

Every pytest run with this package installed loads this module, so it imports next to nothing.

PYTEST_DONT_REWRITE: where pytest runs a second time in one process, it would warn that it cannot.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelcheck.plugin.fixtures import case, model_version, modelcheck, score
from pytest_modelcheck.plugin.options import MARKERS, add_options
from pytest_modelcheck.plugin.received import (
    CHECKS,
    MISTAKES,
    RECEIVED,
    WORKER_HOME,
    ReceivedReports,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.terminal import TerminalReporter

__all__ = ["case", "model_version", "modelcheck", "score"]

_ACTIVE = pytest.StashKey[bool]()

pytest_addoption = add_options


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that others may implement."""
    from pytest_modelcheck.plugin import interface

    pluginmanager.add_hookspecs(interface)


def pytest_configure(config: pytest.Config) -> None:
    """Register our markers."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    # Register it in every run: the controller of pytest-xdist collects nothing, and learns of checks only
    # from reports.
    style = config.getoption("tbstyle", default="no")
    config.stash[RECEIVED] = received = ReceivedReports(style=style, verbose=config.get_verbosity() > 0)
    config.pluginmanager.register(received, "modelcheck-received")
    for option, name in (("collected", "ListPlugin"), ("mutate", "MutatePlugin"), ("lint", "LintPlugin")):
        path = config.getoption(f"modelcheck_{option}")
        if path is not None:
            from pytest_modelcheck.plugin import commands

            config.pluginmanager.register(getattr(commands, name)(path), f"modelcheck-{name.lower()}")
    if _asks_for_reports(config):
        from pytest_modelcheck.errors import ModelcheckError
        from pytest_modelcheck.plugin.settings import targets_of

        try:
            targets_of(config)
        except ModelcheckError as error:  # refuse an unclear report format before anything runs
            raise pytest.UsageError(str(error)) from None
    if config.getoption("modelcheck_update") or config.getoption("modelcheck_reason"):
        from pytest_modelcheck.plugin.finishing import note_how

        note_how(config)


@pytest.hookimpl(tryfirst=True)  # before -k and -m: a check that they deselect still exists
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Find the tests that are checks, and refuse invalid markers."""
    from pytest_modelcheck.plugin.ours import is_ours

    ours = [item for item in items if is_ours(item)]
    if ours:
        from pytest_modelcheck.plugin.collecting import bind_all

        session.config.stash[_ACTIVE] = True
        bind_all(session, items, ours)
    # Only where a model is defined can a test have forgotten its marker.
    if "pytest_modelcheck.plugin.definitions" in sys.modules:
        from pytest_modelcheck.plugin.collecting import warn_of_ordinary_tests

        warn_of_ordinary_tests(session, items)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Print the tested models and versions, unless pytest runs quietly or without its header."""
    if (
        _ACTIVE not in config.stash
        or config.get_verbosity() < 0
        or config.getoption("no_header", default=False)
    ):
        return []
    from pytest_modelcheck.plugin.reporting import header
    from pytest_modelcheck.plugin.state import REFUSED, STATE

    if STATE not in config.stash or REFUSED in config.stash:
        return []  # pytest is about to print why nothing can run
    return header(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Prepare a check before its fixtures are set up."""
    __tracebackhide__ = True
    if _ACTIVE not in item.config.stash:
        return (yield)
    from pytest_modelcheck.plugin.running import prepared

    with prepared(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Prepare a check before its body runs."""
    if _ACTIVE not in item.config.stash:
        return (yield)
    from pytest_modelcheck.plugin.running import staged

    with staged(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Clean up after a check."""
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
def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> Generator[None, Any, Any]:
    """Show compared trajectories side by side. Hide secrets before pytest cuts long explanations."""
    with ExitStack() as explaining:
        if _ACTIVE in config.stash:
            from pytest_modelcheck.plugin.redaction import cut_later

            explaining.enter_context(cut_later(left, right))
        found = yield
    if "pytest_modelcheck.trajectories.calls" in sys.modules:
        from pytest_modelcheck.plugin.exceptions import explain_trajectories

        verbose = config.get_verbosity(config.VERBOSITY_ASSERTIONS) >= 2
        width = 56 if _ACTIVE in config.stash else 74  # reports of checks indent further than pytest does
        own = explain_trajectories(op, left, right, whole=verbose, width=width)
        found = found if own is None else [own, *found]
    if _ACTIVE in config.stash:
        from pytest_modelcheck.plugin.redaction import without_secrets

        return without_secrets(config, op, left, right, found)
    return found


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_report_to_serializable(config: pytest.Config) -> Generator[None, Any, Any]:
    """Make a report sendable by a worker of pytest-xdist: a lone surrogate in its text would end the run."""
    data = yield
    if data is not None and _ACTIVE in config.stash:
        from pytest_modelcheck.plugin.redaction import sendable

        return sendable(data)
    return data


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach verdicts to the report, which also travels between processes."""
    if call.excinfo is not None and _ACTIVE in item.config.stash:
        from pytest_modelcheck.plugin.exceptions import hide_own_frames

        hide_own_frames(call.excinfo, item.config)
    report = yield
    if _ACTIVE in item.config.stash:
        from pytest_modelcheck.plugin.redaction import redact_report
        from pytest_modelcheck.plugin.reporting import attach, note_trouble
        from pytest_modelcheck.plugin.running import VERDICTS

        if VERDICTS in item.stash:
            redact_report(report)
            attach(item, call, report)
            note_trouble(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Learn from a worker of pytest-xdist where baselines are, and raise the usage errors that it found."""
    output = getattr(node, "workeroutput", {})
    if WORKER_HOME in output:
        from pytest_modelcheck.plugin.settings import HOME

        node.config.stash[HOME] = Path(output[WORKER_HOME])  # the controller collects nothing
        node.config.stash[RECEIVED].know(output.get(CHECKS, ()))
    # A worker cannot end the run itself: an exception there is an internal error of pytest-xdist.
    mistakes = output.get(MISTAKES)
    if mistakes is not None:
        raise pytest.UsageError(mistakes)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Approve and report the results, if requested; workers leave both to the controller."""
    config = session.config
    received = config.stash[RECEIVED]
    if hasattr(config, "workerinput"):
        return
    if received.anything() or _asks_for_reports(config):
        from pytest_modelcheck.plugin.finishing import finish

        finish(session, received)


def _asks_for_reports(config: pytest.Config) -> bool:
    try:
        return bool(config.getoption("modelcheck_report") or config.getini("modelcheck_report"))
    except (TypeError, ValueError, pytest.UsageError):
        return True  # it is not a list, as pytest demands in pytest.toml: settings know what it means


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Print the summary, one line per check."""
    if config.stash[RECEIVED].anything() or _asks_for_reports(config):
        from pytest_modelcheck.plugin.reporting import summary

        summary(terminalreporter, config)
