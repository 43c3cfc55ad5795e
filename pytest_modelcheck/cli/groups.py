"""Smaller groups of commands: for judges, for suites, and for the upkeep of baselines.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from pytest_modelcheck.cli.project import open_workspace

FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
CHECKS: Final = click.option(
    "--check",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Only the checks of this file, class or test; * and ? are wildcards. Repeatable.",
)
_LABELS = click.option(
    "--labels",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The label file; by default the one named by the judge's fixture.",
)


@click.command()
@click.argument("judge")
@click.option(
    "-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Stop after this many labels."
)
@click.option("--by", default="", metavar="NAME", help="The name of the labeller; by default git's user.")
@_LABELS
@click.pass_context
def label(ctx: click.Context, judge: str, most: int, by: str, file: Path | None) -> None:
    """Label judged answers, with the judge's verdict hidden.

    Shows a random sample of what JUDGE was given in the last runs, and takes one key for each. Every label is
    saved at once; the next call continues where you stopped.
    """
    from pytest_modelcheck.cli import label as work

    work.label(open_workspace(ctx.obj), judge, most=most, by=by, file=file)


@click.command()
@click.argument("judge")
@click.option("--all", "every", is_flag=True, help="Show every case where it is wrong.")
@_LABELS
@click.pass_context
def judge(ctx: click.Context, judge: str, file: Path | None, *, every: bool) -> None:
    """Show how often JUDGE agrees with its labels.

    Uses the stored results of the last runs: for each version of the judge, its verdicts on labelled answers,
    and where they are wrong.
    """
    from pytest_modelcheck.cli import judge as work

    work.judge(open_workspace(ctx.obj), judge, file, every=every)


_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--line", is_flag=True, help="Print the schema of one case: a line of a JSON Lines file.")
@click.option("--path", is_flag=True, help="Print the path of the installed schema instead.")
def schema(*, line: bool, path: bool) -> None:
    """Print the JSON Schema of case files, for editors.

    It describes YAML and JSON files of cases.
    """
    from pytest_modelcheck.cli import suite as work

    work.print_schema(line=line, path=path)


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
@click.pass_context
def lint(
    ctx: click.Context,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
    input_: str | None,
    expected: str | None,
) -> None:
    """Find problems in cases and checks.

    Examines every check that pytest collects, only those of the given TESTS (as for pytest), or a CASE_FILE.
    Exits with 1 if anything is found.
    """
    from pytest_modelcheck.cli import suite as work

    found = work.look(ctx.obj, paths, (input_, expected), select, ignore)
    work.show_findings(found, form)
    ctx.exit(1 if found.findings else 0)


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
@click.option("--output", type=_FILE, help="Write to this file, not to the terminal.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 1),
    metavar="SCORE",
    help="Exit with 1 if the score is lower, such as 0.8.",
)
@click.pass_context
def mutate(
    ctx: click.Context,
    versions: tuple[str, ...],
    form: str | None,
    output: Path | None,
    fail_under: float | None,
) -> None:
    """Show whether the suite would notice if the model got worse.

    Replays every check on stored answers of a version, damaged in the ways models fail: answers swapped, a
    label never given, fields missing, numbers scaled, texts cut. No model is called. Without a version,
    it uses the approved one. Arguments after -- go to pytest: a test, -k, -m.
    """
    from pytest_modelcheck.cli import suite as work

    project, arguments = ctx.obj
    ctx.exit(work.mutate(project, work.Wish(versions, arguments, form, output, fail_under)))


_FORMAT: Final = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)


@click.command()
@click.argument("patterns", nargs=-1, metavar="[CHECK]...")
@_FORMAT
@click.pass_context
def history(ctx: click.Context, patterns: tuple[str, ...], form: str) -> None:
    """Show the results of each check, approval by approval.

    Several approvals that are each a little worse add up; this shows the trend.
    """
    from pytest_modelcheck.cli import show as work

    work.history(open_workspace(ctx.obj), patterns, form)


@click.command()
@click.argument("check")
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@_FORMAT
@click.pass_context
def show(ctx: click.Context, check: str, version: str | None, form: str) -> None:
    """Show the approved results of a check, case by case.

    With a version: the results of that version, from its approval or its last run.
    """
    from pytest_modelcheck.cli import show as work

    work.show(open_workspace(ctx.obj), check, version, form)


@click.group()
def baselines() -> None:
    """Move or remove baselines of renamed or deleted tests."""


@baselines.command()
@click.argument("old")
@click.argument("new")
@click.pass_context
def rename(ctx: click.Context, old: str, new: str) -> None:
    """Give a renamed or moved test its baseline back.

    OLD and NEW are node ids of tests or classes, files, or folders, relative to the project's folder.
    """
    from pytest_modelcheck.cli import baselines as work

    work.rename(open_workspace(ctx.obj), old, new)


@baselines.command()
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.pass_context
def prune(ctx: click.Context, *, yes: bool) -> None:
    """Remove the baselines that no test uses.

    Their test was deleted, or uses another model. Asks pytest which tests exist, lists what would be removed,
    and asks before it removes anything.
    """
    from pytest_modelcheck.cli import baselines as work

    work.prune(open_workspace(ctx.obj), yes=yes)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.pass_context
def merge(ctx: click.Context, folders: tuple[Path, ...]) -> None:
    """Merge the results of the jobs of a sharded CI run.

    Each FOLDER is a job's cache folder (.modelcheck_cache), its folder of candidates, or a folder with its
    watch.jsonl.
    """
    from pytest_modelcheck.cli import baselines as work

    work.merge(open_workspace(ctx.obj), folders)


@click.group()
def cache() -> None:
    """Examine the cached answers."""


@cache.command()
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@CHECKS
@click.pass_context
def why(ctx: click.Context, version: str | None, patterns: tuple[str, ...]) -> None:
    """Show why a model was called again.

    For each input of the last run: the other settings under which an answer is cached, and what changed
    since. Without a version: for the one that was run last.
    """
    from pytest_modelcheck.cli import why as work

    work.show(open_workspace(ctx.obj), version, patterns)


COMMANDS: Final = (label, judge, schema, lint, mutate, history, show, baselines, merge, cache)
