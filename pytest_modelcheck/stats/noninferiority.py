"""Whether a paired rate fell by more than a margin, with false alarms at most as stated.

Tango's interval is asymptotic: where few cases are fixed, it raises up to twice as many false alarms at 0.01
as it says. Here its statistic only says which tables are worse than the one observed; their chance is
computed exactly, at the least favourable rate of fixes.

Source: Hsueh, Liu and Chen, Biometrics 57 (2001) 478-483 (unconditional exact test); Berger and Boos, JASA 89
(1994) 1012-1016 (the rate of fixes need only be sought where the data allow it).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.arguments import count, probability
from pytest_modelcheck.stats.binomial import clopper_pearson
from pytest_modelcheck.stats.paired import tango_score, trinomial_tail
from pytest_modelcheck.stats.root import crossing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BEYOND = 1e-9  # the chance that the rate of fixes lies outside of where it is sought; added to the p-value
_GRID = 48


def drop_p_value(regressed: int, fixed: int, n: int, max_drop: float) -> float:
    """Return the p-value of "the true drop is at most ``max_drop``", exact and unconditional.

    Args:
        regressed: Cases that passed and now fail.
        fixed: Cases that failed and now pass.
        n: All cases that were compared, at least 1.
        max_drop: How far the rate may fall, in (-1, 1).

    Raises:
        ValueError: An argument is out of range.

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
    worse_from = _least_as_bad(regressed, fixed, fixes, n, max_drop)
    rates = np.linspace(low**0.5, high**0.5, _GRID) ** 2
    for _ in range(3):  # then between the neighbours of the worst rate
        tails = trinomial_tail(rates, max_drop, fixes, worse_from, n)
        worst = int(np.argmax(tails))
        rates = np.linspace(rates[max(worst - 1, 0)], rates[min(worst + 1, _GRID - 1)], _GRID)
    return min(1.0, float(tails.max()) + _BEYOND)


def drop_bounds(regressed: int, fixed: int, n: int, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of the true drop, each one-sided at ``level``.

    The drops at which :func:`drop_p_value` is ``1 - level``, for the lower bound, or is that with the two
    versions exchanged, for the upper one.

    >>> low, high = drop_bounds(regressed=9, fixed=2, n=100, level=0.99)
    >>> f"{low:+.3f} to {high:+.3f}"
    '-0.010 to +0.164'
    """
    tail = 1 - probability("level", level)
    return _lower(regressed, fixed, n, tail), -_lower(fixed, regressed, n, tail)


def _lower(regressed: int, fixed: int, n: int, tail: float) -> float:
    observed = (regressed - fixed) / n
    if observed <= -1:
        return -1.0
    edge = 1 - 1e-9
    return crossing(
        lambda drop: drop_p_value(regressed, fixed, n, drop) - tail, -edge, min(observed, edge), within=1e-7
    )


def _least_as_bad(
    regressed: int, fixed: int, fixes: NDArray[np.int_], n: int, max_drop: float
) -> NDArray[np.int_]:
    """Find, for each number of fixes, the least number of regressions that is as bad as what was observed."""
    import numpy as np

    observed = float(tango_score(regressed, fixed, n, max_drop)) - 1e-9
    low, high = np.full(fixes.shape, -1), n - fixes + 1  # as bad at high (which nothing reaches), not at low
    while np.any(high - low > 1):
        middle = (low + high) // 2
        bad = tango_score(np.maximum(middle, 0), fixes, n, max_drop) >= observed
        low, high = np.where(bad, low, middle), np.where(bad, middle, high)
    return high
