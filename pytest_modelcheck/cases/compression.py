"""Compressed files: ``.gz``, and ``.zst`` where Python or a library can read it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
import zlib
from contextlib import contextmanager
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, Final, cast

from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES: Final = (".gz", ".zst")


class DamagedError(Exception):
    """What is read is not what its name says, or ends too early."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes that a file holds, decompressed as they are read.

    Raises:
        OSError: The file cannot be opened.
        DamagedError: (While it is read.) It cannot be decompressed.
        CaseError: Nothing is installed that can.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        import gzip

        with _told((EOFError, zlib.error, gzip.BadGzipFile)), gzip.open(path, "rb") as stream:
            yield cast("IO[bytes]", stream)
    elif suffix == ".zst":
        zstd = _zstd()
        with _told((EOFError, zstd.ZstdError)), zstd.open(path, "rb") as stream:
            yield cast("IO[bytes]", stream)
    else:
        with path.open("rb") as stream:
            yield stream


@contextmanager
def _told(damages: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except damages as error:
        raise DamagedError(str(error)) from error


def _zstd() -> Any:
    """The module of the standard library, which has it from Python 3.14 on, or its backport."""
    try:
        return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ImportError as error:
        raise CaseError(
            '.zst files need a library to decompress them: pip install "pytest-modelcheck[zstd]"'
        ) from error
