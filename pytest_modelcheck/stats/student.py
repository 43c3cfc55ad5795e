"""Bounds for the mean of numbers that have no bounds themselves.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_modelcheck.stats.arguments import probability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def student_bounds(values: ArrayLike, level: float) -> tuple[float, float]:
    """Return the lower and the upper bound of a mean by Student's t, each one-sided at ``level``.

    Only for numbers without bounds, such as the change of a price: for scores in [0, 1] near an end it is
    wrong far too often, and :func:`~pytest_modelcheck.stats.gaffke.gaffke_bounds` is the one to take. Of
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
    if len(found) < 2 or np.ptp(found) <= 1e-12 * np.abs(found).max():
        return None
    return found
