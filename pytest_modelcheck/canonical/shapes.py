"""The classes in an answer and their places, from the annotation of its type.

Only classes that ``returns=`` or the annotations of these classes name are ever restored.
"""

from __future__ import annotations

import sys
import types
import typing
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from pytest_modelcheck.canonical.kinds import kind_of
from pytest_modelcheck.canonical.refusal import qualified
from pytest_modelcheck.canonical.source import annotations_of
from pytest_modelcheck.canonical.types import ANYTHING, Adapter, Shape, adapter_for, fields_of
from pytest_modelcheck.errors import UsageError


class Classes:
    """The classes that an answer may hold, found by reading an annotation and all that it names.

    Attributes:
        by_type: The adapter of each class.
        by_name: The same by the name of the class in lines: the class name alone, so that a class may move to
            another module; with the module if two classes share a name.
    """

    def __init__(self) -> None:
        self.by_type: dict[type, Adapter] = {}
        self.by_name: dict[str, Adapter] = {}
        self._dynamic: dict[type, Adapter | None] = {}
        self._entries: dict[type, dict[str, Shape]] = {}
        self._open: set[int] = set()

    def read(self, hint: Any, *, strict: bool) -> Shape:
        """Return the shape of an answer of this annotation.

        Raises:
            UsageError: ``strict``, and the annotation is a class whose objects cannot be restored.
        """
        try:
            shape = self.shape(hint)
        except (TypeError, NameError, AttributeError, RecursionError):
            if strict:
                raise
            shape = ANYTHING
        own = isinstance(hint, type) and hint.__module__ not in _NO_CLASSES and not typing.is_typeddict(hint)
        if strict and own and kind_of(hint) is None and hint not in self.by_type:
            raise UsageError(
                f"returns={hint.__name__}: objects of {qualified(hint)} cannot be made again from data. Name "
                "a dataclass, a NamedTuple, an Enum, a TypedDict or a pydantic model, or leave returns= out."
            )
        self._give_names(strict=strict)
        return shape

    def _give_names(self, *, strict: bool) -> None:
        names = Counter(kind.__qualname__ for kind in self.by_type)
        for kind, adapter in list(self.by_type.items()):
            adapter.name = kind.__qualname__ if names[kind.__qualname__] == 1 else qualified(kind)
            if self.by_name.setdefault(adapter.name, adapter) is adapter:
                continue
            if strict:
                raise UsageError(
                    f"returns= names two classes that are both called {adapter.name}. Give one of them "
                    "another name, so that an answer can say which one it is."
                )
            del self.by_type[kind]

    def find(self, kind: type) -> Adapter | None:
        """Return the adapter of a class, if it was named.

        A subclass made at run time that is in no module (as instructor makes them) does not exist in the
        next run. It is stored as the named class that it copies, and that of a generic class as that class.
        """
        adapter = self.by_type.get(kind)
        if adapter is not None or not self.by_type:
            return adapter
        if kind not in self._dynamic:
            lasting = kind if is_importable(kind) else generic_of(kind) or kind
            base = next((self.by_type[base] for base in lasting.__mro__ if base in self.by_type), None)
            fields = fields_of(kind)
            alike = base is not None and fields is not None and [*fields] == [*base.fields]
            copied = base is not None and (base.kind is lasting or not is_importable(lasting))
            self._dynamic[kind] = base if alike and copied else None
        return self._dynamic[kind]

    def shape(self, *hints: Any) -> Shape:
        """Return the shape of one place with these annotations."""
        leaves = [leaf for hint in hints for leaf in self._leaves(hint)]
        found = [adapter for leaf in leaves if (adapter := self._adapter(_origin(leaf)))]
        shape = Shape(adapter=_untagged(found, leaves))
        values: list[Any] = []
        items: list[Any] = []
        for leaf in leaves:
            origin, args = _origin(leaf), typing.get_args(leaf)
            if _is(origin, Mapping) and len(args) == 2:
                values.append(args[1])
                self.shape(args[0])
            elif _is(origin, Collection) and not _is(origin, Mapping):
                items += args
            elif args:
                self.shape(*args)  # of a generic class: only to know the classes that it names
            if typing.is_typeddict(origin):
                if origin not in self._entries:
                    self._entries[origin] = {}  # known before it is filled: it may name itself
                    self._entries[origin].update(self._fields(origin))
                shape.entries = self._entries[origin]
        shape.values = self.shape(*values) if values else None
        shape.items = self.shape(*items) if items else None
        return shape

    def _adapter(self, kind: Any) -> Adapter | None:
        if not isinstance(kind, type) or typing.is_typeddict(kind):
            return None
        if kind.__module__ in _NO_CLASSES and not issubclass(kind, BaseException):
            return None
        if kind in self.by_type:
            return self.by_type[kind]
        adapter = None if kind_of(kind) is not None else adapter_for(kind)
        if adapter is not None:
            self.by_type[kind] = adapter  # known before it is filled: it may name itself
            if adapter.fields or adapter.is_open:
                adapter.expect(self._fields(kind, adapter.fields))
            self._adapter(generic_of(kind))  # of which clients make others as they need them
        return adapter

    def _fields(self, kind: Any, names: Collection[str] = ()) -> dict[str, Shape]:
        hints = field_hints(kind).items()
        return {name: self.shape(hint) for name, hint in hints if not names or name in names}

    def _leaves(self, hint: Any) -> list[Any]:
        """The alternatives that an annotation allows, without wrappers such as ``Annotated``."""
        origin = typing.get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            return [leaf for member in typing.get_args(hint) for leaf in self._leaves(member)]
        if origin is typing.Annotated or origin in _WRAPPERS:
            return self._leaves(typing.get_args(hint)[0])
        if isinstance(hint, typing.NewType):
            return self._leaves(hint.__supertype__)
        if isinstance(hint, typing.TypeVar):
            return self._leaves(hint.__bound__) if hint.__bound__ is not None else []
        if hasattr(hint, "__value__"):  # ``type Answer = ...``, which may name itself
            if id(hint) in self._open:
                return []
            self._open.add(id(hint))
            return self._leaves(hint.__value__)
        return [hint]


def field_hints(kind: Any) -> dict[str, Any]:
    """The resolved annotations of a class; those that cannot be resolved are ignored.

    >>> class Point(typing.NamedTuple):
    ...     x: "int"
    ...     y: "Nowhere"
    >>> field_hints(Point)
    {'x': <class 'int'>}
    """
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, dict):
        return {name: info.annotation for name, info in fields.items()}
    with suppress(*_UNRESOLVED):
        return typing.get_type_hints(kind, include_extras=True)
    hints: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        for name, hint in annotations_of(base).items():
            single = type(base.__name__, (), {"__annotations__": {name: hint}, "__module__": base.__module__})
            with suppress(*_UNRESOLVED):
                hints.update(typing.get_type_hints(single, include_extras=True))
    return hints


_UNRESOLVED: Final = (NameError, TypeError, AttributeError)
_WRAPPERS = tuple(
    getattr(typing, name)
    for name in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar")
    if hasattr(typing, name)
)


_NO_CLASSES: Final = frozenset({"typing", "typing_extensions", "collections.abc", "builtins"})


def _origin(leaf: Any) -> Any:
    return typing.get_origin(leaf) or leaf


def generic_of(kind: type) -> Any:
    """The generic class of pydantic that a class is made of by naming its parameters, or ``None``."""
    return (getattr(kind, "__pydantic_generic_metadata__", None) or {}).get("origin")


def is_importable(kind: type) -> bool:
    """Return whether a class can be found in its module, under a name that source can write."""
    found: Any = sys.modules.get(kind.__module__)
    names = kind.__qualname__.split(".")
    for name in names:
        found = getattr(found, name, None)
    # Pydantic puts Page[~T] into the module, and since Python 3.12 Page[TypeVar].
    return found is kind and all(map(str.isidentifier, names))


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def _untagged(found: list[Adapter], leaves: list[Any]) -> Adapter | None:
    """The class that needs no tag here: the first, where nothing but objects of classes is written alike.

    The first, so that where ``returns=Triage`` becomes ``returns=Triage | Report``, no line becomes another.
    """
    if not found:
        return None
    form = Mapping if found[0].json is dict else found[0].json
    alike = any(_is(_origin(leaf), form) for leaf in leaves if _origin(leaf) is not found[0].kind)
    typed_dict = found[0].json is dict and any(map(typing.is_typeddict, map(_origin, leaves)))
    return None if alike or typed_dict else found[0]
