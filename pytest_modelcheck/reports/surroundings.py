"""When, where and from which commit a report is made.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import platform
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PATIENCE: Final = 5.0
_COMMIT: Final = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "GIT_COMMIT")
_BRANCH: Final = ("GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BUILDKITE_BRANCH", "CIRCLE_BRANCH", "GIT_BRANCH")
_JOB: Final = ("CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL")


def versions(**more: str) -> dict[str, str]:
    """The versions that a report names: our own, Python's, and those given."""
    from pytest_modelcheck import __version__

    return {"pytest-modelcheck": __version__, "Python": platform.python_version(), **more}


def environment(folder: Path, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The operating system, and the commit, branch and CI job as far as they are known.

    Nothing else is taken from the environment: it may hold secrets.

    Args:
        folder: The project's folder.
        variables: The environment.
    """
    found = {
        "system": platform.platform(),
        "commit": _first(variables, _COMMIT) or _git(folder, "rev-parse", "HEAD"),
        "branch": _first(variables, _BRANCH) or _git(folder, "branch", "--show-current"),
        "job": _first(variables, _JOB) or _github_job(variables),
    }
    return {name: value for name, value in found.items() if value}


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((variables[name] for name in names if variables.get(name)), "")


def _github_job(variables: Mapping[str, str]) -> str:
    parts = [variables.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""


def _git(folder: Path, *arguments: str) -> str:
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
