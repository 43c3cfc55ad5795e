"""Tables in memory: of pandas, polars and Arrow, and Hugging Face-style datasets.

All are told by what they are like or by a library that is imported already, so that none needs to be
installed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.columns import Header
from pytest_modelcheck.cases.labels import reading_of
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.cases.fields import Layout

Cells = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, whatever library it is of.

    Attributes:
        name: What messages call it.
        columns: The names of its columns.
        rows: The cells of each row, anew at each call; ``None`` where there is no value.
    """

    name: str
    columns: Sequence[Any]
    rows: Callable[[], Cells]


def table_of(source: Any) -> Table | None:
    """The table that a source is, or ``None`` where it is none.

    Raises:
        CaseError: It is several tables, or one that has not been read yet.
    """
    name = type(source).__name__
    if _is_a(source, "pandas", "DataFrame"):
        frame = source.reset_index() if any(name is not None for name in source.index.names) else source
        return Table(name, list(frame.columns), lambda: _pandas_rows(frame))
    if _is_a(source, "polars", "LazyFrame"):
        raise CaseError("a LazyFrame has not been read yet: give cases.load(frame.collect())")
    if _is_a(source, "polars", "DataFrame"):
        return Table(name, source.columns, source.iter_rows)
    if _is_a(source, "pyarrow", "Table"):
        return Table(name, source.column_names, lambda: arrow_rows(source.to_batches()))
    if isinstance(source, Mapping):
        _refuse_splits(source)
    features = getattr(source, "features", None)
    if isinstance(features, Mapping) and isinstance(source, Iterable):
        return Table(name, list(features), lambda: _dataset_rows(name, source, features))
    return None


def read_table(table: Table, layout: Layout) -> Iterator[Row]:
    """The rows of a table. A cell without value says nothing."""
    header = Header(table.columns, layout.loosened(), lambda message: CaseError(f"{table.name}: {message}"))
    for number, cells in enumerate(table.rows()):
        yield Row(header.fields(cells), Origin(f"{table.name}[{number}]"))


def arrow_rows(batches: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """The rows of record batches of Arrow, as plain Python values."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _is_a(source: Any, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(source, kind)


def _pandas_rows(frame: Any) -> Cells:
    """The rows of a pandas table, where NaN, NA and NaT stand for no value."""
    isna = sys.modules["pandas"].isna
    columns = [_present(frame.iloc[:, place].tolist(), isna) for place in range(frame.shape[1])]
    return zip(*columns, strict=True)


def _present(values: list[Any], isna: Callable[[Any], bool]) -> list[Any]:
    return [None if _is_scalar(value) and isna(value) else value for value in values]


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, str | bytes | list | tuple | Mapping) and not hasattr(value, "__array__")


def _dataset_rows(name: str, source: Iterable[Mapping[str, Any]], features: Mapping[str, Any]) -> Cells:
    readings = [(column, reading_of(feature)) for column, feature in features.items()]
    for number, row in enumerate(source):
        cells = []
        for column, read in readings:
            value = row.get(column)
            try:
                cells.append(value if read is None else read(value))
            except ValueError as error:
                raise CaseError(f"{name}[{number}]: {column}: {error}") from error
        yield cells


def _refuse_splits(source: Mapping[Any, Any]) -> None:
    names = [name for name, part in source.items() if isinstance(getattr(part, "features", None), Mapping)]
    if names:
        listed = " or ".join(f"[{name!r}]" for name in names)
        raise CaseError(f"a {type(source).__name__} holds several sets of cases: say which, {listed}")
