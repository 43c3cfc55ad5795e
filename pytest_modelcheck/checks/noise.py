"""Noise and limits: whether noise explains a miss, whether a pass is proven, and what could be detected.

Each limit has its kind of noise: an object that computes the chance of the observation if the requirement
were just met (``p_value``), the chance of passing with a shortfall (``chance_of_pass``), and the shortfall
that the cases can detect (``reveals``).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, prod
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.limits import ROUNDING, fraction_of
from pytest_modelcheck.phrases import counted, percent, plural
from pytest_modelcheck.records import CHANGE, GRADE, Scale
from pytest_modelcheck.stats.rates import detectable_rate, failing_count, lower_tail, upper_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.stats.noise import Excess

FEWEST_MEANS: Final = 5
"""With fewer cases or groups, a mean says too little."""


@dataclass(frozen=True, slots=True)
class RateNoise:
    """A pass rate, or a mean of scores, against ``required``.

    With ``at_zero``, scores are changes of the given cases, and the requirement is 0: if the perturbation
    had no effect, each change would be as likely as its opposite.
    """

    observed: Observed
    required: float
    at_zero: bool = False

    def p_value(self, false_fail_rate: float) -> float:
        """For counts by Clopper and Pearson; for means by sign flips, Gaffke's bound, or Student's t."""
        if self.observed.means is not None:
            if not self.at_zero:
                return _mean_at_least(self.observed.means, self.required, self.observed.scale)
            from pytest_modelcheck.stats.permutation import sign_flip_test

            return sign_flip_test([-mean for mean in self.observed.means], false_fail_rate).p_value
        return lower_tail(*self.observed.counts, self.required)

    def least_p_value(self) -> float:
        """The same if every case failed."""
        means = self.observed.means
        if means is None:
            return lower_tail(0, self.observed.counts[1], self.required)
        if self.at_zero:
            return float(0.5 ** len(means))
        return _least_mean(len(means), self.required, self.observed.scale)

    def readily(self, false_fail_rate: float) -> float:
        """By Student's test of means."""
        means = self.observed.means
        return self.p_value(false_fail_rate) if means is None else student(means, self.required)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """By the same test in the other direction, at the required rate minus the tolerance."""
        scale = self.observed.scale
        above = max(scale.low, self.required - tolerance)
        if self.observed.means is not None:
            turned = [-mean for mean in self.observed.means]
            chance = _mean_at_least(turned, -above, Scale(-scale.high, -scale.low))
            what = f"change of {above:+.3g}" if self.observed.signed else f"of {above:.3g}"
            return chance, f"a mean {what}"
        return upper_tail(*self.observed.counts, above), f"a rate of {percent(_shown(above))}"

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test."""
        if self.observed.means is not None:
            return self._mean_reveals(limits.false_fail_rate)
        n = self.observed.counts[1]
        what = plural(n, "case" if self.observed.runs is None else "run")
        rate = detectable_rate(n, self.required, limits.false_fail_rate)
        if rate is None:
            return f"{what} cannot reveal any rate under {percent(self.required)}"
        text = f"{what} can reliably reveal only rates under {_rounded(rate)}"
        if limits.tolerance and limits.tolerance < self.required:
            low = self.required - limits.tolerance
            chance = lower_tail(failing_count(n, self.required, limits.false_fail_rate), n, low)
            text += f"; a rate of {percent(_shown(low))} fails with a chance of {percent(_shown(chance))}"
        return text

    def _mean_reveals(self, false_fail_rate: float) -> str:
        from pytest_modelcheck.stats.means import detectable_shift

        means, scale, signed = self.observed.means or (), self.observed.scale, self.observed.signed
        if self.at_zero and self.least_p_value() > false_fail_rate:
            return f"{counted(len(means), self.observed.units)} cannot reveal any mean change"
        # Like the bound itself, with one more score at either end: equal scores do not mean no spread.
        ends = (scale.high, scale.low) if scale.bounded and not self.at_zero else ()
        spread = pstdev([*means, *ends])
        under = max(scale.low, self.required - detectable_shift(len(means), spread, false_fail_rate))
        what = (
            f"mean changes under about {under:+.2g}"
            if signed
            else f"means under about {_about(under, self.observed)}"
        )
        return f"{counted(len(means), self.observed.units)} can reliably reveal only {what}"


@dataclass(frozen=True, slots=True)
class DropNoise:
    """A drop against the approved version, with an ``allowance``.

    With ``sampled``, the cases represent others. If most of them lose a little and few gain much, the signs
    in a sample are not symmetric although the mean is 0, so symmetry is not assumed.
    """

    observed: Observed
    broke: int
    fixed: int
    cases: int
    allowance: Allowance
    sampled: bool = False

    @property
    def margin(self) -> float:
        """The allowance as a fraction of the cases."""
        return fraction_of(self.allowance, self.cases)

    def p_value(self, false_fail_rate: float) -> float:
        """By exchanges within cases, or of signs; with an allowance exactly, or by Gaffke's bound."""
        drops = self.observed.drops
        if drops is None:
            return self._of_counts(self.broke, self.fixed)
        if self._by_bound:
            return _mean_at_least([-drop for drop in drops], -self.margin, self._differences)
        if self.observed.pairs is not None:
            from pytest_modelcheck.stats.permutation import scores_test

            approved, current = zip(
                *((pair.approved, pair.current) for pair in self.observed.pairs), strict=True
            )
            return scores_test(approved, current, false_fail_rate).p_value
        from pytest_modelcheck.stats.permutation import sign_flip_test

        return sign_flip_test(drops, false_fail_rate).p_value

    def least_p_value(self) -> float:
        """The same if every case broke that could."""
        drops = self.observed.drops
        if drops is None:
            return self._of_counts(self.cases, 0)
        if self._by_bound:
            return _least_mean(len(drops), -self.margin, self._differences)
        if self.observed.pairs is None:
            return float(0.5 ** len(drops))
        ways = (
            comb(len(pair.approved) + len(pair.current), len(pair.current)) for pair in self.observed.pairs
        )
        return float(prod(1 / each for each in ways))

    def readily(self, false_fail_rate: float) -> float:
        """By Student's test where a bound decides."""
        drops = self.observed.drops
        if drops is None or not self._by_bound:
            return self.p_value(false_fail_rate)
        return student([-drop for drop in drops], -self.margin)

    @property
    def _by_bound(self) -> bool:
        """True if means are tested by a bound of the mean, not by exchanges or sign flips."""
        return bool(self.margin) or self.sampled

    @property
    def _differences(self) -> Scale:
        """The range of the difference of two scores."""
        return Scale(-self.observed.scale.width, self.observed.scale.width)

    def _of_counts(self, broke: int, fixed: int) -> float:
        from pytest_modelcheck.stats.paired import drop_p_value, mcnemar_exact

        if self.margin:
            return drop_p_value(broke, fixed, self.cases, self.margin)
        return mcnemar_exact(broke, fixed)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """For counts exactly, for means by Gaffke's bound."""
        below = min(self.observed.scale.width - ROUNDING, self.margin + tolerance)
        words = f"a drop of {percent(_shown(below)) if self.observed.scale == GRADE else f'{below:.3g}'}"
        if self.observed.drops is not None:
            return _mean_at_least(self.observed.drops, below, self._differences), words
        from pytest_modelcheck.stats.paired import drop_p_value

        return drop_p_value(self.fixed, self.broke, self.cases, -below), words

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test, assuming that about as many cases are fixed as were observed."""
        rate = limits.false_fail_rate
        if self.observed.drops is not None and (self.observed.pairs is None or self.observed.graded):
            return self._mean_reveals(rate)
        from pytest_modelcheck.stats.paired import detectable_drop

        pairs, what, fixed = self.cases, plural(self.cases, "case"), float(self.fixed)
        if self.observed.pairs is not None:
            pairs = sum(min(len(pair.approved), len(pair.current)) for pair in self.observed.pairs)
            # How often a failed approved run is paired with a passed current run.
            fixes = [(1 - fmean(pair.approved)) * fmean(pair.current) for pair in self.observed.pairs]
            fixed = pairs * fmean(fixes)
            what = f"{plural(pairs, 'run')} of {what}"
        # The chance of a fix is estimated with one more of each kind: none seen does not mean none possible.
        drop = detectable_drop(pairs, min(0.45, (fixed + 1) / (pairs + 2)), rate, max_drop=self.margin)
        if drop is None:
            return f"{what} cannot reveal any drop"
        return f"{what} can reliably reveal only drops of more than {_rounded(drop)}"

    def _mean_reveals(self, false_fail_rate: float) -> str:
        from pytest_modelcheck.stats.means import detectable_shift

        drops, scale = self.observed.drops or (), self._differences
        units = counted(len(drops), self.observed.units)
        if not self._by_bound and self.least_p_value() > false_fail_rate:
            return f"{units} cannot reveal any drop"
        ends = (scale.low, scale.high) if scale.bounded and self._by_bound else ()
        spread = pstdev([*drops, *ends])
        drop = min(scale.high, self.margin + detectable_shift(len(drops), spread, false_fail_rate))
        return f"{units} can reliably reveal only drops of more than about {_about(drop, self.observed)}"


@dataclass(frozen=True, slots=True)
class ShareNoise:
    """The noise of a share of runs with an ``allowance``."""

    count: int
    of: int
    cases: int
    allowance: Allowance

    @property
    def fraction(self) -> float:
        """The allowance as a fraction of the cases."""
        return min(1.0, fraction_of(self.allowance, self.cases))

    def p_value(self, false_fail_rate: float) -> float:  # noqa: ARG002
        """By Clopper and Pearson."""
        return upper_tail(self.count, self.of, self.fraction)

    def least_p_value(self) -> float:
        """The same if every run counted."""
        return upper_tail(self.of, self.of, self.fraction)

    def readily(self, false_fail_rate: float) -> float:
        """The same: it is exact."""
        return self.p_value(false_fail_rate)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """The same towards the other side."""
        share = min(1.0, self.fraction + tolerance)
        return lower_tail(self.count, self.of, share), f"a share of {percent(_shown(share))}"

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test."""
        what = plural(self.of, "case" if self.of == self.cases else "run")
        rate = detectable_rate(self.of, 1 - self.fraction, limits.false_fail_rate)
        if rate is None:
            return f"{what} cannot reveal any share above {percent(_shown(self.fraction))}"
        return f"{what} can reliably reveal only a share above {_rounded(1 - rate)}"


@dataclass(frozen=True, slots=True)
class ExcessNoise:
    """The noise of a perturbation's effect beyond the model's own disagreement, with an ``allowance``."""

    excess: Excess
    units: str
    allowance: float

    @property
    def mean(self) -> float:
        """The mean over the units."""
        return fmean(self.excess.each)

    @property
    def met(self) -> bool:
        """True if the mean is within the allowance."""
        return self.mean <= self.allowance + ROUNDING

    def low(self, false_fail_rate: float) -> float:
        """The lower bound of the excess, by Gaffke's bound."""
        from pytest_modelcheck.stats.means import gaffke_bounds

        return gaffke_bounds(self.excess.each, 1 - false_fail_rate, low=-1.0, high=1.0)[0]

    def p_value(self, false_fail_rate: float) -> float:  # noqa: ARG002
        """By exchanging outputs within cases without an allowance, else by Gaffke's bound."""
        if not self.allowance:
            return self.excess.p_value
        return _mean_at_least([-each for each in self.excess.each], -self.allowance, CHANGE)

    def least_p_value(self) -> float:
        """The same if a perturbation changed the answers to every case, and the model repeated itself."""
        cases = len(self.excess.each)
        return _least_mean(cases, -self.allowance, CHANGE) if self.allowance else float(0.25**cases)

    def readily(self, false_fail_rate: float) -> float:
        """By Student's test where a bound decides."""
        if not self.allowance:
            return self.p_value(false_fail_rate)
        return student([-each for each in self.excess.each], -self.allowance)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """By Gaffke's bound."""
        below = min(1.0, self.allowance + tolerance)
        chance = _mean_at_least(self.excess.each, below, CHANGE)
        return chance, f"an excess of {percent(_shown(below))}"

    def reveals(self, limits: Limits) -> str:
        """By the normal approximation."""
        from pytest_modelcheck.stats.means import detectable_mean

        # With one more at either end, as the bound has it.
        spread = pstdev([*self.excess.each, 1.0, -1.0])
        reach = 1 - detectable_mean(len(self.excess.each), spread, 1.0, limits.false_fail_rate)
        least = min(1.0, self.allowance + reach)
        units = counted(len(self.excess.each), self.units)
        return f"{units} can reliably reveal only an excess of more than about {least:.0%}"


def _mean_at_least(values: Sequence[float], required: float, scale: Scale) -> float:
    """The p-value of a low mean against ``required``: by Gaffke, or without bounds by Student."""
    if not scale.bounded:
        from pytest_modelcheck.stats.means import student_p_value

        return student_p_value(values, required)
    from pytest_modelcheck.stats.means import mean_p_value

    # Rounding must not carry a score out of its scale.
    units = [min(1.0, max(0.0, scale.unit(value))) for value in values]
    return mean_p_value(units, min(1.0, max(0.0, scale.unit(required))))


def _least_mean(units: int, required: float, scale: Scale) -> float:
    """The same where every unit is the lowest, or 0 without bounds; a few means say too little, 1."""
    if units < FEWEST_MEANS:
        return 1.0
    return _mean_at_least([scale.low] * units, required, scale) if scale.bounded else 0.0


def student(values: Sequence[float], required: float) -> float:
    """The p-value of a low mean by Student's test; of equal values 0 if they are below, else 1."""
    from pytest_modelcheck.stats.means import student_p_value

    # Equal values have no spread to test by: then all of them are below, or none is.
    rounding = ROUNDING * max(map(abs, values))
    return student_p_value(values, required) if max(values) >= required - rounding else 0.0


def _shown(rate: float) -> float:
    """A rate without the rounding error of floats: 0.95 - 0.05 is 0.8999999999999999."""
    return round(rate, 3)


def _about(value: float, observed: Observed) -> str:
    """A mean of scores on their scale, a mean of pass rates in percent."""
    return f"{value:.2g}" if observed.graded else _rounded(value)


def _rounded(rate: float) -> str:
    return f"{rate:.0%}" if 0.05 < rate < 0.95 else percent(_shown(rate))
