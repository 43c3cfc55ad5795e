"""Whether differences, one a case, are worse than chance: the sign-flip test.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_modelcheck.stats.resampling import PermutationTest, chunks, resamples_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_LARGEST_DENOMINATOR = 10_000
_EXACT_STEPS = 200_000_000  # additions, about a fifth of a second
_ENUMERATED = 18  # differences: 2**18 sums
_TIE = 1e-9


def sign_flip_test(differences: ArrayLike, false_fail_rate: float, *, seed: int = 0) -> PermutationTest:
    """Test differences of one number a case (or a cluster), baseline minus candidate.

    If the versions behave alike, each difference is as likely as its opposite. Exact where the differences
    are multiples of some unit, such as 0/1 outcomes, grades or percentages, or where they are few. Of
    differences of one 0/1 run it is McNemar's exact test.

    Args:
        differences: For each case, the baseline's mean minus the candidate's.
        false_fail_rate: The level of the test: it decides how many flips are drawn.
        seed: Of the draws.

    Source: Fisher, The Design of Experiments (1935), section 21.

    >>> sign_flip_test([1, 1, 1, 0, 1, -1, 1, 1, 1, 0], 0.01).p_value == 9 / 256
    True
    """
    import numpy as np

    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError("differences must be a flat sequence of at least one number")
    resamples, drop = resamples_for(false_fail_rate), float(values.mean())
    changed = values[np.abs(values) > _TIE]
    units = _units(changed)
    if units is not None:
        return PermutationTest(_exact_flips(units), drop)
    if len(changed) <= _ENUMERATED:
        sums = np.zeros(1)
        for value in changed:
            sums = np.concatenate([sums + value, sums - value])
        return PermutationTest(float(np.mean(sums >= changed.sum() - _TIE)), drop)
    generator = np.random.default_rng(seed)
    worse = 0
    for size in chunks(resamples, len(changed)):
        sums = generator.choice(np.array([-1.0, 1.0]), size=(size, len(changed))) @ changed
        worse += int((sums >= changed.sum() - _TIE).sum())
    return PermutationTest((worse + 1) / (resamples + 1), drop, resamples)


def _units(values: NDArray[np.float64]) -> list[int] | None:
    """Return the values as whole multiples of their largest unit, where that is few enough to convolve."""
    fractions = [Fraction(float(value)).limit_denominator(_LARGEST_DENOMINATOR) for value in values]
    if any(abs(found - value) > _TIE for found, value in zip(fractions, values.tolist(), strict=True)):
        return None
    unit = math.lcm(*(found.denominator for found in fractions))
    multiples = [int(found * unit) for found in fractions]
    divisor = math.gcd(*multiples) or 1
    multiples = [found // divisor for found in multiples]
    return multiples if len(multiples) * sum(map(abs, multiples)) <= _EXACT_STEPS else None


def _exact_flips(units: list[int]) -> float:
    """Return the chance that the sum, each sign at random, is at least the sum as it stands."""
    import numpy as np

    reach = sum(map(abs, units))
    chances = np.zeros(reach + 1)  # of the sum of those whose sign came out positive
    chances[0] = 1.0
    upto = 0
    for step in map(abs, units):
        chances[step : upto + step + 1] += chances[: upto + 1].copy()
        chances[: upto + step + 1] /= 2
        upto += step
    return min(1.0, float(chances[(sum(units) + reach) // 2 :].sum()))
