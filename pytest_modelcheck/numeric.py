"""Numbers: which of the values that a user writes are some, and which of them an argument can mean.

The first two return whether a value is a number; ``True`` is none, although Python takes it for 1. The others
raise :class:`ValueError`: whatever a user wrote has been checked long before it gets there.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeGuard


def is_whole(value: object, least: float = -math.inf) -> TypeGuard[int]:
    """Return whether a value is an integer, and not below ``least``.

    >>> is_whole(1), is_whole(True), is_whole(1.0), is_whole(0, least=1)
    (True, False, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a finite number, which may be an integer that a float can hold.

    >>> is_number(1), is_number(0.5), is_number(True), is_number(math.nan), is_number(10**400)
    (True, True, False, False, False)
    """
    return (is_whole(value) and abs(value) <= sys.float_info.max) or (
        isinstance(value, float) and math.isfinite(value)
    )


def probability(name: str, value: float) -> float:
    """Return ``value`` if it lies strictly between 0 and 1.

    >>> probability("level", 0.99)
    0.99
    """
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, not {value!r}")
    return value


def fraction(name: str, value: float) -> float:
    """Return ``value`` if it lies in [0, 1].

    >>> fraction("at_least", 1)
    1
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in [0, 1], not {value!r}")
    return value


def count(name: str, value: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    """Return ``value`` if it is within its limits, both included.

    >>> count("successes", 3, at_most=5)
    3
    """
    if value < at_least or (at_most is not None and value > at_most):
        limits = f"at least {at_least}" if at_most is None else f"between {at_least} and {at_most}"
        raise ValueError(f"{name} must be {limits}, not {value!r}")
    return value
