"""From an answer to what JSON can write.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical.adapters import EXTRA, Adapter, adapter_for
from pytest_modelcheck.canonical.array_tags import lower_array, lower_scalar, lower_series, numpy_kind
from pytest_modelcheck.canonical.fields import attribute_step, extras, field_names
from pytest_modelcheck.canonical.refusal import Refusal, qualified, step
from pytest_modelcheck.canonical.shapes import ANYTHING, Shape
from pytest_modelcheck.canonical.tags import (
    DICT,
    LOWER,
    TYPE,
    encodable,
    lower_float,
    lower_integer,
    lower_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Lowering:
    """One answer on its way to JSON. Refuses what could not be read back.

    Attributes:
        used: The adapters of the classes that it met.
        doubtful: Whether it met something that may or may not come back equal.
    """

    def __init__(self, adapters: Mapping[type, Adapter]) -> None:
        self._adapters = adapters
        self._above: set[int] = set()
        self.used: set[Adapter] = set()
        self.doubtful = False

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """What JSON can write in place of a value."""
        kind = type(value)
        if kind is str:
            return value if _names_nothing(shape, str) and encodable(value) else lower_text(value)
        if kind is int:
            plain = -(2**63) <= value < 2**64 and _names_nothing(shape, int)
            return value if plain else lower_integer(value)
        if kind is bool or value is None:
            return value
        if kind is float:
            return lower_float(value)
        if kind in LOWER:
            return LOWER[kind](value)
        return self._nested(value, kind, shape)

    def _nested(self, value: Any, kind: type, shape: Shape) -> Any:
        if id(value) in self._above:
            return self.cycle(value)
        self._above.add(id(value))
        try:
            return self._container(value, kind, shape)
        finally:
            self._above.discard(id(value))

    def _container(self, value: Any, kind: type, shape: Shape) -> Any:
        if kind is list:
            return self._items(value, shape)
        if kind is dict:
            return self._mapping(value, shape)
        if kind is tuple:
            return {"$tuple": self._items(value, shape)}
        if kind is set or kind is frozenset:
            return {f"${kind.__name__}": sorted(self._items(value, shape), key=_in_order)}
        adapter = self._adapters.get(kind)
        if adapter is not None:
            return self._object(value, adapter, shape)
        return self._array(value, kind)

    def _items(self, values: Iterable[Any], shape: Shape) -> list[Any]:
        inside = shape.items or ANYTHING
        lowered: list[Any] = []
        try:
            for value in values:
                lowered.append(self.lower(value, inside))  # noqa: PERF401 - the length says where it broke
        except Refusal as refusal:
            raise refusal.under(f"[{len(lowered)}]") from None
        return lowered

    def _mapping(self, value: dict[Any, Any], shape: Shape) -> dict[str, Any]:
        named = all(type(key) is str and key[:1] != "$" and encodable(key) for key in value)
        if named and _names_nothing(shape, dict):
            return {key: self._entry(key, item, shape.entry(key)) for key, item in value.items()}
        pairs = [
            [self._entry(key, key, ANYTHING), self._entry(key, item, _shape_of(shape, key))]
            for key, item in value.items()
        ]
        return {DICT: sorted(pairs, key=_in_order)}

    def _entry(self, key: Any, value: Any, shape: Shape) -> Any:
        try:
            return self.lower(value, shape)
        except Refusal as refusal:
            raise refusal.under(step(key)) from None

    def _object(self, value: Any, adapter: Adapter, shape: Shape) -> Any:
        self.used.add(adapter)
        self.doubtful = self.doubtful or adapter.loose
        parts = adapter.take(value)
        lowered = {name: self._field(name, part, adapter.fields.get(name)) for name, part in parts.items()}
        if shape.adapter is not adapter:
            return {TYPE: adapter.name, **lowered}
        return lowered if adapter.json is dict else next(iter(lowered.values()))

    def _field(self, name: str, value: Any, shape: Shape | None) -> Any:
        try:
            return self.lower(value, shape or ANYTHING)
        except Refusal as refusal:
            raise (refusal if name == EXTRA else refusal.under(attribute_step(name))) from None

    def _array(self, value: Any, kind: type) -> Any:
        what = numpy_kind(kind)
        if what == "ndarray":
            return lower_array(value, self.lower)
        if what == "generic":
            return lower_scalar(value, self.lower)
        if what == "series":
            self.doubtful = True
            return lower_series(value, self.lower)
        return self.other(value)

    def cycle(self, value: Any) -> Any:
        """What to do about a value that contains itself."""
        raise Refusal(f"this {qualified(type(value))} contains itself, so that it cannot be written as text.")

    def other(self, value: Any) -> Any:
        """What to do about a value of a class that nothing is known of."""
        kind = type(value)
        name = qualified(kind)
        if adapter_for(kind) is not None:
            raise Refusal(
                f"{_article(name)} {name} comes back from the cache only where its type is named. "
                f"Write @model_fixture(returns={kind.__name__}), or name it in the type that returns= has."
            )
        raise Refusal(
            f"{_article(name)} {name} would not come back equal from the cache. Let the model answer plain "
            "data, a dataclass, a NamedTuple or a pydantic model."
        )


class Describing(Lowering):
    """One value on its way to JSON that is only to be looked at: tells everything as well as it can."""

    def __init__(self) -> None:
        super().__init__({})

    def _array(self, value: Any, kind: type) -> Any:
        try:
            return super()._array(value, kind)
        except Refusal:
            return _told(value)

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """What JSON can write in place of a value."""
        try:
            return super().lower(value, shape)
        except Refusal:
            return _told(value)

    def cycle(self, value: Any) -> Any:
        """A value that contains itself is not told twice."""
        return {"$repr": f"<the {qualified(type(value))} that it stands in>"}

    def other(self, value: Any) -> Any:
        """Fields, where a class has them, else its representation without addresses."""
        kind: type = type(value)
        told = {TYPE: qualified(kind)}
        if isinstance(value, Enum):
            return {**told, "name": value._name_ or str(value)}
        names = field_names(kind)
        if names is None:
            return _told(value)
        parts = {name: self.lower(getattr(value, name, None)) for name in names}
        return {**told, **parts, **self._more(value)}

    def _more(self, value: Any) -> dict[str, Any]:
        more = extras(value)
        return {} if more is None else {EXTRA: self.lower(more)}


def _told(value: Any) -> dict[str, str]:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - whatever a foreign repr raises, the value is only described
        text = f"<{qualified(type(value))}, whose repr raises {type(error).__name__}>"
    return {"$repr": _ADDRESS.sub("", text).encode("utf-8", "backslashreplace").decode()}


def _names_nothing(shape: Shape, kind: type) -> bool:
    """Whether a plain value of this type can stand here untagged, since no object is written like it."""
    return shape.adapter is None or shape.adapter.json is not kind


def _shape_of(shape: Shape, key: Any) -> Shape:
    return shape.entry(key) if isinstance(key, str) else shape.values or ANYTHING


def _in_order(lowered: Any) -> bytes:
    import orjson

    return orjson.dumps(lowered, option=orjson.OPT_SORT_KEYS)


def _article(name: str) -> str:
    return "an" if name[0].lower() in "aeiou" else "a"
