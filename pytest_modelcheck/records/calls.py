"""Calls of a model: their number, time and cost.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Calls:
    """The cost of a check: cached answers, new answers, and their figures.

    A *call* asks the judged model once, for one input or for a batch; a retry is another call.

    Attributes:
        asked: How many answers the model was asked for.
        cached: How many answers were at hand.
        direct: How many calls were made one after another, of a model that can answer several together.
        seconds: How long the check took, in seconds.
        requests: How many calls were made, retries included.
        retries: How many of them were retries.
        failed: How many answers the model failed to give in the end.
        timeouts: How many calls were given up because they took too long.
        unasked: How many questions were not asked, since the model was given up or a budget was spent.
        latencies: How long calls took, in seconds, sorted: each of them, or 41 evenly spaced quantiles from
            the shortest to the longest where there were more. Waiting for a turn does not count.
        tokens_in: Tokens that went in, or ``None`` where the model does not say.
        tokens_out: Tokens that came out, or ``None``.
        tokens_other: Tokens of other names, which count in neither: each name and its number, by name.
        cost: What the calls cost, in the unit of the fixture's ``cost=``, or ``None`` where that is unknown.
        costs: What each answer cost of which that is known, sorted; thinned as ``latencies`` are.

    >>> calls = Calls(asked=3, requests=3, latencies=(0.1, 0.2, 0.9))
    >>> calls.p50, calls.p95
    (0.2, 0.9)
    """

    asked: int = 0
    cached: int = 0
    direct: int = 0
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0
    failed: int = 0
    timeouts: int = 0
    unasked: int = 0
    latencies: tuple[float, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_other: tuple[tuple[str, int], ...] = ()
    cost: float | None = None
    costs: tuple[float, ...] = ()

    @property
    def p50(self) -> float | None:
        """The latency that half of the calls did not exceed, in seconds."""
        return quantile(self.latencies, 0.5)

    @property
    def p95(self) -> float | None:
        """The latency that 95% of the calls did not exceed, in seconds."""
        return quantile(self.latencies, 0.95)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of some sorted numbers that at least a share of them do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * share - 1e-9) - 1)]
