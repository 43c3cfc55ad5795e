"""The database of the prediction cache: reads and writes pages, in transactions that survive a kill.

diskcache gets a ``Disk`` of ours, which stores text keys and bytes in the database and refuses anything else:
its default unpickles values, and a cache folder that others can write to must not run their code.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import diskcache
from diskcache.core import DBNAME, DEFAULT_SETTINGS, METADATA, MODE_RAW

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_pages import (
    KeyPage,
    Manifest,
    may_be_there,
    read_keys,
    read_lines,
    write_page,
)
from pytest_modelcheck.models.identity import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_PREFIX: Final = "modelcheck2:"
_MANIFESTS: Final = f"{_PREFIX}!"  # sorts before all pages
_SECONDS: Final = 60  # to wait for another process that is writing
_SETTINGS: Final = {
    # An answer that was paid for is never dropped to make room, so nothing here may count or evict.
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": 2**62,
    "statistics": 0,
    "tag_index": 0,
    "disk_min_file_size": 0,
    "disk_pickle_protocol": 0,
    "sqlite_mmap_size": 0,  # a file that shrinks under a mapping kills the process
}
_OURS: Final = frozenset(
    {
        ("table", "Settings"),
        ("table", "Cache"),
        ("index", "sqlite_autoindex_Settings_1"),
        ("index", "Cache_key_raw"),
        ("index", "Cache_expire_time"),
        ("trigger", "Settings_count_insert"),
        ("trigger", "Settings_count_delete"),
        ("trigger", "Settings_size_insert"),
        ("trigger", "Settings_size_update"),
        ("trigger", "Settings_size_delete"),
    }
)
_FOREIGN_ROWS: Final = (
    "SELECT 1 FROM Cache WHERE typeof(key) != 'text' OR raw IS NOT 1 OR mode IS NOT ? OR filename IS NOT NULL"
    " OR typeof(value) != 'blob' OR expire_time IS NOT NULL OR substr(key, 1, ?) != ? LIMIT 1"
)
_TAG: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of pytest-modelcheck. See https://bford.info/cachedir/\n"
)


class PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores text keys and bytes in the database; refuses any other value, and touches no file."""

    def put(self, key: Any) -> tuple[str, bool]:
        """Encode a key for the database."""
        if type(key) is not str:
            raise CacheError(f"a key is a {type(key).__name__}, not text")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        """Decode a key of the database."""
        if type(key) is not str or not raw:
            raise CacheError("it holds a key that is not text")
        return key

    def store(self, value: Any, read: Any, key: Any = None) -> tuple[int, int, None, bytes]:
        """Encode a value for the database."""
        if type(value) is not bytes or read:
            raise CacheError(f"the value of {key!r} is a {type(value).__name__}, not bytes")
        return 0, MODE_RAW, None, value

    def fetch(self, mode: Any, filename: Any, value: Any, read: Any) -> bytes:
        """Decode a value of the database."""
        if mode != MODE_RAW or filename is not None or type(value) is not bytes or read:
            raise CacheError("it holds a value that is not a page")
        return value

    def filename(self, key: Any = None, value: Any = None) -> tuple[str, str]:  # noqa: ARG002
        """Refuse to name a file for a value: all values are in the database."""
        raise CacheError("values are kept in the database alone")

    def remove(self, file_path: Any) -> None:
        """Refuse to remove a file: a damaged row may name any file of the user."""
        raise CacheError(f"it names a file to remove: {str(file_path)[:80]!r}")


# Exceptions of diskcache, or of ours, on values in the database that neither would have written.
DAMAGE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError)

_OUT_OF_REACH: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def _out_of_reach(error: sqlite3.Error) -> bool:
    """Return whether the database cannot be read or written at the moment, but may be undamaged."""
    code = getattr(error, "sqlite_errorcode", None)  # the low byte is the primary code, the rest is detail
    return isinstance(error, sqlite3.OperationalError) and (code is None or (code & 0xFF) in _OUT_OF_REACH)


class Unusable(Exception):  # noqa: N818 - caught by the cache, which shows it to the user as a warning
    """The database cannot be opened, read or written, but it need not be damaged."""


class Store:
    """Pages of answers in one diskcache database, for one thread at a time.

    Every method raises ``CacheError`` if the database is damaged or foreign, and :class:`Unusable` if it
    cannot be read or written. Nothing exists on disk before the first :meth:`append`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / DBNAME
        self._cache: Any = None
        self._anchor: sqlite3.Connection | None = None
        self._owner = threading.main_thread().ident
        self._identity: tuple[int, int] | None = None

    def manifest(self, namespace: str) -> Manifest | None:
        """Return the list of a shelf's valid pages, or ``None`` if nothing was ever written."""
        if self._cache is None and _identity(self.path) is None:
            return None
        with self._opened() as cache:
            return self._manifest(cache, _shelf_name(namespace))

    def namespaces(self) -> list[str]:
        """Return every namespace in the database."""
        found: list[str] = []
        if self._cache is None and _identity(self.path) is None:
            return found
        with self._opened() as cache:
            for key in cache.iterkeys():
                if not key.startswith(_MANIFESTS):
                    break
                found.append(Manifest.load(cache[key]).namespace)
        return found

    def written(self, namespace: str) -> float:
        """Return the time of a shelf's last write, in seconds since the epoch; 0 if there is none."""
        with self._opened(), closing(sqlite3.connect(self.path, timeout=_SECONDS)) as connection:
            query = "SELECT store_time FROM Cache WHERE key = ?"
            row = connection.execute(query, (_MANIFESTS + _shelf_name(namespace),)).fetchone()
            return 0.0 if row is None else float(row[0])

    def keys(self, namespace: str, number: int) -> KeyPage | None:
        """Return a key page, or ``None`` if it was merged into another."""
        with self._opened() as cache:
            data = cache.get(_key(_shelf_name(namespace), "k", number))
            return None if data is None else read_keys(data)

    def lines(self, namespace: str, number: int) -> dict[bytes, bytes] | None:
        """Return the answers of a page by digest, or ``None`` if it was merged into another."""
        with self._opened() as cache:
            shelf = _shelf_name(namespace)
            keys, values = (cache.get(_key(shelf, what, number)) for what in "kv")
            return None if keys is None or values is None else read_lines(read_keys(keys), values)

    def append(self, namespace: str, pages: Sequence[Mapping[bytes, bytes]]) -> Manifest:
        """Write all pages, or none; return the manifest, in which they are the last."""
        with self._opened(create=True) as cache, cache.transact():
            shelf = _shelf_name(namespace)
            manifest = self._manifest(cache, shelf) or Manifest(namespace)
            for number, lines in enumerate(pages, manifest.following):
                _set_page(cache, shelf, number, write_page(lines))
            manifest = manifest.with_pages(len(pages))
            cache.set(_MANIFESTS + shelf, manifest.dump())
            return manifest

    @contextmanager
    def merging(self, namespace: str) -> Iterator[Merge]:
        """Open a transaction that replaces pages by merged ones."""
        with self._opened() as cache, cache.transact():
            shelf = _shelf_name(namespace)
            yield Merge(cache, shelf, self._manifest(cache, shelf) or Manifest(""))

    def close(self) -> None:
        """Close the connection of this thread."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def set_aside(self) -> Path | None:
        """Rename the database, so that the next write starts a new one; return its new path.

        Returns ``None`` if another process has already replaced it. Raises :class:`Unusable` if it cannot be
        renamed.
        """
        self.close()
        if self._identity is not None and _identity(self.path) != self._identity:
            return None
        names = (f"{DBNAME}.damaged-{number}" for number in count(1))
        target = next(self.directory / name for name in names if not (self.directory / name).exists())
        try:
            # The main file last: whoever finds it without its log would read an older state as if it were
            # whole.
            for suffix in ("-wal", "-shm", ""):
                source = self.path.with_name(DBNAME + suffix)
                if source.exists():
                    source.rename(target.with_name(target.name + suffix))
        except OSError as error:
            raise Unusable(f"{error.strerror or error}, and it cannot be renamed") from None
        return target

    def _manifest(self, cache: Any, shelf: str) -> Manifest | None:
        data = cache.get(_MANIFESTS + shelf)
        return None if data is None else Manifest.load(data)

    @contextmanager
    def _opened(self, *, create: bool = False) -> Iterator[Any]:
        try:
            if self._cache is None:
                self._open(create=create)
            elif _identity(self.path) != self._identity:
                raise CacheError("it was removed or replaced while it was in use")
            yield self._cache
        except diskcache.Timeout as error:
            raise Unusable(str(error.__context__ or f"it was locked for {_SECONDS} seconds")) from None
        except sqlite3.Error as error:
            raise Unusable(str(error)) if _out_of_reach(error) else CacheError(str(error)) from None
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from None
        except DAMAGE as error:
            raise CacheError(f"{type(error).__name__}: {error}") from None
        finally:
            if self._cache is not None and threading.get_ident() != self._owner:
                self._stay_open()
                self._cache.close()  # a connection belongs to its thread, whose end nothing reports to us

    def _stay_open(self) -> None:
        """Keep one connection open: when the last one closes, SQLite ends its log and waits for the disk."""
        if self._anchor is None:
            with suppress(sqlite3.Error):  # then it is only slower
                self._anchor = sqlite3.connect(self.path, timeout=_SECONDS, check_same_thread=False)
                self._anchor.execute("SELECT 1 FROM Settings LIMIT 1").fetchone()  # opens the file

    def _open(self, *, create: bool) -> None:
        text = os.fspath(self.directory)
        if os.path.expandvars(text) != text:  # diskcache expands variables, and would use another folder
            raise Unusable("its name holds a $ that would be taken for a variable")
        if create:
            self.directory.mkdir(parents=True, exist_ok=True)
            for name, content in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
                if not (self.directory / name).exists():
                    (self.directory / name).write_text(content, encoding="utf-8")
        self._identity = _identity(self.path)
        if self._identity is not None:
            _inspect(self.path)
        self._cache = diskcache.Cache(text, timeout=_SECONDS, disk=PlainDisk, **_SETTINGS)
        self._identity = _identity(self.path)


class Merge:
    """Replaces pages by merged ones, inside the transaction of :meth:`Store.merging`."""

    def __init__(self, cache: Any, shelf: str, manifest: Manifest) -> None:
        self.manifest = manifest
        self._cache = cache
        self._shelf = shelf
        self._added = 0

    def lines(self, number: int) -> dict[bytes, bytes]:
        """Return the answers of a page by digest."""
        keys, values = (self._cache.get(_key(self._shelf, what, number), b"") for what in "kv")
        return read_lines(read_keys(keys), values)

    def add(self, lines: Mapping[bytes, bytes]) -> None:
        """Add a merged page."""
        number = self.manifest.following + self._added
        _set_page(self._cache, self._shelf, number, write_page(lines, merged=True))
        self._added += 1

    def finish(self, gone: set[int]) -> None:
        """Delete the old pages, and write the manifest."""
        for number in gone:
            self._cache.delete(_key(self._shelf, "k", number))
            self._cache.delete(_key(self._shelf, "v", number))
        manifest = self.manifest.merged(self._added, gone)
        self._cache.set(_MANIFESTS + self._shelf, manifest.dump())


def _shelf_name(namespace: str) -> str:
    """Return the name of a namespace in the keys of the database: a digest, since a namespace is any text."""
    return blake2b(namespace.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _key(shelf: str, what: str, number: int) -> str:
    return f"{_PREFIX}{shelf}:{what}{number}"


def _set_page(cache: Any, shelf: str, number: int, page: tuple[bytes, bytes]) -> None:
    for what, data in zip("kv", page, strict=True):
        cache.set(_key(shelf, what, number), data)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the file at a path, or ``None``: they change if it is replaced."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a test may replace the methods of pathlib
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _inspect(path: Path) -> None:
    """Raise ``CacheError`` unless a database holds what this module writes, and nothing else.

    diskcache trusts a database: a setting becomes an attribute, and a row may name a file to remove.
    """
    with closing(sqlite3.connect(path, timeout=_SECONDS)) as connection:
        found = set(connection.execute("SELECT type, name FROM sqlite_master"))
        if not found <= _OURS:
            raise CacheError(f"it holds {' '.join(map(str, min(found - _OURS)))}, which is not ours")
        if ("table", "Settings") in found:
            settings = {row[0] for row in connection.execute("SELECT key FROM Settings")}
            if not settings <= {*DEFAULT_SETTINGS, *METADATA}:
                raise CacheError("it holds settings that are not ours")
        if ("table", "Cache") in found:
            try:
                foreign = connection.execute(_FOREIGN_ROWS, (MODE_RAW, len(_PREFIX), _PREFIX)).fetchone()
            except sqlite3.OperationalError as error:
                if _out_of_reach(error):
                    raise
                raise CacheError(f"its tables are not ours ({error})") from None
            if foreign:
                raise CacheError("it holds rows that are not ours")


# -- for readers ------------------------------------------------------------------------------------------


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
    if not may_be_there(directory):
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
