"""``modelcheck lint``, ``mutate`` and ``schema``: problems of a suite, and the damages it would notice."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_modelcheck.baselines.names import as_argument
from pytest_modelcheck.baselines.provenance import defines
from pytest_modelcheck.cases import load
from pytest_modelcheck.cases.files import FORMATS, SUFFIXES
from pytest_modelcheck.cases.json_files import PATH, schema_of_file, schema_of_line
from pytest_modelcheck.cli.screen import echo, print_document, print_lines, width
from pytest_modelcheck.display import harmless, printable_json, shown_path
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.lint import RULES, Fault, LintTarget, chosen
from pytest_modelcheck.lint import lint as find
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records.packing import unpack
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
    from collections.abc import Callable, Iterable, Iterator, Sequence

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

    def exists(header: Header) -> bool:
        test = header.test
        # A test that is made at run time has a node id below the one that was collected.
        if test in collected:
            is_used = header.model in collected[test]
        else:
            is_used = any(
                test.startswith(f"{one}::") and header.model in models for one, models in collected.items()
            )
        # A module that skips itself, such as by importorskip, was not looked into: its tests may well exist.
        # A function that is written but not collected here may be selected elsewhere (a mark, a platform).
        # Of a collected function, a parameter set that is missing is gone for good.
        return (
            is_used
            or test.partition("::")[0] in skipped
            or (test.partition("[")[0] not in functions and _is_written(project.root, test))
        )

    return exists


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


@click.command()
@click.argument("paths", nargs=-1, metavar="[TESTS | CASE_FILE]...")
@click.option("--select", multiple=True, metavar="CODES", help="Use only these rules: MC101,MC2. Repeatable.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave out these rules. Repeatable.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@click.option(
    "--input", "input_", metavar="COLUMN", help="The input column of a CASE_FILE, if not called input."
)
@click.option("--expected", metavar="COLUMN", help="The column of expected answers, if not called expected.")
@click.pass_obj
def lint(
    project: Project,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
    input_: str | None,
    expected: str | None,
) -> int:
    """Find problems in cases and checks.

    Examines every check that pytest collects, only those of the given TESTS (as for pytest), or a CASE_FILE.
    Exits with 1 if anything is found.
    """
    select, ignore = (
        tuple(code.strip() for several in codes for code in several.split(",")) for codes in (select, ignore)
    )
    rules = chosen(select, ignore)
    files = [path for path in paths if _holds_cases(path)]
    tests = [path for path in paths if path not in files]
    found: list[Fault] = []
    looked: list[str] = []
    unread: Sequence[str] = ()
    if files:
        loaded = [load(Path(path).absolute(), input=input_, expected=expected) for path in files]
        found += find([LintTarget(one) for one in loaded], rules)
        looked.append(plural(len(files), "file"))
    if tests or not files:
        folder = Path.cwd() if tests else project.root
        collected = collected_by_pytest("--modelcheck-lint", tests, folder, "so there is nothing to check")
        for fault in collected["faults"]:
            one = Fault(**fault)
            found.append(replace(one, path=shown_path(folder / one.path)) if one.path else one)
        looked.append(plural(collected["checks"], "check"))
        unread = collected["unread"]
    codes = {rule.code for rule in rules}
    found = [one for one in found if one.code in codes]
    if form == "text":
        print_lines(_fault_lines(found, " and ".join(looked), unread))
        return 1 if found else 0
    names = {rule.code: rule.name for rule in RULES}
    if form == "json":
        rows = [{**asdict(one), "rule": names[one.code]} for one in found]
        print_document(printable_json(json.dumps(rows, indent=2)))
        return 1 if found else 0
    for one in found:  # as workflow commands, which GitHub shows as annotations
        message, title = harmless(" ".join(one.message.split())), harmless(f"{one.code} {names[one.code]}")
        print_document(
            workflow_command("error", message, title=title, file=harmless(one.path), line=one.line)
        )
    return 1 if found else 0


def _fault_lines(found: Sequence[Fault], looked: str, unread: Sequence[str]) -> Iterator[str]:
    for one in found:
        place = one.path if one.line is None else f"{one.path}:{one.line}"
        yield f"{place}: {one.code} {' '.join(one.message.split())}"
    for test in unread:
        yield f"{test} takes its cases from a fixture, which exists only during a run: not checked."
    yield f"Found {plural(len(found), 'problem')} in {looked}." if found else f"No problem in {looked}."


def _holds_cases(path: str) -> bool:
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    while suffixes and suffixes[-1] in SUFFIXES:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in FORMATS


_MUTATION_FORMATS: Final[dict[str, Callable[[Mutation], bytes]]] = {
    "text": lambda mutation: "".join(f"{harmless(line)}\n" for line in mutation_lines(mutation)).encode(),
    "json": mutation_json,
    "html": mutation_html,
    "markdown": lambda mutation: mutation_markdown(mutation).encode(),
}
_ENDINGS: Final = {".json": "json", ".html": "html", ".htm": "html", ".md": "markdown"}


class _WithRest(click.Command):
    """A command that passes on the arguments after ``--``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click drops the `--`, after which pytest's arguments could not be told from versions.
        own = args.index("--") if "--" in args else len(args)
        ctx.obj = ctx.obj, args[own + 1 :]
        return super().parse_args(ctx, args[:own])


@click.command(cls=_WithRest)
@click.argument("versions", nargs=-1, metavar="[VERSION | MODEL=VERSION]... [-- PYTEST_ARGS]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html", "markdown"]),
    help="By default as FILE ends, else text.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, not to the terminal.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 1),
    metavar="SCORE",
    help="Exit with 1 if the score is lower, such as 0.8.",
)
@click.pass_obj
def mutate(
    given: tuple[Project, list[str]],
    versions: tuple[str, ...],
    form: str | None,
    output: Path | None,
    fail_under: float | None,
) -> int:
    """Show whether the suite would notice if the model got worse.

    Replays every check on stored answers of a version, damaged in the ways models fail: answers swapped, a
    label never given, fields missing, numbers scaled, texts cut. No model is called. Without a version,
    it uses the approved one. Arguments after -- go to pytest: a test, -k, -m.
    """
    project, arguments = given
    reported: dict[str, Any] = collected_by_pytest(
        "--modelcheck-mutate",
        [*(f"--model-version={version}" for version in versions), *arguments],
        Path.cwd() if arguments else project.root,
        "so it is unknown what the suite would notice",
        collect_only=False,
    )
    mutation = Mutation(tuple(unpack(check, Mutated) for check in reported["checks"]))
    if not mutation.replayed:
        if not mutation.checks:
            raise UsageError("there is no check to replay: pytest collects none")
        reasons = [f"{mutation.name(check)}: {check.trouble}" for check in mutation.checks]
        raise UsageError("\n".join(["no check could be replayed.", *reasons]))
    form = form or _ENDINGS.get("" if output is None else output.suffix.lower(), "text")
    if output is not None:
        write_file(output, _MUTATION_FORMATS[form](mutation))
        echo(f"written: {output}")
    elif form == "text":
        print_lines(mutation_lines(mutation, width()))
    else:
        print_document(_MUTATION_FORMATS[form](mutation).decode(), nl=False)
    if fail_under is not None and mutation.score < fail_under:
        score = percent(mutation.score)
        echo(f"Error: the score is {score}, and {percent(fail_under)} is required", err=True)
        return 1
    return 0


@click.command()
@click.option("--line", is_flag=True, help="Print the schema of one case: a line of a JSON Lines file.")
@click.option("--path", is_flag=True, help="Print the path of the installed schema instead.")
def schema(*, line: bool, path: bool) -> None:
    """Print the JSON Schema of case files, for editors.

    It describes YAML and JSON files of cases.
    """
    if path and line:
        raise UsageError("--path and --line: only the schema of whole files is installed as a file; use one")
    shown = schema_of_line() if line else schema_of_file()
    print_document(str(PATH) if path else json.dumps(shown, indent=2))
