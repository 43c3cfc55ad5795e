"""Limits of a check, and their validation.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from pytest_modelcheck.canonical.text import percent
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import CHANGE, GRADE, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

_MIN_OVERLAP = 0.8

Allowance = int | float
"""An allowance: an ``int`` is a number of cases, a ``float`` below 1 a fraction of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one check.

    Attributes:
        at_least: The pass rate (or mean score) that is required, from 0.0 to 1.0; or the mean change.
        max_drop: How far the rate may fall below the approved one.
        max_slice_drop: How far each declared slice may fall below its approved rate.
        max_changed: How many answers may differ from the approved ones.
        max_regressed: How many cases that passed may now fail, whatever was fixed.
        slice_regressions: Whether regressions that concentrate in a slice fail the check, warn, or are not
            searched for.
        min_overlap: The fraction of the approved cases that must still be there.
        false_fail_rate: The chance that a varying model which meets a requirement is failed by it.
        inconclusive: Whether a miss that noise could explain warns or fails.
        tolerance: A shortfall that must not be missed, as a fraction.
        require_proof: Whether a check passes only where a shortfall of more than ``tolerance`` is excluded.
        false_pass_rate: The chance that ``require_proof`` passes a model with such a shortfall.
        population: Whether the cases are the contract, or stand for future inputs.
        score_as: What a case with several runs is worth: ``"pass@2"``, the chance that one of two passes;
            ``"pass^2"``, that both do; ``None`` for the share of its runs that pass.
        confirm: Whether a check of a varying model is run again, with fresh answers, before it fails.
        early_stop: Whether a check ends as soon as its verdict is known.
        max_latency_p95: How many seconds 95% of the answers may take at most.
        max_cost_per_case: What a case may cost on average, in the unit of the fixture's ``cost=``.
        max_tokens_per_case: How many tokens a case may take on average, in and out.
        max_steps: How many steps an agent may take, calls of tools and messages; more fail the case.
        cluster: The metadata whose value names the group of cases that depend on each other, or ``None``.
    """

    at_least: float | None = None
    max_drop: Allowance | None = None
    max_slice_drop: Allowance | None = None
    max_changed: Allowance | None = None
    max_regressed: Allowance | None = None
    slice_regressions: Literal["fail", "warn", "off"] = "fail"
    min_overlap: float = _MIN_OVERLAP
    false_fail_rate: float = 0.01
    inconclusive: Literal["warn", "fail"] = "warn"
    tolerance: float | None = None
    require_proof: bool = False
    false_pass_rate: float = 0.1
    population: Literal["fixed", "sample"] = "fixed"
    score_as: str | None = None
    cluster: str | None = None
    confirm: bool = True
    early_stop: bool = False
    max_latency_p95: float | None = None
    max_cost_per_case: float | None = None
    max_tokens_per_case: float | None = None
    max_steps: int | None = None

    @property
    def on_costs(self) -> bool:
        """True if what answers took or cost is limited."""
        return not (self.max_latency_p95 is self.max_cost_per_case is self.max_tokens_per_case is None)


NAMES = tuple(field.name for field in fields(Limits))


def limits_from(options: Mapping[str, Any], scale: Scale = GRADE) -> Limits:
    """Check limits as a user wrote them.

    Args:
        options: The limits, by name.
        scale: From where to where a score may go, on which ``at_least``, ``max_drop`` and ``tolerance`` lie.

    Raises:
        UsageError: a limit that cannot be meant, with what to write instead.

    >>> limits_from({"at_least": 0.95}).at_least
    0.95
    >>> limits_from({"at_least": 95})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    pytest_modelcheck.errors.UsageError: at_least=95 is not a rate: write ... (at_least=0.95?)
    """
    checked: dict[str, Any] = {}
    for name, value in options.items():
        check = _ON_SCALE.get(name)
        if check is None or scale == GRADE or not _is_finite(value):
            checked[name] = _CHECKS[name](name, value)
        else:
            checked[name] = check(name, value, scale)
    return Limits(**checked)


def _rate(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        percent = isinstance(value, (int, float)) and not isinstance(value, bool) and 1 < value <= 100
        hint = f" ({name}={value / 100:g}?)" if percent else ""
        raise UsageError(f"{name}={value!r} is not a rate: write a number from 0.0 to 1.0{hint}")
    return float(value)


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mean(name: str, value: float, scale: Scale) -> float:
    """A mean on a scale of its own; a whole number on it is not taken for a number of cases."""
    if not scale.low <= value <= scale.high:
        hint = f" (or a rate, {name}={value / 100:g}?)" if 1 < value <= 100 else ""
        raise UsageError(
            f"{name}={value!r} is not on the scale of the scores: write a number {scale}{hint}, or give the "
            "scale, bounds=(LOW, HIGH)"
        )
    return float(value)


def _difference(name: str, value: float, scale: Scale) -> Allowance:
    """Return the allowed difference of two means, in the unit of the scores."""
    if scale == CHANGE and isinstance(value, int) and value >= 0:
        return value  # a directional check may do without scores, and count cases
    if not 0 <= value <= scale.width:
        raise UsageError(f"{name}={value!r} is not a difference of two scores {scale}")
    return float(value)


def _shortfall(name: str, value: float, scale: Scale) -> float:
    if not 0 < value < scale.width:
        raise UsageError(f"{name}={value!r} is not a difference of two scores {scale}")
    return float(value)


def _allowance(name: str, value: Any) -> Allowance | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _share(name, value)
    if isinstance(value, float) and value == 1:
        raise UsageError(
            f"{name}=1.0 may mean one case or all of them: write {name}=1 for one case, or a fraction below 1"
        )
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    fraction = isinstance(value, float) and 0 <= value < 1
    if not whole and not fraction:
        raise _no_allowance(name, value)
    return value  # type: ignore[no-any-return]


def _share(name: str, value: str) -> float:
    """A fraction written as a percentage, such as ``"2%"``."""
    number, sign, rest = value.partition("%")
    try:
        share = float(number) / 100
    except ValueError:
        raise _no_allowance(name, value) from None
    if not sign or rest.strip() or not 0 <= share < 1:
        raise _no_allowance(name, value)
    return share


def _no_allowance(name: str, value: Any) -> UsageError:
    return UsageError(
        f"{name}={value!r} is not an allowance: write a number of cases ({name}=3) "
        f'or a fraction of them below 1 ({name}=0.02, or {name}="2%")'
    )


def _probability(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 0.5:
        raise UsageError(
            f"{name}={value!r} is not an error rate: write a number between 0 and 0.5, such as 0.01"
        )
    return value


def _warn_or_fail(name: str, value: Any) -> str:
    if value not in ("warn", "fail"):
        raise UsageError(f'{name}={value!r}: write "warn" or "fail"')
    return str(value)


def _fail_warn_or_off(name: str, value: Any) -> str:
    if value is False:
        return "off"
    if value not in ("fail", "warn", "off"):
        raise UsageError(f'{name}={value!r}: write "fail", "warn" or "off"')
    return str(value)


def _fixed_or_sample(name: str, value: Any) -> str:
    if value not in ("fixed", "sample"):
        raise UsageError(
            f"{name}={value!r}: "
            'write "fixed" (the cases are the contract) or "sample" (they stand for others)'
        )
    return str(value)


def _tolerance(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 1:
        raise UsageError(f"{name}={value!r} is not a tolerance: write a fraction above 0, such as 0.05")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name}={value!r}: write True or False")
    return value


def _attempts(name: str, value: Any) -> str | None:
    if value is None:
        return None
    kind, number = str(value)[:5], str(value)[5:]
    if kind not in ("pass@", "pass^") or not number.isdecimal() or int(number) < 1:
        raise UsageError(
            f"{name}={value!r}: "
            'write "pass@2" (one of two runs passes), "pass^2" (both do), or another number'
        )
    return str(value)


def _key(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise UsageError(f'{name}={value!r}: write the name of metadata of the cases, {name}="template"')
    return value


def _amount(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        unit = "a number of seconds" if name == "max_latency_p95" else "an amount"
        raise UsageError(f"{name}={value!r}: write {unit} above 0")
    return float(value)


def _steps(name: str, value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise UsageError(f"{name}={value!r}: write a number of steps, from 1")
    return value


def _overlap(name: str, value: Any) -> float:
    rate = _rate(name, value)
    return _MIN_OVERLAP if rate is None else rate


_CHECKS = {
    "at_least": _rate,
    "max_drop": _allowance,
    "max_slice_drop": _allowance,
    "max_changed": _allowance,
    "max_regressed": _allowance,
    "slice_regressions": _fail_warn_or_off,
    "min_overlap": _overlap,
    "false_fail_rate": _probability,
    "inconclusive": _warn_or_fail,
    "tolerance": _tolerance,
    "require_proof": _yes_or_no,
    "false_pass_rate": _probability,
    "population": _fixed_or_sample,
    "score_as": _attempts,
    "cluster": _key,
    "confirm": _yes_or_no,
    "early_stop": _yes_or_no,
    "max_latency_p95": _amount,
    "max_cost_per_case": _amount,
    "max_tokens_per_case": _amount,
    "max_steps": _steps,
}


_ON_SCALE = {"at_least": _mean, "max_drop": _difference, "tolerance": _shortfall}


def exceeds(count: float, of: int, allowance: Allowance) -> bool:
    """Return whether ``count`` of ``of`` cases is more than an allowance.

    >>> exceeds(3, 200, 3), exceeds(3, 100, 0.02)
    (False, True)
    """
    if isinstance(allowance, int):
        return count > allowance
    # Compared as a quotient, not as a product: 0.07 * 100 is 7.000000000000001.
    return of > 0 and count / of > allowance


def allowed(allowance: Allowance, scale: Scale = GRADE) -> str:
    """An allowance in words; on a scale of its own, in the unit of the scores.

    >>> allowed(0), allowed(3), allowed(0.02)
    ('none allowed', 'at most 3 allowed', 'at most 2% allowed')
    >>> allowed(2.5, Scale(0.0, 100.0))
    'at most 2.5 allowed'
    """
    if not allowance:
        return "none allowed"
    if isinstance(allowance, int):
        return f"at most {allowance} allowed"
    return f"at most {percent(allowance) if scale == GRADE else f'{allowance:g}'} allowed"
