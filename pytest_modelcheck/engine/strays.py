"""Threads that a body starts: of which body a question is that comes from one of them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_modelcheck.engine.view import CaseView

STRAY: Final = "a thread of the body's own"
"""Why a call was not gathered."""

_WAITING: Final = frozenset({"threading", "queue", "concurrent.futures.thread", "concurrent.futures._base"})
_AT_START: Final = frozenset(thread.ident for thread in threading.enumerate())
"""Threads of pytest and its plugins, which ask nothing."""


class Strays:
    """Tells which body asks from a thread that does not know itself.

    Attributes:
        doubted: Whether that could not be told. From then on no body is suspended, so that it can.
    """

    def __init__(self) -> None:
        self.doubted = False
        self._main = threading.get_ident()
        self._count = 0
        self._left = False

    def look(self) -> None:
        """See, when a body is about to be suspended, whether it may leave a thread at work."""
        count = threading.active_count()
        if count != self._count:
            self._count = count
            self._left = self._left or any(map(_is_foreign, threading.enumerate()))

    def owner(self, active: CaseView | None, parked: int) -> CaseView | None:
        """The trial of the body that asks from this thread; ``None`` where that cannot be told.

        It is the body that runs now, where no other is suspended, or that one does nothing but wait and no
        other can have left a thread at work.

        Args:
            active: The trial whose body runs now, or ran last.
            parked: How many bodies are suspended.
        """
        if not parked or (not self._left and self._main_waits()):
            return active
        self.doubted = True
        return None

    def _main_waits(self) -> bool:
        """Whether the thread of the bodies does nothing but wait for others."""
        frame = sys._current_frames().get(self._main)  # noqa: SLF001 - there is no other way to see it
        return frame is not None and frame.f_globals.get("__name__") in _WAITING


def _is_foreign(thread: threading.Thread) -> bool:
    """Whether a thread may be a body's: it is neither ours, nor was it there before."""
    return thread.ident not in _AT_START and not thread.name.startswith("modelcheck-")
