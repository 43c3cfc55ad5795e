"""Adapters for the user's classes: they take objects apart into fields, and restore objects from fields.

An object is restored without its ``__init__`` and ``__new__``, by setting its fields: no validator, default
or ``__post_init__`` of the class runs, which could change it. Its ``__getstate__``, serialisers and
validators are not used for the same reason: they need not be inverse to each other, and those of pydantic
and msgspec lose private attributes, ``model_fields_set`` and undeclared fields.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections import OrderedDict
from contextlib import suppress
from decimal import Decimal
from enum import Enum, Flag
from functools import cached_property, lru_cache, partial
from inspect import getattr_static, isabstract
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.kinds import EXTRA, MORE, NEVER_SET, PRIVATE
from pytest_modelcheck.canonical.refusal import is_secret, qualified

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT: Final = object()


def _remade(base: Any, kind: Any, value: Any) -> Any:
    """Make a value of another class with this base, of what the base tells :mod:`copy`."""
    return base.__new__(kind, *base.__reduce_ex__(value, 4)[1])


_FIXED: Final = frozenset({Decimal, dt.datetime, dt.date, dt.time, dt.timedelta})
_SIZED: Final = (bytes, list, tuple, dict, set, frozenset)
_BASES: Final[dict[type, Callable[[Any], Any]]] = {
    str: str.__str__,
    int: int.__index__,
    float: float.__float__,
    bytes: lambda value: value[:],
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    OrderedDict: lambda value: OrderedDict(OrderedDict.items(value)),
    **{base: partial(_remade, base, base) for base in _FIXED},
    BaseExceptionGroup: lambda value: (value.message, [*value.exceptions]),
    BaseException: lambda value: value.args,
}
"""Read the content of a subclass as the plain type, without the methods of the subclass."""
_IMMUTABLE, _HEAP = 1 << 8, 1 << 9  # Py_TPFLAGS_IMMUTABLETYPE, Py_TPFLAGS_HEAPTYPE
_ATOMS: Final = frozenset({str, int, bool, float, type(None)})
_HASH: Final = "_attrs_cached_hash"  # attrs works it out again where it is None
_set: Final = object.__setattr__


@lru_cache(maxsize=1024)
def fields_of(kind: Any) -> dict[str, Callable[[], Any] | None] | None:
    """The fields of a class, each with a function that makes its default, or ``None`` without a default.

    Returns:
        ``None`` for a class without declared fields.

    >>> import datetime, typing
    >>> fields_of(typing.NamedTuple("Point", [("x", int), ("y", int)]))
    {'x': None, 'y': None}
    >>> fields_of(datetime.date) is None
    True
    """
    if dataclasses.is_dataclass(kind):
        return {
            field.name: _maker(field.default, field.default_factory) for field in dataclasses.fields(kind)
        }
    defaults: dict[str, Any]
    if is_pydantic(kind):
        defaults = kind.model_fields
    elif _is_named_tuple(kind):
        defaults = dict.fromkeys(kind._fields, _NONE) | getattr(kind, "_field_defaults", {})
    elif hasattr(kind, "__attrs_attrs__"):
        defaults = {one.name: one.default for one in kind.__attrs_attrs__}
    elif isinstance(names := getattr(kind, "__struct_fields__", None), tuple):
        last = kind.__struct_defaults__  # of the last fields alone
        defaults = dict(zip(names, (*[_NONE] * (len(names) - len(last)), *last), strict=True))
    else:
        return None
    return {name: _maker(default) for name, default in defaults.items()}


_NONE: Final = dataclasses.MISSING


def _maker(default: Any, factory: Any = _NONE) -> Callable[[], Any] | None:
    if factory is not _NONE:
        return factory  # type: ignore[no-any-return]
    kind = type(default).__name__
    if kind == "FieldInfo":  # of pydantic, in its dataclasses too
        return None if default.is_required() else partial(default.get_default, call_default_factory=True)
    if kind == "Factory":  # of attrs and of msgspec
        return None if getattr(default, "takes_self", False) else default.factory
    without = default is _NONE or kind in ("_Nothing", "NoDefaultType")
    return None if without else lambda: default


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


def is_pydantic(kind: type) -> bool:
    """Return whether a class is a model of pydantic 2."""
    return hasattr(kind, "__pydantic_validator__") and isinstance(getattr(kind, "model_fields", None), dict)


@dataclasses.dataclass(slots=True)
class Shape:
    """The expected types of one place in an answer.

    Attributes:
        adapter: The class whose objects are stored here without a tag.
        items: The shape of the items of a list, tuple or set here.
        values: The shape of the values of a dict.
        entries: The shapes of particular keys of a dict.
    """

    adapter: Adapter | None = None
    items: Shape | None = None
    values: Shape | None = None
    entries: dict[str, Shape] = dataclasses.field(default_factory=dict)

    def entry(self, key: Any) -> Shape:
        """Return the shape under a key."""
        return (self.entries.get(key) if isinstance(key, str) else None) or self.values or ANYTHING


ANYTHING: Final = Shape()


class Adapter:
    """Stores objects of a class as named parts.

    This one stores objects with attributes, and the content of subclasses of ``str``, ``dict`` and the like.

    Attributes:
        kind: The class.
        name: The name in ``$type``; :class:`~pytest_modelcheck.canonical.shapes.Classes` makes it unique.
        json: The type that an untagged object has in JSON: ``dict``, ``str`` or ``int``.
        fields: The declared fields in order, as :func:`fields_of` returns them.
        shapes: The shape of each field.
        coded: The fields in which a text or a number may represent a member of an enumeration.
        verified: Whether an object was restored and found equal.
        is_open: Whether the class declares no fields, so that each object names its own.
    """

    json: type = dict

    def __init__(self, kind: Any) -> None:
        fields = fields_of(kind)
        self.kind = kind
        self.name = qualified(kind)
        self.fields = fields or {}
        self.shapes: dict[str, Shape] = {}
        self.coded: frozenset[str] = frozenset()
        self.verified = False
        self._base: Any = next((base for base in kind.__mro__ if base in _BASES), None)
        self.is_open = type(self) is Adapter and fields is None and self._base is None
        self._initial: dict[str, Any] | None = None
        self._is_struct = hasattr(kind, "__struct_fields__")  # msgspec makes one only by a call
        self._set = sys.modules["msgspec"].structs.force_setattr if self._is_struct else _set
        self._has_dict = hasattr(kind, "__dict__") and kind.__dictoffset__ != 0
        self._slots = _slots(kind)

    def __repr__(self) -> str:
        return self.name

    def expect(self, shapes: dict[str, Shape]) -> None:
        """Set the shapes of the fields."""
        self.shapes = shapes
        given = {name: shape.adapter for name, shape in shapes.items() if shape.adapter is not None}
        self.coded = frozenset(name for name, adapter in given.items() if adapter.json is not dict)

    def take(self, value: Any) -> dict[str, Any]:
        """Return an object's fields or its content, then its other attributes."""
        held: dict[str, Any] = value.__dict__ if self._has_dict else {}
        if self._slots:
            held = held | {name: getattr(value, name) for name in self._slots if hasattr(value, name)}
        if _HASH in held:  # that of another process is another, of equal fields too
            held = held | {_HASH: None}
        if self._base is None:
            parts = self._declared(held)
        elif self.fields:
            parts = dict(zip(self.fields, value, strict=True))
        else:
            parts = {"content": _BASES[self._base](value)}
        if held and held.keys() != self.fields.keys() and (more := self._beside(held)):
            return more if self.is_open else parts | {MORE: more}
        return parts

    def at_default(self, _value: Any, parts: dict[str, Any], form: Callable[[Any], Any]) -> list[str]:
        """The fields of an object with default values. ``form`` identifies values by content."""
        if self._initial is None:
            self._initial = {name: _made(make) for name, make in self.fields.items() if make is not None}
        return [
            name
            for name, default in self._initial.items()
            if name in parts and _is_default(parts[name], default, form)
        ]

    def _declared(self, held: dict[str, Any]) -> dict[str, Any]:
        try:
            return {name: held[name] for name in self.fields}
        except KeyError:
            parts = {name: held[name] for name in self.fields if name in held}
            return parts | {NEVER_SET: [name for name in self.fields if name not in held]}

    def _beside(self, held: dict[str, Any]) -> dict[str, Any]:
        more = {name: item for name, item in held.items() if name not in self.fields}
        static = ((name, getattr_static(self.kind, name, None)) for name in more)
        cached = {name for name, one in static if isinstance(one, cached_property)}
        return {name: item for name, item in more.items() if name not in cached} if cached else more

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """Restore an object from its parts; fields in ``left`` have their default. Raises ``ValueError``."""
        more = parts.pop(MORE, {})
        if self.fields or not (self._base or self.is_open):
            self.complete(parts, left)
        if self._base is not None:
            made = self._holding([parts[name] for name in self.fields] if self.fields else parts["content"])
            parts = more
        else:
            made = self.kind(**parts) if self._is_struct else object.__new__(self.kind)
            parts |= more
        if self._slots:
            for name, item in parts.items():
                self._set(made, name, item)
        elif parts:
            made.__dict__.update(parts)
        return made

    def _holding(self, content: Any) -> Any:
        base = self._base
        if base in (BaseException, BaseExceptionGroup):
            return base.__new__(self.kind, *content)
        if type(content) is not base and not self.fields:
            raise ValueError(f"{self.name} is made of {base.__name__}, not {type(content).__name__}")
        if base in _FIXED:
            return _remade(base, self.kind, content)
        if base not in (list, dict, set, OrderedDict):
            return base.__new__(self.kind, content)
        made = base.__new__(self.kind)
        if base is OrderedDict:  # whose __init__ calls the methods of the subclass
            for key, item in content.items():
                base.__setitem__(made, key, item)
        else:
            base.__init__(made, content)
        return made

    def complete(self, parts: dict[str, Any], left: list[str]) -> None:
        """Set fields that the class gained to their default. Raises ``ValueError`` for lost ones."""
        absent = parts.pop(NEVER_SET, ())
        if parts.keys() == self.fields.keys():
            return
        for name, make in self.fields.items():
            if name in parts or name in absent:
                continue
            if make is None:
                raise ValueError(f"{self.name} has gained the field {name!r}, which has no default")
            parts[name] = make()
            left.append(name)
        for name in parts:
            if name not in self.fields and name[:1] != "$":
                raise ValueError(f"{self.name} has no field {name!r} any more")


class PydanticAdapter(Adapter):
    """Stores pydantic 2 models, with the same state as their ``__getstate__`` and ``__setstate__``."""

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self._allows_extra = kind.model_config.get("extra") == "allow"
        self._is_root = getattr(kind, "__pydantic_root_model__", False)
        private = getattr(kind, "__private_attributes__", None) or {}  # BaseModel itself has none
        made = ((name, one.get_default()) for name, one in private.items())
        self._private = {name: one for name, one in made if type(one).__name__ != "PydanticUndefinedType"}
        self._makers = {name: one.get_default for name, one in private.items()}

    def take(self, value: Any) -> dict[str, Any]:
        """The fields, extra values and private attributes, without caches and data added by clients."""
        held = value.__dict__  # pydantic warns of who reads a field that is deprecated
        parts = self._declared(held)
        if extra := value.__pydantic_extra__:
            parts[EXTRA] = dict(extra)
        if held.keys() != self.fields.keys():  # model_copy(update=...) adds others
            more = {name: item for name, item in self._beside(held).items() if name[:1] != "_"}
            parts |= {MORE: more} if more else {}
        if private := value.__pydantic_private__:
            initial = self._private
            own = [name for name in private if not _is_default(private[name], initial.get(name, ABSENT))]
            parts |= {PRIVATE: {name: private[name] for name in own}} if own else {}
        return parts

    def at_default(self, value: Any, parts: dict[str, Any], form: Callable[[Any], Any]) -> list[str]:  # noqa: ARG002
        """The fields that are not in ``model_fields_set``."""
        given = value.__pydantic_fields_set__
        names = [*self.fields, *parts.get(EXTRA, ()), *parts.get(MORE, ())]
        return [] if len(given) == len(names) else [name for name in names if name not in given]

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:
        """Restore the model without validation."""
        extra = parts.pop(EXTRA, {} if self._allows_extra else None)
        if self._allows_extra:  # a newer client may declare what was an extra value, and an older one not
            parts |= {name: extra.pop(name) for name in self.fields.keys() & extra}
            lost = [name for name in parts if name not in self.fields and name[:1] != "$"]
            extra |= {name: parts.pop(name) for name in lost}
        more = parts.pop(MORE, {})
        private = parts.pop(PRIVATE, {})
        self.complete(parts, left)
        made = object.__new__(self.kind)
        _set(made, "__dict__", {name: parts[name] for name in self.fields if name in parts} | more)
        _set(made, "__pydantic_fields_set__", {*self.fields, *(extra or ()), *more}.difference(left))
        if self._makers:
            missing = [name for name in self._private if name not in private]
            private = {name: self._makers[name]() for name in missing} | private
        else:
            private = None
        for name, part in (("__pydantic_extra__", extra), ("__pydantic_private__", private)):
            if part is not None or not self._is_root:  # where they are no slots, but None of the class
                _set(made, name, part)
        return made


class EnumAdapter(Adapter):
    """Stores enumerations by the member's name; flags, single or combined, by number."""

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self.json = int if issubclass(kind, Flag) else str

    def take(self, value: Any) -> dict[str, Any]:
        """The name or the number."""
        return {"name": value._name_} if self.json is str else {"value": value._value_}

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:  # noqa: ARG002
        """The member of that name, or the flags. Raises ``ValueError`` if there are none."""
        if self.json is int:
            return self.kind(parts["value"])
        name = parts.get("name")
        if (member := self.kind.__members__.get(name)) is not None:
            return member
        with suppress(ValueError):
            member = self.kind(name)  # google-genai makes members of values that it does not know
            if member._name_ == name:
                return member
        raise ValueError(f"{self.name} has no member {name!r}")


class SchemaAdapter(Adapter):
    """Stores classes with a pydantic schema, such as ``HttpUrl``, by their ``TypeAdapter``."""

    def __init__(self, kind: type) -> None:
        super().__init__(kind)
        self._pydantic: Any = sys.modules["pydantic"].TypeAdapter(kind)

    def take(self, value: Any) -> dict[str, Any]:
        """Return pydantic's serialisation."""
        return {"json": self._pydantic.dump_python(value, mode="json")}

    def make(self, parts: dict[str, Any], left: list[str]) -> Any:  # noqa: ARG002
        """Restore the object by pydantic. Raises ``ValueError`` if it refuses."""
        return self._pydantic.validate_python(parts["json"])


def adapter_for(kind: Any) -> Adapter | None:
    """Return the adapter for a class, or ``None`` if its objects cannot be restored.

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
    if _is_named_tuple(kind) or hasattr(kind, "__struct_fields__"):
        return Adapter(kind)
    hidden = [base for base in kind.__mro__ if base is not object and not _is_statement(base)]
    named = fields_of(kind) is not None
    errors = BaseException in hidden and all(
        one is BaseExceptionGroup or one.__basicsize__ == BaseException.__basicsize__ for one in hidden
    )
    # A datetime is a date, too, and an OrderedDict a dict.
    based = bool(hidden) and hidden[0] in _BASES and hidden == list(hidden[0].__mro__[:-1])
    if errors or (based and kind is not hidden[0]):
        return None if named else Adapter(kind)  # a dataclass that is a dict: both say what it holds
    if hidden:
        return None  # something of it is written in C, as the order of an OrderedDict is
    if not named and hasattr(kind, "__get_pydantic_core_schema__") and "pydantic" in sys.modules:
        try:
            return SchemaAdapter(kind)
        except Exception:  # noqa: BLE001 - a schema is code of the class, and may need what is not installed
            return None
    return Adapter(kind) if named or _has_open_state(kind) else None


def _has_open_state(kind: type) -> bool:
    """Return whether a plain class has default copying, and each object has its own attributes."""
    reduces = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs_ex__")
    own = [name for name in reduces if getattr(kind, name, None) is not getattr(object, name, None)]
    called = any("__call__" in vars(base) for base in kind.__mro__)  # what it holds is not what it does
    abstract = isabstract(kind) or getattr(kind, "_is_protocol", False)
    return not (own or called or abstract) and (kind.__dictoffset__ != 0 or bool(_slots(kind)))


def _is_statement(kind: type) -> bool:
    """Return whether a ``class`` statement made a class, so that no state of its objects is hidden in C."""
    members = any(isinstance(one, MemberDescriptorType) for one in vars(kind).values())
    flags = kind.__flags__ & (_HEAP | _IMMUTABLE)  # Decimal is on the heap since Python 3.13
    return flags == _HEAP and (not members or "__slots__" in vars(kind))


def _slots(kind: type) -> list[str]:
    """The attributes of an object outside its ``__dict__``, by their (mangled) names."""
    written = (vars(base).items() for base in kind.__mro__ if "__slots__" in vars(base))
    return [name for own in written for name, what in own if isinstance(what, MemberDescriptorType)]


def _is_default(value: Any, default: Any, form: Callable[[Any], Any] = id) -> bool:
    """Return whether a value is the default; never calls a user's ``==``."""
    kind = type(value)
    if kind is not type(default):
        return False
    if kind in _ATOMS:
        return bool(value == default) or bool(value != value and default != default)  # both NaN
    if kind in _SIZED and not (value and len(value) == len(default)):
        return not value and not default
    return bool(form(value) == form(default))


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception:  # noqa: BLE001 - a factory of the user's; what it raises here is no answer's business
        return ABSENT
