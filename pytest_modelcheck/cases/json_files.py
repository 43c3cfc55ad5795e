"""JSON and JSON Lines files; the top level of case files (``cases``, ``defaults``) and its JSON Schema."""

from __future__ import annotations

import difflib
import json
import re
from itertools import chain
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_modelcheck.cases.files import CaseFile, begins_conflict, conflict, refuse_conflicts
from pytest_modelcheck.cases.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.rows import Layout


_KEYS: Final = ("cases", "defaults", "$schema")
_DEFAULTS: Final = ("expected", "metadata", "known_failure")


class Document:
    """The top level of one file, read key by key."""

    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._has_cases = False
        self._defaults: dict[str, Any] = {}

    def key(self, key: str, line: int | None) -> None:
        """Check a key of the top level."""
        if key == "input":
            raise self._file.error("a list of cases is expected: begin each case with '- input: '", line)
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"the keys are {' and '.join(_KEYS[:2])}"
            raise self._file.error(f"unknown key '{key}' at the top of the file: {hint}", line)
        self._has_cases |= key == "cases"

    def keep(self, key: str, value: Any, line: int | None) -> None:
        """Store the value of a key other than ``cases``."""
        if key != "defaults" or value is None:
            return
        if not isinstance(value, dict):
            raise self._file.error("defaults: must be a mapping of fields to values", line)
        for field in value:
            if field not in _DEFAULTS:
                allowed = ", ".join(_DEFAULTS)
                raise self._file.error(f"defaults: cannot have '{field}', only {allowed}", line)
        if not isinstance(value.get("metadata", {}), dict):
            raise self._file.error("defaults: metadata: must be a mapping of names to values", line)
        self._defaults = value

    def close(self, line: int | None) -> None:
        """Check that there was a key ``cases``."""
        if not self._has_cases:
            raise self._file.error("no 'cases:' at the top of the file, and it is not a list of cases", line)

    def completed(self, row: Row) -> Row:
        """The row, completed with the defaults."""
        defaults = self._defaults
        if not defaults or isinstance(row.value, list) or row.value is None:
            return row
        value = row.value if isinstance(row.value, dict) else {"input": row.value}
        metadata = value.get("metadata") or {}
        if defaults.get("metadata") and isinstance(metadata, dict):
            value = {**value, "metadata": {**copied(defaults["metadata"]), **metadata}}
        # Copied, since cases must not share a list that one of them changes.
        return Row({**copied(defaults), **value}, row.origin, row.lines)


def copied(value: Any) -> Any:
    """A deep copy of plain data, so that changing one case cannot change another."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


# The schema (JSON Schema, draft 2020-12) of a YAML or JSON file of cases.
PATH: Final = Path(__file__).with_name("cases.schema.json")


def schema_of_file() -> dict[str, Any]:
    """The schema of a YAML or JSON file of cases."""
    schema: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return schema


def schema_of_line() -> dict[str, Any]:
    """The schema of one case, which is a line of JSON Lines."""
    whole = schema_of_file()
    definitions = whole["$defs"]
    case = definitions.pop("case")
    kept = {name: definitions[name] for name in case["oneOf"][0]["properties"]}
    return {"$schema": whole["$schema"], "$id": f"{whole['$id']}:line", **case, "$defs": kept}


DEEPEST: Final = 100
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_HALF: Final = re.compile("[\ud800-\udfff]")
_MAYBE_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key '{key}' is used twice")
            seen.add(key)
    return mapping


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON; write null, or leave the field out")


def _finite(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError(f"{digits} is too large for a number; write it as text")
    return value


# The decoder of the standard library accepts repeated keys (the last one wins), NaN, and 1e999 as infinity.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def _checked(file: CaseFile, value: Any, text: str, line: int) -> Any:
    """Refuse values that are nested too deeply, or contain text that cannot be encoded."""
    if text.count("[") + text.count("{") > DEEPEST:
        level = [value]
        for _ in range(DEEPEST + 1):
            inner = [
                item.values() if isinstance(item, dict) else item
                for item in level
                if isinstance(item, dict | list)
            ]
            level = list(chain.from_iterable(inner))
        if any(isinstance(item, dict | list) for item in level):
            raise file.error(f"nested more than {DEEPEST} levels deep", line)
    if _MAYBE_HALF.search(text) and _HALF.search(json.dumps(value, ensure_ascii=False)):
        raise file.error("an escape such as \\ud83d is half of a character (a lone surrogate)", line)
    return value


def read_json(file: CaseFile, *_: object) -> Iterator[Row]:
    """The cases of a JSON file: a list, or an object with ``"cases"`` and ``"defaults"``."""
    text = file.text()
    refuse_conflicts(file, text)
    return _Scanner(file, text).rows()


class _Scanner:
    """Scans the text of one file and knows the current line."""

    def __init__(self, file: CaseFile, text: str) -> None:
        self._file = file
        self._text = text
        self._at = 0
        self._counted = 0
        self._number = 1

    def rows(self) -> Iterator[Row]:
        first = self._peek()
        if first == "":
            return
        if first == "[":
            yield from self._items()
        elif first == "{":
            yield from self._document()
        else:
            raise self._error('a list of cases is expected, such as [{"input": …}]')
        if self._peek():
            raise self._error("there is more text after the end of the cases")

    def _document(self) -> Iterator[Row]:
        document = Document(self._file)
        rows: list[Row] = []
        seen: set[str] = set()
        for _ in self._between("{", "}"):
            self._peek()
            line = self._line()
            key = self._value()
            if not isinstance(key, str):
                raise self._error("a key must be text in quotes")
            if key in seen:
                raise self._file.error(f"the key '{key}' is used twice", line)
            seen.add(key)
            document.key(key, line)
            self._take(":")
            if key == "cases":
                rows.extend(self._items())
            else:
                document.keep(key, self._value(), line)
        document.close(1)
        return map(document.completed, rows)

    def _items(self) -> Iterator[Row]:
        if self._peek() != "[":
            raise self._error('"cases" must be a list, such as [{"input": …}]')
        for _ in self._between("[", "]"):
            self._peek()
            origin = self._file.origin(self._line())
            yield Row(self._value(), origin)

    def _between(self, opening: str, closing: str) -> Iterator[None]:
        """Yield at the start of each element of a list in brackets, separated by commas."""
        self._take(opening)
        if self._peek() == closing:
            self._at += 1
            return
        while True:
            yield
            if self._peek() == closing:
                self._at += 1
                return
            self._take(",")

    def _value(self) -> Any:
        self._peek()
        start = self._at
        try:
            # Value by value, not the whole file, so that each case knows its line.
            value, self._at = _DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            problem = "the file ends too early" if self._at >= len(self._text.rstrip()) else error.msg
            raise self._error(f"not JSON: {problem}") from error
        except RecursionError as error:
            raise self._error(f"nested more than {DEEPEST} levels deep") from error
        except ValueError as error:
            raise self._error(f"not JSON: {error}") from error
        return _checked(self._file, value, self._text[start : self._at], self._line())

    def _take(self, character: str) -> None:
        found = self._peek()
        if found != character:
            what = f"'{found}' is here" if found else "the file ends"
            raise self._error(f"not JSON: {what} where '{character}' is expected")
        self._at += 1

    def _peek(self) -> str:
        """Skip white space, and return the next character (empty at the end)."""
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        # From the last place on: counting from the beginning takes quadratic time in a long file.
        self._number += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._number

    def _error(self, message: str) -> Exception:
        return self._file.error(message, self._line())


def read_jsonl(file: CaseFile, _: Layout, start: tuple[int, int] | None = None) -> Iterator[Row]:
    """Read a JSON Lines file line by line. Blank lines are skipped."""
    offset, first = start or (0, 1)
    for number, data in enumerate(file.lines(offset, first), first):
        text = file.decode(data, number).strip(" \t\r\n")
        if text:
            yield Row(_value_of_line(file, text, number), file.origin(number), mark=(offset, number))
        offset += len(data)


def _value_of_line(file: CaseFile, text: str, number: int) -> Any:
    hint = ""
    if text.startswith(("#", "//")):
        hint = "; JSON Lines have no comments"
    elif text in ("{", "[", "[{"):
        hint = "; write each case on its own line (a JSON list of cases goes into a .json file)"
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        if begins_conflict(text):
            raise conflict(file, number) from error
        problem = f"{error.msg[0].lower()}{error.msg[1:]}, at column {error.pos + 1}"
        if error.pos >= len(text):
            problem = "the line ends too early"
        raise file.error(f"not JSON: {problem}{hint}", number) from error
    except RecursionError as error:
        raise file.error(f"nested more than {DEEPEST} levels deep", number) from error
    except ValueError as error:
        raise file.error(f"not JSON: {error}", number) from error
    if end < len(text):
        column = len(text) - len(text[end:].lstrip()) + 1
        raise file.error(f"not JSON: extra data, at column {column}{hint}", number)
    return _checked(file, value, text, number)
