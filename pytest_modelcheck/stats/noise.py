"""Changed answers beyond the model's own noise: under a perturbation, or by another version.

A model that varies gives different answers to identical inputs, so a rule that counts changed answers fails
it however invariant it is. Here its disagreement with itself, measured on the same inputs, is subtracted.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_modelcheck.numeric import count
from pytest_modelcheck.stats.means import gaffke_bounds, student_bounds
from pytest_modelcheck.stats.permutation import resamples_for, sign_flip_test

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


_CHOICES = 500  # if there are more ways to choose the base outputs, so many are drawn
_TIE = 1e-9
LEAST_PROBES = 12
_UNLUCKY = 0.01  # cases of an unchanged check that look broken for good, on average


@dataclass(frozen=True, slots=True)
class Excess:
    """The disagreement that a perturbation adds to the model's disagreement with itself.

    Attributes:
        cross: The mean over the cases of the disagreement between base runs and variants.
        own: The mean over the cases of the disagreement between base runs.
        low: The lower bound of the true ``cross - own``, one-sided at ``1 - false_fail_rate``.
        p_value: The chance of so large a difference, if variants were answered as base inputs are.
        cases: The number of cases.
        each: The observed ``cross - own`` of each case.
    """

    cross: float
    own: float
    low: float
    p_value: float
    cases: int
    each: tuple[float, ...] = ()

    @property
    def excess(self) -> float:
        """The disagreement that the perturbation adds, in [-1, 1]."""
        return self.cross - self.own


@dataclass(frozen=True, slots=True)
class Rise:
    """The answers that a perturbation changes in each case, when the check was approved and now.

    Attributes:
        approved: For each case, the share of pairs of an answer to the input and one to a variant that
            disagreed, and the share of pairs of answers to the input that did.
        current: The same for the current version, of the same cases.
    """

    approved: tuple[tuple[float, float], ...]
    current: tuple[tuple[float, float], ...]

    @property
    def each(self) -> list[float]:
        """The rise of the excess of each case."""
        return [
            (current[0] - current[1]) - (approved[0] - approved[1])
            for approved, current in zip(self.approved, self.current, strict=True)
        ]

    def __str__(self) -> str:
        """Return both sides in words."""
        (crossed, own), (current_cross, current_own) = (
            [fmean(side) for side in zip(*version, strict=True)] for version in (self.approved, self.current)
        )
        return (
            f"answers changed in {current_cross:.0%} of variants ({crossed:.0%} when approved), and the "
            f"model disagrees with itself on {current_own:.0%} of identical inputs ({own:.0%})"
        )


def disagreements(
    outputs: Sequence[Any], differ: Callable[[Any, Any], float] = operator.ne
) -> NDArray[np.float64]:
    """Return how much each two outputs of one case differ, in [0, 1], as a symmetric table.

    >>> disagreements(["a", "a", "b"]).tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    table = np.zeros((len(outputs), len(outputs)))
    for one, other in itertools.combinations(range(len(outputs)), 2):
        table[one, other] = table[other, one] = float(differ(outputs[one], outputs[other]))
    return table


def noise_calibrated_excess(
    tables: Sequence[ArrayLike],
    bases: int,
    false_fail_rate: float,
    *,
    seed: int = 0,
    units: Sequence[Hashable | None] | None = None,
) -> Excess:
    """Compare the disagreement under a perturbation with the model's own.

    With no allowance a check fails where ``p_value`` is at most ``false_fail_rate``: the test permutes,
    within each case, which of its outputs are called base. With an allowance it fails where ``low`` exceeds
    it: the bound of :mod:`~pytest_modelcheck.stats.means` on the cases' excess, which lies in [-1, 1].

    Args:
        tables: For each case, how much each two of its outputs differ (see :func:`disagreements`): the base
            runs first, then the variants, at least one.
        bases: The number of base runs of each case, at least 2; 3 is a good number.
        false_fail_rate: The level of the test and of the bound.
        seed: Of the permutations.
        units: For each case, a key that cases which vary together share: these are permuted together.
            ``None`` for a case that varies alone.

    >>> steady, flipped = disagreements("aaaa"), disagreements("aaab")
    >>> found = noise_calibrated_excess([steady] * 80 + [flipped] * 20, bases=3, false_fail_rate=0.01)
    >>> f"{found.cross:.0%} of variants, {found.own:.0%} of itself, at least {found.low:.0%} more"
    '20% of variants, 0% of itself, at least 10% more'
    """
    count("bases", bases, at_least=2)
    if not tables:
        raise ValueError("there is no case to compare")
    generator = np.random.default_rng(seed)
    resamples = resamples_for(false_fail_rate)
    crosses, owns = np.empty(len(tables)), np.empty(len(tables))
    permuted = np.zeros(resamples)
    together: dict[Hashable, list[tuple[int, Floats]]] = {}
    for index, (given, unit) in enumerate(zip(tables, units or [None] * len(tables), strict=True)):
        table = _checked(given, bases)
        together.setdefault(("alone", index) if unit is None else (unit, len(table)), []).append(
            (index, table)
        )
    for cases in together.values():
        chosen = _choices(len(cases[0][1]), bases, generator)
        drawn = generator.integers(len(chosen), size=resamples)
        for index, table in cases:
            cross, own = _by_choice(table, chosen)
            crosses[index], owns[index] = cross[0], own[0]
            permuted += (cross - own)[drawn]
    return _excess(crosses, owns, permuted, false_fail_rate)


def _checked(table: ArrayLike, bases: int) -> NDArray[np.float64]:
    found = np.asarray(table, dtype=float)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not np.array_equal(found, found.T):
        raise ValueError(f"a table of disagreements must be square and symmetric, not {found.shape}")
    if not (found.min() >= 0 and found.max() <= 1):
        raise ValueError("disagreements must lie in [0, 1]")
    if len(found) <= bases:
        raise ValueError(f"a case needs a variant beside its {bases} base runs")
    if found.diagonal().any():
        raise ValueError("an output cannot disagree with itself")
    return found


def _choices(outputs: int, bases: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """List the choices of base outputs, one per row; the first row is the real choice.

    If there are too many, some are drawn and added to the real one, anew for each case. The test stays valid:
    if the outputs are alike, the real choice is as likely as any other of the list.
    """
    if math.comb(outputs, bases) <= _CHOICES:
        return _all_choices(outputs, bases)
    real = np.arange(outputs) < bases
    drawn = generator.permuted(np.tile(real, (_CHOICES, 1)), axis=1)
    return np.concatenate([[real], drawn]).astype(float)


@functools.lru_cache(maxsize=16)
def _all_choices(outputs: int, bases: int) -> NDArray[np.float64]:
    rows = np.array(list(itertools.combinations(range(outputs), bases)))  # the first of them is 0, 1, ...
    chosen = np.zeros((len(rows), outputs))
    np.put_along_axis(chosen, rows, 1.0, axis=1)
    chosen.flags.writeable = False
    return chosen


def _by_choice(
    table: NDArray[np.float64], chosen: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean disagreement between base and variant, and between base and base, for each choice."""
    bases = chosen[0].sum()
    towards = chosen @ table
    own = (towards * chosen).sum(axis=1) / (bases * (bases - 1))
    cross = (towards * (1 - chosen)).sum(axis=1) / (bases * (len(table) - bases))
    return cross, own


def regression_excess(
    approved: Sequence[Sequence[bool]],
    current: Sequence[Sequence[bool]],
    false_fail_rate: float,
    *,
    seed: int = 0,
) -> Excess:
    """Compare how often cases break from an approved to a current run, and from one approved run to another.

    A case breaks if the one run passes and the other fails. Between two approved runs, this happens by chance
    if the model varies. The difference of the two rates is the excess. The noise is that of approved runs
    alone: a version that became noisier, and fails more often where it used to pass, is worse. With no
    allowance the p-value is that of a permutation, within each case, of which runs are approved; with one,
    the bound of :mod:`~pytest_modelcheck.stats.means` on the excess counts.

    Args:
        approved: For each case, which approved runs passed, at least two.
        current: For each case, in the same order, which of its runs pass, at least one.
        false_fail_rate: The level of the test and of the bound.
        seed: Of the permutations.

    >>> steady, broken = regression_excess([[True] * 3] * 9, [[True]] * 9, 0.01), [[True] * 3] * 9
    >>> steady.excess, regression_excess(broken, [[False]] * 9, 0.01).excess
    (0.0, 1.0)
    """
    if not approved or len(approved) != len(current):
        sizes = f"{len(approved)} approved and {len(current)} current cases"
        raise ValueError(f"{sizes}: there must be as many, and one")
    generator = np.random.default_rng(seed)
    resamples = resamples_for(false_fail_rate)
    crosses, owns = np.empty(len(approved)), np.empty(len(approved))
    permuted = np.zeros(resamples)
    for index, (before, after) in enumerate(zip(approved, current, strict=True)):
        old, new = len(before), len(after)
        if old < 2 or not new:
            raise ValueError(f"case {index} has too few runs: {old} approved, {new} current")
        passed = sum(before) + sum(after)
        drawn = np.array([sum(before)])
        if 0 < passed < old + new:  # else there is but one way to deal them out
            others = generator.hypergeometric(passed, old + new - passed, old, size=resamples)
            drawn = np.concatenate([drawn, others])
        cross = drawn / old * (1 - (passed - drawn) / new)
        own = drawn * (old - drawn) / (old * (old - 1))
        crosses[index], owns[index] = cross[0], own[0]
        permuted += (cross - own)[1:] if len(drawn) > 1 else cross - own
    return _excess(crosses, owns, permuted, false_fail_rate)


def _excess(crosses: Floats, owns: Floats, permuted: Floats, false_fail_rate: float) -> Excess:
    """Compare the observed excess with the permuted ones; it counts as one of them."""
    excess = crosses - owns
    as_large = int((permuted >= excess.sum() - _TIE * len(excess)).sum())
    low, _ = gaffke_bounds(excess, 1 - false_fail_rate, low=-1.0, high=1.0)
    p_value = (as_large + 1) / (len(permuted) + 1)
    each = tuple(excess.tolist())
    return Excess(float(crosses.mean()), float(owns.mean()), low, p_value, len(excess), each)


def excess_bound(each: Sequence[float], level: float) -> float:
    """Return the lower bound of the mean excess, one-sided at ``level``.

    By Student's t over the cases; by Gaffke's bound if all cases have the same excess, and so no spread that
    t could use.

    >>> round(excess_bound([0.0] * 80 + [1.0] * 20, 0.99), 3)
    0.105
    >>> excess_bound([1.0] * 20, 0.99) > 0.5
    True
    """
    low, _ = student_bounds(each, level)
    return low if low > -math.inf else gaffke_bounds(each, level, low=-1.0, high=1.0)[0]


def rise_p_value(approved: ArrayLike, current: ArrayLike, false_fail_rate: float, *, seed: int = 0) -> float:
    """Return the p-value of "the excess of every case is what it was", one-sided towards a rise.

    For invariance checks against an approved version: each case has an approved excess (disagreement with
    variants minus disagreement with itself) and a current one. If nothing changed, the difference of the two
    is as likely to be the opposite, however noisy either version is.

    >>> rise_p_value([0.1, 0.0, 0.2, 0.0] * 4, [0.1, 0.0, 0.2, 0.0] * 4, 0.01)
    1.0
    >>> rise_p_value([0.0] * 20, [0.3] * 20, 0.01) < 0.001
    True
    """
    rise = np.asarray(current, dtype=float) - np.asarray(approved, dtype=float)
    return sign_flip_test(rise, false_fail_rate, seed=seed).p_value


def probes_needed(approved_runs: int, units: int) -> int:
    """Return how often a case that always passed must fail again to count as broken for good.

    In an unchanged version, too, some cases passed in all approved runs by luck, and then fail many times.
    The number of probes is the least, but at least 12, that leaves fewer than 0.01 such cases on average,
    among ``units`` cases whose chances to pass follow Beta(0.9, 0.3), from hopeless cases to certain ones.

    >>> [probes_needed(runs, 100) for runs in (1, 2, 3, 5)], probes_needed(3, 10_000)
    ([64, 17, 12, 12], 36)
    """
    count("approved_runs", approved_runs, at_least=1)
    count("units", units, at_least=1)
    log_constant = math.lgamma(0.9) + math.lgamma(0.3) - math.lgamma(1.2)
    probes = LEAST_PROBES
    while True:  # the mean of p**approved * (1 - p)**(1 + probes) under the density above
        log_mean = math.lgamma(approved_runs + 0.9) + math.lgamma(probes + 1.3)
        log_mean -= math.lgamma(approved_runs + probes + 2.2) + log_constant
        if units * math.exp(log_mean) <= _UNLUCKY:
            return probes
        probes += 1 + probes // 50
