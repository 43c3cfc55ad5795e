"""Tables of pandas, polars and Arrow, Parquet files, and datasets like those of Hugging Face.

Their types are recognised by their methods, or by libraries that are imported already, so that no library
is required.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.cases.delimited import Columns
from pytest_modelcheck.cases.rows import Layout, Row
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.files import CaseFile


Cells = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of any library.

    Attributes:
        name: The name in messages.
        columns: The names of its columns.
        rows: Returns the cells of each row, with ``None`` for a missing value.
        dtypes: Returns the pandas types of the columns, by their names, as far as they are known.
    """

    name: str
    columns: Sequence[Any]
    rows: Callable[[], Cells]
    dtypes: Callable[[], Mapping[str, Any]] = dict


def table_of(source: Any) -> Table | None:
    """The source as a table, or ``None`` if it is not one."""
    name = type(source).__name__
    if _is_a(source, "pandas", "DataFrame"):
        # An index with a name is data; one without only numbers the rows.
        frame = source.reset_index() if any(name is not None for name in source.index.names) else source
        return Table(name, list(frame.columns), lambda: _pandas_rows(frame), lambda: dict(frame.dtypes))
    if _is_a(source, "polars", "LazyFrame"):
        raise CaseError("a LazyFrame has not been read yet: give cases.load(frame.collect())")
    if _is_a(source, "polars", "DataFrame"):
        return Table(name, source.columns, source.iter_rows)
    if _is_a(source, "pyarrow", "Table"):
        rows = partial(arrow_rows, source.to_batches())
        return Table(name, source.column_names, rows, lambda: arrow_dtypes(source.schema, source.column))
    splits = source.items() if isinstance(source, Mapping) else ()
    if names := [split for split, part in splits if isinstance(getattr(part, "features", None), Mapping)]:
        listed = " or ".join(f"[{split!r}]" for split in names)
        raise CaseError(f"a {name} has several splits: choose one, {listed}")
    features = getattr(source, "features", None)
    if isinstance(features, Mapping) and isinstance(source, Iterable):
        return Table(name, list(features), lambda: _dataset_rows(name, source, features))
    return None


def read_table(table: Table, layout: Layout) -> Iterator[Row]:
    """The rows of a table."""
    header = Columns(table.columns, layout, lambda message: CaseError(f"{table.name}: {message}"))
    for number, cells in enumerate(table.rows()):
        row = Row(None, Origin(f"{table.name}[{number}]"))
        row.value = header.fields(row, cells)
        yield row


def input_dtypes(columns: Sequence[Any], dtypes: Mapping[str, Any], layout: Layout) -> Mapping[str, Any]:
    """The types of the columns that form the input, by their names in the input."""
    header = Columns(columns, layout, CaseError)
    return {
        name: dtypes[columns[place]]
        for place, field, name in header.steps
        if field == "input" and name is not None and columns[place] in dtypes
    }


def arrow_dtypes(schema: Any, column: Callable[[str], Any]) -> Mapping[str, Any]:
    """The pandas types of Arrow columns; none if pandas is not installed.

    Args:
        schema: The schema of the table.
        column: Returns a column by its name, which is read only if its type depends on its values.
    """
    try:
        import numpy as np
        import pandas as pd
    except ModuleNotFoundError:
        return {}
    dtypes = dict(schema.empty_table().to_pandas().dtypes)
    for field in schema:
        dtype = dtypes.get(field.name)
        if isinstance(dtype, pd.CategoricalDtype):
            dtypes[field.name] = column(field.name).to_pandas().dtype
        elif isinstance(dtype, np.dtype) and dtype.kind in "iub" and column(field.name).null_count:
            dtypes[field.name] = np.dtype("object" if dtype.kind == "b" else "float64")  # as pandas does
    return dtypes


def parquet_dtypes(file: CaseFile, layout: Layout) -> Mapping[str, Any]:
    """The pandas types of the columns of a Parquet file that form the input."""
    with _parquet(file) as (opened, names):
        dtypes = arrow_dtypes(opened.schema_arrow, lambda name: opened.read(columns=[name]).column(0))
        return input_dtypes(names, dtypes, layout)


def arrow_rows(batches: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """The rows of record batches of Arrow, as plain Python values."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _is_a(source: Any, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(source, kind)


def _pandas_rows(frame: Any) -> Cells:
    """The rows of a pandas table, with ``None`` for NaN, NA and NaT."""
    isna = sys.modules["pandas"].isna

    def missing(cell: Any) -> bool:
        is_scalar = not isinstance(cell, str | bytes | list | tuple | Mapping)
        return is_scalar and not hasattr(cell, "__array__") and bool(isna(cell))

    # Column by column: iterrows() would turn the ints of a row with floats into floats.
    columns = [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]
    return zip(*([None if missing(cell) else cell for cell in column] for column in columns), strict=True)


def _dataset_rows(name: str, source: Iterable[Mapping[str, Any]], features: Mapping[str, Any]) -> Cells:
    labelled = {column for column, feature in features.items() if _has_labels(feature)}
    for number, row in enumerate(source):
        cells = []
        for column, feature in features.items():
            value = row.get(column)
            try:
                cells.append(decoded(value, feature) if column in labelled else value)
            except ValueError as error:
                raise CaseError(f"{name}[{number}]: {column}: {error}") from error
        yield cells


def decoded(value: Any, feature: Any) -> Any:
    """A value with class labels (``names``, ``int2str``) as their names, also in lists and mappings.

    A negative number stands for a missing label and becomes ``None``.

    Raises:
        ValueError: The value is not one of the labels.

    >>> class Label:
    ...     names = ["refund", "shipping"]
    ...     def int2str(self, number): return self.names[number]
    >>> decoded(1, Label()), decoded([0, 1, -1], [Label()]), decoded("refund", "string")
    ('shipping', ['refund', 'shipping', None], 'refund')
    """
    if value is None or not _has_labels(feature):
        return value
    item = _item_of(feature)
    if isinstance(item, Mapping) and isinstance(value, Mapping):
        # A list of mappings may be stored as a mapping of lists.
        feature, item = {name: [inner] for name, inner in item.items()}, None
    if isinstance(feature, Mapping):
        is_mapping = isinstance(value, Mapping)
        return (
            {name: decoded(part, feature.get(name)) for name, part in value.items()} if is_mapping else value
        )
    if item is not None:
        return [decoded(part, item) for part in value]
    if isinstance(value, str):
        return value
    try:
        number = int(value)
        return None if number < 0 else feature.int2str(number)
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(f"{excerpt(value, 40)} is not one of the {len(feature.names)} labels") from error


def _item_of(feature: Any) -> Any:
    """The feature of the items, if the values are lists."""
    if isinstance(feature, list | tuple):
        return feature[0] if len(feature) == 1 else None
    return getattr(feature, "feature", None)


def _has_labels(feature: Any) -> bool:
    if isinstance(feature, Mapping):
        return any(map(_has_labels, feature.values()))
    item = _item_of(feature)
    if item is not None:
        return _has_labels(item)
    return callable(getattr(feature, "int2str", None)) and bool(getattr(feature, "names", None))


_AT_ONCE: Final = 1024


def read_parquet(file: CaseFile, layout: Layout, start: int | None = None) -> Iterator[Row]:
    """Read a Parquet file row by row. A null means no value."""
    with _parquet(file) as (opened, names):
        header = Columns(names, layout, file.error)
        # From the row group that contains the start.
        group, first, announced = 0, 0, opened.metadata.num_rows
        while start and first + (rows := opened.metadata.row_group(group).num_rows) <= start:
            group, first = group + 1, first + rows
        groups = list(range(group, opened.metadata.num_row_groups))
        end = first
        for number, cells in enumerate(arrow_rows(opened.iter_batches(_AT_ONCE, groups, names)), first):
            end = number + 1
            if number >= (start or 0):
                row = Row(None, Origin(f"{file.shown}[{number}]"), mark=number)
                row.value = header.fields(row, cells)
                yield row
        if end != announced:
            raise file.error(f"{announced} rows are announced, but there are {end}; is it damaged?")


@contextmanager
def _parquet(file: CaseFile) -> Iterator[tuple[Any, list[str]]]:
    """A Parquet file, opened, and the names of its columns, without that of an unnamed pandas index."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise CaseError(
            '.parquet files need a library to read them: pip install "pytest-modelcheck[parquet]"'
        ) from error
    try:
        with parquet.ParquetFile(file.path) as opened:
            names = opened.schema_arrow.names
            yield opened, [name for name in names if not re.fullmatch(r"__index_level_\d+__", name)]
    except (OSError, EOFError, ValueError, arrow.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise file.error(f"not Parquet, or damaged: {reason}") from error
