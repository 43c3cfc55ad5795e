"""The cases of a check: where they come from, and which of them are meant.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from pytest_modelcheck.cases.narrowing import Filtered, Having, Sampled, Where, values_of
from pytest_modelcheck.cases.reading import Reading
from pytest_modelcheck.cases.strategies import StrategySource
from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from pytest_modelcheck.cases.fields import Layout
    from pytest_modelcheck.cases.narrowing import Narrowing
    from pytest_modelcheck.cases.sources import Source
    from pytest_modelcheck.records import Case


class Cases(Sequence["Case"]):
    """A sequence of cases, read when it is first looked at.

    Made by :func:`load`. Narrowing it (:meth:`filter`, :meth:`where`, :meth:`sample`) makes another one,
    and changes no id.

    What has been read is remembered, except for a large file (above 16 MB) of JSON Lines, CSV, TSV or
    Parquet: that is read anew each time one iterates over it, so that memory holds about 8 bytes a case and
    not the cases themselves. ``len``, indices and slices work there too (an index reads 64 cases), and two
    iterations give equal cases, but not the same objects: keep ``case.id`` and not ``id(case)``. If the file
    is written to meanwhile, the next iteration raises :class:`CaseError`.

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
        """Where the cases come from, in words: ``tickets.yaml, where language='es'``."""
        return ", ".join([self._source.name, *(str(narrowing) for narrowing in self._narrowings)])

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are read, for whoever records what a result rests on."""
        return self._source.paths

    @property
    def cluster(self) -> str | None:
        """The metadata that says which cases were made together, such as ``template``, or ``None``."""
        return self._source.cluster

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results should know of these cases, a sentence each; known once they were read."""
        return self._source.notes

    def smaller(self, case: Case) -> Generator[Case, bool, None] | None:
        """Smaller cases than one that fails, each answered with whether it does, too; of strategies only."""
        if self._narrowings or not isinstance(self._source, StrategySource):
            return None
        return self._source.smaller(case, self._layout)

    def bind(self, base: Path, root: Path | None = None) -> Cases:
        """These cases, where a relative path is meant from ``base`` unless it was said from where.

        Args:
            base: The folder of the test file.
            root: The folder from which messages name the file (default: the current one).
        """
        source = self._source.bind(base, root)
        return self if source is self._source else Cases(source, self._layout, self._narrowings)

    def check(self) -> None:
        """Raise :class:`CaseError` where it is plain, before reading any, that there are no cases to read."""
        self._source.check()

    def peek(self) -> Case | None:
        """The first case, or ``None``; of JSON Lines, no more than that is read.

        Where the case does not say its id, it is empty here: telling it takes all cases. Narrowed cases
        are all read.
        """
        if self._known is not None or self._narrowings:
            return next(iter(self), None)
        return next(self._source.cases(self._layout), None)

    def filter(self, predicate: Callable[[Case], object]) -> Cases:
        """Those of which ``predicate(case)`` holds."""
        return self._narrowed(Filtered(predicate))

    def where(self, **metadata: Any) -> Cases:
        """Those with this metadata, such as ``language="es"``.

        Raises:
            CaseError: (When they are read.) No case has such a metadata, or such a value of it.
        """
        return self._narrowed(Where(metadata))

    def sample(self, n: int, seed: int = 0) -> Cases:
        """``n`` of them, in their order.

        Which ones depends on their ids and the seed alone: neither the order of the file nor further cases
        in it change much of the sample.

        Raises:
            CaseError: ``n`` is no number of cases, or (when they are read) there are fewer.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise CaseError(f"sample({n!r}): n is a number of cases, at least 1")
        return self._narrowed(Sampled(n, seed))

    def split(self, name: str) -> dict[Any, Cases]:
        """The cases by the value of a metadata, in the order of the first of each; reads them.

        Cases without it stand under ``None``.

        Raises:
            CaseError: No case has a metadata of this name.

        >>> from pytest_modelcheck import cases
        >>> rows = [{"text": "Hi", "language": "en"}, {"text": "Hola", "language": "es"}]
        >>> {name: len(some) for name, some in cases.load(rows, input="text").split("language").items()}
        {'en': 1, 'es': 1}
        """
        return {value: self._narrowed(Having(name, value)) for value in values_of(self._all(), name)}

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
