"""Calls of a model: their numbers, times and costs.

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
    """The calls of a check: their numbers, times and costs.

    The counts are of inputs, except ``requests``, ``retries`` and ``timeouts``. These count requests: a
    request calls the judged model once, with one input or a batch, and a retry is another request.

    Attributes:
        new: Inputs that the model was called with.
        cached: Answers that were read from the cache.
        direct: Calls that were made one after another, of a model that can answer several together.
        seconds: The time of the check, in seconds.
        requests: Requests, retries included.
        retries: Retries.
        failed: Inputs that the model failed to answer, after all retries.
        timeouts: Requests that took longer than ``timeout=``.
        uncalled: Calls that were not made, because the model was given up or a budget was spent.
        serial: Whether the model answers one input at a time because its fixture does not say otherwise.
        latencies: The times of requests, in seconds, sorted: all of them, or 41 evenly spaced quantiles from
            the shortest to the longest if there were more. Waiting for the rate limit does not count.
        tokens_in: Input tokens, or ``None`` if the model does not report them.
        tokens_out: Output tokens, or ``None``.
        tokens_other: Tokens of other kinds, which count in neither: pairs of a name and a number, by name.
        cost: The cost of the calls, in the unit of the fixture's ``cost=``, or ``None`` if it is unknown.
        costs: The known costs of single answers, sorted; thinned as ``latencies`` are.

    >>> calls = Calls(new=3, requests=3, latencies=(0.1, 0.2, 0.9))
    >>> calls.p50, calls.p95
    (0.2, 0.9)
    """

    new: int = 0
    cached: int = 0
    direct: int = 0
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0
    failed: int = 0
    timeouts: int = 0
    uncalled: int = 0
    serial: bool = False
    latencies: tuple[float, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_other: tuple[tuple[str, int], ...] = ()
    cost: float | None = None
    costs: tuple[float, ...] = ()

    @property
    def total_latency(self) -> float:
        """The time of all requests together, in seconds; estimated where ``latencies`` are quantiles."""
        return math.fsum(self.latencies) / len(self.latencies) * self.requests if self.latencies else 0.0

    @property
    def p50(self) -> float | None:
        """The median latency, in seconds."""
        return quantile(self.latencies, 0.5)

    @property
    def p95(self) -> float | None:
        """The 95th percentile of the latencies, in seconds."""
        return quantile(self.latencies, 0.95)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest of the sorted numbers that at least ``share`` of them do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    if not ordered:
        return None
    # Less 1e-9, because 100 * 0.07 is 7.000000000000001 and must not be rounded up to rank 8.
    return ordered[max(0, math.ceil(len(ordered) * share - 1e-9) - 1)]
