"""Two samples of recorded values of one kind: labels, numbers or features.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_modelcheck.canonical import excerpt, seen, why_unkept
from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["labels", "numbers", "features"]

_ADVICE = 'say which part is compared: case.record(answer.label), or a dict of features {"length": 12}'
_MOST_LABELS = 50
_LARGEST = 1e30  # of a number: sums of greater ones, and a forest's 32 bits, have no room for them


@dataclass(frozen=True, slots=True)
class Samples:
    """Two samples of values of one kind.

    Attributes:
        kind: Texts and truth values are labels; numbers are numbers; lists and mappings are features.
        before: The reference sample: labels, numbers, or one row of numbers per case.
        now: The current sample.
        names: The names of the columns, for features.
    """

    kind: Kind
    before: Sequence[Any]
    now: Sequence[Any]
    names: tuple[str, ...] = ()


def samples_of(before: Sequence[bytes], now: Sequence[bytes]) -> Samples:
    """Determine the kind of values in two samples, and read them.

    Args:
        before: Values as canonical JSON, at least one.
        now: The same.

    Raises:
        UsageError: The values are of different kinds, or of a kind without a distribution.

    >>> samples_of([b'"refund"', b'"other"'], [b'"refund"']).kind
    'labels'
    >>> samples_of([b'{"language":"es","length":3}'], [b'{"language":"en","length":7}']).names
    ('language=en', 'language=es', 'length')
    """
    import orjson

    old = [_value(orjson.loads(seen(raw)), raw) for raw in before]
    new = [_value(orjson.loads(seen(raw)), raw) for raw in now]
    kinds = {_kind(value): value for value in (*old, *new)}
    if len(kinds) > 1:
        shown = " and ".join(f"{name} ({excerpt(repr(value), 40)})" for name, value in sorted(kinds.items()))
        raise UsageError(f"some answers are {shown}: one distribution needs one kind of value")
    ((kind, _),) = kinds.items()
    if kind != "features":
        return Samples(kind, old, new)
    names, rows = _table([*old, *new])
    return Samples(kind, rows[: len(old)], rows[len(old) :], names)


def _kind(value: Any) -> Kind:
    if isinstance(value, (dict, list)):
        return "features"
    return "labels" if value is None or isinstance(value, (str, bool)) else "numbers"


def _value(found: Any, raw: bytes) -> Any:
    """A value without the tags of its Python type."""
    if isinstance(found, dict):
        if (reason := why_unkept(raw)) is not None:
            raise UsageError(f"answers have no distribution where they cannot be stored: {reason}")
        if "$numpy" in found:
            return _value(found["$numpy"][1], raw)
        if "$tuple" in found:
            return _value(found["$tuple"], raw)
        if "$ndarray" in found:
            return _array(found["$ndarray"], raw)
        if set(found) == {"$type", "name"}:  # a member of an enum
            return found["name"]
        if "$float" in found:
            raise UsageError(f"an answer is {found['$float']}, which has no place in a distribution")
        fields = {key: value for key, value in sorted(found.items()) if key not in ("$type", "$default")}
        if not fields or any(key.startswith("$") for key in fields):
            raise UsageError(f"an answer such as {excerpt(raw.decode(), 60)} has no distribution: {_ADVICE}")
        return {key: _feature(_value(value, raw), raw) for key, value in fields.items()}
    if isinstance(found, list):
        return [_feature(_value(value, raw), raw) for value in found]
    if isinstance(found, int | float) and abs(found) > _LARGEST:
        raise UsageError(
            f"an answer is {excerpt(raw.decode(), 30)}, and numbers beyond {_LARGEST:g} are not compared: "
            "record its logarithm, or another measure of it, case.record(...)"
        )
    return found


def _array(stored: dict[str, Any], raw: bytes) -> Any:
    data = stored["data"]
    if len(stored["shape"]) > 1 or not isinstance(data, (list, int, float)):
        raise UsageError(f"an answer such as {excerpt(raw.decode(), 60)} has no distribution: {_ADVICE}")
    return data[0] if not stored["shape"] and isinstance(data, list) else data


def _feature(value: Any, raw: bytes) -> Any:
    if isinstance(value, (dict, list)):
        raise UsageError(f"an answer such as {excerpt(raw.decode(), 60)} is nested: {_ADVICE}")
    return value


def _table(values: Sequence[Any]) -> tuple[tuple[str, ...], list[list[float]]]:
    """Features as rows of numbers: labels become one column per value."""
    rows = [value if isinstance(value, dict) else dict(enumerate(value)) for value in values]
    keys = list(rows[0])
    for row in rows:
        if list(row) != keys:
            raise UsageError(f"not all answers have the same features: {_listed(keys)} and {_listed(row)}")
    columns: dict[str, list[float]] = {}
    for key in keys:
        column = [row[key] for row in rows]
        if all(_kind(value) == "numbers" for value in column):
            columns[str(key)] = [float(value) for value in column]
        else:
            columns |= _one_column_a_label(str(key), column)
    names = tuple(columns)
    return names, [list(row) for row in zip(*columns.values(), strict=True)]


def _one_column_a_label(key: str, column: Sequence[Any]) -> dict[str, list[float]]:
    labels = sorted({str(value) for value in column})
    if len(labels) > _MOST_LABELS:
        raise UsageError(
            f"feature {key!r} has {len(labels)} different texts: that is not a distribution; {_ADVICE}"
        )
    return {f"{key}={label}": [float(str(value) == label) for value in column] for label in labels}


def _listed(keys: Iterable[Any]) -> str:
    return "(" + ", ".join(map(str, keys)) + ")"


def least_p_value(before: int, now: int, *, paired: bool) -> float:
    """The smallest p-value that samples of these sizes can have, however different they are.

    >>> least_p_value(4, 4, paired=False) > 0.01 > least_p_value(5, 5, paired=False)
    True
    """
    if paired:
        # Of 2^n ways to exchange pairs, none and all of them give the same distance.
        return float(2.0 ** (1 - before))
    arrangements = math.comb(before + now, before)
    return (2 if before == now else 1) / arrangements
