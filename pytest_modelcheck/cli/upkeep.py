"""Commands for the life of baselines: their history, and tests that come, move and go.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from pytest_modelcheck.cli.workspace import open_workspace

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
    from pytest_modelcheck.cli import history as work

    work.show(open_workspace(ctx.obj), patterns, form)


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

    Each FOLDER is the cache folder of a job (.modelcheck_cache), or its folder of candidates, or one with the
    watch.jsonl of a job that watched over nights.
    """
    from pytest_modelcheck.cli import merge as work

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
    """Show why a model was asked what it may have answered before.

    Of each question of the last run: what else it was answered under, and what of that has changed. Without a
    version: of the one that was run last.
    """
    from pytest_modelcheck.cli import why as work

    work.show(open_workspace(ctx.obj), version, patterns)


COMMANDS: Final = (history, show, baselines, merge, cache)
