"""The time, place and commit of a report.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.records import CaseResult, Origin
    from pytest_modelcheck.reports.model import CheckReport

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


def place(check: CheckReport, case: CaseResult | None, top: str) -> tuple[str, int]:
    """The file and line of a case; of its test, where the case stands in no file.

    Args:
        check: The check.
        case: The case, or ``None`` for the test itself.
        top: The folder of the repository; empty for the current one.
    """
    origin = check.origin
    if case is not None and case.origin is not None and case.origin.line is not None:
        origin = case.origin
    if origin is None:
        return check.verdict.check.partition("::")[0], 1
    return _in_repository(origin, Path(top) if top else Path.cwd()), origin.line or 1


def _in_repository(origin: Origin, top: Path) -> str:
    """A path as it is from ``top``: it was noted down from a folder in between, or from here."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = folder / origin.path
        if found.is_file() and found.is_relative_to(top):
            return found.relative_to(top).as_posix()
    return PurePath(origin.path).as_posix()
