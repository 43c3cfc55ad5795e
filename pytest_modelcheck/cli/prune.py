"""``modelcheck prune``: removes the baselines of tests that do not exist any more, or ask another model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines.moves import gone, remove
from pytest_modelcheck.canonical.wording import plural
from pytest_modelcheck.cli.collected import existence
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import echo, indented, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.cli.workspace import Workspace


def prune(workspace: Workspace, *, yes: bool) -> None:
    """List what is of no use, and remove it once that is agreed to."""
    store, candidates = workspace.store, workspace.candidates
    approved, ran = list(store.everything()), list(candidates.everything())
    exists = existence(workspace.project, (header for _, header in (*approved, *ran)))
    useless, forgotten = gone(iter(approved), exists), gone(iter(ran), exists)
    if not useless and not forgotten:
        echo(f"Nothing to prune: every test in {shown(store.root)} still exists.")
        return
    print_lines(_told(useless, forgotten))
    if yes or click.confirm("Remove them?"):
        remove(store.root, [path for path, _ in useless])
        remove(candidates.root, [path for path, _ in forgotten])
        echo("Removed: look at it with git diff, and commit it." if useless else "Removed.")
    else:
        echo("Nothing was removed. A test that only moved: modelcheck rename OLD NEW")


def _told(useless: Sequence[tuple[Path, Header]], forgotten: Sequence[tuple[Path, Header]]) -> Iterator[str]:
    if useless:
        yield f"{plural(len(useless), 'baseline')} that no test is left for:"
        yield from indented(f"{head.test}  ({head.model} {head.version})" for _, head in useless)
    if forgotten:
        yield f"{plural(len(forgotten), 'candidate')} that no test is left for, in the cache:"
        yield from indented(f"{head.test}  ({head.model} {head.version})" for _, head in forgotten)
