"""``modelcheck merge``: what the jobs of a sharded run left, brought together.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import indented, print_lines
from pytest_modelcheck.cli.workspace import candidates_in
from pytest_modelcheck.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.cli.workspace import Workspace

    Key = tuple[str, str, str]


def merge(workspace: Workspace, folders: Sequence[Path]) -> None:
    """Copy the candidates of all folders into the project's own.

    Raises:
        BaselineError: Two folders hold different runs of the same check and version.
    """
    found = _found(folders)
    for (model, check, version), (_, store) in found.items():
        candidate = store.read(model, check, version)
        if candidate is None:
            raise BaselineError(f"the candidate of {check} has just been removed from {store.root}.")
        workspace.candidates.take(candidate)
    print_lines(_told(found, workspace.candidates.root))


def _found(folders: Sequence[Path]) -> dict[Key, tuple[Path, CandidateStore]]:
    found: dict[Key, tuple[Path, CandidateStore]] = {}
    for folder in folders:
        store = CandidateStore(candidates_in(folder))
        for path, header in store.everything():
            key = (header.model, header.test, header.version or "")
            other = found.setdefault(key, (path, store))[0]
            if other != path and other.read_bytes() != path.read_bytes():
                raise BaselineError(
                    f"{header.test} was run with {header.model} {header.version} in two of the jobs, and "
                    f"came out differently:\n  {other}\n  {path}\nName only the folder whose run shall count."
                )
    return found


def _told(found: dict[Key, tuple[Path, CandidateStore]], root: Path) -> Iterator[str]:
    for model, version in sorted({(model, version) for model, _, version in found}):
        count = sum((one, ran) == (model, version) for one, _, ran in found)
        yield from indented([f"{model} {version}: {plural(count, 'check')}"])
    yield (
        click.style("merged", fg="green") + f" into {shown(root)}. Next: modelcheck diff, modelcheck approve"
    )
