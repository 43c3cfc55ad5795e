"""A pass rate: tails, the Clopper–Pearson interval, and what a number of runs can reveal.

A rate fails when the chance of so few passes, were the rate just as required, is at most the false fail
rate. That is the same as Clopper and Pearson's upper bound not exceeding the requirement.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.arguments import count, fraction, probability
from pytest_modelcheck.stats.beta import beta_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def lower_tail(successes: int, n: int, rate: float) -> float:
    """Return ``P(X <= successes)`` for ``X ~ Bin(n, rate)``.

    The p-value of "the rate is at least ``rate``": small when there are too few successes.

    >>> lower_tail(33, 40, 0.95) < 0.01 < lower_tail(34, 40, 0.95)
    True
    """
    count("n", n, at_least=1)
    count("successes", successes, at_least=-1, at_most=n)
    fraction("rate", rate)
    if successes == n:
        return 1.0
    if successes < 0:
        return 0.0
    from scipy.special import betainc

    return float(betainc(n - successes, successes + 1, 1 - rate))


def upper_tail(successes: int, n: int, rate: float) -> float:
    """Return ``P(X >= successes)`` for ``X ~ Bin(n, rate)``.

    The p-value of "the rate is at most ``rate``": small when there are too many successes.

    >>> upper_tail(2, 2, 0.5)
    0.25
    """
    return lower_tail(n - successes, n, 1 - rate) if rate else float(successes <= 0)


def clopper_pearson(successes: int, n: int, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of a rate, each one-sided at ``level``.

    Valid, and conservative, also where the cases differ in their chance to pass and the rate is the mean of
    those chances (Hoeffding, Ann. Math. Statist. 27 (1956) 713-721, theorem 4; it asks that the bound be
    at least one success away from what was observed).

    Args:
        successes: How many of the runs passed.
        n: How many runs there were, at least 1.
        level: The confidence of each bound on its own, such as 0.99. A two-sided 98% interval.

    Raises:
        ValueError: An argument is out of range.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404-413, in its form as quantiles of the beta
    distribution.

    >>> low, high = clopper_pearson(38, 40, 0.99)
    >>> f"{low:.3f} to {high:.3f}"
    '0.806 to 0.996'
    """
    count("n", n, at_least=1)
    count("successes", successes, at_most=n)
    tail = 1 - probability("level", level)
    low = beta_quantile(tail, successes, n - successes + 1) if successes else 0.0
    high = 1 - beta_quantile(tail, n - successes, successes + 1) if successes < n else 1.0
    return low, high


def failing_count(n: int, at_least: float, false_fail_rate: float) -> int:
    """Return the largest number of passes out of ``n`` that fails ``at_least``; -1 where none does.

    >>> failing_count(40, at_least=0.95, false_fail_rate=0.01)
    33
    """
    count("n", n, at_least=1)
    return int(_failing_counts(n, at_least, false_fail_rate))


def proving_count(n: int, above: float, false_pass_rate: float) -> int:
    """Return the smallest number of passes that proves a rate above ``above``; ``n + 1`` where none does.

    >>> proving_count(40, above=0.90, false_pass_rate=0.10)
    39
    """
    return n - failing_count(n, 1 - above, false_pass_rate)


def detectable_rate(n: int, at_least: float, false_fail_rate: float, power: float = 0.9) -> float | None:
    """Return the highest true rate that ``n`` runs reveal as lower than ``at_least``.

    A model whose rate is this low fails with a chance of ``power``; at a lower rate more often. ``None``
    where nothing can fail: not even ``n`` wrong answers would tell.

    >>> f"40 cases can only reveal rates under {detectable_rate(40, 0.95, 0.01):.0%}"
    '40 cases can only reveal rates under 75%'
    """
    probability("power", power)
    failing = failing_count(n, at_least, false_fail_rate)
    if failing < 0:
        return None
    from scipy.special import betainccinv

    return float(betainccinv(failing + 1, n - failing, power))


def runs_needed(
    at_least: float, rate: float, false_fail_rate: float, power: float = 0.9, *, most: int = 1_000_000
) -> int | None:
    """Return how many runs it takes for a model of true rate ``rate`` to fail ``at_least``.

    The smallest number from which on the chance to fail stays at ``power`` or above. (It moves in a
    saw-tooth: a few smaller numbers may reach it by luck.) ``None`` where it takes more than ``most``.

    Raises:
        ValueError: ``rate`` is not below ``at_least``, or an argument is out of range.

    >>> runs_needed(at_least=0.95, rate=0.90, false_fail_rate=0.01)
    368
    """
    fraction("rate", rate)
    probability("power", power)
    if rate >= at_least:
        raise ValueError(f"a rate of {rate} is not below at_least={at_least}: there is nothing to reveal")
    import numpy as np

    upto = 64
    while True:
        short = np.flatnonzero(_powers(np.arange(1, upto + 1), at_least, rate, false_fail_rate) < power)
        needed = int(short[-1]) + 2 if short.size else 1
        if needed <= upto // 2:
            return needed if needed <= most else None
        if upto // 2 > most:
            return None
        upto *= 2


def _powers(n: NDArray[np.int_], at_least: float, rate: float, false_fail_rate: float) -> NDArray[np.float64]:
    """The chance that a model of rate ``rate`` fails, for each number of runs."""
    import numpy as np
    from scipy.special import betainc

    failing = _failing_counts(n, at_least, false_fail_rate)
    inside = np.maximum(failing, 0)
    tails = betainc(n - inside, inside + 1.0, 1 - rate)
    return np.where(failing < 0, 0.0, tails)


def _failing_counts(n: int | NDArray[np.int_], at_least: float, false_fail_rate: float) -> NDArray[np.int_]:
    """The largest k with ``P(Bin(n, at_least) <= k) <= false_fail_rate``, by bisection, for each n."""
    fraction("at_least", at_least)
    probability("false_fail_rate", false_fail_rate)
    import numpy as np
    from scipy.special import betainc

    n = np.asarray(n)
    low, high = np.full(n.shape, -1), n.copy()  # P at low is small enough, at high (always 1) it is not
    while np.any(high - low > 1):
        middle = (low + high) // 2
        inside = np.clip(middle, 0, n - 1)
        small = (middle < 0) | (betainc(n - inside, inside + 1.0, 1 - at_least) <= false_fail_rate)
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return low
