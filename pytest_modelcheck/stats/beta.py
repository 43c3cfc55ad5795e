"""Quantiles of the beta distribution, without importing scipy.

Every run shows intervals, and few need anything else of scipy, whose import takes a quarter of a second.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p
from typing import Final

_TINY: Final = 1e-300
_CLOSE: Final = 1e-16
_STEPS: Final = 200


def beta_quantile(tail: float, a: float, b: float) -> float:
    """The ``x`` below which a beta distribution has the probability ``tail``.

    Newton's method for the logarithm of the distribution function, kept inside a bracket that shrinks. Equal
    to ``scipy.special.betaincinv`` within 1e-8 of its value, and far closer for fewer than a
    million trials.

    Args:
        tail: Strictly between 0 and 1.
        a: Positive.
        b: Positive.

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
