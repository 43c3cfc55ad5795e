"""Values that JSON does not have, as JSON objects with one key that begins with ``$``.

``{"$tuple": [1, 2]}``, ``{"$date": "2024-02-29"}``, ``{"$float": "nan"}``. Each way out has its way back
beside it. ``lower`` and ``lift`` stand for the way of the values inside.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from math import isfinite
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pytest_modelcheck.canonical.refusal import Refusal, qualified

if TYPE_CHECKING:
    from collections.abc import Callable

    Lower = Callable[[Any], Any]
    Take = Callable[[Any, Lower], Any]
    Make = Callable[[Any, Lower], Any]

TYPE: Final = "$type"
DICT: Final = "$dict"
DEFAULT: Final = "$default"
MORE: Final = "$more"
"""What an object holds beside its fields."""
EXTRA: Final = "$extra"
"""What ``extra="allow"`` let into a pydantic model."""
NEVER_SET: Final = "$absent"
"""The fields that an object has no value for."""
PRIVATE: Final = "$private"
"""The private attributes of a pydantic model, where they are not as they began."""
SEEN: Final = "$seen"
"""What comparisons see of an answer, and the answer."""
IGNORING: Final = "$ignoring"
"""The parts of an answer that comparisons leave out, and the answer."""
UNKEPT: Final = "$unkept"
"""A description of an answer that could not be kept: it says nothing of what the answer was."""


def encodable(value: str) -> bool:
    """Return whether text has no lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def lower_text(value: str) -> dict[str, str]:
    """Text that cannot stand for itself: with lone surrogates, or where a name is expected."""
    if encodable(value):
        return {"$str": value}
    return {"$escaped": value.encode("unicode_escape").decode("ascii")}


def lower_integer(value: int) -> dict[str, str]:
    """A whole number that JSON readers would round, or one that stands where a number means flags."""
    return {"$int": str(value) if abs(value) < 10**1000 else hex(value)}


def lower_float(value: float) -> float | dict[str, str]:
    """A float: itself, or its name where JSON has no number for it."""
    return value if isfinite(value) else {"$float": repr(value)}


def _lift_float(form: str, _: Lower) -> float:
    if form not in ("nan", "inf", "-inf"):
        raise ValueError(f"{form!r} is not one of nan, inf, -inf")
    return float(form)


def lift_number(form: Any) -> Any:
    """A number: itself, or one of those that JSON does not have."""
    if type(form) is dict:
        return _lift_float(form["$float"], lift_number)
    if type(form) not in (int, float):
        raise ValueError(f"{form!r} is not a number")
    return form


# -- moments and their zones --------------------------------------------------------------------------


def _offset(zone: Any) -> float:
    offset = zone.utcoffset(None)
    return float(offset.total_seconds())


def _fixed(form: Any) -> dt.timezone:
    seconds, *name = form
    return dt.timezone(dt.timedelta(seconds=seconds), *name)


def _pydantic_zone(seconds: Any) -> Any:
    from pydantic_core import TzInfo

    return TzInfo(seconds)


def _dateutil_zone(form: Any) -> Any:
    from dateutil import tz

    return tz.tzutc() if form is None else tz.tzoffset(*form)


def _pytz_zone(name: Any) -> Any:
    import pytz

    return pytz.FixedOffset(name) if isinstance(name, int) else pytz.timezone(name)


def lower_zone(zone: dt.tzinfo) -> Any:
    """A time zone: the key of a ``ZoneInfo``, else its library and what it is made of."""
    kind = type(zone)
    if kind is ZoneInfo and zone.key is not None:  # type: ignore[attr-defined]
        return zone.key  # type: ignore[attr-defined]
    if kind is dt.timezone:
        named = zone.tzname(None) != dt.timezone(zone.utcoffset(None) or dt.timedelta()).tzname(None)
        return {"fixed": [_offset(zone), zone.tzname(None)] if named else [_offset(zone)]}
    name = qualified(kind)
    if name.startswith("pydantic_core.") and kind.__name__ == "TzInfo":
        return {"pydantic": _offset(zone)}
    if name == "dateutil.tz.tz.tzutc":
        return {"dateutil": None}
    if name == "dateutil.tz.tz.tzoffset":
        return {"dateutil": [zone.tzname(None), _offset(zone)]}
    if name.startswith("pytz."):
        key = getattr(zone, "zone", None)
        return {"pytz": key if key is not None else round(_offset(zone) / 60)}
    raise Refusal(
        f"its time zone is a {name}, which could not be made again. Answer with another: "
        "value.astimezone(datetime.timezone.utc)."
    )


_ZONES: Final[dict[str, Callable[[Any], Any]]] = {
    "fixed": _fixed,
    "pydantic": _pydantic_zone,
    "dateutil": _dateutil_zone,
    "pytz": _pytz_zone,
}


def lift_zone(form: Any) -> Any:
    """The way back of :func:`lower_zone`."""
    if isinstance(form, str):
        return ZoneInfo(form)
    ((library, inside),) = form.items()
    return _ZONES[library](inside)


def _lower_moment(value: Any, _: Lower) -> Any:
    zone = value.tzinfo
    if zone is None or zone is dt.UTC:
        text = value.replace(fold=0).isoformat()
        return [text, None, 1] if value.fold else text
    return [value.replace(tzinfo=None, fold=0).isoformat(), lower_zone(zone), value.fold]


def _lift_moment(kind: Any) -> Make:
    def lift(form: Any, _: Lower) -> Any:
        text, zone, fold = (form, None, 0) if isinstance(form, str) else form
        moment = kind.fromisoformat(text).replace(fold=fold)
        if zone is None:
            return moment
        made = lift_zone(zone)
        if hasattr(made, "localize"):  # pytz: a zone has an object for each of its offsets
            return (
                made.localize(moment, is_dst=not fold) if kind is dt.datetime else moment.replace(tzinfo=made)
            )
        return moment.replace(tzinfo=made)

    return lift


# -- containers ---------------------------------------------------------------------------------------


def _pairs(value: Any, lower: Lower) -> list[Any]:
    return [[lower(key), lower(item)] for key, item in value.items()]


def _lift_pairs(form: Any, lift: Lower) -> Any:
    return [(lift(key), lift(item)) for key, item in form]


_FACTORIES: Final[dict[Any, str | None]] = {
    None: None, int: "int", list: "list", dict: "dict", set: "set", float: "float", str: "str"
}  # fmt: skip


def _lower_defaultdict(value: Any, lower: Lower) -> list[Any]:
    if value.default_factory not in _FACTORIES:
        raise Refusal("the default_factory of this defaultdict is a function. Answer dict(...) of it.")
    return [_FACTORIES[value.default_factory], _pairs(value, lower)]


def _lift_defaultdict(form: Any, lift: Lower) -> Any:
    factories = {name: factory for factory, name in _FACTORIES.items()}
    return defaultdict(factories[form[0]], _lift_pairs(form[1], lift))


def _lower_namespace(value: Any, lower: Lower) -> Any:
    return {name if name[:1] != "$" else f"${name}": lower(item) for name, item in vars(value).items()}


def _lift_namespace(form: Any, lift: Lower) -> Any:
    names = {name[1:] if name[:1] == "$" else name: lift(item) for name, item in form.items()}
    return SimpleNamespace(**names)


def _pure(kind: Any) -> tuple[str, Take, Make]:
    tag = f"${kind.__name__.lower()}"
    return tag, lambda value, _: str(value), lambda form, _: kind(form)


TAGS: Final[dict[type, tuple[str, Take, Make]]] = {
    bytes: (
        "$bytes",
        lambda value, _: base64.b64encode(value).decode("ascii"),
        lambda form, _: base64.b64decode(form, validate=True),
    ),
    bytearray: (
        "$bytearray",
        lambda value, _: base64.b64encode(value).decode("ascii"),
        lambda form, _: bytearray(base64.b64decode(form, validate=True)),
    ),
    complex: (
        "$complex",
        lambda value, _: [lower_float(value.real), lower_float(value.imag)],
        lambda form, _: complex(*map(lift_number, form)),
    ),
    Decimal: ("$decimal", lambda value, _: str(value), lambda form, _: Decimal(form)),
    Fraction: (
        "$fraction",
        lambda value, _: [str(value.numerator), str(value.denominator)],
        lambda form, _: Fraction(int(form[0]), int(form[1])),
    ),
    UUID: ("$uuid", lambda value, _: str(value), lambda form, _: UUID(form)),
    dt.date: ("$date", lambda value, _: value.isoformat(), lambda form, _: dt.date.fromisoformat(form)),
    dt.datetime: ("$datetime", _lower_moment, _lift_moment(dt.datetime)),
    dt.time: ("$time", _lower_moment, _lift_moment(dt.time)),
    dt.timedelta: (
        "$timedelta",
        lambda value, _: [value.days, value.seconds, value.microseconds],
        lambda form, _: dt.timedelta(*form),
    ),
    dt.timezone: ("$zone", lambda value, _: lower_zone(value), lambda form, _: lift_zone(form)),
    ZoneInfo: ("$zone", lambda value, _: lower_zone(value), lambda form, _: lift_zone(form)),
    type(Path()): ("$path", lambda value, _: str(value), lambda form, _: Path(form)),
    PurePosixPath: _pure(PurePosixPath),
    PureWindowsPath: _pure(PureWindowsPath),
    range: (
        "$range",
        lambda value, _: [value.start, value.stop, value.step],
        lambda form, _: range(*form),
    ),
    deque: (
        "$deque",
        lambda value, lower: [value.maxlen, list(map(lower, value))],
        lambda form, lift: deque(map(lift, form[1]), form[0]),
    ),
    OrderedDict: ("$ordereddict", _pairs, lambda form, lift: OrderedDict(_lift_pairs(form, lift))),
    Counter: ("$counter", _pairs, lambda form, lift: Counter(dict(_lift_pairs(form, lift)))),
    defaultdict: ("$defaultdict", _lower_defaultdict, _lift_defaultdict),
    SimpleNamespace: ("$namespace", _lower_namespace, _lift_namespace),
    re.Pattern: (
        "$pattern",
        lambda value, lower: [lower(value.pattern), value.flags],
        lambda form, lift: re.compile(lift(form[0]), form[1]),
    ),
    type(Ellipsis): ("$ellipsis", lambda _value, _: 0, lambda _form, _: ...),
}
"""Types that are written in one way each: the tag, the way out, and the way back."""

MAKE: Final[dict[str, Make]] = {
    **{tag: make for tag, _, make in TAGS.values()},
    "$str": lambda form, _: str(form),
    "$escaped": lambda form, _: form.encode("ascii").decode("unicode_escape"),
    "$int": lambda form, _: int(form, 0),
    "$float": _lift_float,
    "$ip": lambda form, _: _lift_address(form),
}

ASIDE: Final = "aside"
"""The part of a value of a class of ours that is kept and never compared."""

_TRAJECTORY: Final = "pytest_modelcheck.trajectories.trajectory"
HOMES: Final = {"$trajectory": _TRAJECTORY, "$calls": _TRAJECTORY, "$call": _TRAJECTORY}
"""The modules that register how values of classes of ours are written: imported where data holds one."""


def register(kind: type, tag: str, take: Take, make: Make) -> None:
    """Say how objects of a class of ours are written and read, without ``returns=``.

    Args:
        kind: The class.
        tag: Its name in the data, one of ``HOMES``.
        take: Gives a dict of what is compared, and under ``ASIDE`` what is not.
        make: The way back.
    """
    TAGS[kind] = (tag, take, make)
    MAKE[tag] = make


def tag_of(kind: type) -> str | None:
    """The tag that objects of a class are written with, if there is one for the class."""
    return TAGS[kind][0] if kind in TAGS else None


def make_ours(tag: str, inside: Any, lift: Lower) -> Any:
    """An object of a class of ours."""
    import_module(HOMES[tag])
    return MAKE[tag](inside, lift)


_ADDRESSES: Final = frozenset(
    {"IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface"}
)


def lower_address(value: Any) -> dict[str, Any] | None:
    """An address of :mod:`ipaddress`, which is not imported for it; ``None`` for all else."""
    kind = type(value)
    if kind.__module__ != "ipaddress" or kind.__name__ not in _ADDRESSES:
        return None
    return {"$ip": [kind.__name__, str(value)]}


def _lift_address(form: Any) -> Any:
    import ipaddress

    name, text = form
    if name not in _ADDRESSES:
        raise ValueError(f"{name!r} is no kind of address")
    return getattr(ipaddress, name)(text)


def lower_path(value: PurePath) -> dict[str, str]:
    """A path of whatever kind, so that equal paths are one input on every system."""
    return {"$path": value.as_posix()}
