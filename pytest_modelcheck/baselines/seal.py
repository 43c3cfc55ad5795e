"""A checksum in each line of a baseline detects altered lines.

Each line has its own because git merges files line by line. A result file, which is never merged, has one for
all lines, in a line at the end. CRC-32 finds every damage of up to 32 consecutive bits, and all but one in 4
billion of others. It is not a signature: lines can be forged on purpose.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAST: Final = b'{"sum":'
"""The beginning of a result file's last line."""

_AT_ONCE: Final = 256
_LENGTH: Final = len(b',"sum":"00000000"}')


def sealed(line: bytes) -> bytes:
    """A JSON object on one line, with its checksum as the last member.

    >>> sealed(b'{"id":"t-42"}')
    b'{"id":"t-42","sum":"cdbcb09b"}'
    """
    return b'%s,"sum":"%08x"}' % (line[:-1], crc32(line))


def unsealed(line: bytes) -> bytes | None:
    """The line without its checksum; ``None`` if that is wrong or missing.

    Formatters of JSON may have inserted spaces and escapes.

    >>> unsealed(sealed(b'{"id":"t-42"}')), unsealed(b'{"id":"t-43","sum":"cdbcb09b"}')
    (b'{"id":"t-42"}', None)
    >>> unsealed(b'{"id": "t-42", "sum": "cdbcb09b"}')
    b'{"id":"t-42"}'
    """
    bare = line[:-_LENGTH] + b"}"
    # Formatters of JSON may put blanks into a line. Its content is then checked instead of its bytes.
    return bare if line[-_LENGTH:] == b',"sum":"%08x"}' % crc32(bare) else _reformatted(line)


def _reformatted(line: bytes) -> bytes | None:
    import json

    import orjson

    try:
        fields = json.loads(line, object_pairs_hook=_once)
        checksum = fields.pop("sum")
        bare: bytes = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)[:-1]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return None
    return bare if checksum == f"{crc32(bare):08x}" else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


def closed(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield rows with their line ends, in large blocks, then a last line with the checksum of all."""
    total, left = 0, iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        block = b"\n".join([*some, b""])
        total = crc32(block, total)
        yield block
    yield b'%s"%08x"}\n' % (LAST, total)


def opened(rows: list[bytes]) -> list[bytes] | None:
    """Undo :func:`closed`: return the rows without line ends; ``None`` if they were altered."""
    total = 0
    for row in rows[:-1]:
        total = crc32(b"\n", crc32(row, total))
    return rows[:-1] if rows and rows[-1] == b'%s"%08x"}' % (LAST, total) else None
