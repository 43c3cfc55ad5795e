"""JSON Lines: one case a line, read line by line, from the beginning or from a mark.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.cases.fields import to_case
from pytest_modelcheck.cases.files import NO_CASES
from pytest_modelcheck.cases.jsons import json_of_line
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.cases.streaming import STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.files import CaseFile
    from pytest_modelcheck.records import Case

_START = (0, 1)


def read_jsonl(
    file: CaseFile, marks: list[tuple[int, int]] | None = None, start: tuple[int, int] = _START
) -> Iterator[Row]:
    """The cases of a JSON Lines file, read line by line. Lines of white space alone are no cases.

    Args:
        file: The file.
        marks: Takes the byte and the line at which every :data:`STRIDE`-th case begins.
        start: One of these marks, to begin there.

    Raises:
        CaseError: A line is not JSON, or not UTF-8.
    """
    offset, first = start
    count = 0
    for number, data in enumerate(file.lines(offset, first), first):
        text = file.decode(data, number).strip(" \t\r\n")
        if text:
            if marks is not None and count % STRIDE == 0:
                marks.append((offset, number))
            count += 1
            yield Row(json_of_line(file, text, number), file.origin(number))
        offset += len(data)


class LargeLines:
    """A JSON Lines file that is rather read again than held."""

    def __init__(self, file: CaseFile, layout: Layout) -> None:
        self._file = file
        self._layout = layout

    def cases(self, marks: list[tuple[int, int]] | None = None) -> Iterator[Case]:
        """All cases, without ids of our making; ``marks`` takes the places to begin at later."""
        row = None
        for row in read_jsonl(self._file, marks):
            yield to_case(row, self._layout)
        if row is None:
            raise self._file.error(NO_CASES)

    def cases_from(self, mark: tuple[int, int]) -> Iterator[Case]:
        """The cases from a mark on."""
        return (to_case(row, self._layout) for row in read_jsonl(self._file, None, mark))

    def stamp(self) -> object:
        """Something that differs once the file has been written to."""
        return self._file.stamp()

    def error(self, message: str) -> Exception:
        """The error that says ``message`` of the file."""
        return self._file.error(message)
