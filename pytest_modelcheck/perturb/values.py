"""Values of another kind: another category, another type.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_n
from pytest_modelcheck.perturb.focus import part, path_of
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.perturb.places import is_array, placed
from pytest_modelcheck.perturb.quantities import choice_of, is_number
from pytest_modelcheck.perturb.records import refuse_without_fields, shuffled
from pytest_modelcheck.records import Case

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.choosing import Fields
    from pytest_modelcheck.perturb.focus import Field


def swap_category(
    field: Field, values: list[Any] | tuple[Any, ...] | None = None, n: int = 1, *, seen: Any = None
) -> Perturbation:
    """Another category: one of those given, or of those that other inputs have.

    Args:
        field: Which field.
        values: The categories.
        n: How many variants to make; there are fewer where there are fewer categories.
        seen: Instead of ``values``: inputs, or cases, whose categories there are.

    >>> swap_category("plan", ["free", "pro", "team"], n=2).preview({"plan": "pro", "age": 40})
    [{'plan': 'free', 'age': 40}, {'plan': 'team', 'age': 40}]
    >>> swap_category("colour", seen=[{"colour": "red"}, {"colour": "blue"}]).preview({"colour": "red"})
    [{'colour': 'blue'}]
    """
    check_n("swap_category", n)
    options = _categories(field, values, seen)

    def apply(x: Any, rng: Random) -> list[Any]:
        path, old = path_of(x, field), _category(x, field)
        others = [value for value in options if digest(value) != digest(old)]
        return [placed(x, path, value) for value in shuffled(others, rng)[:n]]

    return Perturbation(called("swap_category", field, options), apply)


def type_noise(n: int = 1, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """One value of another type, as careless exports have it: "12" for 12, 12.0 for 12, 12 for "12".

    ``True`` becomes ``"true"`` or 1, ``None`` becomes ``""`` or ``"null"``. Identifiers are left alone
    unless ``fields`` names them.

    Args:
        n: How many variants to make.
        fields: What is touched.
        keep: What is left alone.

    >>> type_noise(n=2).preview({"id": 7, "age": 40, "paid": True})
    [{'id': 7, 'age': '40', 'paid': True}, {'id': 7, 'age': 40, 'paid': 1}]
    """
    check_n("type_noise", n)
    choice = choice_of(fields, keep)

    def apply(x: Any, rng: Random) -> list[Any]:
        if is_array(x):
            raise PerturbationError("the input is an array, whose values are all of one type")
        refuse_without_fields(x)
        choice.refuse_unknown(x)
        options = [(path, other) for path, part in choice.parts(x) for other in _other_types(part)]
        return [placed(x, path, other) for path, other in shuffled(options, rng)[:n]]

    return Perturbation(called("type_noise", fields=fields, keep=keep), apply)


def _categories(field: Field, values: object, seen: object) -> list[Any]:
    if (values is None) == (seen is None):
        raise PerturbationError(
            f"swap_category({field!r}): say either which categories there are, or seen=inputs"
        )
    options = values if seen is None else [_category(item, field) for item in _items(seen)]
    if not isinstance(options, list | tuple) or not options:
        raise PerturbationError(f"swap_category({field!r}): the categories are a list, and not empty")
    return list({digest(option): option for option in options}.values())


def _items(seen: Any) -> list[Any]:
    if not isinstance(seen, Iterable) or isinstance(seen, str):
        raise PerturbationError(f"swap_category(seen={seen!r:.40}): that is no list of inputs or cases")
    return [item.input if isinstance(item, Case) else item for item in seen]


def _category(x: Any, field: Field) -> Any:
    for key in path_of(x, field):
        x = part(x, key, field)
    return x


def _other_types(value: Any) -> list[Any]:
    if value is None:
        return ["", "null"]
    if isinstance(value, bool):
        return [str(value).lower(), int(value)]
    if isinstance(value, str):
        return _read(value)
    if not is_number(value):
        return []
    return [str(value), *([float(value)] if isinstance(value, int) else []), *_whole(value)]


def _whole(value: Any) -> list[int]:
    return [int(value)] if isinstance(value, float) and value.is_integer() else []


def _read(text: str) -> list[Any]:
    """The number that a text is, if it is one as a program would write it."""
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if is_number(number) and str(number) == text:
            return [number]
    return []
