"""The one way in: from whatever somebody calls cases to a :class:`Cases`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.collection import Cases
from pytest_modelcheck.cases.fields import Layout
from pytest_modelcheck.cases.memory import is_frame
from pytest_modelcheck.cases.sources import FileSource, FrameSource, IterableSource
from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from pytest_modelcheck.cases.fields import Columns
    from pytest_modelcheck.cases.sources import Source


def load(
    source: Any,
    *,
    base: str | Path | None = None,
    input: str | list[str] | tuple[str, ...] | None = None,  # noqa: A002 - the name of the field
    expected: str | list[str] | tuple[str, ...] | None = None,
    id: str | None = None,  # noqa: A002 - the name of the field
) -> Cases:
    """Cases from a file, a table, or anything to iterate over; read when they are first needed.

    Args:
        source: A path (``.yaml``, ``.jsonl``, ``.json``, ``.csv``, ``.tsv``, each also with ``.gz``); a
            pandas table; or an iterable of mappings, ``(input, expected)`` tuples,
            :class:`~pytest_modelcheck.records.Case` objects, or inputs alone.
        base: The folder that a relative path is meant from (default: that of the test file that uses it).
        input: The field that is the input, where it is not called ``input``; several make a mapping.
        expected: The field that is the expectation, where it is not called ``expected``; several make a
            mapping.
        id: The field that is the id, where it is not called ``id``.

    Returns:
        The cases. Where ``input``, ``expected`` or ``id`` is given, and in tables, further fields are
        metadata; elsewhere a field that no case has is an error.

    Raises:
        CaseError: ``source`` is nothing that cases can come from. What is wrong with a file is said when
            the file is read.

    >>> rows = [{"text": "Where is my parcel?", "label": "shipping", "language": "en"}]
    >>> case = load(rows, input="text", expected="label")[0]
    >>> case.input, case.expected, dict(case.metadata)
    ('Where is my parcel?', 'shipping', {'language': 'en'})
    """
    names = {
        field: column if isinstance(column, str) else tuple(column)
        for field, column in (("input", input), ("expected", expected), ("id", id))
        if column is not None
    }
    if isinstance(source, Cases):
        return _as_loaded(source, base, names)
    return Cases(_source(source, None if base is None else Path(base)), Layout(names, loose=bool(names)))


def _as_loaded(source: Cases, base: str | Path | None, names: Mapping[str, Columns]) -> Cases:
    if names:
        raise CaseError(
            f"these are cases already ({source.origin}): give {', '.join(names)} where they are loaded"
        )
    return source if base is None else source.bind(Path(base))


def _source(source: Any, base: Path | None) -> Source:
    if isinstance(source, str | PurePath):
        return FileSource(source if isinstance(source, str) else Path(source), base)
    if is_frame(source):
        return FrameSource(source)
    if isinstance(source, Mapping):
        raise CaseError(
            "a mapping is not a list of cases; put each case into a list: [{'input': …, 'expected': …}]"
        )
    if isinstance(source, Iterable) and not isinstance(source, bytes | bytearray):
        return IterableSource(source)
    raise CaseError(
        f"cases cannot come from a {type(source).__name__}; give a path, a list of mappings or a pandas table"
    )
