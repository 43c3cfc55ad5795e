"""Cases of a large file, which is read again at each iteration; only a few bytes of each case are held.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, overload

from pytest_modelcheck.cases.files import NO_CASES
from pytest_modelcheck.cases.identity import Naming
from pytest_modelcheck.cases.paths import with_files
from pytest_modelcheck.cases.rows import to_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_modelcheck.cases.files import CaseFile
    from pytest_modelcheck.cases.rows import Layout, Row
    from pytest_modelcheck.records import Case


STRIDE: Final = 64
"""The distance of stored positions: so many cases are read to get one of them."""
FEW: Final = 4096
"""Up to so many selected cases are held in memory."""


class FileStream:
    """The cases of a file, without generated ids.

    Args:
        file: The file.
        layout: The fields of its rows.
        read: Yields the rows. Takes a list that collects the position of every :data:`STRIDE`-th row (or
            ``None``), and such a position to begin at (or ``None``).
        paths: The fields whose texts are paths of files.
    """

    def __init__(
        self,
        file: CaseFile,
        layout: Layout,
        read: Callable[..., Iterator[Row]],
        paths: tuple[str, ...] = (),
    ) -> None:
        self._file = file
        self._layout = layout
        self._read = read
        self._paths = paths

    def cases(self, marks: list[Any] | None = None) -> Iterator[Case]:
        """All cases; ``marks`` collects the positions of every :data:`STRIDE`-th.

        Raises:
            CaseError: The file has no cases, or one of them is faulty.
        """
        row = None
        for row in self._read(marks, None):
            yield self._case(row)
        if row is None:
            raise self._file.error(NO_CASES)

    def cases_from(self, mark: Any) -> Iterator[Case]:
        """The cases from a position on."""
        return map(self._case, self._read(None, mark))

    def _case(self, row: Row) -> Case:
        case = to_case(row, self._layout)
        return with_files(case, row, self._paths, self._file.path.parent) if self._paths else case

    def stamp(self) -> object:
        """A value that changes when the file is written to."""
        return self._file.stamp()

    def error(self, message: str) -> Exception:
        """An error about the file."""
        return self._file.error(message)


class Streamed(Sequence["Case"]):
    """The cases of a stream. Two iterations give equal cases, not the same objects."""

    def __init__(self, stream: FileStream) -> None:
        """Read all cases once, for their ids and positions.

        Raises:
            CaseError: One of them is faulty, or two have the same id.
        """
        self._stream = stream
        self._stamp = stream.stamp()
        self._marks: list[Any] = []
        self._naming = Naming(self._read)
        self._check()
        self._block: tuple[int, tuple[Case, ...]] = (-1, ())

    def _read(self) -> Iterator[Case]:
        self._marks.clear()
        return self._stream.cases(self._marks)

    def __len__(self) -> int:
        return len(self._naming)

    def __iter__(self) -> Iterator[Case]:
        self._check()
        yield from self._naming.named(islice(self._stream.cases(), len(self)))
        self._check()

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        places = range(len(self))[index]
        if isinstance(places, int):
            return self._at(places)
        if places.step == 1:
            return tuple(self._between(places.start, places.stop))
        return tuple(self._at(place) for place in places)

    def _at(self, place: int) -> Case:
        number, rest = divmod(place, STRIDE)
        if self._block[0] != number:
            start = number * STRIDE
            self._block = number, tuple(self._between(start, min(start + STRIDE, len(self))))
        return self._block[1][rest]

    def _between(self, start: int, stop: int) -> Iterator[Case]:
        if stop <= start:
            return
        self._check()
        number, rest = divmod(start, STRIDE)
        cases = self._stream.cases_from(self._marks[number])
        yield from self._naming.named(islice(cases, rest, rest + stop - start), start)

    def _check(self) -> None:
        if self._stream.stamp() != self._stamp:
            raise self._stream.error(
                "the file was written to while its cases were in use; run again, when it is complete"
            )


class Picked(Sequence["Case"]):
    """Selected cases of a stream, by their indices."""

    def __init__(self, cases: Sequence[Case], places: array[int]) -> None:
        self._cases = cases
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Case]:
        places = iter(self._places)
        wanted = next(places, None)
        for place, case in enumerate(self._cases):
            if place == wanted:
                yield case
                wanted = next(places, None)
            if wanted is None:
                return

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        if isinstance(index, slice):
            return tuple(self._cases[place] for place in self._places[index])
        return self._cases[self._places[index]]


def picked(cases: Sequence[Case], places: Iterable[int]) -> Sequence[Case]:
    """The cases at these indices, which are in order. A few cases are held in memory."""
    chosen = Picked(cases, array("Q", places))
    return tuple(chosen) if len(chosen) <= FEW else chosen
