"""``modelcheck baselines`` and ``modelcheck merge``: baselines of tests that moved, and of sharded runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pytest_modelcheck.baselines import atomic, names, watch
from pytest_modelcheck.baselines.candidates import CandidateStore
from pytest_modelcheck.baselines.moves import add_moves, move, moves, refuse_odd, remove, uncounted
from pytest_modelcheck.baselines.objections import differences
from pytest_modelcheck.cli.project import candidates_in, with_workspace
from pytest_modelcheck.cli.screen import echo, indented, print_lines
from pytest_modelcheck.cli.suite import existence
from pytest_modelcheck.cli.targets import FOLDER
from pytest_modelcheck.display import shown_path
from pytest_modelcheck.errors import BaselineError, UsageError
from pytest_modelcheck.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.cli.project import Workspace

    Key = tuple[str, str, str]


@click.group()
def baselines() -> None:
    """Move or remove baselines of renamed or deleted tests."""


@baselines.command()
@click.argument("old")
@click.argument("new")
@with_workspace
def rename(workspace: Workspace, old: str, new: str) -> None:
    """Give a renamed or moved test its baseline back.

    OLD and NEW are node ids of tests or classes, files, or folders, relative to the project's folder.
    """
    refuse_odd(old, new)
    store, candidates = workspace.store, workspace.candidates
    approved, moved_runs = moves(store.everything(), old, new), moves(candidates.everything(), old, new)
    if not approved and not moved_runs:
        raise UsageError(f"no baseline or run of {old} is stored. See all: modelcheck list")
    # Where the test was run under its new name already, that run says more than the one before.
    stale = {one.path for one in moved_runs if one.path != one.target and one.target.exists()}
    # All or nothing: the candidates are ready to be moved before the baselines are.
    with atomic.Batch(candidates.root if moved_runs else None, durable=False) as batch:
        add_moves(batch, candidates.root, [one for one in moved_runs if one.path not in stale])
        for path in stale:
            batch.remove(path)
        if approved:
            move(store.root, approved)
    print_lines(
        indented(
            f"{one.header.test} → {one.check} ({one.header.model} {one.header.version})" for one in approved
        )
    )
    if approved:
        place = shown_path(store.root)
        echo(f"{plural(len(approved), 'baseline')} renamed in {place}: commit this with the test.")
    if moved_runs:
        echo(f"{plural(len(moved_runs), 'candidate')} renamed (they are not in git).")


@baselines.command()
@click.option("--yes", is_flag=True, help="Remove without asking.")
@with_workspace
def prune(workspace: Workspace, *, yes: bool) -> None:
    """Remove the baselines that no test uses.

    Their test was deleted, or uses another model. Asks pytest which tests exist, lists what would be removed,
    and asks before it removes anything.
    """
    store, candidates = workspace.store, workspace.candidates
    approved, runs = list(store.everything()), list(candidates.everything())
    exists = existence(workspace.project, (header for _, header in (*approved, *runs)))
    useless, forgotten = ([entry for entry in some if not exists(entry[1])] for some in (approved, runs))
    removed = {path for path, _ in useless}
    nights = list(uncounted(store, watch.read(store.root), removed))
    if not useless and not forgotten and not nights:
        echo(f"Nothing to prune: every test in {shown_path(store.root)} still exists.")
        return
    for some, what, where in ((useless, "baseline", ""), (forgotten, "candidate", ", in the cache")):
        if some:
            echo(f"{plural(len(some), what)} without a test{where}:")
            print_lines(indented(f"{head.test}  ({head.model} {head.version})" for _, head in some))
    if nights:
        echo(f"{plural(len(nights), 'line')} of {names.WATCH} that count under no approval any more.")
    if yes or click.confirm("Remove them?"):
        # Baselines last: where a candidate cannot be removed, none is missing without a word.
        if forgotten:
            remove(candidates.root, [path for path, _ in forgotten])
        if useless or nights:
            remove(store.root, removed, nights)
        echo("Removed: look at it with git diff, and commit it." if useless or nights else "Removed.")
    else:
        echo("Nothing was removed. A test that only moved: modelcheck baselines rename OLD NEW")


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@with_workspace
def merge(workspace: Workspace, folders: tuple[Path, ...]) -> None:
    """Merge the results of the jobs of a sharded CI run.

    Each FOLDER is a job's cache folder (.modelcheck_cache), its folder of candidates, or a folder with its
    watch.jsonl.
    """
    watched = [folder for folder in dict.fromkeys(folders) if watch.path_of(folder).exists()]
    stores: dict[Path, CandidateStore] = {}
    for folder in folders:
        try:
            candidates = candidates_in(folder).resolve()
        except BaselineError:
            if folder not in watched:
                raise
        else:
            stores.setdefault(candidates, CandidateStore(candidates))
    # The stores that hold a run of each check and version, in the order in which they are named.
    found: dict[Key, list[CandidateStore]] = {}
    for store in stores.values():
        for _, header in store.everything():
            found.setdefault((header.model, header.test, header.version or ""), []).append(store)
    nights = [night for folder in watched for night in watch.read(folder)]
    root = workspace.candidates.root if found else None
    if root is not None:
        atomic.sweep(root)
    # All or nothing: half a merge would look like a whole run.
    with atomic.Batch(root, durable=False) as batch:
        for key, several in found.items():
            workspace.candidates.take(batch, _agreed(key, several))
        if nights:
            watch.unite(workspace.store.root, nights)
    if watched:
        lines = plural(len(nights), "line")
        echo(f"{lines} of {names.WATCH} united with those in {shown_path(workspace.store.root)}: commit it.")
    if root is not None:
        print_lines(_merged_lines(found, root))


def _agreed(key: Key, stores: Sequence[CandidateStore]) -> Baseline:
    """The first run of a check, after verifying that the others are equal to it."""
    model, check, version = key
    runs = []
    for store in stores:
        candidate = store.read(model, check, version)
        if candidate is None:
            raise BaselineError(f"the candidate of {check} has just been removed from {store.root}.")
        runs.append(candidate)
    first, *others = runs
    for other in others:
        if differing := list(differences(first, other)):
            raise BaselineError(
                f"{check} was run with {model} {version} in two of the jobs, and came out differently "
                f"({', '.join(differing)}):\n  {first.path}\n  {other.path}\n"
                "Nothing was merged. Remove the file that shall not count, or leave out its folder."
            )
    return first


def _merged_lines(found: dict[Key, list[CandidateStore]], root: Path) -> Iterator[str]:
    for model, version in sorted({(model, version) for model, _, version in found}):
        stores = [found[key] for key in found if (key[0], key[2]) == (model, version)]
        agreeing = sum(len(several) > 1 for several in stores)
        same = f" ({agreeing} of them in several folders, which agree)" if agreeing else ""
        yield from indented([f"{model} {version}: {plural(len(stores), 'check')}{same}"])
    yield (
        click.style("merged", fg="green")
        + f" into {shown_path(root)}. Next: modelcheck diff, modelcheck approve"
    )
