"""The smaller groups of commands: judges, suites, and the life of baselines.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from pytest_modelcheck.cli.project import open_workspace

_LABELS = click.option(
    "--labels",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of labels; by default the one that the judge's fixture names.",
)


@click.command()
@click.argument("judge")
@click.option("-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Stop after so many.")
@click.option("--by", default="", metavar="NAME", help="Who labels; by default git's user.")
@_LABELS
@click.pass_context
def label(ctx: click.Context, judge: str, most: int, by: str, file: Path | None) -> None:
    """Say of judged answers what you think of them, blind to the judge.

    Shows what JUDGE was given in the last runs, a fair sample of it, and takes one key for each. Every label
    is written at once; the next call goes on where this one was left.
    """
    from pytest_modelcheck.cli import label as work

    work.label(open_workspace(ctx.obj), judge, most=most, by=by, file=file)


@click.command()
@click.argument("judge")
@click.option("--all", "every", is_flag=True, help="Show every case where it errs.")
@_LABELS
@click.pass_context
def judge(ctx: click.Context, judge: str, file: Path | None, *, every: bool) -> None:
    """Show how often JUDGE agrees with its labels, and where it errs.

    Works from what the last runs left behind: of each version of the judge, what it said of answers that have
    a label.
    """
    from pytest_modelcheck.cli import judge as work

    work.judge(open_workspace(ctx.obj), judge, file, every=every)


_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--line", is_flag=True, help="That of one case: a line of a JSON Lines file.")
@click.option("--path", is_flag=True, help="Print where the schema is installed, and not the schema.")
def schema(*, line: bool, path: bool) -> None:
    """Print the JSON Schema of case files, for editors.

    It describes YAML and JSON files of cases.
    """
    from pytest_modelcheck.cli import suite as work

    work.print_schema(line=line, path=path)


@click.command()
@click.argument("paths", nargs=-1, metavar="[TESTS | CASE_FILE]...")
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: MC101,MC2. Repeatable.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules. Repeatable.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@click.option("--input", "input_", metavar="COLUMN", help="The input in a CASE_FILE, if not called input.")
@click.option("--expected", metavar="COLUMN", help="The expectation in it, if not called expected.")
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
    """Find what is wrong with cases and checks.

    Looks at every check that pytest collects, or at those of the TESTS named (as for pytest), or at a
    CASE_FILE alone. Exits with 1 where anything is found.
    """
    from pytest_modelcheck.cli import suite as work

    found = work.look(ctx.obj, paths, (input_, expected), select, ignore)
    work.show_findings(found, form)
    ctx.exit(1 if found.findings else 0)


class _WithRest(click.Command):
    """A command that hands on what follows ``--``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = args.index("--") if "--" in args else len(args)
        ctx.obj = ctx.obj, args[own + 1 :]
        return super().parse_args(ctx, args[:own])


@click.command(cls=_WithRest)
@click.argument("versions", nargs=-1, metavar="[VERSION | MODEL=VERSION]... [-- PYTEST_ARGS]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html", "markdown"]),
    default="text",
    show_default=True,
)
@click.option("--output", type=_FILE, help="Write this file, in place of the screen.")
@click.option("--fail-under", type=click.FloatRange(0, 1), metavar="SCORE", help="Exit with 1 below it: 0.8.")
@click.pass_context
def mutate(
    ctx: click.Context, versions: tuple[str, ...], form: str, output: Path | None, fail_under: float | None
) -> None:
    """Show what the suite would notice if the model got worse.

    Replays every check on the stored answers of a version, damaged as models get damaged: answers exchanged,
    a label never given, fields missing, numbers scaled, texts cut. No model is called. Without a version:
    the approved one. What follows -- is for pytest: a test, -k, -m.
    """
    from pytest_modelcheck.cli import suite as work

    project, arguments = ctx.obj
    ctx.exit(work.mutate(project, work.Wish(versions, arguments, form, output, fail_under)))


_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FORMAT: Final = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)


@click.command()
@click.argument("patterns", nargs=-1, metavar="[CHECK]...")
@_FORMAT
@click.pass_context
def history(ctx: click.Context, patterns: tuple[str, ...], form: str) -> None:
    """Show how each check has fared, approval after approval.

    A version that is a little worse may be approved, and the next one again. Only the whole row shows it.
    """
    from pytest_modelcheck.cli import show as work

    work.history(open_workspace(ctx.obj), patterns, form)


@click.command()
@click.argument("check")
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@_FORMAT
@click.pass_context
def show(ctx: click.Context, check: str, version: str | None, form: str) -> None:
    """Show what is approved of a check, case by case.

    With a version: what that version did, as approved once or as last run.
    """
    from pytest_modelcheck.cli import show as work

    work.show(open_workspace(ctx.obj), check, version, form)


@click.group()
def baselines() -> None:
    """Look after the baselines of tests that were renamed, moved or deleted."""


@baselines.command()
@click.argument("old")
@click.argument("new")
@click.pass_context
def rename(ctx: click.Context, old: str, new: str) -> None:
    """Let a test that was renamed or moved keep its baseline.

    OLD and NEW are node ids of tests or classes, files, or folders, relative to the project's folder.
    """
    from pytest_modelcheck.cli import baselines as work

    work.rename(open_workspace(ctx.obj), old, new)


@baselines.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def prune(ctx: click.Context, *, yes: bool) -> None:
    """Remove the baselines of tests that do not exist any more, or ask another model.

    Asks pytest which tests there are, lists what would go, and asks before it removes anything.
    """
    from pytest_modelcheck.cli import baselines as work

    work.prune(open_workspace(ctx.obj), yes=yes)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.pass_context
def merge(ctx: click.Context, folders: tuple[Path, ...]) -> None:
    """Bring together what the jobs of a sharded CI run left.

    Each FOLDER is the cache folder of a job (.modelcheck_cache), or its folder of candidates, or one that
    holds the watch.jsonl of a job.
    """
    from pytest_modelcheck.cli import baselines as work

    work.merge(open_workspace(ctx.obj), folders)


@click.group()
def cache() -> None:
    """Look into what models have answered."""


@cache.command()
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@click.option(
    "--check",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Only the checks of this file, class or test; * and ? are wildcards. Repeatable.",
)
@click.pass_context
def why(ctx: click.Context, version: str | None, patterns: tuple[str, ...]) -> None:
    """Show why a model was called although it may have answered before.

    Of each question of the last run: what else it was answered under, and what of that has changed. Without a
    version: of the one that was run last.
    """
    from pytest_modelcheck.cli import why as work

    work.show(open_workspace(ctx.obj), version, patterns)


COMMANDS: Final = (label, judge, schema, lint, mutate, history, show, baselines, merge, cache)
