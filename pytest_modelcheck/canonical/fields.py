"""The named fields of dataclasses, NamedTuples, pydantic models, attrs classes and msgspec structs.

None of those libraries is imported: their classes say of themselves what they are.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any

from pytest_modelcheck.canonical.refusal import Refusal, qualified, step


@lru_cache(maxsize=1024)
def field_names(kind: type) -> tuple[str, ...] | None:
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
        return tuple(kind._fields)  # type: ignore[attr-defined]
    if is_pydantic(kind):
        return tuple(kind.model_fields)  # type: ignore[attr-defined]
    attributes = getattr(kind, "__attrs_attrs__", None)
    if attributes is not None:
        return tuple(attribute.name for attribute in attributes)
    names = getattr(kind, "__struct_fields__", None)
    return tuple(names) if isinstance(names, tuple) else None


def is_named_tuple(kind: type) -> bool:
    """Whether a class was made by ``NamedTuple`` or ``namedtuple``, or derives from one that was."""
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


def is_pydantic(kind: type) -> bool:
    """Whether a class is a model of pydantic 2."""
    return hasattr(kind, "__pydantic_validator__") and isinstance(getattr(kind, "model_fields", None), dict)


def extras(value: Any) -> dict[str, Any] | None:
    """What a pydantic model holds beside its fields (``extra="allow"``), or ``None``."""
    return getattr(value, "__pydantic_extra__", None) or None


def field_value(value: Any, name: str) -> Any:
    """One field of a value; refused where it was declared and never set."""
    try:
        return getattr(value, name)
    except AttributeError:
        problem = f"this field of {qualified(type(value))} is declared and was never set. Give it a value."
        raise Refusal(problem).under(f".{name}") from None


def attribute_step(name: str) -> str:
    """How to write the way to a field."""
    return f".{name}" if name.isidentifier() else step(name)
