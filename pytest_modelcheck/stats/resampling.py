"""What a permutation test finds, and how many exchanges it takes where they are drawn at random.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_modelcheck.stats.arguments import probability

_LEAST_RESAMPLES = 1_999
_CHUNK = 2_000_000  # numbers that are drawn at once


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """What a permutation test found.

    Attributes:
        p_value: The chance of a drop at least as large, if the two versions behaved alike.
        drop: The mean over the cases of the baseline's mean minus the candidate's; positive is worse.
        resamples: How many exchanges were drawn, or ``None`` where the p-value is exact.
    """

    p_value: float
    drop: float
    resamples: int | None = None


def resamples_for(false_fail_rate: float) -> int:
    """Return how many exchanges to draw so that the p-value can get well below ``false_fail_rate``.

    At least ten times its inverse: a p-value cannot be less than one over the number of draws plus one.

    >>> resamples_for(0.01), resamples_for(0.0001)
    (1999, 100000)
    """
    return max(_LEAST_RESAMPLES, math.ceil(10 / probability("false_fail_rate", false_fail_rate)))


def chunks(resamples: int, each: int) -> list[int]:
    """Split the resamples, of ``each`` numbers, so that not too much is held in memory at once.

    >>> chunks(1_999, 1_000_000)[:2], sum(chunks(1_999, 1_000_000))
    ([2, 2], 1999)
    """
    size = max(1, _CHUNK // max(each, 1))
    whole, rest = divmod(resamples, size)
    return [size] * whole + ([rest] if rest else [])
