"""Records that are not quite as expected: something missing, something more, another order.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_n
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.perturb.places import Path, dropped, is_array, is_row, part_at, parts_of, placed
from pytest_modelcheck.perturb.quantities import choice_of

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.choosing import Fields

_HOW: Final = ("null", "drop", "empty")
_EXTRA: Final[dict[str, Any]] = {
    "source": "import",
    "note": "",
    "version": 2,
    "is_test": False,
    "updated_at": "2024-02-29T12:00:00Z",
    "tags": [],
    "parent": None,
}


def missing(
    n: int = 1, *, how: str = "null", fields: Fields | None = None, keep: Fields | None = None
) -> Perturbation:
    """One value is missing, another in each variant.

    Identifiers are left alone unless ``fields`` names them.

    Args:
        n: How many variants to make; there are fewer where there are fewer values.
        how: ``"null"``: ``None``, or NaN in an array or a row of floats. ``"drop"``: a mapping lacks the
            key. ``"empty"``: a text, a list or a mapping is empty.
        fields: What may be missing: ``"age"``, ``"customer.age"``, ``"items.*.price"``, or a list; for
            arrays, the index of a column. What is named may be a whole mapping or list.
        keep: What is never missing.

    >>> missing(n=2).preview({"id": 7, "age": 40, "plan": "pro"})
    [{'id': 7, 'age': 40, 'plan': None}, {'id': 7, 'age': None, 'plan': 'pro'}]
    >>> missing(how="drop", fields="customer").preview({"customer": {"age": 40}, "plan": "pro"})
    [{'plan': 'pro'}]
    """
    check_n("missing", n)
    if how not in _HOW:
        raise PerturbationError(f"missing(how={how!r}): there are {', '.join(map(repr, _HOW))}")
    choice = choice_of(fields, keep)

    def apply(x: Any, rng: Random) -> list[Any]:
        refuse_without_fields(x)
        choice.refuse_unknown(x)
        named = [(path, part) for path, part in choice.parts(x) if path]
        if how != "drop" or fields is None:  # what is named and cannot be dropped is refused below
            named = [(path, part) for path, part in named if _can_miss(x, path, part, how)]
        return [_without(x, path, part, how) for path, part in shuffled(named, rng)[:n]]

    name = called("missing", how=None if how == "null" else how, fields=fields, keep=keep)
    return Perturbation(name, apply)


def extra_fields(extra: Mapping[str, Any] | None = None, n: int = 1) -> Perturbation:
    """A mapping with a field more, which nobody asked for; another in each variant.

    Args:
        extra: The fields to choose from, with their values; by default harmless ones that are often there:
            source, note, version, is_test, updated_at, tags, parent.
        n: How many variants to make; there are fewer where there are fewer fields.

    >>> extra_fields().preview({"age": 40})
    [{'age': 40, 'note': ''}]
    >>> extra_fields({"debug": True}).preview({"age": 40})
    [{'age': 40, 'debug': True}]
    """
    check_n("extra_fields", n)
    if extra is not None and (not isinstance(extra, Mapping) or not extra):
        raise PerturbationError(f"extra_fields({extra!r}): the fields are a mapping of names to values")
    known = _EXTRA if extra is None else dict(extra)

    def apply(x: Any, rng: Random) -> list[Any]:
        _refuse_unless_mapping(x, "extra_fields")
        free = [name for name in known if name not in x]
        return [{**x, name: known[name]} for name in shuffled(free, rng)[:n]]

    return Perturbation(called("extra_fields", *([known] if extra else [])), apply)


def field_order(n: int = 1) -> Perturbation:
    """The keys of a mapping, and of those in it, in another order: for models that read them as text.

    What it makes is an ``OrderedDict``: two of different order are different inputs, where plain dicts
    would be the same. Does not apply to mappings with a single key.

    >>> [list(made) for made in field_order().preview({"age": 40, "plan": "pro", "country": "PE"})]
    [['country', 'age', 'plan']]
    """
    check_n("field_order", n)

    def apply(x: Any, rng: Random) -> list[Any]:
        _refuse_unless_mapping(x, "field_order")
        original = _order(x)
        made: list[Any] = []
        for _ in range(n):
            for _ in range(8):
                other = _reordered(x, rng)
                if _order(other) not in (original, *map(_order, made)):
                    made.append(other)
                    break
        return made

    return Perturbation("field_order", apply)


def shuffled(items: list[Any], rng: Random) -> list[Any]:
    """The items in an order that is drawn."""
    return sorted(items, key=lambda _: rng.random())


def refuse_without_fields(x: Any) -> None:
    """Refuse an input that has no fields: text, a number.

    Raises:
        PerturbationError: It says what the input is.
    """
    if parts_of(x) is None and not (is_array(x) and x.ndim):
        raise PerturbationError(
            f"the input is {type(x).__name__}, and this is for fields: of a mapping, a row, a list or a"
            " dataclass"
        )


def _can_miss(x: Any, path: Path, part: Any, how: str) -> bool:
    if how == "empty":
        return isinstance(part, str | list | tuple | dict) and len(part) > 0
    owner = x
    for key in path[:-1]:
        owner = part_at(owner, key)
    if how == "drop":
        return isinstance(owner, Mapping) or is_row(owner)
    return owner.dtype.kind == "f" if is_array(owner) else not _is_missing(part)


def _without(x: Any, path: Path, part: Any, how: str) -> Any:
    if how == "drop":
        return dropped(x, path)
    if how == "empty":
        return placed(x, path, type(part)())
    owner = x
    for key in path[:-1]:
        owner = part_at(owner, key)
    floats = getattr(getattr(owner, "dtype", None), "kind", "") == "f"
    return placed(x, path, math.nan if floats else None)


def _is_missing(part: Any) -> bool:
    return part is None or (isinstance(part, float) and math.isnan(part))


def _reordered(x: Any, rng: Random) -> Any:
    if not isinstance(x, Mapping):
        return [_reordered(item, rng) for item in x] if isinstance(x, list) else x
    return OrderedDict((key, _reordered(x[key], rng)) for key in shuffled(list(x), rng))


def _order(x: Any) -> Any:
    """The keys in their order, and those of all that is in them."""
    if isinstance(x, Mapping):
        return [(key, _order(value)) for key, value in x.items()]
    return [_order(item) for item in x] if isinstance(x, list) else None


def _refuse_unless_mapping(x: Any, name: str) -> None:
    if not isinstance(x, Mapping):
        raise PerturbationError(f"the input is {type(x).__name__}, and {name}() is for mappings")
