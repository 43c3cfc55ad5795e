"""Page's test, exact: a rise of scores over three or more ordered levels of a perturbation.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.stats.permutation import convolve, power_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_EXACT_LEVELS = 8  # 40,320 orders of a row; beyond, the sum over the rows is normal enough


def page_trend(scores: ArrayLike) -> float:
    """Return the p-value of "the scores do not rise over the levels", by Page's test.

    Small where they rise. Give the levels in the opposite order for evidence that they fall. Equal scores of
    a case share the mean of their ranks, and the distribution is exact for the ties at hand: within each row
    every order is equally likely, and the sum over the rows is a convolution. (The asymptotic test shows a
    rise in 13% of tied nulls at a level of 10% with three rows.) Beyond eight levels the normal distribution
    with the exact mean and variance takes its place.

    Args:
        scores: A row a case, a column a level, at least three of them, in the order in which the score should
            rise.

    Source: Page, JASA 58 (1963) 216-230; without ties equal to :func:`scipy.stats.page_trend_test`.

    >>> round(page_trend([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]]), 6)
    0.002894
    >>> page_trend([[1, 1, 1], [2, 2, 2]])  # nothing moved
    1.0
    """
    found = np.asarray(scores, dtype=float)
    if found.ndim != 2 or not len(found) or found.shape[1] < 3 or not np.isfinite(found).all():
        raise ValueError("a trend needs a row a case and at least three levels, all finite numbers")
    levels = np.arange(1, found.shape[1] + 1)
    rows = Counter(tuple(_doubled_ranks(row).tolist()) for row in found)
    observed = sum(times * int(levels @ np.array(ranks)) for ranks, times in rows.items())
    ties: Counter[tuple[int, ...]] = Counter()
    for ranks, times in rows.items():
        # All orders of a row are equally likely, so rows with the same ties have the same distribution.
        ties[tuple(sorted(ranks))] += times
    if len(levels) > _EXACT_LEVELS:
        return _normal_tail(observed, ties)
    distribution, least = np.ones(1), 0
    for ranks, times in ties.items():
        chances, lowest = _row_distribution(ranks)
        distribution = convolve(distribution, power_of(chances, times))
        least += times * lowest
    return min(1.0, float(distribution[observed - least :].sum()))


def _doubled_ranks(row: Floats) -> NDArray[np.int_]:
    """Return twice the ranks, from 2; equal scores share the mean of theirs, which makes a whole number."""
    _, place, times = np.unique(row, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    return np.asarray((2 * last - times + 1)[place])


@functools.lru_cache(maxsize=256)
def _row_distribution(ranks: tuple[int, ...]) -> tuple[Floats, int]:
    """Return the distribution of the sum of level times rank over all orders, and its lowest value."""
    levels = np.arange(1, len(ranks) + 1)
    sums = np.array(list(permutations(ranks))) @ levels
    lowest = int(sums.min())
    chances = np.bincount(sums - lowest) / len(sums)
    return chances, lowest


def _normal_tail(observed: int, ties: Counter[tuple[int, ...]]) -> float:
    """Return the tail of the normal distribution of that mean and variance, continuity corrected."""
    mean = variance = 0.0
    for ranks, times in ties.items():
        size = len(ranks)
        middle = sum(ranks) / size
        mean += times * size * (size + 1) / 2 * middle
        spread = sum((rank - middle) ** 2 for rank in ranks)
        variance += times * spread * (size * (size * size - 1) / 12) / (size - 1)
    if not variance:
        return 1.0
    # Half a step less: a sum of whole numbers is compared with a continuous curve.
    return math.erfc((observed - 0.5 - mean) / math.sqrt(2 * variance)) / 2
