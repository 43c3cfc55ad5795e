"""Tables: the meaning of each column, decided once from the header.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.cases.fields import FIELDS, how_to_name
from pytest_modelcheck.cases.rows import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.cases.rows import Layout
    from pytest_modelcheck.errors import CaseError


_FAMILIES: Final = ("input", "expected", "metadata")
Step = tuple[int, str, str | None]
"""The index of a column, the field that it fills, and the name within it if the field is a mapping."""


class Header:
    """The columns of one table.

    ``input``, ``expected``, ``id``, ``known_failure`` and ``variants`` are the fields of a case. Columns
    such as ``input.subject`` and ``input.body`` form a mapping, and so do ``expected.`` and ``metadata.``
    columns. All others are metadata.
    """

    def __init__(self, names: Sequence[Any], layout: Layout, error: Callable[[str], CaseError]) -> None:
        self._error = error
        self.width = len(names)
        self._check(names)
        self.steps = [self._step(place, name, layout) for place, name in enumerate(names)]
        self._check_mapped(names, layout)
        self._check_conflicts(names)

    def fields(self, values: Sequence[Any]) -> dict[str, Any]:
        """The fields of a case from the cells of one row. A ``None`` in a cell is not a value."""
        fields: dict[str, Any] = {}
        whole = None
        for place, field, name in self.steps:
            value = values[place]
            if name is None:
                if value is not None and field == "metadata":
                    whole = _without_nulls(value)
                elif value is not None:
                    fields[field] = value
            elif value is not None or field == "input":
                fields.setdefault(field, {})[name] = value
        if whole is not None:
            fields["metadata"] = Metadata(whole, fields["metadata"]) if "metadata" in fields else whole
        inputs = fields.get("input")
        if isinstance(inputs, dict) and all(value is None for value in inputs.values()):
            inputs = None
        if inputs is None:
            fields["input"] = None  # so that the error is about this row, not about the columns
        return fields

    def _check(self, names: Sequence[Any]) -> None:
        for place, name in enumerate(names, 1):
            if not isinstance(name, str):
                raise self._error(f"the name of column {place} must be text, not {name!r}")
            if not name.strip():
                raise self._error(
                    f"column {place} has no name (pandas writes one; to_csv(index=False) does not)"
                )
        twice = sorted({name for name in names if list(names).count(name) > 1})
        if twice:
            raise self._error(f"there are two columns '{twice[0]}'")

    def _step(self, place: int, name: str, layout: Layout) -> Step:
        for field, columns in layout.names.items():
            if name == columns:
                return place, field, None
            if isinstance(columns, tuple) and name in columns:
                return place, field, name
        if name in FIELDS and name not in layout.names:
            return place, name, None
        family, dot, rest = name.partition(".")
        if dot and rest and family in _FAMILIES and family not in layout.names:
            return place, family, rest
        close = layout.near_miss(name)
        if close is not None:
            raise self._error(
                f"unknown column '{name}': did you mean '{close}'? Rename it{_or_pass(close, name)}"
                f" (if it is metadata, call it 'metadata.{name}')"
            )
        return place, "metadata", name

    def _check_mapped(self, names: Sequence[str], layout: Layout) -> None:
        for field, columns in layout.names.items():
            for column in (columns,) if isinstance(columns, str) else columns:
                if column not in names:
                    raise self._error(f"no column '{column}', which {field}={columns!r} names; {_has(names)}")
        if not any(field == "input" for _, field, _ in self.steps):
            raise self._error(f"no column 'input'; {_has(names)}. {how_to_name(names)}")

    def _check_conflicts(self, names: Sequence[str]) -> None:
        taken: dict[tuple[str, str | None], str] = {}
        for place, field, name in self.steps:
            other = taken.setdefault((field, name), names[place])
            if other != names[place]:
                raise self._error(f"the columns '{other}' and '{names[place]}' fill the same field")
        families = {field for _, field, name in self.steps if name is not None}
        for _, field, name in self.steps:
            if name is None and field in families and field != "metadata":
                raise self._error(f"there are both a column '{taken[field, None]}' and columns '{field}.…'")


def _or_pass(field: str, name: str) -> str:
    return f", or pass {field}={name!r}" if field in ("input", "expected", "id") else ""


def _without_nulls(metadata: Any) -> Any:
    """Drop the empty values of a mapping in a cell: an Arrow struct has every name in every row."""
    if not isinstance(metadata, Mapping):
        return metadata
    return {name: value for name, value in metadata.items() if value is not None}


def _has(names: Sequence[str]) -> str:
    return f"there are {', '.join(repr(name) for name in names) or 'none'}"
