"""Commands for whoever writes cases and checks: their schema, and what is wrong with them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--line", is_flag=True, help="That of one case: a line of a JSON Lines file.")
@click.option("--path", is_flag=True, help="Print where the schema is installed, and not the schema.")
def schema(*, line: bool, path: bool) -> None:
    """Print the JSON Schema of case files, for editors.

    It describes YAML and JSON files of cases.
    """
    from pytest_modelcheck.cli import schema as work

    work.show(line=line, path=path)


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
    from pytest_modelcheck.cli import lint as work

    found = work.look(ctx.obj, paths, (input_, expected), select, ignore)
    work.show(found, form)
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
    from pytest_modelcheck.cli import mutate as work

    project, arguments = ctx.obj
    ctx.exit(work.mutate(project, work.Wish(versions, arguments, form, output, fail_under)))


COMMANDS: Final = (schema, lint, mutate)
