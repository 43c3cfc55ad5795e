"""Sources of cases: a file, a table, or an iterable.

A large file is read again at each iteration; only a few bytes of each of its cases are held.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.libraries import is_image
from pytest_modelcheck.cases.files import NO_CASES, CaseFile, current_folder, find
from pytest_modelcheck.cases.identity import CaseIds
from pytest_modelcheck.cases.rows import AS_IT_IS, Layout, Row, to_case
from pytest_modelcheck.cases.tables import Table, input_dtypes, parquet_dtypes, read_table
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Case, Origin, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

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


def checked_paths(paths: str | Sequence[str]) -> tuple[str, ...]:
    """The fields that hold paths, as ``paths=`` names them."""
    found = (paths,) if isinstance(paths, str) or not isinstance(paths, Iterable) else tuple(paths)
    for path in found:
        if not isinstance(path, str) or path.partition(".")[0] not in ("input", "expected"):
            raise CaseError(
                f"paths={paths!r}: name fields such as 'input', 'input.image' or 'expected', whose texts are "
                "paths of files"
            )
    return found


def with_files(case: Case, row: Row, paths: Sequence[str], folder: Path) -> Case:
    """A case with a path in place of each text that names a file."""
    for path in paths:
        field, *keys = path.split(".")

        def found(text: Any, path: str = path) -> Path:
            if not isinstance(text, str):
                raise row.error(f"{path}: must be the path of a file, not {type(text).__name__}", path)
            file = folder / text
            if not file.is_file():
                raise row.error(f"{path}: there is no file {text!r}; a path starts from {folder}", path)
            return file

        if field == "expected":
            if case.expected is not MISSING:
                case = replace(case, expected=_placed(case.expected, keys, found))
            continue
        variants = tuple(
            replace(one, input=_placed(one.input, keys, found))
            if isinstance(one, Variant)
            else _placed(one, keys, found)
            for one in case.variants
        )
        case = replace(case, input=_placed(case.input, keys, found), variants=variants)
    return case


def _placed(value: Any, keys: Sequence[str], found: Callable[[Any], Path]) -> Any:
    """The value with its part at ``keys`` replaced; where a mapping has no such part, as it is."""
    if not keys:
        return [found(text) for text in value] if isinstance(value, list) else found(value)
    first, *rest = keys
    if not isinstance(value, dict) or value.get(first) is None:
        return value
    return {**value, first: _placed(value[first], rest, found)}


# The distance of stored positions: so many cases are read to get one of them.
STRIDE: Final = 64
# Up to so many selected cases are held in memory.
FEW: Final = 4096


@dataclass(frozen=True, slots=True)
class FileStream:
    """The cases of a file, without generated ids.

    Attributes:
        file: The file.
        layout: The fields of its rows.
        read: Yields the rows, from one of their positions on or from the first (``None``).
    """

    file: CaseFile
    layout: Layout
    read: Callable[[Any], Iterator[Row]]

    def cases(self, marks: list[Any] | None = None, start: Any = None) -> Iterator[Case]:
        """The cases, from one of the positions on or from the first; ``marks`` collects the positions."""
        row = None
        paths = self.layout.paths
        for number, row in enumerate(self.read(start)):
            if marks is not None and number % STRIDE == 0:
                marks.append(row.mark)
            case = to_case(row, self.layout)
            yield with_files(case, row, paths, self.file.path.parent) if paths else case
        if row is None:
            raise self.file.error(NO_CASES)


class Streamed(Sequence["Case"]):
    """The cases of a stream. Two iterations give equal cases, not the same objects."""

    def __init__(self, stream: FileStream) -> None:
        """Read all cases once, for their ids and positions."""
        self._stream = stream
        self._stamp = stream.file.stamp()
        self._marks: list[Any] = []
        self._naming = CaseIds(self._read)
        self._check()
        self._block: tuple[int, tuple[Case, ...]] = (-1, ())

    def _read(self) -> Iterator[Case]:
        self._marks.clear()
        return self._stream.cases(self._marks)

    def __len__(self) -> int:
        return len(self._naming)

    def __iter__(self) -> Iterator[Case]:
        self._check()
        yield from self._naming.named(islice(self._stream.cases(), len(self)))
        self._check()

    def __getitem__(self, index: Any) -> Any:
        places = range(len(self))[index]
        if isinstance(places, int):
            return self._at(places)
        if places.step == 1:
            return tuple(self._between(places.start, places.stop))
        return tuple(self._at(place) for place in places)

    def _at(self, place: int) -> Case:
        number, rest = divmod(place, STRIDE)
        if self._block[0] != number:
            start = number * STRIDE
            self._block = number, tuple(self._between(start, min(start + STRIDE, len(self))))
        return self._block[1][rest]

    def _between(self, start: int, stop: int) -> Iterator[Case]:
        if stop <= start:
            return
        self._check()
        number, rest = divmod(start, STRIDE)
        cases = self._stream.cases(start=self._marks[number])
        yield from self._naming.named(islice(cases, rest, rest + stop - start), start)

    def _check(self) -> None:
        if self._stream.file.stamp() != self._stamp:
            raise self._stream.file.error(
                "the file was written to while its cases were in use; run again, when it is complete"
            )


class Selected(Sequence["Case"]):
    """Selected cases of a stream, by their indices."""

    def __init__(self, cases: Sequence[Case], places: array[int]) -> None:
        self._cases = cases
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Case]:
        places = iter(self._places)
        wanted = next(places, None)
        for place, case in enumerate(self._cases):
            if place == wanted:
                yield case
                wanted = next(places, None)
            if wanted is None:
                return

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self._cases[place] for place in self._places[index])
        return self._cases[self._places[index]]


def picked(cases: Sequence[Case], places: Iterable[int]) -> Sequence[Case]:
    """The cases at these indices, which are in order. A few cases are held in memory."""
    chosen = Selected(cases, array("Q", places))
    return tuple(chosen) if len(chosen) <= FEW else chosen
