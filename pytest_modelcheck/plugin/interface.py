"""The hooks that others may implement, and the warnings that they may filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_modelcheck.reports.model import RunReport


class ModelcheckWarning(pytest.PytestWarning):
    """Something about a check that does not make it fail."""


class LintWarning(ModelcheckWarning):
    """A check tests less than it seems to; see ``modelcheck lint``."""


class InconclusiveWarning(ModelcheckWarning):
    """A check missed a limit, but noise could explain the miss."""


def pytest_modelcheck_report(report: RunReport, config: pytest.Config) -> None:
    """Receive the results of a run with checks: log them, or write them in another format.

    Called once at the end of a run in which at least one check was judged; under pytest-xdist in the
    controller alone.

    Args:
        report: All data of the report.
        config: The configuration of the run.
    """


@pytest.hookspec(firstresult=True)
def pytest_modelcheck_redact(text: str) -> str | None:
    """Remove secrets from a text before it is shown: on the terminal, in reports, in JUnit files.

    Called often, from any thread, with texts in which keys of well-known providers are already hidden. The
    first result that is not ``None`` is shown.

    Args:
        text: The text to be shown: a message, an answer, or one of several lines.
    """
