"""Nouns as plain JSON values, and back.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Mapping
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar

from pytest_modelcheck.display import printable_json
from pytest_modelcheck.records import MISSING

_T = TypeVar("_T")


def pack(value: Any) -> Any:
    """A noun as dicts, lists, strings, numbers, booleans and ``None``: what execnet can carry.

    Args:
        value: A frozen dataclass, or what one is made of. What is ``MISSING`` is left out.

    >>> from pytest_modelcheck.records import Origin
    >>> pack(Origin("tickets.yaml"))
    {'path': 'tickets.yaml', 'line': None}
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if dataclasses.is_dataclass(kind):
        fields = ((name, getattr(value, name)) for name in _fields(kind))
        return {name: pack(one) for name, one in fields if one is not MISSING}
    if isinstance(value, (tuple, list)):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # which JSON has no number for
    return value.value if isinstance(value, StrEnum) else value


_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def unpack(packed: Any, kind: type[_T]) -> _T:
    """The noun that :func:`pack` was given. Fields of a newer version are passed over.

    Args:
        packed: What :func:`pack` returned.
        kind: The class of the noun.

    Raises:
        TypeError: A field that has no default is missing, or something is not of its kind.
        ValueError: A text is none of those that its field knows.
    """
    return typing.cast("_T", _unpacked(packed, kind))


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@lru_cache(maxsize=64)
def hints_of(kind: type) -> dict[str, Any]:
    """The types of the fields of a noun, by name."""
    return typing.get_type_hints(kind, {**vars(sys.modules[kind.__module__]), "Mapping": Mapping})


def is_optional(kind: Any) -> bool:
    """Return whether a type says ``X | None``."""
    return typing.get_origin(kind) in (types.UnionType, typing.Union)


def without_none(kind: Any) -> Any:
    """``X`` of ``X | None``."""
    return next(one for one in typing.get_args(kind) if one is not type(None))


def _unpacked(value: Any, kind: Any) -> Any:
    if value is None or kind is Any:
        return value
    if is_optional(kind):
        return _unpacked(value, without_none(kind))
    origin = typing.get_origin(kind)
    if origin is tuple:
        inner = typing.get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple([_unpacked(item, inner[0]) for item in value])
        return tuple(_unpacked(item, one) for item, one in zip(value, inner, strict=True))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise TypeError(f"{kind.__name__} is an object, not {value!r}")
        known = hints_of(kind)
        return kind(**{name: _unpacked(one, known[name]) for name, one in value.items() if name in known})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return float(value) if kind is float and isinstance(value, str) else value


def dumps(value: Any) -> bytes:
    """A value as JSON that can be shown: without secrets, and with escapes for what would act."""
    import orjson

    try:
        text = orjson.dumps(value)
    except TypeError:  # a lone surrogate
        text = orjson.dumps(printable(value))
    return printable_json(text.decode()).encode()


def printable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: a lone surrogate, which no file can hold, is spelled out.

    >>> printable({"message": ["\ud83d", 1]})
    {'message': ['\\ud83d', 1]}
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(one) for key, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list) else value
