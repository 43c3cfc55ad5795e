"""Stopping when the rest cannot change the verdict: without any error, for limits that are exact.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_modelcheck.stats.sequential import Decision

Range = tuple[float, float]
"""The least and the most that one case may lose."""

_ROUNDING = 1e-9


class Curtailment:
    """Says when a limit on losses is decided, whatever becomes of the cases that are left.

    A loss is what a case contributes to missing the limit: 1 for a wrong answer and 0 for a right one; what
    it passed before minus what it passes now; 1 minus its score. The limit is met if the losses come to
    at most ``altogether``, plus ``each`` for every case that counts. Also right where some of the cases that
    are left turn out not to count.

    Args:
        ranges: What each case may lose.
        each: The mean loss that is allowed.
        altogether: The sum of losses that is allowed.

    >>> all_required_95_percent = Curtailment([(0, 1)] * 200, each=1 - 0.95)
    >>> for loss in [0] * 60 + [1] * 11:
    ...     all_required_95_percent.feed(loss, (0, 1))
    >>> all_required_95_percent.decision
    'failed'
    """

    __slots__ = ("_altogether", "_each", "_least", "_most", "_seen")

    def __init__(self, ranges: Iterable[Range], each: float = 0.0, altogether: float = 0.0) -> None:
        self._each, self._altogether = each, altogether
        self._seen = self._least = self._most = 0.0
        for least, most in ranges:
            self._least += min(0.0, least - each)
            self._most += max(0.0, most - each)

    def feed(self, loss: float | None, expected: Range) -> None:
        """Take what a case lost, or ``None`` where it does not count; ``expected`` is its range."""
        least, most = expected
        self._least -= min(0.0, least - self._each)
        self._most -= max(0.0, most - self._each)
        if loss is not None:
            self._seen += loss - self._each

    @property
    def decision(self) -> Decision | None:
        """What the verdict will be, or ``None`` while it may still turn."""
        room = self._altogether + _ROUNDING
        if self._seen + self._most <= room:
            return "passed"
        return "failed" if self._seen + self._least > room else None
