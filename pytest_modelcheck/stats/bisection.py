"""Where a function that rises crosses zero.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return where ``rising`` goes from below 0 to 0 or above, to the last bit that a float can tell.

    ``low`` comes back where the function is nowhere below 0 between the two, ``high`` where it is nowhere
    above.

    >>> crossing(lambda x: x * x - 2, 0, 2)
    1.414213562373095
    """
    while low < (middle := (low + high) / 2) < high:
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
