"""Writing a file so that whoever reads it, even after a kill, sees the old one or the new one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PREFIX: Final = ".modelcheck-"
_SUFFIX: Final = ".tmp"
_ABANDONED: Final = 3600.0
"""Seconds after which a temporary file belongs to a process that was killed."""


class Batch:
    """Files that are put in place together: all drafts are written before the first one takes its place.

    As a context: leaving it puts the files in place, in the order in which they were added; leaving it with
    an exception removes the drafts and touches nothing else.

    Args:
        durable: Wait until the disk has everything, so that a power cut loses nothing either.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self._durable = durable
        self._drafts: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            for draft, _path in self._drafts:
                draft.unlink(missing_ok=True)

    def add(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write what ``path`` shall hold; its folders are made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
        self._drafts.append((draft, path))
        with draft.open("xb") as file:
            file.writelines(chunks)
            if self._durable:
                file.flush()
                os.fsync(file.fileno())

    def _commit(self) -> None:
        for draft, path in self._drafts:
            draft.replace(path)
        if self._durable:
            for folder in {path.parent for _, path in self._drafts}:
                _sync_folder(folder)


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
