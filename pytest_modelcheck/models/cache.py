"""The prediction cache: answers that are stored across runs.

Each version of each model has a shelf: an index in memory over pages on disk.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_pages import DIGEST, FULL_BYTES, FULL_COUNT, may_be_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_modelcheck.models.cache_pages import KeyPage, Manifest
    from pytest_modelcheck.models.cache_store import Merge, Store

# More small pages than this are merged when a shelf is opened.
_MANY: Final = 64
# Bytes of memory, per shelf, for lines.
_ROOM: Final = 48 << 20
# Bytes of memory per answer in a loaded page, in addition to its line.
_OVERHEAD: Final = 200
_LINE_END: Final = ord("\n")  # ``in`` finds an int in bytes ten times as fast as a byte string
# Attempts to read pages that other processes may be merging at the same time.
_TRIES: Final = 5


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
        if self._store is None and (write or may_be_there(self.directory)):
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


@dataclass(slots=True, eq=False)
class _Page:
    """A page of answers. ``lines`` are those of a page that is not on disk yet; then it has no ``number``.

    ``own`` says that this process made it.
    """

    lines: dict[bytes, bytes] | None
    number: int | None = None
    size: int = 0
    own: bool = field(init=False)

    def __post_init__(self) -> None:
        self.own = self.lines is not None


class _Lines(dict[bytes, bytes]):
    """The lines in memory, by digest. Looking up another one reads its page; an unknown one is ``None``."""

    def __init__(self, index: Mapping[bytes, _Page], fetch: Callable[[bytes], bytes | None]) -> None:
        self._index = index
        self._fetch = fetch

    def __missing__(self, key: bytes) -> bytes | None:
        return self._fetch(key) if key in self._index else None


class Shelf:
    """The answers of one version of one model, by the digest of the call.

    An answer on disk takes about 110 bytes of memory, for its digest. Lines are read a page at a time. If
    they take more than 48 MB, those on disk are dropped, to be read again. Safe from any thread.

    Attributes:
        get: Returns the latest line for a digest, or ``None``.
    """

    get: Callable[[bytes], bytes | None]

    def __init__(
        self,
        reach: Callable[..., AbstractContextManager[Store | None]],
        namespace: str,
        *,
        keep: bool,
        refresh: bool,
    ) -> None:
        self._reach = reach
        self._namespace = namespace
        self._keep = keep
        self._refresh = refresh
        self._gate = threading.Lock()
        self._index: dict[bytes, _Page] = {}
        self._lines = _Lines(self._index, self._fetch)
        self._taken = 0
        self.get = self._lines.__getitem__  # without a function of ours: every call looks its answer up
        self._new: dict[bytes, bytes] = {}
        self._page = _Page(self._new)
        self._full: list[_Page] = []
        self._following = 0
        self._known: set[int] = set()
        self._small: set[int] = set()

    @property
    def kept(self) -> bool:
        """True if answers are stored after the run."""
        return self._keep

    @property
    def namespace(self) -> str:
        """The text that identifies the model of these answers."""
        return self._namespace

    def __contains__(self, key: bytes) -> bool:
        return key in self._index

    def __len__(self) -> int:
        return len(self._index)

    def is_inherited(self, key: bytes) -> bool:
        """Return whether an answer was stored by an earlier run or by another process."""
        page = self._index.get(key)
        return page is not None and not page.own

    def put(self, key: bytes, line: bytes) -> None:
        """Add an answer. It is on disk after the next :meth:`flush`.

        Raises:
            CacheError: The key is not 16 bytes, or the line contains a line end.
        """
        if len(key) != DIGEST or _LINE_END in line:
            raise CacheError(
                f"{key!r} is not a digest, or {line[:60]!r} is not one line: neither can be kept."
            )
        with self._gate:
            page = self._page
            if self._keep:
                # The page is written as it is when full; its dict is not copied, and nothing is added to it
                # any more.
                if len(self._new) >= FULL_COUNT or page.size >= FULL_BYTES:
                    self._full.append(page)
                    page = self._begin()
                self._new[key] = line
                page.size += len(line)
                self._make_room(len(line) + _OVERHEAD)
            self._lines[key] = line
            self._index[key] = page

    def flush(self) -> None:
        """Write all new answers, or none. Answers that are written survive a kill of the process."""
        if not self._keep or not (self._new or self._full):
            return
        pages: list[_Page] = []
        for _ in range(2):  # the second time into a new database, if the first was damaged
            with self._reach(write=True) as store:
                with self._gate:
                    if not pages:  # further answers go to a new page
                        pages = [*self._full, self._page] if self._new else self._full
                        self._full = []
                        self._begin()
                if store is not None and pages:
                    lines = [page.lines or {} for page in pages]
                    self._written(pages, store.append(self._namespace, lines))
                    return

    def reload(self) -> None:
        """Index the answers that other processes have written. This is fast if there are none."""
        if self._keep:
            with self._reach() as store:
                if store is not None:
                    self._take_in(store)

    def open(self) -> None:
        """Index the answers on disk; merge their pages if there are many small ones."""
        if not self._keep:
            return
        with self._reach() as store:
            if store is not None:
                self._take_in(store)
        if len(self._small) > _MANY:
            with self._reach(write=True) as store:
                if store is not None:
                    with store.merging(self._namespace) as merge:
                        self._merge(merge)
                    self._take_in(store)

    def forget(self) -> None:
        """Forget all pages on disk, because the database is gone. Answers of this run in memory stay."""
        with self._gate:
            index, lines = self._index, self._lines
            # Answers that were paid for in this run go into the new database.
            own = {key: line for key, line in lines.items() if index[key].own and index[key].lines is None}
            page = _Page(own)
            for key in [key for key, old in index.items() if old.number is not None]:
                del index[key]
            if own:
                self._full.append(page)
                index.update(dict.fromkeys(own, page))
            lines.clear()
        self._known.clear()
        self._small.clear()
        self._taken = self._following = 0

    def _begin(self) -> _Page:
        self._new = {}
        self._page = _Page(self._new)
        return self._page

    def _written(self, pages: list[_Page], manifest: Manifest) -> None:
        first = manifest.following - len(pages)
        for number, page in enumerate(pages, first):
            page.number, page.lines = number, None
            self._known.add(number)
        if first == self._following:  # if not, other processes wrote too, and reload() finds their pages
            self._following = manifest.following

    def _fetch(self, key: bytes) -> bytes | None:
        """Return a line that is not among those in memory, with the others of its page."""
        page = self._index.get(key)
        unwritten = None if page is None else page.lines
        if unwritten is not None:
            return unwritten.get(key)
        with self._reach() as store:
            for _ in range(_TRIES if store is not None else 0):
                page = self._index.get(key)
                if page is None or page.number is None:
                    return None if page is None or page.lines is None else page.lines.get(key)
                lines = store.lines(self._namespace, page.number)  # type: ignore[union-attr]
                if lines is not None:
                    with self._gate:
                        self._make_room(sum(map(len, lines.values())) + _OVERHEAD * len(lines))
                        known = self._index.get
                        self._lines.update({key: line for key, line in lines.items() if known(key) is page})
                    return lines.get(key)
                self._take_in(store)  # type: ignore[arg-type]
                # The index did not change, so no merge explains it: the page is lost.
                if self._index.get(key) is page:
                    raise CacheError(f"page {page.number} is missing")
        return None

    def _make_room(self, size: int) -> None:
        """Drop the lines in memory if so many more bytes were too many. Each can be read again."""
        self._taken += size
        if self._taken > _ROOM:
            self._lines.clear()
            self._taken = size

    def _take_in(self, store: Store) -> None:
        """Index the pages that are not indexed yet."""
        for _ in range(_TRIES):
            manifest = store.manifest(self._namespace)
            if manifest is None:
                if self._known:
                    self.forget()
                return
            if manifest.following == self._following or self._indexed(store, manifest):
                return
        raise CacheError("pages that it lists are missing")

    def _indexed(self, store: Store, manifest: Manifest) -> bool:
        """Index all pages; return ``False`` if another process merged one of them meanwhile."""
        live = manifest.live
        # A run that refreshes ignores the pages that it finds when it opens, but not those added later.
        opening = self._refresh and not self._following and not self._known
        for number in () if opening else sorted(live - self._known):
            keys = store.keys(self._namespace, number)
            if keys is None:
                return False
            self._add(keys, number)
            self._known.add(number)
        self._known = live
        self._small &= live
        self._following = manifest.following
        return True

    def _add(self, keys: KeyPage, number: int) -> None:
        page = _Page(None, number)
        if keys.small:
            self._small.add(number)
        with self._gate:
            index = self._index
            if not (self._refresh or self._new or self._full or self._lines):
                # Fast path: there are no answers of this run, so that the page with the higher number wins.
                index.update(dict.fromkeys(keys.digests, page))
                return
            stale = self._refresh and keys.merged  # may contain answers of earlier runs
            for key in keys.digests:
                old = index.get(key)
                if (old is None and not stale) or (old and old.number is not None and old.number < number):
                    index[key] = page
                    self._lines.pop(key, None)

    def _merge(self, merge: Merge) -> None:
        """Merge the answers of all small pages into full ones, without those that a later page replaces."""
        if merge.manifest.following != self._following:
            return  # another process has written or merged pages meanwhile; the next run tries again
        batch: dict[bytes, bytes] = {}
        size = 0
        for number in sorted(self._small):
            for key, line in merge.lines(number).items():
                # Else a later page holds a newer answer to the same call.
                if self._index[key].number == number:
                    batch[key] = line
                    size += len(line)
            if len(batch) >= FULL_COUNT or size >= FULL_BYTES:
                merge.add(batch)
                batch, size = {}, 0
        if batch:
            merge.add(batch)
        merge.finish(self._small)
