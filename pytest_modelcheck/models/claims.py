"""Claims on calls that a process is making, so that no other process makes them, too."""

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
    """The claims of this process on calls, of all models.

    A claim is a lock on one byte of a file; the byte's position is a hash of the call. The operating system
    releases the lock when the process ends, even by a crash.

    On a file system without locks, and in a folder that cannot be written, every claim succeeds. Then two
    processes may make the same call at the same time, and both pay for it.

    Args:
        path: The file, which is created at the first claim and stays empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[int] = set()

    def take(self, namespace: str, key: bytes) -> bool:
        """Claim a call; return ``False`` if another process has claimed it."""
        place = _place(namespace, key)
        if place in self._held:
            return True
        try:
            file = self._open()
        except OSError:  # the folder cannot be written: make the call without a claim
            return True
        try:
            _lock(file, place)
        except OSError as error:
            return error.errno not in _BUSY
        self._held.add(place)
        return True

    def release(self, namespace: str, keys: Iterable[bytes]) -> None:
        """Release the claims on calls that are answered, or will not be made."""
        for place in {_place(namespace, key) for key in keys} & self._held:
            self._held.discard(place)
            _unlock(self._open(), place)

    def close(self) -> None:
        """Release all claims and close the file."""
        if self._file is not None:
            for place in self._held:
                _unlock(self._file, place)
            self._held.clear()
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Opened once: POSIX locks belong to the process and the file, so closing any other handle of it
            # would release all of them.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        return self._file


if sys.platform == "win32":
    import msvcrt

    # The range of the C library's byte locks. Two calls that share a byte are made one after the other.
    _PLACES = (1 << 31) - 1

    def _lock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    _PLACES = 1 << 62  # within the offsets that fcntl accepts

    def _lock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

    def _unlock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, place)


def _place(namespace: str, key: bytes) -> int:
    # Two calls may share a place by accident. They are then made one after the other, which is slower and
    # not wrong.
    digest = blake2b(key, key=blake2b(namespace.encode("utf-8", "surrogatepass")).digest(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") % _PLACES
