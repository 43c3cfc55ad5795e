"""Cases that are in memory already: tables of pandas, and whatever else can be iterated over.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.columns import Header
from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import Case, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_modelcheck.cases.fields import Layout


def is_frame(source: Any) -> bool:
    """Whether this is a table of pandas, told without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def described(source: Any) -> str:
    """What messages call a source.

    >>> described([1, 2, 3])
    'list'
    """
    return type(source).__name__


def read_frame(frame: Any, layout: Layout) -> Iterator[Row]:
    """The rows of a pandas table. A cell without value (``None``, NaN, NA, NaT) says nothing.

    An index is read only where it has a name, as one more column.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    header = Header(
        list(frame.columns), layout.loosened(), lambda message: CaseError(f"DataFrame: {message}")
    )
    isna = sys.modules["pandas"].isna
    columns = [_present(frame.iloc[:, place].tolist(), isna) for place in range(header.width)]
    for number, values in enumerate(zip(*columns, strict=True)):
        yield Row(header.fields(values), Origin(f"DataFrame[{number}]"))


def _present(values: list[Any], isna: Any) -> list[Any]:
    return [None if _is_scalar(value) and isna(value) else value for value in values]


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, str | bytes | list | tuple | Mapping) and not hasattr(value, "__array__")


def read_iterable(source: Iterable[Any]) -> Iterator[Row]:
    """The rows of an iterable of mappings, ``(input, expected)`` tuples, :class:`Case` or inputs alone."""
    name = described(source)
    for number, value in enumerate(source):
        row = Row(value, Origin(f"{name}[{number}]"))
        row.value = _untupled(row, value)
        yield row


_UNTUPLED = (Case, str, Mapping, bytes, int, float, type(None))


def _untupled(row: Row, value: Any) -> Any:
    if isinstance(value, _UNTUPLED):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, tuple):
        if len(value) != 2:
            raise row.error(
                f"a tuple of {len(value)} is not a case: (input, expected) has 2;"
                " write a mapping such as {'input': …, 'metadata': {…}}, or cases.Case(…)"
            )
        return {"input": value[0], "expected": value[1]}
    raise row.error(
        f"a {type(value).__name__} is not a case; write {{'input': …, 'expected': …}}, (input, expected)"
        " or cases.Case(…)"
    )
