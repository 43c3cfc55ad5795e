"""Large baselines, compressed: the same lines, in a file whose name ends in ``.gz``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.names import PACKED
from pytest_modelcheck.errors import BaselineError, UsageError, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase
    from pathlib import Path

    from _typeshed import WriteableBuffer

MOST: Final = 1 << 30
"""Bytes: no baseline has so many, and a small file that says it does is not to fill the memory."""

RESTORE: Final = "Restore the file from git, or remove it, run pytest and approve the check again."
"""What to do about a damaged file: a baseline, or a candidate in the cache."""

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(B|kB|MB|GB)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def packed(path: Path) -> Path:
    """The name of a file once it is compressed."""
    return path.with_name(path.name + PACKED)


def is_packed(path: Path) -> bool:
    """Whether a file is compressed."""
    return path.name.endswith(PACKED)


def forms(path: Path) -> tuple[Path, Path]:
    """A file as it is, and compressed, whichever of the two is given."""
    plain = path.with_name(path.name.removesuffix(PACKED))
    return plain, packed(plain)


def stored(path: Path) -> Path | None:
    """Where a file really lies: as it is, compressed, or nowhere.

    Raises:
        BaselineError: It is there both ways, as after a merge of two branches.
    """
    other = packed(path)
    if not other.exists():
        return path if path.exists() else None
    if path.exists():
        message = f"is there compressed too ({other.name}). Remove the one that is out of date."
        raise BaselineError(located(message, str(path)))
    return other


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file to be read, compressed or not.

    Raises:
        BaselineError: It cannot be read, is damaged, or holds more than :data:`MOST` bytes once it is
            decompressed.
    """
    try:
        if not is_packed(path):
            with path.open("rb") as file:
                yield file
            return
        with gzip.open(path) as packed_file, BufferedReader(_Bounded(packed_file, path)) as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"cannot be decompressed ({error}). {RESTORE}"
        raise BaselineError(located(message, str(path))) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}. {RESTORE}"
        raise BaselineError(located(message, str(path))) from error


class _Bounded(RawIOBase):
    """What is read from a compressed file, up to a bound."""

    def __init__(self, file: gzip.GzipFile, path: Path) -> None:
        self._file = file
        self._path = path
        self._left = MOST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = self._file.readinto(buffer)
        self._left -= count
        if self._left < 0:
            message = f"holds more than {MOST / 1e6:g} MB when decompressed, as no baseline does. {RESTORE}"
            raise BaselineError(located(message, str(self._path)))
        return count


def compressed(chunks: Iterable[bytes]) -> bytes:
    """The same, compressed; equal for equal content, whenever and wherever that is done."""
    return gzip.compress(b"".join(chunks), compresslevel=9, mtime=0)


def size_in_bytes(text: str) -> int:
    """Read a size: ``5 MB``, ``500 kB``, ``100000``.

    Raises:
        UsageError: It is none.

    >>> size_in_bytes("5 MB"), size_in_bytes("0.5kB")
    (5000000, 500)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no size: write 5 MB, 500 kB, or a number of bytes")
    return int(float(found[1]) * _UNITS[(found[2] or "").lower()])
