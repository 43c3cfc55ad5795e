"""Records as plain data, for JSON and for other processes, and back."""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar

from pytest_modelcheck.records.cases import MISSING

_T = TypeVar("_T")
_NOT_FINITE: Final = ("inf", "-inf", "nan")
_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def pack(value: Any) -> Any:
    """Convert a record to dicts, lists, strings, numbers, booleans and ``None``, which execnet can transport.

    Args:
        value: A frozen dataclass, or a value of one of its fields. ``MISSING`` is left out.

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


def unpack(packed: Any, kind: type[_T]) -> _T:
    """Restore the record that :func:`pack` converted. Unknown fields, of a newer version, are ignored.

    Raises:
        TypeError: A field without a default is missing, or a value has the wrong type.
    """
    return typing.cast("_T", _unpacked(packed, kind))


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@lru_cache(maxsize=64)
def _required(kind: type) -> tuple[str, ...]:
    """The names of the fields that have no default."""
    none = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if field.default is none is field.default_factory)


@lru_cache(maxsize=64)
def _hints_of(kind: type) -> dict[str, Any]:
    """The types of the fields of a record, by name."""
    known = {**vars(sys.modules[kind.__module__]), "Mapping": Mapping, "Sequence": Sequence}
    return typing.get_type_hints(kind, known)


def _unpacked(value: Any, kind: Any) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or origin is typing.Literal:
        return value
    if origin in (types.UnionType, typing.Union):  # `X | None`
        return None if value is None else _unpacked(value, inner[0])
    if dataclasses.is_dataclass(kind):
        return _record(value, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and (isinstance(value, int) or value in _NOT_FINITE):
        return float(value)
    plain = {tuple: list, Sequence: list}.get(origin, origin or kind)
    if not isinstance(value, plain):
        raise TypeError(f"{value!r:.80} is not of type {plain.__name__}")
    if origin is tuple and inner[1:] != (Ellipsis,):
        return tuple(_unpacked(item, one) for item, one in zip(value, inner, strict=True))
    if plain is list:
        items = [_unpacked(item, inner[0]) for item in value]
        return tuple(items) if origin is tuple else items
    if inner:
        return {key: _unpacked(item, inner[1]) for key, item in value.items()}
    return value


def _record(value: Any, kind: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} is an object, not {value!r:.80}")
    known = _hints_of(kind)
    fields = {}
    # Unknown names are left out: a report of a newer minor version is still readable.
    for name, inner in known.items():
        if name not in value:
            continue
        try:
            fields[name] = _unpacked(value[name], inner)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{name}: {error}") from error
    if missing := [name for name in _required(kind) if name not in fields]:
        raise TypeError(f"it lacks {', '.join(map(repr, missing))}")
    return kind(**fields)


def printable(value: Any) -> Any:
    r"""Plain data whose texts can all be encoded: lone surrogates are replaced by their escapes.

    >>> printable({"message": ["\ud83d", 1]})
    {'message': ['\\ud83d', 1]}
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(one) for key, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list) else value
