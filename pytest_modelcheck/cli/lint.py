"""``modelcheck lint``: what is wrong with a suite, without asking any model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.cases import load
from pytest_modelcheck.cases.files import FORMATS, SUFFIXES
from pytest_modelcheck.cli.collected import told_by_pytest
from pytest_modelcheck.cli.screen import echo, print_document
from pytest_modelcheck.display import harmless, printable_json
from pytest_modelcheck.lint import RULES, Finding, Target, chosen, lint
from pytest_modelcheck.reports.github import error_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.cli.project import Project


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of lint.

    Attributes:
        findings: The problems.
        what: What was looked at, in words.
        unread: Tests whose cases are only known when they run.
    """

    findings: Sequence[Finding]
    what: str
    unread: Sequence[str] = ()


def look(
    project: Project,
    paths: Sequence[str],
    columns: tuple[str | None, str | None],
    select: Sequence[str],
    ignore: Sequence[str],
) -> Found:
    """Look at the checks that pytest finds, or at case files alone where such are named.

    Args:
        project: The project.
        paths: Case files, or what pytest is to collect; nothing for the whole project.
        columns: Which columns of case files are the input and the expectation, where they have other names.
        select: Rules, by their codes or how these begin; nothing for all. A comma is between two.
        ignore: Rules that are not wanted, the same way.

    Raises:
        UsageError: There are no such rules, or pytest cannot collect the tests.
    """
    rules = chosen(_separated(select), _separated(ignore))
    codes = {rule.code for rule in rules}
    files = [path for path in paths if _holds_cases(path)]
    tests = [path for path in paths if path not in files]
    found: list[Finding] = []
    looked: list[str] = []
    unread: Sequence[str] = ()
    if files:
        given, expected = columns
        loaded = [load(Path(path).absolute(), input=given, expected=expected) for path in files]
        found += lint([Target(one) for one in loaded], rules)
        looked.append(plural(len(files), "file"))
    if tests or not files:
        findings = _of_tests(project, tests)
        found += findings["findings"]
        looked.append(plural(findings["checks"], "check"))
        unread = findings["unread"]
    return Found([one for one in found if one.code in codes], " and ".join(looked), unread)


def show(found: Found, form: str) -> None:
    """Print what was found, in one of :data:`FORMS`."""
    for line in FORMS[form](found):
        (echo if form == "text" else print_document)(line)


def _separated(codes: Sequence[str]) -> list[str]:
    return [code.strip() for several in codes for code in several.split(",")]


def _holds_cases(path: str) -> bool:
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    while suffixes and suffixes[-1] in SUFFIXES:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in FORMATS


def _of_tests(project: Project, tests: Sequence[str]) -> dict[str, Any]:
    folder = Path.cwd() if tests else project.root
    reported: dict[str, Any] = told_by_pytest(
        "--modelcheck-lint", tests, folder, "so that there is nothing to look at"
    )
    found = [Finding(**finding) for finding in reported["findings"]]
    reported["findings"] = [replace(one, path=_from_here(folder, one.path)) for one in found]
    return reported


def _from_here(folder: Path, path: str) -> str:
    if not path:
        return path
    there, here = folder / path, Path.cwd()
    return os.fspath(there.relative_to(here) if there.is_relative_to(here) else there)


def _text(found: Found) -> Iterator[str]:
    for one in found.findings:
        yield f"{_place(one)}: {one.code} {_one_line(one.message)}"
    for test in found.unread:
        yield f"{test} takes its cases from a fixture, which only a run asks for: not looked at."
    if found.findings:
        yield f"Found {plural(len(found.findings), 'problem')} in {found.what}."
    else:
        yield f"No problem in {found.what}."


def _json(found: Found) -> Iterator[str]:
    names = {rule.code: rule.name for rule in RULES}
    rows = [{**asdict(one), "rule": names[one.code]} for one in found.findings]
    yield printable_json(json.dumps(rows, indent=2))


def _github(found: Found) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    names = {rule.code: rule.name for rule in RULES}
    for one in found.findings:
        title = f"{one.code} {names[one.code]}"
        yield error_command(
            harmless(_one_line(one.message)), title=harmless(title), file=harmless(one.path), line=one.line
        )


def _place(one: Finding) -> str:
    return one.path if one.line is None else f"{one.path}:{one.line}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


FORMS: dict[str, Callable[[Found], Iterator[str]]] = {"text": _text, "json": _json, "github": _github}
"""How findings are printed, by the name of the format."""
