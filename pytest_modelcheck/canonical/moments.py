"""Moments and their time zones: their parts, and the way back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pytest_modelcheck.canonical.refusal import Refusal, qualified

if TYPE_CHECKING:
    from collections.abc import Callable


def zone_parts(zone: dt.tzinfo) -> Any:
    """A time zone as plain data: the key of a ``ZoneInfo``, else its library and what it is made of."""
    kind, name = type(zone), qualified(type(zone))
    if kind is dt.timezone:
        offset, *named = zone.__getinitargs__()  # type: ignore[attr-defined]
        return {"fixed": [offset.total_seconds(), *named]}
    if name == "dateutil.tz.tz.tzutc":
        return {"dateutil": None}
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if key is not None and (kind is ZoneInfo or name.startswith("pytz.")):
        return key if kind is ZoneInfo else {"pytz": key}
    seconds = (zone.utcoffset(None) or dt.timedelta()).total_seconds()
    if name.startswith("pydantic_core.") and kind.__name__ == "TzInfo":
        return {"pydantic": seconds}
    if name == "dateutil.tz.tz.tzoffset":
        return {"dateutil": [zone.tzname(None), seconds]}
    if name.startswith("pytz."):
        return {"pytz": round(seconds / 60)}
    raise Refusal(
        f"its time zone is a {name}, which could not be made again. Answer with another: "
        "value.astimezone(datetime.timezone.utc)."
    )


def build_zone(parts: Any) -> Any:
    """The way back of :func:`zone_parts`."""
    if isinstance(parts, str):
        return ZoneInfo(parts)
    ((library, inside),) = parts.items()
    if library == "fixed":
        return dt.timezone(dt.timedelta(seconds=inside[0]), *inside[1:])
    if library == "pydantic":
        return import_module("pydantic_core").TzInfo(inside)
    if library == "dateutil":
        tz = import_module("dateutil.tz")
        return tz.tzutc() if inside is None else tz.tzoffset(*inside)
    if library == "pytz":
        pytz = import_module("pytz")
        return pytz.FixedOffset(inside) if isinstance(inside, int) else pytz.timezone(inside)
    raise ValueError(f"{library!r} is not a library of time zones")


def moment_parts(value: Any) -> Any:
    """A ``datetime`` or a ``time`` as text, and its zone and fold where the text would not say them."""
    text = value.replace(fold=0).isoformat()
    if value.tzinfo is None or value.tzinfo is dt.UTC:
        return [text, None, 1] if value.fold else text
    return [value.replace(tzinfo=None, fold=0).isoformat(), zone_parts(value.tzinfo), value.fold]


def moment(kind: Any) -> Callable[[Any], Any]:
    """Return the way back of :func:`moment_parts`, for one of the two types."""

    def build(parts: Any) -> Any:
        text, zone, fold = (parts, None, 0) if isinstance(parts, str) else parts
        made = kind.fromisoformat(text).replace(fold=fold)
        if zone is None:
            return made
        tz = build_zone(zone)
        if kind is dt.datetime and hasattr(tz, "localize"):  # pytz: an object for each offset of a zone
            return tz.localize(made, is_dst=not fold)
        return made.replace(tzinfo=tz)

    return build
