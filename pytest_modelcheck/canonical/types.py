"""Classes of the user's: how an object is taken apart into fields and made again from them.

An object is made past its ``__init__`` and ``__new__``, by setting what was kept: no validator, default or
``__post_init__`` of the class runs, so that nothing can come back other than it was.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
import sys
from enum import Enum, Flag
from functools import cached_property, lru_cache
from inspect import getattr_static, isabstract
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.refusal import is_secret, qualified
from pytest_modelcheck.canonical.tags import EXTRA, MORE, NEVER_SET, PRIVATE

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT: Final = object()
PLAIN_BASES: Final = (str, int, float, bytes, list, tuple, dict, set, frozenset)


@lru_cache(maxsize=1024)
def field_names(kind: Any) -> tuple[str, ...] | None:
    """The names of the fields of a class, or ``None`` for a class without declared fields.

    >>> import datetime, typing
    >>> field_names(typing.NamedTuple("Point", [("x", int), ("y", int)]))
    ('x', 'y')
    >>> field_names(datetime.date) is None
    True
    """
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    if is_named_tuple(kind):
        return tuple(kind._fields)
    if is_pydantic(kind):
        return tuple(kind.model_fields)
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return tuple(attribute.name for attribute in attributes)
    names = getattr(kind, "__struct_fields__", None)
    return tuple(names) if isinstance(names, tuple) else None


def is_named_tuple(kind: type) -> bool:
    """Return whether a class was made by ``NamedTuple`` or ``namedtuple``, or derives from one that was."""
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


def is_pydantic(kind: type) -> bool:
    """Return whether a class is a model of pydantic 2."""
    return hasattr(kind, "__pydantic_validator__") and isinstance(getattr(kind, "model_fields", None), dict)


@dataclasses.dataclass(slots=True)
class Shape:
    """The classes that an annotation names in one place of an answer.

    Attributes:
        adapter: The one class whose objects stand here without a tag.
        items: What is expected in a list, tuple or set that stands here.
        values: What is expected under the keys of a dict.
        entries: What is expected under particular keys of a dict.
    """

    adapter: Adapter | None = None
    items: Shape | None = None
    values: Shape | None = None
    entries: dict[str, Shape] = dataclasses.field(default_factory=dict)

    def entry(self, key: str) -> Shape:
        """Return the shape under a key."""
        return self.entries.get(key) or self.values or ANYTHING


ANYTHING: Final = Shape()


class Adapter:
    """A class whose objects are written as fields.

    Attributes:
        kind: The class.
        name: What a ``$type`` says; :class:`~pytest_modelcheck.canonical.shapes.Classes` makes it unique.
        json: The type that an untagged object has in JSON: ``dict``, ``str`` or ``int``.
        names: The fields, in their order.
        shapes: What is expected in a field; filled in by whoever reads the annotations.
        coded: The fields in which a text or a number may stand for a member of an enumeration.
        verified: Whether an object of it was read back and found to be the same.
        is_open: Whether the class declares no fields, so that each object says what it holds.
    """

    json: type = dict
    is_open = False

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.name = qualified(kind)
        self.names: tuple[str, ...] = field_names(kind) or ()
        self.shapes: dict[str, Shape] = {}
        self.coded: frozenset[str] = frozenset()
        self.verified = False
        self._named = frozenset(self.names)

    def expect(self, shapes: dict[str, Shape]) -> None:
        """Take in what the annotations say of the fields."""
        self.shapes = shapes
        self.coded = frozenset(
            name
            for name, shape in shapes.items()
            if shape.adapter is not None and shape.adapter.json is not dict
        )

    def take(self, value: Any) -> dict[str, Any]:
        """Return an object's fields, then what it has beside them."""
        return {name: getattr(value, name) for name in self.names}

    def at_default(self, _value: Any, _parts: dict[str, Any]) -> list[str]:
        """The fields that were left at their default."""
        return []

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """An object that holds this, ``left`` of it at its default. Raises ``ValueError`` otherwise."""
        raise NotImplementedError

    def default(self, name: str) -> Any:
        """The default of a field, or :data:`ABSENT`."""
        raise NotImplementedError

    def complete(self, parts: dict[str, Any], left: list[str]) -> None:
        """Give fields that the class has gained their default.

        Raises:
            ValueError: A field has no default, or is none of the class any more.
        """
        absent = parts.pop(NEVER_SET, ())
        if parts.keys() == self._named:
            return
        for name in self._named.difference(parts, absent):
            value = self.default(name)
            if value is ABSENT:
                raise ValueError(f"{self.name} has gained the field {name!r}, which has no default")
            parts[name] = value
            left.append(name)
        more = [name for name in parts if name not in self._named and name[:1] != "$"]
        if more:
            raise ValueError(f"{self.name} has no field {more[0]!r} any more")


class FieldsAdapter(Adapter):
    """A dataclass, an attrs class, a msgspec struct, or a plain class with attributes."""

    def __init__(self, kind: Any, defaults: _Defaults) -> None:
        super().__init__(kind)
        self._defaults = defaults
        self._checked = tuple((name, *default) for name, default in defaults.items())
        self.is_open = field_names(kind) is None
        self._is_struct = struct = hasattr(kind, "__struct_fields__")  # msgspec makes one only by a call
        self._has_dict = hasattr(kind, "__dict__") and kind.__dictoffset__ != 0
        slots = [name for base in kind.__mro__ for name in _slots(base)]
        self._in_dict = self._has_dict and not self._named.intersection(slots)
        self._slots = () if struct else tuple(name for name in slots if name not in self._named)
        self._set = sys.modules["msgspec"].structs.force_setattr if struct else object.__setattr__

    def take(self, value: Any) -> dict[str, Any]:
        """The fields, and under ``$more`` the other attributes."""
        if self.is_open:
            return self._beside(value)
        try:
            parts = {name: getattr(value, name) for name in self.names}
        except AttributeError:
            parts = {name: getattr(value, name) for name in self.names if hasattr(value, name)}
            parts[NEVER_SET] = [name for name in self.names if name not in parts]
        if (self._has_dict and len(value.__dict__) > len(parts)) or self._slots or not self._in_dict:
            more = self._beside(value)
            if more:
                parts[MORE] = more
        return parts

    def _beside(self, value: Any) -> dict[str, Any]:
        own = value.__dict__ if self._has_dict else {}
        kept = {
            name: item
            for name, item in own.items()
            if name not in self._named and not _is_cached(self.kind, name)
        }
        return kept | {name: getattr(value, name) for name in self._slots if hasattr(value, name)}

    def at_default(self, _value: Any, parts: dict[str, Any]) -> list[str]:
        """The fields whose value is that of their default."""
        left = []
        for name, default, factory in self._checked:
            value = parts.get(name, ABSENT)
            if factory is not None:
                if type(value) is factory and not value:
                    left.append(name)
            elif _is_default(value, default):
                left.append(name)
        return left

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """An object with these attributes."""
        more = parts.pop(MORE, None)
        if not self.is_open:
            self.complete(parts, left)
        made: Any = self.kind(**parts) if self._is_struct else _new(self.kind)
        if self._in_dict:
            made.__dict__.update(parts)
        else:
            for name, item in parts.items():
                self._set(made, name, item)
        for name, item in (more or {}).items():
            self._set(made, name, item)
        return made

    def default(self, name: str) -> Any:
        """The default of a field."""
        if name not in self._defaults:
            return ABSENT
        default, factory = self._defaults[name]
        return default if factory is None else factory()


class TupleAdapter(Adapter):
    """A NamedTuple."""

    def take(self, value: Any) -> dict[str, Any]:
        """The fields, and under ``$more`` the attributes that a subclass lets them have."""
        parts = dict(zip(self.names, value, strict=True))
        if more := getattr(value, "__dict__", None):
            parts[MORE] = dict(more)
        return parts

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """The tuple, past any ``__new__`` of the class."""
        more = parts.pop(MORE, None)
        self.complete(parts, left)
        made: Any = tuple.__new__(self.kind, [parts[name] for name in self.names])
        if more:
            made.__dict__.update(more)
        return made

    def default(self, name: str) -> Any:
        """The default of a field."""
        return self.kind._field_defaults.get(name, ABSENT)

    def at_default(self, value: Any, parts: dict[str, Any]) -> list[str]:
        """The fields whose value is that of their default."""
        defaults = type(value)._field_defaults.items()
        return [name for name, default in defaults if _is_default(parts[name], default)]


class PydanticAdapter(Adapter):
    """A model of pydantic 2, taken apart and set as its ``__getstate__`` and ``__setstate__`` do.

    Those may be overridden (llama-index does so), and so are not called. Its serialisers and validators are
    left alone: they need not be inverse to each other, they run code of the user's, and they know no field
    but the declared ones.
    """

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self._fields = kind.model_fields
        self._allows_extra = kind.model_config.get("extra") == "allow"
        self._private = {name: private.get_default() for name, private in _private(kind).items()}

    def take(self, value: Any) -> dict[str, Any]:
        """The fields, extra ones, and private attributes; what else is in ``__dict__`` is a cache."""
        own = value.__dict__  # pydantic warns of who reads a field that is deprecated
        try:
            parts = {name: own[name] for name in self.names}
        except KeyError:
            parts = {name: own[name] for name in self.names if name in own}
            parts[NEVER_SET] = [name for name in self.names if name not in own]
        if more := value.__pydantic_extra__:
            parts[EXTRA] = dict(more)
        if self._private and (private := value.__pydantic_private__) and not self._is_fresh(private):
            parts[PRIVATE] = dict(private)
        return parts

    def at_default(self, value: Any, parts: dict[str, Any]) -> list[str]:
        """The fields that are not in ``model_fields_set``."""
        given = value.__pydantic_fields_set__
        names = [*self.names, *parts[EXTRA]] if EXTRA in parts else self.names
        return [] if len(given) == len(names) else [name for name in names if name not in given]

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """The model, as it was: nothing is validated again."""
        more = parts.pop(EXTRA, {} if self._allows_extra else None)
        private = parts.pop(PRIVATE, None)
        self.complete(parts, left)
        made: Any = _new(self.kind)
        _set(made, "__dict__", {name: parts[name] for name in self.names if name in parts})
        _set(made, "__pydantic_fields_set__", {*self.names, *(more or ())}.difference(left))
        _set(made, "__pydantic_extra__", more)
        _set(made, "__pydantic_private__", (private or self._fresh()) if self._private else None)
        return made

    def _is_fresh(self, private: dict[str, Any]) -> bool:
        return private.keys() == self._private.keys() and all(
            _is_default(value, self._private[name]) for name, value in private.items()
        )

    def _fresh(self) -> dict[str, Any]:
        return {name: private.get_default() for name, private in _private(self.kind).items()}

    def default(self, name: str) -> Any:
        """The default of a field."""
        field = self._fields[name]
        return ABSENT if field.is_required() else field.get_default(call_default_factory=True)


class EnumAdapter(Adapter):
    """An enumeration, kept by the name of the member; flags, alone or combined, by their number."""

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self.json = int if issubclass(kind, Flag) else str

    def take(self, value: Any) -> dict[str, Any]:
        """The name or the number."""
        return {"name": value._name_} if self.json is str else {"value": value._value_}

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:  # noqa: ARG002
        """The member of that name, or the flags. Raises ``ValueError`` where there are none."""
        if self.json is int:
            return self.kind(parts["value"])
        member = self.kind.__members__.get(parts.get("name"))
        if member is None:
            raise ValueError(f"{self.name} has no member {parts.get('name')!r}")
        return member


class DerivedAdapter(Adapter):
    """A subclass of ``str``, ``int``, ``dict`` or another plain type: its content, and its attributes."""

    def __init__(self, kind: Any, base: Any) -> None:
        super().__init__(kind)
        self._base = base

    def take(self, value: Any) -> dict[str, Any]:
        """The content as the plain type, and the attributes under ``$more``."""
        base = self._base
        content = _CONTENT[base](value) if base in _CONTENT else base(base.__iter__(value))
        more = getattr(value, "__dict__", None)
        return {"content": content, MORE: dict(more)} if more else {"content": content}

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:  # noqa: ARG002
        """The object, past ``__init__`` and ``__new__`` of its class."""
        content = parts["content"]
        if type(content) is not self._base:
            raise ValueError(f"{self.name} is made of {self._base.__name__}, not {type(content).__name__}")
        made: Any
        new: Any = self._base.__new__
        if self._base in (str, int, float, bytes, tuple, frozenset):
            made = new(self.kind, content)
        else:
            made = new(self.kind)
            self._base.__init__(made, content)
        if MORE in parts:
            made.__dict__.update(parts[MORE])
        return made


class SchemaAdapter(Adapter):
    """A class with a schema of pydantic's, such as ``HttpUrl``: written and read by its ``TypeAdapter``."""

    def __init__(self, kind: type) -> None:
        super().__init__(kind)
        self._pydantic: Any = sys.modules["pydantic"].TypeAdapter(kind)

    def take(self, value: Any) -> dict[str, Any]:
        """Return what pydantic writes."""
        return {"json": self._pydantic.dump_python(value, mode="json")}

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:  # noqa: ARG002
        """Return what pydantic reads. Raises ``ValueError`` where it does not."""
        return self._pydantic.validate_python(parts["json"])


def adapter_for(kind: Any) -> Adapter | None:
    """Return how to keep objects of a class, or ``None`` where they cannot be made again.

    >>> import enum
    >>> Colour = enum.Enum("Colour", ["RED", "GREEN"])
    >>> adapter_for(Colour).make({"name": "RED"}, [])
    <Colour.RED: 1>
    """
    if is_secret(kind):
        return None
    if issubclass(kind, Enum):
        return EnumAdapter(kind)
    if is_pydantic(kind) and not dataclasses.is_dataclass(kind):
        return PydanticAdapter(kind)
    if is_named_tuple(kind):
        return TupleAdapter(kind)
    if hasattr(kind, "__struct_fields__"):
        return FieldsAdapter(kind, _struct_defaults(kind))
    if _is_python(kind):
        if dataclasses.is_dataclass(kind):
            return FieldsAdapter(kind, _dataclass_defaults(kind))
        if hasattr(kind, "__attrs_attrs__"):
            return FieldsAdapter(kind, _attrs_defaults(kind))
        if hasattr(kind, "__get_pydantic_core_schema__") and "pydantic" in sys.modules:
            return SchemaAdapter(kind)
        return FieldsAdapter(kind, {}) if _has_open_state(kind) else None
    if field_names(kind) is not None or kind in PLAIN_BASES or not kind.__flags__ & _HEAP:
        return None  # a dataclass that derives from a dict: both would say what it holds
    base = next((base for base in PLAIN_BASES if issubclass(kind, base)), None)
    return None if base is None else DerivedAdapter(kind, base)


_HEAP: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: the class was made by a ``class`` statement
_ATOMS: Final = frozenset({str, int, bool, float, type(None)})
_new: Final = object.__new__
_set: Final = object.__setattr__


def _is_python(kind: type) -> bool:
    """Return whether a class and all its bases are written in Python, so that nothing is hidden."""
    return all(base is object or base.__flags__ & _HEAP for base in kind.__mro__) and not any(
        issubclass(kind, base) for base in PLAIN_BASES
    )


def _has_open_state(kind: type) -> bool:
    """Return whether a plain class leaves copying to Python, and each object has attributes of its own."""
    reduces = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs_ex__")
    own = [name for name in reduces if getattr(kind, name, None) is not getattr(object, name, None)]
    called = any("__call__" in vars(base) for base in kind.__mro__)  # what it holds is not what it does
    abstract = isabstract(kind) or getattr(kind, "_is_protocol", False)
    return not (own or called or abstract) and kind.__dictoffset__ != 0


_CONTENT: Final[dict[type, Callable[[Any], Any]]] = {
    str: str.__str__,
    int: int.__index__,
    float: float.__float__,
    bytes: lambda value: value[:],
    dict: lambda value: dict(dict.items(value)),
}
"""The content of a subclass as the plain type, past whatever the subclass says of it."""


def _slots(base: type) -> tuple[str, ...]:
    slots = vars(base).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _is_cached(kind: type, name: str) -> bool:
    return isinstance(getattr_static(kind, name, None), cached_property)


def _private(kind: Any) -> dict[str, Any]:
    return getattr(kind, "__private_attributes__", None) or {}


def _is_default(value: Any, default: Any) -> bool:
    """Return whether a value is plainly that of the default; never asks an ``==`` of the user's."""
    kind = type(value)
    if kind is not type(default):
        return False
    if kind in _ATOMS:
        return bool(value == default)
    return (value is default and isinstance(value, Enum)) or (kind is tuple and not value and not default)


_Defaults = dict[str, tuple[Any, "Callable[[], Any] | None"]]
"""A default, or what makes one, by the name of the field."""


def _dataclass_defaults(kind: Any) -> _Defaults:
    missing = dataclasses.MISSING
    return {
        field.name: (field.default, None if field.default_factory is missing else field.default_factory)
        for field in dataclasses.fields(kind)
        if field.default is not missing or field.default_factory is not missing
    }


def _attrs_defaults(kind: Any) -> _Defaults:
    found: _Defaults = {}
    for attribute in kind.__attrs_attrs__:
        factory = getattr(attribute.default, "factory", None)
        if factory is not None and not attribute.default.takes_self:
            found[attribute.name] = (None, factory)
        elif factory is None and attribute.default is not sys.modules["attr"].NOTHING:
            found[attribute.name] = (attribute.default, None)
    return found


def _struct_defaults(kind: Any) -> _Defaults:
    defaults = kind.__struct_defaults__  # of the last fields; what makes a default is wrapped
    last = kind.__struct_fields__[len(kind.__struct_fields__) - len(defaults) :]
    return {
        name: (default, default.factory if type(default).__name__ == "Factory" else None)
        for name, default in zip(last, defaults, strict=True)
        if default is not sys.modules["msgspec"].NODEFAULT
    }
