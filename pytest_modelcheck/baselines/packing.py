"""Large baselines, compressed: the same lines, in a file whose name ends in ``.gz``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.names import PACKED
from pytest_modelcheck.errors import BaselineError, UsageError, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase
    from pathlib import Path

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
        message = f"is there compressed too ({other.name}). Keep one of the two, or approve the check again."
        raise BaselineError(located(message, str(path)))
    return other


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file to be read, compressed or not.

    Raises:
        BaselineError: It is damaged.
    """
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"cannot be decompressed ({error}). Restore the file from git, or approve the check again."
        raise BaselineError(located(message, str(path))) from error


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
