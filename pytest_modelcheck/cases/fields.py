"""What the fields of a row mean, and which of them make the case.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.records import MISSING, Case, case_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.cases.rows import Row

FIELDS: Final = ("input", "expected", "id", "metadata", "variants", "known_failure")
_KNOWN: Final = frozenset(FIELDS)
_SIMILAR: Final = 0.8
NO_REASON: Final = "known failure"
"""What stands for the reason where a case gives none: ``known_failure: true``."""
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})

Columns = str | tuple[str, ...]
"""One field of the rows, or several that make a mapping together."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which fields of the rows are a case's input, expectation and id.

    Attributes:
        names: What is called otherwise in the rows than in a case, by the name in a case.
        loose: Whether fields that mean nothing to a case are its metadata, rather than mistakes.
    """

    names: Mapping[str, Columns]
    loose: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether rows are cases as they are."""
        return not self.names and not self.loose

    def loosened(self) -> Layout:
        """The same for tables, whose further columns are metadata."""
        return replace(self, loose=True)

    def near_miss(self, name: str) -> str | None:
        """The field that was probably meant by ``name``, if there is one that rows may have.

        >>> Layout({}).near_miss("expcted"), Layout({}).near_miss("language"), Layout({}).near_miss("ID")
        ('expected', None, 'id')
        """
        free = [field for field in FIELDS if field not in self.names]
        lowered = name.lower()
        if lowered in free:
            return lowered
        close = difflib.get_close_matches(lowered, [field for field in free if len(field) > 2], 1, _SIMILAR)
        return close[0] if close else None

    def arranged(self, row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a case out of those of a row, under the names that a case has for them."""
        arranged: dict[str, Any] = {}
        taken: set[str] = set()
        for field, columns in self.names.items():
            arranged[field] = self._picked(row, values, field, columns)
            taken.update((columns,) if isinstance(columns, str) else columns)
        rest: dict[str, Any] = {}
        for name, value in values.items():
            if name in taken:
                continue
            if name in _KNOWN and name not in self.names:
                arranged[name] = value
            else:
                rest[self._extra(row, name, values)] = value
        return _with_metadata(row, arranged, rest) if rest else arranged

    def _picked(self, row: Row, values: Mapping[str, Any], field: str, columns: Columns) -> Any:
        if isinstance(columns, tuple):
            return {name: self._picked(row, values, field, name) for name in columns}
        if columns not in values:
            close = difflib.get_close_matches(columns, [str(name) for name in values], 1)
            hint = f"did you mean '{close[0]}'?" if close else f"it has {_listed(values)}"
            raise row.error(f"no '{columns}' here, which {field}={self.names[field]!r} asks for; {hint}")
        return values[columns]

    def _extra(self, row: Row, name: Any, values: Mapping[str, Any]) -> str:
        if not isinstance(name, str):
            raise row.error(f"the name of a field must be text, not {_typed(name)}")
        close = self.near_miss(name)
        if close is not None:
            raise row.error(f"unknown field '{name}': did you mean '{close}'?{_KEEP}", name)
        if not self.loose and "input" not in values:
            raise row.error(f"no field 'input'; it has {_listed(values)}. {how_to_name(list(values))}")
        if not self.loose:
            raise row.error(
                f"unknown field '{name}': what else is known of a case goes under metadata, as "
                f"{{metadata: {{{name}: …}}}}; a case has {', '.join(FIELDS)}",
                name,
            )
        return name


AS_IT_IS: Final = Layout({})
_KEEP: Final = " (if it is something else that is known of the case, put it under metadata)"


def to_case(row: Row, layout: Layout) -> Case:
    """The case that a row means.

    Raises:
        CaseError: A field is missing, unknown, or of a type that it cannot have.
    """
    value = row.value
    if type(value) is not dict:  # the usual one, told without asking an abstract class
        if isinstance(value, Case):
            return _completed(row, value)
        if not isinstance(value, Mapping):
            return Case(_alone(row, value, layout), origin=row.origin)
    if not layout.is_plain or not value.keys() <= _KNOWN:
        value = layout.arranged(row, value)
    if value.get("input") is None:
        raise row.error(_no_input(value, layout))
    return case_of(
        value["input"],
        value.get("expected", MISSING),
        _id(row, value["id"]) if "id" in value else "",
        _metadata(row, value.get("metadata")),
        _variants(row, value["variants"]) if "variants" in value else (),
        _known_failure(row, value["known_failure"]) if "known_failure" in value else None,
        row.origin,
    )


def _completed(row: Row, case: Case) -> Case:
    return case_of(
        case.input,
        case.expected,
        _id(row, case.id or None),
        _metadata(row, case.metadata) if case.metadata else {},
        _variants(row, case.variants) if case.variants else (),
        None if case.known_failure is None else _known_failure(row, case.known_failure),
        case.origin or row.origin,
    )


def _alone(row: Row, value: Any, layout: Layout) -> Any:
    if value is None:
        raise row.error("an empty row; a case needs an input")
    if layout.names:
        asked = ", ".join(f"{field}={columns!r}" for field, columns in layout.names.items())
        raise row.error(f"{asked} asks for a mapping of fields, and this is {_typed(value)}")
    if isinstance(value, list | tuple):
        raise row.error(f"a {type(value).__name__} is not a case; write {{input: …, expected: …}}")
    return value


def how_to_name(names: Sequence[Any]) -> str:
    """How to say which columns or fields are the input and the expectation, with some that may be.

    >>> how_to_name(["id", "text", "label"]).partition(": ")[2]
    "input='text', expected='label'"
    """
    free = [name for name in names if isinstance(name, str) and name not in _KNOWN]
    told = [f"input={free[0]!r}" if free else "input='…'"]
    if "expected" not in names:
        told.append(f"expected={free[1]!r}" if free[1:] else "expected='…'")
    which = "the input" if "expected" in names else "the input, and which one is expected"
    return f"Say which one is {which}, in the marker or in cases.load(): {', '.join(told)}"


def _no_input(values: Mapping[str, Any], layout: Layout) -> str:
    if "input" in values:
        name = layout.names.get("input", "input")
        which = "" if name == "input" else f" ({name!r})"
        return f"the input{which} is empty (null); every case needs one"
    close = [name for name in values if layout.near_miss(str(name)) == "input"]
    if close:
        return f"no input; did you mean 'input' where it says '{close[0]}'?"
    return f"no input: it has {_listed(values)}; every case needs an input"


def _id(row: Row, value: object) -> str:
    if value is None:
        return ""
    if type(value) is not str and (isinstance(value, bool) or not isinstance(value, (str, Real))):
        raise row.error(f"id: must be text or a number, not {_typed(value)}", "id")
    text = str(value)
    if not text or text != text.strip() or not text.isprintable():
        raise row.error(
            f"id: {text!r} is empty, or has white space around it or unprintable characters in it", "id"
        )
    return text


def _metadata(row: Row, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise row.error(f"metadata: must be a mapping of names to values, not {_typed(value)}", "metadata")
    for name in value:
        if not isinstance(name, str):
            raise row.error(f"metadata: the names must be text, not {_typed(name)}", "metadata")
    return value


def _variants(row: Row, value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise row.error(f"variants: must be a list of perturbed inputs, not {_typed(value)}", "variants")
    if any(variant is None for variant in value):
        raise row.error("variants: one of them is empty (null)", "variants")
    return tuple(value)


def _known_failure(row: Row, value: Any) -> str | None:
    if value is None or value is False:
        return None
    if value is True:
        return NO_REASON
    if isinstance(value, str) and value.strip():
        word = value.strip().lower()
        return None if word in _NO else NO_REASON if word in _YES else value.strip()
    raise row.error(
        f"known_failure: must be true or the reason in words, not {_typed(value)}", "known_failure"
    )


def _with_metadata(row: Row, arranged: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    metadata = _metadata(row, arranged.get("metadata"))
    twice = metadata.keys() & rest.keys()
    if twice:
        raise row.error(f"'{min(twice)}' is here twice: as a field of its own and under metadata", min(twice))
    arranged["metadata"] = {**metadata, **rest}
    return arranged


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"'{name}'" for name in values) or "no fields"


def _typed(value: Any) -> str:
    from pytest_modelcheck.canonical import excerpt

    return f"{type(value).__name__} {excerpt(value, 40)}".rstrip()
