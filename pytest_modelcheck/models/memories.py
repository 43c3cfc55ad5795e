"""The cached answers of a model and their keys, to tell why a call was made again.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.errors import CacheError
from pytest_modelcheck.models.cache_pages import shelf_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_modelcheck.models.cache_store import Store

_DATABASE: Final = "cache.db"
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

    Args:
        directory: The folder of predictions. It need not exist.
        model: The model's name.

    Raises:
        CacheError: The database is damaged, not ours, or cannot be read.
    """
    from pytest_modelcheck.models.cache_store import Store, Unusable

    if not (directory / _DATABASE).exists():
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
            "The next run of pytest sets it aside and makes the calls again."
        ) from error
    finally:
        store.close()


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
