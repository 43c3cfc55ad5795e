"""Writing a file so that whoever reads it, even after a kill, sees the old one or the new one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PREFIX: Final = ".modelcheck-"
_SUFFIX: Final = ".tmp"
_ABANDONED: Final = 3600.0
"""Seconds after which a temporary file belongs to a process that was killed."""


def replace(path: Path, chunks: Iterable[bytes], *, durable: bool = True) -> None:
    """Put ``chunks`` in the place of ``path``, all or nothing.

    Args:
        path: The file; its folders are made.
        chunks: What it shall hold. Where the iteration raises, the old file stays.
        durable: Wait until the disk has it, so that a power cut loses nothing either.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        with draft.open("xb") as file:
            file.writelines(chunks)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


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
