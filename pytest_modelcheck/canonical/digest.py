"""Keys of calls: equal for equal content in every process, and different otherwise."""

from __future__ import annotations

import struct
import sys
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from pytest_modelcheck.canonical.kinds import kind_of
from pytest_modelcheck.canonical.lowering import ComparisonLowering, dumped
from pytest_modelcheck.canonical.refusal import NotCanonical, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_modelcheck.canonical.libraries import Kind

CALL_BYTES: Final = 8
"""The number of bytes of a digest that identifies a call with all its repeats, also in baselines."""

_BLOCK: Final = 1 << 20
_text_digest: Final = blake2b(b"s", digest_size=16)


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
    try:
        try:
            return blake2b(_write(value), digest_size=16).digest()
        except Refusal:
            _Input().lower(value)  # slower, but a refusal of it knows its place
            raise
    except Refusal as refusal:
        raise NotCanonical(refusal.message("input")) from None
    except RecursionError:
        raise NotCanonical(
            "input: it contains itself, or is nested too deeply to be read. Pass a value that is less nested."
        ) from None
    except TypeError as error:  # of a property, or of a library
        raise NotCanonical(f"input: reading it raises TypeError: {error}") from error


def of_repeat(key: bytes, repeat: int) -> bytes:
    """The key of one repeat (from 0) of a call, from the key of the call or the first 8 bytes of it.

    Its own first 8 bytes are those of the call.

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


class _Input(ComparisonLowering):
    """Converts an input: arrays and files are replaced by a digest of their content."""

    def tagged(self, value: Any, kind: Kind) -> dict[str, Any]:
        if isinstance(value, Path):
            return _file(value) or super().tagged(value, kind)
        if kind.tag != "$ndarray" or value.dtype.hasobject:
            return super().tagged(value, kind)
        dtype, shape, content = _array(value)
        hashed = blake2b(content, digest_size=16).hexdigest()
        return {kind.tag: {"dtype": dtype, "shape": list(shape), "data": hashed}}


def _array(array: Any) -> tuple[str, tuple[int, ...], bytes]:
    """The type, shape and content of an array, without the bits that differ between equal arrays."""
    dtype, parts = array.dtype, array
    if dtype.names:  # there may be gaps between the fields, which hold anything
        fields = [(name, *_array(array[name])) for name in dtype.names]
        columns = [(name, kind, shape[array.ndim :]) for name, kind, shape, _ in fields]
        return str(columns), array.shape, b"".join(content for *_, content in fields)
    if dtype.char in "gG":  # long doubles: 80 bits in 16 bytes, of which the others hold anything
        parts = array.astype("U")
    elif dtype.kind in "fc":  # arithmetic makes several bit patterns of NaN
        np = sys.modules["numpy"]
        parts = np.stack([array.real, array.imag]) if dtype.kind == "c" else array
        unknown = np.isnan(parts)
        parts = np.where(unknown, parts.dtype.type("nan"), parts) if unknown.any() else parts
    return dtype.str, array.shape, parts.tobytes()


def _file(path: Path) -> dict[str, Any] | None:
    """A path to a file as the file's name and a digest of its content; ``None`` for any other path.

    The folder does not count: it differs between checkouts.
    """
    try:
        if not path.is_file():
            return None
        status = path.stat()
        return {"$file": [path.name, _digest_of(path.absolute(), status.st_mtime_ns, status.st_size)]}
    except OSError as error:
        raise Refusal(f"the file {path} cannot be read ({error.strerror})") from error


@lru_cache(maxsize=1 << 14)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - a changed file is read again
    total = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


# -- plain values as bytes: unambiguous, since each has its type and length -----------------------------


def _write(value: Any) -> bytes:
    return _WRITERS.get(type(value), _other)(value)


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def _items(values: Any) -> list[bytes]:
    written = []
    for value in values:
        written.append(_WRITERS.get(type(value), _other)(value))  # noqa: PERF401 - slower before Python 3.12
    return written


def _mapping(value: dict[Any, Any]) -> bytes:
    pairs = []
    for key, item in value.items():
        name = _name(key) if type(key) is str else _write(key)
        pairs.append(name + _WRITERS.get(type(item), _other)(item))
    return b"m%d:%b" % (len(pairs), b"".join(sorted(pairs)))


def _other(value: Any) -> bytes:
    """A value that is not plain by its comparable form; an array by its bytes."""
    cls: Any = type(value)
    kind = kind_of(cls)
    if kind is not None and kind.tag == "$ndarray" and not value.dtype.hasobject:
        return b"r" + b"".join(map(_write, ("ndarray", *_array(value))))
    data = dumped(_Input().lower(value), orjson.OPT_SORT_KEYS)
    return b"j%d:%b" % (len(data), data)


_name: Final = lru_cache(maxsize=1 << 10)(_text)  # the names of fields, which are the same in most inputs
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
