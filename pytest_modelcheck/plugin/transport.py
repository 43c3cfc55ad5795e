"""Verdicts as plain JSON values, so that test reports can carry them between processes.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Any

from pytest_modelcheck import records
from pytest_modelcheck.records import Verdict


def pack(verdict: Verdict) -> dict[str, Any]:
    """A verdict as dicts, lists, strings, numbers, booleans and ``None``: what execnet can carry."""
    return typing.cast("dict[str, Any]", _packed(verdict))


def unpack(packed: dict[str, Any]) -> Verdict:
    """The verdict that :func:`pack` was given."""
    return typing.cast("Verdict", _unpacked(packed, Verdict))


def _packed(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _packed(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_packed(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    return value


def _unpacked(value: Any, kind: Any) -> Any:
    origin = typing.get_origin(kind)
    if value is None:
        return None
    if origin in (types.UnionType, typing.Union):
        return _unpacked(value, next(one for one in typing.get_args(kind) if one is not type(None)))
    if origin is tuple:
        inner = typing.get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_unpacked(item, inner[0]) for item in value)
        return tuple(_unpacked(item, one) for item, one in zip(value, inner, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind, vars(records))
        return kind(**{name: _unpacked(value[name], hint) for name, hint in hints.items() if name in value})
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return value
