"""Redaction of what a run shows: ini options, the hook, and pytest's own reports.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.plugin.options import ini

if TYPE_CHECKING:
    import pytest

_PARTS: Final = "_pytest._code.code"
"""Where pytest defines what a failure is shown as: objects that hold lines of text."""


def begin(config: pytest.Config) -> None:
    """Hide in this process what the run wants to be hidden, until pytest is unconfigured.

    Raises:
        UsageError: A pattern cannot be meant.
    """
    hook = config.hook.pytest_modelcheck_redact
    function = (lambda text: hook(text=text)) if hook.get_hookimpls() else None
    try:
        redacted.begin(
            ini(config, "modelcheck_redact"), function, stored=ini(config, "modelcheck_redact_stored")
        )
    except ValueError as error:
        raise UsageError(f"ini option modelcheck_redact: {error}") from error
    config.add_cleanup(redacted.begin)


def redact_report(report: pytest.TestReport) -> None:
    """Hide secrets in what pytest itself shows of a test: its failure, and what it printed and logged."""
    report.sections = _hidden(report.sections)
    if report.longrepr is not None and redacted.finds(report.longreprtext):
        report.longrepr = _hidden(report.longrepr)


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_hidden, value))
    if type(value).__module__ == _PARTS:
        for name, one in vars(value).items():
            setattr(value, name, _hidden(one))
    return value
