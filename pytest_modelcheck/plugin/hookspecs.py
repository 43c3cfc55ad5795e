"""The hooks that others may implement.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_modelcheck.reports.model import RunReport


def pytest_modelcheck_report(report: RunReport, config: pytest.Config) -> None:
    """Take note of what a run with checks came to: log it somewhere, or write it in a form of your own.

    Called once at the end of a run in which at least one check was judged; under pytest-xdist in the
    controller alone.

    Args:
        report: Everything that there is to report.
        config: The configuration of the run.
    """


@pytest.hookspec(firstresult=True)
def pytest_modelcheck_redact(text: str) -> str | None:
    """Take secrets out of a text before it is shown: on the terminal, in reports, in JUnit files.

    Called often, from any thread, and with texts that hide the keys of well-known providers already. The
    first result that is not ``None`` is shown.

    Args:
        text: What is about to be shown: a message, an answer, a line of several.
    """
