"""Commands for whoever writes cases and checks: their schema, and what is wrong with them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Final

import click


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


COMMANDS: Final = (schema, lint)
