"""Change numbers in records, rows and arrays without changing their types: ints stay ints."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.numeric import is_number, is_whole
from pytest_modelcheck.perturb.building import called, changed, check_n, pick
from pytest_modelcheck.perturb.paths import (
    Choice,
    Path,
    found,
    is_array,
    leaves,
    parts_of,
    path_of,
    placed,
    rebuilt,
)
from pytest_modelcheck.perturb.perturbation import Perturbation

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from pytest_modelcheck.perturb.paths import Field, Fields

    # From a number and one drawn from [-1, 1) to another; from arrays of them to an array.
    Change = Callable[[Any, Any], Any]

# Integers from here on are left alone: floats skip some of them, and only identifiers are so large.
_EXACT: Final = 2**53


def is_changeable(value: object) -> bool:
    """Return whether a value is a number that can be changed: finite, not a bool, exact as a float.

    >>> [is_changeable(value) for value in (3, 2.5, True, float("nan"), "3", 2**60)]
    [True, True, False, False, False, False]
    """
    kind = type(value)
    if kind is int:
        return -_EXACT < value < _EXACT  # type: ignore[operator]
    if kind is float or kind is Decimal:
        return math.isfinite(value)  # type: ignore[arg-type]
    scalar: Any = value
    # numpy is not imported for this: most inputs hold none of its numbers.
    if kind.__module__ != "numpy" or not hasattr(scalar, "dtype") or scalar.ndim:
        return False
    return scalar.dtype.kind in "iuf" and math.isfinite(scalar) and abs(float(scalar)) < _EXACT


def like_number(old: Any, new: float) -> Any:
    """Convert a number to the type of another; if that type cannot hold it, return the other.

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
        # A price of 9.90 keeps its two decimals.
        return Decimal(repr(new)).quantize(old)
    import numpy as np

    scalar = old.dtype.type(new) if old.dtype.kind == "f" else _clipped(new, old.dtype).astype(old.dtype)[()]
    return np.asarray(scalar) if is_array(old) else scalar


def _clipped(new: Any, dtype: Any) -> Any:
    """Round to integers, and clip to the range of a type."""
    import numpy as np

    info = np.iinfo(dtype)
    # As floats, the ends of int64 round up beyond themselves, and would wrap around.
    low, high = max(info.min, -_EXACT), min(info.max, _EXACT)
    return np.clip(np.rint(new), low, high)


def changed_array(array: Any, columns: list[int] | None, change: Change, rng: Random | None) -> Any:
    """A copy of an array with the numbers in some columns changed (``None``: in all)."""
    import numpy as np

    old = array if columns is None else array[..., columns]
    drawn = 0.0 if rng is None else array_rng(rng).uniform(-1.0, 1.0, old.shape)
    # What overflows is put back below: a warning of numpy's would only worry.
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
    """A source of random arrays whose stream numpy promises to keep (newer generators may change)."""
    import numpy as np

    return np.random.RandomState(int(rng.random() * 2**32))


def renumbered(name: str, changes: list[Change], choice: Choice, *, n: int = 0) -> Perturbation:
    """A perturbation that changes every selected number.

    Args:
        name: The name of the perturbation.
        changes: Functions of a number, one variant each; with ``n``, one that makes n random ones.
        choice: The numbers to change.
        n: The number of random variants, or 0.
    """

    def apply(x: Any, rng: Random) -> list[Any]:
        refuse_without_numbers(x)
        choice.refuse_unknown(x)
        if not n:
            return [_with_numbers(x, change, choice, None) for change in changes]
        return [changed(lambda: _with_numbers(x, changes[0], choice, rng), x) for _ in range(n)]

    return Perturbation(name, apply, random=bool(n))


def _with_numbers(x: Any, change: Change, choice: Choice, rng: Random | None) -> Any:
    def leaf(path: Path, value: Any) -> Any:
        # An array is changed in one go, not number by number: an embedding has a thousand.
        if is_array(value) and value.ndim and value.dtype.kind in "iuf":
            if choice.takes_all(path):
                return changed_array(value, None, change, rng)
            columns = choice.columns(path, value)
            return changed_array(value, columns, change, rng) if columns else value
        if not is_changeable(value) or not choice.takes(path):
            return value
        drawn = 0.0 if rng is None else 2 * rng.random() - 1
        return like_number(value, change(float(value), drawn))

    return rebuilt(x, leaf)


def refuse_without_numbers(x: Any) -> None:
    """Refuse an input that cannot contain numbers, such as text."""
    if (
        parts_of(x) is None
        and not is_array(x)
        and not isinstance(x, int | float | Decimal)
        and not hasattr(x, "dtype")
    ):
        raise PerturbationError(
            f"the input is {type(x).__name__}, but this perturbation changes numbers: in a mapping, a row,"
            " an array or a dataclass, or a number itself"
        )
    if is_array(x) and x.dtype.kind not in "iufb":
        raise PerturbationError(f"the input is an array of {x.dtype}, but this perturbation changes numbers")


def jitter(
    amount: float = 0.01,
    n: int = 1,
    *,
    absolute: bool = False,
    fields: Fields | None = None,
    keep: Fields | None = None,
) -> Perturbation:
    """Move every number a little: uniformly at random, by at most ``amount``.

    Types are kept: an int stays an int (and does not change if the noise is less than a half), a ``uint8`` a
    ``uint8``, and a ``Decimal`` keeps its decimals. Booleans, NaN, infinity and fields named like
    identifiers (id, customer_id, zip, phone) are left alone, unless ``fields`` names an identifier.

    Args:
        amount: The largest change: a fraction of the number (0.01 is 1%), or with ``absolute`` in its unit.
        n: The number of variants.
        absolute: Whether ``amount`` is in the unit of the number instead of a fraction of it.
        fields: The numbers to change: ``"age"``, ``"customer.age"``, ``"items.*.price"``, or a list; for
            arrays, the index of a column.
        keep: The parts to leave alone.

    >>> jitter(0.1).preview({"id": 7, "income": 52_000, "rate": 0.5, "paid": True})
    [{'id': 7, 'income': 48562, 'rate': 0.45012592426475156, 'paid': True}]
    >>> jitter(2, absolute=True, fields="age").preview({"age": 40, "income": 52_000})
    [{'age': 38, 'income': 52000}]
    """
    check_n("jitter", n)
    if not is_number(amount) or amount <= 0:
        raise PerturbationError(f"jitter({amount!r}): the largest change must be more than 0")

    def change(value: Any, drawn: Any) -> Any:
        return value + amount * drawn if absolute else value * (1 + amount * drawn)

    name = called("jitter", amount, absolute=absolute or None, fields=fields, keep=keep)
    return renumbered(name, [change], Choice(fields, keep), n=n)


def scale(*factors: float, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Multiply every number by a factor; for several factors, one variant each.

    Numbers are selected, and types kept, as by :func:`jitter`.

    Args:
        factors: The factors.
        fields: The parts to change.
        keep: The parts to leave alone.

    >>> scale(2, 0.5, fields="income").preview({"income": 52_001, "age": 40})
    [{'income': 104002, 'age': 40}, {'income': 26000, 'age': 40}]
    >>> import numpy as np
    >>> scale(2, keep=0).preview(np.array([1.0, 2.5, 3.0]))
    [array([1., 5., 6.])]
    """
    if not factors or not all(is_number(factor) for factor in factors):
        raise PerturbationError("scale() takes the factor to multiply by, or several")

    def by(factor: float) -> Any:
        return lambda value, _: value * factor

    name = called("scale", *factors, fields=fields, keep=keep)
    return renumbered(name, [by(factor) for factor in factors], Choice(fields, keep))


def rounding(digits: int = 0, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Round every number, as people do when they copy one; halves go to the even neighbour.

    Numbers are selected, and types kept, as by :func:`jitter`.

    Args:
        digits: The number of decimals; -3 rounds to thousands.
        fields: The parts to change.
        keep: The parts to leave alone.

    >>> rounding(1).preview({"height": 1.834, "weight": 80})
    [{'height': 1.8, 'weight': 80}]
    >>> rounding(-3).preview([52_345, 0.5])
    [[52000, 0.0]]
    """
    if not is_whole(digits):
        raise PerturbationError(f"rounding({digits!r}): the number of decimals must be an integer")

    def change(value: Any, _: Any) -> Any:
        return round(value, digits) if isinstance(value, float) else value.round(digits)

    return renumbered(called("rounding", digits, fields=fields, keep=keep), [change], Choice(fields, keep))


_EXTREMES: Final = (0.0, -1.0, 1.0, -(2.0**31), 2.0**31, 1e15, 1e-9)


def boundaries(field: Field, low: float, high: float, *, step: float | None = None) -> Perturbation:
    """Set a number to both ends of its valid range, and one step inside each: four variants.

    Args:
        field: The number.
        low: The smallest valid number.
        high: The largest valid number.
        step: The distance from the ends. Default: 1 for an int, a thousandth of the range for a float.

    >>> [made["age"] for made in boundaries("age", 18, 99).preview({"age": 40, "income": 52_000})]
    [18, 19, 98, 99]
    >>> [made["rate"] for made in boundaries("rate", 0.0, 1.0).preview({"rate": 0.5})]
    [0.0, 0.001, 0.999, 1.0]
    """

    def edges(near: float) -> list[float]:
        # In a narrow range one step inside is the other end, or beyond it.
        return [low, low + near, high - near, high] if 2 * near < high - low else [low, high]

    return _at_ends("boundaries", field, (low, high), step, edges)


def out_of_range(field: Field, low: float, high: float, *, step: float | None = None) -> Perturbation:
    """Set a number to invalid values: one step below and above its range, and far below and above it.

    Args:
        field: The number.
        low: The smallest valid number.
        high: The largest valid number.
        step: The distance from the ends. Default: 1 for an int, a thousandth of the range for a float. The
            far values are ten times the range away.

    >>> [made["age"] for made in out_of_range("age", 0, 120).preview({"age": 40, "income": 52_000})]
    [-1, 121, -1200, 1320]
    """

    def outside(near: float) -> list[float]:
        far = 10 * (high - low)
        return [low - near, high + near, low - far, high + far]

    return _at_ends("out_of_range", field, (low, high), step, outside)


def extremes(n: int = 1, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Set one number to 0, -1, 1, ±2³¹, 10¹⁵ or (if a float) 10⁻⁹; another number in each variant.

    Numbers are selected as by :func:`jitter`.

    >>> extremes(n=2).preview({"id": 7, "age": 40, "income": 52_000.0})
    [{'id': 7, 'age': 40, 'income': 1e-09}, {'id': 7, 'age': 0, 'income': 52000.0}]
    """
    check_n("extremes", n)
    choice = Choice(fields, keep)

    def apply(x: Any, rng: Random) -> list[Any]:
        refuse_without_numbers(x)
        choice.refuse_unknown(x)
        places = [(path, leaf) for path, leaf in leaves(x) if is_changeable(leaf) and choice.takes(path)]

        def extreme(path: Path, old: Any) -> Any:
            whole = _is_whole(old)
            options = [
                value for value in _EXTREMES if value != old and not (whole and abs(value) < 1 and value)
            ]
            return placed(x, path, like_number(old, pick(rng, options)))

        return [extreme(*pick(rng, places)) for _ in range(n)] if places else []

    return Perturbation(called("extremes", fields=fields, keep=keep), apply)


def _at_ends(
    name: str,
    field: Field,
    ends: tuple[float, float],
    step: float | None,
    values: Callable[[float], list[float]],
) -> Perturbation:
    """A perturbation that sets a number to values which depend on the distance from the ends of its range."""
    low, high = ends
    limits = [low, high] if step is None else [low, high, step]
    if not all(map(is_number, limits)) or not low < high or (step is not None and step <= 0):
        shown = "" if step is None else f", step={step!r}"
        raise PerturbationError(
            f"{name}({field!r}, {low!r}, {high!r}{shown}): low must be less than high, and step more than 0"
        )

    def apply(x: Any, _: Random) -> list[Any]:
        path = path_of(x, field)
        old = found(x, path, field)
        if not is_changeable(old):
            raise PerturbationError(f"field={field!r} is {type(old).__name__}, not a number")
        near = step
        if near is None:
            near = 1 if _is_whole(old) else (high - low) / 1000
        return [placed(x, path, like_number(old, value)) for value in values(near)]

    return Perturbation(called(name, field, low, high, step=step), apply, random=False)


def _is_whole(value: Any) -> bool:
    return type(value) is int or getattr(getattr(value, "dtype", None), "kind", "") in ("i", "u")
