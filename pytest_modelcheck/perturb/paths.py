"""Parts of an input: walk through them, find or select some, and copy the input with others in their place.

Inputs consist of mappings, lists, tuples, dataclasses, NamedTuples, pydantic models and pandas rows. The
parts of a numpy array are its columns, along the last axis.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from pytest_modelcheck.canonical.types import fields_of
from pytest_modelcheck.errors import PerturbationError

# The keys, names and indices that lead to a part: `("items", 0, "price")`.
Path = tuple[Hashable, ...]


def is_array(value: object) -> bool:
    """Return whether a value is a numpy array, without importing numpy."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def is_row(value: object) -> bool:
    """Return whether a value is a pandas Series, without importing pandas."""
    return type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ == "Series"


def parts_of(value: Any) -> Iterable[tuple[Hashable, Any]] | None:
    """The parts of a value, each with its key; ``None`` for a value without parts. An array is one value.

    >>> list(parts_of({"a": 1, "b": [2]})), list(parts_of([7, 8])), parts_of("text")
    ([('a', 1), ('b', [2])], [(0, 7), (1, 8)], None)
    """
    if isinstance(value, Mapping) or is_row(value):
        return list(value.items())
    kind: Any = type(value)
    names = None if isinstance(value, type) else fields_of(kind)
    if names is not None:
        return [(name, getattr(value, name)) for name in names]
    return list(enumerate(value)) if isinstance(value, list | tuple) else None


def walked(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All parts of a value at any depth, the value itself first.

    >>> list(walked({"a": [1, 2]}))
    [((), {'a': [1, 2]}), (('a',), [1, 2]), (('a', 0), 1), (('a', 1), 2)]
    """
    yield path, value
    if is_array(value) and value.ndim:
        for column in range(value.shape[-1]):
            yield (*path, column), value[..., column]
    for key, part in parts_of(value) or ():
        yield from walked(part, (*path, key))


def leaves(value: Any) -> Iterator[tuple[Path, Any]]:
    """The parts without parts of their own; an array is one of them.

    >>> list(leaves({"a": [1, 2], "b": "x"}))
    [(('a', 0), 1), (('a', 1), 2), (('b',), 'x')]
    """
    # A stack of its own, since nested generators pass each value up through every level.
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, item = stack.pop()
        parts = parts_of(item)
        if parts is None:
            yield path, item
        else:
            stack += [((*path, key), part) for key, part in reversed(list(parts))]


def rebuilt(value: Any, change: Callable[[Path, Any], Any], path: Path = ()) -> Any:
    """A copy with every leaf passed through ``change``. Unchanged parts are shared with the original.

    >>> rebuilt({"a": [1, 2], "b": "x"}, lambda path, leaf: 0 if path == ("a", 1) else leaf)
    {'a': [1, 0], 'b': 'x'}
    """
    parts = parts_of(value)
    if parts is None:
        return change(path, value)
    changed = {}
    for key, part in parts:
        new = rebuilt(part, change, (*path, key))
        if new is not part:
            changed[key] = new
    return with_parts(value, changed) if changed else value


def part_at(value: Any, key: Hashable) -> Any:
    """One part of a value."""
    if is_array(value):
        return value[..., key]
    if is_row(value) or (
        isinstance(value, Mapping | list | tuple) and not (isinstance(key, str) and hasattr(value, "_asdict"))
    ):
        return value[key]
    return getattr(value, str(key))


def placed(value: Any, path: Path, new: Any) -> Any:
    """A copy of a value with one part replaced.

    >>> placed({"a": [1, 2]}, ("a", 0), "x")
    {'a': ['x', 2]}
    """
    if not path:
        return new
    key, rest = path[0], path[1:]
    return with_parts(value, {key: placed(part_at(value, key), rest, new)})


def dropped(value: Any, path: Path) -> Any:
    """A copy of a value with one key removed from one of its mappings.

    >>> dropped({"a": {"b": 1, "c": 2}}, ("a", "b"))
    {'a': {'c': 2}}
    """
    key, rest = path[0], path[1:]
    if rest:
        return with_parts(value, {key: dropped(part_at(value, key), rest)})
    if is_row(value):
        return value.drop(key)
    if not isinstance(value, Mapping):
        raise PerturbationError(f"cannot drop a part of a {type(value).__name__}; use how='null'")
    # A read-only mapping has no way to lose a key, so its content becomes a dict.
    if not isinstance(value, dict):
        return {name: part for name, part in value.items() if name != key}
    made = copy(value)
    del made[key]
    return made


def with_parts(value: Any, changed: Mapping[Any, Any]) -> Any:
    """A copy of a value, of the same type, with some of its parts changed."""
    if is_array(value):
        made = value.copy()
        for column, new in changed.items():
            made[..., column] = new
        return made
    if is_row(value):
        return _with_cells(value, changed)
    if isinstance(value, Mapping):
        if type(value) is dict or not isinstance(value, dict):
            return {**value, **changed}
        made = copy(value)
        made.update(changed)
        return made
    if isinstance(value, list | tuple) and not any(isinstance(key, str) for key in changed):
        items = list(value)
        for key, new in changed.items():
            items[key] = new
        if isinstance(value, list):
            return items
        return type(value)._make(items) if hasattr(value, "_make") else tuple(items)
    return _with_attributes(value, {str(name): new for name, new in changed.items()})


def _with_cells(row: Any, changed: Mapping[Any, Any]) -> Any:
    # A cell of another type would change the type of the whole row, such as all numbers to text.
    made = row.astype(object)
    for key, new in changed.items():
        made[key] = new
    if row.dtype == object:
        return made
    same_kinds = all(type(row[key]) is type(new) for key, new in changed.items())
    return made.astype(row.dtype) if same_kinds else made.infer_objects()


def _with_attributes(value: Any, changed: dict[str, Any]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **changed)
    if hasattr(value, "model_copy"):  # pydantic
        return value.model_copy(update=changed)
    if hasattr(value, "_replace"):  # a NamedTuple
        return value._replace(**changed)
    names = ", ".join(map(repr, changed))
    raise PerturbationError(f"cannot change {names} in a copy of a {type(value).__name__}")


# A key, or keys and indices that lead to a part of nested data: `(-1, "content")`, `"customer.note"`.
Field = str | int | tuple[str | int, ...]

# One field, or a list of them: `"age"`, `"customer.age"`, `"items.*.price"`, `["age", "income"]`.
Fields = Field | list[Field]


def texts_in(x: Any, field: Fields | None) -> tuple[list[str], Callable[[Sequence[str]], Any]]:
    """The texts to perturb, and a function that returns a copy of the input with other texts.

    Without a field, there is one text: the input itself, the only text among the values of a mapping, or the
    last message of the user in a list of messages with ``role`` and ``content``.

    >>> texts, put = texts_in([{"role": "user", "content": "Hi"}], field=(-1, "content"))
    >>> texts, put(["Hello"])
    (['Hi'], [{'role': 'user', 'content': 'Hello'}])
    """
    if field is None and isinstance(x, str):  # the usual case
        return [x], itemgetter(0)
    if field == []:
        raise PerturbationError("field=[]: name at least one field")
    paths = [text_path(x, one) for one in (field if isinstance(field, list) else [field])]
    texts = [found(x, path, field) for path in paths]
    for text in texts:
        if not isinstance(text, str):
            raise PerturbationError(f"field={field!r} is {type(text).__name__}, not text")

    def put(new: Sequence[str]) -> Any:
        made = x
        for path, text in zip(paths, new, strict=True):
            made = placed(made, path, text)
        return made

    return texts, put


def text_path(x: Any, field: Field | None) -> tuple[str | int, ...]:
    """The path of the text to perturb."""
    if field is not None:
        return path_of(x, field)
    if isinstance(x, str):
        return ()
    # The last message of the user, where the input is a conversation.
    if isinstance(x, list) and all(isinstance(one, Mapping) and "role" in one for one in x):
        for at, one in reversed(list(enumerate(x))):
            if one["role"] == "user" and isinstance(one.get("content"), str):
                return (at, "content")
    if not isinstance(x, Mapping):
        raise PerturbationError(
            f"the input is {type(x).__name__}, not text; say where its text is with field='…'"
        )
    texts = [key for key, value in x.items() if isinstance(value, str)]
    if len(texts) != 1:
        there = (
            f"{len(texts)} of its values are text ({', '.join(map(repr, texts))})"
            if texts
            else "none is text"
        )
        raise PerturbationError(f"the input is a mapping, and {there}; choose one with field='…'")
    return (texts[0],)


def path_of(x: Any, field: Field) -> tuple[str | int, ...]:
    """The keys that lead to a field, which is given as a tuple, a single key, or keys joined by dots.

    >>> path_of({"a": {"b": 1}}, "a.b"), path_of({"a.b": 1}, "a.b"), path_of([{"b": 1}], "0.b")
    (('a', 'b'), ('a.b',), (0, 'b'))
    """
    if isinstance(field, tuple):
        return field
    # A key that holds a dot itself, such as a column "price.net", comes before a path.
    if not isinstance(field, str) or "." not in field or any(key == field for key, _ in parts_of(x) or ()):
        return (field,)
    return tuple(int(key) if key.lstrip("-").isdecimal() else key for key in field.split("."))


def found(x: Any, path: Path, field: object) -> Any:
    """The part of an input at the path of a field."""
    for key in path:
        try:
            x = part_at(x, key)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            there = f"; it has {', '.join(map(str, x)) or 'nothing'}" if isinstance(x, Mapping) else ""
            raise PerturbationError(f"field={field!r}: no {key!r} in a {type(x).__name__}{there}") from error
    return x


def image_path(x: Any, field: Field | None) -> tuple[Any, ...]:
    """The path of the image to perturb."""
    if field is not None:
        return path_of(x, field)
    parts = [] if is_array(x) else parts_of(x) or []
    arrays = [key for key, value in parts if is_array(value)]
    if is_array(x) or not parts:
        return ()
    if len(arrays) != 1:
        raise PerturbationError(
            f"{len(arrays) or 'none'} of the parts of the input are arrays; say where the image is with"
            " field='…'"
        )
    return (arrays[0],)


_IDENTIFIER: Final = re.compile(
    r"(?:^|[_\W])(?:ids?|uuid|guid|keys?|pk|hash|token|sku|isbn|iban|bic|ean|upc|vin|ssn|zip(?:_?code)?"
    r"|post(?:al)?_?code|phone|mobile|fax|no|nr|serial)$"
    r"|(?:account|order|customer|card|phone|invoice|ticket|serial)_?number$"
    r"|^(?:id|uuid)(?:[_\W]|$)",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_identifier(name: object) -> bool:
    """Return whether a field is an identifier rather than a quantity, judged by its name.

    >>> [is_identifier(name) for name in ("id", "customer_id", "orderId", "zip", "order_no", "phone")]
    [True, True, True, True, True, True]
    >>> [is_identifier(name) for name in ("idea", "paid", "age", "number_of_rooms", 0)]
    [False, False, False, False, False]
    """
    return isinstance(name, str) and _IDENTIFIER.search(_CAMEL.sub("_", name)) is not None


class Choice:
    """A selection of the parts of an input.

    Without ``fields``, all parts except identifiers are selected; with ``fields``, only those. ``keep``
    overrules both.
    """

    def __init__(self, fields: Fields | None = None, keep: Fields | None = None) -> None:
        self._wanted = None if fields is None else _patterns("fields", fields)
        self._kept = [] if keep is None else _patterns("keep", keep)

    def takes(self, path: Path) -> bool:
        """Return whether a part is selected."""
        if any(pattern.covers(path) for pattern in self._kept):
            return False
        if self._wanted is not None:
            return any(pattern.covers(path) for pattern in self._wanted)
        names = [key for key in path if isinstance(key, str)]
        # An order number that is scaled by 1.01 is another order, not the same one a little off.
        return not (names and is_identifier(names[-1]))

    def columns(self, path: Path, array: Any) -> list[int]:
        """The selected columns of an array: indices along its last axis."""
        return [column for column in range(array.shape[-1]) if self.takes((*path, column))]

    def takes_all(self, path: Path) -> bool:
        """Return whether an array is selected as a whole, without a look at its columns."""
        return self._wanted is None and not self._kept and self.takes(path)

    def parts(self, x: Any) -> Iterator[tuple[Path, Any]]:
        """The selected parts, one by one: the named fields, or else every value without parts."""
        if (wanted := self._wanted) is not None:
            named = ((path, part) for path, part in walked(x) if any(one.names(path) for one in wanted))
            yield from (place for place in named if not any(one.covers(place[0]) for one in self._kept))
            return
        for path, leaf in leaves(x):
            if is_array(leaf) and leaf.ndim:
                yield from (((*path, at), leaf[..., at]) for at in self.columns(path, leaf))
            elif self.takes(path):
                yield path, leaf

    def refuse_unknown(self, x: Any) -> None:
        """Refuse an input that lacks one of the named fields (``"a.*"`` may match nothing)."""
        for pattern in (*(self._wanted or ()), *self._kept):
            if "*" not in pattern.keys and not any(pattern.names(path) for path, _ in walked(x)):
                there = [".".join(map(str, path)) for path, _ in walked(x) if path]
                shown = ", ".join(there[:12]) + (", …" if len(there) > 12 else "")
                has = f"it has {shown}" if there else f"it is {type(x).__name__} and has no fields"
                raise PerturbationError(
                    f"{pattern.option}={pattern.field!r}: no such field in the input; {has}"
                )


@dataclass(frozen=True, slots=True)
class _Pattern:
    option: str
    field: Field
    keys: tuple[str, ...]

    def covers(self, path: Path) -> bool:
        """Return whether it names a part, or an ancestor of the part."""
        return any(self.names(path[:end]) for end in range(len(path) + 1))

    def names(self, path: Path) -> bool:
        """Return whether it names exactly this part."""
        if path and self.field == path[0] and len(path) == 1:
            return True
        return len(path) == len(self.keys) and all(
            wanted in ("*", str(key)) for wanted, key in zip(self.keys, path, strict=True)
        )


def _patterns(option: str, fields: Fields) -> list[_Pattern]:
    patterns = []
    for field in fields if isinstance(fields, list) else [fields]:
        keys = field if isinstance(field, tuple) else (field,)
        odd = [key for key in keys if isinstance(key, bool) or not isinstance(key, str | int) or key == ""]
        if odd or not keys:
            raise PerturbationError(
                f"{option}={field!r}: a field is a name, an index from 0, or several of them: 'customer.age',"
                " ('items', 0), ['age', 'income']"
            )
        if any(isinstance(key, int) and key < 0 for key in keys):
            raise PerturbationError(f"{option}={field!r}: count from the front; the first is 0")
        split = field.split(".") if isinstance(field, str) else [str(key) for key in keys]
        patterns.append(_Pattern(option, field, tuple(split)))
    if not patterns:
        raise PerturbationError(f"{option}=[]: name at least one field")
    return patterns
