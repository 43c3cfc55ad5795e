"""Permutation tests of a worse version, on several runs or scores of the same cases.

If two versions behave alike on a case, then its runs could as well have been shared out the other way round.
The drop that was observed is held against the drops under all such exchanges, within cases only. Every test
here is one-sided towards worse. The p-value is exact where it can be computed; where exchanges are drawn, it
counts the observed one among them, so that false alarms stay below the stated rate (Phipson and Smyth,
Stat. Appl. Genet. Mol. Biol. 9 (2010) 39).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pytest_modelcheck.numeric import probability
from pytest_modelcheck.stats.exchange import exchange_p_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


_TIE = 1e-9  # of the largest number: an absolute tolerance makes small numbers all alike
_LARGEST_DENOMINATOR = 10_000
_EXACT_STEPS = 200_000_000  # additions, about a fifth of a second
_ENUMERATED = 18  # differences: 2**18 sums
_LEAST_RESAMPLES = 1_999
_CHUNK = 100_000  # numbers that are drawn at once: few enough for the cache of a processor


def scores_test(
    baseline: Sequence[ArrayLike], candidate: Sequence[ArrayLike], false_fail_rate: float, *, seed: int = 0
) -> PermutationTest:
    """Test scores of several runs of each case, which need not be equally many.

    Exact where they are all 0 or 1 and equally many, or single runs of few cases or in whole units; otherwise
    by drawing exchanges within the cases.
    """
    before, after = _runs(baseline), _runs(candidate)
    if len(before) != len(after):
        raise ValueError(f"{len(before)} cases of the baseline against {len(after)} of the candidate")
    shapes = {(len(old), len(new)) for old, new in zip(before, after, strict=True)}
    if len(shapes) == 1 and np.isin(np.concatenate(before + after), (0.0, 1.0)).all():
        old, new = (np.array(side, dtype=int) for side in (before, after))
        drop = float((old.mean(axis=1) - new.mean(axis=1)).mean())
        return PermutationTest(exchange_p_value(old.tolist(), new.tolist()), drop)
    if shapes == {(1, 1)}:
        pairs = zip(before, after, strict=True)
        differences = [old[0] - new[0] for old, new in pairs]
        return sign_flip_test(differences, false_fail_rate, scale=_largest(before, after), seed=seed)
    return _drawn(before, after, resamples_for(false_fail_rate), seed)


def _drawn(before: list[Floats], after: list[Floats], resamples: int, seed: int) -> PermutationTest:
    generator = np.random.default_rng(seed)
    sums, observed = np.zeros(resamples), 0.0
    for shape in sorted({(len(old), len(new)) for old, new in zip(before, after, strict=True)}):
        pooled = np.array(
            [
                np.concatenate([old, new])
                for old, new in zip(before, after, strict=True)
                if (len(old), len(new)) == shape
            ]
        )
        weights = np.repeat([1 / shape[0], -1 / shape[1]], shape)
        observed += float((pooled @ weights).sum())
        start = 0
        for size in chunks(resamples, pooled.size):
            drawn = generator.permuted(np.broadcast_to(pooled, (size, *pooled.shape)), axis=2)
            sums[start : start + size] += (drawn @ weights).sum(axis=1)
            start += size
    worse = int((sums >= observed - _TIE * _largest(before, after) * len(before)).sum())
    return PermutationTest((worse + 1) / (resamples + 1), observed / len(before), resamples)


def _largest(before: list[Floats], after: list[Floats]) -> float:
    return max(float(np.abs(runs).max()) for runs in (*before, *after))


def _runs(cases: Sequence[ArrayLike]) -> list[Floats]:
    found = [np.asarray(runs, dtype=float).ravel() for runs in cases]
    if not found or not all(len(runs) and np.isfinite(runs).all() for runs in found):
        raise ValueError("every case needs the score of at least one run, and there must be a case")
    return found


def sign_flip_test(
    differences: ArrayLike, false_fail_rate: float, *, scale: float | None = None, seed: int = 0
) -> PermutationTest:
    """Test differences of one number a case (or a cluster), baseline minus candidate.

    If the versions behave alike, each difference is as likely as its opposite. Exact where the differences
    are multiples of some unit, such as 0/1 outcomes, grades or percentages, or where they are few. Of
    differences of one 0/1 run it is McNemar's exact test.

    Args:
        differences: For each case, the baseline's mean minus the candidate's.
        false_fail_rate: The level of the test: it decides how many flips are drawn.
        scale: The size of the numbers that were subtracted, by default of the largest difference: a billionth
            of it is rounding.
        seed: Of the draws.

    Source: Fisher, The Design of Experiments (1935), section 21.

    >>> sign_flip_test([1, 1, 1, 0, 1, -1, 1, 1, 1, 0], 0.01).p_value == 9 / 256
    True
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError("differences must be a flat sequence of at least one number")
    resamples, drop = resamples_for(false_fail_rate), float(values.mean())
    tie = _TIE * (float(np.abs(values).max()) if scale is None else scale)
    changed = values[np.abs(values) > tie]
    units = _units(changed)
    if units is not None:
        return PermutationTest(_exact_flips(units), drop)
    if len(changed) <= _ENUMERATED:
        sums = np.zeros(1)
        for value in changed:
            sums = np.concatenate([sums + value, sums - value])
        return PermutationTest(float(np.mean(sums >= changed.sum() - tie)), drop)
    generator = np.random.default_rng(seed)
    worse = 0
    for size in chunks(resamples, len(changed)):
        sums = generator.choice(np.array([-1.0, 1.0]), size=(size, len(changed))) @ changed
        worse += int((sums >= changed.sum() - tie).sum())
    return PermutationTest((worse + 1) / (resamples + 1), drop, resamples)


def _units(values: NDArray[np.float64]) -> list[int] | None:
    """Return the values as whole multiples of their largest unit, where that is few enough to convolve."""
    numbers = values.tolist()
    fractions = [Fraction(value).limit_denominator(_LARGEST_DENOMINATOR) for value in numbers]
    if any(abs(found - value) > _TIE * abs(value) for found, value in zip(fractions, numbers, strict=True)):
        return None
    unit = math.lcm(*(found.denominator for found in fractions))
    multiples = [int(found * unit) for found in fractions]
    divisor = math.gcd(*multiples) or 1
    multiples = [found // divisor for found in multiples]
    return multiples if len(multiples) * sum(map(abs, multiples)) <= _EXACT_STEPS else None


def _exact_flips(units: list[int]) -> float:
    """Return the chance that the sum, each sign at random, is at least the sum as it stands."""
    reach = sum(map(abs, units))
    chances = np.zeros(reach + 1)  # of the sum of those whose sign came out positive
    chances[0] = 1.0
    upto = 0
    for step in map(abs, units):
        chances[step : upto + step + 1] += chances[: upto + 1].copy()
        chances[: upto + step + 1] /= 2
        upto += step
    return min(1.0, float(chances[(sum(units) + reach) // 2 :].sum()))


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The result of a permutation test.

    Attributes:
        p_value: The chance of a drop at least as large, if the two versions behaved alike.
        drop: The mean over the cases of the baseline's mean minus the candidate's; positive is worse.
        resamples: How many exchanges were drawn, or ``None`` where the p-value is exact.
    """

    p_value: float
    drop: float
    resamples: int | None = None


def resamples_for(false_fail_rate: float) -> int:
    """Return how many exchanges to draw so that the p-value can get well below ``false_fail_rate``.

    At least ten times its inverse: a p-value cannot be less than one over the number of draws plus one.

    >>> resamples_for(0.01), resamples_for(0.0001)
    (1999, 100000)
    """
    return max(_LEAST_RESAMPLES, math.ceil(10 / probability("false_fail_rate", false_fail_rate)))


def chunks(resamples: int, each: int) -> list[int]:
    """Split the resamples, of ``each`` numbers, so that not too much is held in memory at once.

    >>> chunks(1_999, 40_000)[:2], sum(chunks(1_999, 40_000))
    ([2, 2], 1999)
    """
    size = max(1, _CHUNK // max(each, 1))
    whole, rest = divmod(resamples, size)
    return [size] * whole + ([rest] if rest else [])
