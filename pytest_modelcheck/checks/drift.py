"""Drift: compares the distribution of recorded values with an earlier one.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist, fmean, pstdev
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.checks.protocol import DOUBTFUL
from pytest_modelcheck.checks.samples import least_p_value, samples_of
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Finding, Moved, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.cases import Cases
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.samples import Samples
    from pytest_modelcheck.stats.drift import Drift

TOLERANCE = 0.05
"""The default tolerance beyond chance; for numbers, in units of their spread."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of a drift check.

    Attributes:
        cases: Reference cases to run, or ``None`` for the approved values.
        tolerance: How far the distribution may move beyond chance, or ``None`` for the default.
    """

    cases: Cases | None = None
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """The values that a check compares.

    Attributes:
        before: The reference values, as canonical JSON; ``None`` if nothing is approved.
        now: The current values.
        paired: Whether the i-th values of both are answers to the same input.
        approved: Whether the reference was approved, so that a new approval would settle a difference.
        edited: Whether the test changed since the approval, so that it may record other values today.
        failed: How many bodies failed an assertion.
        name: The reference in words: ``"of 2.0"``.
    """

    before: Sequence[bytes] | None
    now: Sequence[bytes]
    paired: bool = False
    approved: bool = True
    edited: bool = False
    failed: int = 0
    name: str = ""


def judge_drift(
    sampled: Sampled, reference: Reference, limits: Limits, seed: int = 0
) -> tuple[list[Finding], Moved | None]:
    """Compare the distance of two samples with chance and with the tolerance.

    Fails if a permutation test rejects chance, *and* the distance beyond chance exceeds the tolerance: with
    many cases every tiny difference is significant, with few a large distance is mostly chance.
    """
    refused = _vacuous(sampled)
    if refused is not None:
        return [refused], None
    samples = samples_of(sampled.before or (), sampled.now)
    # A check that cannot fail whatever it sees must not pass.
    refused = _too_small(samples, sampled, limits.false_fail_rate) or _no_distribution(samples)
    if refused is not None:
        return [refused], None
    measure, distance = _MEASURES[samples.kind]
    found = distance(samples, limits.false_fail_rate, sampled.paired, seed)
    moved = Moved(
        measure=measure,
        distance=found.distance,
        expected=found.expected,
        tolerance=_tolerance(samples, reference),
        p_value=found.p_value,
        before=len(samples.before),
        now=len(samples.now),
        paired=sampled.paired,
        against=sampled.name,
        changes=_changes(samples),
    )
    return [_finding(moved, found, limits, approved=sampled.approved)], moved


def _finding(moved: Moved, found: Drift, limits: Limits, *, approved: bool) -> Finding:
    summary = moved_text(moved, met=found.excess <= moved.tolerance)
    if found.excess <= moved.tolerance:
        return Finding("drift", Status.PASSED, summary, approved, found.p_value)
    reveals = _reveals(moved, found, limits.false_fail_rate)
    if found.p_value <= limits.false_fail_rate:
        return Finding("drift", Status.FAILED, summary, approved, found.p_value, reveals)
    if found.p_value > DOUBTFUL:
        text = f"{summary}; chance explains it"
        return Finding("drift", Status.PASSED, text, approved, found.p_value, reveals)
    summary += "; chance could explain it"
    if limits.inconclusive == "fail":
        summary += ' (inconclusive="fail")'
        return Finding("drift", Status.FAILED, summary, approved, found.p_value, reveals)
    return Finding("drift", Status.INCONCLUSIVE, summary, approved, found.p_value, reveals)


def moved_text(moved: Moved, *, met: bool) -> str:
    """Describe how far a distribution moved, and how far it may; ``met`` if it did not move too far."""
    verb = "is as before" if met else "moved"
    allowed = f"at most {moved.tolerance:.2g} more allowed" if moved.tolerance else "no more allowed"
    by_chance = max(0.0, moved.expected)
    how_far = f"{moved.measure} {moved.distance:.2g} ({by_chance:.2g} by chance)"
    text = f"distribution of answers {verb}: {how_far}, {allowed}"
    if not met and moved.changes:
        what, before, now = moved.changes[0]
        text += f"; {what} {before} → {now}"
    return text


def _reveals(moved: Moved, found: Drift, false_fail_rate: float) -> str:
    """The distance that can be detected, by a normal approximation."""
    normal = NormalDist()
    reach = (normal.inv_cdf(1 - false_fail_rate) + normal.inv_cdf(0.9)) * found.spread
    least = found.expected + max(reach, moved.tolerance)
    return f"{moved.now} answers against {moved.before} can only reveal moves of more than about {least:.2g}"


# -- what says nothing -------------------------------------------------------------------------------


def _failed(limit: str, summary: str, *, approved: bool = False) -> Finding:
    return Finding(limit, Status.FAILED, summary, approved)


def _vacuous(sampled: Sampled) -> Finding | None:
    count = len(sampled.now)
    if sampled.failed:
        return _failed(
            "asserts",
            f"{plural(sampled.failed, 'case')} failed an assertion: a drift check compares distributions; "
            "put what must always hold into a golden check",
        )
    if sampled.before is None:
        return _failed(
            "new",
            f"no approved baseline yet: there is nothing to compare {plural(count, 'answer')} with",
            approved=True,
        )
    if sampled.edited:
        return _failed(
            "edited",
            "the test has changed since it was approved, and what it would record of the approved inputs is "
            "not known: approve the check again",
            approved=True,
        )
    if not sampled.before or not count:
        return _failed(
            "applicable", f"{count} answers against {len(sampled.before)}: there is nothing to judge"
        )
    return None


def _too_small(samples: Samples, sampled: Sampled, false_fail_rate: float) -> Finding | None:
    before, now = len(samples.before), len(samples.now)
    halved = samples.kind == "features"  # learned on one half, judged on the other
    least = least_p_value(
        *((before - before // 2, now - now // 2) if halved else (before, now)), paired=sampled.paired
    )
    if least <= false_fail_rate and not (halved and min(before, now) < 8):
        return None
    return _failed(
        "size",
        f"{plural(now, 'answer')} against {before} can never show drift, however far they are apart "
        f"(false_fail_rate={false_fail_rate:g}): give it more cases",
        approved=False,
    )


def _no_distribution(samples: Samples) -> Finding | None:
    if samples.kind != "labels":
        return None
    counts = Counter([*samples.before, *samples.now])
    once = sum(1 for count in counts.values() if count == 1)
    pool = sum(counts.values())
    # Free texts hardly ever repeat. As labels, two equal samples of them would be as far apart as possible.
    if once * 2 <= pool:
        return None
    return _failed(
        "labels",
        f"{once} of {pool} answers are texts that occur once, which is not a distribution of labels: "
        "record a "
        "label, a number or features, case.record(...)",
    )


# -- the distances -----------------------------------------------------------------------------------


def _labels(samples: Samples, rate: float, paired: bool, seed: int) -> Drift:
    from pytest_modelcheck.stats.drift import label_drift

    return label_drift(samples.before, samples.now, rate, paired=paired, seed=seed)


def _numbers(samples: Samples, rate: float, paired: bool, seed: int) -> Drift:
    from pytest_modelcheck.stats.drift import score_drift

    return score_drift(samples.before, samples.now, rate, paired=paired, seed=seed)


def _features(samples: Samples, rate: float, paired: bool, seed: int) -> Drift:
    from pytest_modelcheck.stats.drift import feature_drift

    return feature_drift(samples.before, samples.now, rate, paired=paired, seed=seed)


_MEASURES: dict[str, tuple[str, Callable[[Samples, float, bool, int], Drift]]] = {
    "labels": ("total variation", _labels),
    "numbers": ("Wasserstein distance", _numbers),
    "features": ("Gini of a classifier", _features),
}


def _tolerance(samples: Samples, reference: Reference) -> float:
    if reference.tolerance is not None:
        return reference.tolerance
    # In units of the old spread: the same default then fits prices and probabilities.
    return TOLERANCE * pstdev(samples.before) if samples.kind == "numbers" else TOLERANCE


# -- what moved --------------------------------------------------------------------------------------


def _changes(samples: Samples) -> tuple[tuple[str, str, str], ...]:
    """Describe what moved most, before and now."""
    if samples.kind == "labels":
        return _moved_labels(samples.before, samples.now)
    if samples.kind == "numbers":
        return _moved_numbers(samples.before, samples.now)
    return _moved_features(samples)


def _moved_labels(before: Sequence[Any], now: Sequence[Any]) -> tuple[tuple[str, str, str], ...]:
    then, today = Counter(before), Counter(now)

    def move(label: Any) -> float:
        return round(today[label] / len(now) - then[label] / len(before), 9)

    def size(label: Any) -> tuple[float, float]:
        return -abs(move(label)), move(label)  # of two as large, what there is less of now comes first

    order = sorted(then | today, key=size)
    return tuple(
        (repr(label), _share(then[label], len(before)), _share(today[label], len(now)))
        for label in order[:_SHOWN]
        if move(label)
    )


def _share(count: int, of: int) -> str:
    return percent(count / of)


def _moved_numbers(before: Sequence[float], now: Sequence[float]) -> tuple[tuple[str, str, str], ...]:
    import numpy as np

    places = (("lower tenth", 0.1), ("median", 0.5), ("upper tenth", 0.9))
    quantiles = [(name, float(np.quantile(before, at)), float(np.quantile(now, at))) for name, at in places]
    rows = [("mean", fmean(before), fmean(now)), *quantiles]
    return tuple((name, f"{then:.3g}", f"{today:.3g}") for name, then, today in rows)


def _moved_features(samples: Samples) -> tuple[tuple[str, str, str], ...]:
    """The features whose means moved most, in units of their spread."""
    rows = []
    columns = zip(
        samples.names, zip(*samples.before, strict=True), zip(*samples.now, strict=True), strict=True
    )
    for name, before, now in columns:
        spread = pstdev([*before, *now])
        then, today = fmean(before), fmean(now)
        rows.append((abs(today - then) / spread if spread else 0.0, (name, f"{then:.3g}", f"{today:.3g}")))
    rows.sort(key=_by_size, reverse=True)
    return tuple(row for size, row in rows[:_SHOWN] if size)


def _by_size(row: tuple[float, Any]) -> float:
    return row[0]
