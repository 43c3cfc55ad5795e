"""Which part of an input is perturbed: a text as a whole, or one field of a larger input.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.places import part_at, parts_of, placed

Field = str | int | tuple[str | int, ...]
"""A key, or keys and indices that lead to a part of nested data: ``(-1, "content")``, ``"customer.note"``."""


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
    path = text_path(x, field)
    text = x
    for key in path:
        text = part(text, key, field)
    if not isinstance(text, str):
        raise PerturbationError(
            f"field={field!r} is {type(text).__name__}, and only text can be perturbed like this"
        )
    return text, lambda new: placed(x, path, new)


def text_path(x: Any, field: Field | None) -> tuple[str | int, ...]:
    """Where the text of an input is."""
    if field is not None:
        return path_of(x, field)
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


def path_of(x: Any, field: Field) -> tuple[str | int, ...]:
    """The keys that lead to a field: those of a tuple, one alone, or those between dots.

    >>> path_of({"a": {"b": 1}}, "a.b"), path_of({"a.b": 1}, "a.b"), path_of([{"b": 1}], "0.b")
    (('a', 'b'), ('a.b',), (0, 'b'))
    """
    if isinstance(field, tuple):
        return field
    if not isinstance(field, str) or "." not in field or any(key == field for key, _ in parts_of(x) or ()):
        return (field,)
    return tuple(int(key) if key.lstrip("-").isdecimal() else key for key in field.split("."))


def part(value: Any, key: Hashable, field: object) -> Any:
    """One part of a value, on the way to a field.

    Raises:
        PerturbationError: There is no such part.
    """
    try:
        return part_at(value, key)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        there = f"; it has {', '.join(map(str, value))}" if isinstance(value, Mapping) else ""
        raise PerturbationError(f"field={field!r}: no {key!r} in a {type(value).__name__}{there}") from error
