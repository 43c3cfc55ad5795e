"""Guards against numbers that cannot mean what their parameter says.

They raise :class:`ValueError`: whatever a user wrote has been checked long before it gets here.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations


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
