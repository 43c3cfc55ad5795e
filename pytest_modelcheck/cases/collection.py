"""The cases of a check: read from their source at first use, and narrowed to some of them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, overload

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.cases.identity import identified, numbered
from pytest_modelcheck.cases.sources import FileSource, TableSource
from pytest_modelcheck.cases.strategies import StrategySource
from pytest_modelcheck.cases.streaming import Streamed, picked
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.numeric import is_whole
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_modelcheck.cases.rows import Layout
    from pytest_modelcheck.cases.sources import Source
    from pytest_modelcheck.records import Case


class Cases(Sequence["Case"]):
    """A sequence of cases, read at first use.

    Made by :func:`load`. :meth:`filter`, :meth:`where` and :meth:`sample` return another, narrower
    sequence and keep all ids.

    The cases are held in memory, except those of a large file (above 16 MB) of JSON Lines, CSV, TSV or
    Parquet: such a file is read again at each iteration, and memory holds about 8 bytes a case. ``len``,
    indices and slices work there too (an index reads 64 cases). Two iterations then give equal cases, but
    not the same objects: store ``case.id``, not ``id(case)``. If the file is written to meanwhile, the next
    iteration raises :class:`CaseError`.

    >>> from pytest_modelcheck import cases
    >>> known = cases.load([("Where is my parcel?", "shipping"), ("I want my money back", "refund")])
    >>> len(known), known[1].expected, known[1].id
    (2, 'refund', 'c-...')
    >>> [case.input for case in known.filter(lambda case: case.expected == "refund")]
    ['I want my money back']
    """

    def __init__(
        self,
        source: Source,
        layout: Layout,
        narrowings: tuple[Narrowing, ...] = (),
        reading: Reading | None = None,
    ) -> None:
        self._source = source
        self._layout = layout
        self._narrowings = narrowings
        self._reading = Reading(source, layout) if reading is None else reading
        self._known: Sequence[Case] | None = None

    def __repr__(self) -> str:
        return f"<Cases from {self.origin}>"

    @property
    def origin(self) -> str:
        """A description of the source: ``tickets.yaml, where language='es'``."""
        return ", ".join([self._source.name, *(narrowing.said for narrowing in self._narrowings)])

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that the cases are read from."""
        return self._source.paths

    @property
    def cluster(self) -> str | None:
        """The metadata that groups cases made together, such as ``template``, or ``None``."""
        return self._source.cluster

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for the readers of results, one sentence each; complete once the cases were read."""
        return self._source.notes

    @property
    def dtypes(self) -> Mapping[str, Any]:
        """The pandas types of the columns of an input that is a mapping, if the cases come from a table."""
        source = self._source
        return source.dtypes(self._layout) if isinstance(source, FileSource | TableSource) else {}

    def smaller(self, case: Case) -> Generator[Case, bool, None] | None:
        """Yield smaller cases than a failing one; send back whether each fails, too. For strategies only."""
        if self._narrowings or not isinstance(self._source, StrategySource):
            return None
        return self._source.smaller(case, self._layout)

    def bind(self, base: Path, root: Path | None = None) -> Cases:
        """The same cases, with a relative path resolved from ``base`` unless a base is already known.

        Args:
            base: The folder of the test file.
            root: The folder that paths in messages are relative to (default: the current one).
        """
        source = self._source.bind(base, root)
        return self if source is self._source else Cases(source, self._layout, self._narrowings)

    def check(self) -> None:
        """Check, without reading the cases, that there is something to read.

        Raises:
            CaseError: The file is missing or unreadable, for example.
        """
        self._source.check()

    def peek(self) -> Case | None:
        """The first case, or ``None``. Of JSON Lines, only this case is read.

        A generated id is left empty, since generating it takes all cases. Narrowed cases are all read.
        """
        if self._known is not None or self._narrowings:
            return next(iter(self), None)
        # One case, unnamed: naming would read the whole source.
        return next(self._source.cases(self._layout), None)

    def filter(self, predicate: Callable[[Case], object]) -> Cases:
        """The cases for which ``predicate(case)`` is true."""
        name = getattr(predicate, "__name__", type(predicate).__name__)
        return self._narrowed(_filtered(f"filtered by {name}", predicate))

    def where(self, **metadata: Any) -> Cases:
        """The cases with these metadata, such as ``language="es"``.

        Raises:
            CaseError: (When they are read.) No case has such a metadata, or such a value of it.
        """
        return self._narrowed(_where(metadata))

    def sample(self, n: int, seed: int = 0) -> Cases:
        """A sample of ``n`` cases, in their order.

        The sample depends on the ids and the seed alone: reordering the file does not change it, and adding
        cases changes little of it.

        Raises:
            CaseError: ``n`` is not a positive integer, or (when the cases are read) there are fewer.
        """
        if not is_whole(n, least=1):
            raise CaseError(f"sample({n!r}): n is the number of cases, at least 1")
        return self._narrowed(_sampled(n, seed))

    def split(self, name: str) -> dict[Any, Cases]:
        """Group the cases by a metadata, in order of appearance of its values. Reads the cases.

        Cases without it are grouped under ``None``.

        Raises:
            CaseError: No case has a metadata of this name.

        >>> from pytest_modelcheck import cases
        >>> rows = [{"text": "Hi", "language": "en"}, {"text": "Hola", "language": "es"}]
        >>> {name: len(some) for name, some in cases.load(rows, input="text").split("language").items()}
        {'en': 1, 'es': 1}
        """
        return {value: self._narrowed(_having(name, value)) for value in values_of(self._all(), name)}

    def _narrowed(self, narrowing: Narrowing) -> Cases:
        return Cases(self._source, self._layout, (*self._narrowings, narrowing), self._reading)

    def _all(self) -> Sequence[Case]:
        if self._known is None:
            self._known = self._reading.narrowed(self._narrowings)
        return self._known

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Case]:
        return iter(self._all())

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        return self._all()[index]


_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A selection of cases that keeps their order.

    Attributes:
        said: Its description.
        places: The indices of the selected cases, in order. It may iterate over the cases repeatedly.
    """

    said: str
    places: Callable[[Iterable[Case]], Iterable[int]]


def _filtered(said: str, predicate: Callable[[Case], object]) -> Narrowing:
    return Narrowing(said, lambda cases: (place for place, case in enumerate(cases) if predicate(case)))


def _having(name: str, value: Any) -> Narrowing:
    return _filtered(f"where {name}={value!r}", lambda case: case.metadata.get(name) == value)


def _where(metadata: Mapping[str, Any]) -> Narrowing:
    """The cases with some metadata; if there are none, the metadata are probably misspelt."""

    def has_all(case: Case) -> bool:
        return all(case.metadata.get(name, MISSING) == value for name, value in metadata.items())

    def places(cases: Iterable[Case]) -> Iterable[int]:
        found = array("Q", (place for place, case in enumerate(cases) if has_all(case)))
        for name, value in () if found else metadata.items():
            there = _values(cases, name)
            if not there:
                raise CaseError(_unknown_name(cases, name))
            if value not in there:
                raise CaseError(
                    f"where({name}={value!r}): no case has this value; the values are {_listed(there)}"
                )
        return found

    return Narrowing("where " + " and ".join(f"{name}={value!r}" for name, value in metadata.items()), places)


def _sampled(n: int, seed: int) -> Narrowing:
    """A sample of cases: those whose ids have the smallest hashes, so that others change little of it."""

    def places(cases: Iterable[Case]) -> Iterable[int]:
        # By hashes of ids, so that a case that is added or moved leaves the choice of all others as it is.
        ranked = ((digest([seed, case.id]), place) for place, case in enumerate(cases))
        chosen = sorted(place for _, place in nsmallest(n, ranked))
        if not 0 < n == len(chosen):
            raise CaseError(f"sample({n}): there are fewer cases ({sum(1 for _ in cases)})")
        return chosen

    return Narrowing(f"a sample of {n}", places)


def values_of(cases: Iterable[Case], name: str) -> list[Any]:
    """The values of a metadata, in order of appearance; ``None`` for cases without it.

    Raises:
        CaseError: No case has it, or its values are not hashable (lists).
    """
    try:
        found = list(dict.fromkeys(case.metadata.get(name, MISSING) for case in cases))
    except TypeError as error:
        raise CaseError(f"split({name!r}): its values are not hashable ({error})") from error
    if found in ([], [MISSING]):
        raise CaseError(_unknown_name(cases, name, "split"))
    return list(dict.fromkeys(None if value is MISSING else value for value in found))


def _values(cases: Iterable[Case], name: str) -> list[Any]:
    there: list[Any] = []
    for case in cases:
        value = case.metadata.get(name, MISSING)
        # A list, not a set: values of metadata need not be hashable.
        if value is not MISSING and value not in there:
            there.append(value)
    return there


def _unknown_name(cases: Iterable[Case], name: str, verb: str = "where") -> str:
    names = sorted({known for case in cases for known in case.metadata})
    close = difflib.get_close_matches(name, names, 1)
    hint = (
        f"did you mean {close[0]}?"
        if close
        else f"the names are {_listed(names)}"
        if names
        else "there is no metadata at all"
    )
    call = f"where({name}=…)" if verb == "where" else f"{verb}({name!r})"
    return f"{call}: no case has metadata of this name; {hint}"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return f"{shown}, …" if len(values) > _SHOWN else shown


class Reading:
    """The cases of one source with their ids: in memory, or read again each time if they are very many."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._known: Sequence[Case] | None = None

    def narrowed(self, narrowings: Sequence[Narrowing]) -> Sequence[Case]:
        """The cases that remain after each of these narrowings.

        Raises:
            CaseError: The source cannot be read, or a narrowing finds no cases.
        """
        known = self._all()
        for narrowing in narrowings:
            places = narrowing.places(known)
            in_memory = isinstance(known, tuple)
            known = tuple(known[place] for place in places) if in_memory else picked(known, places)
        return known

    def _all(self) -> Sequence[Case]:
        if self._known is None:
            # Numbers depend on all ids before, so that these cases are held, however many they are.
            stream = None if self._layout.numbered else self._source.stream(self._layout)
            if stream is None:
                cases = list(self._source.cases(self._layout))
                self._known = identified(numbered(cases) if self._layout.numbered else cases)
            else:
                self._known = Streamed(stream)
        return self._known
