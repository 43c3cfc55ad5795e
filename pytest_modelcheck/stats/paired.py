"""The same cases under two versions, one run each: what broke against what was fixed.

``regressed`` counts cases that passed and now fail, ``fixed`` those that failed and now pass, and the drop is
``(regressed - fixed) / n``: positive where the new version is worse. Without a margin McNemar's exact test
decides. With a margin the test is exact and unconditional: Tango's score, which by itself raises up to twice
as many false alarms as stated where few cases are fixed, only orders the tables; their chance is computed at
the least favourable rate of fixes.

Source: Hsueh, Liu and Chen, Biometrics 57 (2001) 478-483 (unconditional exact test); Berger and Boos, JASA 89
(1994) 1012-1016 (the rate of fixes need only be sought where the data allow it).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from pytest_modelcheck.numeric import count
from pytest_modelcheck.stats.rates import clopper_pearson, least_where, upper_tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts: TypeAlias = int | NDArray[np.int_] | NDArray[np.float64]


_EXACT_UP_TO = 2_000  # discordant cases; beyond, integers of thousands of bits cost more than importing scipy
_BEYOND = 1e-9  # the chance that the rate of fixes lies outside of where it is sought; added to the p-value
_GRID = 48


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
