"""What a type annotation says about where objects of which classes may stand in an answer.

Only classes that ``returns=`` names, or that the annotations of those name, are ever made from data.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_modelcheck.canonical.adapters import Adapter, adapter_for
from pytest_modelcheck.errors import UsageError


@dataclass(slots=True)
class Shape:
    """What is expected at one place of an answer.

    Attributes:
        adapter: The one class whose objects stand here without a tag.
        items: What is expected in a list, tuple or set that stands here.
        values: What is expected under the keys of a dict.
        entries: What is expected under particular keys of a dict.
    """

    adapter: Adapter | None = None
    items: Shape | None = None
    values: Shape | None = None
    entries: dict[str, Shape] = field(default_factory=dict)

    def entry(self, key: str) -> Shape:
        """What is expected under a key."""
        return self.entries.get(key) or self.values or ANYTHING


ANYTHING = Shape()


class Classes:
    """The classes that an answer may hold, by name, found by reading an annotation and all that it names."""

    def __init__(self) -> None:
        self.by_type: dict[type, Adapter] = {}
        self.by_name: dict[str, Adapter] = {}
        self._entries: dict[type, dict[str, Shape]] = {}

    def shape(self, *hints: Any) -> Shape:
        """What one place holds, if it holds what these annotations say."""
        leaves = [leaf for hint in hints for leaf in _leaves(hint)]
        found = [adapter for leaf in leaves if (adapter := self._adapter(_origin(leaf)))]
        shape = Shape(adapter=_untagged(found, leaves))
        inside = [(_origin(leaf), typing.get_args(leaf)) for leaf in leaves]
        values = [args[1] for origin, args in inside if _is(origin, Mapping) and len(args) == 2]
        keys = [args[0] for origin, args in inside if _is(origin, Mapping) and len(args) == 2]
        items = [hint for origin, args in inside if _is_collection(origin) for hint in args]
        shape.values = self.shape(*values) if values else None
        shape.items = self.shape(*items) if items else None
        if keys:
            self.shape(*keys)
        for leaf in leaves:
            if typing.is_typeddict(_origin(leaf)):
                shape.entries = self._typed_dict(_origin(leaf))
        return shape

    def _adapter(self, kind: Any) -> Adapter | None:
        if not isinstance(kind, type):
            return None
        if kind in self.by_type:
            return self.by_type[kind]
        adapter = adapter_for(kind)
        if adapter is None:
            return None
        if adapter.name in self.by_name:
            raise UsageError(
                f"returns= names two classes that are both called {adapter.name}. Give one of them another "
                "name, so that an answer can say which one it is."
            )
        self.by_type[kind] = self.by_name[adapter.name] = adapter
        adapter.fields = self._fields(kind)
        return adapter

    def _typed_dict(self, kind: Any) -> dict[str, Shape]:
        if kind not in self._entries:
            entries = self._entries[kind] = {}  # known before it is filled: it may name itself
            entries.update(self._fields(kind))
        return self._entries[kind]

    def _fields(self, kind: Any) -> dict[str, Shape]:
        return {name: self.shape(hint) for name, hint in field_hints(kind).items()}


def field_hints(kind: Any) -> dict[str, Any]:
    """The annotations of a class, resolved; those that cannot be resolved here say nothing.

    >>> class Point(typing.NamedTuple):
    ...     x: "int"
    ...     y: "Nowhere"
    >>> field_hints(Point)
    {'x': <class 'int'>}
    """
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, dict):
        return {name: info.annotation for name, info in fields.items()}
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return _one_by_one(kind)


def _one_by_one(kind: Any) -> dict[str, Any]:
    hints = {}
    for base in reversed(kind.__mro__):
        for name, hint in vars(base).get("__annotations__", {}).items():
            single = type(base.__name__, (), {"__annotations__": {name: hint}, "__module__": base.__module__})
            try:
                hints.update(typing.get_type_hints(single, include_extras=True))
            except (NameError, TypeError, AttributeError):
                continue
    return hints


_WRAPPERS = tuple(
    getattr(typing, name)
    for name in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar")
    if hasattr(typing, name)
)


def _leaves(hint: Any) -> list[Any]:
    """The alternatives that an annotation allows, without wrappers such as ``Annotated``."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return [leaf for member in typing.get_args(hint) for leaf in _leaves(member)]
    if origin is typing.Annotated or origin in _WRAPPERS:
        return _leaves(typing.get_args(hint)[0])
    if isinstance(hint, typing.NewType):
        return _leaves(hint.__supertype__)
    if hasattr(hint, "__value__"):  # ``type Answer = ...``
        return _leaves(hint.__value__)
    return [hint]


def _origin(leaf: Any) -> Any:
    return typing.get_origin(leaf) or leaf


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def _is_collection(kind: Any) -> bool:
    return _is(kind, Collection) and not _is(kind, Mapping)


def _untagged(found: list[Adapter], leaves: list[Any]) -> Adapter | None:
    """The one class that needs no tag here: where nothing else that is written alike is expected."""
    if len(set(map(id, found))) != 1:
        return None
    form = Mapping if found[0].json is dict else found[0].json
    alike = any(_is(_origin(leaf), form) for leaf in leaves if _origin(leaf) is not found[0].kind)
    typed_dict = found[0].json is dict and any(map(typing.is_typeddict, map(_origin, leaves)))
    return None if alike or typed_dict else found[0]
