"""Cases that are in memory already: whatever can be iterated over.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.cases.rows import Row
from pytest_modelcheck.records import Case, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator


def described(source: Any) -> str:
    """What messages call a source.

    >>> described([1, 2, 3])
    'list'
    """
    return type(source).__name__


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
    if type(value).__module__ == "numpy":  # an image, a row of features, a number
        return value
    raise row.error(
        f"a {type(value).__name__} is not a case; write {{'input': …, 'expected': …}}, (input, expected)"
        " or cases.Case(…)"
    )
