"""The shape of answers, as a contract: which fields they have, of which types, from which enumerations.

A shape maps fields (``"label"``, ``"items[].price"``; ``"answer"`` for the whole) to their possible values:
types (``"text"``, ``"number"``, ``"null"``), values of an enumeration as JSON, and ``"optional"`` if some
approved answer lacks the field. It is the union over all approved runs. Integers and floats are one type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from json import dumps, loads
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pytest_modelcheck.canonical import excerpt, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Shape = dict[str, list[str]]

_OPTIONAL: Final = "optional"
_WHOLE: Final = "answer"
_MOST: Final = 300
"""The largest number of fields of a shape: a mapping whose keys are data, such as words, is no contract."""


@dataclass
class Outline:
    """Gathers the shape of answers.

    Args:
        decode: Decodes the line of an answer, to read the declarations of its classes.

    >>> found = Outline()
    >>> found.add(b'{"label":"bug","priority":1}')
    >>> found.add(b'{"label":"bug","priority":null,"note":"x"}')
    >>> found.shape()["priority"], found.shape()["note"]
    (['null', 'number'], ['text', 'optional'])
    >>> list(broken(found.shape(), b'{"priority":"high"}'))
    ['label is gone', "priority is text ('high'), and was null or number"]
    """

    decode: Callable[[bytes], Any] | None = None
    _kinds: dict[str, set[str]] = field(default_factory=dict)
    _always: dict[str, set[str]] = field(default_factory=dict)
    _declared: dict[str, set[str]] = field(default_factory=dict)
    _seen: set[tuple[str, type]] = field(default_factory=set)

    def add(self, line: bytes) -> None:
        """Add one answer, given as canonical JSON."""
        for path, value in _values(loads(whole(line)), ""):
            self._kinds.setdefault(path, set()).add(_kind(value))
            if isinstance(value, dict) and _kind(value) == "object":
                names = {_inside(path, name) for name in _fields(value)}
                # A field is required if every approved answer has it.
                self._always[path] = self._always.get(path, names) & names
        if self.decode is not None:
            self._look_at(self.decode(line), "")

    def _look_at(self, value: object, path: str) -> None:
        """Record the enumerations that the classes of an answer declare."""
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            for one in value:
                self._look_at(one, f"{path}[]")
            return
        if isinstance(value, Enum):
            self._declared.setdefault(path, set()).update(dumps(one.name) for one in type(value))
            return
        if isinstance(value, dict):
            held: Mapping[Any, Any] = value
        else:
            if (path, type(value)) not in self._seen:
                self._seen.add((path, type(value)))
                for inner, values in _declarations(type(value), path):
                    self._declared.setdefault(inner, set()).update(values)
            held = {name: getattr(value, name, None) for name in _hints(type(value))}
        for name, one in held.items():
            self._look_at(one, _inside(path, str(name)))

    def shape(self) -> Shape:
        """Return the union of the shapes of all answers."""
        found: Shape = {}
        required = {path for names in self._always.values() for path in names}
        for path in sorted(self._kinds)[:_MOST]:
            kinds = self._kinds[path]
            if declared := self._declared.get(path):
                # A declared enumeration replaces "text": a member that no approved answer happened to use
                # is allowed, too.
                kinds = {kind for kind in kinds if kind in ("null", "object", "list")} | declared
            optional = [] if path in required or not _has_parent(path) else [_OPTIONAL]
            found[path or _WHOLE] = [*sorted(kinds), *optional]
        return found


def shape_of(lines: Iterable[bytes], decode: Callable[[bytes], Any] | None = None) -> Shape:
    """Return the union of the shapes of answers."""
    outline = Outline(decode)
    # Equal answers add nothing to a shape, and most checks have many.
    for line in dict.fromkeys(lines):
        outline.add(line)
    return outline.shape()


def broken(shape: Mapping[str, list[str]], line: bytes) -> Iterator[str]:
    """Describe how an answer breaks the approved shape, one clause for each field."""
    for path, value in _values(loads(whole(line)), ""):
        kind = _kind(value)
        if kind == "object":
            names = {_inside(path, name) for name in _fields(value)}
            for field_path, kinds in shape.items():
                own = field_path != _WHOLE and field_path.rpartition(".")[0] == path
                required = own and _has_parent(field_path) and _OPTIONAL not in kinds
                if required and field_path not in names:
                    yield f"{field_path} is gone"
        known = [one for one in shape.get(path or _WHOLE, ()) if one != _OPTIONAL]
        if not known or kind in known or (kind in ("text", "number", "bool") and dumps(value) in known):
            continue
        shown = f" ({excerpt(repr(value), 40)})" if kind in ("text", "number", "bool") else ""
        yield f"{path or 'the answer'} is {kind}{shown}, and was {' or '.join(known)}"


def _has_parent(path: str) -> bool:
    """Return whether a path is that of a field, which may be missing, and not of a list's element."""
    return bool(path) and not path.endswith("[]")


def _inside(path: str, name: str) -> str:
    """The path of a field. Dots in its name are escaped, so that paths are unique."""
    name = name.replace(".", "·")
    return f"{path}.{name}" if path else name


def _values(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value inside an answer, with its path."""
    if isinstance(value, dict) and len(value) == 1:
        ((mark, held),) = value.items()
        if mark in ("$tuple", "$list"):
            value = held
        elif mark == "$numpy":
            value = held[1]
    yield path, value
    if isinstance(value, list):
        for one in value:
            yield from _values(one, f"{path}[]")
    elif isinstance(value, dict) and _kind(value) == "object":
        for name in _fields(value):
            yield from _values(value[name], _inside(path, name))


def _fields(value: Mapping[str, Any]) -> list[str]:
    return [name for name in value if not name.startswith("$")]


def _kind(value: Any) -> str:
    """The type of a value; for a member of an enumeration, its name as JSON."""
    if isinstance(value, dict):
        if set(value) == {"$type", "name"}:
            return dumps(value["name"])
        mark = next(iter(value), "")
        if mark.startswith("$") and mark not in ("$type", "$default"):
            return "number" if mark in ("$float", "$int") else mark[1:]
        return "object"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "list"


def _hints(kind: type) -> Mapping[str, Any]:
    if kind.__module__ == "builtins":
        return {}
    try:
        return get_type_hints(kind)
    except (NameError, TypeError):  # a name that is only known to a type checker
        return {}


def _declarations(kind: type, path: str) -> Iterator[tuple[str, set[str]]]:
    """The enumerations that a class declares for its fields: by their types, and by its JSON Schema."""
    for name, hint in _hints(kind).items():
        yield from _by_hint(hint, _inside(path, name))
    make = getattr(kind, "model_json_schema", None)  # pydantic: Field(json_schema_extra={"enum": ...})
    if make is not None:
        try:
            schema = make(mode="serialization")
        except Exception:  # noqa: BLE001 - a class that has no schema declares nothing by it
            return
        for name, part in schema.get("properties", {}).items():
            yield from _by_schema(part, _inside(path, name))


def _by_hint(hint: Any, path: str) -> Iterator[tuple[str, set[str]]]:
    if values := set(_enumerated(hint)):
        yield path, values
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            yield from _by_hint(part, path)
    elif get_origin(hint) in (list, tuple, set, frozenset, Sequence):
        for part in get_args(hint):
            yield from _by_hint(part, f"{path}[]")


def _by_schema(part: Mapping[str, Any], path: str) -> Iterator[tuple[str, set[str]]]:
    """The same for a part of a JSON Schema; enumerations behind ``$ref`` are found through their types."""
    values = part.get("enum", [part["const"]] if "const" in part else ())
    if values:
        yield path, {dumps(value) for value in values if value is not None}
    for choice in part.get("anyOf", ()):
        yield from _by_schema(choice, path)
    if isinstance(part.get("items"), dict):
        yield from _by_schema(part["items"], f"{path}[]")


def _enumerated(hint: Any) -> Iterator[str]:
    """The values of the ``Literal`` or ``Enum`` that a field is declared with, as JSON."""
    if get_origin(hint) is Literal:
        yield from (dumps(value) for value in get_args(hint) if isinstance(value, (str, int, bool)))
    elif isinstance(hint, type) and issubclass(hint, Enum):
        yield from (dumps(one.name) for one in hint)
    elif get_origin(hint) in (Union, UnionType):
        parts = [set(_enumerated(part)) for part in get_args(hint) if part is not type(None)]
        if parts and all(parts):
            yield from set.union(*parts)
