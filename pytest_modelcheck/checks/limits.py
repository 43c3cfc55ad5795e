"""Limits of a check, and their validation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.limits import LIMITS
from pytest_modelcheck.numeric import is_number, is_whole
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import CHANGE, GRADE, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

Allowance = int | float
"""An allowance: an ``int`` is a number of cases, a ``float`` below 1 a fraction of them."""

ROUNDING: Final = 1e-9
"""A mean of scores that is short of a limit by no more than this meets it: that is numerical error."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one check, as :data:`~pytest_modelcheck.limits.LIMITS` describes them."""

    at_least: float | None = None
    max_drop: Allowance | None = None
    max_slice_drop: Allowance | None = None
    max_changed: Allowance | None = None
    max_regressed: Allowance | None = None
    slice_regressions: Literal["fail", "warn", "off"] = LIMITS["slice_regressions"].default
    min_overlap: float = LIMITS["min_overlap"].default
    false_fail_rate: float = LIMITS["false_fail_rate"].default
    inconclusive: Literal["warn", "fail"] = LIMITS["inconclusive"].default
    tolerance: float | None = None
    require_proof: bool = LIMITS["require_proof"].default
    false_pass_rate: float = LIMITS["false_pass_rate"].default
    population: Literal["fixed", "sample"] = LIMITS["population"].default
    score_as: str | None = None
    cluster: str | None = None
    confirm: bool = LIMITS["confirm"].default
    early_stop: bool = LIMITS["early_stop"].default
    max_latency_p95: float | None = None
    max_cost_per_case: float | None = None
    max_tokens_per_case: float | None = None
    max_steps: int | None = None

    @property
    def on_costs(self) -> bool:
        """True if the time, cost or tokens of answers are limited."""
        return not (self.max_latency_p95 is self.max_cost_per_case is self.max_tokens_per_case is None)


NAMES = tuple(LIMITS)
COSTS: Final = frozenset({"max_latency_p95", "max_cost_per_case", "max_tokens_per_case"})


def limits_from(options: Mapping[str, Any], scale: Scale = GRADE) -> Limits:
    """Check limits as a user wrote them.

    Raises:
        UsageError: an invalid limit; the message says what to write instead.

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
        if check is None or scale == GRADE or not is_number(value):
            checked[name] = _CHECKS[LIMITS[name].form](name, value)
        else:
            checked[name] = check(name, value, scale)
    return Limits(**checked)


def _rate(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not is_number(value) or not 0 <= value <= 1:
        # 95 for 95% is the usual mistake: propose what was meant.
        percent = is_number(value) and 1 < value <= 100
        hint = f" ({name}={value / 100:g}?)" if percent else ""
        raise UsageError(f"{name}={value!r} is not a rate: write a number from 0.0 to 1.0{hint}")
    return float(value)


def _mean(name: str, value: float, scale: Scale) -> float:
    """Return the limit of a mean, in the unit of the scores: whole numbers do not count cases here."""
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
    whole = is_whole(value, least=0)
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


_CHOICES: Final[dict[str, dict[str, str]]] = {
    "inconclusive": {"warn": "", "fail": ""},
    "slice_regressions": {"fail": "", "warn": "", "off": ""},
    "population": {"fixed": " (the cases are the contract)", "sample": " (they stand for others)"},
}
"""The words that a limit may be, each with what messages say of it."""


def _choice(name: str, value: Any) -> str:
    words = _CHOICES[name]
    if value is False and "off" in words:  # how YAML, TOML and Python spell it
        return "off"
    if not isinstance(value, str) or value not in words:
        *others, last = (f'"{word}"{meaning}' for word, meaning in words.items())
        raise UsageError(f"{name}={value!r}: write {', '.join(others)} or {last}")
    return value


def _tolerance(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 1:
        raise UsageError(f"{name}={value!r} is not a tolerance: write a fraction above 0, such as 0.05")
    return value


def yes_or_no(name: str, value: Any) -> bool:
    """Return an option that is ``True`` or ``False``."""
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
        raise UsageError(
            f'{name}={value!r}: write the name of a metadata field of the cases, {name}="template"'
        )
    return value


def _amount(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not (is_number(value) or value == math.inf) or value <= 0:
        unit = "a number of seconds" if name == "max_latency_p95" else "an amount"
        raise UsageError(f"{name}={value!r}: write {unit} above 0")
    return float(value)


def _steps(name: str, value: Any) -> int | None:
    if value is not None and not is_whole(value, least=1):
        raise UsageError(f"{name}={value!r}: write a number of steps, from 1")
    return value


def _overlap(name: str, value: Any) -> float:
    rate = _rate(name, value)
    return Limits().min_overlap if rate is None else rate


_CHECKS: Final = {
    "rate": _rate,
    "allowance": _allowance,
    "choice": _choice,
    "overlap": _overlap,
    "chance": _probability,
    "tolerance": _tolerance,
    "switch": yes_or_no,
    "attempts": _attempts,
    "key": _key,
    "amount": _amount,
    "steps": _steps,
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


def fraction_of(allowance: Allowance, cases: int) -> float:
    """An allowance as a fraction of the cases."""
    return allowance / cases if isinstance(allowance, int) else allowance


def net_of(broke: int, fixed: int) -> str:
    """The difference of two counts as the end of a clause; empty if they are equal.

    >>> net_of(3, 1), net_of(0, 1), net_of(1, 1)
    (': a net loss of 2 cases', ': a net gain of 1 case', '')
    """
    if broke == fixed:
        return ""
    return f": a net {'loss' if broke > fixed else 'gain'} of {plural(abs(fixed - broke), 'case')}"


def allowed(allowance: Allowance, scale: Scale = GRADE) -> str:
    """Return an allowance in words; if scores have a scale of their own, in their unit.

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
