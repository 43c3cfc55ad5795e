"""Which questions some process is putting to a model right now, so that no other pays for them, too.

A claim is a lock on one byte of a file, at a place that stands for the question. The operating system lets
go of it when the process ends, however it ends.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PLACES = 1 << 62
"""How many bytes the file could have; it stays empty."""


class Claims:
    """The claims of this process on questions to all models.

    Where the system has no locks on parts of a file (Windows), every claim is granted: then two processes
    may ask the same at the same moment, and both pay.

    Args:
        path: The file, made at the first claim.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, namespace: str, key: bytes) -> bool:
        """Claim a question; not where another process has."""
        try:
            import fcntl
        except ModuleNotFoundError:
            return True
        try:
            fcntl.lockf(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(namespace, key))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            return True  # a file system without locks
        return True

    def release(self, namespace: str, keys: Iterable[bytes]) -> None:
        """Let go of questions that are answered, or will not be."""
        if self._file is None:
            return
        import fcntl

        for key in keys:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(namespace, key))

    def close(self) -> None:
        """Let go of everything."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        return self._file


def _place(namespace: str, key: bytes) -> int:
    digest = blake2b(key, key=blake2b(namespace.encode("utf-8", "surrogatepass")).digest(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") % _PLACES
