"""Convert a quantity to another unit.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called
from pytest_modelcheck.perturb.numbers import is_number
from pytest_modelcheck.perturb.paths import Field, part, path_of, placed
from pytest_modelcheck.perturb.perturbation import Perturbation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    Scale = tuple[float, float]

    """How many of the base unit one is, and where its zero is, in the base unit."""

_PLAIN: Final[dict[str, dict[str, float]]] = {
    "length": {
        "mm": 0.001,
        "cm": 0.01,
        "m": 1,
        "km": 1000,
        "in": 0.0254,
        "ft": 0.3048,
        "yd": 0.9144,
        "mi": 1609.344,
    },
    "mass": {"mg": 1e-6, "g": 0.001, "kg": 1, "t": 1000, "oz": 0.028349523125, "lb": 0.45359237},
    "volume": {"ml": 0.001, "cl": 0.01, "l": 1, "gal": 3.785411784},
    "time": {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400},
    "speed": {"m/s": 1, "km/h": 1 / 3.6, "mph": 0.44704},
    "energy": {"J": 1, "kJ": 1000, "cal": 4.184, "kcal": 4184, "kWh": 3_600_000},
    "data": {"B": 1, "kB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 1024, "MiB": 2**20, "GiB": 2**30},
}
_TEMPERATURE: Final[dict[str, Scale]] = {"K": (1, 0), "C": (1, 273.15), "F": (5 / 9, 273.15 - 32 * 5 / 9)}
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
    known = [dict.fromkeys(table)] if table is not None else [dict.fromkeys(group) for group in _groups()]
    for one in wanted or [""]:
        if not any(one in group for group in known):
            there = ", ".join(name for group in known for name in group)
            raise PerturbationError(
                f"units(to={one!r}): there are {there}; others with table={{name: factor}}"
            )

    def apply(x: Any, _: Random) -> list[Any]:
        number, name = _at(x, field), _at(x, unit)
        if not is_number(number):
            raise PerturbationError(f"field={field!r} is {type(number).__name__}, not a number")
        return [_converted(x, (field, unit), (number, name), one, table) for one in wanted]

    return Perturbation(called("units", field, to, unit=unit), apply, random=False)


def _converted(
    x: Any, fields: tuple[Field, Field], old: tuple[Any, Any], to: str, table: Mapping[str, float] | None
) -> Any:
    number, name = old
    if name == to:
        return None
    new = _in_unit(float(number), name, to, table)
    value: Any = int(new) if type(number) is int and new.is_integer() else new
    return placed(placed(x, path_of(x, fields[0]), value), path_of(x, fields[1]), to)


def _in_unit(number: float, name: object, to: str, table: Mapping[str, float] | None) -> float:
    for group in [_scales(table)] if table is not None else _groups():
        if to in group and name in group:
            (factor, zero), (other, other_zero) = group[name], group[to]
            return float(f"{(number * factor + zero - other_zero) / other:.{_DIGITS}g}")
    raise PerturbationError(f"the input's number is in {name!r}, which cannot be converted to {to!r}")


def _groups() -> list[dict[str, Scale]]:
    return [*map(_scales, _PLAIN.values()), _TEMPERATURE]


def _scales(factors: Mapping[str, float]) -> dict[str, Scale]:
    return {name: (factor, 0) for name, factor in factors.items()}


def _at(x: Any, field: Field) -> Any:
    for key in path_of(x, field):
        x = part(x, key, field)
    return x
