"""Rows as they are written in a source, and the cases that they mean."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import CaseError
from pytest_modelcheck.records import MISSING, Case, Variant, case_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.records import Origin


# The fields of a case, in the order in which messages list them.
FIELDS: Final = ("input", "expected", "id", "metadata", "variants", "known_failure")

# One field of the rows, or several that form a mapping.
Columns = str | tuple[str, ...]

_KNOWN: Final = frozenset(FIELDS)
_SIMILAR: Final = 0.8
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# The usual names of the input and the expectation in the exports of other tools, the likeliest first.
_USUAL: Final = {
    "input": "input inputs question prompt query user_input text message messages instruction vars data "
    "sentence document content body",
    "expected": "expected expected_output expected_answer target reference reference_output "
    "reference_outputs ground_truth ideal gold label labels answer sentiment category class intent choice "
    "output outputs completion response assert annotations",
}


def column_for(field: str, names: Iterable[Any]) -> str | None:
    """The column that probably holds the input or the expectation, by the names that other tools give it.

    >>> column_for("expected", ["id", "input", "expectedOutput", "context"]), column_for("input", ["a", "b"])
    ('expectedOutput', None)
    """
    # In snake case, without underscores around it; of several that are alike, the first counts.
    plain = {
        _CAMEL.sub("_", str(name)).lower().replace(" ", "_").strip("_"): name
        for name in reversed(list(names))
        if name not in _KNOWN
    }
    return next((plain[usual] for usual in _USUAL[field].split() if usual in plain), None)


def how_to_name(names: Sequence[Any]) -> str:
    """Advice on how to name the columns of the input and the expectation, with likely candidates.

    >>> how_to_name(["id", "text", "label"]).partition(": ")[2]
    "input='text', expected='label'"
    >>> how_to_name(["comments", "ideal", "question"]).partition(": ")[2]
    "input='question', expected='ideal'"
    """
    free = [name for name in names if isinstance(name, str) and name not in _KNOWN]
    expected = column_for("expected", free)
    case_input = column_for("input", free) or next((name for name in free if name != expected), "…")
    expected = expected or next((name for name in free if name != case_input), "…")
    keywords = [f"input={case_input!r}"] + [f"expected={expected!r}"] * ("expected" not in names)
    which = "is the input" if "expected" in names else "are the input and the expectation"
    return f"Say which {which}, in the marker or in cases.load(): {', '.join(keywords)}"


def listed(names: Iterable[Any]) -> str:
    """Field names as messages list them."""
    return ", ".join(f"'{name}'" for name in names) or "no fields"


_LONGEST: Final = 600


@dataclass(slots=True)
class Row:
    """One entry of a source.

    Attributes:
        value: A mapping of field names to values, or just an input.
        origin: The place where it is written.
        lines: The line of each field, if fields have lines of their own.
        mark: The position in the file, from which it can be read again; ``None`` if it cannot.
    """

    value: Any
    origin: Origin
    lines: Mapping[str, int] | None = None
    mark: Any = None

    def error(self, message: str, field: str | None = None) -> CaseError:
        """An error about this row, or about one field of it."""
        line = self.origin.line
        if self.lines is not None and field is not None:
            line = self.lines.get(field, line)
        return CaseError(concise(message), self.origin.path, line)


def concise(message: str) -> str:
    """Shorten a message that quotes too much of the user's text.

    >>> len(concise("the id '" + "9" * 5000 + "' is here twice"))
    601
    """
    return message if len(message) <= _LONGEST else f"{message[:400]}…{message[400 - _LONGEST :]}"


# The reason of a known failure that gives none: `known_failure: true`.
NO_REASON: Final = "known failure"
_OF_A_VARIANT: Final = ("input", "expected", "metadata")
_MAPPED: Final = ("input", "expected", "id")
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The mapping from the fields of rows to those of a case.

    Attributes:
        names: The fields with other names in the rows, by their names in a case.
        loose: Whether unknown fields are metadata instead of errors.
        numbered: Whether repeated ids are numbered instead of refused.
        paths: The fields of a case whose texts are paths of files.
    """

    names: Mapping[str, Columns]
    loose: bool = False
    numbered: bool = False
    paths: tuple[str, ...] = ()

    def near_miss(self, name: str) -> str | None:
        """The field that was probably meant by ``name``, if rows may have it.

        Rows whose fields were named are an export, which may well have fields such as ``variant``.

        >>> Layout({}).near_miss("expcted"), Layout({}).near_miss("language"), Layout({}).near_miss("ID")
        ('expected', None, 'id')
        >>> Layout({"input": "text"}).near_miss("variant"), Layout({"input": "text"}).near_miss("expcted")
        (None, 'expected')
        """
        # With names given, other columns are metadata on purpose; only what could be a slip of these is
        # refused.
        fields = [field for field in (_MAPPED if self.names else FIELDS) if field not in self.names]
        lowered = name.lower()
        if lowered in fields:
            return lowered
        # Of two letters, "id" resembles too much.
        close = difflib.get_close_matches(lowered, [field for field in fields if field != "id"], 1, _SIMILAR)
        return close[0] if close else None

    def arranged(self, row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a case from those of a row."""
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
                self._check_extra(row, name, values)
                rest[name] = value
        if rest:
            arranged["metadata"] = united(row, arranged.get("metadata"), rest, "field")
        return arranged

    def _picked(self, row: Row, values: Mapping[str, Any], field: str, columns: Columns) -> Any:
        if isinstance(columns, tuple):
            return {name: self._picked(row, values, field, name) for name in columns}
        # A column may have a dot in its name, so the whole name comes first.
        if columns in values:
            return values[columns]
        found: Any = values
        # A path such as `data.text` or `annotations.0.result`.
        for key in columns.split("."):
            if isinstance(found, Mapping) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                close = difflib.get_close_matches(columns, [str(name) for name in values], 1)
                hint = f"did you mean '{close[0]}'?" if close else f"it has {listed(values)}"
                raise row.error(f"no '{columns}' here, which {field}={self.names[field]!r} names; {hint}")
        return found

    def _check_extra(self, row: Row, name: Any, values: Mapping[str, Any]) -> None:
        """Refuse a field that is neither one of a case nor, surely, metadata."""
        if not isinstance(name, str):
            raise row.error(f"the name of a field must be text, not {_typed(name)}")
        close = self.near_miss(name)
        if close is not None:
            keep = "if it is other information about the case, write it under metadata"
            raise row.error(f"unknown field '{name}': did you mean '{close}'? ({keep})", name)
        if self.loose:
            return
        if "input" not in values:
            raise row.error(f"no field 'input'; it has {listed(values)}. {how_to_name(list(values))}")
        expected = None if "expected" in values else column_for("expected", values)
        if expected is not None:
            raise row.error(
                f"unknown field '{name}': if the expectation is '{expected}', say so in the marker or in"
                f" cases.load(): expected={expected!r}. All other fields are metadata then",
                name,
            )
        raise row.error(
            f"unknown field '{name}': write other information about a case under metadata, "
            f"{{metadata: {{{name}: …}}}}, or say input='input' and all other fields are metadata; a case"
            f" has {', '.join(FIELDS)}",
            name,
        )


AS_IT_IS: Final = Layout({})


def to_case(row: Row, layout: Layout) -> Case:
    """Make the case of a row."""
    value = row.value
    if type(value) is not dict:  # the usual type, checked without a slow abstract class
        if isinstance(value, Case):
            return case_of(
                value.input,
                value.expected,
                _id(row, value.id or None),
                _metadata(row, value.metadata) if value.metadata else {},
                variants_of(row, value.variants, value.input) if value.variants else (),
                None if value.known_failure is None else _known_failure(row, value.known_failure),
                value.origin or row.origin,
            )
        if not isinstance(value, Mapping):
            _check_input_alone(row, value, layout)
            return case_of(value, MISSING, "", {}, origin=row.origin)
    if layout.names or layout.loose or not value.keys() <= _KNOWN:
        value = layout.arranged(row, value)
    if value.get("input") is None:
        raise row.error(_no_input(value, layout))
    return case_of(
        value["input"],
        value.get("expected", MISSING),
        _id(row, value["id"]) if "id" in value else "",
        _metadata(row, value.get("metadata")),
        variants_of(row, value["variants"], value["input"]) if "variants" in value else (),
        _known_failure(row, value["known_failure"]) if "known_failure" in value else None,
        row.origin,
    )


def _check_input_alone(row: Row, value: Any, layout: Layout) -> None:
    if value is None:
        raise row.error("an empty row; a case needs an input")
    if layout.names:
        options = ", ".join(f"{field}={columns!r}" for field, columns in layout.names.items())
        raise row.error(f"{options} needs a mapping of fields, but this is {_typed(value)}")
    if isinstance(value, list | tuple):
        raise row.error(f"a {type(value).__name__} is not a case; write {{input: …, expected: …}}")


def _no_input(values: Mapping[str, Any], layout: Layout) -> str:
    if "input" in values:
        name = layout.names.get("input", "input")
        which = "" if name == "input" else f" ({name!r})"
        return f"the input{which} is empty (null); every case needs one"
    return f"no input: it has {listed(values)}; every case needs an input"


def _id(row: Row, value: object) -> str:
    if value is None:
        return ""
    if type(value) is str:
        text = value
    elif isinstance(value, bool) or not isinstance(value, (str, Real)):
        raise row.error(f"id: must be text or a number, not {_typed(value)}", "id")
    else:
        text = str(value)
    if not text:
        raise row.error("id: is empty", "id")
    if text != text.strip():
        raise row.error(f"id: {text!r} has white space around it", "id")
    if not text.isprintable():
        hidden = next(char for char in text if not char.isprintable())
        raise row.error(f"id: {text!r} contains {hidden!r}, which cannot be printed", "id")
    return text


def united(row: Row, metadata: Any, others: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The metadata that stand under one name, and others that are each a field or a column."""
    whole = _metadata(row, metadata)
    if twice := whole.keys() & others.keys():
        raise row.error(f"'{min(twice)}' is used twice: as a {kind} and under metadata", min(twice))
    return {**whole, **others}


def _metadata(row: Row, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str) and value.lstrip().startswith("{"):  # as exports write it into a cell
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if not isinstance(value, Mapping):
        raise row.error(f"metadata: must be a mapping of names to values, not {_typed(value)}", "metadata")
    for name in value:
        if not isinstance(name, str):
            raise row.error(f"metadata: the names must be text, not {_typed(name)}", "metadata")
    return value


def variants_of(row: Row, value: Any, case_input: Any) -> tuple[Any, ...]:
    """The variants of a case: inputs, or :class:`Variant` objects with fields of their own.

    A mapping of ``input`` and ``expected`` or ``metadata`` is a variant with fields of its own, unless the
    input of the case is a mapping with a key ``input``, too.
    """
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise row.error(f"variants: must be a list of perturbed inputs, not {_typed(value)}", "variants")
    if set(map(type, value)) == {str}:
        return tuple(value)
    # If inputs are records with a field of that name, a variant with "input" is such a record.
    plain = isinstance(case_input, Mapping) and "input" in case_input
    variants = []
    for one in value:
        variant = one
        if not plain and isinstance(one, Mapping) and "input" in one:
            unknown = [name for name in one if name not in _OF_A_VARIANT]
            if unknown:
                raise row.error(
                    f"variants: unknown field '{unknown[0]}': a variant with an 'input' has"
                    f" {', '.join(_OF_A_VARIANT)} (write other information under metadata)",
                    "variants",
                )
            metadata = _metadata(row, one.get("metadata"))
            variant = Variant(one["input"], one.get("expected", MISSING), metadata)
        if variant is None or (isinstance(variant, Variant) and variant.input is None):
            raise row.error("variants: one of them is empty (null)", "variants")
        variants.append(variant)
    return tuple(variants)


def _known_failure(row: Row, value: Any) -> str | None:
    if value is None or value is False:
        return None
    if value is True:
        return NO_REASON
    if isinstance(value, str) and value.strip():
        # Tables hold text only: "TRUE" is what a spreadsheet makes of true.
        word = value.strip().lower()
        return None if word in _NO else NO_REASON if word in _YES else value.strip()
    raise row.error(
        f"known_failure: must be true or the reason in words, not {_typed(value)}", "known_failure"
    )


def _typed(value: Any) -> str:
    return f"{type(value).__name__} {excerpt(value, 40)}".rstrip()
