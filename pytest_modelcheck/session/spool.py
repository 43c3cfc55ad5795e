"""Lines in the order in which they came: in memory while they are few, in a temporary file beyond that.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import heapq
import tempfile
import weakref
from array import array
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_ROOM: Final = 8 << 20
"""Bytes of lines that are held in memory."""
_READ: Final = 1 << 18


class Spool:
    """Lines of bytes, found again by their number.

    A line in the file takes 8 bytes of memory. The file has no name, and goes with the object.

    >>> spool = Spool()
    >>> spool.append(b"one"), spool.append(b"two")
    (None, None)
    >>> spool[1], list(spool), len(spool)
    (b'two', [b'one', b'two'], 2)
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._held: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._starts = array("Q")
        self._end = 0

    def __len__(self) -> int:
        return len(self._starts) + len(self._held)

    def append(self, line: bytes) -> None:
        """Add a line, without its end."""
        self.extend((line,))

    def extend(self, lines: Sequence[bytes]) -> None:
        """Add lines, without their ends."""
        self._held += lines
        self._size += sum(map(len, lines))
        if self._size > self._room:
            self._spill()

    def __getitem__(self, number: int) -> bytes:
        written = len(self._starts)
        if number >= written:
            return self._held[number - written]
        file = self._spilled()
        file.seek(self._starts[number])
        return file.readline()[:-1]

    def __iter__(self) -> Iterator[bytes]:
        if self._file is not None:
            yield from _lines(self._spilled(), 0, self._end)
        yield from self._held

    def in_order(self, key: Callable[[bytes], bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The lines behind their keys, sorted; of the file, no more is held than there is room for."""
        if self._file is None:
            yield from _sorted(self._held, key)
            return
        with ExitStack() as files:
            runs = [self._sorted_run(part, key, files) for part in self._parts()]
            yield from heapq.merge(*runs)

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the object
            weakref.finalize(self, self._file.close)
        self._file.seek(self._end)
        for line in self._held:
            self._starts.append(self._end)
            self._end += len(line) + 1
        self._file.write(b"\n".join([*self._held, b""]))
        self._held, self._size = [], 0

    def _spilled(self) -> IO[bytes]:
        if self._file is None:
            raise LookupError("nothing was spilled")
        return self._file

    def _parts(self) -> Iterator[list[bytes]]:
        """The lines in parts that fit into memory."""
        part: list[bytes] = []
        size = 0
        for line in self:
            part.append(line)
            size += len(line)
            if size > self._room:
                yield part
                part, size = [], 0
        yield part

    @staticmethod
    def _sorted_run(
        part: list[bytes], key: Callable[[bytes], bytes], files: ExitStack
    ) -> Iterator[tuple[bytes, bytes]]:
        """A part, sorted and written to a file of its own, which is read as it is needed."""
        file = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        file.writelines(line + b"\n" for _, line in _sorted(part, key))
        return ((key(line), line) for line in _lines(file, 0, file.tell()))


def _sorted(lines: Sequence[bytes], key: Callable[[bytes], bytes]) -> list[tuple[bytes, bytes]]:
    return sorted(zip(map(key, lines), lines, strict=True))


def _lines(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    """Lines between two places of a file that others may read and write meanwhile."""
    rest = b""
    while start < end:
        file.seek(start)
        block = file.read(min(_READ, end - start))
        start += len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
