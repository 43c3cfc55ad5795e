"""Numbers among the values that a user writes: ``True`` is none, although Python takes it for 1.

PYTEST_DONT_REWRITE
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
