"""Whether two kept answers say the same.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from itertools import starmap
from typing import Any, Final

from pytest_modelcheck.canonical.refusal import Unreadable

_NEAR_ZERO: Final = 1e-9


def same(a: bytes, b: bytes, rel: float = 1e-6) -> bool:
    """Whether two answers, each a line of canonical JSON, are equal but for the last bits of floats.

    Two numbers of which at least one is a float are the same within ``rel`` of the larger, or within 1e-9
    of each other (so that a probability of 1e-12 and one of 3e-12 are the same nothing); ``2`` and ``2.0``
    are the same number. Whole numbers, text, booleans and ``null`` are compared exactly. The numbers inside
    arrays and other tagged values count as numbers too.

    Raises:
        Unreadable: A line is not JSON.

    >>> same(b'{"p":0.30000000000000004}', b'{"p":0.3}'), same(b"1000000", b"1000001"), same(b"2", b"2.0")
    (True, False, True)
    """
    if a == b:
        return True
    return _alike(_parsed(a), _parsed(b), rel)


def _parsed(line: bytes) -> Any:
    import orjson

    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"an answer is not JSON ({error}): {line[:60]!r}") from None


def _alike(a: Any, b: Any, rel: float) -> bool:
    if type(a) is float or type(b) is float:
        return _numbers_alike(a, b, rel)
    if type(a) is not type(b):
        return False
    if type(a) is dict:
        return a.keys() == b.keys() and all(_entries_alike(key, a[key], b[key], rel) for key in a)
    if type(a) is list:
        return len(a) == len(b) and all(starmap(_alike, ((x, y, rel) for x, y in zip(a, b, strict=True))))
    return bool(a == b)


def _numbers_alike(a: Any, b: Any, rel: float) -> bool:
    numbers = type(a) in (int, float) and type(b) in (int, float)
    return numbers and math.isclose(a, b, rel_tol=rel, abs_tol=_NEAR_ZERO)


def _entries_alike(key: str, a: Any, b: Any, rel: float) -> bool:
    if _alike(a, b, rel):
        return True
    if key == "$decimal":
        return _decimals_alike(a, b)
    if key in ("$set", "$frozenset"):  # kept in the order of their text, which the last bits may turn
        numbers = all(type(items) is list and _all_numbers(items) for items in (a, b))
        return numbers and _alike(sorted(a), sorted(b), rel)
    return False


def _all_numbers(items: list[Any]) -> bool:
    return all(type(item) in (int, float) for item in items)


def _decimals_alike(a: Any, b: Any) -> bool:
    try:
        return Decimal(a) == Decimal(b)
    except (InvalidOperation, TypeError, ValueError):
        return False
