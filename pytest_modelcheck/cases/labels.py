"""Labels of a Hugging Face-style dataset, which keeps them as numbers and knows their names.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_modelcheck.canonical import excerpt

Reading = Callable[[Any], Any]


def reading_of(feature: Any) -> Reading | None:
    """How the values of a feature are to be read, or ``None`` where they mean what they are.

    A class label (``names``, ``int2str``) is read by its name, also in lists and mappings; a negative
    number, which such datasets write where there is no label, is read as ``None``. A value that is no
    label raises :class:`ValueError`.

    >>> class Label:
    ...     names = ["refund", "shipping"]
    ...     def int2str(self, number): return self.names[number]
    >>> reading_of(Label())(1), reading_of([Label()])([0, 1, -1]), reading_of("string")
    ('shipping', ['refund', 'shipping', None], None)
    """
    if isinstance(feature, Mapping):
        return _of_mapping({name: reading_of(inner) for name, inner in feature.items()})
    if isinstance(feature, list | tuple):
        return _of_list(reading_of(feature[0])) if len(feature) == 1 else None
    if hasattr(feature, "feature"):
        return _of_sequence(feature.feature)
    if callable(getattr(feature, "int2str", None)) and getattr(feature, "names", None):
        return _named(feature)
    return None


def _named(feature: Any) -> Reading:
    def read(value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        try:
            number = int(value)
            return None if number < 0 else feature.int2str(number)
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(f"{excerpt(value, 40)} is no label; there are {len(feature.names)}") from error

    return read


def _of_sequence(feature: Any) -> Reading | None:
    """A list of values; one of mappings may be kept as a mapping of lists."""
    rows = _of_list(reading_of(feature))
    if rows is None or not isinstance(feature, Mapping):
        return rows
    columns = _of_mapping({name: _of_list(reading_of(inner)) for name, inner in feature.items()})
    return lambda value: columns(value) if columns and isinstance(value, Mapping) else rows(value)


def _of_list(inner: Reading | None) -> Reading | None:
    if inner is None:
        return None
    return lambda value: None if value is None else [inner(item) for item in value]


def _of_mapping(inner: Mapping[str, Reading | None]) -> Reading | None:
    known = {name: read for name, read in inner.items() if read is not None}
    if not known:
        return None

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: known[name](item) if name in known else item for name, item in value.items()}

    return read
