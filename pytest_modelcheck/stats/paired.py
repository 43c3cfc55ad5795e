"""The same cases under two versions, one run each: what broke against what was fixed, and what it can reveal.

``regressed`` counts cases that passed and now fail, ``fixed`` those that failed and now pass, and the drop is
``(regressed - fixed) / n``: positive where the new version is worse. Without a margin McNemar's exact test
decides. With a margin the test is exact and unconditional: Tango's score, which by itself raises up to twice
as many false alarms as stated where few cases are fixed, only orders the tables; their chance is computed at
the least favourable rate of fixes.

Source: Hsueh, Liu and Chen, Biometrics 57 (2001) 478-483 (unconditional exact test); Berger and Boos, JASA 89
(1994) 1012-1016 (the rate of fixes need only be sought where the data allow it).

The power of a comparison depends on two rates: how far the pass rate really drops, and how often a case that
failed passes now (``fix_rate``). For a model that varies, and did not change, the latter is half of its
disagreement with itself. ``repeats`` runs of a case on either side count as that many pairs: right to first
order where only the model's own variation is noise.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from pytest_modelcheck.numeric import count, fraction, probability
from pytest_modelcheck.stats.means import crossing
from pytest_modelcheck.stats.rates import clopper_pearson, least_where, upper_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Counts: TypeAlias = int | NDArray[np.int_] | NDArray[np.float64]


_EXACT_UP_TO = 2_000  # discordant cases; beyond, integers of thousands of bits cost more than importing scipy
_BEYOND = 1e-9  # the chance that the rate of fixes lies outside of where it is sought; added to the p-value
_GRID = 48
_LOOK_AHEAD = 200


def mcnemar_exact(regressed: int, fixed: int) -> float:
    """Return the p-value of the exact McNemar test, one-sided towards worse.

    The chance of so many regressions among the cases that changed, if each were as likely to be fixed as to
    break: ``P(Bin(regressed + fixed, 1/2) >= regressed)``. 1 where nothing changed.

    Source: McNemar, Psychometrika 12 (1947) 153-157; the exact form is the sign test.

    >>> mcnemar_exact(6, 0) > 0.01 > mcnemar_exact(7, 0)
    True
    """
    count("regressed", regressed)
    count("fixed", fixed)
    discordant = regressed + fixed
    if regressed == 0:
        return 1.0
    if discordant > _EXACT_UP_TO:
        return upper_tail(regressed, discordant, 0.5)
    term = ways = math.comb(discordant, regressed)
    for changed in range(regressed, discordant):
        term = term * (discordant - changed) // (changed + 1)
        ways += term
    return float(ways / 2**discordant)


def tango_score(regressed: Counts, fixed: Counts, n: int, drop: float) -> NDArray[np.float64]:
    """Return Tango's score statistic against a true drop of ``drop``: the larger, the worse.

    Numbers or arrays of them. Standard normal in the limit, if the true drop is ``drop``.

    >>> round(float(tango_score(12, 2, 50, 0.0)), 3)
    2.673
    """
    import numpy as np

    regressed, fixed = np.asarray(regressed, dtype=float), np.asarray(fixed, dtype=float)
    linear = (2 * n - regressed + fixed) * drop - regressed - fixed
    product = 2 * fixed * drop * (1 - drop)
    root = np.sqrt(np.maximum(linear * linear + 4 * n * product, 0.0))
    # The rate of fixes that is most likely under this drop, without subtracting nearly equal numbers.
    with np.errstate(divide="ignore", invalid="ignore"):
        fix_rate = np.where(linear < 0, (root - linear) / (4 * n), product / (root + linear))
        difference = regressed - fixed - n * drop
        score = difference / np.sqrt(n * (2 * fix_rate + drop * (1 - drop)))
    return np.where(difference == 0, 0.0, score)


def trinomial_tail(
    fix_rates: NDArray[np.float64], drop: float, fixes: NDArray[np.int_], worse_from: NDArray[np.int_], n: int
) -> NDArray[np.float64]:
    """Return, for each rate of fixes, the chance of a table in which regressions reach a given number.

    Args:
        fix_rates: The chances that a case is fixed; that it breaks is ``drop`` more.
        drop: The true drop.
        fixes: The numbers of fixes to sum over: 0, 1, ... as far as they matter.
        worse_from: For each of them, the number of regressions to reach.
        n: All cases.

    >>> import numpy as np
    >>> trinomial_tail(np.array([0.25]), 0.0, np.arange(3), np.array([2, 9, 9]), 2).tolist()  # both break
    [0.0625]
    """
    import numpy as np
    from scipy.special import betainc, gammaln, xlog1py, xlogy

    rate = fix_rates[:, None]
    ways = gammaln(n + 1) - gammaln(fixes + 1) - gammaln(n - fixes + 1)
    chance = np.exp(ways + xlogy(fixes, rate) + xlog1py(n - fixes, -rate))
    given = np.clip((rate + drop) / (1 - rate), 0, 1)  # that a case breaks which was not fixed
    rest = n - fixes
    reachable = np.clip(worse_from, 1, np.maximum(rest, 1))
    tail = betainc(reachable, np.maximum(rest - reachable, 0) + 1.0, given)
    tail = np.where(worse_from <= 0, 1.0, np.where(worse_from > rest, 0.0, tail))
    return np.asarray((chance * tail).sum(axis=1))


def drop_p_value(regressed: int, fixed: int, n: int, max_drop: float) -> float:
    """Return the p-value of "the true drop is at most ``max_drop``", exact and unconditional.

    >>> drop_p_value(regressed=19, fixed=2, n=200, max_drop=0.02) < 0.01
    True
    >>> drop_p_value(regressed=9, fixed=2, n=200, max_drop=0.02) < 0.01
    False
    """
    count("n", n, at_least=1)
    count("regressed", regressed, at_most=n)
    count("fixed", fixed, at_most=n - regressed)
    if not -1 < max_drop < 1:
        raise ValueError(f"max_drop must lie between -1 and 1, not {max_drop!r}")
    import numpy as np

    low, high = clopper_pearson(fixed, n, 1 - _BEYOND / 2)
    low, high = (min(max(rate, -max_drop), (1 - max_drop) / 2) for rate in (low, high))
    fixes = np.arange(min(n, int(n * high + 9 * (n * high) ** 0.5) + 20) + 1)
    observed = float(tango_score(regressed, fixed, n, max_drop)) - 1e-9
    # For each number of fixes, the least number of regressions that is as bad as what was observed.
    worse_from = least_where(
        lambda broke: tango_score(np.maximum(broke, 0), fixes, n, max_drop) >= observed,
        np.full(fixes.shape, -1),
        n - fixes + 1,
    )
    rates = np.linspace(low**0.5, high**0.5, _GRID) ** 2
    for _ in range(3):  # then between the neighbours of the worst rate
        tails = trinomial_tail(rates, max_drop, fixes, worse_from, n)
        worst = int(np.argmax(tails))
        rates = np.linspace(rates[max(worst - 1, 0)], rates[min(worst + 1, _GRID - 1)], _GRID)
    return min(1.0, float(tails.max()) + _BEYOND)


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
