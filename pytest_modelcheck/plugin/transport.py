"""Verdicts on pytest's test reports: as plain JSON values, which travel between processes, and in colour.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_modelcheck.records import Status, Verdict
from pytest_modelcheck.reports import jsons

if TYPE_CHECKING:
    import warnings
    from collections.abc import Sequence


def pack(verdict: Verdict) -> dict[str, Any]:
    """Convert a verdict to dicts, lists, strings, numbers, booleans and ``None``, as execnet needs."""
    return cast("dict[str, Any]", jsons.pack(verdict))


def unpack(packed: dict[str, Any]) -> Verdict:
    """Restore the verdict that :func:`pack` converted."""
    return jsons.unpack(packed, Verdict)


def excused(verdict: Verdict) -> Verdict:
    """The same verdict, with a failure that pytest does not count."""
    return replace(verdict, status=Status.XFAILED) if verdict.failed else verdict


class SendableWarnings:
    """In a worker of pytest-xdist, replaces characters of warnings that it could not send."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Replace a message that contains a lone surrogate."""
        message = warning_message.message
        text = str(message)
        if isinstance(message, Warning) and sendable(text) != text:
            warning_message.message = type(message)(sendable(text))


def sendable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: lone surrogates are replaced by their escapes.

    >>> sendable({"message": ["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\ud83d", 1]})
    {'message': ['café', '\\ud83d', 1]}
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {sendable(key): sendable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(sendable, value))
    return value


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
