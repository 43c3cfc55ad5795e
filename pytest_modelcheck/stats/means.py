"""A mean of scores: bounds for values in [0, 1] (Gaffke), for values without bounds (Student), and clusters.

The bound of Gaffke and of Learned-Miller and Thomas is a quantile of the weighted mean of the scores and of
one more score at the unfavourable end, under random weights from the flat Dirichlet distribution. On 0/1
scores it is the Clopper–Pearson bound. That it holds for every distribution of scores is a conjecture, which
has held wherever it was tried.

Nothing is drawn at random here. With ``E_i`` independent and exponential, ``sum(D_i * z_i) <= t`` says the
same as ``sum(E_i * (z_i - t)) <= 0``, and the chance of that is an integral of the moment generating function
along a line through its saddle point, on which the trapezoidal rule converges exponentially.

Sources: Gaffke, Math. Methods Statist. 14 (2005) 451-467; Learned-Miller and Thomas, arXiv 1905.06208 (2019);
Rice, Bell System Technical Journal 52 (1973) 707-722 (the integral).
"""

from __future__ import annotations

import math
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

from pytest_modelcheck.numeric import count, fraction, probability

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray


_STEP = 0.2
_HALVINGS = 10
_CONVERGED = 1e-8  # between two steps; the error of the finer one is about the square of that
_REACH = 40.0  # to where the integrand is exp(-40) of its peak
_DIFFERENT = 2_048
_PRECISION = 1e-10


def gaffke_bounds(
    values: ArrayLike, level: float, *, low: float = 0.0, high: float = 1.0
) -> tuple[float, float]:
    """Return the lower and the upper bound of a mean, each one-sided at ``level``.

    Args:
        values: One value for each unit (a case, or a cluster of dependent ones), at least one.
        level: The confidence of each bound on its own, such as 0.99.
        low: The least that a value could have been.
        high: The most that a value could have been.

    >>> low, high = gaffke_bounds([0.9, 1.0, 0.8, 1.0, 0.95, 1.0, 0.7, 1.0], level=0.95)
    >>> f"{low:.3f} to {high:.3f}"
    '0.627 to 0.973'
    """
    tail = 1 - probability("level", level)
    scores = _scores(values, low, high)
    span = high - low
    return low + span * _lower(scores, tail), high - span * _lower(1 - scores, tail)


def mean_p_value(values: ArrayLike, at_least: float) -> float:
    """Return the p-value of "the mean of these scores in [0, 1] is at least ``at_least``".

    The smallest tail for which the upper bound of :func:`gaffke_bounds` does not exceed ``at_least``. For
    differences ``d`` in [-1, 1] and "the mean drop is at most ``m``", give ``(1 - d) / 2`` and
    ``(1 - m) / 2``.

    >>> mean_p_value([0.2, 0.4, 0.3, 0.5, 0.1, 0.3], at_least=0.8) < 0.01
    True
    """
    fraction("at_least", at_least)
    scores = 1 - _scores(values, 0.0, 1.0)
    return _chance_below(*_grouped(scores), 1 - at_least)


def _scores(values: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
    import numpy as np

    scores = (np.asarray(values, dtype=float) - low) / (high - low)
    if scores.ndim != 1 or not scores.size:
        raise ValueError("bounds of a mean need a flat sequence of at least one value")
    if not (scores.min() >= -1e-9 and scores.max() <= 1 + 1e-9):
        raise ValueError(f"every value must lie in [{low}, {high}]")
    return np.clip(scores, 0.0, 1.0)


def _grouped(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Return the different scores, and one more at 0, with how often each occurs.

    Thousands of different scores are first rounded down, to the safe side, by half a thousandth at most.
    """
    import numpy as np

    # Gaffke's bound adds one worst value, zero; without it three perfect scores would prove a mean of 1.
    points, counts = np.unique(np.append(scores, 0.0), return_counts=True)
    if len(points) <= _DIFFERENT:
        return points, counts
    # Rounded down, towards the side that the bound protects: grouping may widen it, never narrow it.
    return np.unique(np.floor(np.append(scores, 0.0) * _DIFFERENT) / _DIFFERENT, return_counts=True)


def _lower(scores: NDArray[np.float64], tail: float) -> float:
    points, counts = _grouped(scores)
    normal = NormalDist()

    def excess(mean: float) -> float:  # on the normal scale, where it is nearly straight
        chance = _chance_below(points, counts, mean)
        if 0 < chance < 1:
            return normal.inv_cdf(chance) - normal.inv_cdf(tail)
        return math.inf if chance else -math.inf

    return smooth_crossing(excess, 0.0, float(points[-1]), within=_PRECISION)


def _chance_below(points: NDArray[np.float64], counts: NDArray[np.int_], mean: float) -> float:
    """Return the chance that the randomly weighted mean of the points is at most ``mean``."""
    import numpy as np

    if mean >= points[-1]:
        return 1.0
    if mean <= points[0]:
        return 0.0
    weights = points - mean
    # Along the line through the saddle point the integrand falls fastest and does not oscillate.
    line, width = _saddle(weights, counts)
    peak = float(_log_integrand(np.array([line + 0j]), weights, counts).real[0])

    def height(angles: NDArray[np.float64]) -> NDArray[np.float64]:
        at = line + 1j * width * np.sinh(angles)
        return np.asarray((np.exp(_log_integrand(at, weights, counts) - peak) * np.cosh(angles)).real)

    upper = 2.0
    while (
        _log_integrand(line + 1j * width * np.sinh([upper]), weights, counts).real[0] + upper > peak - _REACH
    ):
        upper += 1.0
    return min(1.0, _integral(height, upper) * float(np.exp(peak)) * width / np.pi)


def _integral(height: Callable[[NDArray[np.float64]], NDArray[np.float64]], upper: float) -> float:
    """Integrate from 0 to where nothing is left, by ever finer trapezoids."""
    import numpy as np

    step = upper / math.ceil(upper / _STEP)
    angles = np.arange(0.0, upper + step / 2, step)
    total = float(height(angles).sum()) - 0.5  # the first node is 1, and counts half
    for _ in range(_HALVINGS):
        # Only the points between the old ones are new; the trapezoidal rule keeps what it has.
        finer = total + float(height(angles[:-1] + step / 2).sum())
        step /= 2
        if abs(finer / 2 - total) <= _CONVERGED * abs(finer):
            break
        total = finer
        angles = np.arange(0.0, upper + step / 2, step)
    return finer * step


def _log_integrand(
    at: NDArray[np.complex128], weights: NDArray[np.float64], counts: NDArray[np.int_]
) -> NDArray[np.complex128]:
    """Return the logarithm of ``E[exp(at * X)] / -at`` for ``X`` the weighted sum of exponentials."""
    import numpy as np

    generated = np.log(1 - weights * at[:, None]) @ counts
    return np.asarray(-generated - np.log(-at))


def _saddle(weights: NDArray[np.float64], counts: NDArray[np.int_]) -> tuple[float, float]:
    """Find where the integrand is least on the negative axis, and how wide it is across."""

    def slope(at: float) -> float:
        return float((counts * weights / (1 - weights * at)).sum() - 1 / at)

    edge = 1 / float(weights[0])  # below it the generating function does not exist
    line = crossing(slope, edge, 0.0, within=abs(edge) * 1e-6)
    curvature = float((counts * (weights / (1 - weights * line)) ** 2).sum()) + 1 / line**2
    return line, curvature**-0.5


def student_bounds(values: ArrayLike, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of a mean by Student's t, each one-sided at ``level``.

    Only for numbers without bounds, such as the change of a price: for scores in [0, 1] near an end it is
    wrong far too often, and :func:`~pytest_modelcheck.stats.means.gaffke_bounds` is the one to take. Of
    fewer than two numbers, or of numbers that are all the same, nothing can be said of their spread: the
    bounds are infinite.

    Source: Student, Biometrika 6 (1908) 1-25.

    >>> low, high = student_bounds([1.0, 2.0, 4.0, 3.0], level=0.95)
    >>> f"{low:.2f} to {high:.2f}"
    '0.98 to 4.02'
    >>> student_bounds([1.0, 1.0, 1.0], level=0.95)
    (-inf, inf)
    """
    probability("level", level)
    found = _numbers(values)
    if found is None:
        return -math.inf, math.inf
    from scipy.special import stdtrit

    mean = float(found.mean())
    reach = float(stdtrit(len(found) - 1, level) * found.std(ddof=1) / math.sqrt(len(found)))
    return mean - reach, mean + reach


def student_p_value(values: ArrayLike, at_least: float) -> float:
    """Return the p-value of "the mean is at least ``at_least``": the chance of so low a mean if it just were.

    1 where nothing can be said: of fewer than two numbers, or of numbers that are all the same.

    Source: Student, as above; :func:`scipy.stats.ttest_1samp`, which says 0 of numbers that are all the same.

    >>> f"{student_p_value([1.0, 2.0, 4.0, 3.0], at_least=4.02):.3f}"
    '0.050'
    >>> student_p_value([1.0, 1.0, 1.0], at_least=2.0)
    1.0
    """
    import numpy as np

    found = _numbers(values)
    if found is None:
        return 1.0
    from scipy.special import stdtr

    error = found.std(ddof=1) / math.sqrt(len(found))
    return float(stdtr(len(found) - 1, (float(np.mean(found)) - at_least) / error))


def _numbers(values: ArrayLike) -> NDArray[np.float64] | None:
    """The numbers, or ``None`` where nothing can be said of their spread."""
    import numpy as np

    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError("bounds of a mean need a flat sequence of finite numbers")
    # Equal numbers have no spread to measure. Differences in the last bits would give a spread of 1e-17,
    # and certainty.
    if len(found) < 2 or np.ptp(found) <= 1e-12 * np.abs(found).max():
        return None
    return found


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


def cluster_means(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """Return the mean of each cluster, in the order in which the clusters first appear.

    >>> cluster_means([1, 0, 1, 1], ["refund", "refund", "refund", "parcel"])
    [0.6666666666666666, 1.0]
    """
    found: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        found.setdefault(cluster, []).append(value)
    return [fmean(members) for members in found.values()]


def crossing(rising: Callable[[float], float], low: float, high: float, within: float = 0.0) -> float:
    """Return where ``rising`` goes from below 0 to 0 or above, to the last bit or to ``within``.

    ``low`` comes back where the function is nowhere below 0 between the two, ``high`` where it is nowhere
    above.

    >>> crossing(lambda x: x * x - 2, 0, 2)
    1.414213562373095
    """
    while low < (middle := (low + high) / 2) < high and high - low > within:
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def smooth_crossing(rising: Callable[[float], float], low: float, high: float, within: float) -> float:
    """Return the same for a smooth function that is dear, to ``within``, in about ten evaluations.

    The function may be infinite at the ends. Where it is finite on both sides, false position with the
    Illinois rule: a side that stays twice counts half, so that both close in.

    >>> round(smooth_crossing(lambda x: x * x - 2, 0, 2, within=1e-9), 8)
    1.41421356
    """
    below, above = -math.inf, math.inf
    last = 0.0
    while high - low > within:
        at = (low + high) / 2
        if math.isfinite(below) and math.isfinite(above):
            at = (low * above - high * below) / (above - below)
            at = min(max(at, low + within / 2), high - within / 2)
        value = rising(at)
        if value < 0:
            low, below, above = at, value, above / 2 if last < 0 else above
        else:
            # The Illinois rule: halving the end that stayed keeps false position from creeping towards a
            # root from one side.
            high, above, below = at, value, below / 2 if last > 0 else below
        last = value
    return (low + high) / 2
