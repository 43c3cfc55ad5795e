"""Sources of cases: a file, a table, or an iterable.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.libraries import is_image
from pytest_modelcheck.cases.files import CaseFile, current_folder, find
from pytest_modelcheck.cases.rows import AS_IT_IS, Layout, Row, to_case
from pytest_modelcheck.cases.streaming import FileStream
from pytest_modelcheck.cases.tables import Table, input_dtypes, parquet_dtypes, read_table
from pytest_modelcheck.records import Case, Origin

if TYPE_CHECKING:
    from collections.abc import Generator

# The module and the function that reads each format; imported when the first such file comes along.
READERS: Final = {
    "yaml": ("yaml_files", "read_yaml"),
    "json": ("json_files", "read_json"),
    "jsonl": ("json_files", "read_jsonl"),
    "csv": ("delimited", "read_delimited"),
    "tsv": ("delimited", "read_delimited"),
    "parquet": ("tables", "read_parquet"),
}
# The formats that can be read from the middle.
STREAMED: Final = frozenset({"jsonl", "csv", "tsv", "parquet"})


class Source:
    """A source of cases. The methods here are those of cases in memory.

    Attributes:
        name: The name in messages.
        paths: The files of the source.
        cluster: The metadata that groups cases made together, or ``None``.
        notes: Remarks for the readers of results, one sentence each; complete once the source was read.
    """

    name: str
    paths: tuple[Path, ...] = ()
    cluster: str | None = None
    notes: tuple[str, ...] = ()

    def bind(self, base: Path, root: Path | None) -> Source:  # noqa: ARG002 - nothing here is a path
        """The same source with a relative path resolved from ``base``, unless a base is already known."""
        return self

    def check(self) -> None:
        """Raise :class:`CaseError` if it is certain that there is nothing to read."""

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases without generated ids; new objects at each call."""
        raise NotImplementedError

    def stream(self, layout: Layout) -> FileStream | None:  # noqa: ARG002 - every source is asked so
        """A stream of the cases, if there are too many to hold them."""
        return None

    def dtypes(self, layout: Layout) -> Mapping[str, Any]:  # noqa: ARG002 - only tables have types
        """The pandas types of the columns that form the input, by their names."""
        return {}

    def smaller(self, case: Case, layout: Layout) -> Generator[Case, bool, None] | None:  # noqa: ARG002 - for strategies
        """Yield smaller cases than a failing one; send back whether each fails, too."""
        return None


class FileSource(Source):
    """A file, read according to its suffix."""

    def __init__(self, path: str | Path, base: Path | None = None, root: Path | None = None) -> None:
        self.name = str(path)
        # The folder of today: a fixture may change it, or remove it, before the file is read.
        self._path, self._base, self._root = path, base, root or current_folder()

    @property
    def paths(self) -> tuple[Path, ...]:  # type: ignore[override]  # the file is looked for at each use
        """The one file."""
        return (self._file.path,)

    @property
    def _file(self) -> CaseFile:
        return find(self._path, self._base, self._root)

    def bind(self, base: Path, root: Path | None) -> Source:
        """The same file relative to ``base``, unless a base is known."""
        return self if self._base is not None else FileSource(self._path, base, root)

    def check(self) -> None:
        """Check that the file exists, is a file, and can be opened."""
        self._file.check()

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases of the file. A file without cases is an error."""
        return self._stream(layout).cases()

    def stream(self, layout: Layout) -> FileStream | None:
        """The cases of a large file of JSON Lines, CSV, TSV or Parquet, to be read piece by piece."""
        stream = self._stream(layout)
        return stream if stream.file.format in STREAMED and stream.file.is_large else None

    def dtypes(self, layout: Layout) -> Mapping[str, Any]:
        """The pandas types of the columns of a Parquet file that form the input."""
        file = self._file
        return parquet_dtypes(file, layout) if file.format == "parquet" else {}

    def _stream(self, layout: Layout) -> FileStream:
        file = self._file
        file.check()
        module, name = READERS[file.format]
        read = getattr(import_module(f"pytest_modelcheck.cases.{module}"), name)
        # Rows of a table have the fields of a case: the layout is applied to the header.
        rows = Layout({}, paths=layout.paths) if module in ("delimited", "tables") else layout
        return FileStream(file, rows, partial(read, file, layout))


class TableSource(Source):
    """A table in memory."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self._table = table

    def dtypes(self, layout: Layout) -> Mapping[str, Any]:
        """The pandas types of the columns that form the input."""
        return input_dtypes(self._table.columns, self._table.dtypes(), layout)

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The rows of the table."""
        return (to_case(row, AS_IT_IS) for row in read_table(self._table, layout))


class IterableSource(Source):
    """An iterable of mappings, ``(input, expected)`` tuples, cases, or just inputs."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.name = type(items).__name__
        self._items = items

    def cases(self, layout: Layout) -> Iterator[Case]:
        """The cases of the items."""
        # An iterator can be read once, and cases are read several times.
        if isinstance(self._items, Iterator):
            self._items = list(self._items)
        for number, value in enumerate(self._items):
            row = Row(value, Origin(f"{self.name}[{number}]"))
            row.value = _untupled(row, value)
            yield to_case(row, layout)


_UNTUPLED = (Case, str, Mapping, bytes, int, float, type(None), Path)


def _untupled(row: Row, value: Any) -> Any:
    if type(value) in _UNTUPLED or isinstance(value, _UNTUPLED):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, tuple):
        if len(value) != 2:
            raise row.error(
                f"a tuple of {len(value)} is not a case: (input, expected) has 2;"
                " write a mapping such as {'input': …, 'metadata': {…}}, or cases.Case(…)"
            )
        return {"input": value[0], "expected": value[1]}
    if type(value).__module__ == "numpy" or is_image(value):  # an image, a row of features, a number
        return value
    raise row.error(
        f"a {type(value).__name__} is not a case; write {{'input': …, 'expected': …}}, (input, expected)"
        " or cases.Case(…)"
    )
