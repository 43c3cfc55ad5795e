"""Values that JSON does not have, as JSON objects with one key that begins with ``$``.

``{"$tuple": [1, 2]}``, ``{"$date": "2024-02-29"}``, ``{"$float": "nan"}``. Each way out has its way back
beside it. ``lower`` and ``lift`` stand for the way of the values inside.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pytest_modelcheck.canonical.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE: Final = "$type"
DICT: Final = "$dict"


def lower_text(value: str) -> dict[str, str]:
    """Text that cannot stand for itself: with lone surrogates, or where a name is expected."""
    if encodable(value):
        return {"$str": value}
    return {"$escaped": value.encode("unicode_escape").decode("ascii")}


def encodable(value: str) -> bool:
    """Whether text has no lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def lower_integer(value: int) -> dict[str, str]:
    """A whole number that JSON readers would round, or one that stands where a number means flags."""
    return {"$int": str(value) if abs(value) < 10**1000 else hex(value)}


def lower_moment(name: str) -> Callable[[Any], dict[str, Any]]:
    """A datetime or time: its text, and the name of its zone and its fold where it has them."""

    def lower(value: dt.datetime | dt.time) -> dict[str, Any]:
        zone = value.tzinfo
        key = zone.key if type(zone) is ZoneInfo else None
        if zone is not None and key is None and type(zone) is not dt.timezone:
            raise Refusal(
                "its time zone is not one of the standard library, so that it could not be made again. "
                "Answer in UTC, or with zoneinfo.ZoneInfo."
            )
        text = value.replace(tzinfo=None).isoformat() if key else value.replace(fold=0).isoformat()
        return {name: [text, key, value.fold] if key or value.fold else text}

    return lower


def lift_moment(kind: Any) -> Callable[[Any], Any]:
    """The way back of :func:`lower_moment`."""

    def lift(form: Any) -> Any:
        text, key, fold = (form, None, 0) if isinstance(form, str) else form
        moment = kind.fromisoformat(text).replace(fold=fold)
        return moment if key is None else moment.replace(tzinfo=ZoneInfo(key))

    return lift


def lower_float(value: float) -> float | dict[str, str]:
    """A float: itself, or its name where JSON has no number for it."""
    return value if isfinite(value) else {"$float": repr(value)}


def _lift_float(form: str) -> float:
    if form not in ("nan", "inf", "-inf"):
        raise ValueError(f"{form!r} is not one of nan, inf, -inf")
    return float(form)


def lift_number(form: Any) -> Any:
    """A number: itself, or one of those that JSON does not have."""
    if type(form) is dict:
        return _lift_float(form["$float"])
    if type(form) not in (int, float):
        raise ValueError(f"{form!r} is not a number")
    return form


def _lower_path(value: Any) -> dict[str, str]:
    return {"$path": str(value)}


LOWER: Final[dict[type, Callable[[Any], Any]]] = {
    bytes: lambda value: {"$bytes": base64.b64encode(value).decode("ascii")},
    complex: lambda value: {"$complex": [lower_float(value.real), lower_float(value.imag)]},
    Decimal: lambda value: {"$decimal": str(value)},
    Fraction: lambda value: {"$fraction": [str(value.numerator), str(value.denominator)]},
    UUID: lambda value: {"$uuid": str(value)},
    dt.date: lambda value: {"$date": value.isoformat()},
    dt.datetime: lower_moment("$datetime"),
    dt.time: lower_moment("$time"),
    dt.timedelta: lambda value: {"$timedelta": [value.days, value.seconds, value.microseconds]},
    type(Path()): _lower_path,
}
"""Rich types that hold nothing else, and how each is written."""

LIFT: Final[dict[str, Callable[[Any], Any]]] = {
    "$str": str,
    "$escaped": lambda form: form.encode("ascii").decode("unicode_escape"),
    "$int": lambda form: int(form, 0),
    "$float": _lift_float,
    "$bytes": lambda form: base64.b64decode(form, validate=True),
    "$complex": lambda form: complex(*map(lift_number, form)),
    "$decimal": Decimal,
    "$fraction": lambda form: Fraction(int(form[0]), int(form[1])),
    "$uuid": UUID,
    "$date": dt.date.fromisoformat,
    "$datetime": lift_moment(dt.datetime),
    "$time": lift_moment(dt.time),
    "$timedelta": lambda form: dt.timedelta(*form),
    "$path": Path,
}
"""And how each is read."""
