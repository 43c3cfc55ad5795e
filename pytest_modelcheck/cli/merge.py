"""``modelcheck merge``: what the jobs of a sharded run left, brought together.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines import atomic, names, watch
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.objections import differences
from pytest_modelcheck.canonical.text import plural
from pytest_modelcheck.cli.project import shown
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.workspace import candidates_in
from pytest_modelcheck.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.cli.workspace import Workspace

    Key = tuple[str, str, str]


def merge(workspace: Workspace, folders: Sequence[Path]) -> None:
    """Copy the candidates of all folders into the project's own, and add their nights: all of them, or none.

    Raises:
        BaselineError: Two folders hold different runs of the same check and version.
    """
    watched = [folder for folder in dict.fromkeys(folders) if watch.path_of(folder).exists()]
    nights = [night for folder in watched for night in watch.read(folder)]
    found = _found([folder for folder in folders if folder not in watched])
    if watched:
        watch.unite(workspace.store.root, nights)
        lines = plural(len(nights), "line")
        echo(f"{lines} of {names.WATCH} united with those in {shown(workspace.store.root)}: commit it")
    if not found:
        return
    atomic.sweep(workspace.candidates.root)
    with atomic.Batch(workspace.candidates.root, durable=False) as batch:
        for key, stores in found.items():
            workspace.candidates.take(batch, _agreed(key, stores))
    print_lines(_told(found, workspace.candidates.root))


def _found(folders: Sequence[Path]) -> dict[Key, list[CandidateStore]]:
    """The stores that hold a run of each check and version, in the order in which they are named."""
    found: dict[Key, list[CandidateStore]] = {}
    for folder in dict.fromkeys(candidates_in(folder).resolve() for folder in folders):
        store = CandidateStore(folder)
        for _, header in store.everything():
            found.setdefault((header.model, header.test, header.version or ""), []).append(store)
    return found


def _agreed(key: Key, stores: Sequence[CandidateStore]) -> Baseline:
    """The first run of a check, once all others are seen to say the same."""
    first, *others = (_read(store, key) for store in stores)
    for other in others:
        if differing := differences(first, other):
            model, check, version = key
            raise BaselineError(
                f"{check} was run with {model} {version} in two of the jobs, and came out differently "
                f"({', '.join(differing)}):\n  {first.path}\n  {other.path}\n"
                "Nothing was merged. Name only the folder whose run shall count."
            )
    return first


def _read(store: CandidateStore, key: Key) -> Baseline:
    model, check, version = key
    candidate = store.read(model, check, version)
    if candidate is None:
        raise BaselineError(f"the candidate of {check} has just been removed from {store.root}.")
    return candidate


def _told(found: dict[Key, list[CandidateStore]], root: Path) -> Iterator[str]:
    for model, version in sorted({(model, version) for model, _, version in found}):
        stores = [found[key] for key in found if (key[0], key[2]) == (model, version)]
        agreeing = sum(len(several) > 1 for several in stores)
        same = f" ({agreeing} of them in several folders, which agree)" if agreeing else ""
        yield from indented([f"{model} {version}: {plural(len(stores), 'check')}{same}"])
    yield (
        click.style("merged", fg="green") + f" into {shown(root)}. Next: modelcheck diff, modelcheck approve"
    )
