"""The command line itself: the group of all commands, and exit codes.

Exit codes: 0 done; 1 something is refused, damaged or (with ``--exit-code``) different; 2 the command line
is invalid.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from pytest_modelcheck import __version__
from pytest_modelcheck.cli.project import find_project
from pytest_modelcheck.cli.screen import prepare
from pytest_modelcheck.cli.targets import FOLDER
from pytest_modelcheck.display import harmless, redacted
from pytest_modelcheck.errors import ModelcheckError, UsageError

# Each command, with the module that defines it and its short help, which needs no import here.
_COMMANDS: Final = {
    "approve": ("approve", "Approve the results of a version as the new baseline."),
    "baselines": ("baselines", "Move or remove baselines of renamed or deleted tests."),
    "cache": ("why", "Examine the cached answers."),
    "diff": ("report", "Show what changed between two versions, case by case."),
    "history": ("show", "Show the results of each check, approval by approval."),
    "judge": ("judge", "Show how often JUDGE agrees with its labels."),
    "label": ("label", "Label judged answers, with the judge's verdict hidden."),
    "lint": ("suite", "Find problems in cases and checks."),
    "list": ("show", "Show approved versions, and runs that can be approved."),
    "merge": ("baselines", "Merge the results of the jobs of a sharded CI run."),
    "mutate": ("suite", "Show whether the suite would notice if the model got worse."),
    "plan": ("plan", "Show how many cases or repeats it takes to detect a drop."),
    "report": ("report", "Write a report from stored results, without a run."),
    "review": ("approve", "Approve changed cases one by one."),
    "schema": ("suite", "Print the JSON Schema of case files, for editors."),
    "show": ("show", "Show the approved results of a check, case by case."),
}


class _CommandError(click.ClickException):
    """An invalid command line or configuration."""

    exit_code = 2


def _quoted(error: click.UsageError) -> click.UsageError:
    """Make one of click's messages, which may quote the command line, safe to print; help stays help."""
    # It is not an error: its message is the help text, whose colours would be escaped.
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        return error
    return click.UsageError(harmless(error.format_message()), error.ctx)


class _Group(click.Group):
    """A group whose commands return an exit code, and report mistakes of the user without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - of click's method
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # The module of one command is imported; for a misspelled one all, so that click can suggest others.
        for name in [cmd_name] if cmd_name in _COMMANDS else _COMMANDS:
            module = import_module(f"pytest_modelcheck.cli.{_COMMANDS[name][0]}")
            self.add_command(getattr(module, "list_" if name == "list" else name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - of click's method
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise _quoted(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            ctx.exit(super().invoke(ctx) or 0)
        except click.UsageError as error:
            raise _quoted(error) from error
        except UsageError as error:
            raise _CommandError(str(error)) from error
        except ModelcheckError as error:
            raise click.ClickException(str(error)) from error
        # click ends quietly when `| head` closes the pipe; as an OSError it would be a message.
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            remedy = ". Give this user the right to (chmod, chown)." * isinstance(error, PermissionError)
            raise click.ClickException(harmless(f"{place}{error.strerror or error}{remedy}")) from error


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
