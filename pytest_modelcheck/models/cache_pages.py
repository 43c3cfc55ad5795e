"""How answers lie on disk: pages of digests beside pages of lines, and a manifest that says which count.

Pages are only ever added, under numbers that only grow; a merged page replaces small ones. So a page number
never comes to mean something else, and where two pages answer one question the higher one is right.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from pytest_modelcheck.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIGEST: Final = 16
"""Bytes in a digest."""

_HEAD: Final = struct.Struct("<BIII")
_SMALL_COUNT: Final = 1024
_SMALL_BYTES: Final = 1 << 18
FULL_COUNT: Final = 2048
FULL_BYTES: Final = 1 << 19
"""A page of this size is full: a new one is begun, and it is never merged again."""


@dataclass(frozen=True, slots=True)
class KeyPage:
    """What one page holds.

    Attributes:
        digests: The digest of each question, in the order of the lines of the value page.
        merged: Whether it was made from older pages.
        length: The length of the value page in bytes.
        checksum: The CRC-32 of the value page.
    """

    digests: tuple[bytes, ...]
    merged: bool
    length: int
    checksum: int

    @property
    def small(self) -> bool:
        """Whether it is worth merging with others."""
        return len(self.digests) < _SMALL_COUNT and self.length < _SMALL_BYTES


def write_page(lines: Mapping[bytes, bytes], *, merged: bool = False) -> tuple[bytes, bytes]:
    r"""A key page and a value page.

    >>> write_page({b"0123456789abcdef": b"1", b"fedcba9876543210": b"2"})[1]
    b'1\n2'
    """
    values = b"\n".join(lines.values())
    return _HEAD.pack(merged, len(lines), len(values), crc32(values)) + b"".join(lines), values


def read_keys(data: bytes) -> KeyPage:
    """A key page. Raises ``CacheError`` where the bytes are none."""
    if len(data) < _HEAD.size:
        raise CacheError("a key page is cut short")
    merged, count, length, checksum = _HEAD.unpack_from(data)
    if len(data) != _HEAD.size + DIGEST * count or not count:
        raise CacheError("a key page does not hold as many digests as it says")
    digests = struct.unpack_from(f"{DIGEST}s" * count, data, _HEAD.size)
    return KeyPage(digests, bool(merged), length, checksum)


def read_lines(keys: KeyPage, data: bytes) -> dict[bytes, bytes]:
    """The lines of a value page, by digest. Raises ``CacheError`` where they are not what was written."""
    if len(data) != keys.length or crc32(data) != keys.checksum:
        raise CacheError("a page of answers is cut short or was altered")
    lines = data.split(b"\n")
    if len(lines) != len(keys.digests):
        raise CacheError("a page of answers does not hold as many lines as its key page says")
    return dict(zip(keys.digests, lines, strict=True))


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which pages of a namespace count.

    Attributes:
        namespace: The namespace as text.
        following: The number that the next page gets.
        live: The numbers of the pages that count, ascending.
    """

    namespace: str
    following: int = 0
    live: tuple[int, ...] = ()

    def with_pages(self, added: int, without: Iterable[int] = ()) -> Manifest:
        """The manifest after ``added`` new pages have taken the place of others; its ``following`` differs.

        >>> Manifest("m", 3, (0, 1, 2)).with_pages(1, without=[0, 1])
        Manifest(namespace='m', following=4, live=(2, 3))
        """
        gone = set(without)
        kept = tuple(number for number in self.live if number not in gone)
        new = range(self.following, self.following + added)
        return Manifest(self.namespace, self.following + max(added, 1), (*kept, *new))

    def dump(self) -> bytes:
        """As bytes: the live pages as runs, since nearly all of them are neighbours."""
        runs: list[list[int]] = []
        for number in self.live:
            if runs and runs[-1][1] == number:
                runs[-1][1] += 1
            else:
                runs.append([number, number + 1])
        return json.dumps({"namespace": self.namespace, "next": self.following, "live": runs}).encode()

    @classmethod
    def load(cls, data: bytes) -> Manifest:
        """From bytes. Raises ``CacheError`` where they are no manifest."""
        try:
            form: Any = json.loads(data)
            live = tuple(number for first, end in form["live"] for number in _run(first, end, form["next"]))
            return cls(str(form["namespace"]), int(form["next"]), live)
        except (ValueError, TypeError, LookupError) as error:
            raise CacheError(f"a list of pages cannot be read ({error})") from None


def _run(first: int, end: int, following: int) -> range:
    if not 0 <= first < end <= following <= 1 << 32:
        raise ValueError(f"pages {first} to {end} of {following}")
    return range(first, end)
