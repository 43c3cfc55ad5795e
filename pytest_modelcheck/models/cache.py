"""Answers that a model has given, remembered across runs so that nothing is paid for twice.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_modelcheck.models.cache_store import Store

__all__ = ["PredictionCache", "Shelf"]

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
        if self._store is None and (write or (self.directory / _DATABASE).exists()):
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
                "asked "
                "for again. Delete the renamed file when you no longer need it."
            )

    def _give_up(self, reason: str, *, write: bool) -> None:
        """Go on in memory: without writing, and without the database at all where it cannot be read."""
        if self._writable:
            lost = "written" if write else "used"
            self.warnings.append(
                f"The prediction cache {self.directory} cannot be {lost}: {reason}. The answers of this run "
                "are kept in memory only. Make the folder writable, or name another."
            )
        self._writable = False
        self._readable = self._readable and write
