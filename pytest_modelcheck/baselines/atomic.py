"""Writing files so that whoever reads them, even after a kill, sees the old ones or the new ones.

A file is replaced by renaming a finished draft. Several files together need more, since a process may be
killed between two renames: their drafts are listed in a journal first. Once the journal is there, all of
them count as written; whoever finds it (:func:`recover`) does the renames that are left.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Self

from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX: Final = ".modelcheck-"
_SUFFIX: Final = ".tmp"
_JOURNAL: Final = ".journal"
_ABANDONED: Final = 3600.0
"""Seconds after which a temporary file belongs to a process that was killed."""


class Batch:
    """Files that are put in place together: all drafts are written before the first one takes its place.

    As a context: leaving it puts the files in place; leaving it with an exception removes the drafts and
    touches nothing else.

    Args:
        root: The folder that everything lies below. With it, a kill leaves all files old or, once
            :func:`recover` has run, all files new; without, each file by itself.
        durable: Wait until the disk has everything, so that a power cut loses nothing either.
    """

    def __init__(self, root: Path | None = None, *, durable: bool = True) -> None:
        self._root = root
        self._durable = durable
        self._steps: list[tuple[Path | None, Path]] = []
        self._announced = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            for draft, _path in self._steps:
                if draft is not None and not self._announced:
                    draft.unlink(missing_ok=True)

    def add(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write what ``path`` shall hold; its folders are made."""
        draft = self._draft(path)
        self._steps.append((draft, path))
        _write_new(draft, chunks, durable=self._durable)

    def remove(self, path: Path) -> None:
        """Let there be no file at ``path``; folders that this leaves empty go too, up to the root."""
        self._steps.append((None, path))

    def _draft(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")

    def _commit(self) -> None:
        journal = self._announce() if self._root is not None and len(self._steps) > 1 else None
        _carry_out(self._steps, self._root)
        if self._durable:
            for folder in {path.parent for _, path in self._steps if path.parent.is_dir()}:
                _sync_folder(folder)
        if journal is not None:
            journal.unlink(missing_ok=True)

    def _announce(self) -> Path:
        """From the moment that the journal has its name, all steps count as done."""
        root = self._root or Path()
        root.mkdir(parents=True, exist_ok=True)
        steps = [
            [None if draft is None else draft.relative_to(root).as_posix(), path.relative_to(root).as_posix()]
            for draft, path in self._steps
        ]
        journal = root / f"{_PREFIX}{secrets.token_hex(8)}{_JOURNAL}"
        draft = self._draft(journal)
        try:
            _write_new(draft, [json.dumps(steps).encode()], durable=self._durable)
            draft.replace(journal)
            self._announced = True
        finally:
            draft.unlink(missing_ok=True)
        if self._durable:
            _sync_folder(root)
        return journal


def recover(root: Path) -> None:
    """Finish what killed processes have announced below ``root``, so that every file is new.

    Nothing is lost where somebody else is just finishing the same: a draft that is gone is in its place.

    Raises:
        BaselineError: A journal names a place outside ``root``, or nothing may be written here.
    """
    for journal in root.glob(f"{_PREFIX}*{_JOURNAL}"):
        try:
            _finish(journal, root)
        except FileNotFoundError:
            continue  # whoever wrote it has just finished
        except OSError as error:
            raise BaselineError(
                located(
                    f"an approval was killed half-way, and cannot be finished here ({error}). Make the "
                    "folder writable, or restore it from git and remove this file.",
                    str(journal),
                )
            ) from error


def _finish(journal: Path, root: Path) -> None:
    _carry_out(_steps_in(journal.read_text(encoding="utf-8"), journal, root), root)
    journal.unlink(missing_ok=True)


def _steps_in(text: str, journal: Path, root: Path) -> list[tuple[Path | None, Path]]:
    try:
        pairs = [
            (None if draft is None else _below(root, draft), _below(root, path))
            for draft, path in json.loads(text)
        ]
    except (ValueError, TypeError) as error:
        raise BaselineError(
            located(
                f"not what an approval leaves when it is killed ({error}). Remove this file, and approve "
                "again.",
                str(journal),
            )
        ) from error
    return pairs


def _below(root: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise ValueError(f"{name!r} is not below {root}")
    return root.joinpath(*parts)


def _carry_out(steps: Iterable[tuple[Path | None, Path]], root: Path | None) -> None:
    for draft, path in steps:
        if draft is None:
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, root)
        else:
            with suppress(FileNotFoundError):  # in its place already
                draft.replace(path)


def _remove_empty(folder: Path, root: Path | None) -> None:
    """Remove folders that are empty, upwards, below the root."""
    while root is not None and folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:  # not empty, or gone
            return
        folder = folder.parent


def _write_new(path: Path, chunks: Iterable[bytes], *, durable: bool) -> None:
    with path.open("xb") as file:
        file.writelines(chunks)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def replace(path: Path, chunks: Iterable[bytes], *, durable: bool = True) -> None:
    """Put ``chunks`` in the place of one file, all or nothing."""
    with Batch(durable=durable) as batch:
        batch.add(path, chunks)


def sweep(folder: Path) -> None:
    """Remove the drafts below ``folder`` that killed processes left behind."""
    oldest = time.time() - _ABANDONED
    for draft in folder.rglob(f"{_PREFIX}*{_SUFFIX}"):
        if draft.stat().st_mtime < oldest:
            draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where folders can be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
