"""Claims: calls that some process is making right now, so that no other pays for them, too.

A claim is a lock on one byte of a file, at a place that stands for the question. The operating system lets
go of it when the process ends, however it ends.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import errno
import os
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BUSY: Final = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


class Claims:
    """The claims of this process on questions to all models.

    A file system that knows no locks grants every claim: there, two processes may ask the same at the same
    moment, and both pay.

    Args:
        path: The file, made at the first claim. It stays empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[int] = set()

    def take(self, namespace: str, key: bytes) -> bool:
        """Claim a question; not where another process has."""
        place = _place(namespace, key)
        if place in self._held:
            return True
        try:
            _lock(self._open(), place)
        except OSError as error:
            return error.errno not in _BUSY
        self._held.add(place)
        return True

    def release(self, namespace: str, keys: Iterable[bytes]) -> None:
        """Let go of questions that are answered, or will not be."""
        for place in {_place(namespace, key) for key in keys} & self._held:
            self._held.discard(place)
            _unlock(self._open(), place)

    def close(self) -> None:
        """Let go of everything."""
        if self._file is not None:
            for place in self._held:
                _unlock(self._file, place)
            self._held.clear()
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        return self._file


if sys.platform == "win32":
    import msvcrt

    _PLACES = (1 << 31) - 1
    """Range of the C library's byte locks. Of two calls with the same byte, one waits for the other."""

    def _lock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    _PLACES = 1 << 62
    """Bytes that a file can have, at most."""

    def _lock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

    def _unlock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, place)


def _place(namespace: str, key: bytes) -> int:
    digest = blake2b(key, key=blake2b(namespace.encode("utf-8", "surrogatepass")).digest(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") % _PLACES
