"""CSV and TSV files: a header, and one case a row. All cells are text; an empty one says nothing.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import csv
import sys
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.columns import Header
from pytest_modelcheck.cases.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.files import CaseFile

_LONGEST: Final = min(sys.maxsize, 2**31 - 1)
Numbered = tuple[int, list[str]]


def read_csv(file: CaseFile, layout: Layout) -> Iterator[Row]:
    """The cases of a file with commas between columns, or semicolons where its header has no comma."""
    text = file.text()
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return _read(file, text, layout, ";" if ";" in first and "," not in first else ",")


def read_tsv(file: CaseFile, layout: Layout) -> Iterator[Row]:
    """The cases of a file with tabs between columns."""
    return _read(file, file.text(), layout, "\t")


def _read(file: CaseFile, text: str, layout: Layout, delimiter: str) -> Iterator[Row]:
    records = _records(file, text, delimiter)
    if not records:
        return
    line, names = records[0]
    header = Header(names, layout.loosened(), lambda message: file.error(message, line))
    variants = [place for place, field, _ in header.steps if field == "variants"]
    for number, cells in records[1:]:
        row = Row(None, file.origin(number))
        if len(cells) != header.width:
            raise row.error(_uneven(len(cells), header.width, delimiter))
        values: list[Any] = [cell or None for cell in cells]
        for place in variants:
            values[place] = _list(row, values[place])
        row.value = _with_texts(header.fields(values))
        yield row


def _with_texts(fields: dict[str, Any]) -> dict[str, Any]:
    """In an input of several columns, an empty cell is an empty text: the model expects that field."""
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
        raise row.error('variants: in a table, write them as a JSON list: ["…", "…"]') from error


def _records(file: CaseFile, text: str, delimiter: str) -> list[Numbered]:
    """The rows that are not blank, each with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[Numbered] = []
    line = 1
    with _long_cells():
        try:
            for cells in reader:
                if cells:
                    records.append((line, cells))
                line = reader.line_num + 1
        except csv.Error as error:
            raise file.error(f"not CSV: {error}{_hint(error)}", line) from error
    return records


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lift the limit on the length of a cell, which is one for the whole process, and put it back."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _hint(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return '; a quote is opened here and never closed (inside quotes, a quote is written "")'
    if "expected after" in str(error):
        return '; inside quotes, a quote is written ""'
    return ""


def _uneven(found: int, expected: int, delimiter: str) -> str:
    cells = "1 cell" if found == 1 else f"{found} cells"
    name = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
    return f"{cells} here, but the header has {expected}; text with {name} in it goes between double quotes"
