"""When a call may start: so many in a minute, evenly, and not before the endpoint asked to be left alone.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING

from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 60.0
"""Seconds that a call waits at most before it is made again. Who asks for more is given up."""

_SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_SECONDS["day"] = 86_400
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|per\b)\s*([a-z]+?)\s*", re.IGNORECASE)


def interval_of(rate: str) -> float:
    """The seconds from one call to the next, of a rate such as ``"500/minute"``.

    Raises:
        UsageError: it is no rate.

    >>> interval_of("500/minute"), interval_of("4 per second")
    (0.12, 0.25)
    """
    found = _RATE.fullmatch(rate) if isinstance(rate, str) else None
    period = None if found is None else _SECONDS.get(found[2].lower())
    if found is None or period is None or float(found[1]) <= 0:
        raise UsageError(
            f'rate_limit={rate!r}: write a number of calls and a time, "500/minute" '
            "(second, minute, hour or day)"
        )
    return period / float(found[1])


class Turn:
    """The place of one call in the queue."""

    __slots__ = ("due", "epoch")

    def __init__(self) -> None:
        self.due = 0.0
        self.epoch = -1


class Pace:
    """Hands out turns, evenly spaced. Safe from any thread; whoever has a turn waits for it himself.

    Args:
        interval: Seconds from one call to the next; 0 for no limit.
        clock: The time in seconds.

    >>> pace = Pace(2.0, clock=lambda: 100.0)
    >>> [pace.wait(Turn()) for _ in range(3)]
    [0.0, 2.0, 4.0]
    """

    def __init__(self, interval: float = 0.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0
        self._paused = 0.0
        self._epoch = 0

    def wait(self, turn: Turn) -> float:
        """How many seconds a call has to wait yet; 0.0 where it may start. Ask again after waiting."""
        with self._lock:
            now = self._clock()
            if turn.epoch != self._epoch:
                turn.due = max(now, self._next)
                turn.epoch = self._epoch
                self._next = turn.due + self._interval
            return max(0.0, turn.due - now)

    def pause(self, seconds: float) -> None:
        """Let no call start for so long. Those that wait already get new turns, as evenly spaced."""
        with self._lock:
            self._paused = max(self._paused, self._clock() + seconds)
            self._next = self._paused if self._interval else max(self._next, self._paused)
            self._epoch += 1
