"""The parts of an input that is more than text: where they are, and a copy with others in their place.

An input is taken apart into mappings, lists, tuples, dataclasses, NamedTuples, pydantic models and rows of
pandas. The places of a numpy array are its columns, along the last axis.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from copy import copy
from typing import Any

from pytest_modelcheck.canonical.fields import field_names
from pytest_modelcheck.errors import PerturbationError

Path = tuple[Hashable, ...]
"""The keys, names and indices that lead to a part: ``("items", 0, "price")``."""


def is_array(value: object) -> bool:
    """Whether a value is an array of numpy, without importing it."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def is_row(value: object) -> bool:
    """Whether a value is a Series of pandas, without importing it."""
    return type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ == "Series"


def parts_of(value: Any) -> Iterable[tuple[Hashable, Any]] | None:
    """The parts of a value, each with its key, or ``None`` for what has none. An array counts as one value.

    >>> list(parts_of({"a": 1, "b": [2]})), list(parts_of([7, 8])), parts_of("text")
    ([('a', 1), ('b', [2])], [(0, 7), (1, 8)], None)
    """
    if isinstance(value, Mapping) or is_row(value):
        return list(value.items())
    names = None if isinstance(value, type) else field_names(type(value))  # type: ignore[arg-type]
    if names is not None:
        return [(name, getattr(value, name)) for name in names]
    return list(enumerate(value)) if isinstance(value, list | tuple) else None


def walked(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every part of a value, however deep, the value itself first.

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
    """The parts that have no parts themselves; an array counts as one.

    >>> list(leaves({"a": [1, 2], "b": "x"}))
    [(('a', 0), 1), (('a', 1), 2), (('b',), 'x')]
    """
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, item = stack.pop()
        parts = parts_of(item)
        if parts is None:
            yield path, item
        else:
            stack += [((*path, key), part) for key, part in reversed(list(parts))]


def rebuilt(value: Any, change: Callable[[Path, Any], Any], path: Path = ()) -> Any:
    """A copy with every leaf passed through ``change``. What does not change is shared with the original.

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
    """One part of a value.

    Raises:
        LookupError: There is no such part.
        AttributeError: There is no such attribute.
        TypeError: A list is asked for a name.
    """
    if is_array(value):
        return value[..., key]
    if is_row(value) or (
        isinstance(value, Mapping | list | tuple) and not (isinstance(key, str) and hasattr(value, "_asdict"))
    ):
        return value[key]
    return getattr(value, str(key))


def placed(value: Any, path: Path, new: Any) -> Any:
    """A copy of a value with something else at one place of it.

    >>> placed({"a": [1, 2]}, ("a", 0), "x")
    {'a': ['x', 2]}
    """
    if not path:
        return new
    key, rest = path[0], path[1:]
    return with_parts(value, {key: placed(part_at(value, key), rest, new)})


def dropped(value: Any, path: Path) -> Any:
    """A copy of a value without one key of one of its mappings.

    >>> dropped({"a": {"b": 1, "c": 2}}, ("a", "b"))
    {'a': {'c': 2}}
    """
    key, rest = path[0], path[1:]
    if rest:
        return with_parts(value, {key: dropped(part_at(value, key), rest)})
    if is_row(value):
        return value.drop(key)
    if not isinstance(value, Mapping):
        raise PerturbationError(
            f"nothing can be dropped from {_a(value)}; how='null' puts nothing in its place"
        )
    if not isinstance(value, dict):
        return {name: part for name, part in value.items() if name != key}
    made = copy(value)
    del made[key]
    return made


def with_parts(value: Any, changed: Mapping[Any, Any]) -> Any:
    """A copy of a value, of the same type, with some of its parts changed."""
    if is_array(value):
        return _with_columns(value, changed)
    if is_row(value):
        return _with_cells(value, changed)
    if isinstance(value, Mapping):
        return (
            {**value, **changed}
            if type(value) is dict or not isinstance(value, dict)
            else _over(value, changed)
        )
    if isinstance(value, list | tuple) and not any(isinstance(key, str) for key in changed):
        items = list(value)
        for key, new in changed.items():
            items[key] = new
        return _like_sequence(value, items)
    return _with_attributes(value, {str(name): new for name, new in changed.items()})


def _over(value: Any, changed: Mapping[Any, Any]) -> Any:
    made = copy(value)
    made.update(changed)
    return made


def _like_sequence(value: Any, items: list[Any]) -> Any:
    if isinstance(value, list):
        return items
    return type(value)._make(items) if hasattr(value, "_make") else tuple(items)


def _with_columns(array: Any, changed: Mapping[Any, Any]) -> Any:
    made = array.copy()
    for column, new in changed.items():
        made[..., column] = new
    return made


def _with_cells(row: Any, changed: Mapping[Any, Any]) -> Any:
    cells = dict(row.items()) | dict(changed)
    made = row.astype(object)
    for key, new in changed.items():
        made[key] = new
    if row.dtype == object:
        return made
    same_kinds = all(type(row[key]) is type(cells[key]) for key in changed)
    return made.astype(row.dtype) if same_kinds else made.infer_objects()


def _with_attributes(value: Any, changed: dict[str, Any]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **changed)
    if hasattr(value, "model_copy"):  # pydantic
        return value.model_copy(update=changed)
    if hasattr(value, "_replace"):  # a NamedTuple
        return value._replace(**changed)
    names = ", ".join(map(repr, changed))
    raise PerturbationError(f"there is no way to change {names} in a copy of {_a(value)}")


def _a(value: Any) -> str:
    return f"a {type(value).__name__}"
