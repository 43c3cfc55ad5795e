"""What a job of GitHub Actions is told: a summary, and annotations at the lines of broken cases.

Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.places import place
from pytest_modelcheck.reports.wording import case_text, regressed_cases

if TYPE_CHECKING:
    from pytest_modelcheck.reports.model import CaseReport, CheckReport, RunReport

MOST: Final = 10
"""GitHub shows ten annotations of a kind for a step, and drops the rest."""

_SUMMARY_BYTES: Final = 900_000


def append_summary(report: RunReport, path: str) -> None:
    """Add the report to the summary of a job (at most 1 MiB is shown of it).

    Args:
        report: The report.
        path: The file that ``GITHUB_STEP_SUMMARY`` names.

    Raises:
        OSError: It cannot be written to.
    """
    text = to_markdown(report).encode()
    if len(text) > _SUMMARY_BYTES:
        text = text[:_SUMMARY_BYTES].decode(errors="ignore").rpartition("\n")[0].encode()
        text += b"\n\nThe rest is left out: this summary is full.\n"
    with Path(path).open("ab") as file:
        file.write(text)


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
        lines.append(f"::error title=modelcheck::{len(found) - len(shown)} more cases broke")
    return lines


def _annotation(check: CheckReport, case: CaseReport, top: str) -> str:
    verdict = check.verdict
    path, line = place(check, case, top)
    version = None if verdict.comparison is None else verdict.comparison.version
    title = f"{excerpt(case.id, 80)} broke in {excerpt(verdict.check.rpartition('::')[2], 80)}"
    message = "\n".join(case_text(case, version))
    return f"::error file={_property(path)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
