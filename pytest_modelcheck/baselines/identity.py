"""Who approves, and when.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import datetime as dt
import getpass
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 10.0


def approver(folder: Path) -> str:
    """The git identity that holds in ``folder``, ``"Name <address>"``, else the name of the login.

    Git need not be installed, and ``folder`` need not be a repository.
    """
    name, address = _git_setting(folder, "user.name"), _git_setting(folder, "user.email")
    if name and address:
        return f"{name} <{address}>"
    return name or address or _login()


def now() -> str:
    """This moment in UTC, ISO 8601 with whole seconds: ``2025-03-01T12:00:00Z``."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _git_setting(folder: Path, name: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            ["git", "config", "--get", name],  # noqa: S607 - whichever git the user has
            cwd=folder,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without an entry, Windows without USERNAME
        return "unknown"
