"""Parquet files, read a few rows at a time.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.columns import Header
from pytest_modelcheck.cases.fields import AS_IT_IS, to_case
from pytest_modelcheck.cases.files import NO_CASES
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.cases.streaming import STRIDE
from pytest_modelcheck.cases.tables import arrow_rows
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.files import CaseFile
    from pytest_modelcheck.records import Case

_AT_ONCE: Final = 1024
_INDEX: Final = re.compile(r"__index_level_\d+__")
"""The column of a pandas index that has no name, and so says nothing."""


def read_parquet(file: CaseFile, layout: Layout, start: int = 0) -> Iterator[Row]:
    """The cases of a Parquet file, from row ``start`` (from 0) on. A null says nothing.

    Raises:
        CaseError: The file is no Parquet or damaged, or nothing is installed that reads it.
    """
    arrow, parquet = _libraries()
    with _told(file, arrow), parquet.ParquetFile(file.path) as opened:
        names = [name for name in opened.schema_arrow.names if not _INDEX.fullmatch(name)]
        header = Header(names, layout.loosened(), file.error)
        first, groups = _from_row(opened.metadata, start)
        number = first
        batches = opened.iter_batches(_AT_ONCE, row_groups=groups, columns=names)
        for number, cells in enumerate(arrow_rows(batches), first):
            if number >= start:
                yield Row(header.fields(cells), Origin(f"{file.shown}[{number}]"))
        if groups and number + 1 != opened.metadata.num_rows:
            raise file.error(
                f"{opened.metadata.num_rows} rows are announced and {number + 1} are there; is it damaged?"
            )


class LargeParquet:
    """A Parquet file that is rather read again than held."""

    def __init__(self, file: CaseFile, layout: Layout) -> None:
        self._file = file
        self._layout = layout

    def cases(self, marks: list[int] | None = None) -> Iterator[Case]:
        """All cases, without ids of our making; ``marks`` takes the rows to begin at later."""
        row = None
        for number, row in enumerate(read_parquet(self._file, self._layout)):
            if marks is not None and number % STRIDE == 0:
                marks.append(number)
            yield to_case(row, AS_IT_IS)
        if row is None:
            raise self._file.error(NO_CASES)

    def cases_from(self, mark: int) -> Iterator[Case]:
        """The cases from a row on."""
        return (to_case(row, AS_IT_IS) for row in read_parquet(self._file, self._layout, mark))

    def stamp(self) -> object:
        """Something that differs once the file has been written to."""
        return self._file.stamp()

    def error(self, message: str) -> Exception:
        """The error that says ``message`` of the file."""
        return self._file.error(message)


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise CaseError(
            '.parquet files need a library to read them: pip install "pytest-modelcheck[parquet]"'
        ) from error


@contextmanager
def _told(file: CaseFile, arrow: Any) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, arrow.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise file.error(f"not Parquet, or damaged: {reason}") from error


def _from_row(metadata: Any, start: int) -> tuple[int, list[int]]:
    """The first row of the row group that a row is in, and this group and all after it."""
    first = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if first + rows > start:
            return first, list(range(group, metadata.num_row_groups))
        first += rows
    return first, []
