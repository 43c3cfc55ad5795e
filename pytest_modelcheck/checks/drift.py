"""Drift: compares the distribution of recorded values, which are labels, numbers or features, with an
earlier one.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from statistics import NormalDist, fmean, median, pstdev
from typing import TYPE_CHECKING, Any, Literal

from pytest_modelcheck.canonical import compared_part, excerpt, why_unstored
from pytest_modelcheck.checks.findings import failure, inconclusive
from pytest_modelcheck.checks.protocol import DOUBTFUL
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Finding, Moved, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.stats.drift import Drift


TOLERANCE = 0.05
"""The default tolerance beyond chance; for numbers, in units of their spread."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of a drift check."""

    cases: Cases | None = None
    """Reference cases to run, or ``None`` for the approved values."""
    tolerance: float | None = None
    """How far the distribution may move beyond chance, or ``None`` for the default."""


@dataclass(frozen=True, slots=True)
class DriftValues:
    """The values that a check compares.

    Attributes:
        before: The reference values, as canonical JSON; ``None`` if nothing is approved.
        after: The current values.
        paired: Whether the i-th values of both are answers to the same input.
        approved: Whether the reference was approved, so that a new approval would settle a difference.
        edited: Whether the test changed since the approval, so that it may record other values today.
        failed: How many bodies failed an assertion.
        name: The reference in words: ``"of 2.0"``.
    """

    before: Sequence[bytes] | None
    after: Sequence[bytes]
    paired: bool = False
    approved: bool = True
    edited: bool = False
    failed: int = 0
    name: str = ""


def decide_drift(
    sampled: DriftValues, reference: Reference, limits: Limits, seed: int = 0
) -> tuple[list[Finding], Moved | None]:
    """Compare the distance of two samples with chance and with the tolerance.

    Fails if a permutation test rejects chance, *and* the distance beyond chance exceeds the tolerance: with
    many cases every tiny difference is significant, with few a large distance is mostly chance.
    """
    refused = _vacuous(sampled)
    if refused is not None:
        return [refused], None
    # The first approval needs a distribution too: the next run is compared with it.
    before = sampled.after if sampled.before is None else sampled.before
    samples = samples_of(before, sampled.after)
    # A check that cannot fail whatever it sees must not pass.
    refused = _undetectable(samples, sampled, limits.false_fail_rate)
    if refused is None and sampled.before is None:
        count = plural(len(sampled.after), "answer")
        summary = f"no approved baseline yet: there is nothing to compare {count} with"
        refused = failure("new", summary, against_baseline=True)
    if refused is not None:
        return [refused], None
    from pytest_modelcheck.stats.drift import feature_drift, label_drift, score_drift

    distances: dict[str, tuple[str, Callable[..., Drift]]] = {
        "labels": ("total variation", label_drift),
        "numbers": ("Wasserstein distance", score_drift),
        "features": ("Gini of a classifier", feature_drift),
    }
    measure, distance = distances[samples.kind]
    rate = limits.false_fail_rate
    found = distance(samples.before, samples.after, rate, paired=sampled.paired, seed=seed)
    tolerance = TOLERANCE if reference.tolerance is None else reference.tolerance
    if reference.tolerance is None and samples.kind == "numbers":
        # In units of the old spread: the same default then fits prices and probabilities.
        tolerance *= pstdev(samples.before)
    moved = Moved(
        measure=measure,
        distance=max(0.0, found.distance),  # a classifier may guess worse than chance
        expected=found.expected,
        tolerance=tolerance,
        p_value=found.p_value,
        before=len(samples.before),
        after=len(samples.after),
        paired=sampled.paired,
        against=sampled.name,
        changes=_changes(samples),
    )
    return [_finding(moved, found, limits, approved=sampled.approved)], moved


def _finding(moved: Moved, found: Drift, limits: Limits, *, approved: bool) -> Finding:
    met = found.excess <= moved.tolerance
    summary = moved_text(moved, met=met)
    if met:
        return Finding("drift", Status.PASSED, summary, approved, found.p_value)
    # The distance that can be detected, by a normal approximation.
    normal = NormalDist()
    reach = (normal.inv_cdf(1 - limits.false_fail_rate) + normal.inv_cdf(0.9)) * found.spread
    least = found.expected + max(reach, moved.tolerance)
    answers = f"{moved.after} answers against {moved.before}"
    reveals = f"{answers} can reliably reveal only moves of more than about {least:.2g}"
    finding = Finding("drift", Status.FAILED, summary, approved, found.p_value, reveals)
    if found.p_value <= limits.false_fail_rate:
        return finding
    if found.p_value > DOUBTFUL:
        return replace(finding, status=Status.PASSED, summary=f"{summary}; chance explains it")
    return inconclusive(replace(finding, summary=f"{summary}; chance could explain it"), limits)


def moved_text(moved: Moved, *, met: bool) -> str:
    """Describe how far a distribution moved, and how far it may; ``met`` if it did not move too far."""
    verb = "is as before" if met else "moved"
    allowed = f"at most {moved.tolerance:.2g} more allowed" if moved.tolerance else "no more allowed"
    by_chance = max(0.0, moved.expected)
    how_far = f"{moved.measure} {moved.distance:.2g} ({by_chance:.2g} by chance)"
    text = f"distribution of answers {verb}: {how_far}, {allowed}"
    if not met and moved.changes:
        what, before, after = moved.changes[0]
        text += f"; {what} {before} → {after}"
    return text


def _vacuous(sampled: DriftValues) -> Finding | None:
    count = len(sampled.after)
    if sampled.failed:
        return failure(
            "asserts",
            f"{plural(sampled.failed, 'case')} failed an assertion: a drift check compares distributions; "
            "put what must always hold into a golden check",
        )
    if sampled.edited:
        summary = (
            "the test has changed since it was approved, and what it would record of the approved inputs is "
            "not known: approve the check again"
        )
        return failure("edited", summary, against_baseline=True)
    before = count if sampled.before is None else len(sampled.before)
    if not before or not count:
        summary = f"{count} answers against {before}: there is nothing to judge"
        return failure("applicable", summary)
    return None


def _undetectable(samples: Samples, sampled: DriftValues, false_fail_rate: float) -> Finding | None:
    """Find samples that can never show drift: too few values, or texts that do not repeat."""
    before, after = len(samples.before), len(samples.after)
    halved = samples.kind == "features"  # learned on one half, judged on the other
    sizes = (before - before // 2, after - after // 2) if halved else (before, after)
    few = halved and min(before, after) < 8
    if few or least_p_value(*sizes, paired=sampled.paired) > false_fail_rate:
        return failure(
            "size",
            f"{plural(after, 'answer')} against {before} can never show drift, however far they are apart "
            f"(false_fail_rate={false_fail_rate:g}): give it more cases",
        )
    counts = Counter([*samples.before, *samples.after]) if samples.kind == "labels" else Counter[Any]()
    once, pool = sum(1 for count in counts.values() if count == 1), counts.total()
    # Free texts hardly ever repeat. As labels, two equal samples of them would be as far apart as possible.
    if once * 2 > pool:
        return failure(
            "labels",
            f"{once} of {pool} answers are texts that occur once, which is not a distribution of labels: "
            "record a label, a number or features, case.record(...)",
        )
    return None


# -- what moved --------------------------------------------------------------------------------------


def _changes(samples: Samples) -> tuple[tuple[str, str, str], ...]:
    """Describe what moved most, before and now."""
    before, after = samples.before, samples.after
    if samples.kind == "labels":
        old, new = Counter(before), Counter(after)
        moves = {label: round(new[label] / len(after) - old[label] / len(before), 9) for label in old | new}
        # Of two as large moves, the label that became rarer comes first.
        order = sorted(moves, key=lambda label: (-abs(moves[label]), moves[label]))[:_SHOWN]
        return tuple(
            (repr(label), percent(old[label] / len(before)), percent(new[label] / len(after)))
            for label in order
            if moves[label]
        )
    if samples.kind == "numbers":
        import numpy as np

        rows = [("mean", fmean(before), fmean(after))]
        for name, at in (("lower tenth", 0.1), ("median", 0.5), ("upper tenth", 0.9)):
            rows.append((name, float(np.quantile(before, at)), float(np.quantile(after, at))))
        return tuple((name, f"{old:.3g}", f"{new:.3g}") for name, old, new in rows)
    # The features whose means moved most, in units of their spread.
    features = []
    columns = zip(samples.names, zip(*before, strict=True), zip(*after, strict=True), strict=True)
    for name, one, two in columns:
        spread, change = pstdev([*one, *two]), abs(fmean(two) - fmean(one))
        row = (name, f"{fmean(one):.3g}", f"{fmean(two):.3g}")
        features.append((change / spread if spread else 0.0, row))
    features.sort(key=lambda feature: feature[0], reverse=True)
    return tuple(row for size, row in features[:_SHOWN] if size)


# -- the values ------------------------------------------------------------------------------------------

Kind = Literal["labels", "numbers", "features"]

_ADVICE = 'say which part is compared: case.record(answer.label), or a dict of features {"length": 12}'
_MOST_LABELS = 50
_LARGEST = 1e30  # of a number: sums of greater ones, and a forest's 32 bits, have no room for them


@dataclass(frozen=True, slots=True)
class Samples:
    """Two samples of values of one kind: labels, numbers, or one row of numbers per case."""

    kind: Kind
    """Texts and truth values are labels; numbers are numbers; lists and mappings are features."""
    before: Sequence[Any]
    after: Sequence[Any]
    names: tuple[str, ...] = ()
    """The names of the columns of features."""


def samples_of(before: Sequence[bytes], after: Sequence[bytes]) -> Samples:
    """Determine the kind of values in two samples of canonical JSON, at least one each, and read them.

    >>> samples_of([b'"refund"', b'"other"'], [b'"refund"']).kind
    'labels'
    >>> samples_of([b'{"language":"es","length":3}'], [b'{"language":"en","length":7}']).names
    ('language=en', 'language=es', 'length')
    """
    import orjson

    old = [_value(orjson.loads(compared_part(raw)), raw) for raw in before]
    new = [_value(orjson.loads(compared_part(raw)), raw) for raw in after]
    if any(isinstance(value, float) and math.isnan(value) for value in (*old, *new)):
        raise UsageError(
            "an answer is nan, which has no place in a distribution. If it stands for a missing value, "
            'record a feature, which may be missing: case.record({"score": ...})'
        )
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
        if (reason := why_unstored(raw)) is not None:
            raise UsageError(f"answers have no distribution where they cannot be stored: {reason}")
        if "$numpy" in found:
            return _value(found["$numpy"][1], raw)
        if "$tuple" in found:
            return _value(found["$tuple"], raw)
        if "$ndarray" in found:
            return _value(_entries(found["$ndarray"], raw), raw)
        if set(found) == {"$type", "name"}:  # a member of an enum
            return found["name"]
        if "$float" in found:
            if found["$float"] == "nan":
                return math.nan
            raise UsageError(f"an answer is {found['$float']}, which has no place in a distribution")
        fields = {key: value for key, value in sorted(found.items()) if key not in ("$type", "$default")}
        if not fields or any(key.startswith("$") for key in fields):
            raise _no_distribution(raw)
        return {key: _feature(value, raw) for key, value in fields.items()}
    if isinstance(found, list):
        return [_feature(value, raw) for value in found]
    if isinstance(found, int | float) and abs(found) > _LARGEST:
        raise UsageError(
            f"an answer is {excerpt(raw.decode(), 30)}, and numbers beyond {_LARGEST:g} are not compared: "
            "record its logarithm, or another measure of it, case.record(...)"
        )
    return found


def _entries(array: dict[str, Any], raw: bytes) -> Any:
    """The number of an array without dimensions, or the list of those of one with a single dimension."""
    data, dimensions = array["data"], len(array["shape"])
    if dimensions > 1 or not isinstance(data, (list, int, float)):
        raise _no_distribution(raw)
    return data[0] if not dimensions and isinstance(data, list) else data


def _no_distribution(raw: bytes) -> UsageError:
    return UsageError(f"an answer such as {excerpt(raw.decode(), 60)} has no distribution: {_ADVICE}")


def _feature(found: Any, raw: bytes) -> Any:
    value = _value(found, raw)
    if isinstance(value, float) and math.isnan(value):  # the missing value of pandas
        return None
    if isinstance(value, (dict, list)):
        raise UsageError(f"an answer such as {excerpt(raw.decode(), 60)} is nested: {_ADVICE}")
    return value


def _table(values: Sequence[Any]) -> tuple[tuple[str, ...], list[list[float]]]:
    """Features as rows of numbers. Labels become one column per value, and missing numbers one more."""
    rows = [value if isinstance(value, dict) else dict(enumerate(value)) for value in values]
    keys = list(rows[0])
    for row in rows:
        if list(row) != keys:
            one, two = (f"({', '.join(map(str, some))})" for some in (keys, row))
            raise UsageError(f"not all answers have the same features: {one} and {two}")
    columns: dict[str, list[float]] = {}
    for key in keys:
        column = [row[key] for row in rows]
        present = [value for value in column if value is not None]
        if present and all(_kind(value) == "numbers" for value in present):
            middle = median(present)
            columns[str(key)] = [float(middle if value is None else value) for value in column]
            if len(present) < len(column):
                columns[f"{key}=None"] = [float(value is None) for value in column]
            continue
        labels = sorted({str(value) for value in column})
        if len(labels) > _MOST_LABELS:
            raise UsageError(
                f"feature {str(key)!r} has {len(labels)} different texts: that is not a distribution; "
                f"{_ADVICE}"
            )
        for label in labels:
            columns[f"{key}={label}"] = [float(str(value) == label) for value in column]
    return tuple(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def least_p_value(before: int, after: int, *, paired: bool) -> float:
    """The smallest p-value that samples of these sizes can have, however different they are.

    >>> least_p_value(4, 4, paired=False) > 0.01 > least_p_value(5, 5, paired=False)
    True
    """
    if paired:
        # Of 2^n ways to exchange pairs, none and all of them give the same distance.
        return float(2.0 ** (1 - before))
    arrangements = math.comb(before + after, before)
    return (2 if before == after else 1) / arrangements
