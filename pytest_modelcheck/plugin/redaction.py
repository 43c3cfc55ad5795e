"""Hides secrets in the output of a run: by ini options and the hook, also in pytest's own reports.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.plugin.assertions import hidden_before_cuts
from pytest_modelcheck.plugin.options import ini

if TYPE_CHECKING:
    import warnings

_PARTS: Final = "_pytest._code.code"
"""The pytest module of the objects that represent a failure as lines of text."""


def begin(config: pytest.Config) -> None:
    """Start hiding secrets in this process, until pytest is unconfigured.

    Raises:
        UsageError: A pattern is invalid.
    """
    hook = config.hook.pytest_modelcheck_redact
    function = (lambda text: hook(text=text)) if hook.get_hookimpls() else None
    try:
        redacted.begin(
            ini(config, "modelcheck_redact"), function, stored=ini(config, "modelcheck_redact_stored")
        )
    except ValueError as error:
        raise UsageError(f"ini option modelcheck_redact: {error}") from error
    # The setting belongs to the process, and pytest may run inside pytest.
    config.add_cleanup(redacted.begin)
    within = ExitStack()
    config.add_cleanup(within.close)
    within.enter_context(hidden_before_cuts())
    config.pluginmanager.register(_Warnings())
    logs = config.pluginmanager.getplugin("logging-plugin")
    for name in ("log_cli_handler", "log_file_handler"):
        handler = getattr(logs, name, None)
        if isinstance(handler, logging.Handler) and handler.formatter is not None:
            handler.setFormatter(_Hiding(handler.formatter))


class _Hiding(logging.Formatter):
    """Hides secrets in live logs and log files."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redacted(self._inner.format(record))


class _Warnings:
    """Hides secrets in warnings before pytest or a worker of pytest-xdist stores them for the summary."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        text = str(warning_message.message)
        if (shown := redacted(text)) != text:
            # Not of its own class, whose constructor may want anything; the category stays what it was.
            warning_message.message = UserWarning(shown)


def without_secrets(
    config: pytest.Config, op: str, left: object, right: object, found: list[list[str] | None]
) -> list[list[str] | None]:
    """Hide secrets in explanations of a failed comparison.

    The explanation of two texts omits their common part, and so may show the rest of a key: then the texts
    are compared with secrets hidden.
    """
    if isinstance(left, str) and isinstance(right, str):
        shown = redacted(left), redacted(right)
        # The second condition ends the recursion: a pattern may match its own replacement.
        if shown != (left, right) and shown == (redacted(shown[0]), redacted(shown[1])):
            if shown[0] == shown[1]:
                return [[f"{shown[0]!r} {op} {shown[1]!r}", "They differ in what is redacted."]]
            again: list[list[str] | None] = config.hook.pytest_assertrepr_compare(
                config=config, op=op, left=shown[0], right=shown[1]
            )
            return again
    return [lines and list(map(redacted, lines)) for lines in found]


def redact_report(report: pytest.TestReport) -> None:
    """Hide secrets in pytest's own report of a test: its failure and its captured output."""
    report.sections = _hidden(report.sections)
    if report.longrepr is not None and redacted.finds(report.longreprtext):
        report.longrepr = _hidden(report.longrepr)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return redacted("\n".join(value)).split("\n")  # a key may have several lines
    if isinstance(value, (list, tuple)):
        return type(value)(map(_hidden, value))
    if type(value).__module__ == _PARTS:
        for name, one in vars(value).items():
            setattr(value, name, _hidden(one))
    return value
