"""Answers that a model has given, cached across runs, and claims on the calls that a process is making now.

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
from pytest_modelcheck.models.cache_pages import shelf_name
from pytest_modelcheck.models.cache_shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_modelcheck.models.cache_store import Store

__all__ = ["Claims", "Memory", "PredictionCache", "Shelf", "memories"]

_BUSY: Final = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


class Claims:
    """The claims of this process on questions to all models.

    A claim is a lock on one byte of a file, at a place that stands for the question. The operating system
    lets go of it when the process ends, however it ends.

    A file system that knows no locks, or a folder that may not be written, grants every claim: there, two
    processes may ask the same at the same moment, and both pay.

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
            file = self._open()
        except OSError:  # a folder that nobody may write: nobody else claims there
            return True
        try:
            _lock(file, place)
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

    # Range of the C library's byte locks. Of two calls with the same byte, one waits for the other.
    _PLACES = (1 << 31) - 1

    def _lock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int, place: int) -> None:
        os.lseek(handle, place, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # Bytes that a file can have, at most.
    _PLACES = 1 << 62

    def _lock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

    def _unlock(handle: int, place: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, place)


def _place(namespace: str, key: bytes) -> int:
    digest = blake2b(key, key=blake2b(namespace.encode("utf-8", "surrogatepass")).digest(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") % _PLACES


_DATABASE: Final = "cache.db"


class PredictionCache:
    """Shelves of answers, one for each version of each model, in one folder.

    Args:
        directory: The folder, made at the first write; ``None`` to keep answers in memory only.
        refresh: Whether answers of earlier runs are left aside and asked for anew; later runs find the new.

    Attributes:
        warnings: What the user should be told: that the cache was damaged, or cannot be written. Neither
            stops a run.

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
        """The answers of one version of one model.

        Args:
            namespace: Text that says which (see :func:`pytest_modelcheck.models.identity.namespace`).
            keep: Whether they outlast the run. Those that do not are nobody else's: nothing tells this
                model from another of the same name.
        """
        if not keep:
            return Shelf(self.reach, namespace, keep=False, refresh=self.refresh)
        with self._lock:
            found = self._shelves.get(namespace)
            if found is None:
                found = Shelf(self.reach, namespace, keep=self.directory is not None, refresh=self.refresh)
                self._shelves[namespace] = found  # before it looks: what it finds may be damaged
                found.open()
            return found

    def close(self) -> None:
        """Write what is not yet written, and close the database."""
        with self._lock:
            for shelf in self._shelves.values():
                shelf.flush()
            if self._store is not None:
                self._store.close()

    @contextmanager
    def reach(self, *, write: bool = False) -> Iterator[Store | None]:
        """The database, for one thread at a time; ``None`` where there is none.

        What goes wrong with it inside the ``with`` block ends the block and becomes a warning.
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
        """Begin anew after damage."""
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
        """Go on in memory: without writing, and without the database at all where it cannot be read."""
        if self._writable:
            lost = "written" if write else "used"
            self.warnings.append(
                f"The prediction cache {self.directory} cannot be {lost}: {reason}. The answers of this run "
                "are kept in memory only. Make the folder writable, or configure another."
            )
        self._writable = False
        self._readable = self._readable and write


_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Memory:
    """The answers that are kept of one model in one form.

    Attributes:
        model: Its name.
        version: Its version.
        fingerprint: What tells it from others of that version, or ``None``.
        source: The digest of its fixture's source.
        form: The form of its answer's type; empty for plain JSON.
        written: When the last answer was added, in seconds since the epoch.
        questions: The digest of each question that is answered.
    """

    model: str
    version: str
    fingerprint: str | None
    source: str
    form: str
    written: float
    questions: frozenset[bytes]


def memories(directory: Path, model: str) -> Iterator[Memory]:
    """Everything that is kept of a model, one form after the other; nothing is written.

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
                yield _memory(store, namespace, parts)
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
    """Name, version, fingerprint, source and form, or ``None`` where a namespace is not that of answers.

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


def _memory(store: Store, namespace: str, parts: tuple[str, str, str | None, str, str]) -> Memory:
    shelf = shelf_name(namespace)
    manifest = store.manifest(shelf)
    pages = [store.keys(shelf, number) for number in (manifest.live if manifest is not None else ())]
    questions = frozenset(digest for page in pages if page is not None for digest in page.digests)
    return Memory(*parts, store.written(shelf), questions)
