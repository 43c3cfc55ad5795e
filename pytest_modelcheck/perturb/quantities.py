"""Numbers that are changed and stay what they were: an int an int, an ``uint8`` an ``uint8``.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import changed
from pytest_modelcheck.perturb.choosing import Choice, Fields
from pytest_modelcheck.perturb.perturbation import Perturbation
from pytest_modelcheck.perturb.places import Path, is_array, leaves, parts_of, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Change = Callable[[Any, Any], Any]
    """From a number and one drawn from [-1, 1) to another; from arrays of them to an array."""

_EXACT: Final = 2**53
"""Integers from here on are left alone: floats skip some of them, and only identifiers are so large."""


def is_number(value: object) -> bool:
    """Whether a value is a number that can be changed: finite, no truth value, exact as a float.

    >>> [is_number(value) for value in (3, 2.5, True, float("nan"), "3", 2**60)]
    [True, True, False, False, False, False]
    """
    kind = type(value)
    if kind is int:
        return -_EXACT < value < _EXACT  # type: ignore[operator]
    if kind is float or kind is Decimal:
        return math.isfinite(value)  # type: ignore[arg-type]
    scalar: Any = value
    if kind.__module__ != "numpy" or not hasattr(scalar, "dtype") or scalar.ndim:
        return False
    return scalar.dtype.kind in "iuf" and math.isfinite(scalar) and abs(float(scalar)) < _EXACT


def like_number(old: Any, new: float) -> Any:
    """A number as one of the type of another, or the other itself where that has no room for it.

    >>> like_number(3, 4.6), like_number(3.0, 4.6), like_number(Decimal("1.50"), 4.6)
    (5, 4.6, Decimal('4.60'))
    """
    if not math.isfinite(new):
        return old
    kind = type(old)
    if kind is int:
        return round(new)
    if kind is float:
        return new
    if kind is Decimal:
        return Decimal(repr(new)).quantize(old)
    scalar = old.dtype.type(new) if old.dtype.kind == "f" else _clipped(new, old.dtype).astype(old.dtype)[()]
    return _as_array(scalar) if is_array(old) else scalar


def _as_array(scalar: Any) -> Any:
    """An array without dimensions, as what was one stays one."""
    import numpy as np

    return np.asarray(scalar)


def _clipped(new: Any, dtype: Any) -> Any:
    """Whole numbers within the range of a type."""
    import numpy as np

    info = np.iinfo(dtype)
    low, high = max(info.min, -_EXACT), min(info.max, _EXACT)
    return np.clip(np.rint(new), low, high)


def changed_array(array: Any, columns: list[int] | None, change: Change, rng: Random | None) -> Any:
    """A copy of an array with the numbers in some of its columns changed (``None``: in all)."""
    import numpy as np

    old = array if columns is None else array[..., columns]
    drawn = 0.0 if rng is None else array_rng(rng).uniform(-1.0, 1.0, old.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        new = change(old.astype(np.float64), drawn)
        cast = new if array.dtype.kind == "f" else _clipped(np.nan_to_num(new), array.dtype)
        fits = np.isfinite(cast.astype(array.dtype, copy=False)) & np.isfinite(new)
    made = np.where(fits, cast, old).astype(array.dtype)
    if columns is None:
        return made
    whole = array.copy()
    whole[..., columns] = made
    return whole


def array_rng(rng: Random) -> Any:
    """A source of random arrays, whose stream numpy promises to keep (its newer ones may change).

    >>> from random import Random
    >>> array_rng(Random(0)).uniform(size=2).tolist() == array_rng(Random(0)).uniform(size=2).tolist()
    True
    """
    import numpy as np

    return np.random.RandomState(int(rng.random() * 2**32))


def renumbered(name: str, changes: list[Change], choice: Choice, *, n: int = 0) -> Perturbation:
    """A perturbation that changes every number that is touched.

    Args:
        name: What it is called.
        changes: From a number to another. Each makes a variant; with ``n``, the one makes n, at random.
        choice: Which numbers.
        n: How many random variants, or 0.
    """
    choice.check()

    def apply(x: Any, rng: Random) -> list[Any]:
        refuse_without_numbers(x)
        choice.refuse_unknown(x)
        if not n:
            return [_with_numbers(x, change, choice, None) for change in changes]
        return [changed(lambda: _with_numbers(x, changes[0], choice, rng), x) for _ in range(n)]

    return Perturbation(name, apply, random=bool(n))


def _with_numbers(x: Any, change: Change, choice: Choice, rng: Random | None) -> Any:
    def leaf(path: Path, value: Any) -> Any:
        if is_array(value) and value.ndim and value.dtype.kind in "iuf":
            if choice.takes_all(path):
                return changed_array(value, None, change, rng)
            columns = choice.columns(path, value)
            return changed_array(value, columns, change, rng) if columns else value
        if not is_number(value) or not choice.takes(path):
            return value
        drawn = 0.0 if rng is None else 2 * rng.random() - 1
        return like_number(value, change(float(value), drawn))

    return rebuilt(x, leaf)


def refuse_without_numbers(x: Any) -> None:
    """Refuse an input of a type that can hold no numbers: text, above all.

    Raises:
        PerturbationError: It says what the input is.
    """
    if (
        parts_of(x) is None
        and not is_array(x)
        and not isinstance(x, int | float | Decimal)
        and not hasattr(x, "dtype")
    ):
        raise PerturbationError(
            f"the input is {type(x).__name__}, and this changes numbers: those of a mapping, a row, an"
            " array or a dataclass, or a number itself"
        )
    if is_array(x) and x.dtype.kind not in "iufb":
        raise PerturbationError(f"the input is an array of {x.dtype}, and this changes numbers")


def numbers_of(x: Any, choice: Choice) -> list[tuple[Path, Any]]:
    """The single numbers that are touched, each with its place."""
    return [(path, leaf) for path, leaf in leaves(x) if is_number(leaf) and choice.takes(path)]


def choice_of(fields: Fields | None, keep: Fields | None) -> Choice:
    """A choice that has been checked.

    Raises:
        PerturbationError: Something names no field.
    """
    choice = Choice(fields, keep)
    choice.check()
    return choice
