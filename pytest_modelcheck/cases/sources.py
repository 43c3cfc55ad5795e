"""Where rows come from: a file, a table, or something to iterate over.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from pytest_modelcheck.cases.fields import AS_IT_IS, to_case
from pytest_modelcheck.cases.files import NO_CASES, CaseFile, find
from pytest_modelcheck.cases.memory import described, read_iterable
from pytest_modelcheck.cases.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.rows import Row
    from pytest_modelcheck.cases.streaming import Stream
    from pytest_modelcheck.cases.tables import Table
    from pytest_modelcheck.records import Case


class Source(Protocol):
    """What all sources have in common."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that it reads."""

    @property
    def cluster(self) -> str | None:
        """The metadata that groups cases made together, or ``None``."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results should know of it, once it was read: a sentence each."""

    def bind(self, base: Path, root: Path | None) -> Source:
        """The same, knowing which folder a relative path is meant from; itself where it knows already."""

    def check(self) -> None:
        """Raise :class:`CaseError` where it is plain that there is nothing to read."""

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases, anew at each call, and without ids of our making."""

    def stream(self, layout: Layout) -> Stream | None:
        """How to read the cases again and again, where that is better than to hold them all."""


class FileSource:
    """A file, read by what its name ends in."""

    notes: tuple[str, ...] = ()
    cluster: str | None = None

    def __init__(self, path: str | Path, base: Path | None = None, root: Path | None = None) -> None:
        self._path = path
        self._base = base
        self._root = root

    @property
    def name(self) -> str:
        """The path as it was written."""
        return str(self._path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The one file."""
        return (self._file.path,)

    @property
    def _file(self) -> CaseFile:
        return find(self._path, self._base, self._root)

    def bind(self, base: Path, root: Path | None) -> Source:
        """The file as meant from ``base``, unless a base is known."""
        return self if self._base is not None else FileSource(self._path, base, root)

    def check(self) -> None:
        """Whether the file is there, is a file, and can be opened."""
        self._file.check()

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases of the file; that there is none is an error."""
        file = self._file
        file.check()
        case = None
        for case in _read(file, layout):
            yield case
        if case is None:
            raise file.error(NO_CASES)

    def stream(self, layout: Layout) -> Stream | None:
        """A large file of JSON Lines, CSV, TSV or Parquet, piece by piece."""
        file = self._file
        file.check()
        if not file.is_large:
            return None
        if file.format == "jsonl":
            from pytest_modelcheck.cases.jsonlines import LargeLines

            return LargeLines(file, layout)
        if file.format in ("csv", "tsv"):
            from pytest_modelcheck.cases.delimited import LargeTable

            return LargeTable(file, layout)
        if file.format == "parquet":
            from pytest_modelcheck.cases.parquet import LargeParquet

            return LargeParquet(file, layout)
        return None


class TableSource:
    """A table in memory."""

    notes: tuple[str, ...] = ()
    cluster: str | None = None
    paths: tuple[Path, ...] = ()

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self._table = table

    def bind(self, base: Path, root: Path | None) -> Source:  # noqa: ARG002 - nothing here is a path
        """Itself."""
        return self

    def check(self) -> None:
        """Nothing: it is in memory."""

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The rows of the table."""
        return _made(read_table(self._table, layout), AS_IT_IS)

    def stream(self, layout: Layout) -> None:
        """Nothing: it is in memory."""


class IterableSource:
    """Anything to iterate over. What can be iterated over once only is remembered."""

    notes: tuple[str, ...] = ()
    cluster: str | None = None
    paths: tuple[Path, ...] = ()

    def __init__(self, items: Iterable[Any]) -> None:
        self.name = described(items)
        self._items = items
        self._kept: list[Row] | None = None

    def bind(self, base: Path, root: Path | None) -> Source:  # noqa: ARG002 - nothing here is a path
        """Itself."""
        return self

    def check(self) -> None:
        """Nothing: it is in memory."""

    def cases(self, layout: Layout) -> Iterator[Case]:
        """What is iterated over; mappings, tuples, cases or inputs alone."""
        if not isinstance(self._items, Iterator):
            return _made(read_iterable(self._items), layout)
        if self._kept is None:
            self._kept = list(read_iterable(self._items))
        return _made(self._kept, layout)

    def stream(self, layout: Layout) -> None:
        """Nothing: it is in memory."""


def _made(rows: Iterable[Row], layout: Layout) -> Iterator[Case]:
    return (to_case(row, layout) for row in rows)


def _read(file: CaseFile, layout: Layout) -> Iterator[Case]:
    """The cases of a file, by a reader that is imported when the first file of its format comes along."""
    kind = file.format
    if kind == "yaml":
        from pytest_modelcheck.cases.yamls import read_yaml

        return _made(read_yaml(file), layout)
    if kind in ("csv", "tsv"):
        from pytest_modelcheck.cases.delimited import read_delimited

        return _made(read_delimited(file, layout), AS_IT_IS)
    if kind == "parquet":
        from pytest_modelcheck.cases.parquet import read_parquet

        return _made(read_parquet(file, layout), AS_IT_IS)
    if kind == "jsonl":
        from pytest_modelcheck.cases.jsonlines import read_jsonl

        return _made(read_jsonl(file), layout)
    from pytest_modelcheck.cases.jsons import read_json

    return _made(read_json(file), layout)
