"""The rule by which a simulation keeps a promise."""

from __future__ import annotations


def kept(share: float, limit: float | None, runs: int) -> bool:
    """Return whether a share of a number of runs is at most its limit, three standard errors aside."""
    return limit is None or share <= limit + 3 * (limit * (1 - limit) / runs) ** 0.5 + 1e-9
