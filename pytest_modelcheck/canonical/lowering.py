"""From a value to what JSON can write.

There are three readers of the result, and so three ways: an answer that is to be read back
(:class:`Lowering`), a value that is only compared (:class:`Open`), and one that is only looked at
(:class:`Describing`). They write the same wherever they can.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from math import isfinite
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.arrays import hashed_numbers, library_of, lower_library
from pytest_modelcheck.canonical.contents import is_image, lower_file, lower_image
from pytest_modelcheck.canonical.refusal import (
    NotKept,
    Refusal,
    article,
    attribute_step,
    is_secret,
    qualified,
    step,
)
from pytest_modelcheck.canonical.tags import (
    DEFAULT,
    DICT,
    TAGS,
    TYPE,
    encodable,
    lower_address,
    lower_float,
    lower_integer,
    lower_path,
    lower_text,
)
from pytest_modelcheck.canonical.types import (
    ANYTHING,
    Adapter,
    Shape,
    adapter_for,
    field_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEEP: Final = "it contains itself, or is nested too deeply to be written. Answer flatter data."
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_ATOMS: Final = frozenset({bool, type(None)})
_EXACT: Final = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_APPEND_NEWLINE
)
_DOLLAR: Final = ord("$")  # looked for first: a byte is found ten times as fast as two
_PLAIN: Final = frozenset({str, int, bool, type(None)})
_FLOAT: Final = frozenset({float})


def plain_line(value: Any) -> bytes | None:
    """A value that is nothing but plain JSON, as a line; ``None`` for any other, which takes a closer look.

    >>> plain_line({"label": 2, "probs": [0.25]}), plain_line((1, 2))
    (b'{"label":2,"probs":[0.25]}', None)
    """
    try:
        if not _is_plain(value):
            return None
        # Cut, and so copied: orjson makes bytes in a buffer of 1 kB, and keeping those takes 2 µs each.
        line: bytes = orjson.dumps(value, option=_EXACT)[:-1]
    except (TypeError, RecursionError):
        return None  # a key that is no text, a large integer, a lone surrogate, a cycle
    return None if _DOLLAR in line and b'"$' in line else line


def _is_plain(value: Any) -> bool:
    """Return whether a value is exactly what JSON has, but for its keys, which ``orjson`` looks at itself."""
    kind = type(value)
    if kind is dict:
        return all(type(part) in _PLAIN or _is_plain(part) for part in value.values())
    if kind is not list:
        return kind in _PLAIN or (kind is float and isfinite(value))
    kinds = set(map(type, value))
    if kinds <= _PLAIN:
        return True
    return all(map(isfinite, value)) if kinds == _FLOAT else all(map(_is_plain, value))


class Lowering:
    """One answer on its way to JSON. Refuses what could not be read back.

    Attributes:
        fresh: The classes that it met and of which nothing was read back yet.
        missing: The classes that it met and that nobody named.
        doubtful: Whether it met something that may or may not come back equal.
    """

    marks = True
    """Whether to say which fields of an object are at their default."""

    def __init__(self, find: Callable[[type], Adapter | None]) -> None:
        self._find = find
        self.fresh: list[Adapter] = []
        self.missing: dict[type, None] = {}
        self.doubtful = False

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """Lower a value to what JSON can write."""
        kind = type(value)
        if kind is str:
            adapter = shape.adapter
            plain = (adapter is None or adapter.json is not str) and (value.isascii() or encodable(value))
            return value if plain else lower_text(value)
        if kind is int:
            plain = -(2**63) <= value < 2**64 and (shape.adapter is None or shape.adapter.json is not int)
            return value if plain else lower_integer(value)
        if kind in _ATOMS:
            return value
        if kind is float:
            return value if isfinite(value) else lower_float(value)
        if kind is list:
            return self._items(value, shape)
        if kind is dict:
            return self._mapping(value, shape)
        if kind is tuple:
            return {"$tuple": self._items(value, shape)}
        if kind is set or kind is frozenset:
            return {f"${kind.__name__}": sorted(self._items(value, shape), key=in_order)}
        adapter = self._find(kind)
        if adapter is not None:
            return self._object(value, adapter, shape)
        return self._tagged(value, kind)

    def _tagged(self, value: Any, kind: Any) -> Any:
        if kind in TAGS:
            tag, take, _ = TAGS[kind]
            return {tag: take(value, self.lower)}
        if library_of(kind) is not None:
            self.doubtful = True
            return lower_library(value, self.lower)
        address = lower_address(value)
        return address if address is not None else self.other(value)

    def _items(self, values: Iterable[Any], shape: Shape) -> list[Any]:
        inside = shape.items or ANYTHING
        lower = self.lower
        lowered: list[Any] = []
        try:
            for value in values:
                lowered.append(lower(value, inside))  # noqa: PERF401 - the length says where it broke
        except Refusal as refusal:
            raise refusal.under(f"[{len(lowered)}]") from None
        return lowered

    def _mapping(self, value: dict[Any, Any], shape: Shape) -> dict[str, Any]:
        named = all(type(key) is str and key[:1] != "$" and encodable(key) for key in value)
        if named and (shape.adapter is None or shape.adapter.json is not dict):
            return {key: self._entry(key, item, shape.entry(key)) for key, item in value.items()}
        pairs = [
            [self._entry(key, key, ANYTHING), self._entry(key, item, _shape_of(shape, key))]
            for key, item in value.items()
        ]
        return {DICT: self.arranged(pairs)}

    def arranged(self, pairs: list[Any]) -> list[Any]:
        """The pairs of a dict, in the order in which they are written."""
        return pairs

    def _entry(self, key: Any, value: Any, shape: Shape) -> Any:
        try:
            return self.lower(value, shape)
        except Refusal as refusal:
            raise refusal.under(step(key)) from None

    def _object(self, value: Any, adapter: Adapter, shape: Shape) -> dict[str, Any] | str | int:
        if not adapter.verified:
            self.fresh.append(adapter)
        parts = adapter.take(value)
        lowered: dict[str, Any] = {} if shape.adapter is adapter else {TYPE: adapter.name}
        shapes = adapter.shapes
        name = ""
        try:
            for name, part in parts.items():
                lowered[name] = self.lower(part, shapes.get(name) or ANYTHING)
        except Refusal as refusal:
            raise (refusal if name[:1] == "$" else refusal.under(attribute_step(name))) from None
        if self.marks and (left := adapter.at_default(value, parts)):
            lowered[DEFAULT] = left
        if adapter.json is dict or shape.adapter is not adapter:
            return lowered
        single: str | int = lowered["name" if adapter.json is str else "value"]
        return single

    def other(self, value: Any) -> Any:
        """Lower a value of a class that nobody named."""
        kind: Any = type(value)
        adapter = keeper(kind)
        if adapter is None or _short_name(kind) in _TURNED:
            raise Refusal(_unkept(value))
        self.missing[kind] = None
        if len(self.missing) > _MANY:
            raise Refusal(_unkept(value))
        return self._object(value, adapter, ANYTHING)


class Open(Lowering):
    """One value on its way to JSON that is only compared: classes need not be named.

    Args:
        hashed: Whether the numbers of arrays may be replaced by their digest.
    """

    marks = False

    def __init__(self, *, hashed: bool = False) -> None:
        super().__init__(keeper_by_content)
        self._hashed = hashed

    def arranged(self, pairs: list[Any]) -> list[Any]:
        """The pairs of a dict, in one order for all dicts that are equal."""
        return sorted(pairs, key=in_order)

    def _tagged(self, value: Any, kind: Any) -> Any:
        if isinstance(value, PurePath):
            content = lower_file(value) if self._hashed else None
            return lower_path(value) if content is None else content
        if self._hashed and library_of(kind) is not None:
            return lower_library(value, self.lower, hashed_numbers)
        return super()._tagged(value, kind)

    def other(self, value: Any) -> Any:
        """Lower a value that nothing is known of."""
        if is_image(value):
            return lower_image(value)
        if isinstance(value, Mapping):
            return {f"${qualified(type(value))}": self._mapping(dict(value), ANYTHING)}
        base = next((base for base in type(value).__mro__ if base in TAGS), None)
        if base is not None:
            return self._tagged(value, base)
        numpy_like = next((base for base in type(value).__mro__ if library_of(base) == "numpy"), None)
        if numpy_like is not None:
            return lower_library(value.view(numpy_like), self.lower, hashed_numbers if self._hashed else None)
        raise Refusal(
            f"{article(qualified(type(value)))} cannot be told apart from another by its content, so that no "
            "answer to it can be found again. Pass text, numbers, bytes, lists, dicts, dataclasses, pydantic "
            "models, numpy arrays or pandas rows, and build the object inside the model fixture."
        )


class Describing(Lowering):
    """One value on its way to JSON that is only to be looked at: tells everything as well as it can."""

    def __init__(self) -> None:
        super().__init__(_teller)

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """Lower a value to what JSON can write."""
        try:
            return super().lower(value, shape)
        except Refusal:
            return _told(value)

    def _tagged(self, value: Any, kind: Any) -> Any:
        return (
            _told(value)
            if library_of(kind) in ("pandas", "polars", "scipy")
            else super()._tagged(value, kind)
        )

    def other(self, value: Any) -> Any:
        """The name of a member, else a representation without addresses."""
        return _told(value)


def comparable(value: Any) -> bytes:
    """A value as one line of JSON that is compared and shown, and never read back.

    Classes need not be named.

    Raises:
        NotKept: The value holds something that no line could tell from another.

    >>> comparable({"b": 1, "a": (2,)})
    b'{"b":1,"a":{"$tuple":[2]}}'
    """
    try:
        return orjson.dumps(Open().lower(value))
    except Refusal as refusal:
        raise NotKept(refusal.message("value")) from None
    except (RecursionError, TypeError):
        raise NotKept(f"value: {DEEP}") from None


def encode_plain(value: Any) -> bytes:
    """Any value as one line of JSON, to be looked at: neither read back nor compared.

    Objects with fields are told by them and a ``$type``; all else that JSON does not have by a ``$repr``.

    >>> encode_plain({"answer": object()})
    b'{"answer":{"$repr":"<object object>"}}'
    """
    line = plain_line(value)
    if line is not None:
        return line
    try:
        return orjson.dumps(Describing().lower(value))
    except (RecursionError, TypeError):
        return orjson.dumps(_told(value))


@lru_cache(maxsize=1024)
def keeper(kind: Any) -> Adapter | None:
    """Return how objects of a class could be kept, if somebody named it."""
    if kind in TAGS or library_of(kind) is not None:
        return None
    return adapter_for(kind)


def keeper_by_content(kind: type) -> Adapter | None:
    """The same for a class whose objects are nothing but their content."""
    adapter = keeper(kind)
    return None if adapter is None or adapter.is_open else adapter


def _teller(kind: type) -> Adapter | None:
    """The same for a class that says which fields it has."""
    return keeper(kind) if field_names(kind) is not None or issubclass(kind, Enum) else None


def in_order(lowered: Any) -> bytes:
    """Return the key by which lowered values are sorted."""
    return orjson.dumps(lowered, option=orjson.OPT_SORT_KEYS)


def _told(value: Any) -> dict[str, str]:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - whatever a foreign repr raises, the value is only described
        text = f"<{qualified(type(value))}, whose repr raises {type(error).__name__}>"
    return {"$repr": _ADDRESS.sub("", text).encode("utf-8", "backslashreplace").decode()}


def _shape_of(shape: Shape, key: Any) -> Shape:
    return shape.entry(key) if isinstance(key, str) else shape.values or ANYTHING


def _unkept(value: Any) -> str:
    """Why a value is not stored, and what to do."""
    kind = type(value)
    name = article(qualified(kind))
    if is_secret(kind):
        return f"{name} is a secret, and secrets are never written down. Answer without it."
    turned = _TURNED.get(_short_name(kind))
    if turned is not None:
        return f"{name} cannot be stored. Let the model answer {turned} instead."
    return (
        f"{name} cannot be stored and made again. Let the model answer its data (text, numbers, lists, "
        "dicts, a dataclass, a pydantic model), or say in the test what is compared: case.record(...)."
    )


def _short_name(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


_MANY: Final = 20
_TURNED: Final = {
    "builtins.memoryview": "bytes(...)",
    "builtins.mappingproxy": "dict(...)",
    "builtins.dict_keys": "list(...)",
    "builtins.dict_values": "list(...)",
    "builtins.dict_items": "list(...)",
    "numpy.matrix": "numpy.asarray(...)",
    "numpy.memmap": "numpy.asarray(...)",
    "numpy.recarray": "x.tolist()",
    "polars.LazyFrame": "x.collect()",
    "scipy.dok_array": "x.tocsr()",
    "scipy.dok_matrix": "x.tocsr()",
    "scipy.lil_array": "x.tocsr()",
    "scipy.lil_matrix": "x.tocsr()",
    "torch.Tensor": "x.tolist()",
}
