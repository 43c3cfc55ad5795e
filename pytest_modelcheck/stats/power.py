"""The power of a paired comparison: the chance to fail, the smallest drop, and how many cases it takes.

Two rates describe a comparison: how far the pass rate really drops, and how often a case that failed passes
now (``fix_rate``). For a model that varies, and did not change, the latter is half of its disagreement with
itself. ``repeats`` runs of a case on either side count as that many pairs: right to first order where only
the model's own variation is noise.

The same for a rate against a requirement is in :mod:`~pytest_modelcheck.stats.rates`. Holm's adjustment for
many checks at once is here too: for triage only, since a verdict must not depend on what else was run.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from pytest_modelcheck.numeric import count, fraction, probability
from pytest_modelcheck.stats.means import crossing
from pytest_modelcheck.stats.paired import tango_score, trinomial_tail
from pytest_modelcheck.stats.rates import least_where

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


_LOOK_AHEAD = 200


def drop_power(
    pairs: int, drop: float, fix_rate: float, false_fail_rate: float, *, max_drop: float = 0.0
) -> float:
    """Return the chance that a comparison of ``pairs`` fails where the rate really drops by ``drop``.

    Of McNemar's exact test where nothing is allowed, of Tango's score test where something is.

    Args:
        pairs: Cases, times runs of each.
        drop: How far the pass rate really drops.
        fix_rate: How often a pair is a failure that was fixed.
        false_fail_rate: The level of the test.
        max_drop: The drop that is allowed.

    >>> f"{drop_power(100, drop=0.10, fix_rate=0.02, false_fail_rate=0.01):.2f}"
    '0.56'
    """
    count("pairs", pairs, at_least=1)
    fraction("drop", drop)
    fraction("fix_rate", fix_rate)
    probability("false_fail_rate", false_fail_rate)
    if drop + 2 * fix_rate > 1:
        raise ValueError(f"a drop of {drop} is not possible where {fix_rate} are fixed and as many break")
    import numpy as np
    from scipy.special import betainc

    fixes = np.arange(min(pairs, int(pairs * fix_rate + 9 * math.sqrt(pairs * fix_rate)) + 20) + 1)
    limit = NormalDist().inv_cdf(1 - false_fail_rate)

    def fails(broke: NDArray[np.int_]) -> NDArray[np.bool_]:
        if max_drop:
            return tango_score(broke, fixes, pairs, max_drop) > limit
        return np.asarray(betainc(np.maximum(broke, 1), fixes + 1.0, 0.5) <= false_fail_rate)

    failing = least_where(fails, np.zeros(fixes.shape, dtype=int), pairs - fixes + 1)
    return float(trinomial_tail(np.array([fix_rate]), drop, fixes, failing, pairs)[0])


def detectable_drop(
    pairs: int, fix_rate: float, false_fail_rate: float, power: float = 0.9, *, max_drop: float = 0.0
) -> float | None:
    """Return the smallest true drop that ``pairs`` reveal with a chance of ``power``; ``None`` if none is.

    >>> f"{detectable_drop(100, fix_rate=0.02, false_fail_rate=0.01):.2f}"
    '0.15'
    """
    probability("power", power)
    most = 1 - 2 * fix_rate
    if drop_power(pairs, most, fix_rate, false_fail_rate, max_drop=max_drop) < power:
        return None

    def lacking(drop: float) -> float:
        return drop_power(pairs, drop, fix_rate, false_fail_rate, max_drop=max_drop) - power

    return crossing(lacking, 0.0, most, within=1e-6)


def pairs_needed(
    drop: float,
    fix_rate: float,
    false_fail_rate: float,
    power: float = 0.9,
    *,
    max_drop: float = 0.0,
    most: int = 1_000_000,
) -> int | None:
    """Return how many pairs it takes to fail a true drop of ``drop``; ``None`` if more than ``most``.

    >>> pairs_needed(drop=0.05, fix_rate=0.02, false_fail_rate=0.01)
    471
    """
    probability("power", power)
    if drop <= max_drop:
        raise ValueError(f"a drop of {drop} is not above max_drop={max_drop}: there is nothing to reveal")

    def enough(pairs: int) -> bool:
        return drop_power(pairs, drop, fix_rate, false_fail_rate, max_drop=max_drop) >= power

    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
        if low > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    needed = pairs = high  # the chance moves in a saw-tooth: go on until it has stayed above for a while
    while pairs < needed + min(20 + high // 20, _LOOK_AHEAD):
        pairs += 1
        if not enough(pairs):
            needed = pairs + 1
    return needed if needed <= most else None


def detectable_shift(units: int, deviation: float, false_fail_rate: float, power: float = 0.9) -> float:
    """Return about how far a true mean must fall short to be seen, in the unit of the numbers.

    By the normal approximation, which is a little hopeful for few numbers.

    >>> f"{detectable_shift(100, deviation=0.2, false_fail_rate=0.01):.3f}"
    '0.072'
    """
    count("units", units, at_least=1)
    normal = NormalDist()
    reach = normal.inv_cdf(1 - probability("false_fail_rate", false_fail_rate))
    reach += normal.inv_cdf(probability("power", power))
    return reach * deviation / math.sqrt(units)


def detectable_mean(
    units: int, deviation: float, at_least: float, false_fail_rate: float, power: float = 0.9
) -> float:
    """Return about the highest true mean score that ``units`` scores reveal as lower than ``at_least``.

    By the normal approximation, which is a little hopeful for few scores near 1; never below 0.

    >>> f"{detectable_mean(100, deviation=0.2, at_least=0.9, false_fail_rate=0.01):.2f}"
    '0.83'
    """
    return max(0.0, at_least - detectable_shift(units, deviation, false_fail_rate, power))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values as they are once adjusted for their number, in the same order.

    Where those at most 0.05 are believed, the chance that any of them is a false alarm is at most 0.05,
    however the checks depend on each other. For triage: a verdict must not depend on what else was run.

    Source: Holm, Scand. J. Statist. 6 (1979) 65-70.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    for p_value in p_values:
        fraction("a p-value", p_value)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
