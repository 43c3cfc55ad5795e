"""Whether more runs fail of cases that passed than a model that varies makes fail by itself.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.stats.gaffke import gaffke_bounds
from pytest_modelcheck.stats.invariance import Excess
from pytest_modelcheck.stats.resampling import resamples_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_TIE = 1e-9


def regression_excess(
    then: Sequence[Sequence[bool]],
    now: Sequence[Sequence[bool]],
    false_fail_rate: float,
    *,
    seed: int = 0,
) -> Excess:
    """Compare how often a run that passed is met by one that fails now, with how often own runs do so.

    A case regresses with the chance that a run of then passes and one of now fails. Two runs of one version
    do so too, wherever the model varies. The difference of the two is the excess. With no allowance the
    p-value is that of a permutation, within each case, of which runs are called then; with one, the bound
    of :mod:`~pytest_modelcheck.stats.gaffke` on the excess counts.

    Args:
        then: For each case, which of the runs passed that it is compared with, at least one.
        now: For each case, in the same order, which of its runs pass, at least two.
        false_fail_rate: The level of the test and of the bound.
        seed: Of the permutations.

    Raises:
        ValueError: There is no case, or one has too few runs.

    >>> steady, broken = regression_excess([[True]] * 9, [[True] * 3] * 9, 0.01), [[True]] * 9
    >>> steady.excess, regression_excess(broken, [[False] * 3] * 9, 0.01).excess
    (0.0, 1.0)
    """
    import numpy as np

    if not then or len(then) != len(now):
        raise ValueError(f"{len(then)} cases then and {len(now)} now: there must be as many, and one")
    generator = np.random.default_rng(seed)
    resamples = resamples_for(false_fail_rate)
    crosses, owns = np.empty(len(then)), np.empty(len(then))
    permuted = np.zeros(resamples)
    for index, (before, after) in enumerate(zip(then, now, strict=True)):
        if not before or len(after) < 2:
            raise ValueError(f"case {index} has too few runs: {len(before)} then, {len(after)} now")
        passed, runs = sum(before) + sum(after), len(before) + len(after)
        drawn = generator.hypergeometric(passed, runs - passed, len(before), size=resamples)
        cross, own = _of_case(np.array([float(sum(before))]), float(passed), len(before), len(after))
        crosses[index], owns[index] = cross[0], own[0]
        cross, own = _of_case(drawn.astype(float), float(passed), len(before), len(after))
        permuted += cross - own
    excess = crosses - owns
    as_large = int((permuted >= excess.sum() - _TIE * len(excess)).sum())
    low, _ = gaffke_bounds(excess, 1 - false_fail_rate, low=-1.0, high=1.0)
    p_value = (as_large + 1) / (resamples + 1)
    each = tuple(excess.tolist())
    return Excess(float(crosses.mean()), float(owns.mean()), low, p_value, len(excess), each)


def _of_case(passed_then: Floats, passed: float, then: int, now: int) -> tuple[Floats, Floats]:
    """How often a run passes then and fails now, and how often two runs of one version do, in that order."""
    passed_now = passed - passed_then
    cross = passed_then / then * (1 - passed_now / now)
    own = passed_now * (now - passed_now) / (now * (now - 1))
    if then > 1:
        own = (own + passed_then * (then - passed_then) / (then * (then - 1))) / 2
    return cross, own
