"""The public functions that make :class:`Cases` from anything: :func:`load` and :func:`generate`.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from pytest_modelcheck.cases.collection import Cases
from pytest_modelcheck.cases.rows import Layout
from pytest_modelcheck.cases.sources import FileSource, IterableSource, Source, TableSource
from pytest_modelcheck.cases.strategies import StrategySource, is_strategy
from pytest_modelcheck.cases.streaming import checked_paths
from pytest_modelcheck.cases.tables import table_of
from pytest_modelcheck.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.cases.rows import Columns


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
    """The columns of rows that are a field of a case, as ``input=``, ``expected=`` or ``id=`` names them."""
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
