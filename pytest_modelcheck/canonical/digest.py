"""What was asked, as a key: the same for equal content in every process, different for all else.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

import orjson

from pytest_modelcheck.canonical.lowering import Open
from pytest_modelcheck.canonical.refusal import NotCanonical, Refusal

_text_digest: Final = blake2b(b"s", digest_size=16)
_DEEP: Final = "it contains itself, or is nested too deeply to be read. Pass a flatter value."


def digest(value: Any, slot: int = 0) -> bytes:
    """The key under which the answer to an input is kept: 16 bytes of BLAKE2b.

    The digest is that of the value as JSON (see :mod:`~pytest_modelcheck.canonical.lowering`) with sorted
    keys, so that two inputs have one digest exactly where they would be written alike. ``1``, ``1.0`` and
    ``True`` are three values; the order of a mapping, and which fields of an object were left at their
    default, do not matter. Arrays are told by a digest of their bytes.

    Args:
        value: The input.
        slot: Which of several answers to one input is meant, from 0.

    Raises:
        NotCanonical: The input holds something without a canonical form; the message says where.

    >>> digest("Where is my parcel?").hex()
    '6d3c51b19dea68e22c376257b543b684'
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1) == digest(1.0)
    (True, False)
    >>> digest({"user": {"handle": object()}})
    Traceback (most recent call last):
    pytest_modelcheck.canonical.refusal.NotCanonical: input["user"]["handle"]: an object cannot be told ...
    """
    if type(value) is str:
        text = value.encode("utf-8", "surrogatepass") if not value.isascii() else value.encode()
        if not slot:
            begun = _text_digest.copy()  # twice as fast as beginning anew
            begun.update(text)
            return begun.digest()
        data = b"s" + text
    else:
        data = b"j" + _written(value)
    if slot:
        return blake2b(data, digest_size=16, salt=slot.to_bytes(16, "little")).digest()
    return blake2b(data, digest_size=16).digest()


def short(value: Any) -> str:
    """The first 16 hexadecimal characters of the digest: for file names, ids and messages.

    >>> short("Where is my parcel?")
    '6d3c51b19dea68e2'
    """
    return digest(value).hex()[:16]


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(Open(hashed=True).lower(value), option=orjson.OPT_SORT_KEYS)
    except Refusal as refusal:
        raise NotCanonical(refusal.told("input")) from None
    except (RecursionError, TypeError):
        raise NotCanonical(f"input: {_DEEP}") from None
