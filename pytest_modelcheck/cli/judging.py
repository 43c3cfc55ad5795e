"""Commands for judges: labels, and how often a judge agrees with them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

_FILE = click.option(
    "--labels",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of labels; by default the one that the judge's fixture names.",
)


@click.command()
@click.argument("judge")
@click.option("-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Stop after so many.")
@click.option("--by", default="", metavar="NAME", help="Who labels; by default git's user.")
@_FILE
@click.pass_context
def label(ctx: click.Context, judge: str, most: int, by: str, file: Path | None) -> None:
    """Say of judged answers what you think of them, blind to the judge.

    Shows what JUDGE was given in the last runs, a fair sample of it, and takes one key for each. Every label
    is written at once; the next call goes on where this one was left.
    """
    from pytest_modelcheck.cli import label as work
    from pytest_modelcheck.cli.workspace import open_workspace

    work.label(open_workspace(ctx.obj), judge, most=most, by=by, file=file)


@click.command()
@click.argument("judge")
@click.option("--all", "every", is_flag=True, help="Show every case where it errs.")
@_FILE
@click.pass_context
def judge(ctx: click.Context, judge: str, file: Path | None, *, every: bool) -> None:
    """Show how often JUDGE agrees with its labels, and where it errs.

    Works from what the last runs left behind: of each version of the judge, what it said of answers that have
    a label.
    """
    from pytest_modelcheck.cli import judge as work
    from pytest_modelcheck.cli.workspace import open_workspace

    work.judge(open_workspace(ctx.obj), judge, file, every=every)


COMMANDS: Final = (label, judge)
