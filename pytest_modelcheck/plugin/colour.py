"""Colour for what changed, where the terminal has any.

A failure's message is plain text, which also goes into files. It is marked as it is written to a terminal.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest

_LABEL = "smallest change "
_CHANGE = re.compile(r"\[(?:([^\[\]→]*)→([^\[\]→]*)|\+([^\[\]]+)|-([^\[\]]+))\]")


def colour_changes(report: pytest.TestReport) -> None:
    """Make the message of a failed check show its smallest changes in colour, on terminals alone."""
    traceback = getattr(report.longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()):
        if getattr(entry, "style", None) == "value" and any(_LABEL in line for line in entry.lines):
            entry.toterminal = partial(_write, entry)


def _write(entry: Any, terminal: Any) -> None:
    lines = list(marked(entry.lines, terminal.markup)) if terminal.hasmarkup else entry.lines
    replace(entry, lines=lines).toterminal(terminal)


def marked(lines: Iterable[str], markup: Callable[..., str]) -> Iterator[str]:
    """The lines, with what is taken away in red and what is put in its place in green.

    Args:
        lines: Of a failure.
        markup: Marks a text, as that of pytest's terminal does.

    >>> def markup(text, *, red=False, green=False):
    ...     return f"<{text}>" if green else f"({text})"
    >>> lines = ["a [b→c]", "  smallest change that still fails:", "    a [b→c] [+d]", "  [x→y]"]
    >>> list(marked(lines, markup))
    ['a [b→c]', '  smallest change that still fails:', '    a [(b)→<c>] [+<d>]', '  [x→y]']
    """
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        labelled = line.lstrip().startswith(_LABEL)
        if labelled:
            depth = indent
        elif depth is not None and indent <= depth:
            depth = None
        yield line if depth is None else _CHANGE.sub(partial(_in_colour, markup), line)


def _in_colour(markup: Callable[..., str], change: re.Match[str]) -> str:
    old, new, more, less = change.groups()
    if old is not None:
        return f"[{markup(old, red=True)}→{markup(new, green=True)}]"
    return f"[+{markup(more, green=True)}]" if more is not None else f"[-{markup(less, red=True)}]"
