"""Cases of a large file, which is read again at each iteration; only a few bytes of each case are held.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.files import NO_CASES
from pytest_modelcheck.cases.identity import Naming
from pytest_modelcheck.cases.rows import to_case
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_modelcheck.cases.files import CaseFile
    from pytest_modelcheck.cases.rows import Layout, Row
    from pytest_modelcheck.records import Case


def checked_paths(paths: str | Sequence[str]) -> tuple[str, ...]:
    """The fields that hold paths, as ``paths=`` names them."""
    found = (paths,) if isinstance(paths, str) or not isinstance(paths, Iterable) else tuple(paths)
    for path in found:
        if not isinstance(path, str) or path.partition(".")[0] not in ("input", "expected"):
            raise CaseError(
                f"paths={paths!r}: name fields such as 'input', 'input.image' or 'expected', whose texts are "
                "paths of files"
            )
    return found


def with_files(case: Case, row: Row, paths: Sequence[str], folder: Path) -> Case:
    """A case with a path in place of each text that names a file."""
    for path in paths:
        field, *keys = path.split(".")

        def found(text: Any, path: str = path) -> Path:
            if not isinstance(text, str):
                raise row.error(f"{path}: must be the path of a file, not {type(text).__name__}", path)
            file = folder / text
            if not file.is_file():
                raise row.error(f"{path}: there is no file {text!r}; a path starts from {folder}", path)
            return file

        if field == "expected":
            if case.expected is not MISSING:
                case = replace(case, expected=_placed(case.expected, keys, found))
            continue
        variants = tuple(
            replace(one, input=_placed(one.input, keys, found))
            if isinstance(one, Variant)
            else _placed(one, keys, found)
            for one in case.variants
        )
        case = replace(case, input=_placed(case.input, keys, found), variants=variants)
    return case


def _placed(value: Any, keys: Sequence[str], found: Callable[[Any], Path]) -> Any:
    """The value with its part at ``keys`` replaced; where a mapping has no such part, as it is."""
    if not keys:
        return [found(text) for text in value] if isinstance(value, list) else found(value)
    first, *rest = keys
    if not isinstance(value, dict) or value.get(first) is None:
        return value
    return {**value, first: _placed(value[first], rest, found)}


# The distance of stored positions: so many cases are read to get one of them.
STRIDE: Final = 64
# Up to so many selected cases are held in memory.
FEW: Final = 4096


@dataclass(frozen=True, slots=True)
class FileStream:
    """The cases of a file, without generated ids.

    Attributes:
        file: The file.
        layout: The fields of its rows.
        read: Yields the rows. Takes a list that collects the position of every :data:`STRIDE`-th row (or
            ``None``), and such a position to begin at (or ``None``).
    """

    file: CaseFile
    layout: Layout
    read: Callable[[list[Any] | None, Any], Iterator[Row]]

    def cases(self, marks: list[Any] | None = None, start: Any = None) -> Iterator[Case]:
        """The cases, from one of the positions on or from the first; ``marks`` collects the positions."""
        row = None
        paths = self.layout.paths
        for row in self.read(marks, start):
            case = to_case(row, self.layout)
            yield with_files(case, row, paths, self.file.path.parent) if paths else case
        if row is None:
            raise self.file.error(NO_CASES)


class Streamed(Sequence["Case"]):
    """The cases of a stream. Two iterations give equal cases, not the same objects."""

    def __init__(self, stream: FileStream) -> None:
        """Read all cases once, for their ids and positions."""
        self._stream = stream
        self._stamp = stream.file.stamp()
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

    def __getitem__(self, index: Any) -> Any:
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
        cases = self._stream.cases(start=self._marks[number])
        yield from self._naming.named(islice(cases, rest, rest + stop - start), start)

    def _check(self) -> None:
        if self._stream.file.stamp() != self._stamp:
            raise self._stream.file.error(
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

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self._cases[place] for place in self._places[index])
        return self._cases[self._places[index]]


def picked(cases: Sequence[Case], places: Iterable[int]) -> Sequence[Case]:
    """The cases at these indices, which are in order. A few cases are held in memory."""
    chosen = Picked(cases, array("Q", places))
    return tuple(chosen) if len(chosen) <= FEW else chosen
