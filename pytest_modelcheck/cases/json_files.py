"""JSON files with a list of cases, and JSON Lines files with one case a line.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import re
from math import isinf
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_modelcheck.cases.documents import Document
from pytest_modelcheck.cases.files import CaseFile, begins_conflict, conflict, refuse_conflicts
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.cases.streaming import STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator


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


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)


def json_of_line(file: CaseFile, text: str, number: int) -> Any:
    """Parse one line of a JSON Lines file."""
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        if begins_conflict(text):
            raise conflict(file, number) from error
        raise file.error(f"not JSON: {_problem(error, text)}{_hint(text)}", number) from error
    except RecursionError as error:
        raise file.error(f"nested more than {DEEPEST} levels deep", number) from error
    except ValueError as error:
        raise file.error(f"not JSON: {error}", number) from error
    if end < len(text):
        column = len(text) - len(text[end:].lstrip()) + 1
        raise file.error(f"not JSON: extra data, at column {column}{_hint(text)}", number)
    return _checked(file, value, text, number)


def _problem(error: json.JSONDecodeError, text: str) -> str:
    if error.pos >= len(text):
        return "the line ends too early"
    return f"{error.msg[0].lower()}{error.msg[1:]}, at column {error.pos + 1}"


def _hint(text: str) -> str:
    if text.startswith(("#", "//")):
        return "; JSON Lines have no comments"
    if text in ("{", "[", "[{"):
        return "; write each case on its own line (a JSON list of cases goes into a .json file)"
    return ""


def _checked(file: CaseFile, value: Any, text: str, line: int) -> Any:
    """Refuse values that are nested too deeply, or contain text that cannot be encoded."""
    if text.count("[") + text.count("{") > DEEPEST and _deeper(value, DEEPEST):
        raise file.error(f"nested more than {DEEPEST} levels deep", line)
    if _MAYBE_HALF.search(text) and _HALF.search(json.dumps(value, ensure_ascii=False)):
        raise file.error("an escape such as \\ud83d is half of a character (a lone surrogate)", line)
    return value


def _deeper(value: Any, deepest: int) -> bool:
    level = [value]
    for _ in range(deepest + 1):
        inner = [item for item in level if isinstance(item, dict | list)]
        level = [part for item in inner for part in (item.values() if isinstance(item, dict) else item)]
    return any(isinstance(item, dict | list) for item in level)


def read_json(file: CaseFile) -> Iterator[Row]:
    """The cases of a JSON file: a list, or an object with ``"cases"`` and ``"defaults"``.

    Raises:
        CaseError: The file is not JSON, or does not contain cases.
    """
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
        self._number += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._number

    def _error(self, message: str) -> Exception:
        return self._file.error(message, self._line())


def read_jsonl(
    file: CaseFile, marks: list[tuple[int, int]] | None = None, start: tuple[int, int] | None = None
) -> Iterator[Row]:
    """Read a JSON Lines file line by line. Blank lines are skipped.

    Args:
        file: The file.
        marks: Collects the position (byte, line) of every :data:`STRIDE`-th case.
        start: One of these positions, to begin there.

    Raises:
        CaseError: A line is not JSON, or not UTF-8.
    """
    offset, first = start or (0, 1)
    count = 0
    for number, data in enumerate(file.lines(offset, first), first):
        text = file.decode(data, number).strip(" \t\r\n")
        if text:
            if marks is not None and count % STRIDE == 0:
                marks.append((offset, number))
            count += 1
            yield Row(json_of_line(file, text, number), file.origin(number))
        offset += len(data)
