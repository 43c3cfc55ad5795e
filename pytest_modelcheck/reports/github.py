"""Output for GitHub Actions: a summary, and annotations at the lines of broken cases.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.records import Status
from pytest_modelcheck.reports.markdown import to_markdown
from pytest_modelcheck.reports.surroundings import place
from pytest_modelcheck.reports.wording import case_text, regressed_cases

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Errors for what failed, warnings for what is inconclusive; of more than ten, the last counts the rest.

    An error stands for a case that broke, or for a failed check in which none did; a warning for a check.

    Args:
        report: The report.
        top: The folder of the repository (``GITHUB_WORKSPACE``).
    """
    broken = list(regressed_cases(report.checks))
    explained = {check.verdict.check for check, _ in broken}
    errors = [_annotation(check, case, top) for check, case in broken]
    errors += [
        _of_check(error_command, check, top)
        for check in report.checks
        if check.verdict.failed and check.verdict.check not in explained
    ]
    warnings = [
        _of_check(warning_command, check, top)
        for check in report.checks
        if check.verdict.status is Status.INCONCLUSIVE
    ]
    more = "more cases broke" if len(broken) == len(errors) else "more cases broke or checks failed"
    return [
        *_first(errors, lambda count: error_command(f"{count} {more}", title="modelcheck")),
        *_first(warnings, lambda count: warning_command(f"{count} more checks", title="inconclusive")),
    ]


def _first(lines: list[str], rest: Callable[[int], str]) -> list[str]:
    if len(lines) <= MOST:
        return lines
    return [*lines[: MOST - 1], rest(len(lines) - MOST + 1)]


def _of_check(command: Callable[..., str], check: CheckReport, top: str) -> str:
    verdict = check.verdict
    path, line = place(check, None, top)
    title = f"{excerpt(verdict.check.rpartition('::')[2], 80)} {verdict.status}"
    reveals = "" if verdict.reveals is None else f" ({verdict.reveals})"
    return command(f"{excerpt(verdict.headline, 500)}{reveals}", title=title, file=path, line=line)


def _annotation(check: CheckReport, case: CaseResult, top: str) -> str:
    verdict = check.verdict
    path, line = place(check, case, top)
    version = None if verdict.comparison is None else verdict.comparison.version
    title = f"{excerpt(case.id, 80)} broke in {excerpt(verdict.check.rpartition('::')[2], 80)}"
    message = "\n".join(case_text(case, version))
    return error_command(message, title=title, file=path, line=line)


def error_command(message: str, *, title: str, file: str = "", line: int | None = None) -> str:
    r"""An error, at a line where it has one. Nothing in a text can end the command or begin another.

    >>> error_command("50% broke\nof all", title="a: b", file="x.yaml", line=3)
    '::error file=x.yaml,line=3,title=a%3A b::50%25 broke%0Aof all'
    """
    return _command("error", message, title, file, line)


def warning_command(message: str, *, title: str, file: str = "", line: int | None = None) -> str:
    """A warning, which fails nothing."""
    return _command("warning", message, title, file, line)


def _command(kind: str, message: str, title: str, file: str, line: int | None) -> str:
    places = (("file", file), ("line", "" if line is None else str(line)), ("title", title))
    properties = ",".join(f"{name}={_property(text)}" for name, text in places if text)
    return f"::{kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
