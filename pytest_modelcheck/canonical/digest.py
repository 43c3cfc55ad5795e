"""What was asked, as bytes: the same for equal content in every process, different for all else.

Every value begins with a byte that says its type, and everything of variable length says its length,
so that no two different values share an encoding. ``1``, ``1.0`` and ``True`` are three values.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical.fields import attribute_step, extras, field_names, field_value, is_pydantic
from pytest_modelcheck.canonical.reduction import reducer_for
from pytest_modelcheck.canonical.refusal import NotCanonical, Refusal, qualified, step

if TYPE_CHECKING:
    from collections.abc import Callable

    Above = set[int]
    Writer = Callable[[Any, Above], bytes]

_NAN: Final = b"d" + struct.pack(">d", float("nan"))
_text_digest: Final = blake2b(b"s", digest_size=16)
_pack: Final = struct.Struct(">d").pack


def digest(value: Any, slot: int = 0) -> bytes:
    """The key under which the answer to an input is kept: 16 bytes of BLAKE2b.

    Args:
        value: The input.
        slot: Which of several answers to one input is meant, from 0.

    Raises:
        NotCanonical: The input holds something without a canonical form; the message says where.

    >>> digest("Where is my parcel?").hex()
    '6d3c51b19dea68e22c376257b543b684'
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1) == digest(1.0)
    (True, False)
    """
    if type(value) is str and not slot:
        begun = _text_digest.copy()  # twice as fast as beginning anew
        try:
            begun.update(value.encode())
        except UnicodeEncodeError:
            begun.update(value.encode("utf-8", "surrogatepass"))
        return begun.digest()
    data = canonical_bytes(value)
    if slot:
        return blake2b(data, digest_size=16, salt=slot.to_bytes(16, "little")).digest()
    return blake2b(data, digest_size=16).digest()


def short(value: Any) -> str:
    """The first 16 hexadecimal characters of the digest: for file names, ids and messages.

    >>> short("Where is my parcel?")
    '6d3c51b19dea68e2'
    """
    return digest(value).hex()[:16]


def canonical_bytes(value: Any) -> bytes:
    """A value as bytes: unambiguous, and the same in every process.

    Text (also with lone surrogates), numbers, ``bytes``, lists, tuples, mappings in whatever order, sets,
    the datetime family, ``Decimal``, ``Fraction``, ``UUID``, paths, enums, dataclasses, NamedTuples,
    pydantic, attrs and msgspec objects, numpy arrays and scalars, pandas rows and tables.

    Raises:
        NotCanonical: The value holds something else, or itself; the message says where.

    >>> canonical_bytes("a"), canonical_bytes([1, True])
    (b'sa', b'l2:i1;t')
    >>> canonical_bytes({"user": {"handle": object()}})
    Traceback (most recent call last):
    pytest_modelcheck.canonical.refusal.NotCanonical: input["user"]["handle"]: an object cannot be told ...
    """
    if type(value) is str:
        return b"s" + value.encode("utf-8", "surrogatepass")
    try:
        return _write(value, set())
    except Refusal as refusal:
        raise NotCanonical(refusal.told("input")) from None
    except RecursionError:
        raise NotCanonical("input: it is nested too deeply to be read. Pass a flatter value.") from None


def _write(value: Any, above: Above) -> bytes:
    kind: type = type(value)
    return (_WRITERS.get(kind) or _writer_for(kind))(value, above)


def _text(value: str, _: Above) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def _float(value: float, _: Above) -> bytes:
    return b"d" + _pack(value) if value == value else _NAN  # only NaN is not itself


def _entered(value: Any, above: Above) -> None:
    if id(value) in above:
        raise Refusal("it contains itself, so that it has no end. Pass a value without the cycle.")
    above.add(id(value))


def _items(values: Any, above: Above) -> list[bytes]:
    written: list[bytes] = []
    try:
        for value in values:
            written.append(_write(value, above))  # noqa: PERF401 - the length says where a refusal arose
    except Refusal as refusal:
        raise refusal.under(f"[{len(written)}]") from None
    return written


def _sequence(tag: bytes) -> Writer:
    def write(value: Any, above: Above) -> bytes:
        _entered(value, above)
        written = _items(value, above)
        above.discard(id(value))
        return b"%b%d:%b" % (tag, len(written), b"".join(written))

    return write


def _unordered(tag: bytes) -> Writer:
    def write(value: Any, above: Above) -> bytes:
        return b"%b%d:%b" % (tag, len(value), b"".join(sorted(_items(value, above))))

    return write


def _mapping(value: Any, above: Above) -> bytes:
    _entered(value, above)
    pairs: list[bytes] = []
    key: Any = None
    try:
        for key, item in value.items():
            pairs.append(_write(key, above) + _write(item, above))
    except Refusal as refusal:
        raise refusal.under(step(key)) from None
    above.discard(id(value))
    return b"m%d:%b" % (len(pairs), b"".join(sorted(pairs)))


_WRITERS: Final[dict[type, Writer]] = {
    str: _text,
    bool: lambda value, _: b"t" if value else b"f",
    int: lambda value, _: b"i%x;" % value,
    float: _float,
    type(None): lambda _value, _: b"n",
    bytes: lambda value, _: b"b%d:%b" % (len(value), value),
    list: _sequence(b"l"),
    tuple: _sequence(b"u"),
    dict: _mapping,
    set: _unordered(b"e"),
    frozenset: _unordered(b"z"),
}


@lru_cache(maxsize=1024)
def _writer_for(kind: type) -> Writer:
    """How to write values of a class that is not one of the plain ones."""
    name = _text(qualified(kind), set())
    reducer = reducer_for(kind)
    if reducer is not None:
        return lambda value, above: b"r" + _reduced(*reducer(value), above)
    names = field_names(kind)
    if names is not None:
        pydantic = is_pydantic(kind)
        return lambda value, above: b"o" + name + _fields(value, names, above, pydantic=pydantic)
    for base in (str, int, float, bytes, list, tuple, dict, set, frozenset):
        if issubclass(kind, base):
            return lambda value, above: b"k" + name + _derived(value, base, above)
    raise Refusal(_unsupported(kind))


def _reduced(name: str, parts: tuple[Any, ...], above: Above) -> bytes:
    return _text(name, above) + b"".join([_write(part, above) for part in parts])


def _fields(value: Any, names: tuple[str, ...], above: Above, *, pydantic: bool) -> bytes:
    _entered(value, above)
    written = []
    own: dict[str, Any] = vars(value) if pydantic else {}  # it warns of who reads a deprecated field
    for name in names:
        item = own[name] if name in own else field_value(value, name)
        try:
            written.append(_text(name, above) + _write(item, above))
        except Refusal as refusal:
            raise refusal.under(attribute_step(name)) from None
    more = extras(value)
    if more:
        written.append(_mapping(more, above))
    above.discard(id(value))
    return b"%d:%b" % (len(written), b"".join(written))


def _derived(value: Any, base: type, above: Above) -> bytes:
    """A subclass of a plain type: its content as that type, and whatever attributes it has beside."""
    _entered(value, above)
    content = _WRITERS[base](str.__str__(value) if base is str else base(value), above)
    attributes = getattr(value, "__dict__", None)
    above.discard(id(value))
    return content + (_mapping(attributes, above) if attributes else b"")


def _unsupported(kind: type) -> str:
    name = qualified(kind)
    article = "an" if name[0].lower() in "aeiou" else "a"
    return (
        f"{article} {name} cannot be told apart from another by its content, so that no answer to it can be "
        "found again. Pass text, numbers, bytes, lists, dicts, dataclasses, pydantic models, numpy arrays or "
        "pandas rows, and build the object inside the model fixture."
    )
