"""The tests that exist and the models that they use, as pytest itself says.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.baselines.provenance import defines
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.project import Project

_FINE: Final = (0, 5)
"""pytest's exit codes for tests collected, and for none found."""


def existence(project: Project, headers: Iterable[Header]) -> Callable[[Header], bool]:
    """Ask pytest to collect the files that checks are said to be in; find out which still ask their model.

    Raises:
        UsageError: pytest cannot collect them, so that nothing is known.
    """
    headers = list(headers)
    files = sorted({header.test.partition("::")[0] for header in headers})
    there = [file for file in files if (project.root / file).is_file()]
    collected = _collected(project, there)
    if not collected and not all(_is_written(project.root, header.test) for header in headers):
        raise UsageError(
            f"pytest collects no test in {shown(project.root)}, so that nobody knows which of them still "
            "exist. Run the command in the folder of the tests, or remove the files yourself (git rm)"
        )
    silent = set(there) - {test.partition("::")[0] for test in collected}
    return lambda header: (
        _asks(header, collected)
        or (header.test.partition("::")[0] in silent and _is_written(project.root, header.test))
    )


def _asks(header: Header, collected: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a check is a test that uses its model, or one that such a test makes at run time."""
    if header.test in collected:
        return header.model in collected[header.test]
    return any(
        header.test.startswith(f"{test}::") and header.model in models for test, models in collected.items()
    )


def _is_written(root: Path, check: str) -> bool:
    """Return whether a file of which nothing was collected (it may have been skipped) spells a test out."""
    file, _, rest = check.partition("::")
    return (root / file).is_file() and defines(root / file, rest.partition("[")[0].replace("::", "."))


def _collected(project: Project, files: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The models that each test uses, by node id."""
    arguments = ["--rootdir", str(project.root), "--confcutdir", str(project.root), *files]
    unknown = "so that nobody knows which of them still exist"
    return dict(told_by_pytest("--modelcheck-collected", arguments, project.root, unknown))


def told_by_pytest(
    option: str, arguments: Iterable[str], folder: Path, consequence: str, *, collect_only: bool = True
) -> Any:
    """Let pytest collect tests, and our plugin write what it sees of them.

    Args:
        option: The option of ours that takes the file to write.
        arguments: What else pytest is told.
        folder: Where it runs.
        consequence: What it means if it cannot.
        collect_only: Whether no test is run. Of a run, failures are no reason to be told nothing.

    Raises:
        UsageError: pytest cannot collect them.
    """
    with tempfile.TemporaryDirectory() as temporary:
        found = Path(temporary) / "told.json"
        command = [sys.executable, "-m", "pytest", "-q", f"{option}={found}", "-p", "no:cacheprovider"]
        command += ["--collect-only"] if collect_only else []
        if importlib.util.find_spec("xdist") is not None:
            # Workers would collect, and not tell. The plugin is named, as not all plugins need be loaded.
            command += ["-p", "xdist", "-n", "0"]
        done = subprocess.run(  # noqa: S603 - this Python, and files of the project
            [*command, *arguments], cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode not in (_FINE if collect_only else (*_FINE, 1)) or not found.is_file():
            raise UsageError(
                f"pytest cannot collect the tests, {consequence}. It says:\n"
                + (done.stdout + done.stderr).strip()
            )
        return json.loads(found.read_text(encoding="utf-8"))
