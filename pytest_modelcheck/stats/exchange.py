"""Exact p-values by convolution: runs of two versions, exchanged within each unit; a trend over levels.

A *unit* is a case, or several cases that make the same call and therefore share its answer. Each run of a
unit is a whole number: how many of its cases passed. If two versions behave alike on a unit, then every way
to deal its runs out to the two versions is equally likely. So the sum of the runs dealt to one side has a
distribution that only depends on the values, and the sum over all units has the convolution of these
distributions. Units may have different numbers of runs, and cases may differ in their chance to pass.

Sources: Fisher, The Design of Experiments (1935), section 21 (the exchange); Pagano and Tritchler, JASA 78
(1983) 435-440 (permutation distributions by convolution).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.numeric import count
from pytest_modelcheck.stats.paired import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Runs = Sequence[Sequence[int]]

_TIE = 1e-9
_DIRECT = 2_000  # numbers in the shorter of two distributions
_EXACT_LEVELS = 8  # 40,320 orders of a row; beyond, the sum over the rows is normal enough


def exchange_p_value(approved: Runs, current: Runs) -> float:
    """Return the exact p-value of "the current version is as good as the approved one", against a worse one.

    The chance that runs dealt out at random within each unit show a drop at least as large. The drop of a
    unit is its mean over the approved runs, minus its mean over the current ones. With one run of single
    cases on either side it is McNemar's exact test.

    Args:
        approved: For each unit, how many of its cases passed in each approved run; at least one run.
        current: The same for the current runs, in the same order of units.

    >>> round(exchange_p_value([[1, 1, 1]] * 4, [[0]] * 4), 6)  # each of 4 units: 1 of 4 deals is as bad
    0.003906
    >>> exchange_p_value([[1]] * 7, [[0]] * 7) == 1 / 128
    True
    """
    distribution, observed, _ = _deals(approved, current)
    return min(1.0, float(distribution[observed:].sum()))


def contradiction_p_value(first: Runs, second: Runs) -> float:
    """Return the p-value of "both sets of runs come from the same model", two-sided, exact.

    The chance that runs dealt out at random within each unit differ at least as much, in either direction.
    Small where a model, or something between it and the test, changed while the check was running.

    >>> contradiction_p_value([[0]] * 9, [[1, 1]] * 9) < 0.001 < contradiction_p_value([[0, 1]], [[1, 0]])
    True
    """
    distribution, observed, expected = _deals(first, second)
    away = np.abs(np.arange(len(distribution)) - expected)
    return min(1.0, float(distribution[away >= abs(observed - expected) - _TIE].sum()))


def odd_run_p_value(runs: Runs) -> float:
    """Return the p-value of "no run stands out": each against all others, adjusted by Holm.

    >>> odd_run_p_value([[1, 1, 1]] * 20), odd_run_p_value([[1, 0, 1]] * 20) < 0.001
    (1.0, True)
    """
    lengths = {len(unit) for unit in runs}
    if len(lengths) != 1:
        raise ValueError(f"every unit needs equally many runs, not {sorted(lengths)}")
    number = lengths.pop()
    if number < 2:
        return 1.0
    against = [
        contradiction_p_value(
            [[unit[place]] for unit in runs], [[*unit[:place], *unit[place + 1 :]] for unit in runs]
        )
        for place in range(number)
    ]
    # Holm's correction of the smallest of several p-values: whichever run looks odd was chosen for that.
    return min(holm(against))


def fisher_p_value(approved_passed: int, approved_runs: int, current_passed: int, current_runs: int) -> float:
    """Return the p-value of Fisher's exact test on pooled runs, one-sided towards worse.

    It ignores which run belongs to which case. So, unlike exchanges within cases, which detect any change, it
    allows cases to become steadier or noisier.

    Source: Fisher, J. R. Statist. Soc. 98 (1935) 39-82.

    >>> round(fisher_p_value(10, 10, 4, 8), 6)
    0.022876
    """
    count("approved_runs", approved_runs, at_least=1)
    count("current_runs", current_runs, at_least=1)
    count("approved_passed", approved_passed, at_most=approved_runs)
    count("current_passed", current_passed, at_most=current_runs)
    # Imported only here, because it takes a second. A check that needs it is about to fail.
    from scipy.stats import hypergeom

    passed, runs = approved_passed + current_passed, approved_runs + current_runs
    return float(hypergeom.cdf(current_passed, runs, passed, current_runs))


def _deals(approved: Runs, current: Runs) -> tuple[Floats, int, float]:
    """Return the distribution of the approved runs' weighted sum, the observed sum, and its expectation."""
    if len(approved) != len(current) or not approved:
        raise ValueError(
            f"{len(approved)} approved and {len(current)} current units: both need the same, at least one"
        )
    # Cases of equal outcomes have equal distributions, so a thousand cases are a handful of convolutions.
    shapes = Counter(
        (tuple(sorted((*before, *after))), len(before))
        for before, after in zip(approved, current, strict=True)
    )
    weights = _weights({(size, len(values)) for values, size in shapes})
    observed, expected = 0, 0.0
    for before, after in zip(approved, current, strict=True):
        observed += weights[len(before), len(before) + len(after)] * sum(before)
    parts = []
    for (values, size), times in shapes.items():
        weight = weights[size, len(values)]
        expected += times * weight * size * sum(values) / len(values)
        chances = _share_sums(values, size)
        if weight != 1:  # the distribution of ``weight`` times the number
            stretched = np.zeros((len(chances) - 1) * weight + 1)
            stretched[::weight] = chances
            chances = stretched
        parts.append(power_of(chances, times))
    return convolve_all(parts), observed, expected


def _weights(shapes: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return how much one pass among the approved runs counts, as small whole numbers.

    With the total of a unit fixed, moving one pass to an approved run raises the unit's drop by 1/approved +
    1/current.
    """
    if any(not 0 < size < runs for size, runs in shapes):
        raise ValueError("every unit needs at least one run on either side")
    exact = {(size, runs): Fraction(1, size) + Fraction(1, runs - size) for size, runs in shapes}
    denominator = math.lcm(*(weight.denominator for weight in exact.values()))
    # Sums of whole numbers are exact, so equal sums are equal and no tolerance decides which arrangements
    # are as extreme.
    whole = {shape: int(weight * denominator) for shape, weight in exact.items()}
    divisor = math.gcd(*whole.values())
    return {shape: weight // divisor for shape, weight in whole.items()}


@functools.lru_cache(maxsize=4_096)
def _share_sums(values: tuple[int, ...], size: int) -> Floats:
    """Return the distribution of the sum of ``size`` of the values, drawn without replacement."""
    reach = sum(values)
    ways = np.zeros((size + 1, reach + 1))
    ways[0, 0] = 1.0
    for value in values:
        # Downwards, so that each value is dealt once, as in the knapsack problem.
        for chosen in range(size, 0, -1):
            ways[chosen, value:] += ways[chosen - 1, : reach + 1 - value]
    found = ways[size] / math.comb(len(values), size)
    # It is cached and shared.
    found.flags.writeable = False
    return np.asarray(found)


def power_of(chances: Floats, times: int) -> Floats:
    """Return the distribution of the sum of ``times`` independent numbers, by repeated squaring.

    >>> import numpy as np
    >>> power_of(np.array([0.5, 0.5]), 2).tolist()
    [0.25, 0.5, 0.25]
    """
    result = np.ones(1)
    while times:
        if times & 1:
            result = convolve(result, chances)
        times >>= 1
        if times:
            chances = convolve(chances, chances)
    return result


def convolve(one: Floats, other: Floats) -> Floats:
    """Return the distribution of the sum of two independent whole numbers.

    Directly, and so exact far out in the tails, unless both are long; then by Fourier transform.
    """
    if min(len(one), len(other)) < _DIRECT:  # exact to the last digits, also far out in the tails
        return np.convolve(one, other)
    size = len(one) + len(other) - 1
    found = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)
    return np.maximum(found, 0.0)


def convolve_all(parts: list[Floats]) -> Floats:
    """Return the distribution of the sum of independent whole numbers."""
    while len(parts) > 1:
        # The two shortest first, as in Huffman's code: long arrays are then convolved least often.
        parts.sort(key=len)
        parts[:2] = [convolve(parts[0], parts[1])]
    return parts[0]


def page_trend(scores: ArrayLike) -> float:
    """Return the p-value of "the scores do not rise over the levels", by Page's test.

    Small where they rise. Give the levels in the opposite order for evidence that they fall. Equal scores of
    a case share the mean of their ranks, and the distribution is exact for the ties at hand: within each row
    every order is equally likely, and the sum over the rows is a convolution. (The asymptotic test shows a
    rise in 13% of tied nulls at a level of 10% with three rows.) Beyond eight levels the normal distribution
    with the exact mean and variance takes its place.

    Args:
        scores: One row for each case, and one column for each level, in the order in which the score should
            rise; at least three levels.

    Source: Page, JASA 58 (1963) 216-230; without ties equal to :func:`scipy.stats.page_trend_test`.

    >>> round(page_trend([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]]), 6)
    0.002894
    >>> page_trend([[1, 1, 1], [2, 2, 2]])  # nothing moved
    1.0
    """
    found = np.asarray(scores, dtype=float)
    if found.ndim != 2 or not len(found) or found.shape[1] < 3 or not np.isfinite(found).all():
        raise ValueError("a trend needs a row for each case and at least three levels, all finite numbers")
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
    """Return the upper tail of a normal distribution with that mean and variance, continuity corrected."""
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
