"""Noise and limits: whether it explains a miss, whether a pass is proven, what could be revealed.

Each limit has its kind of noise: an object that knows the chance of what was observed if the requirement
were just met (``p_value``), whether a shortfall beyond a tolerance is excluded (``proven``), and which
shortfall so many cases could have shown (``reveals``).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb, prod
from statistics import pstdev
from typing import TYPE_CHECKING, Protocol

from pytest_modelcheck.canonical.text import counted, percent, plural
from pytest_modelcheck.checks.limits import ROUNDING, fraction_of
from pytest_modelcheck.checks.protocol import Reason
from pytest_modelcheck.checks.verdicts import with_reason
from pytest_modelcheck.records import CHANGE, GRADE, Finding, Scale, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.checks.runs import Runs
    from pytest_modelcheck.stats.noise import Excess


class Noise(Protocol):
    """The part of chance in what one limit is held against."""

    def p_value(self, false_fail_rate: float) -> float:
        """The chance of what was observed, or worse, if the requirement were just met."""

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """The chance of so good a result if it fell short by ``tolerance``; and that shortfall in words."""

    def reveals(self, limits: Limits) -> str:
        """Name the shortfall that so many cases can reveal, as a sentence without its end."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that makes a finding of an observed value.

    Attributes:
        limits: The limits of the check.
        varies: Whether the model varies.
        looks: What decided about limits that noise may miss; it goes before everything else.
        broken: The ids of the cases that are broken for good.
        sets: How many sets of runs there are.
    """

    limits: Limits
    varies: bool
    looks: Mapping[str, Look] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    sets: int = 1

    @property
    def noisy(self) -> bool:
        """True if anything but the requirement decides what is observed."""
        return self.varies or self.limits.population == "sample"

    def finding(
        self,
        limit: str,
        summary: str,
        met: bool,
        noise: Noise,
        context: float | None = None,
    ) -> Finding:
        """Decide: exactly where nothing is left to chance, else by what chance explains."""
        against_baseline = limit != "at_least"
        look = self.looks.get(limit)
        if look is not None and not (look.status is Status.PASSED and self.limits.require_proof):
            return self._looked(look, limit, summary, noise)
        if look is None and not self.noisy:
            status = Status.PASSED if met else Status.FAILED
            return Finding(limit, status, summary, against_baseline, context)
        if met or look is not None:  # a look that passed, of which proof is asked for
            return self._met(limit, summary, noise, against_baseline=against_baseline, context=context)
        rate = self.limits.false_fail_rate
        p_value = noise.p_value(rate)
        reveals = noise.reveals(self.limits)
        if p_value <= rate:
            return Finding(limit, Status.FAILED, summary, against_baseline, p_value, reveals)
        explained = "noise" if self.varies else "the choice of cases"
        return self.inconclusive(
            limit, f"{summary}; {explained} could explain it", against_baseline, p_value, reveals
        )

    def _looked(self, look: Look, limit: str, summary: str, noise: Noise) -> Finding:
        """Return the finding of a look, with what so many cases could have shown unless all is well."""
        text = with_reason(look, summary, self.broken, self.sets)
        against_baseline = limit != "at_least"
        if look.status is Status.PASSED:
            return Finding(limit, Status.PASSED, text, against_baseline, look.p_value)
        unhelped = look.reason in (Reason.EXACT, Reason.NOTHING_SEEN)  # by any number of cases
        reveals = None if unhelped else noise.reveals(self.limits)
        if look.status is Status.INCONCLUSIVE:
            return self.inconclusive(limit, text, against_baseline, look.p_value, reveals)
        return Finding(limit, Status.FAILED, text, against_baseline, look.p_value, reveals)

    def _met(
        self, limit: str, summary: str, noise: Noise, *, against_baseline: bool, context: float | None
    ) -> Finding:
        if self.limits.require_proof:
            chance, shortfall = noise.chance_of_pass(self.limits.tolerance or 0.0)
            if chance > self.limits.false_pass_rate:
                likely = percent(_shown(chance))
                unproven = (
                    f"{summary}; met, but not proven: {shortfall} would show this with a chance of {likely}"
                )
                return self.inconclusive(
                    limit, unproven, against_baseline, context, noise.reveals(self.limits)
                )
        return Finding(limit, Status.PASSED, summary, against_baseline, context)

    def inconclusive(
        self,
        limit: str,
        summary: str,
        against_baseline: bool,
        p_value: float | None,
        reveals: str | None,
    ) -> Finding:
        """Return an inconclusive finding: a warning, or a failure where that is asked for."""
        if self.limits.inconclusive == "fail":
            text = f'{summary} (inconclusive="fail")'
            return Finding(limit, Status.FAILED, text, against_baseline, p_value, reveals)
        return Finding(limit, Status.INCONCLUSIVE, summary, against_baseline, p_value, reveals)


@dataclass(frozen=True, slots=True)
class RateNoise:
    """A pass rate, or a mean of scores, against ``required``.

    With ``at_zero`` the scores are changes of the cases at hand, and none is required: if the perturbation
    did nothing, each would be as likely as its opposite.
    """

    observed: Observed
    required: float
    at_zero: bool = False

    def p_value(self, false_fail_rate: float) -> float:
        """By Clopper and Pearson for counts; for means by sign flips, Gaffke's bound, or Student."""
        if self.observed.means is not None:
            if not self.at_zero:
                return _mean_at_least(self.observed.means, self.required, self.observed.scale)
            from pytest_modelcheck.stats.permutation import sign_flip_test

            return sign_flip_test([-mean for mean in self.observed.means], false_fail_rate).p_value
        from pytest_modelcheck.stats.rates import lower_tail

        return lower_tail(*self.observed.counts, self.required)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """The same towards the other side, at the required rate less the tolerance."""
        scale = self.observed.scale
        above = max(scale.low, self.required - tolerance)
        if self.observed.means is not None:
            turned = [-mean for mean in self.observed.means]
            chance = _mean_at_least(turned, -above, Scale(-scale.high, -scale.low))
            what = f"change of {above:+.3g}" if self.observed.signed else f"of {above:.3g}"
            return chance, f"a mean {what}"
        from pytest_modelcheck.stats.rates import upper_tail

        return upper_tail(*self.observed.counts, above), f"a rate of {percent(_shown(above))}"

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test."""
        if self.observed.means is not None:
            return self._mean_reveals(limits.false_fail_rate)
        from pytest_modelcheck.stats.rates import detectable_rate, failing_count, lower_tail

        n = self.observed.counts[1]
        what = plural(n, "case" if self.observed.runs is None else "run")
        rate = detectable_rate(n, self.required, limits.false_fail_rate)
        if rate is None:
            return f"{what} cannot reveal any rate under {percent(self.required)}"
        text = f"{what} can only reveal rates under {_rounded(rate)}"
        if limits.tolerance and limits.tolerance < self.required:
            low = self.required - limits.tolerance
            chance = lower_tail(failing_count(n, self.required, limits.false_fail_rate), n, low)
            text += f"; a rate of {percent(_shown(low))} fails with a chance of {percent(_shown(chance))}"
        return text

    def _mean_reveals(self, false_fail_rate: float) -> str:
        from pytest_modelcheck.stats.power import detectable_shift

        means, scale, signed = self.observed.means or (), self.observed.scale, self.observed.signed
        if self.at_zero and 0.5 ** len(means) > false_fail_rate:
            return f"{counted(len(means), self.observed.units)} cannot reveal any mean change"
        # With one more at either end, as the bound itself has it: equal scores do not mean no spread.
        ends = (scale.high, scale.low) if scale.bounded and not self.at_zero else ()
        spread = pstdev([*means, *ends])
        under = max(scale.low, self.required - detectable_shift(len(means), spread, false_fail_rate))
        what = f"mean changes under about {under:+.2g}" if signed else f"means under about {under:.2g}"
        return f"{counted(len(means), self.observed.units)} can only reveal {what}"


@dataclass(frozen=True, slots=True)
class DropNoise:
    """A drop against the approved version, of which ``allowance`` is allowed.

    With ``sampled`` the cases stand for others. Where most of them lose a little and few gain much, the signs
    of what a sample lost are not a toss-up although the mean is just 0, so nothing is taken for granted.
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
        if self.margin and self.observed.afresh is not None:
            from pytest_modelcheck.stats.paired import drop_p_value

            return drop_p_value(*self.observed.afresh, self.margin)
        if drops is None:
            return self._of_counts()
        if self._by_bound:
            return _mean_at_least([-drop for drop in drops], -self.margin, self._differences)
        if self.observed.pairs is not None:
            from pytest_modelcheck.stats.permutation import scores_test

            then, now = zip(*((pair.then, pair.now) for pair in self.observed.pairs), strict=True)
            return scores_test(then, now, false_fail_rate).p_value
        from pytest_modelcheck.stats.permutation import sign_flip_test

        return sign_flip_test(drops, false_fail_rate).p_value

    @property
    def _least_p_value(self) -> float:
        """The least that any drop could have, by exchanges or by flips."""
        if self.observed.pairs is None:
            return float(0.5 ** len(self.observed.drops or ()))
        ways = (comb(len(pair.then) + len(pair.now), len(pair.now)) for pair in self.observed.pairs)
        return float(prod(1 / each for each in ways))

    @property
    def _by_bound(self) -> bool:
        """True if means are held against the bound of a mean, and not against exchanges or flips."""
        return bool(self.margin) or self.sampled

    @property
    def _differences(self) -> Scale:
        """From where to where the difference of two scores may go."""
        return Scale(-self.observed.scale.width, self.observed.scale.width)

    def _of_counts(self) -> float:
        if self.margin:
            from pytest_modelcheck.stats.paired import drop_p_value

            return drop_p_value(self.broke, self.fixed, self.cases, self.margin)
        from pytest_modelcheck.stats.paired import mcnemar_exact

        return mcnemar_exact(self.broke, self.fixed)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """Exactly for counts, by Gaffke's bound for means."""
        below = min(self.observed.scale.width - ROUNDING, self.margin + tolerance)
        words = f"a drop of {percent(_shown(below)) if self.observed.scale == GRADE else f'{below:.3g}'}"
        if self.observed.drops is not None:
            return _mean_at_least(self.observed.drops, below, self._differences), words
        from pytest_modelcheck.stats.paired import drop_p_value

        return drop_p_value(self.fixed, self.broke, self.cases, -below), words

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test, where about as many cases are fixed as were."""
        rate = limits.false_fail_rate
        if self.observed.drops is not None and (self.observed.pairs is None or self.observed.graded):
            return self._mean_reveals(rate)
        from pytest_modelcheck.stats.power import detectable_drop

        pairs, what, fixed = self.cases, plural(self.cases, "case"), float(self.fixed)
        if self.observed.pairs is not None:
            pairs = sum(min(len(pair.then), len(pair.now)) for pair in self.observed.pairs)
            fixed = pairs * sum(map(_fixes, self.observed.pairs)) / len(self.observed.pairs)
            what = f"{plural(pairs, 'run')} of {what}"
        drop = detectable_drop(pairs, min(0.45, (fixed + 1) / (pairs + 2)), rate, max_drop=self.margin)
        if drop is None:
            return f"{what} cannot reveal any drop"
        return f"{what} can only reveal drops of more than {_rounded(drop)}"

    def _mean_reveals(self, false_fail_rate: float) -> str:
        from pytest_modelcheck.stats.power import detectable_shift

        drops, scale = self.observed.drops or (), self._differences
        units = counted(len(drops), self.observed.units)
        if not self._by_bound and self._least_p_value > false_fail_rate:
            return f"{units} cannot reveal any drop"
        ends = (scale.low, scale.high) if scale.bounded and self._by_bound else ()
        spread = pstdev([*drops, *ends])
        drop = min(scale.high, self.margin + detectable_shift(len(drops), spread, false_fail_rate))
        return f"{units} can only reveal drops of more than about {drop:.2g}"


@dataclass(frozen=True, slots=True)
class ShareNoise:
    """The noise of a share of runs that only an allowance of cases may reach."""

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
        from pytest_modelcheck.stats.rates import upper_tail

        return upper_tail(self.count, self.of, self.fraction)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """The same towards the other side."""
        from pytest_modelcheck.stats.rates import lower_tail

        share = min(1.0, self.fraction + tolerance)
        return lower_tail(self.count, self.of, share), f"a share of {percent(_shown(share))}"

    def reveals(self, limits: Limits) -> str:
        """By the power of the same test."""
        from pytest_modelcheck.stats.rates import detectable_rate

        what = plural(self.of, "case" if self.of == self.cases else "run")
        rate = detectable_rate(self.of, 1 - self.fraction, limits.false_fail_rate)
        if rate is None:
            return f"{what} cannot reveal any share above {percent(_shown(self.fraction))}"
        return f"{what} can only reveal a share above {_rounded(1 - rate)}"


@dataclass(frozen=True, slots=True)
class ExcessNoise:
    """The noise of a perturbation's effect beyond the model's own disagreement; ``allowance`` is allowed."""

    excess: Excess
    units: str
    allowance: float

    def low(self, false_fail_rate: float) -> float:
        """The lower bound of the excess, by Gaffke's bound."""
        from pytest_modelcheck.stats.means import gaffke_bounds

        return gaffke_bounds(self.excess.each, 1 - false_fail_rate, low=-1.0, high=1.0)[0]

    def p_value(self, false_fail_rate: float) -> float:  # noqa: ARG002
        """By exchanging outputs within cases where nothing is allowed, else by Gaffke's bound."""
        if not self.allowance:
            return self.excess.p_value
        return _mean_at_least([-each for each in self.excess.each], -self.allowance, CHANGE)

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """By Gaffke's bound."""
        below = min(1.0, self.allowance + tolerance)
        chance = _mean_at_least(self.excess.each, below, CHANGE)
        return chance, f"an excess of {percent(_shown(below))}"

    def reveals(self, limits: Limits) -> str:
        """By the normal approximation."""
        from pytest_modelcheck.stats.power import detectable_mean

        spread = pstdev([*self.excess.each, 1.0, -1.0])
        reach = 1 - detectable_mean(len(self.excess.each), spread, 1.0, limits.false_fail_rate)
        least = min(1.0, self.allowance + reach)
        return (
            f"{counted(len(self.excess.each), self.units)} can only reveal an excess of more than about "
            f"{least:.0%}"
        )


def _mean_at_least(values: Sequence[float], required: float, scale: Scale) -> float:
    """The chance of so low a mean if it were ``required``: Gaffke's, or Student's without bounds."""
    if not scale.bounded:
        from pytest_modelcheck.stats.means import student_p_value

        return student_p_value(values, required)
    from pytest_modelcheck.stats.means import mean_p_value

    # Rounding must not carry a score out of its scale.
    units = [min(1.0, max(0.0, scale.unit(value))) for value in values]
    return mean_p_value(units, min(1.0, max(0.0, scale.unit(required))))


def _fixes(pair: Runs) -> float:
    """Return how often an approved run that failed meets a current one that passes."""
    then, now = pair.then, pair.now
    return (1 - sum(then) / len(then)) * sum(now) / len(now)


def _shown(rate: float) -> float:
    """A rate without the last digits that nobody asked for: 0.95 - 0.05 is 0.8999999999999999."""
    return round(rate, 3)


def _rounded(rate: float) -> str:
    return f"{rate:.0%}" if 0.05 < rate < 0.95 else percent(_shown(rate))
