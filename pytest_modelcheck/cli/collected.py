"""Which tests there are, as pytest itself says.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.cli.screen import harmless
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pytest_modelcheck.cli.project import Project

_FINE: Final = (0, 5)
"""pytest's exit codes for tests collected, and for none found."""


def existence(project: Project, checks: Iterable[str]) -> Callable[[str], bool]:
    """Ask pytest to collect the files that checks are said to be in; find out which checks exist.

    Raises:
        UsageError: pytest cannot collect them, so that nothing is known.
    """
    files = sorted({check.partition("::")[0] for check in checks})
    there = [file for file in files if (project.root / file).is_file()]
    collected = frozenset(_collected(project, there) if there else ())
    return lambda check: _is_collected(check, collected)


def _is_collected(check: str, collected: Collection[str]) -> bool:
    """Whether a check is a test, or one of the checks that a test makes at run time."""
    return check in collected or any(check.startswith(f"{test}::") for test in collected)


def _collected(project: Project, files: Iterable[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "collected.json"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--modelcheck-collected={found}"]
        command += ["--rootdir", str(project.root), "-p", "no:cacheprovider"]
        if importlib.util.find_spec("xdist") is not None:
            command += ["-n", "0"]  # workers would collect, and not tell
        done = subprocess.run(  # noqa: S603 - this Python, and files of the project
            [*command, *files], cwd=project.root, capture_output=True, text=True, check=False
        )
        if done.returncode not in _FINE or not found.is_file():
            raise UsageError(
                "pytest cannot collect the tests, so that nobody knows which of them still exist. It says:\n"
                + harmless((done.stdout + done.stderr).strip())
            )
        return list(json.loads(found.read_text(encoding="utf-8")))
