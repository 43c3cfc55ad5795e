"""Batches: the size of the next one, and the search for the inputs that make one fail.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

LARGEST = 256
"""The largest batch, unless the fixture sets a size."""

_PATIENCE = 1.0  # seconds: a batch that takes longer does not grow further
_WORTH = 0.95  # a larger batch must cut the time per input to this share
_LOOKS = 2  # full batches that are timed at each size


class Failure:
    """An exception that a model raised instead of an answer.

    A failure travels as a value and is raised in the body that waits for it. If it were raised earlier, a
    ``StopIteration`` or ``CancelledError`` would stop the generator, future or event loop on its way.
    """

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


Rows = list[Any]
"""One answer, or one :class:`Failure`, for each input."""


class Sizes:
    """The size of the next batch: fixed, or doubled as long as the time per input falls.

    Each size is timed twice and the better time counts, so that one slow batch decides nothing. After a batch
    in which every input failed, the size is 1 until a call succeeds. Safe from any thread.

    Args:
        size: The largest number of inputs in the first batch.
        adaptive: Whether the size may grow.

    >>> sizes = Sizes(64, adaptive=True)
    >>> for size, seconds in [(64, 0.64), (64, 0.64), (128, 0.70), (128, 0.69), (256, 1.38), (256, 1.39)]:
    ...     sizes.took(size, seconds)
    >>> sizes.size
    128
    >>> sizes.failed(); sizes.size
    1
    """

    __slots__ = ("_best", "_growing", "_lock", "_looks", "_normal", "_time", "size")

    def __init__(self, size: int, *, adaptive: bool) -> None:
        self.size = self._normal = size
        self._growing = adaptive
        self._best: float | None = None  # seconds per input at the previous size
        self._time: float | None = None  # seconds per input at this size
        self._looks = 0
        self._lock = threading.Lock()

    def failed(self) -> None:
        """Record that every input of a batch failed."""
        with self._lock:
            self.size = 1

    def took(self, size: int, seconds: float) -> None:
        """Record the time of a batch. Only full batches decide about the size."""
        if not self._growing and self.size == self._normal:
            return
        with self._lock:
            self._took(size, seconds)

    def _took(self, size: int, seconds: float) -> None:
        if self.size < self._normal:
            self.size = self._normal  # a single call has succeeded after a batch that failed
            return
        if not self._growing or size != self.size:
            return
        each = seconds / size
        self._time = each if self._time is None else min(each, self._time)
        self._looks += 1
        if self._looks < _LOOKS:
            return
        if self._best is not None and self._time > self._best * _WORTH:
            self.size //= 2
            self._growing = False
        elif seconds > _PATIENCE or self.size * 2 > LARGEST:
            self._growing = False
        else:
            self.size *= 2
            self._best, self._time, self._looks = self._time, None, 0
        self._normal = self.size


def split(size: int) -> Generator[Sequence[int], Rows | Failure, None]:
    """Halve a failed batch until each failing input is called alone.

    An input that is called alone gets its own answer or failure, so that a good input is never blamed for the
    others. A batch of one yields that input once.

    Args:
        size: The number of inputs in the batch.

    Yields:
        The indexes of the inputs to call next; send back their answers, or the failure of that call.

    >>> calls = split(4)
    >>> next(calls), calls.send(["a", "b"]), calls.send(Failure(ValueError())), calls.send(["c"])
    (range(0, 2), range(2, 4), range(2, 3), range(3, 4))
    """
    parts = deque(_halves(range(size)))
    while parts:
        part = parts.popleft()
        ended_here = yield part
        if isinstance(ended_here, Failure) and len(part) > 1:
            parts.extendleft(reversed(_halves(part)))


def _halves(part: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    middle = len(part) // 2
    return part[:middle], part[middle:]
