"""The one way in: from whatever somebody calls cases to a :class:`Cases`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.collection import Cases
from pytest_modelcheck.cases.fields import Layout
from pytest_modelcheck.cases.sources import FileSource, IterableSource, TableSource
from pytest_modelcheck.cases.strategies import StrategySource, is_strategy
from pytest_modelcheck.cases.tables import table_of
from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from pytest_modelcheck.cases.fields import Columns
    from pytest_modelcheck.cases.sources import Source


def load(
    source: Any,
    *,
    base: str | Path | None = None,
    input: str | list[str] | tuple[str, ...] | None = None,  # noqa: A002 - the name of the field
    expected: str | list[str] | tuple[str, ...] | None = None,
    id: str | None = None,  # noqa: A002 - the name of the field
    n: int | None = None,
    seed: int = 0,
) -> Cases:
    """Cases from a file, a table, or anything to iterate over; read when they are first needed.

    Args:
        source: A path (``.yaml``, ``.jsonl``, ``.json``, ``.csv``, ``.tsv``, each also with ``.gz`` or
            ``.zst``, and ``.parquet``); a table of pandas, polars or Arrow; a dataset as Hugging Face's
            library loads it (class labels are read by their names); an iterable of mappings,
            ``(input, expected)`` tuples, :class:`~pytest_modelcheck.records.Case` objects, or inputs alone;
            or a Hypothesis strategy (see :func:`generate`).
        base: The folder that a relative path is meant from (default: that of the test file that uses it).
        input: The field that is the input, where it is not called ``input``; several make a mapping.
        expected: The field that is the expectation, where it is not called ``expected``; several make a
            mapping.
        id: The field that is the id, where it is not called ``id``.
        n: How many cases to draw from a strategy (default: 100 at most).
        seed: Which ones to draw from a strategy; it concerns nothing else.

    Returns:
        The cases. Where ``input``, ``expected`` or ``id`` is given, and in tables, further fields are
        metadata; elsewhere a field that no case has is an error.

    Raises:
        CaseError: ``source`` is nothing that cases can come from. What is wrong with a file is said when
            the file is read.

    >>> rows = [{"text": "Where is my parcel?", "label": "shipping", "language": "en"}]
    >>> case = load(rows, input="text", expected="label")[0]
    >>> case.input, case.expected, dict(case.metadata)
    ('Where is my parcel?', 'shipping', {'language': 'en'})
    """
    names = {
        field: column if isinstance(column, str) else tuple(column)
        for field, column in (("input", input), ("expected", expected), ("id", id))
        if column is not None
    }
    if is_strategy(source):
        return Cases(StrategySource(source, n, seed), Layout(names, loose=bool(names)))
    if n is not None:
        raise CaseError(
            f"n={n!r}: n is how many cases to draw from a strategy; of cases that there are, take some with "
            "cases.load(…).sample(n)"
        )
    if isinstance(source, Cases):
        return _as_loaded(source, base, names)
    return Cases(_source(source, None if base is None else Path(base)), Layout(names, loose=bool(names)))


def generate(
    strategy: Any,
    *,
    n: int | None = None,
    seed: int = 0,
    input: str | list[str] | tuple[str, ...] | None = None,  # noqa: A002 - the name of the field
    expected: str | list[str] | tuple[str, ...] | None = None,
) -> Cases:
    """Cases drawn from a Hypothesis strategy: up to ``n`` different ones, the same in every process.

    What the strategy gives is the input, unless it is a :class:`~pytest_modelcheck.records.Case`, or a
    mapping of an ``input`` and other fields of a case. Their ids come from their content. Asking for more
    keeps those that there were; another version of Hypothesis may draw others.

    Args:
        strategy: The strategy.
        n: How many cases (default: 100, or as many as there are). Where there are fewer, ``.notes`` says so.
        seed: Which ones.
        input: The field that is the input, where mappings are drawn and it is not called ``input``.
        expected: The field that is the expectation, where it is not called ``expected``.

    Raises:
        CaseError: ``strategy`` is none. (When they are read:) It breaks, throws away almost everything that
            it draws, or gives inputs without a canonical form.

    >>> from hypothesis import strategies as st
    >>> amounts = generate(st.builds("Refund {} euros".format, st.integers(1, 500)), n=20)
    >>> len(amounts), amounts[0].input == generate(st.integers(1, 500).map("Refund {} euros".format))[0].input
    (20, True)
    """
    if not is_strategy(strategy):
        raise CaseError(
            f"generate() takes a strategy of Hypothesis, not a {type(strategy).__name__}; all else is "
            "loaded: cases.load(…)"
        )
    cases = load(strategy, input=input, expected=expected, n=n, seed=seed)
    cases.check()
    return cases


def _as_loaded(source: Cases, base: str | Path | None, names: Mapping[str, Columns]) -> Cases:
    if names:
        raise CaseError(
            f"these are cases already ({source.origin}): give {', '.join(names)} where they are loaded"
        )
    return source if base is None else source.bind(Path(base))


def _source(source: Any, base: Path | None) -> Source:
    if isinstance(source, str | PurePath):
        return FileSource(source if isinstance(source, str) else Path(source), base)
    table = table_of(source)
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
