"""Numbers at the edge of what is allowed, just beyond it, and far away.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_n
from pytest_modelcheck.perturb.focus import part, path_of
from pytest_modelcheck.perturb.perturbation import Perturbation, pick
from pytest_modelcheck.perturb.places import Path, placed
from pytest_modelcheck.perturb.quantities import (
    choice_of,
    is_number,
    like_number,
    numbers_of,
    refuse_without_numbers,
)

if TYPE_CHECKING:
    from random import Random

    from pytest_modelcheck.perturb.choosing import Fields
    from pytest_modelcheck.perturb.focus import Field

_EXTREMES: Final = (0.0, -1.0, 1.0, -(2.0**31), 2.0**31, 1e15, 1e-9)


def boundaries(field: Field, low: float, high: float, *, step: float | None = None) -> Perturbation:
    """A number at the ends of the range that is allowed, and one step inside of each: four variants.

    Args:
        field: The number.
        low: The least that is allowed.
        high: The most that is allowed.
        step: How far inside; by default 1 for an int, and a thousandth of the range for a float.

    >>> [made["age"] for made in boundaries("age", 18, 99).preview({"age": 40, "income": 52_000})]
    [18, 19, 98, 99]
    >>> [made["rate"] for made in boundaries("rate", 0.0, 1.0).preview({"rate": 0.5})]
    [0.0, 0.001, 0.999, 1.0]
    """
    _check_range("boundaries", field, low, high, step)
    name = called("boundaries", field, low, high, step=step)
    return _values(name, field, lambda old: _edges(low, high, _step(old, low, high, step)))


def out_of_range(field: Field, low: float, high: float, *, step: float | None = None) -> Perturbation:
    """A number that is not allowed: one step below the range and above it, and far below and above.

    Args:
        field: The number.
        low: The least that is allowed.
        high: The most that is allowed.
        step: How far outside; by default 1 for an int, and a thousandth of the range for a float. What is
            far is ten times the range.

    >>> [made["age"] for made in out_of_range("age", 0, 120).preview({"age": 40, "income": 52_000})]
    [-1, 121, -1200, 1320]
    """
    _check_range("out_of_range", field, low, high, step)

    def values(old: Any) -> list[float]:
        near, far = _step(old, low, high, step), 10 * (high - low)
        return [low - near, high + near, low - far, high + far]

    return _values(called("out_of_range", field, low, high, step=step), field, values)


def extremes(n: int = 1, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """One number, another in each variant, turned into 0, -1, 1, ±2³¹, 10¹⁵ or (if a float) 10⁻⁹.

    What is touched is as with :func:`jitter`.

    Args:
        n: How many variants to make.
        fields: What is touched.
        keep: What is left alone.

    >>> extremes(n=2).preview({"id": 7, "age": 40, "income": 52_000.0})
    [{'id': 7, 'age': 40, 'income': 1e-09}, {'id': 7, 'age': 0, 'income': 52000.0}]
    """
    check_n("extremes", n)
    choice = choice_of(fields, keep)

    def apply(x: Any, rng: Random) -> list[Any]:
        refuse_without_numbers(x)
        choice.refuse_unknown(x)
        places = numbers_of(x, choice)
        return [_extreme(x, *pick(rng, places), rng) for _ in range(n)] if places else []

    return Perturbation(called("extremes", fields=fields, keep=keep), apply)


def _extreme(x: Any, path: Path, old: Any, rng: Random) -> Any:
    whole = _is_whole(old)
    options = [value for value in _EXTREMES if value != old and not (whole and abs(value) < 1 and value)]
    return placed(x, path, like_number(old, pick(rng, options)))


def _values(name: str, field: Field, values: Any) -> Perturbation:
    def apply(x: Any, _: Random) -> list[Any]:
        path = path_of(x, field)
        old = x
        for key in path:
            old = part(old, key, field)
        if not is_number(old):
            raise PerturbationError(f"field={field!r} is {type(old).__name__}, and this changes a number")
        return [placed(x, path, like_number(old, value)) for value in values(old)]

    return Perturbation(name, apply, random=False)


def _edges(low: float, high: float, step: float) -> list[float]:
    return [low, low + step, high - step, high] if 2 * step < high - low else [low, high]


def _step(old: Any, low: float, high: float, step: float | None) -> float:
    if step is not None:
        return step
    return 1 if _is_whole(old) else (high - low) / 1000


def _is_whole(value: Any) -> bool:
    return type(value) is int or getattr(getattr(value, "dtype", None), "kind", "") in ("i", "u")


def _check_range(name: str, field: object, low: float, high: float, step: float | None) -> None:
    limits = [low, high] if step is None else [low, high, step]
    numbers = all(isinstance(limit, int | float) and math.isfinite(limit) for limit in limits)
    if not numbers or not low < high or (step is not None and step <= 0):
        shown = "" if step is None else f", step={step!r}"
        raise PerturbationError(
            f"{name}({field!r}, {low!r}, {high!r}{shown}): low is less than high, and step more than 0"
        )
