"""Other numbers in place of those in a record, a row or an array: a little off, scaled, rounded.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.perturb.building import called, check_n
from pytest_modelcheck.perturb.choosing import Choice
from pytest_modelcheck.perturb.quantities import renumbered

if TYPE_CHECKING:
    from pytest_modelcheck.perturb.choosing import Fields
    from pytest_modelcheck.perturb.perturbation import Perturbation


def jitter(
    amount: float = 0.01,
    n: int = 1,
    *,
    absolute: bool = False,
    fields: Fields | None = None,
    keep: Fields | None = None,
) -> Perturbation:
    """Every number a little off: uniformly within ``amount`` of it, which is thus the most that it moves.

    An int stays an int (and is as it was where the noise is less than a half), an ``uint8`` an ``uint8``,
    a ``Decimal`` keeps its decimals. Truth values, NaN and infinity are not touched, nor, unless ``fields``
    names them, what is called like an identifier (id, customer_id, zip, phone).

    Args:
        amount: How far at most: a part of the number (0.01 is 1%), or with ``absolute`` in its own unit.
        n: How many variants to make.
        absolute: Whether ``amount`` is in the unit of the number.
        fields: What is touched: ``"age"``, ``"customer.age"``, ``"items.*.price"``, or a list; for arrays,
            the index of a column.
        keep: What is left alone.

    >>> jitter(0.1).preview({"id": 7, "income": 52_000, "rate": 0.5, "paid": True})
    [{'id': 7, 'income': 48562, 'rate': 0.45012592426475156, 'paid': True}]
    >>> jitter(2, absolute=True, fields="age").preview({"age": 40, "income": 52_000})
    [{'age': 38, 'income': 52000}]
    """
    check_n("jitter", n)
    if not _is_positive(amount):
        raise PerturbationError(f"jitter({amount!r}): how far numbers move at most is more than 0")

    def change(value: Any, drawn: Any) -> Any:
        return value + amount * drawn if absolute else value * (1 + amount * drawn)

    name = called("jitter", amount, absolute=absolute or None, fields=fields, keep=keep)
    return renumbered(name, [change], Choice(fields, keep), n=n)


def scale(*factors: float, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Every number times a factor; of several factors, one variant each.

    What is touched, and what it stays, is as with :func:`jitter`.

    Args:
        factors: What numbers are multiplied by.
        fields: What is touched.
        keep: What is left alone.

    >>> scale(2, 0.5, fields="income").preview({"income": 52_001, "age": 40})
    [{'income': 104002, 'age': 40}, {'income': 26000, 'age': 40}]
    >>> import numpy as np
    >>> scale(2, keep=0).preview(np.array([1.0, 2.5, 3.0]))
    [array([1., 5., 6.])]
    """
    if not factors or not all(_is_finite(factor) for factor in factors):
        raise PerturbationError("scale() takes the factor to multiply by, or several")

    def by(factor: float) -> Any:
        return lambda value, _: value * factor

    name = called("scale", *factors, fields=fields, keep=keep)
    return renumbered(name, [by(factor) for factor in factors], Choice(fields, keep))


def rounding(digits: int = 0, *, fields: Fields | None = None, keep: Fields | None = None) -> Perturbation:
    """Every number rounded, as people do who copy one down; halves to the even one.

    What is touched, and what it stays, is as with :func:`jitter`.

    Args:
        digits: How many decimals stay; -3 rounds to thousands.
        fields: What is touched.
        keep: What is left alone.

    >>> rounding(1).preview({"height": 1.834, "weight": 80})
    [{'height': 1.8, 'weight': 80}]
    >>> rounding(-3).preview([52_345, 0.5])
    [[52000, 0.0]]
    """
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise PerturbationError(f"rounding({digits!r}): how many decimals stay is a whole number")

    def change(value: Any, _: Any) -> Any:
        return round(value, digits) if isinstance(value, float) else value.round(digits)

    return renumbered(called("rounding", digits, fields=fields, keep=keep), [change], Choice(fields, keep))


def _is_finite(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def _is_positive(value: object) -> bool:
    return _is_finite(value) and value > 0  # type: ignore[operator]
