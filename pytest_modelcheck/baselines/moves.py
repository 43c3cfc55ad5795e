"""Baselines and candidates of tests that were renamed or deleted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.baselines import baseline, header, names, watch
from pytest_modelcheck.baselines.atomic import Batch
from pytest_modelcheck.errors import BaselineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header
    from pytest_modelcheck.baselines.store import BaselineStore


@dataclass(frozen=True, slots=True)
class Move:
    """A file of stored results to move to another test's name."""

    path: Path
    target: Path
    header: Header
    check: str


def renamed(check: str, old: str, new: str) -> str | None:
    """The name of a check after ``old`` was renamed to ``new``; ``None`` if it is not affected.

    Both are a folder, a file, a class or a test, as pytest writes node ids.

    >>> renamed("tests/test_a.py::TestX::test_b[1]", "tests/test_a.py", "tests/unit/test_a.py")
    'tests/unit/test_a.py::TestX::test_b[1]'
    >>> renamed("tests/test_a.py::test_b[1]", "tests/test_a.py::test_b", "tests/test_a.py::test_c")
    'tests/test_a.py::test_c[1]'
    >>> renamed("tests/test_a.py::test_bc", "tests/test_a.py::test_b", "tests/test_a.py::test_c")
    >>> renamed("tests/test_a.py::test_b[2]", "tests/test_a.py::test_b", "tests/test_a.py::test_b[1]")
    """
    old, new = old.rstrip("/"), new.rstrip("/")
    if check == old:
        return new
    rest = check.removeprefix(old)
    # A test that is parametrized now: its other parameters have results of their own.
    parts = ("::", "/") if new.endswith("]") else ("::", "[", "/")
    return new + rest if rest != check and rest.startswith(parts) else None


def refuse_odd(old: str, new: str) -> None:
    """Refuse a new name that is empty, leads out of the project, or is of another kind than the old one."""
    if mistake := _mistake(old, new):
        raise UsageError(
            f"{old!r} cannot be called {new!r}: {mistake}. Write it as pytest does, from the project's "
            "folder, such as tests/test_a.py or tests/test_a.py::test_b"
        )


def _mistake(old: str, new: str) -> str:
    file, *inner = new.partition("[")[0].rstrip("/").split("::")
    parts = file.split("/")
    if not all((*parts, *inner)):
        return "part of it is empty"
    if {".", ".."} & set(parts) or "\\" in file:
        return "it is not the path of a file or folder below the project's"
    if bool(inner) != ("::" in old):
        return "one is a test or a class, the other a file or a folder"
    if old.rstrip("/").endswith(".py") and not file.endswith(".py"):
        return "one is a file, the other a folder"
    return ""


def moves(entries: Iterable[tuple[Path, Header]], old: str, new: str) -> list[Move]:
    """Every file of baselines (including the history) or candidates that a renaming moves."""
    found = []
    for path, head in entries:
        check = renamed(head.test, old, new)
        if check is not None:
            parts = names.check_path(head.test).parts
            if path.parts[-len(parts) :] != parts:
                wrong = f"{path} is not where the behaviour of {head.test} belongs"
                raise BaselineError(f"{wrong}. Move it back by hand.")
            folder = path.parents[len(parts) - 1]  # of a model, a version, or the history
            found.append(Move(path, folder / names.check_path(check), head, check))
    return found


def move(root: Path, planned: Collection[Move]) -> None:
    """Move baselines and their nights, all or none; only the names in headers change.

    Raises:
        UsageError: Something else is already stored under a new name.
    """
    with Batch(root) as batch:
        add_moves(batch, root, planned)
        new = {one.header.test: one.check for one in planned}
        watch.rewrite(
            batch,
            root,
            lambda night: dataclasses.replace(night, check=new[night.check]) if night.check in new else night,
        )


def add_moves(batch: Batch, root: Path, planned: Collection[Move]) -> None:
    """Add moves to a batch; only the names in headers change.

    Raises:
        UsageError: Something else is already stored under a new name.
    """
    # A target may be in use by a file that moves away itself, as when two tests swap names.
    leaving = {one.path for one in planned}
    for one in planned:
        if one.target.exists() and one.target not in leaving:
            raise UsageError(
                f"{one.check} already has a baseline ({one.target.relative_to(root)}). "
                "Remove one of the two first."
            )
    arriving = {one.target for one in planned}
    for one in planned:
        batch.add(one.target, _under_new_name(one))
    for path in leaving - arriving:
        batch.remove(path)


def remove(root: Path, paths: Collection[Path], nights: Collection[watch.Night] = ()) -> None:
    """Remove baseline files and nights, all or none, and folders that this leaves empty."""
    with Batch(root) as batch:
        for path in paths:
            batch.remove(path)
        places = {night.place for night in nights}
        watch.rewrite(batch, root, lambda night: None if night.place in places else night)


def uncounted(
    store: BaselineStore, nights: Iterable[watch.Night], removed: Collection[Path] = ()
) -> Iterator[watch.Night]:
    """The nights without an approval: it was replaced, or its file is among those removed.

    Raises:
        BaselineError: A baseline is damaged.
    """
    approvals: dict[tuple[str, str, str], str | None] = {}
    for night in nights:
        key = night.model, night.check, night.version
        if key not in approvals:  # a year of nights would read each baseline hundreds of times
            held = None if store.path(*key) in removed else store.read(*key)
            approvals[key] = None if held is None else watch.approval_of(held)
        if night.approval != approvals[key]:
            yield night


def _under_new_name(one: Move) -> Iterator[bytes]:
    with baseline.opened(one.path) as file:
        # Only the header names the test, so the lines and their checksums are copied as they are.
        file.readline()
        # The source moves with the test's own file, and stays elsewhere.
        place, separator, qualname = one.header.source.partition("::")
        if place == one.header.test.partition("::")[0]:
            place = one.check.partition("::")[0]
        head = dataclasses.replace(
            one.header,
            test=one.check,
            source=f"{place}{separator}{qualname}",
            run={},  # a report names the test; the next run leaves another
        )
        yield header.encode(head) + b"\n"
        yield from file
