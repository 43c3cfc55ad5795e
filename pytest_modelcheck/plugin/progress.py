"""A line that says how far a long check is, on a terminal and nowhere else.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

_AFTER = 1.0
_EVERY = 0.2
_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[K"

PROGRESS = pytest.StashKey["Progress"]()


def progress_of(item: pytest.Function, cases: int) -> Progress | None:
    """Somebody to tell how far a check is, or ``None`` where nobody would see it."""
    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    # Another plugin may have put a reporter of its own in the place of pytest's.
    writer = getattr(reporter, "_tw", None)
    if writer is None or hasattr(item.config, "workerinput") or not getattr(reporter, "isatty", False):
        return None
    if item.config.getoption("verbose") < 0:
        return None
    capture = item.config.pluginmanager.get_plugin("capturemanager")
    uncaptured = nullcontext if capture is None else capture.global_and_fixture_disabled
    progress = item.stash[PROGRESS] = Progress(writer, cases, uncaptured)
    return progress


class Progress:
    """Draws ``310/400 cases, 295 calls, 31 calls/s, 3 s left`` behind what pytest has written.

    The cursor is saved and restored, so that pytest's own line goes on where it was.

    Args:
        writer: Pytest's terminal writer.
        cases: How many cases there are.
        uncaptured: A context in which what is written reaches the terminal, while a test is captured.
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
        """Say how many cases are done, and how many calls were made."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        room = max(0, self._writer.fullwidth - self._writer.width_of_current_line - 2)
        text = self._text(done, calls, now - self._start)[:room]
        self._write(f"{_SAVE}{_CLEAR}{text}{_RESTORE}")
        self._drawn = True

    def clear(self) -> None:
        """Take the line away."""
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
