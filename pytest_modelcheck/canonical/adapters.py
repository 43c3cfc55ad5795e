"""How the objects of a user's class are taken apart into fields and made again from them.

Making an object again must not change it: its fields are set to what was kept, also where its
``__post_init__`` would compute them anew.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
from enum import Enum, Flag
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.fields import (
    extras,
    field_names,
    field_value,
    is_named_tuple,
    is_pydantic,
)
from pytest_modelcheck.canonical.refusal import qualified

if TYPE_CHECKING:
    from pytest_modelcheck.canonical.shapes import Shape


class Adapter:
    """A class whose objects are kept as fields.

    Attributes:
        kind: The class.
        name: Its name with its module: what a tag says.
        json: The type that an untagged object of it has in JSON: ``dict``, ``str`` or ``int``.
        loose: Whether an object may hold more than its fields, so that each one must be checked.
        fields: What is expected in each field; filled in by whoever reads the annotations.
    """

    json: type = dict

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.name = qualified(kind)
        self.names = field_names(kind) or ()
        self._named = frozenset(self.names)
        self.loose = False
        self.fields: dict[str, Shape] = {}

    def take(self, value: Any) -> dict[str, Any]:
        """The fields of an object."""
        return {name: field_value(value, name) for name in self.names}

    def make(self, parts: dict[str, Any]) -> Any:
        """An object from its fields. Raises ``TypeError`` or ``ValueError`` where they are not its fields."""
        raise NotImplementedError

    def fits(self, parts: dict[str, Any]) -> None:
        """Raise ``ValueError`` unless these are exactly the fields of the class."""
        if parts.keys() != self._named:
            raise ValueError(f"{self.name} has the fields {sorted(self.names)}, not {sorted(parts)}")


class TupleAdapter(Adapter):
    """A NamedTuple."""

    def make(self, parts: dict[str, Any]) -> Any:
        """The tuple, past any ``__new__`` of the class."""
        self.fits(parts)
        return tuple.__new__(self.kind, [parts[name] for name in self.names])


class DataclassAdapter(Adapter):
    """A dataclass, also frozen, slotted, or with fields that its ``__init__`` does not take."""

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self._initial = tuple(field.name for field in dataclasses.fields(kind) if field.init)
        self._callable = kind.__dataclass_params__.init and not _asks_for_more(kind)
        self._restored = hasattr(kind, "__post_init__") or len(self._initial) < len(self.names)
        self.loose = self._restored or not self._callable

    def make(self, parts: dict[str, Any]) -> Any:
        """Call the class where its own ``__init__`` takes its fields, and set them as they were kept."""
        self.fits(parts)
        if not self._callable:
            made: Any = object.__new__(self.kind)
        else:
            made = self.kind(**{name: parts[name] for name in self._initial})
            if not self._restored:
                return made
        for name in self.names:
            object.__setattr__(made, name, parts[name])
        return made


def _asks_for_more(kind: Any) -> bool:
    """Whether ``__init__`` needs values that are no fields (``InitVar`` without a default)."""
    fields = kind.__dataclass_fields__.values()
    pseudo = [field for field in fields if field._field_type.name == "_FIELD_INITVAR"]  # noqa: SLF001
    return any(field.default is dataclasses.MISSING for field in pseudo)


class PydanticAdapter(Adapter):
    """A model of pydantic 2: set as kept, without validating again; private attributes start afresh."""

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        self._private = bool(getattr(kind, "__private_attributes__", None))
        self._post_init = getattr(kind, "__pydantic_post_init__", None) is not None
        self.loose = self._private or self._post_init

    def take(self, value: Any) -> dict[str, Any]:
        """The fields, and under ``$extra`` what ``extra="allow"`` let in."""
        own = vars(value)  # pydantic warns of who reads a field that is deprecated
        parts = {name: own[name] if name in own else field_value(value, name) for name in self.names}
        more = extras(value)
        return parts if more is None else {**parts, EXTRA: more}

    def make(self, parts: dict[str, Any]) -> Any:
        """The model, by the same door as copies and pickles of it come in."""
        more = parts.pop(EXTRA, None)
        self.fits(parts)
        if more is None and self.kind.model_config.get("extra") == "allow":  # type: ignore[attr-defined]
            more = {}
        made: Any = object.__new__(self.kind)
        made.__setstate__(
            {
                "__dict__": {name: parts[name] for name in self.names},
                "__pydantic_fields_set__": {*parts, *(more or ())},
                "__pydantic_extra__": more,
                "__pydantic_private__": None,
            }
        )
        if self._post_init:
            made.model_post_init(None)
            made.__dict__.update(parts)
        return made


class EnumAdapter(Adapter):
    """An enumeration: kept by the name of the member."""

    json = str

    def take(self, value: Any) -> dict[str, Any]:
        """The name."""
        return {"name": value._name_}

    def make(self, parts: dict[str, Any]) -> Any:
        """The member of that name. Raises ``ValueError`` where there is none."""
        member = self.kind.__members__.get(parts.get("name"))  # type: ignore[attr-defined]
        if member is None:
            raise ValueError(f"{self.name} has no member {parts.get('name')!r}")
        return member


class FlagAdapter(Adapter):
    """Flags, alone or combined: kept by their number."""

    json = int

    def take(self, value: Any) -> dict[str, Any]:
        """The number."""
        return {"value": value._value_}

    def make(self, parts: dict[str, Any]) -> Any:
        """The flags of that number."""
        return self.kind(parts["value"])


EXTRA: Final = "$extra"


def adapter_for(kind: type) -> Adapter | None:
    """How to keep objects of a class, or ``None`` for a class whose objects cannot be made again.

    >>> import enum
    >>> Colour = enum.Enum("Colour", ["RED", "GREEN"])
    >>> adapter_for(Colour).make({"name": "RED"})
    <Colour.RED: 1>
    """
    if issubclass(kind, Enum):
        return FlagAdapter(kind) if issubclass(kind, Flag) else EnumAdapter(kind)
    if is_pydantic(kind) and not dataclasses.is_dataclass(kind):
        return PydanticAdapter(kind)
    if dataclasses.is_dataclass(kind):
        return DataclassAdapter(kind)
    return TupleAdapter(kind) if is_named_tuple(kind) else None
