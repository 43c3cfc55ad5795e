"""Batches: how large the next one may be, and which inputs of a failed one are to blame.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

LARGEST = 256
"""Largest batch, unless the fixture says otherwise."""

_PATIENCE = 1.0  # seconds: a batch that takes longer is large enough
_WORTH = 0.95  # of the time of an input: what a larger batch must better
_LOOKS = 2


class Failure:
    """An exception that a model raised in place of an answer.

    A failure is a value until it reaches the body that waits for it: an exception such as ``StopIteration``
    or ``CancelledError`` would do something else to a generator, a future or an event loop on its way.
    """

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


Rows = list[Any]
"""One answer, or one :class:`Failure`, for each input."""


class Sizes:
    """The size of batches: as given, or doubled for as long as the time of an input falls.

    Each size is tried twice, and its better time counts, so that one hiccup decides nothing. After a batch
    all of whose inputs failed, calls are made one at a time until one succeeds. Safe from any thread.

    Args:
        size: How many inputs a batch may have at first.
        adaptive: Whether it may grow.

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
        self._best: float | None = None  # the time of an input, at the size before
        self._time: float | None = None  # the same, at this size
        self._looks = 0
        self._lock = threading.Lock()

    def failed(self) -> None:
        """Note that every input of a batch failed."""
        with self._lock:
            self.size = 1

    def took(self, size: int, seconds: float) -> None:
        """Note how long a batch took. Only full ones tell."""
        if not self._growing and self.size == self._normal:
            return
        with self._lock:
            self._took(size, seconds)

    def _took(self, size: int, seconds: float) -> None:
        if self.size < self._normal:
            self.size = self._normal
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
    """Halve a failed batch until every input that it fails on stands alone.

    An input that is called alone is judged by its own answer, so that a good one is never blamed for its
    neighbours. A batch of one is to blame by itself.

    Args:
        size: How many inputs the batch has.

    Yields:
        The places of the inputs to call next; is sent their answers, or what was raised for them together.

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
