"""The command line itself: groups, options, exit codes.

Exit codes: 0 done; 1 something is refused, damaged or (with ``--exit-code``) different; 2 the command line
is invalid.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.cli import groups
from pytest_modelcheck.cli.groups import CHECKS, FOLDER
from pytest_modelcheck.cli.project import find_project, open_workspace
from pytest_modelcheck.cli.screen import prepare
from pytest_modelcheck.display import harmless, redacted
from pytest_modelcheck.errors import ModelcheckError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.baselines.diff import Note


class _Misused(click.ClickException):
    """An invalid command line or configuration."""

    exit_code = 2


def _quoted(error: click.UsageError) -> click.UsageError:
    """Make one of click's messages, which may quote the command line, safe to print; help stays help."""
    # It is not an error: its message is the help text, whose colours would be escaped.
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        return error
    return click.UsageError(harmless(error.format_message()), error.ctx)


class _Group(click.Group):
    """A group whose commands report mistakes of the user as a message, never as a traceback."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise _quoted(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _quoted(error) from error
        except UsageError as error:
            raise _Misused(str(error)) from error
        except ModelcheckError as error:
            raise click.ClickException(str(error)) from error
        # click ends quietly when `| head` closes the pipe; as an OSError it would be a message.
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(harmless(f"{place}{error.strerror or error}")) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="modelcheck")
@click.option(
    "--rootdir",
    type=FOLDER,
    help="The project's folder; by default found upwards from here, as pytest does.",
)
@click.pass_context
def modelcheck(ctx: click.Context, rootdir: Path | None) -> None:
    """See, compare and approve the behaviour of models. Nothing here calls a model."""
    prepare(ctx)
    ctx.obj = find_project(Path.cwd(), rootdir)
    try:
        redacted.begin(ctx.obj.redact)
    except ValueError as error:
        raise UsageError(f"modelcheck_redact: {error}", str(ctx.obj.config)) from error
    # Redaction is one setting of the process, and a program may call several commands in one.
    ctx.call_on_close(redacted.begin)


_from = click.option(
    "--from", "origin", type=FOLDER, help="Take candidates from this folder, such as a CI artifact."
)


def _approving(force: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of every command that approves, with its own description of ``--force``."""
    options = (
        CHECKS,
        click.option(
            "--reason",
            default="",
            metavar="TEXT",
            help="The reason, stored in the baselines. Required in CI and without a terminal.",
        ),
        _from,
        click.option("--force", is_flag=True, help=force),
        click.option("--keep-history", is_flag=True, help="Keep a copy of what was approved before."),
    )
    # Decorators apply from the bottom up, and the help lists options in that order.
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


@modelcheck.command()
@click.argument("versions", nargs=-1, metavar="[VERSION | MODEL=VERSION]...")
@_approving("Approve failing and outdated checks too, and record that.")
@click.option("--dry-run", is_flag=True, help="Show what would be approved, and write nothing.")
@click.option(
    "--beside/--instead",
    default=None,
    help="Approve it beside the version in production (a canary), or in its place. "
    "Default: beside, if this version is there already.",
)
@click.pass_context
def approve(
    ctx: click.Context,
    versions: tuple[str, ...],
    patterns: tuple[str, ...],
    reason: str,
    origin: Path | None,
    *,
    force: bool,
    keep_history: bool,
    dry_run: bool,
    beside: bool | None,
) -> None:
    """Approve the results of a version as the new baseline.

    Uses the stored results of the last runs. For each model, all requested checks are approved or
    none. VERSION alone applies to every model that has that version, as with pytest --model-version.
    """
    from pytest_modelcheck.cli import approve as work

    wish = work.Wish(versions, patterns, reason, force, keep_history, dry_run, beside)
    ctx.exit(work.approve(open_workspace(ctx.obj, origin), wish))


@modelcheck.command()
@click.argument("a", required=False, metavar="[A]")
@click.argument("b", required=False, metavar="[B]")
@CHECKS
@_from
@click.option(
    "--regressed", "notes", flag_value="regressed", multiple=True, help="Only cases that passed and now fail."
)
@click.option(
    "--fixed", "notes", flag_value="fixed", multiple=True, help="Only cases that failed and now pass."
)
@click.option(
    "--changed", "notes", flag_value="changed", multiple=True, help="Only cases whose answer changed."
)
@click.option(
    "--slice",
    "slices",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only cases with this metadata. Repeatable: all must match.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown", "html")),
    default="text",
    show_default=True,
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
@click.pass_context
def diff(
    ctx: click.Context,
    a: str | None,
    b: str | None,
    patterns: tuple[str, ...],
    origin: Path | None,
    notes: tuple[Note, ...],
    slices: tuple[str, ...],
    form: str,
    *,
    exit_code: bool,
) -> None:
    """Show what changed between two versions, case by case.

    With one version: compare it with the approved one. With two: compare B with A. With none: compare the
    only other version that was run with the approved one. Write VERSION for every model that has it, or
    MODEL=VERSION.
    """
    from pytest_modelcheck.cli import report as work

    if form == "html" and exit_code:
        raise UsageError(
            "--exit-code works with the other formats only: a page shows everything and does not compute it"
        )
    versions = [text for text in (a, b) if text is not None]
    question = work.Question(versions, patterns, notes, slices, form)
    different = work.diff(open_workspace(ctx.obj, origin), question)
    ctx.exit(1 if different and exit_code else 0)


@modelcheck.command()
@click.argument("a", required=False, metavar="[A]")
@click.argument("b", required=False, metavar="[B]")
@CHECKS
@click.option(
    "--to",
    "files",
    multiple=True,
    metavar="[FORMAT:]PATH",
    help="Write to a file, not to the terminal: .html, .json, .md, gitlab:PATH. Repeatable.",
)
@_from
@click.pass_context
def report(
    ctx: click.Context,
    a: str | None,
    b: str | None,
    patterns: tuple[str, ...],
    files: tuple[str, ...],
    origin: Path | None,
) -> None:
    """Write a report from stored results, without a run.

    With one version: its last run. With two: B, compared with A in place of the approved version. With none:
    the last run version of each model. Write VERSION for every model that has it, or MODEL=VERSION.
    """
    from pytest_modelcheck.cli import report as work

    versions = [text for text in (a, b) if text is not None]
    work.report(open_workspace(ctx.obj, origin), versions, files, patterns)


@modelcheck.command()
@click.argument("version", required=False, metavar="[VERSION | MODEL=VERSION]")
@_approving("Offer failing and outdated checks too, and record that.")
@click.pass_context
def review(
    ctx: click.Context,
    version: str | None,
    patterns: tuple[str, ...],
    reason: str,
    origin: Path | None,
    *,
    force: bool,
    keep_history: bool,
) -> None:
    """Approve changed cases one by one.

    Shows one change after the other. A case that you do not accept keeps its approved result, so its check
    stays red until the model gives that result again. Nothing is written before the last question.
    """
    from pytest_modelcheck.cli import approve as work

    versions = () if version is None else (version,)
    wish = work.Wish(versions, patterns, reason, force=force, keep_history=keep_history)
    ctx.exit(work.review(open_workspace(ctx.obj, origin), wish))


@modelcheck.command()
@click.option(
    "--at-least",
    type=float,
    help="Plan for this required pass rate; without it, for a comparison with a baseline.",
)
@click.option(
    "--drop",
    "drops",
    type=float,
    multiple=True,
    help="The drop to detect, such as 0.05. Repeatable; several are shown by default.",
)
@click.option(
    "--cases",
    type=int,
    help="The number of cases you have: shows how often to run each; for a baseline, how it will end.",
)
@click.option("--repeats", type=int, default=1, show_default=True, help="Runs of each case (for a baseline).")
@click.option(
    "--approved-runs",
    type=int,
    default=3,
    show_default=True,
    help="Runs of each case in the approval (for a baseline).",
)
@click.option(
    "--certainty", type=float, default=0.9, show_default=True, help="The chance of detecting the drop."
)
@click.option(
    "--false-fail-rate",
    type=float,
    default=0.01,
    show_default=True,
    help="The chance of failing a model that did not change.",
)
@click.option(
    "--disagreement",
    type=float,
    default=0.05,
    show_default=True,
    help="How often the model answers an identical input differently (for a baseline).",
)
@click.option("--max-drop", type=float, default=0.0, help="The drop that the check allows (for a baseline).")
def plan(at_least: float | None, drops: tuple[float, ...], **options: Any) -> None:
    """Show how many cases or repeats it takes to detect a drop.

    This is for models whose answers vary. If they never vary, one run of each case is enough.
    """
    from pytest_modelcheck.cli import plan as work

    work.show(work.question(at_least, drops, **options))


@modelcheck.command("list")
@CHECKS
@click.pass_context
def list_(ctx: click.Context, patterns: tuple[str, ...]) -> None:
    """Show approved versions, and runs that can be approved."""
    from pytest_modelcheck.cli import show

    ctx.exit(show.list_checks(open_workspace(ctx.obj), patterns))


for _command in groups.COMMANDS:
    modelcheck.add_command(_command)
