"""The approver's name, the time and the command of an approval; and git's facts about a folder."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import subprocess
from typing import TYPE_CHECKING

from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

_PATIENCE = 5.0  # seconds that git has to answer


def approver(folder: Path) -> str:
    """The git identity in ``folder``, ``"Name <address>"``, else the login name.

    Git need not be installed, and ``folder`` need not be a repository.
    """
    name, address = (git(folder, "config", "--get", one) for one in ("user.name", "user.email"))
    if name and address:
        return f"{name} <{address}>"
    try:
        return name or address or getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without an entry, Windows without USERNAME
        return "unknown"


def approved_with(command: str, reason: str, stdin: TextIO | None, option: str) -> str:
    """Describe how something is approved: the command, and whether it runs unattended.

    Raises:
        UsageError: There is no reason, which ``option`` could give, and ``CI`` is set or ``stdin`` is no
            terminal.
    """
    # All common services set it.
    if os.environ.get("CI", "").lower() not in ("", "0", "false", "no"):
        unwatched = "in CI"
    elif stdin is None or not stdin.isatty():
        unwatched = "without a terminal"
    else:
        return command
    if not reason.strip():
        raise UsageError(
            f"{command} {unwatched} needs a reason: add {option}. Reviewers find it in the baselines"
        )
    return f"{command}, {unwatched}"


def now() -> str:
    """This moment in UTC, ISO 8601 with whole seconds: ``2025-03-01T12:00:00Z``."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def git(folder: Path, *arguments: str) -> str:
    """The output of a git command in a folder; empty if git is missing or fails."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=folder,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
