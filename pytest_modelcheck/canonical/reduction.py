"""Values of the standard library, told by a name and plain parts.

numpy and pandas have :mod:`~pytest_modelcheck.canonical.arrays`, which is asked last and imports neither
until a value of theirs comes along.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from pytest_modelcheck.canonical.arrays import array_reducer_for
from pytest_modelcheck.canonical.refusal import qualified

Reduced = tuple[str, tuple[Any, ...]]
Reducer = Callable[[Any], Reduced]


def reducer_for(kind: type) -> Reducer | None:
    """How to tell values of a class by a name and plain parts, or ``None`` where no way is known.

    >>> from pathlib import Path
    >>> reducer_for(Path)(Path("a") / "b")
    ('path', ('a/b',))
    """
    known = array_reducer_for(kind)
    if known is not None:
        return known
    for base, reducer in _REDUCERS.items():
        if issubclass(kind, base):
            return reducer
    if issubclass(kind, Mapping) and not issubclass(kind, dict):
        return lambda value: (qualified(kind), (dict(value),))
    return None


def zone_name(moment: dt.datetime | dt.time) -> str | None:
    """The name of a time zone by its own account (``"Europe/Paris"``), else its abbreviation."""
    zone = moment.tzinfo
    named = getattr(zone, "key", None) or getattr(zone, "zone", None)
    return named if isinstance(named, str) else moment.tzname()


def _enum(value: Enum) -> Reduced:
    name = value._name_  # None for a combination of flags that has no name
    return "enum", (qualified(type(value)), name if name is not None else value._value_)


def _moment(name: str) -> Reducer:
    return lambda value: (name, (value.isoformat(), value.fold, zone_name(value)))


_REDUCERS: Final[dict[type, Reducer]] = {
    Enum: _enum,
    dt.datetime: _moment("datetime"),
    dt.date: lambda value: ("date", (value.isoformat(),)),
    dt.time: _moment("time"),
    dt.timedelta: lambda value: ("timedelta", (value.days, value.seconds, value.microseconds)),
    Decimal: lambda value: ("decimal", (str(value),)),
    Fraction: lambda value: ("fraction", (value.numerator, value.denominator)),
    UUID: lambda value: ("uuid", (value.bytes,)),
    PurePath: lambda value: ("path", (value.as_posix(),)),
    complex: lambda value: ("complex", (value.real, value.imag)),
    bytearray: lambda value: ("bytearray", (bytes(value),)),
    range: lambda value: ("range", (value.start, value.stop, value.step)),
    OrderedDict: lambda value: ("ordereddict", (list(value.items()),)),
    deque: lambda value: ("deque", (list(value), value.maxlen)),
}
