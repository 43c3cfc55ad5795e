"""Keys of calls: equal for equal content in every process, and different otherwise.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.kinds import kind_of
from pytest_modelcheck.canonical.libraries import dtype_of, numbers_of
from pytest_modelcheck.canonical.lowering import Open, dumped
from pytest_modelcheck.canonical.refusal import NotCanonical, Refusal, step

if TYPE_CHECKING:
    from collections.abc import Callable

CALL_BYTES: Final = 8
"""The number of bytes of a digest that identifies a call with all its repeats, also in baselines."""

_text_digest: Final = blake2b(b"s", digest_size=16)
_DEEP: Final = "it contains itself, or is nested too deeply to be read. Pass a flatter value."


def digest(value: Any) -> bytes:
    """The key under which the answer to an input is stored: 16 bytes of BLAKE2b.

    ``1``, ``1.0`` and ``True`` are three values; the order of a mapping does not matter, nor whether a field
    was set to its default explicitly. Arrays are identified by a digest of their bytes.

    Raises:
        NotCanonical: A part of the input has no canonical form; the message names its place.

    >>> digest("Where is my parcel?").hex()
    '6d3c51b19dea68e22c376257b543b684'
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1) == digest(1.0)
    (True, False)
    >>> digest({"user": {"handle": object()}})
    Traceback (most recent call last):
    pytest_modelcheck.canonical.refusal.NotCanonical: input["user"]["handle"]: an object cannot be ide...
    """
    if type(value) is str:
        text = value.encode("utf-8", "surrogatepass") if not value.isascii() else value.encode()
        begun = _text_digest.copy()  # twice as fast as beginning anew
        begun.update(text)
        return begun.digest()
    return blake2b(_whole(value), digest_size=16).digest()


def of_repeat(key: bytes, repeat: int) -> bytes:
    """The key of one repeat of a call: its first 8 bytes are those of the call.

    Args:
        key: The key of the call, or the first 8 bytes of it.
        repeat: The number of the repeat, from 0.

    >>> key = digest("Where is my parcel?")
    >>> of_repeat(key, 0) == key, of_repeat(key, 1)[:8] == key[:8], of_repeat(key[:8], 1) == of_repeat(key, 1)
    (True, True, True)
    """
    if not repeat:
        return key
    call = key[:CALL_BYTES]
    return call + blake2b(call, digest_size=8, salt=repeat.to_bytes(16, "little")).digest()


def short(value: Any) -> str:
    """The first 16 hexadecimal characters of the digest: for file names, ids and messages.

    >>> short("Where is my parcel?")
    '6d3c51b19dea68e2'
    """
    return digest(value).hex()[:16]


def _whole(value: Any) -> bytes:
    """A value as bytes. It is unambiguous, since every part has its type and length.

    >>> _whole([1, True, "ab"])
    b'l3:i1;ts2:ab'
    """
    try:
        return _write(value)
    except Refusal as refusal:
        raise NotCanonical(refusal.message("input")) from None
    except RecursionError:
        raise NotCanonical(f"input: {_DEEP}") from None
    except TypeError as error:  # of a property, or of a library
        raise NotCanonical(f"input: to read it raises TypeError: {error}") from error


def _write(value: Any) -> bytes:
    return _WRITERS.get(type(value), _other)(value)


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def _items(values: Any) -> list[bytes]:
    written: list[bytes] = []
    try:
        for value in values:
            written.append(_write(value))  # noqa: PERF401 - the length says where a refusal arose
    except Refusal as refusal:
        raise refusal.under(f"[{len(written)}]") from None
    return written


def _mapping(value: Any) -> bytes:
    pairs: list[bytes] = []
    key: Any = None
    try:
        for key, item in value.items():
            pairs.append(_write(key) + _write(item))
    except Refusal as refusal:
        raise refusal.under(step(key)) from None
    return b"m%d:%b" % (len(pairs), b"".join(sorted(pairs)))


def _other(value: Any) -> bytes:
    """The form of a value that is not plain: its comparable form, but arrays as bytes."""
    cls: Any = type(value)
    kind = kind_of(cls)
    if kind is not None and kind.tag == "$ndarray" and not value.dtype.hasobject:
        content = numbers_of(value).tobytes()
        return b"r" + b"".join(map(_write, ("ndarray", dtype_of(value), value.shape, content)))
    data = dumped(Open(hashed=True).lower(value), orjson.OPT_SORT_KEYS)
    return b"j%d:%b" % (len(data), data)


_NAN: Final = b"d" + struct.pack(">d", float("nan"))
_pack: Final = struct.Struct(">d").pack
_WRITERS: Final[dict[type, Callable[[Any], bytes]]] = {
    str: _text,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"i%x;" % value,
    float: lambda value: b"d" + _pack(value) if value == value else _NAN,  # only NaN is not itself
    type(None): lambda _: b"n",
    bytes: lambda value: b"b%d:%b" % (len(value), value),
    list: lambda value: b"l%d:%b" % (len(value), b"".join(_items(value))),
    tuple: lambda value: b"u%d:%b" % (len(value), b"".join(_items(value))),
    dict: _mapping,
    set: lambda value: b"e%d:%b" % (len(value), b"".join(sorted(_items(value)))),
    frozenset: lambda value: b"z%d:%b" % (len(value), b"".join(sorted(_items(value)))),
}
