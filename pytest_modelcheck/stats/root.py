"""Where a function that rises crosses zero.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


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
            high, above, below = at, value, below / 2 if last > 0 else below
        last = value
    return (low + high) / 2
