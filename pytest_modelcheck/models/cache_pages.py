"""Answers on disk: pages of digests, pages of lines, and a manifest that lists the valid pages.

A page never changes. New pages get ever higher numbers, and a merged page replaces small ones. So a page
number never gets another meaning, and if two pages answer the same call, the higher number is the newer.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from pytest_modelcheck.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DATABASE: Final = "cache.db"

# Bytes in a digest.
DIGEST: Final = 16

# Whether it is merged; the number of answers; length and CRC-32 of the value page; CRC-32 of the digests.
_HEAD: Final = struct.Struct("<BIIII")
_SMALL_COUNT: Final = 1024
_SMALL_BYTES: Final = 1 << 18
_MOST: Final = 1 << 24  # a damaged manifest may claim any number of pages
FULL_COUNT: Final = 2048
# A page with FULL_COUNT answers or FULL_BYTES bytes is full: the next answer starts a new page.
FULL_BYTES: Final = 1 << 19


def may_be_there(directory: Path) -> bool:
    """Return whether a folder holds a database, or may not be looked into: opening it says why."""
    try:
        (directory / DATABASE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


@dataclass(frozen=True, slots=True)
class KeyPage:
    """The digests of one page, and the facts that identify its value page.

    Attributes:
        digests: The digests of the calls, in the order of the lines of the value page.
        merged: Whether the page was made from older pages.
        length: The length of the value page, in bytes.
        checksum: The CRC-32 of the value page.
    """

    digests: tuple[bytes, ...]
    merged: bool
    length: int
    checksum: int

    @property
    def small(self) -> bool:
        """True if the page is worth merging with others."""
        return len(self.digests) < _SMALL_COUNT and self.length < _SMALL_BYTES


def write_page(lines: Mapping[bytes, bytes], *, merged: bool = False) -> tuple[bytes, bytes]:
    r"""Return the bytes of a key page and of a value page.

    >>> write_page({b"0123456789abcdef": b"1", b"fedcba9876543210": b"2"})[1]
    b'1\n2'
    """
    values, digests = b"\n".join(lines.values()), b"".join(lines)
    head = _HEAD.pack(merged, len(lines), len(values), crc32(values), crc32(digests, merged))
    # Two pages: opening a cache of a million answers reads 16 bytes for each, and none of their text.
    return head + digests, values


def read_keys(data: bytes) -> KeyPage:
    """Read a key page; raise ``CacheError`` if the bytes are damaged."""
    if len(data) < _HEAD.size:
        raise CacheError("a key page is cut short")
    merged, count, length, checksum, own = _HEAD.unpack_from(data)
    if len(data) != _HEAD.size + DIGEST * count or not count:
        raise CacheError("a key page does not hold as many digests as it says")
    if crc32(data[_HEAD.size :], merged) != own:
        raise CacheError("a key page was altered")
    digests = struct.unpack_from(f"{DIGEST}s" * count, data, _HEAD.size)
    return KeyPage(digests, bool(merged), length, checksum)


def read_lines(keys: KeyPage, data: bytes) -> dict[bytes, bytes]:
    """Read the lines of a value page, by digest; raise ``CacheError`` if the bytes are damaged."""
    if len(data) != keys.length or crc32(data) != keys.checksum:
        raise CacheError("a page of answers is cut short or was altered")
    lines = data.split(b"\n")
    if len(lines) != len(keys.digests):
        raise CacheError("a page of answers does not hold as many lines as its key page says")
    return dict(zip(keys.digests, lines, strict=True))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of the valid pages of a namespace.

    Attributes:
        namespace: The namespace as text.
        following: The number of the next page.
        runs: The numbers of the valid pages, as ascending half-open ranges: first, and last + 1.
    """

    namespace: str
    following: int = 0
    runs: tuple[tuple[int, int], ...] = ()

    @property
    def live(self) -> set[int]:
        """The numbers of the valid pages."""
        return {number for first, end in self.runs for number in range(first, end)}

    def with_pages(self, added: int) -> Manifest:
        """Return the manifest with ``added`` more pages.

        >>> Manifest("m", 3, ((0, 1), (2, 3))).with_pages(2)
        Manifest(namespace='m', following=5, runs=((0, 1), (2, 5)))
        """
        end = self.following + added
        # Numbers of pages are stored as ranges, as most runs only append.
        if self.runs and self.runs[-1][1] == self.following:
            return Manifest(self.namespace, end, (*self.runs[:-1], (self.runs[-1][0], end)))
        return Manifest(self.namespace, end, (*self.runs, (self.following, end)))

    def merged(self, added: int, gone: set[int]) -> Manifest:
        """Return the manifest after ``added`` new pages have replaced others. ``following`` always grows.

        >>> Manifest("m", 4, ((0, 4),)).merged(1, gone={0, 1})
        Manifest(namespace='m', following=5, runs=((2, 5),))
        """
        end = self.following + added
        numbers = sorted(self.live - gone | set(range(self.following, end)))
        runs: list[tuple[int, int]] = []
        for number in numbers:
            if runs and runs[-1][1] == number:
                runs[-1] = (runs[-1][0], number + 1)
            else:
                runs.append((number, number + 1))
        # It grows even if nothing was added, since other processes notice a merge by it.
        return Manifest(self.namespace, max(end, self.following + 1), tuple(runs))

    def dump(self) -> bytes:
        """Return the manifest as bytes, with a checksum."""
        form = {"namespace": self.namespace, "next": self.following, "live": self.runs}
        text = dumps(form).encode()
        return b"%08x %s" % (crc32(text), text)

    @classmethod
    def load(cls, data: bytes) -> Manifest:
        """Read a manifest from bytes; raise ``CacheError`` if they are damaged."""
        checksum, _, text = data.partition(b" ")
        if checksum != b"%08x" % crc32(text):
            raise CacheError("a list of pages was altered")
        try:
            form: Any = loads(text)
            following = int(form["next"])
            runs = tuple(_run(first, end, following) for first, end in form["live"])
            return cls(str(form["namespace"]), following, runs)
        except (ValueError, TypeError, LookupError) as error:
            raise CacheError(f"a list of pages cannot be read ({error})") from None


def _run(first: int, end: int, following: int) -> tuple[int, int]:
    if not 0 <= first < end <= following <= _MOST:
        raise ValueError(f"pages {first} to {end} of {following}")
    return first, end
