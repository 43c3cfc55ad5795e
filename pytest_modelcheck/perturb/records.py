"""Perturb records: missing values, extra fields, another order, category, type or unit."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import digest
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_choice, check_n, shuffled
from pytest_modelcheck.perturb.numbers import is_changeable
from pytest_modelcheck.perturb.paths import (
    Choice,
    Field,
    Fields,
    Path,
    dropped,
    found,
    is_array,
    is_row,
    part_at,
    parts_of,
    path_of,
    placed,
)
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.records import Case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    # How many of the base unit one is; or that, and where its zero is in the base unit.
    Scale = float | tuple[float, float]


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
    """Remove one value; another one in each variant.

    Identifiers are left alone unless ``fields`` names them.

    Args:
        n: The number of variants, at most that of the values.
        how: ``"null"``: ``None``, or NaN in an array or a row of floats. ``"drop"``: a mapping lacks the
            key. ``"empty"``: a text, a list or a mapping is empty.
        fields: What may be missing: ``"age"``, ``"customer.age"``, ``"items.*.price"``, or a list; for
            arrays, the index of a column. What is named may be a whole mapping or list.
        keep: The parts that are never missing.

    >>> missing(n=2).preview({"id": 7, "age": 40, "plan": "pro"})
    [{'id': 7, 'age': 40, 'plan': None}, {'id': 7, 'age': None, 'plan': 'pro'}]
    >>> missing(how="drop", fields="customer").preview({"customer": {"age": 40}, "plan": "pro"})
    [{'plan': 'pro'}]
    """
    check_n("missing", n)
    check_choice(f"missing(how={how!r})", how, _HOW)
    choice = Choice(fields, keep)

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
    """Add an unexpected field to a mapping; another one in each variant.

    Args:
        extra: The fields to choose from, with their values; by default harmless ones that are often there:
            source, note, version, is_test, updated_at, tags, parent.
        n: The number of variants, at most that of the fields.

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
        # Overwriting a field that the model reads would be another input, not an unexpected field.
        free = [name for name in known if name not in x]
        return [{**x, name: known[name]} for name in shuffled(free, rng)[:n]]

    return Perturbation(called("extra_fields", *([known] if extra else [])), apply)


def field_order(n: int = 1) -> Perturbation:
    """Reorder the keys of a mapping and of nested ones: for models that read mappings as text.

    The results are ``OrderedDict`` objects: in another order they are different inputs, while plain dicts
    would be equal. Does not apply to mappings with a single key.

    >>> [list(made) for made in field_order().preview({"age": 40, "plan": "pro", "country": "PE"})]
    [['country', 'age', 'plan']]
    """
    check_n("field_order", n)

    def apply(x: Any, rng: Random) -> list[Any]:
        _refuse_unless_mapping(x, "field_order")
        original = _order(x)
        made: list[Any] = []
        for _ in range(n):
            # Two keys have two orders: an order is drawn again until it is new, but not for ever.
            for _ in range(8):
                other = _reordered(x, rng)
                if _order(other) not in (original, *map(_order, made)):
                    made.append(other)
                    break
        return made

    return Perturbation("field_order", apply)


def refuse_without_fields(x: Any) -> None:
    """Refuse an input without fields, such as a text or a number."""
    if parts_of(x) is None and not (is_array(x) and x.ndim):
        raise PerturbationError(
            f"the input is {type(x).__name__}, but this perturbation needs fields: a mapping, a row, a list"
            " or a dataclass"
        )


def _can_miss(x: Any, path: Path, part: Any, how: str) -> bool:
    if how == "empty":
        return isinstance(part, str | list | tuple | dict) and len(part) > 0
    owner = reduce(part_at, path[:-1], x)
    if how == "drop":
        return isinstance(owner, Mapping) or is_row(owner)
    if is_array(owner):
        return bool(owner.dtype.kind == "f")
    return part is not None and not (isinstance(part, float) and math.isnan(part))


def _without(x: Any, path: Path, part: Any, how: str) -> Any:
    if how == "drop":
        return dropped(x, path)
    if how == "empty":
        return placed(x, path, type(part)())
    owner = reduce(part_at, path[:-1], x)
    floats = getattr(getattr(owner, "dtype", None), "kind", "") == "f"
    return placed(x, path, math.nan if floats else None)


def _reordered(x: Any, rng: Random) -> Any:
    if not isinstance(x, Mapping):
        return [_reordered(item, rng) for item in x] if isinstance(x, list) else x
    return OrderedDict((key, _reordered(x[key], rng)) for key in shuffled(list(x), rng))


def _order(x: Any) -> Any:
    """The keys in their order, and those of nested mappings."""
    if isinstance(x, Mapping):
        return [(key, _order(value)) for key, value in x.items()]
    return [_order(item) for item in x] if isinstance(x, list) else None


def _refuse_unless_mapping(x: Any, name: str) -> None:
    if not isinstance(x, Mapping):
        raise PerturbationError(f"the input is {type(x).__name__}, but {name}() needs a mapping")


def swap_category(
    field: Field, values: list[Any] | tuple[Any, ...] | None = None, n: int = 1, *, seen: Any = None
) -> Perturbation:
    """Replace a category by another one: from a list, or from those of other inputs.

    Args:
        field: The field of the category.
        values: The categories.
        n: The number of variants, at most that of the categories.
        seen: Instead of ``values``: inputs or cases, from which the categories are taken.

    >>> swap_category("plan", ["free", "pro", "team"], n=2).preview({"plan": "pro", "age": 40})
    [{'plan': 'free', 'age': 40}, {'plan': 'team', 'age': 40}]
    >>> swap_category("colour", seen=[{"colour": "red"}, {"colour": "blue"}]).preview({"colour": "red"})
    [{'colour': 'blue'}]
    """
    check_n("swap_category", n)
    if (values is None) == (seen is None):
        raise PerturbationError(f"swap_category({field!r}): give either a list of categories or seen=inputs")
    if seen is not None:
        if not isinstance(seen, Iterable) or isinstance(seen, str):
            raise PerturbationError(f"swap_category(seen={seen!r:.40}): expected inputs or cases")
        values = [_at(one.input if isinstance(one, Case) else one, field) for one in seen]
    if not isinstance(values, list | tuple) or not values:
        raise PerturbationError(f"swap_category({field!r}): the categories must be a list that is not empty")
    options = list({digest(value): value for value in values}.values())

    def apply(x: Any, rng: Random) -> list[Any]:
        path, old = path_of(x, field), _at(x, field)
        others = [value for value in options if digest(value) != digest(old)]
        return [placed(x, path, value) for value in shuffled(others, rng)[:n]]

    return Perturbation(called("swap_category", field, options), apply)


def type_noise(n: int = 1, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Change the type of one value, as careless exports do: "12" for 12, 12.0 for 12, 12 for "12".

    ``True`` becomes ``"true"`` or 1, ``None`` becomes ``""`` or ``"null"``. Identifiers are left alone
    unless ``fields`` names them.

    >>> type_noise(n=2).preview({"id": 7, "age": 40, "paid": True})
    [{'id': 7, 'age': '40', 'paid': True}, {'id': 7, 'age': 40, 'paid': 1}]
    """
    check_n("type_noise", n)
    choice = Choice(fields, keep)

    def apply(x: Any, rng: Random) -> list[Any]:
        if is_array(x):
            raise PerturbationError("the input is an array, and all values of an array have the same type")
        refuse_without_fields(x)
        choice.refuse_unknown(x)
        options = [(path, other) for path, part in choice.parts(x) for other in _other_types(part)]
        return [placed(x, path, other) for path, other in shuffled(options, rng)[:n]]

    return Perturbation(called("type_noise", fields=fields, keep=keep), apply)


def _other_types(value: Any) -> list[Any]:
    if value is None:
        return ["", "null"]
    if isinstance(value, bool):
        return [str(value).lower(), int(value)]
    if isinstance(value, str):
        # The number that a text spells exactly as a program would write it. Not "007" or "1e3": who wrote
        # those meant text, or a number with its format.
        for kind in (int, float):
            with suppress(ValueError):
                number = kind(value)
                if is_changeable(number) and str(number) == value:
                    return [number]
        return []
    if not is_changeable(value):
        return []
    others: list[Any] = [str(value)]
    if isinstance(value, int):
        others.append(float(value))
    if isinstance(value, float) and value.is_integer():
        others.append(int(value))
    return others


_SYSTEMS: Final[tuple[dict[str, Scale], ...]] = (
    # Length, mass, volume, time, speed, energy, data, temperature.
    {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000, "in": 0.0254, "ft": 0.3048, "yd": 0.9144, "mi": 1609.344},
    {"mg": 1e-6, "g": 0.001, "kg": 1, "t": 1000, "oz": 0.028349523125, "lb": 0.45359237},
    {"ml": 0.001, "cl": 0.01, "l": 1, "gal": 3.785411784},
    {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400},
    {"m/s": 1, "km/h": 1 / 3.6, "mph": 0.44704},
    {"J": 1, "kJ": 1000, "cal": 4.184, "kcal": 4184, "kWh": 3_600_000},
    {"B": 1, "kB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 1024, "MiB": 2**20, "GiB": 2**30},
    {"K": (1, 0), "C": (1, 273.15), "F": (5 / 9, 273.15 - 32 * 5 / 9)},
)
_DIGITS: Final = 12


def units(
    field: Field, to: str | list[str], *, unit: Field | str, table: Mapping[str, float] | None = None
) -> Perturbation:
    """Convert a quantity to another unit: the number, and the field that names its unit.

    Length (mm, cm, m, km, in, ft, yd, mi), mass (mg, g, kg, t, oz, lb), volume (ml, cl, l, gal), time
    (ms, s, min, h, d), temperature (C, F, K), speed (m/s, km/h, mph), energy (J, kJ, cal, kcal, kWh) and
    data (B, kB, MB, GB, KiB, MiB, GiB), after the definitions of the SI and of the international yard and
    pound; gal is that of the US. An int becomes a float where it must.

    Args:
        field: The number.
        to: The unit to convert to; for a list, one variant each.
        unit: The field that names the current unit of the number.
        table: Units of your own, each as a multiple of a common one.

    >>> units("height", "in", unit="height_unit").preview({"height": 180, "height_unit": "cm"})
    [{'height': 70.8661417323, 'height_unit': 'in'}]
    >>> units("t", ["F", "K"], unit="scale").preview({"t": 37.0, "scale": "C"})
    [{'t': 98.6, 'scale': 'F'}, {'t': 310.15, 'scale': 'K'}]
    >>> cents = units("price", "ct", unit="in", table={"EUR": 100, "ct": 1})
    >>> cents.preview({"price": 12, "in": "EUR"})
    [{'price': 1200, 'in': 'ct'}]
    """
    wanted = [to] if isinstance(to, str) else list(to)
    tables: Sequence[Mapping[str, Scale]] = _SYSTEMS if table is None else [table]
    for one in wanted or [""]:
        if not any(one in group for group in tables):
            there = ", ".join(name for group in tables for name in group)
            raise PerturbationError(
                f"units(to={one!r}): there are {there}; others with table={{name: factor}}"
            )

    def apply(x: Any, _: Random) -> list[Any]:
        number, name = _at(x, field), _at(x, unit)
        if not is_changeable(number):
            raise PerturbationError(f"field={field!r} is {type(number).__name__}, not a number")

        def converted(to: str) -> Any:
            new = _in_unit(float(number), name, to, tables)
            value = int(new) if type(number) is int and new.is_integer() else new
            return placed(placed(x, path_of(x, field), value), path_of(x, unit), to)

        return [None if one == name else converted(one) for one in wanted]

    return Perturbation(called("units", field, to, unit=unit), apply, random=False)


def _in_unit(number: float, name: Any, to: str, tables: Iterable[Mapping[str, Scale]]) -> float:
    for table in tables:
        if to in table and name in table:
            (factor, zero), (other, other_zero) = (
                scale if isinstance(scale, tuple) else (scale, 0) for scale in (table[name], table[to])
            )
            # Twelve digits: 2.54 cm must become 1 in, not 1.0000000000000002.
            return float(f"{(number * factor + zero - other_zero) / other:.{_DIGITS}g}")
    raise PerturbationError(f"the input's number is in {name!r}, which cannot be converted to {to!r}")


def _at(x: Any, field: Field) -> Any:
    return found(x, path_of(x, field), field)
