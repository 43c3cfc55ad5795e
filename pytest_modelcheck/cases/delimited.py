"""Tables: the meaning of each column, decided once from the header; CSV and TSV files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.files import CaseFile, begins_conflict, conflict
from pytest_modelcheck.cases.rows import FIELDS, Layout, Row, how_to_name, united
from pytest_modelcheck.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.errors import CaseError

    # The position of a row: byte and line.
    Mark = tuple[int, int]


_FAMILIES: Final = ("input", "expected", "metadata")
# The index of a column, the field that it fills, and the name within it if the field is a mapping.
Step = tuple[int, str, str | None]


class Columns:
    """The columns of one table.

    ``input``, ``expected``, ``id``, ``known_failure`` and ``variants`` are the fields of a case. Columns
    such as ``input.subject`` and ``input.body`` form a mapping, and so do ``expected.`` and ``metadata.``
    columns. All others are metadata.
    """

    def __init__(self, names: Sequence[Any], layout: Layout, error: Callable[[str], CaseError]) -> None:
        self._error = error
        self.width = len(names)
        for place, name in enumerate(names, 1):
            if not isinstance(name, str):
                raise error(f"the name of column {place} must be text, not {name!r}")
            if not name.strip():
                raise error(f"column {place} has no name (pandas writes one; to_csv(index=False) does not)")
        if twice := sorted(name for name, number in Counter(names).items() if number > 1):
            raise error(f"there are two columns '{twice[0]}'")
        self.steps = [self._step(place, name, layout) for place, name in enumerate(names)]
        self._check(names, layout)

    def fields(self, row: Row, values: Sequence[Any]) -> dict[str, Any]:
        """The fields of a case from the cells of one row. A ``None`` in a cell is not a value."""
        fields: dict[str, Any] = {}
        whole = None
        for place, field, name in self.steps:
            value = values[place]
            if name is None:
                if value is not None and field == "metadata":
                    whole = value
                    if isinstance(value, Mapping):  # an Arrow struct has every name in every row
                        whole = {key: item for key, item in value.items() if item is not None}
                elif value is not None:
                    fields[field] = value
            elif value is not None or field == "input":
                fields.setdefault(field, {})[name] = value
        if whole is not None:
            others = fields.get("metadata")
            fields["metadata"] = whole if others is None else united(row, whole, others, "column")
        # A row whose inputs are all empty is a slip of the editor. Cells that are empty beside others are
        # empty texts.
        inputs = fields.get("input")
        if isinstance(inputs, dict) and all(value is None for value in inputs.values()):
            inputs = None
        if inputs is None:
            fields["input"] = None  # so that the error is about this row, not about the columns
        return fields

    def _step(self, place: int, name: str, layout: Layout) -> Step:
        for field, columns in layout.names.items():
            if name == columns:
                return place, field, None
            if isinstance(columns, tuple) and name in columns:
                return place, field, name
        if name in FIELDS and name not in layout.names:
            return place, name, None
        family, dot, rest = name.partition(".")
        if dot and rest and family in _FAMILIES and family not in layout.names:
            return place, family, rest
        # "expcted" would become metadata, and every case would pass for want of an expectation.
        close = layout.near_miss(name)
        if close is not None:
            or_pass = f", or pass {close}={name!r}" if close in ("input", "expected", "id") else ""
            raise self._error(
                f"unknown column '{name}': did you mean '{close}'? Rename it{or_pass}"
                f" (if it is metadata, call it 'metadata.{name}')"
            )
        return place, "metadata", name

    def _check(self, names: Sequence[str], layout: Layout) -> None:
        for field, columns in layout.names.items():
            for column in (columns,) if isinstance(columns, str) else columns:
                if column not in names:
                    raise self._error(f"no column '{column}', which {field}={columns!r} names; {_has(names)}")
        if not any(field == "input" for _, field, _ in self.steps):
            raise self._error(f"no column 'input'; {_has(names)}. {how_to_name(names)}")
        taken: dict[tuple[str, str | None], str] = {}
        for place, field, name in self.steps:
            other = taken.setdefault((field, name), names[place])
            if other != names[place]:
                raise self._error(f"the columns '{other}' and '{names[place]}' fill the same field")
        families = {field for _, field, name in self.steps if name is not None}
        for _, field, name in self.steps:
            if name is None and field in families and field != "metadata":
                raise self._error(f"there are both a column '{taken[field, None]}' and columns '{field}.…'")


def _has(names: Sequence[str]) -> str:
    return f"there are {', '.join(repr(name) for name in names) or 'none'}"


_START: Final = (0, 1)
# In characters, of 4 bytes each in the csv module. A longer cell is a quote that was never closed.
_LONGEST: Final = 32 << 20


def read_delimited(file: CaseFile, layout: Layout, start: Mark | None = None) -> Iterator[Row]:
    """Read a CSV or TSV file row by row.

    The columns of a CSV file are separated by commas, or by semicolons if its header has no comma.
    """
    delimiter = "\t"
    if file.format != "tsv":
        first = next((text for text, _ in _pieces(file, _START) if text.strip("\r\n")), "")
        delimiter = ";" if ";" in first and "," not in first else ","
    records = _records(file, delimiter, _START)
    head = next(records, None)
    if head is None:
        return
    (_, line), names = head
    header = Columns(names, layout, partial(file.error, line=line))
    if start is not None:
        records = _records(file, delimiter, start)
    for mark, cells in records:
        row = Row(None, file.origin(mark[1]), mark=mark)
        if len(cells) != header.width:
            name = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[delimiter]
            raise row.error(
                f"{plural(len(cells), 'cell')} here, but the header has {header.width}; text with {name}"
                " in it goes between double quotes"
            )
        row.value = _fields(row, header, cells)
        yield row


def _fields(row: Row, header: Columns, cells: list[str]) -> dict[str, Any]:
    # A line end within quotes is what git makes of it at checkout (core.autocrlf): that is no other input.
    values: list[Any] = [cell.replace("\r\n", "\n") or None for cell in cells]
    for place, field, _ in header.steps:
        if field == "variants" and values[place] is not None:
            try:
                values[place] = json.loads(values[place])
            except (ValueError, RecursionError) as error:
                raise row.error('variants: in a table, write a JSON list: ["…", "…"]') from error
    fields = header.fields(row, values)
    if isinstance(given := fields.get("input"), dict):
        # In an input of several columns, an empty cell is an empty text, since the model expects the field.
        fields["input"] = {name: cell or "" for name, cell in given.items()}
    return fields


def _records(file: CaseFile, delimiter: str, start: Mark) -> Iterator[tuple[Mark, list[str]]]:
    """The rows that are not blank, each with its position."""
    place = start

    def texts() -> Iterator[str]:
        nonlocal place
        for text, after in _pieces(file, start):
            place = after
            yield text

    # Strict, since csv else reads a stray quote as text and swallows the lines after it.
    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    while True:
        mark = place
        # The limit is global to the process. It is set back after each record, since others may read CSV
        # meanwhile.
        before = csv.field_size_limit(_LONGEST)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            hint = ""
            if "unexpected end" in str(error) or "larger than field limit" in str(error):
                hint = '; a quote is opened here and never closed (inside quotes, a quote is written "")'
            elif "expected after" in str(error):
                hint = '; inside quotes, a quote is written ""'
            raise file.error(f"not CSV: {error}{hint}", mark[1]) from error
        finally:
            csv.field_size_limit(before)
        if cells is None:
            return
        # A conflict marker of git. A quoted cell of several lines is not one.
        if cells and begins_conflict(cells[0]) and "\n" not in cells[0]:
            raise conflict(file, mark[1])
        if cells:
            yield mark, cells


def _pieces(file: CaseFile, start: Mark) -> Iterator[tuple[str, Mark]]:
    """The lines of the file, with any kind of line end, each with the position after it."""
    offset, line = start
    for data in file.lines(offset, line):
        text = file.decode(data, line)
        end = offset + len(data)
        # An old Mac line end, or one within quotes: the file's lines are then not those of the csv module.
        if "\r" in text[:-2]:
            offset = end - len(text.encode())  # a byte order mark is not part of the text
            for piece in StringIO(text, newline=""):
                offset, line = offset + len(piece.encode()), line + 1
                yield piece, (offset, line)
        else:
            line += 1
            yield text, (end, line)
        offset = end
