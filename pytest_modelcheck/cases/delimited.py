"""CSV and TSV files: a header, and one case a row. All cells are text, and empty cells have no value.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.columns import Header
from pytest_modelcheck.cases.files import CaseFile, begins_conflict, conflict
from pytest_modelcheck.cases.rows import Layout, Row
from pytest_modelcheck.cases.streaming import STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    Mark = tuple[int, int]

    """The position of a row: byte and line."""

_START: Final = (0, 1)
_LONGEST: Final = 32 << 20
"""In characters, of 4 bytes each in the csv module. A longer cell is a quote that was never closed."""


def read_delimited(
    file: CaseFile, layout: Layout, marks: list[Mark] | None = None, start: Mark | None = None
) -> Iterator[Row]:
    """Read a CSV or TSV file row by row.

    The columns of a CSV file are separated by commas, or by semicolons if its header has no comma.

    Args:
        file: The file.
        layout: The columns that are the fields of a case.
        marks: Collects the position of every :data:`STRIDE`-th case.
        start: One of these positions, to begin there.

    Raises:
        CaseError: The header or a row is not CSV, not UTF-8, or has too many or too few cells.
    """
    table = _table(file, layout)
    if table is not None:
        for count, (mark, cells) in enumerate(_Records(file, table.delimiter, start or table.body)):
            if marks is not None and count % STRIDE == 0:
                marks.append(mark)
            yield _row(file, table, mark, cells)


@dataclass(frozen=True, slots=True)
class _Table:
    """Facts that hold for all rows of a file: its header and format.

    Attributes:
        header: The meaning of each column.
        variants: The columns that contain lists.
        delimiter: The separator of cells.
        body: The position of the first row after the header.
    """

    header: Header
    variants: tuple[int, ...]
    delimiter: str
    body: Mark


def _table(file: CaseFile, layout: Layout) -> _Table | None:
    delimiter = "\t" if file.format == "tsv" else _comma_or_semicolon(file)
    records = _Records(file, delimiter)
    for (_, line), names in records:
        _refuse_conflict(file, names, line)
        header = Header(names, layout.loosened(), partial(file.error, line=line))
        variants = tuple(place for place, field, _ in header.steps if field == "variants")
        return _Table(header, variants, delimiter, records.place)
    return None


def _comma_or_semicolon(file: CaseFile) -> str:
    first = next((text for text, _ in _pieces(file, _START) if text.strip("\r\n")), "")
    return ";" if ";" in first and "," not in first else ","


def _row(file: CaseFile, table: _Table, mark: Mark, cells: list[str]) -> Row:
    row = Row(None, file.origin(mark[1]))
    if cells[0][:1] == "<":
        _refuse_conflict(file, cells, mark[1])
    if len(cells) != table.header.width:
        raise row.error(_uneven(len(cells), table.header.width, table.delimiter))
    # A line end within quotes is what git makes of it at checkout (core.autocrlf): that is no other input.
    values: list[Any] = [cell.replace("\r\n", "\n") or None for cell in cells]
    for place in table.variants:
        values[place] = _list(row, values[place])
    row.value = _with_texts(table.header.fields(values))
    return row


def _refuse_conflict(file: CaseFile, cells: list[str], line: int) -> None:
    """Refuse a row that is a conflict marker of git. A quoted cell of several lines is not one."""
    if begins_conflict(cells[0]) and "\n" not in cells[0]:
        raise conflict(file, line)


def _with_texts(fields: dict[str, Any]) -> dict[str, Any]:
    """In an input of several columns, an empty cell is an empty text, since the model expects the field."""
    value = fields.get("input")
    if isinstance(value, dict):
        fields["input"] = {name: cell or "" for name, cell in value.items()}
    return fields


def _list(row: Row, cell: Any) -> Any:
    if cell is None:
        return None
    import json

    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise row.error('variants: in a table, write a JSON list: ["…", "…"]') from error


class _Records:
    """The rows that are not blank, each with its position. ``place`` is the position of the next one."""

    def __init__(self, file: CaseFile, delimiter: str, start: Mark = _START) -> None:
        self._file = file
        self._reader = csv.reader(self._texts(start), delimiter=delimiter, strict=True)
        self.place = start

    def _texts(self, start: Mark) -> Iterator[str]:
        for text, place in _pieces(self._file, start):
            self.place = place
            yield text

    def __iter__(self) -> Iterator[tuple[Mark, list[str]]]:
        while True:
            mark = self.place
            cells = self._next(mark[1])
            if cells is None:
                return
            if cells:
                yield mark, cells

    def _next(self, line: int) -> list[str] | None:
        """The next row. The csv module's limit of cell lengths is global, so it is restored."""
        before = csv.field_size_limit(_LONGEST)
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise self._file.error(f"not CSV: {error}{_hint(error)}", line) from error
        finally:
            csv.field_size_limit(before)


def _pieces(file: CaseFile, start: Mark) -> Iterator[tuple[str, Mark]]:
    """The lines of the file, with any kind of line end, each with the position after it."""
    offset, line = start
    for data in file.lines(offset, line):
        text = file.decode(data, line)
        end = offset + len(data)
        if "\r" in text[:-2]:
            offset = end - len(text.encode())  # a byte order mark is not part of the text
            for piece in StringIO(text, newline=""):
                offset, line = offset + len(piece.encode()), line + 1
                yield piece, (offset, line)
        else:
            line += 1
            yield text, (end, line)
        offset = end


def _hint(error: csv.Error) -> str:
    if "unexpected end" in str(error) or "larger than field limit" in str(error):
        return '; a quote is opened here and never closed (inside quotes, a quote is written "")'
    if "expected after" in str(error):
        return '; inside quotes, a quote is written ""'
    return ""


def _uneven(found: int, expected: int, delimiter: str) -> str:
    cells = "1 cell" if found == 1 else f"{found} cells"
    name = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
    return f"{cells} here, but the header has {expected}; text with {name} in it goes between double quotes"
