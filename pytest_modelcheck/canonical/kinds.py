"""Table of kinds: values that JSON lacks, written as JSON objects with one key that begins with ``$``.

Examples: ``{"$tuple": [1, 2]}``, ``{"$date": "2024-02-29"}``, ``{"$float": "nan"}``. A kind splits a value
into parts and builds it from them again; parts may be values of any kind. Digest, encoding, decoding,
comparison and display use only the parts.
"""

from __future__ import annotations

import base64
import copyreg
import datetime as dt
import ipaddress
import re
from collections import Counter, OrderedDict, defaultdict, deque
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pytest_modelcheck.canonical import libraries
from pytest_modelcheck.canonical.libraries import Kind
from pytest_modelcheck.canonical.refusal import Refusal, qualified

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE: Final = "$type"  # the class of an object
DICT: Final = "$dict"  # the pairs of a dict whose keys are not all plain text
DEFAULT: Final = "$default"  # the fields of an object that have their default
MORE: Final = "$more"  # the content of an object in addition to its fields
EXTRA: Final = "$extra"  # extra values of a pydantic model with extra="allow"
NEVER_SET: Final = "$absent"  # the fields of an object that were never set
PRIVATE: Final = "$private"  # private attributes of a pydantic model that differ from their initial values
SEEN: Final = "$seen"  # an answer, together with the part of it that comparisons use
IGNORING: Final = "$ignoring"  # an answer, together with the parts of it that comparisons ignore
UNSTORED: Final = "$unstored"  # a description, which does not identify the answer: it could not be stored
ASIDE: Final = "aside"  # the part of an object of this package that is stored but never compared


# -- the standard library -----------------------------------------------------------------------------

_FACTORIES: Final[dict[str | None, Any]] = {None: None} | {
    factory.__name__: factory
    for factory in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, Counter, deque)
}


def _defaultdict_parts(value: Any) -> list[Any]:
    name = getattr(value.default_factory, "__name__", None)
    if value.default_factory is not _FACTORIES.get(name):
        raise Refusal("the default_factory of this defaultdict is a function. Answer dict(...) of it.")
    return [name, dict(value)]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _from_base64(parts: str) -> bytes:
    return base64.b64decode(parts, validate=True)


_ZONES: Final = (
    *("datetime.timezone", "pydantic_core._pydantic_core.TzInfo", "dateutil.tz.tz.tzutc"),
    *("dateutil.tz.tz.tzoffset", "pytz._p", "pytz._UTC", "pytz.FixedOffset"),
)
"""The functions that make a time zone from arguments, as their classes tell :mod:`copyreg`."""


def _zone_parts(zone: dt.tzinfo) -> Any:
    reduced: Any = ZoneInfo, ()
    if type(zone) is ZoneInfo:
        # One that was read from a file may have no key, or one that leads nowhere.
        with suppress(LookupError, TypeError, ValueError):
            return ZoneInfo(zone.key).key
    else:
        reduced = zone.__reduce_ex__(2)
    make, args, *state = reduced
    if make is copyreg.__newobj__:  # type: ignore[attr-defined]
        make, args = args[0], tuple((state[0] or {}).values())
    name = qualified(make)
    if name not in _ZONES:
        raise Refusal(
            f"its time zone is a {qualified(type(zone))}, which could not be made again. Answer with "
            "another: value.astimezone(datetime.timezone.utc)."
        )
    return [name, *args]


def _zone(parts: Any) -> Any:
    if isinstance(parts, str):
        return ZoneInfo(parts)
    if parts[0] not in _ZONES:
        raise ValueError(f"{parts[0]!r} does not make a time zone")
    module, _, name = parts[0].rpartition(".")
    return getattr(import_module(module), name)(*parts[1:])


def _moment_parts(value: Any) -> Any:
    if not value.fold and (value.tzinfo is None or value.tzinfo is dt.UTC):
        return value.isoformat()
    return [value.replace(tzinfo=None, fold=0).isoformat(), value.tzinfo, value.fold]


def _moment(kind: Any, parts: Any) -> Any:
    if isinstance(parts, str):
        return kind.fromisoformat(parts)
    text, zone, fold = parts
    return kind.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def _special_float(parts: str) -> float:
    if parts not in ("nan", "inf", "-inf"):
        raise ValueError(f"{parts!r} is not one of nan, inf, -inf")
    return float(parts)


_TEXTS: Final = (
    *(Decimal, UUID, PurePosixPath, PureWindowsPath, ipaddress.IPv4Address, ipaddress.IPv6Address),
    *(ipaddress.IPv4Network, ipaddress.IPv6Network, ipaddress.IPv4Interface, ipaddress.IPv6Interface),
)
"""The classes whose text makes an equal value."""

TAGS: Final[dict[type, Kind]] = {
    bytes: Kind("$bytes", _base64, _from_base64),
    bytearray: Kind("$bytearray", _base64, lambda parts: bytearray(_from_base64(parts))),
    complex: Kind("$complex", lambda value: [value.real, value.imag], lambda parts: complex(*parts)),
    Fraction: Kind(
        "$fraction", lambda value: [value.numerator, value.denominator], lambda parts: Fraction(*parts)
    ),
    dt.date: Kind("$date", dt.date.isoformat, dt.date.fromisoformat),
    dt.datetime: Kind("$datetime", _moment_parts, partial(_moment, dt.datetime)),
    dt.time: Kind("$time", _moment_parts, partial(_moment, dt.time)),
    dt.timedelta: Kind(
        "$timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: dt.timedelta(*parts),
    ),
    type(Path()): Kind("$path", PurePath.as_posix, Path),  # the same text on every system
    **{kind: Kind(f"${kind.__name__.lower()}", str, kind) for kind in _TEXTS},
    range: Kind("$range", lambda value: [value.start, value.stop, value.step], lambda parts: range(*parts)),
    deque: Kind("$deque", lambda value: [value.maxlen, list(value)], lambda parts: deque(parts[1], parts[0])),
    OrderedDict: Kind("$ordereddict", lambda value: list(map(list, value.items())), OrderedDict),
    Counter: Kind("$counter", dict, Counter),
    defaultdict: Kind(
        "$defaultdict", _defaultdict_parts, lambda parts: defaultdict(_FACTORIES[parts[0]], parts[1])
    ),
    SimpleNamespace: Kind(
        "$namespace", lambda value: dict(vars(value)), lambda parts: SimpleNamespace(**parts)
    ),
    re.Pattern: Kind(
        "$pattern", lambda value: [value.pattern, value.flags], lambda parts: re.compile(*parts)
    ),
    type(Ellipsis): Kind("$ellipsis", lambda _: 0, lambda _: ...),
}
_ZONE: Final = Kind("$zone", _zone_parts, _zone)

BUILD: Final[dict[str, Callable[[Any], Any]]] = {
    **{kind.tag: kind.build for kind in (*TAGS.values(), _ZONE)},
    **{kind.tag: kind.build for kind in libraries.KINDS},
    "$tuple": tuple,
    "$set": set,
    "$frozenset": frozenset,
    "$str": str,
    "$escaped": lambda parts: parts.encode("ascii").decode("unicode_escape"),
    "$int": lambda parts: int(parts, 0),
    "$float": _special_float,
}
"""The function that builds a value from its parts, by tag."""


@lru_cache(maxsize=1024)
def kind_of(cls: Any) -> Kind | None:
    """Return the kind of a class's values, or ``None`` if it has none. Imports nothing.

    >>> kind_of(dt.date).tag, kind_of(dict)
    ('$date', None)
    """
    if cls in TAGS:
        return TAGS[cls]
    return _ZONE if issubclass(cls, dt.tzinfo) else libraries.find(cls)


# -- classes of this package --------------------------------------------------------------------------

_TRAJECTORY: Final = "pytest_modelcheck.trajectories.trajectory"
HOMES: Final = {"$trajectory": _TRAJECTORY, "$calls": _TRAJECTORY, "$call": _TRAJECTORY}
"""The modules that register this package's classes, by tag. They are imported when data holds the tag."""


def register(kind: type, tag: str, parts: Callable[[Any], Any], build: Callable[[Any], Any]) -> None:
    """Register how objects of one of this package's classes are written and read, without ``returns=``.

    The parts are a dict of those that are compared, and under ``ASIDE`` of the one that is not.
    """
    TAGS[kind] = Kind(tag, parts, build)
    BUILD[tag] = build


def tag_of(kind: type) -> str | None:
    """The tag of a class's objects, or ``None``."""
    return TAGS[kind].tag if kind in TAGS else None


def builder(tag: str) -> Callable[[Any], Any] | None:
    """Return the function that builds a value of a kind from its parts; ``None`` for an unknown tag."""
    if tag in HOMES:
        import_module(HOMES[tag])
    return BUILD.get(tag)
