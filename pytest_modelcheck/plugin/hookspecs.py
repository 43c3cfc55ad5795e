"""The hook that others may implement.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_modelcheck.reports.model import RunReport


def pytest_modelcheck_report(report: RunReport, config: pytest.Config) -> None:
    """Take note of what a run with checks came to: log it somewhere, or write it in a form of your own.

    Called once at the end of a run in which at least one check was judged; under pytest-xdist in the
    controller alone.

    Args:
        report: Everything that there is to report.
        config: The configuration of the run.
    """
