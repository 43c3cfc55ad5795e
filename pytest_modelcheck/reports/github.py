"""What a job of GitHub Actions is told: a summary, and annotations at the lines of broken cases.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.places import place
from pytest_modelcheck.reports.wording import case_text, regressed_cases
from pytest_modelcheck.reports.workflow import error_command

if TYPE_CHECKING:
    from pytest_modelcheck.records import CaseResult
    from pytest_modelcheck.reports.model import CheckReport, RunReport

MOST: Final = 10
"""GitHub shows ten annotations of a kind for a step, and drops the rest."""

SUMMARY_BYTES: Final = 1 << 20
"""What the summary of a step may hold; of one that is larger, GitHub shows nothing at all."""


def append_summary(report: RunReport, path: str) -> None:
    """Add the report to the summary of a step, as much of it as there is room for.

    Args:
        report: The report.
        path: The file that ``GITHUB_STEP_SUMMARY`` names. What the step has said before stays.

    Raises:
        OSError: It cannot be written to.
    """
    with Path(path).open("ab") as file:
        file.write(to_markdown(report, SUMMARY_BYTES - file.tell()).encode())


def workflow_commands(report: RunReport, top: str) -> list[str]:
    """A workflow command for each of the first ten cases that broke; the last of ten counts the others.

    Args:
        report: The report.
        top: The folder of the repository (``GITHUB_WORKSPACE``).
    """
    found = list(regressed_cases(report.checks))
    shown = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_annotation(check, case, top) for check, case in shown]
    if len(found) > len(shown):
        lines.append(error_command(f"{len(found) - len(shown)} more cases broke", title="modelcheck"))
    return lines


def _annotation(check: CheckReport, case: CaseResult, top: str) -> str:
    verdict = check.verdict
    path, line = place(check, case, top)
    version = None if verdict.comparison is None else verdict.comparison.version
    title = f"{excerpt(case.id, 80)} broke in {excerpt(verdict.check.rpartition('::')[2], 80)}"
    message = "\n".join(case_text(case, version))
    return error_command(message, title=title, file=path, line=line)
