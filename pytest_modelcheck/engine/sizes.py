"""How many inputs the next batch of a model may have.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

LARGEST = 256
"""As many bodies as wait at once: a batch cannot be larger."""

_PATIENCE = 1.0  # seconds: a batch that takes longer is large enough
_WORTH = 0.95  # of the time of an input: what a larger batch must better
_LOOKS = 2


class Sizes:
    """The size of batches: as given, or doubled for as long as the time of an input falls.

    Each size is tried twice, and its better time counts, so that one hiccup decides nothing.

    Args:
        size: How many inputs a batch may have at first.
        adaptive: Whether it may grow.

    >>> sizes = Sizes(64, adaptive=True)
    >>> for size, seconds in [(64, 0.64), (64, 0.64), (128, 0.70), (128, 0.69), (256, 1.38), (256, 1.39)]:
    ...     sizes.took(size, seconds)
    >>> sizes.size
    128
    """

    __slots__ = ("_best", "_growing", "_looks", "_time", "size")

    def __init__(self, size: int, *, adaptive: bool) -> None:
        self.size = size
        self._growing = adaptive
        self._best: float | None = None  # the time of an input, at the size before
        self._time: float | None = None  # the same, at this size
        self._looks = 0

    def took(self, size: int, seconds: float) -> None:
        """Take in how long a batch took. Only full ones tell."""
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
