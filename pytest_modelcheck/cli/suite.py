"""``modelcheck lint``, ``mutate`` and ``schema``: problems of a suite, and the damages that it would notice.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.names import as_argument
from pytest_modelcheck.baselines.provenance import defines
from pytest_modelcheck.cases import load
from pytest_modelcheck.cases.files import FORMATS, SUFFIXES
from pytest_modelcheck.cases.json_files import PATH, schema_of_file, schema_of_line
from pytest_modelcheck.cli.screen import echo, print_document, print_lines, width
from pytest_modelcheck.display import harmless, printable_json, shown_path
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.lint import RULES, Finding, Target, chosen, lint
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.reports.jsons import unpack
from pytest_modelcheck.reports.mutation import (
    Mutated,
    Mutation,
    mutation_html,
    mutation_json,
    mutation_lines,
    mutation_markdown,
)
from pytest_modelcheck.reports.outputs import workflow_command, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Project


# pytest's exit codes for tests collected, and for none found.
_FINE: Final = (0, 5)
# And for a mistake in an option, an ini file or a marker.
_REFUSED: Final = 4


def existence(project: Project, headers: Iterable[Header]) -> Callable[[Header], bool]:
    """Let pytest collect the files of some checks, and return which of these tests still use their model.

    Raises:
        UsageError: pytest cannot collect them.
    """
    headers = list(headers)
    files = sorted({header.test.partition("::")[0] for header in headers})
    # pytest collects nothing at all if one of the files on its command line is missing.
    there = [file for file in files if (project.root / file).is_file()]
    # Pytest takes no path with a bracket, which begins the parameters of a test: name the folder above.
    named = [
        as_argument((file.partition("[")[0].rpartition("/")[0] or ".") if "[" in file else file)
        for file in there
    ]
    arguments = ["--rootdir", str(project.root), "--confcutdir", str(project.root), *dict.fromkeys(named)]
    unknown = "so it is unknown which of them still exist"
    found = collected_by_pytest("--modelcheck-collected", arguments, project.root, unknown)
    collected, skipped = found["models"], found["skipped"]
    if not (collected or skipped) and not all(_is_written(project.root, header.test) for header in headers):
        raise UsageError(
            f"pytest collects no test in {shown_path(project.root)}, so it is unknown which of them still "
            "exist. Run the command in the folder of the tests, or remove the files yourself (git rm)"
        )
    functions = {test.partition("[")[0] for test in collected}
    return lambda header: (
        _asks(header, collected)
        # A module that skips itself, such as by importorskip, was not looked into: its tests may well
        # exist.
        or header.test.partition("::")[0] in skipped
        # A function that is written but not collected here may be selected elsewhere (a mark, a platform).
        # Of a collected function, a parameter set that is missing is gone for good.
        or (header.test.partition("[")[0] not in functions and _is_written(project.root, header.test))
    )


def _asks(header: Header, collected: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a check belongs to a test that uses its model, also one made at run time."""
    if header.test in collected:
        return header.model in collected[header.test]
    return any(
        header.test.startswith(f"{test}::") and header.model in models for test, models in collected.items()
    )


def _is_written(root: Path, check: str) -> bool:
    """Return whether a file contains a test that was not collected: an ``if`` may stand before it."""
    file, _, rest = check.partition("::")
    return (root / file).is_file() and defines(root / file, rest.partition("[")[0].replace("::", "."))


def collected_by_pytest(
    option: str, arguments: Iterable[str], folder: Path, consequence: str, *, collect_only: bool = True
) -> Any:
    """Run pytest with an option that makes our plugin write what it collected to a file; return its content.

    Args:
        option: The plugin's option that takes the file to write.
        arguments: Further arguments for pytest.
        folder: The folder to run it in.
        consequence: What follows if it cannot, for the message.
        collect_only: Whether tests are only collected. If they run, failed tests are not an error.

    Raises:
        UsageError: pytest cannot collect them.
    """
    with tempfile.TemporaryDirectory() as temporary:
        found = Path(temporary) / "told.json"
        # Without the cache plugin, the user's next `--last-failed` is not about this run.
        command = [sys.executable, "-m", "pytest", "-q", f"{option}={found}", "-p", "no:cacheprovider"]
        command += ["--collect-only"] if collect_only else []
        if importlib.util.find_spec("xdist") is not None:
            # Workers would collect, and not tell. The plugin is named, as not all plugins need be loaded.
            command += ["-p", "xdist", "-n", "0"]
        done = subprocess.run(  # noqa: S603 - this Python, and files of the project
            [*command, *arguments], cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        # Failing tests (1) do not matter where tests run: mutants are counted in stored answers.
        if done.returncode not in (_FINE if collect_only else (*_FINE, 1)) or not found.is_file():
            text = (done.stdout + done.stderr).strip()
            if done.returncode == _REFUSED and "ERROR: " in text:
                text = text[text.index("ERROR: ") :]  # without the tests and warnings before it
            if f"unrecognized arguments: {option}" in text:
                text += (
                    "\nPytest does not load the plugin here: add `-p modelcheck` to addopts in the ini file"
                )
            raise UsageError(f"pytest cannot collect the tests, {consequence}. It says:\n{text}")
        return json.loads(found.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of lint.

    Attributes:
        findings: The problems.
        what: What was examined, in words.
        unread: Tests whose cases are known only when they run.
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
    """Lint the checks that pytest collects, or only the case files named.

    Args:
        project: The project.
        paths: Case files, or tests for pytest to collect; empty for the whole project.
        columns: The names of the input and expectation columns of case files, if not the default.
        select: Codes of rules, or prefixes of codes, separated by commas; empty for all.
        ignore: Rules to leave out, in the same form.

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


def show_findings(found: Found, form: str) -> None:
    """Print the findings, in one of :data:`LINT_FORMATS`."""
    for line in LINT_FORMATS[form](found):
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
    reported: dict[str, Any] = collected_by_pytest(
        "--modelcheck-lint", tests, folder, "so there is nothing to check"
    )
    found = [Finding(**finding) for finding in reported["findings"]]
    reported["findings"] = [
        replace(one, path=shown_path(folder / one.path)) if one.path else one for one in found
    ]
    return reported


def _text(found: Found) -> Iterator[str]:
    for one in found.findings:
        yield f"{_place(one)}: {one.code} {_one_line(one.message)}"
    for test in found.unread:
        yield f"{test} takes its cases from a fixture, which exists only during a run: not checked."
    if found.findings:
        yield f"Found {plural(len(found.findings), 'problem')} in {found.what}."
    else:
        yield f"No problem in {found.what}."


def _json(found: Found) -> Iterator[str]:
    names = {rule.code: rule.name for rule in RULES}
    rows = [{**asdict(one), "rule": names[one.code]} for one in found.findings]
    yield printable_json(json.dumps(rows, indent=2))


def _github(found: Found) -> Iterator[str]:
    """The findings as workflow commands, which GitHub shows as annotations."""
    names = {rule.code: rule.name for rule in RULES}
    for one in found.findings:
        title = f"{one.code} {names[one.code]}"
        yield workflow_command(
            "error",
            harmless(_one_line(one.message)),
            title=harmless(title),
            file=harmless(one.path),
            line=one.line,
        )


def _place(one: Finding) -> str:
    return one.path if one.line is None else f"{one.path}:{one.line}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


# How findings are printed, by the name of the format.
LINT_FORMATS: Final[dict[str, Callable[[Found], Iterator[str]]]] = {
    "text": _text,
    "json": _json,
    "github": _github,
}


MUTATION_FORMATS: Final[dict[str, Callable[[Mutation], bytes]]] = {
    "text": lambda mutation: "".join(f"{harmless(line)}\n" for line in mutation_lines(mutation)).encode(),
    "json": mutation_json,
    "html": mutation_html,
    "markdown": lambda mutation: mutation_markdown(mutation).encode(),
}
_ENDINGS: Final = {".json": "json", ".html": "html", ".htm": "html", ".md": "markdown"}


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line's request.

    Attributes:
        versions: ``VERSION`` or ``MODEL=VERSION``, for pytest; empty for the approved ones.
        arguments: Further arguments for pytest.
        form: One of :data:`MUTATION_FORMATS`; ``None`` for the one that the file's name says, or for text.
        output: The file to write, or ``None`` for the terminal.
        fail_under: The required score, or ``None``.
    """

    versions: Sequence[str] = ()
    arguments: Sequence[str] = ()
    form: str | None = None
    output: Path | None = None
    fail_under: float | None = None


def mutate(project: Project, wish: Wish) -> int:
    """Replay the suite on damaged answers and print what it noticed. Returns the exit code.

    Raises:
        UsageError: pytest cannot run the tests, or no check can be replayed.
    """
    mutation = _mutation(project, wish)
    if not mutation.replayed:
        if not mutation.checks:
            raise UsageError("there is no check to replay: pytest collects none")
        reasons = [f"{mutation.name(check)}: {check.trouble}" for check in mutation.checks]
        raise UsageError("\n".join(["no check could be replayed.", *reasons]))
    ending = "" if wish.output is None else wish.output.suffix.lower()
    form = wish.form or _ENDINGS.get(ending, "text")
    if wish.output is not None:
        write_file(wish.output, MUTATION_FORMATS[form](mutation))
        echo(f"written: {wish.output}")
    elif form == "text":
        print_lines(mutation_lines(mutation, width()))
    else:
        print_document(MUTATION_FORMATS[form](mutation).decode(), nl=False)
    if wish.fail_under is not None and mutation.score < wish.fail_under:
        required = f"{percent(wish.fail_under)} is required"
        echo(f"Error: the score is {percent(mutation.score)}, and {required}", err=True)
        return 1
    return 0


def _mutation(project: Project, wish: Wish) -> Mutation:
    arguments = [f"--model-version={version}" for version in wish.versions]
    folder = Path.cwd() if wish.arguments else project.root
    reported: dict[str, Any] = collected_by_pytest(
        "--modelcheck-mutate",
        [*arguments, *wish.arguments],
        folder,
        "so it is unknown what the suite would notice",
        collect_only=False,
    )
    checks = [unpack(check, Mutated) for check in reported["checks"]]
    return Mutation(tuple(replace(check, cells=tuple(check.cells)) for check in checks))


def print_schema(*, line: bool, path: bool) -> None:
    """Print the schema of a case file or of a line, or the path of the former.

    Raises:
        UsageError: Both a line and a path are requested; the schema of a line is not a file.
    """
    if path and line:
        raise UsageError("--path and --line: only the schema of whole files is installed as a file; use one")
    shown = schema_of_line() if line else schema_of_file()
    print_document(str(PATH) if path else json.dumps(shown, indent=2))
