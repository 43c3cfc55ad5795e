"""When a simulation counts as keeping a promise."""

from __future__ import annotations


def kept(share: float, limit: float | None, runs: int) -> bool:
    """Whether a share of so many runs is at most its limit, three standard errors of the simulation aside."""
    return limit is None or share <= limit + 3 * (limit * (1 - limit) / runs) ** 0.5 + 1e-9
