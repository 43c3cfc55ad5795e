"""The sources of a record: digests of a test's code and of its case files.

A test is read, never imported: its digest covers its own code and, transitively, every function, class,
assignment and import of the same file that it names. Comments, docstrings, formatting, markers and the
definitions of models do not count, nor does the Python version that reads it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.source import Source
from pytest_modelcheck.errors import BaselineError, located

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_modelcheck.baselines.header import Header

WHOLE_FILE: Final = "file:"
"""The prefix of the digest of a test made at run time: it covers the whole file."""


def body_digest(path: Path, qualname: str) -> str:
    """The digest of a test's source: 16 hexadecimal digits.

    Args:
        path: The file of the test.
        qualname: Its ``__qualname__``, ``"TestX.test_known"``. A test that the file does not define
            (made by ``exec``, or a method of a base class elsewhere) gets the digest of the whole file,
            with the prefix ``"file:"``.

    Raises:
        BaselineError: The file is not Python.
        OSError: It cannot be read.
    """
    return _at(path).digest(qualname)


def defines(path: Path, qualname: str) -> bool:
    """Return whether a file defines a test."""
    return _at(path).source.find(qualname) is not None


def file_digest(path: Path) -> str:
    """The digest of a file of cases: 16 hexadecimal digits, independent of line ends.

    Raises:
        OSError: It cannot be read.
    """
    stat = path.stat()
    return _file_digest(path, stat.st_mtime_ns, stat.st_size)


def place(header: Header) -> tuple[str, str]:
    """Return the place of a check's source: a file relative to the project's folder, and a qualified name.

    >>> from pytest_modelcheck.baselines.header import Header
    >>> place(Header("tests/test_a.py::TestX::test_known[es-1]", "golden", "triage", "2.0"))
    ('tests/test_a.py', 'TestX.test_known')
    """
    file, _, rest = (header.source or header.test).partition("::")
    return file, rest.partition("[")[0].replace("::", ".")


class _Read:
    """A file that was read, and its digests."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._digests: dict[str, str] = {}

    def digest(self, qualname: str) -> str:
        if qualname not in self._digests:
            text = self.source.spelled(qualname)
            self._digests[qualname] = (
                WHOLE_FILE + _hex(self.source.spelled_whole().encode())
                if text is None
                else _hex(text.encode())
            )
        return self._digests[qualname]


def _at(path: Path) -> _Read:
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=64)
def _read(path: Path, mtime_ns: int, size: int) -> _Read:  # noqa: ARG001 - part of the cache's key
    try:
        return _Read(Source(path.read_bytes()))
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise BaselineError(located(f"cannot be read as Python: {error}", str(path), line)) from error


@functools.lru_cache(maxsize=1024)
def _file_digest(path: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001 - part of the cache's key
    # Git may change line ends at checkout.
    return _hex(path.read_bytes().replace(b"\r\n", b"\n"))


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
