"""Colours the message of a failed check on terminals.

The message is plain text, which is also written to files. It is coloured only when written to a terminal.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


def colour_failures(report: pytest.TestReport, verdicts: Sequence[dict[str, Any]]) -> None:
    """Make the failures in a report show what is wrong in red and what is right in green, on terminals alone.

    Args:
        report: The report of a failed test.
        verdicts: Its verdicts, packed.
    """
    traceback = getattr(report.longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()):
        if getattr(entry, "style", None) == "value":
            # Colours are added when the text is printed: reports, logs and JUnit files get the plain text.
            entry.toterminal = partial(_write, entry, verdicts)


def _write(entry: Any, verdicts: Sequence[dict[str, Any]], terminal: Any) -> None:
    lines = coloured(entry.lines, verdicts, terminal) if terminal.hasmarkup else entry.lines
    replace(entry, lines=lines).toterminal(terminal)


def coloured(lines: Sequence[str], verdicts: Sequence[dict[str, Any]], terminal: Any) -> list[str]:
    """The lines of a message, with those of a verdict coloured."""
    from pytest_modelcheck.plugin.transport import unpack
    from pytest_modelcheck.reports.bars import text_of
    from pytest_modelcheck.reports.terminal import failure_lines

    marked = list(lines)
    for verdict in map(unpack, verdicts):
        if not verdict.failed:
            continue
        shown = list(failure_lines(verdict))
        plain = [text_of(line) for line in shown]
        # The message is found by its text, since a test may raise several, and other plugins may add lines.
        found = (at for at in range(len(lines)) if lines[at : at + len(plain)] == plain)
        if (start := next(found, None)) is not None:
            marked[start : start + len(plain)] = [
                "".join(terminal.markup(text, **style) if style else text for text, style in line)
                for line in shown
            ]
    return marked
