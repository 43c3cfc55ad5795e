"""Which part of an input is perturbed: a text as a whole, or one field of a larger input.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from pytest_modelcheck.errors import PerturbationError

Field = str | int | tuple[str | int, ...]
"""A key, or the keys and indices that lead to a part of nested data: ``(-1, "content")``."""


def text_in(x: Any, field: Field | None) -> tuple[str, Callable[[str], Any]]:
    """The text that is perturbed, and a function that puts another in its place (in a copy).

    Without a field, that is the input if it is text, and the one value that is text if it is a mapping
    with exactly one.

    Raises:
        PerturbationError: There is no such field, or it is not clear which text is meant.

    >>> text, put = text_in([{"role": "user", "content": "Hi"}], field=(-1, "content"))
    >>> text, put("Hello")
    ('Hi', [{'role': 'user', 'content': 'Hello'}])
    """
    path = _path(x, field)
    text = x
    for key in path:
        text = _get(text, key, field)
    if not isinstance(text, str):
        raise PerturbationError(
            f"field={field!r} is {type(text).__name__}, and only text can be perturbed like this"
        )
    return text, lambda new: _put(x, path, new)


def _path(x: Any, field: Field | None) -> tuple[str | int, ...]:
    if field is not None:
        return field if isinstance(field, tuple) else (field,)
    if isinstance(x, str):
        return ()
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
        raise PerturbationError(f"the input is a mapping, and {there}; say which is meant with field='…'")
    return (texts[0],)


def _get(value: Any, key: str | int, field: Field | None) -> Any:
    try:
        if isinstance(value, Mapping | list | tuple) and not (
            isinstance(key, str) and hasattr(value, "_asdict")
        ):
            return value[key]  # type: ignore[index]
        return getattr(value, str(key))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        there = f"; it has {', '.join(map(str, value))}" if isinstance(value, Mapping) else ""
        raise PerturbationError(f"field={field!r}: no {key!r} in a {type(value).__name__}{there}") from error


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {**value, key: _put(value[key], rest, new)}
    if isinstance(value, list | tuple) and isinstance(key, int):
        items = list(value)
        items[key] = _put(items[key], rest, new)
        return items if isinstance(value, list) else tuple(items)
    return _with_attribute(value, str(key), _put(getattr(value, str(key)), rest, new))


def _with_attribute(value: Any, name: str, new: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{name: new})
    if hasattr(value, "model_copy"):  # pydantic
        return value.model_copy(update={name: new})
    if hasattr(value, "_replace"):  # a NamedTuple
        return value._replace(**{name: new})
    raise PerturbationError(f"there is no way to change {name!r} in a copy of a {type(value).__name__}")
