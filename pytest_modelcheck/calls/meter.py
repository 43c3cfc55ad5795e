"""Counts, times and costs of the calls of one model."""

from __future__ import annotations

import sys
import threading
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.models.usage import Usage
    from pytest_modelcheck.records import Calls


class Clock:
    """The real clocks: freezegun replaces those of modules, perhaps before this one is imported."""

    @staticmethod
    def _real(name: str) -> Callable[[], float]:
        clock: Callable[[], float] = getattr(
            sys.modules.get("freezegun.api"), f"real_{name}", getattr(time, name)
        )
        return clock

    monotonic = staticmethod(_real("monotonic"))
    perf_counter = staticmethod(_real("perf_counter"))


_GRID = 41  # quantiles that are kept: every 2.5%, so that the median and the 95% are among them


@dataclass
class Counts:
    """The counts of a meter at one moment.

    ``timed`` counts calls whose time is known, ``weighed`` answers with known tokens, ``priced`` those with a
    known cost.
    """

    new: int = 0
    requests: int = 0
    retries: int = 0
    failed: int = 0
    timeouts: int = 0
    uncalled: int = 0
    timed: int = 0
    weighed: int = 0
    priced: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_other: Counter[str] = field(default_factory=Counter)
    cost: float = 0.0


class DistinctCalls:
    """Counts calls, those with the same digest once, and how many of them were made.

    Beyond 65,536 digests, only 8 bytes of each are stored, which suffice to distinguish them.

    Attributes:
        new: The number of calls that were made.

    >>> found = DistinctCalls()
    >>> found.update([b"a" * 16, b"b" * 16, b"a" * 16, None, None])
    >>> found.new += 3
    >>> found.count, found.cached
    (4, 1)
    """

    def __init__(self, held: int = 1 << 16) -> None:
        self.new = 0
        self._most = held
        self._held: set[bytes] = set()
        self._parts: list[array[int]] = []
        self._unnamed = 0

    def update(self, keys: Sequence[bytes | None]) -> None:
        """Add the digests of calls; each ``None``, a call that is never cached, counts."""
        self._unnamed += keys.count(None)
        self._held.update(filter(None, keys))
        if len(self._held) > self._most:
            self._put_away()

    @property
    def count(self) -> int:
        """The number of distinct calls."""
        found = len(self._held)
        if self._parts:
            self._put_away()
            found = sum(len(set(part)) for part in self._parts)
        return found + self._unnamed

    @property
    def cached(self) -> int:
        """The number of distinct calls that were not made."""
        # Fewer than were made, if calls were made ahead for nothing.
        return max(0, self.count - self.new)

    def _put_away(self) -> None:
        self._parts = self._parts or [array("Q") for _ in range(64)]
        for key in self._held:
            # In 64 parts, so that counting makes a set of one part at a time.
            self._parts[key[0] % 64].append(int.from_bytes(key[:8]))
        self._held.clear()


class Meter(Counts):
    """Counts the calls of one model over a run. Safe from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seconds = array("d")
        self._costs = array("d")
        self._total = 0.0
        self._failed, self._unanswered = DistinctCalls(), DistinctCalls()

    def called(self, seconds: float, *, failed: bool = False, timeout: bool = False) -> None:
        """Record a call. The time of a timeout counts as a latency, which it bounds from below."""
        with self._lock:
            self.requests += 1
            self.timeouts += timeout
            if not failed:
                self._total += seconds
            if timeout or not failed:
                self._seconds.append(seconds)
                self.timed += 1

    def spent(self, usage: Usage) -> None:
        """Record the tokens and the cost of an answer."""
        with self._lock:
            if usage.tokens_in is not None or usage.tokens_out is not None:
                self.weighed += 1
                self.tokens_in += usage.tokens_in or 0
                self.tokens_out += usage.tokens_out or 0
            self.tokens_other.update(dict(usage.other))
            if usage.cost is not None:
                self._costs.append(usage.cost)
                self.priced += 1
                self.cost += usage.cost

    def retried(self) -> None:
        """Count a retry."""
        with self._lock:
            self.retries += 1

    def questions(
        self, new: int, failed: Sequence[bytes | None] = (), refused: Sequence[bytes | None] = ()
    ) -> None:
        """Count inputs: those that the model was called with, and the digests of failed and refused calls.

        A call that is refused again, or that has failed before, is no further call that was not made.
        """
        with self._lock:
            self.new += new
            self.failed += len(failed)
            self._failed.update(failed)
            self._unanswered.update([*failed, *refused])

    @property
    def mean(self) -> float:
        """Mean time per answer, in seconds."""
        return self._total / self.new if self.new else 0.0

    def mark(self) -> Counts:
        """Return the present counts."""
        with self._lock:
            self.uncalled = self._unanswered.count - self._failed.count
        counts = Counts(**{each.name: getattr(self, each.name) for each in fields(Counts)})
        counts.tokens_other = self.tokens_other.copy()
        return counts

    def since(self, mark: Counts, calls: Calls) -> Calls:
        """Return ``calls`` with everything that was counted since ``mark``."""
        now = self.mark()
        names = ("new", "requests", "retries", "failed", "timeouts", "uncalled")
        weighed, priced = now.weighed > mark.weighed, now.priced > mark.priced
        return replace(
            calls,
            **{name: getattr(now, name) - getattr(mark, name) for name in names},
            latencies=thinned(sorted(self._seconds[mark.timed : now.timed])),
            tokens_in=now.tokens_in - mark.tokens_in if weighed else None,
            tokens_out=now.tokens_out - mark.tokens_out if weighed else None,
            tokens_other=tuple(sorted((now.tokens_other - mark.tokens_other).items())),
            cost=now.cost - mark.cost if priced else None,
            costs=thinned(sorted(self._costs[mark.priced : now.priced])),
        )


def thinned(ordered: Sequence[float]) -> tuple[float, ...]:
    """Thin sorted numbers out to at most 41, evenly spaced by rank, with the smallest and the largest.

    >>> thinned([1.0, 2.0]), len(thinned(range(1000))), thinned(range(1001))[38]
    ((1.0, 2.0), 41, 950)
    """
    if len(ordered) <= _GRID:
        return tuple(ordered)
    last = len(ordered) - 1
    return tuple(ordered[round(last * step / (_GRID - 1))] for step in range(_GRID))
