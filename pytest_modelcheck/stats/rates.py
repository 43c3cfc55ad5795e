"""A pass rate: tails, the Clopper–Pearson interval, several attempts, and what a number of runs can reveal.

Suppose that the true rate is exactly the required one. If so few passes then have a chance of at most the
false fail rate, the observed rate fails. Equivalently: Clopper and Pearson's upper bound does not exceed the
requirement.

Quantiles of the beta distribution are computed here without scipy: every run shows intervals, and importing
scipy takes a quarter of a second.
"""

from __future__ import annotations

import math
from math import exp, inf, lgamma, log, log1p
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.numeric import count, fraction, probability

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

_TINY: Final = 1e-300
_CLOSE: Final = 1e-16
_STEPS: Final = 200


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

    If the cases differ in their chance to pass, the rate is the mean of those chances. The bounds are then
    valid, and conservative (Hoeffding, Ann. Math. Statist. 27 (1956) 713-721, theorem 4, which holds for a
    bound at least one success away from what was observed).

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


def detectable_rate(n: int, at_least: float, false_fail_rate: float, power: float = 0.9) -> float | None:
    """Return the highest true rate that ``n`` runs reveal as lower than ``at_least``.

    A model whose rate is this low fails with a chance of ``power``; at a lower rate more often. ``None``
    where nothing can fail: not even ``n`` wrong answers would tell.

    >>> f"40 cases can reliably reveal only rates under {detectable_rate(40, 0.95, 0.01):.0%}"
    '40 cases can reliably reveal only rates under 75%'
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

    >>> runs_needed(at_least=0.95, rate=0.90, false_fail_rate=0.01)
    368
    """
    fraction("rate", rate)
    probability("power", power)
    if rate >= at_least:
        raise ValueError(f"a rate of {rate} is not below at_least={at_least}: there is nothing to reveal")
    import numpy as np
    from scipy.special import betainc

    upto = 64
    while True:
        n = np.arange(1, upto + 1)
        failing = _failing_counts(n, at_least, false_fail_rate)
        inside = np.maximum(failing, 0)
        powers = np.where(failing < 0, 0.0, betainc(n - inside, inside + 1.0, 1 - rate))
        short = np.flatnonzero(powers < power)
        # Power moves in a saw-tooth, as counts are whole numbers. The first n that is enough may be
        # followed by one that is not; this is the first after which all are.
        needed = int(short[-1]) + 2 if short.size else 1
        if needed <= upto // 2:
            return needed if needed <= most else None
        if upto // 2 > most:
            return None
        upto *= 2


def _failing_counts(n: int | NDArray[np.int_], at_least: float, false_fail_rate: float) -> NDArray[np.int_]:
    """The largest k with ``P(Bin(n, at_least) <= k) <= false_fail_rate``, for each n."""
    fraction("at_least", at_least)
    probability("false_fail_rate", false_fail_rate)
    import numpy as np
    from scipy.special import betainc

    n = np.asarray(n)

    def is_likely(k: NDArray[np.int_]) -> NDArray[np.bool_]:
        inside = np.clip(k, 0, n - 1)
        return np.asarray((k >= 0) & (betainc(n - inside, inside + 1.0, 1 - at_least) > false_fail_rate))

    return least_where(is_likely, np.full(n.shape, -1), n) - 1


def least_where(
    holds: Callable[[NDArray[np.int_]], NDArray[np.bool_]], low: NDArray[np.int_], high: NDArray[np.int_]
) -> NDArray[np.int_]:
    """Find, for each pair of whole numbers, the least above ``low`` where a condition holds, by bisection.

    It holds from some number on, at the latest at ``high``, where it is not tried.
    """
    import numpy as np

    while np.any(high - low > 1):
        middle = (low + high) // 2
        above = holds(middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


def beta_quantile(tail: float, a: float, b: float) -> float:
    """The ``x`` below which a beta distribution has the probability ``tail``.

    Newton's method for the logarithm of the distribution function, kept inside a bracket that shrinks. Equal
    to ``scipy.special.betaincinv`` within 1e-8 of its value, and far closer for fewer than a
    million trials.

    >>> round(beta_quantile(0.01, 38, 3), 6)
    0.80599
    """
    low, high = 0.0, 1.0
    x = a / (a + b)
    for _ in range(_STEPS):
        log_below, log_density = _log_distribution(x, a, b)
        off = log_below - log(tail)
        low, high = (low, x) if off > 0 else (x, high)
        slope = exp(min(log_density - log_below, 700.0))
        step = x - off / slope if slope > 0 else inf
        # Newton's step, and halving where it leaves the bracket: near 0 and 1 the distribution is nearly
        # flat.
        following = step if low < step < high else (low + high) / 2
        if abs(following - x) <= _CLOSE * x or following in (low, high):
            return following
        x = following
    return x


def _log_distribution(x: float, a: float, b: float) -> tuple[float, float]:
    """The logarithms of the regularized incomplete beta function and of its derivative, at ``x``.

    Source: Numerical Recipes (Press et al., 3rd ed., 6.4): the continued fraction, by Lentz's method, of
    whichever of ``I_x(a, b)`` and ``1 - I_(1-x)(b, a)`` converges fast.
    """
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    log_density = front - log(x) - log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return front + log(_continued_fraction(x, a, b) / a), log_density
    above = exp(front) * _continued_fraction(1 - x, b, a) / b
    return (log1p(-above) if above < 1 else -inf), log_density


def _continued_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    product = d
    m = 1
    while True:
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _not_zero(1 + even * d)
        c = _not_zero(1 + even / c)
        product *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _not_zero(1 + odd * d)
        c = _not_zero(1 + odd / c)
        change = c * d
        product *= change
        if abs(change - 1) < 3e-16 or m > 100_000:
            return product
        m += 1


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def pass_at_k(runs: int, passes: int, k: int) -> float:
    """Estimate, without bias, the chance that at least one of ``k`` runs of a case passes.

    Source: Chen et al., Evaluating Large Language Models Trained on Code, arXiv 2107.03374 (2021), eq. 1.

    >>> pass_at_k(runs=5, passes=1, k=2)
    0.4
    """
    return 1 - _share(runs, runs - passes, k)


def pass_hat_k(runs: int, passes: int, k: int) -> float:
    """Estimate, without bias, the chance that all of ``k`` runs of a case pass (pass^k).

    Source: Yao et al., tau-bench, arXiv 2406.12045 (2024), section 3.

    >>> pass_hat_k(runs=5, passes=4, k=2)
    0.6
    """
    return _share(runs, passes, k)


def _share(runs: int, chosen: int, k: int) -> float:
    """Return the share of all choices of ``k`` runs that lie within the ``chosen`` ones."""
    count("runs", runs, at_least=1)
    count("passes", chosen, at_most=runs)
    count("k", k, at_least=1, at_most=runs)
    return math.comb(chosen, k) / math.comb(runs, k)


def odd_one_out_p(cached: int, odd: int) -> float:
    """Return the p-value of "a cached answer is like any fresh one".

    Each question has three answers: the cached one, and two fresh ones. If all
    three come from the same source, they are exchangeable: where exactly one differs from the other two, it
    is the cached one with chance 1/3. So the number of questions in which it is the cached one is binomial,
    given the number of questions that have an odd one at all (a randomisation test; see Lehmann and Romano,
    *Testing Statistical Hypotheses*, 3rd ed., section 15.2). Exact for questions that are independent of
    each other, whatever their answers are and however much the model varies in each.

    Args:
        cached: In how many questions the cached answer is the odd one.
        odd: How many questions have exactly one odd answer.

    >>> odd_one_out_p(0, 0), round(odd_one_out_p(1, 1), 6), odd_one_out_p(5, 5) < 0.01
    (1.0, 0.333333, True)
    """
    count("odd", odd, at_least=0)
    count("cached", cached, at_least=0, at_most=odd)
    return upper_tail(cached, odd, 1 / 3) if cached else 1.0
