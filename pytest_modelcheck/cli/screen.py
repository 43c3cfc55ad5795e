"""Printing to a terminal that must not be driven by what is printed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

import click

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.display import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVERYTHING: Final = 1 << 20
_TOGETHER: Final = 100
"""Lines that are printed at once: each time, click looks at the terminal anew, and flushes."""


def width() -> int:
    """Return how many characters fit into a line: the terminal's, and 80 elsewhere."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def height() -> int:
    """Return how many lines the terminal shows, and 24 elsewhere."""
    return shutil.get_terminal_size((80, 24)).lines


def encoding() -> str | None:
    """Return the encoding that the screen claims."""
    return getattr(sys.stdout, "encoding", None)


def prepare(context: click.Context) -> None:
    """Print no colour where ``NO_COLOR`` says so, and a question mark for what the screen cannot show."""
    if os.environ.get("NO_COLOR"):
        context.color = False
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_lines(lines: Iterable[str]) -> None:
    """Print; colours are taken out where nobody would see them."""
    waiting: list[str] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == _TOGETHER:
                echo("\n".join(waiting))
                waiting.clear()
    finally:
        if waiting:  # also where the next line cannot be told
            echo("\n".join(waiting))


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print lines that may quote anything: only the colours in them act on the terminal."""
    click.echo(harmless(text, styled=True), err=err, nl=nl)


def print_document(text: str | bytes, *, nl: bool = True) -> None:
    """Print JSON or HTML, in which everything is escaped by its own rules."""
    click.echo(text, nl=nl)


def indented(texts: Iterable[str], depth: int = 2) -> Iterator[str]:
    """Each text on lines of its own, wrapped where it is long, and made safe to print."""
    margin = " " * depth
    for text in texts:
        yield from textwrap.wrap(
            excerpt(text, EVERYTHING),
            width(),
            initial_indent=margin,
            subsequent_indent=margin + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def wrapped(text: str, room: int) -> Iterator[str]:
    """A line as several that take at most so many cells each, broken at spaces where there are any.

    >>> list(wrapped("one two three", 8)), list(wrapped("返金してください", 6))
    (['one two', 'three'], ['返金し', 'てくだ', 'さい'])
    """
    from pytest_modelcheck.reports.bars import width_of

    row: str | None = None
    for word in text.split(" "):
        longer = word if row is None else f"{row} {word}"
        if width_of(longer) <= room:
            row = longer
            continue
        if row is not None:
            yield row
        row = ""
        for character in word:
            if width_of(row + character) > room:
                yield row
                row = ""
            row += character
    yield row or ""
