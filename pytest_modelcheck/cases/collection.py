"""The cases of a check: made from a source, read from it at first use, and narrowed to some of them."""

from __future__ import annotations

import difflib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from heapq import nsmallest
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, overload

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.cases.identity import identified, numbered
from pytest_modelcheck.cases.rows import Layout
from pytest_modelcheck.cases.sources import (
    FileSource,
    IterableSource,
    Source,
    Streamed,
    TableSource,
    checked_paths,
    picked,
)
from pytest_modelcheck.cases.strategies import StrategySource, is_strategy
from pytest_modelcheck.cases.tables import table_of
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.numeric import is_whole
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from pytest_modelcheck.cases.rows import Columns
    from pytest_modelcheck.records import Case

    # The description of a selection of cases, and a function from cases to the indices of the selected
    # ones, in order.
    Narrowing = tuple[str, Callable[[Sequence[Case]], Iterable[int]]]


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
        read: Callable[[], Sequence[Case]] | None = None,
    ) -> None:
        self._source = source
        self._layout = layout
        self._narrowings = narrowings
        # Shared by all that is narrowed from these cases, so that the source is read once.
        self._read = read or cache(lambda: _read(source, layout))

    def __repr__(self) -> str:
        return f"<Cases from {self.origin}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process, they are read again.
        return Cases, (self._source, self._layout, self._narrowings)

    @property
    def origin(self) -> str:
        """A description of the source: ``tickets.yaml, where language='es'``."""
        return ", ".join([self._source.name, *(description for description, _ in self._narrowings)])

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
        """The pandas types of the input's columns, if the cases come from a table and inputs are mappings."""
        return self._source.dtypes(self._layout)

    def smaller(self, case: Case) -> Generator[Case, bool, None] | None:
        """Yield cases smaller than a failing one, and receive whether each fails. Only for strategies."""
        return None if self._narrowings else self._source.smaller(case, self._layout)

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
        if self._narrowings or "_known" in vars(self):
            return next(iter(self), None)
        # One case, unnamed: naming would read the whole source.
        return next(self._source.cases(self._layout), None)

    def filter(self, predicate: Callable[[Case], object]) -> Cases:
        """The cases for which ``predicate(case)`` is true."""
        name = getattr(predicate, "__name__", type(predicate).__name__)
        return self._narrowed(f"filtered by {name}", lambda cases: _places(cases, predicate))

    def where(self, **metadata: Any) -> Cases:
        """The cases with these metadata, such as ``language="es"``.

        Raises:
            CaseError: (When they are read.) No case has metadata of this name, or none has this value.
        """

        def matches(case: Case) -> bool:
            return all(case.metadata.get(name, MISSING) == value for name, value in metadata.items())

        def places(cases: Sequence[Case]) -> Iterable[int]:
            found = array("Q", _places(cases, matches))
            if not found:
                _check_metadata(cases, metadata)
            return found

        text = " and ".join(f"{name}={value!r}" for name, value in metadata.items())
        return self._narrowed(f"where {text}", places)

    def sample(self, n: int, seed: int = 0) -> Cases:
        """A sample of ``n`` cases, in their order.

        The sample depends on the ids and the seed alone: reordering the file does not change it, and adding
        cases changes little of it.

        Raises:
            CaseError: ``n`` is not a positive integer, or (when the cases are read) there are fewer.
        """
        if not is_whole(n, least=1):
            raise CaseError(f"sample({n!r}): n is the number of cases, at least 1")

        def places(cases: Sequence[Case]) -> Iterable[int]:
            # By hashes of ids: to move a case changes nothing, to add one replaces at most one.
            ranked = ((digest([seed, case.id]), place) for place, case in enumerate(cases))
            chosen = sorted(place for _, place in nsmallest(n, ranked))
            if len(chosen) < n:
                raise CaseError(f"sample({n}): there are fewer cases ({len(cases)})")
            return chosen

        return self._narrowed(f"a sample of {n}", places)

    def split(self, name: str) -> dict[Any, Cases]:
        """Group the cases by a metadata field, in order of appearance of its values. Reads the cases.

        Cases without it are grouped under ``None``.

        Raises:
            CaseError: No case has metadata of this name.

        >>> from pytest_modelcheck import cases
        >>> rows = [{"text": "Hi", "language": "en"}, {"text": "Hola", "language": "es"}]
        >>> {name: len(some) for name, some in cases.load(rows, input="text").split("language").items()}
        {'en': 1, 'es': 1}
        """
        found = [case.metadata.get(name, MISSING) for case in self._known]
        try:
            values = list(dict.fromkeys(found))
        except TypeError as error:
            raise CaseError(f"split({name!r}): its values are not hashable ({error})") from error
        if values in ([], [MISSING]):
            raise CaseError(f"split({name!r}): {_unknown_name(self._known, name)}")
        return {
            value: self._having(name, value) for value in (None if one is MISSING else one for one in values)
        }

    def _having(self, name: str, value: Any) -> Cases:
        return self._narrowed(
            f"where {name}={value!r}",
            lambda cases: _places(cases, lambda case: case.metadata.get(name) == value),
        )

    def _narrowed(self, text: str, places: Callable[[Sequence[Case]], Iterable[int]]) -> Cases:
        return Cases(self._source, self._layout, (*self._narrowings, (text, places)), self._read)

    @cached_property
    def _known(self) -> Sequence[Case]:
        known = self._read()
        for _, places in self._narrowings:
            found = places(known)
            known = (
                tuple(known[place] for place in found) if isinstance(known, tuple) else picked(known, found)
            )
        return known

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Case]:
        return iter(self._known)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Case]: ...
    def __getitem__(self, index: int | slice) -> Case | Sequence[Case]:
        return self._known[index]


def _read(source: Source, layout: Layout) -> Sequence[Case]:
    """The cases of a source with their ids: in memory, or read again each time if they are very many."""
    # The number in an id depends on all ids before it. So all cases are held in memory, however many.
    if layout.numbered:
        return identified(numbered(list(source.cases(layout))))
    stream = source.stream(layout)
    return identified(list(source.cases(layout))) if stream is None else Streamed(stream)


def _places(cases: Iterable[Case], predicate: Callable[[Case], object]) -> Iterator[int]:
    return (place for place, case in enumerate(cases) if predicate(case))


def _check_metadata(cases: Iterable[Case], metadata: Mapping[str, Any]) -> None:
    """Refuse metadata that no case has: they are probably misspelt."""
    for name, value in metadata.items():
        there: list[Any] = []  # not a set, since values of metadata need not be hashable
        for case in cases:
            if name in case.metadata and case.metadata[name] not in there:
                there.append(case.metadata[name])
        if not there:
            raise CaseError(f"where({name}=…): {_unknown_name(cases, name)}")
        if value not in there:
            raise CaseError(
                f"where({name}={value!r}): no case has this value; the values are {_listed(there)}"
            )


def _unknown_name(cases: Iterable[Case], name: str) -> str:
    names = sorted({known for case in cases for known in case.metadata})
    hint = f"the names are {_listed(names)}" if names else "there is no metadata at all"
    if close := difflib.get_close_matches(name, names, 1):
        hint = f"did you mean {close[0]}?"
    return f"no case has metadata of this name; {hint}"


def _listed(values: list[Any]) -> str:
    return ", ".join([*map(repr, values[:8]), *["…"] * (len(values) > 8)])


def load(
    source: Any,
    *,
    base: str | Path | None = None,
    input: str | list[str] | tuple[str, ...] | None = None,  # noqa: A002 - the name of the field
    expected: str | list[str] | tuple[str, ...] | None = None,
    id: str | None = None,  # noqa: A002 - the name of the field
    n: int | None = None,
    seed: int = 0,
    repeated_ids: Literal["refuse", "number"] = "refuse",
    paths: str | Sequence[str] = (),
) -> Cases:
    """Load cases from a file, a table or an iterable. They are read at first use.

    Args:
        source: A path (``.yaml``, ``.jsonl``, ``.json``, ``.csv``, ``.tsv``, each also with ``.gz`` or
            ``.zst``, and ``.parquet``); a table of pandas, polars or Arrow; a Hugging Face
            dataset (class labels become their names); an iterable of mappings,
            ``(input, expected)`` tuples, :class:`~pytest_modelcheck.records.Case` objects, or inputs alone;
            or a Hypothesis strategy (see :func:`generate`).
        base: The folder that a relative path starts from (default: that of the test file that uses it).
        input: The field that is the input, if it is not called ``input``; several form a mapping.
        expected: The field that is the expectation, if it is not called ``expected``; several form a mapping.
        id: The field that is the id, if it is not called ``id``.
        n: The number of cases to draw from a strategy (default: at most 100).
        seed: The seed for drawing from a strategy; not used otherwise.
        repeated_ids: ``"number"`` makes repeated ids unique: ``x``, ``x-2``, ``x-3``, in the order of the
            file. Reordering the file then changes ids, and all cases are held in memory.
        paths: The fields of a case whose texts are paths of files, relative to the case file: ``"input"``,
            ``["input.image", "expected"]``. The cases have a :class:`pathlib.Path` there.

    Returns:
        The cases. If ``input``, ``expected`` or ``id`` is given, and in tables, all other fields are
        metadata; otherwise an unknown field is an error.

    Raises:
        CaseError: ``source`` is not a source of cases. Errors in a file are raised when it is read.

    >>> rows = [{"text": "Where is my parcel?", "label": "shipping", "language": "en"}]
    >>> case = load(rows, input="text", expected="label")[0]
    >>> case.input, case.expected, dict(case.metadata)
    ('Where is my parcel?', 'shipping', {'language': 'en'})
    """
    names = {
        field: _named(field, column)
        for field, column in (("input", input), ("expected", expected), ("id", id))
        if column is not None
    }
    if repeated_ids not in ("refuse", "number"):
        raise CaseError(f"repeated_ids={repeated_ids!r}: choose 'refuse' or 'number'")
    files = checked_paths(paths)
    if files and not isinstance(source, str | PurePath):
        raise CaseError(f"paths={paths!r} is for case files; elsewhere, write pathlib.Path(…) into the cases")
    layout = Layout(names, loose=bool(names), numbered=repeated_ids == "number", paths=files)
    if is_strategy(source):
        return Cases(StrategySource(source, n, seed), layout)
    if n is not None:
        raise CaseError(
            f"n={n!r}: n is the number of cases to draw from a strategy; take a sample of existing cases "
            "with cases.load(…).sample(n)"
        )
    if isinstance(source, Cases):
        if names:
            raise CaseError(
                f"these cases are loaded already ({source.origin}): pass {', '.join(names)} where they are "
                "loaded"
            )
        return source if base is None else source.bind(Path(base))
    return Cases(_source(source, None if base is None else Path(base)), layout)


def generate(
    strategy: Any,
    *,
    n: int | None = None,
    seed: int = 0,
    input: str | list[str] | tuple[str, ...] | None = None,  # noqa: A002 - the name of the field
    expected: str | list[str] | tuple[str, ...] | None = None,
) -> Cases:
    """Draw up to ``n`` different cases from a Hypothesis strategy, the same ones in every process.

    The strategy draws inputs, :class:`~pytest_modelcheck.records.Case` objects, or mappings of an
    ``input`` and other fields of a case. Ids are made from the content. A larger ``n`` keeps the cases of
    a smaller one; another version of Hypothesis may draw other cases.

    Args:
        strategy: The strategy.
        n: The number of cases (default: 100, or as many as there are). If there are fewer, ``.notes``
            says so.
        seed: The seed of the draw.
        input: The field that is the input, if mappings are drawn and it is not called ``input``.
        expected: The field that is the expectation, if it is not called ``expected``.

    Raises:
        CaseError: ``strategy`` is not a strategy; or, when the cases are read: it raises, discards almost
            everything that it draws, or draws inputs without a canonical form.

    >>> from hypothesis import strategies as st
    >>> amounts = generate(st.builds("Refund {} euros".format, st.integers(1, 500)), n=20)
    >>> len(amounts), amounts[0].input == generate(st.integers(1, 500).map("Refund {} euros".format))[0].input
    (20, True)
    """
    if not is_strategy(strategy):
        raise CaseError(
            f"generate() takes a Hypothesis strategy, not a {type(strategy).__name__}; load anything "
            "else with cases.load(…)"
        )
    cases = load(strategy, input=input, expected=expected, n=n, seed=seed)
    cases.check()
    return cases


def _named(field: str, columns: Any) -> Columns:
    """Return the columns that form a field of a case, as ``input=``, ``expected=`` or ``id=`` names them."""
    if isinstance(columns, str):
        return columns
    is_list = isinstance(columns, list | tuple) and columns and field != "id"
    if not is_list or not all(isinstance(column, str) for column in columns):
        raise CaseError(f"{field}={columns!r:.60}: name the field of the rows, such as {field}='text'")
    return tuple(columns)


def _source(source: Any, base: Path | None) -> Source:
    if isinstance(source, str | PurePath):
        return FileSource(source if isinstance(source, str) else Path(source), base)
    table = None if type(source) in (list, tuple) else table_of(source)
    if table is not None:
        return TableSource(table)
    if isinstance(source, Mapping):
        raise CaseError(
            "a mapping is not a list of cases; put each case into a list: [{'input': …, 'expected': …}]"
        )
    if isinstance(source, Iterable) and not isinstance(source, bytes | bytearray):
        return IterableSource(source)
    raise CaseError(
        f"cases cannot come from a {type(source).__name__}; give a path, a list of mappings or a table"
    )
