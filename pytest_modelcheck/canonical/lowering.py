"""Converts values to data that JSON can represent.

The result has three uses, hence three classes: an answer that will be restored (:class:`Lowering`), a value
that is only compared (:class:`ComparisonLowering`), and one that is only displayed
(:class:`DisplayLowering`). They agree wherever possible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from math import isfinite
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.kinds import DEFAULT, DICT, TYPE, kind_of
from pytest_modelcheck.canonical.libraries import Kind, is_image
from pytest_modelcheck.canonical.refusal import (
    NotStored,
    Refusal,
    article,
    attribute_step,
    qualified,
    step,
    turned,
    unstored_reason,
)
from pytest_modelcheck.canonical.types import ANYTHING, Adapter, Shape, adapter_for, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEEP: Final = "it contains itself, or is nested too deeply to be written. Answer flatter data."
_MANY: Final = 20
_FEW_NUMBERS: Final = 8
_FEW_BYTES: Final = 16
_FIRST: Final = 4
_BRIEF: Final = ("", "numpy")
"""The libraries whose values have few parts."""
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_ATOMS: Final = frozenset({str, bool, type(None)})
_FLOAT: Final = frozenset({float})
_EXACT: Final = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_APPEND_NEWLINE
)
_DOLLAR: Final = ord("$")  # looked for first: a byte is found ten times as fast as two
_PLAIN: Final = frozenset({str, int, bool, type(None)})


def plain_line(value: Any) -> bytes | None:
    """A plain JSON value as a line; ``None`` for any other value.

    >>> plain_line({"label": 2, "probs": [0.25]}), plain_line((1, 2))
    (b'{"label":2,"probs":[0.25]}', None)
    """
    try:
        if not _is_plain(value):
            return None
        # The slice copies the line: orjson returns bytes with a buffer of 1 kB, which take 2 µs each to keep.
        line: bytes = orjson.dumps(value, option=_EXACT)[:-1]
    except (TypeError, RecursionError):
        return None  # a key that is not text, a large integer, a lone surrogate, a cycle
    return None if _DOLLAR in line and b'"$' in line else line


def _is_plain(value: Any) -> bool:
    """Return whether a value consists of plain JSON types. Keys are checked by ``orjson`` itself."""
    kind = type(value)
    if kind is dict:
        parts = value.values()
    elif kind is list:
        kinds = set(map(type, value))  # at once, since a vector has many parts
        if kinds == _FLOAT:
            return all(map(isfinite, value))
        parts = () if kinds <= _PLAIN else value
    else:
        return kind in _PLAIN or (kind is float and isfinite(value))
    return all(map(_is_plain, [part for part in parts if type(part) not in _PLAIN]))


def encodable(value: str) -> bool:
    """Return whether text has no lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Lowering:
    """Converts one answer that will be restored. Refuses parts that cannot be restored.

    Attributes:
        fresh: The classes in the answer that are not yet tried: no object of them has been restored.
        missing: The classes in the answer that neither ``returns=`` nor its annotations name.
        doubtful: Whether a part may or may not be restored equal.
    """

    marks = True
    """Whether to record which fields of an object have default values."""

    def __init__(self, find: Callable[[type], Adapter | None]) -> None:
        self._find = find
        self.fresh: list[Adapter] = []
        self.missing: dict[type, None] = {}
        self.doubtful = False

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """Convert a value to JSON data."""
        kind: Any = type(value)
        if kind is str:
            if not (value.isascii() or encodable(value)):
                return {"$escaped": value.encode("unicode_escape").decode("ascii")}
            return {"$str": value} if shape.adapter is not None and shape.adapter.json is str else value
        if kind is int:
            if -(2**63) <= value < 2**64 and (shape.adapter is None or shape.adapter.json is not int):
                return value
            return {"$int": str(value) if abs(value) < 10**1000 else hex(value)}
        if kind in _ATOMS:
            return value
        if kind is float:
            return value if isfinite(value) else {"$float": repr(value)}
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
        tagged = kind_of(kind)
        return self.other(value) if tagged is None else self.tagged(value, tagged)

    def tagged(self, value: Any, kind: Kind) -> dict[str, Any]:
        """Convert a value of one of the kinds by its parts."""
        self.doubtful = self.doubtful or bool(kind.library)
        try:
            return {kind.tag: self.lower(kind.parts(value))}
        except Refusal as refusal:
            refusal.steps.clear()  # users do not know the parts, nor places among them
            raise

    def _items(self, values: Iterable[Any], shape: Shape) -> list[Any]:
        inside = shape.items or ANYTHING
        if inside is ANYTHING and set(map(type, values)) == _FLOAT and all(map(isfinite, values)):
            return values if type(values) is list else list(values)  # embeddings: a tenth of the time
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
        plain = named and (shape.adapter is None or shape.adapter.json is not dict)
        lowered = []
        key: Any = None
        try:
            for key, item in value.items():
                lowered.append((key if plain else self.lower(key), self.lower(item, shape.entry(key))))
        except Refusal as refusal:
            raise refusal.under(step(key)) from None
        return dict(lowered) if plain else {DICT: self.arranged(lowered)}

    def arranged(self, pairs: list[Any]) -> list[Any]:
        """The pairs of a dict, in the order in which they are written."""
        return pairs

    def _object(self, value: Any, adapter: Adapter, shape: Shape) -> Any:
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
        if self.marks and (left := adapter.at_default(value, parts, _form)):
            lowered[DEFAULT] = left
        if adapter.json is dict or shape.adapter is not adapter:
            return lowered
        return lowered["name" if adapter.json is str else "value"]

    def other(self, value: Any) -> Any:
        """Convert a value of a class that ``returns=`` does not name."""
        kind: Any = type(value)
        adapter = keeper(kind)
        self.missing[kind] = None
        if adapter is None or turned(kind) is not None or len(self.missing) > _MANY:
            raise Refusal(unstored_reason(kind))
        return self._object(value, adapter, ANYTHING)


class ComparisonLowering(Lowering):
    """Converts one value that is only compared: ``returns=`` need not name its classes."""

    marks = False

    def __init__(self) -> None:
        super().__init__(keeper_by_content)

    def arranged(self, pairs: list[Any]) -> list[Any]:
        """The pairs of a dict, in one order for all dicts that are equal."""
        return sorted(pairs, key=in_order)

    def tagged(self, value: Any, kind: Kind) -> dict[str, Any]:
        """Convert a path independently of the system."""
        return {"$path": value.as_posix()} if isinstance(value, PurePath) else super().tagged(value, kind)

    def other(self, value: Any) -> Any:
        """Convert a value of an unknown class."""
        if is_image(value):
            pixels = blake2b(value.tobytes(), digest_size=16)
            if value.palette is not None:
                pixels.update(value.palette.tobytes())
            return {"$image": [value.mode, list(value.size), pixels.hexdigest()]}
        cls: Any = type(value)
        if isinstance(value, Mapping):
            return {f"${qualified(cls)}": self._mapping(dict(value), ANYTHING)}
        kind = next(filter(None, map(kind_of, cls.__mro__)), None)
        if kind is not None and kind.library in _BRIEF:
            base = next(base for base in cls.__mro__ if kind_of(base) is kind)
            return self.tagged(value.view(base) if kind.tag == "$ndarray" else value, kind)
        raise Refusal(
            f"{article(qualified(cls))} cannot be identified by its content, so its answers "
            "cannot be cached. Pass text, numbers, bytes, lists, dicts, dataclasses, pydantic "
            "models, numpy arrays or pandas rows, and build the object inside the model fixture."
        )


class DisplayLowering(Lowering):
    """Converts one value that is only displayed, as well as possible.

    Args:
        brief: Whether arrays, images, bytes and paths are replaced by short descriptions.
    """

    def __init__(self, *, brief: bool) -> None:
        super().__init__(_declared_adapter)
        self._brief = brief

    def lower(self, value: Any, shape: Shape = ANYTHING) -> Any:
        """Convert a value to JSON data."""
        text = in_brief(value) if self._brief else None
        try:
            return super().lower(value if text is None else text, shape)
        except Refusal:
            return _described(value)

    def tagged(self, value: Any, kind: Kind) -> dict[str, Any]:
        """Convert a value of one of the kinds; those with many parts by the library's own ``repr``."""
        return super().tagged(value, kind) if kind.library in _BRIEF else _described(value)

    def other(self, value: Any) -> Any:
        """Convert any other value to its ``repr``, without addresses."""
        return _described(value)


def in_brief(value: Any) -> str | None:
    """A short description of a large value; ``None`` for any other.

    >>> in_brief(b"x" * 2000), in_brief(PurePath("a/b.png")), in_brief(b"x")
    ('2,000 bytes', 'a/b.png', None)
    """
    kind = type(value)
    if kind in (bytes, bytearray):
        return f"{len(value):,} bytes" if len(value) > _FEW_BYTES else None
    if isinstance(value, PurePath):
        return value.as_posix()
    if is_image(value):
        return f"image {value.width}×{value.height} {value.mode}"
    if kind.__module__ != "numpy" or getattr(value, "size", 0) <= _FEW_NUMBERS:
        return str.__str__(value) if isinstance(value, str) else None
    shape = "×".join(map(str, value.shape))
    first = ", ".join(f"{one:.4g}" if value.dtype.kind == "f" else str(one) for one in value.flat[:_FIRST])
    return f"array {shape} {value.dtype} ({first}, …)"


def comparable(value: Any) -> bytes:
    """A value as one line of JSON that is compared and displayed, and never restored.

    ``returns=`` need not name its classes.

    Raises:
        NotStored: A part of the value cannot be distinguished from others in JSON.

    >>> comparable({"b": 1, "a": (2,)})
    b'{"b":1,"a":{"$tuple":[2]}}'
    """
    try:
        return dumped(ComparisonLowering().lower(value))
    except Refusal as refusal:
        raise NotStored(refusal.message("value")) from None
    except RecursionError:
        raise NotStored(f"value: {DEEP}") from None
    except TypeError as error:  # raised by a property or by a library
        raise NotStored(f"value: reading it raises TypeError: {error}") from error


def dumped(lowered: Any, option: int | None = None) -> bytes:
    """A lowered value as a line of JSON.

    Raises:
        RecursionError: It is nested more deeply than ``orjson`` allows, which raises a ``TypeError``.
    """
    try:
        return orjson.dumps(lowered, option=option)
    except TypeError as error:
        raise RecursionError(str(error)) from None


def encode_plain(value: Any, *, brief: bool = False) -> bytes:
    """Any value as one line of JSON for display: neither restored nor compared.

    An object with fields becomes its fields and a ``$type``; any other value that JSON lacks, a ``$repr``.

    Args:
        value: The value.
        brief: Whether arrays, images, bytes and paths are replaced by short descriptions.

    >>> encode_plain({"answer": object()}), encode_plain([b"x" * 2000], brief=True)
    (b'{"answer":{"$repr":"<object object>"}}', b'["2,000 bytes"]')
    """
    line = plain_line(value)
    if line is not None:
        return line
    try:
        return orjson.dumps(DisplayLowering(brief=brief).lower(value))
    except (RecursionError, TypeError):
        return orjson.dumps(_described(value))


def _form(value: Any) -> Any:
    try:
        return comparable(value)
    except NotStored:
        return object()


@lru_cache(maxsize=1024)
def keeper(kind: Any) -> Adapter | None:
    """Return the adapter that a class would have if it were named."""
    return adapter_for(kind) if kind_of(kind) is None else None


def keeper_by_content(kind: type) -> Adapter | None:
    """Return the adapter of :func:`keeper` if objects of the class are nothing but their content."""
    adapter = keeper(kind)
    return None if adapter is None or adapter.is_open else adapter


def _declared_adapter(kind: type) -> Adapter | None:
    """Return the adapter of :func:`keeper` if the class declares its fields or is an enum."""
    return keeper(kind) if fields_of(kind) is not None or issubclass(kind, Enum) else None


def in_order(lowered: Any) -> bytes:
    """Return the key by which lowered values are sorted."""
    return orjson.dumps(lowered, option=orjson.OPT_SORT_KEYS)


def _described(value: Any) -> dict[str, str]:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - whatever a foreign repr raises, the value is only described
        text = f"<{qualified(type(value))}, whose repr raises {type(error).__name__}>"
    return {"$repr": _ADDRESS.sub("", text).encode("utf-8", "backslashreplace").decode()}
