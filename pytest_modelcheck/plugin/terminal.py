"""Output only for terminals: coloured or shortened failures, and a progress line for long checks."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pytest_modelcheck.records import Verdict
from pytest_modelcheck.records.packing import unpack
from pytest_modelcheck.reports.bars import text_of
from pytest_modelcheck.reports.terminal import failure_lines, short_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

Shown = Literal["whole", "short", "line"]
"""The part of a failure that a terminal shows."""

_AFTER = 1.0
_EVERY = 0.2
_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[K"

PROGRESS = pytest.StashKey["Progress"]()


def progress_of(item: pytest.Function, cases: int) -> Progress | None:
    """The progress line of a check, or ``None`` if there is no terminal to show it."""
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    # Another plugin may have put a reporter of its own in the place of pytest's.
    writer = getattr(reporter, "_tw", None)
    # Output that is not a terminal would keep every update: logs of CI would fill with them.
    if writer is None or hasattr(item.config, "workerinput") or not getattr(reporter, "isatty", False):
        return None
    if item.config.getoption("verbose") < 0:
        return None
    capture = item.config.pluginmanager.get_plugin("capturemanager")
    uncaptured = nullcontext if capture is None else capture.global_and_fixture_disabled
    progress = item.stash[PROGRESS] = Progress(writer, cases, uncaptured)
    return progress


class Progress:
    """Draws ``310/400 cases, 295 calls, 31 calls/s, 3 s left`` after pytest's own output.

    The cursor is saved and restored, so that pytest's own line continues there.
    """

    def __init__(
        self, writer: Any, cases: int, uncaptured: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self._writer = writer
        self._cases = cases
        self._uncaptured = uncaptured
        self._start = time.monotonic()
        self._next = self._start + _AFTER
        self._drawn = False

    def __call__(self, done: int, calls: int) -> None:
        """Show the numbers of finished cases and calls."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        # A line that wraps could not be erased again.
        room = max(0, self._writer.fullwidth - self._writer.width_of_current_line - 2)
        text = self._text(done, calls, now - self._start)[:room]
        self._write(f"{_SAVE}{_CLEAR}{text}{_RESTORE}")
        self._drawn = True

    def clear(self) -> None:
        """Remove the line."""
        if self._drawn:
            self._write(_CLEAR)
            self._drawn = False

    def _write(self, text: str) -> None:
        with self._uncaptured():
            self._writer.write(text, flush=True)

    def _text(self, done: int, calls: int, seconds: float) -> str:
        text = f" {done:,}/{self._cases:,} cases, {calls:,} calls, {calls / seconds:,.0f} calls/s"
        if 0 < done < self._cases:
            text += f", {seconds / done * (self._cases - done):,.0f} s left"
        return text


def prepare_failures(report: pytest.TestReport, verdicts: Sequence[dict[str, Any]], shown: Shown) -> None:
    """Let terminals show what is wrong in red and what is right in green, or only a part of a failure."""
    traceback = getattr(report.longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()):
        if getattr(entry, "style", None) == "value":
            # Only terminals call this: reports, logs and JUnit files get the whole text, uncoloured.
            entry.toterminal = partial(_write, entry, verdicts, shown)


def _write(entry: Any, verdicts: Sequence[dict[str, Any]], shown: Shown, terminal: Any) -> None:
    # JUnit files and logs, which pytest writes through a StringIO, get the whole text.
    if isinstance(getattr(terminal, "_file", None), StringIO):
        shown = "whole"
    if shown == "line":
        return  # pytest writes the line by itself
    lines = list(entry.lines)
    short = shown == "short"
    for verdict in (unpack(each, Verdict) for each in verdicts if short or terminal.hasmarkup):
        if not verdict.failed:
            continue
        whole = list(failure_lines(verdict))
        plain = [text_of(line) for line in whole]
        # The message is found by its text, since a test may raise several, and other plugins may add lines.
        found = (at for at in range(len(lines)) if lines[at : at + len(plain)] == plain)
        if (start := next(found, None)) is not None:
            lines[start : start + len(plain)] = [
                "".join(terminal.markup(text, **style) if style else text for text, style in line)
                for line in (short_lines(verdict) if short else whole)
            ]
    replace(entry, lines=lines).toterminal(terminal)
