"""The same cases under two versions: what broke against what was fixed.

``regressed`` counts cases that passed and now fail, ``fixed`` those that failed and now pass, and the drop is
``(regressed - fixed) / n``: positive where the new version is worse.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from pytest_modelcheck.stats.arguments import count, probability
from pytest_modelcheck.stats.binomial import upper_tail
from pytest_modelcheck.stats.root import crossing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts: TypeAlias = int | NDArray[np.int_] | NDArray[np.float64]

_EXACT_UP_TO = 2_000  # discordant cases; beyond, integers of thousands of bits cost more than importing scipy


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


def failing_regressions(fixed: int, false_fail_rate: float) -> int:
    """Return the smallest number of regressions that fails where ``fixed`` cases were fixed.

    >>> failing_regressions(fixed=0, false_fail_rate=0.01)
    7
    """
    probability("false_fail_rate", false_fail_rate)
    regressed = count("fixed", fixed)
    while mcnemar_exact(regressed, fixed) > false_fail_rate:
        regressed += 1
    return regressed


def tango_p_value(regressed: int, fixed: int, n: int, drop: float) -> float:
    """Return the p-value of "the true drop is at most ``drop``", by Tango's score test.

    Asymptotic, and not quite honest where few cases are fixed: to decide, take
    :func:`pytest_modelcheck.stats.noninferiority.drop_p_value`. At a drop of 0 it is McNemar's chi-squared
    test without continuity correction.

    Source: Tango, Statistics in Medicine 17 (1998) 891-908, with the closed form of the restricted maximum
    likelihood estimate.

    >>> round(tango_p_value(12, 2, 50, 0.0), 4)
    0.0038
    """
    _table(regressed, fixed, n)
    return math.erfc(float(tango_score(regressed, fixed, n, drop)) / math.sqrt(2)) / 2


def tango_interval(regressed: int, fixed: int, n: int, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of the true drop, each one-sided at ``level``.

    Asymptotic: at 0.99 and few fixes, the lower bound is wrong in up to 2% of samples.

    Args:
        regressed: Cases that passed and now fail.
        fixed: Cases that failed and now pass.
        n: All cases that were compared, at least 1.
        level: The confidence of each bound on its own.

    Source: Tango, Statistics in Medicine 17 (1998) 891-908. The bounds are where the score statistic equals
    the normal quantile, found by bisection.

    >>> low, high = tango_interval(regressed=9, fixed=2, n=100, level=0.99)
    >>> f"{low:+.3f} to {high:+.3f}"
    '-0.009 to +0.163'
    """
    _table(regressed, fixed, n)
    z = NormalDist().inv_cdf(probability("level", level))
    observed = (regressed - fixed) / n
    low = crossing(lambda drop: z - float(tango_score(regressed, fixed, n, drop)), -1.0, observed)
    high = crossing(lambda drop: -z - float(tango_score(regressed, fixed, n, drop)), observed, 1.0)
    return (low if observed > -1 else -1.0), (high if observed < 1 else 1.0)


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


def newcombe_interval(
    both_pass: int, regressed: int, fixed: int, both_fail: int, level: float
) -> tuple[float, float]:
    """Return the lower and the upper bound of the true drop, each one-sided at ``level``.

    Made of Wilson's intervals of the two rates, squared and added, with their correlation: for printing
    beside a drop, not for deciding.

    Source: Newcombe, Statistics in Medicine 17 (1998) 2635-2650, method 10.

    >>> low, high = newcombe_interval(36, 12, 2, 0, level=0.975)
    >>> f"{low:.4f} to {high:.4f}"
    '0.0569 to 0.3404'
    """
    n = both_pass + regressed + fixed + both_fail
    _table(regressed, fixed, n)
    count("both_pass", both_pass)
    count("both_fail", both_fail)
    z = NormalDist().inv_cdf(probability("level", level))
    before, after = both_pass + regressed, both_pass + fixed
    before_low, before_high = _wilson(before, n, z)
    after_low, after_high = _wilson(after, n, z)
    correlation = _phi(both_pass, regressed, fixed, both_fail)
    drop = (regressed - fixed) / n
    down = _added(before / n - before_low, after_high - after / n, correlation)
    up = _added(before_high - before / n, after / n - after_low, correlation)
    return drop - down, drop + up


def _added(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one * one - 2 * correlation * one * other + other * other, 0.0))


def _phi(both_pass: int, regressed: int, fixed: int, both_fail: int) -> float:
    """Estimate the correlation of the two versions, a positive one with continuity correction."""
    n = both_pass + regressed + fixed + both_fail
    margins = (both_pass + regressed) * (fixed + both_fail) * (both_pass + fixed) * (regressed + both_fail)
    if margins == 0:
        return 0.0
    product = both_pass * both_fail - regressed * fixed
    return (max(product - n / 2, 0.0) if product > 0 else product) / math.sqrt(margins)


def _wilson(successes: int, n: int, z: float) -> tuple[float, float]:
    middle = 2 * successes + z * z
    spread = z * math.sqrt(z * z + 4 * successes * (n - successes) / n)
    return (middle - spread) / (2 * (n + z * z)), (middle + spread) / (2 * (n + z * z))


def _table(regressed: int, fixed: int, n: int) -> None:
    count("n", n, at_least=1)
    count("regressed", regressed, at_most=n)
    count("fixed", fixed, at_most=n - regressed)
