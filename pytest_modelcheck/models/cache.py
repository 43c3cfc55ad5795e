"""The prediction cache: answers that are stored across runs, and claims on calls that a process is making.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_modelcheck.models.cache_store import Store

__all__ = ["Claims", "Memory", "PredictionCache", "Shelf", "memories"]

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


_DATABASE: Final = "cache.db"


class PredictionCache:
    """Shelves of answers in one folder, one for each version of each model.

    Args:
        directory: The folder, which is created at the first write; ``None`` to keep answers in memory only.
        refresh: Whether to ignore answers of earlier runs, so that their calls are made again. The new
            answers replace them.

    Attributes:
        warnings: Messages for the user: the cache was damaged, or cannot be written. A run goes on after
            either.

    >>> cache = PredictionCache(None)
    >>> shelf = cache.shelf("triage 2.1", keep=True)
    >>> shelf.put(bytes(16), b'"refund"')
    >>> shelf.get(bytes(16)), shelf.get(bytes(15) + b"1")
    (b'"refund"', None)
    """

    def __init__(self, directory: Path | None, *, refresh: bool = False) -> None:
        self.directory = directory
        self.refresh = refresh
        self.warnings: list[str] = []
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._readable = self._writable = directory is not None
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, namespace: str, *, keep: bool) -> Shelf:
        """Return the answers of the model that a namespace identifies.

        Those that are not to ``keep`` after the run get a new shelf: their namespace identifies no model.
        """
        if not keep:
            return Shelf(self.reach, namespace, keep=False, refresh=self.refresh)
        with self._lock:
            found = self._shelves.get(namespace)
            if found is None:
                found = Shelf(self.reach, namespace, keep=self.directory is not None, refresh=self.refresh)
                self._shelves[namespace] = found  # before open(): if that finds damage, all shelves are reset
                found.open()
            return found

    def close(self) -> None:
        """Write new answers, and close the database."""
        with self._lock:
            for shelf in self._shelves.values():
                shelf.flush()
            if self._store is not None:
                self._store.close()

    @contextmanager
    def reach(self, *, write: bool = False) -> Iterator[Store | None]:
        """Yield the database to one thread at a time; ``None`` if there is none.

        An error of the database inside the ``with`` block ends the block, and becomes a warning.
        """
        with self._lock:
            store = self._usable(write=write)
            if store is None:
                yield None
                return
            from pytest_modelcheck.models.cache_store import DAMAGE, Unusable

            try:
                yield store
            except CacheError as error:
                self._set_aside(store, str(error))
            except DAMAGE as error:
                self._set_aside(store, f"{type(error).__name__}: {error}")
            except Unusable as error:
                self._give_up(str(error), write=write)

    def _usable(self, *, write: bool) -> Store | None:
        if self.directory is None or not (self._writable if write else self._readable):
            return None
        if self._store is None and (write or _may_be_there(self.directory)):
            from pytest_modelcheck.models.cache_store import Store

            self._store = Store(self.directory)
        return self._store

    def _set_aside(self, store: Store, reason: str) -> None:
        """Rename a damaged database, so that the next write starts a new one."""
        from pytest_modelcheck.models.cache_store import Unusable

        try:
            target = store.set_aside()
        except Unusable as error:
            self._give_up(f"{reason}; {error}", write=False)
            return
        for shelf in self._shelves.values():
            shelf.forget()
        if target is not None:
            self.warnings.append(
                f"The prediction cache {store.path} is damaged, or not written by pytest-modelcheck: "
                f"{reason}. It was renamed to {target.name} and a new cache was started; its answers are "
                "called for again. Delete the renamed file when you no longer need it."
            )

    def _give_up(self, reason: str, *, write: bool) -> None:
        """Continue in memory: write no more, and after a failed read use the database no more."""
        if self._writable:
            lost = "written" if write else "used"
            self.warnings.append(
                f"The prediction cache {self.directory} cannot be {lost}: {reason}. The answers of this run "
                "are kept in memory only. Make room in the folder, or make it writable, or configure another."
            )
        self._writable = False
        # A full disk can still be read; what cannot be read is not trusted again in this run.
        self._readable = self._readable and write


_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Memory:
    """The cached answers of a model, in one form of its answers.

    Attributes:
        source: A digest of the source of the model's fixture.
        form: The form of the answer's type; empty for plain JSON.
        written: The time at which the last answer was added, in seconds since the epoch.
        questions: The digests of the calls that are answered.
    """

    model: str
    version: str
    fingerprint: str | None
    source: str
    form: str
    written: float
    questions: frozenset[bytes]


def memories(directory: Path, model: str) -> Iterator[Memory]:
    """Yield all cached answers of a model, one form after the other, without writing anything.

    Raises:
        CacheError: The database is damaged, not ours, or cannot be read.
    """
    from pytest_modelcheck.models.cache_store import Store, Unusable

    if not _may_be_there(directory):
        return
    store = Store(directory)
    try:
        for namespace in store.namespaces():
            parts = parts_of(namespace)
            if parts is not None and parts[0] == model:
                manifest = store.manifest(namespace)
                pages = [store.keys(namespace, number) for number in (manifest.live if manifest else ())]
                questions = frozenset(digest for page in pages if page is not None for digest in page.digests)
                yield Memory(*parts, store.written(namespace), questions)
    except Unusable as error:
        raise CacheError(f"the prediction cache {store.path} cannot be read: {error}. Try again.") from None
    except CacheError as error:
        raise CacheError(
            f"the prediction cache {store.path} is damaged, or not written by pytest-modelcheck: {error}. "
            "The next run of pytest sets it aside and calls the model again."
        ) from error
    finally:
        store.close()


def _may_be_there(directory: Path) -> bool:
    """Return whether a folder holds a database, or may not be looked into: opening it says why."""
    try:
        (directory / _DATABASE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def parts_of(namespace: str) -> tuple[str, str, str | None, str, str] | None:
    """Split a namespace into name, version, fingerprint, source and form; ``None`` if it holds no answers.

    >>> parts_of('["triage","2.1",null,"9f86d081884c7d65 Triage"]')
    ('triage', '2.1', None, '9f86d081884c7d65', 'Triage')
    >>> parts_of('["triage","2.1",null,"9f86d081884c7d65"] measures')
    """
    try:
        parts = json.loads(namespace)
    except ValueError:
        return None
    if not isinstance(parts, list) or len(parts) != _PARTS:
        return None
    name, version, mark, shape = parts
    source, _, form = str(shape).partition(" ")
    return str(name), str(version), None if mark is None else str(mark), source, form
