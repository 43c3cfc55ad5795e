"""Limits of invariance checks beyond the model's own noise.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.evidence import CHANGED_MODEL
from pytest_modelcheck.checks.limits import ROUNDING, fraction_of
from pytest_modelcheck.checks.noise import ExcessNoise
from pytest_modelcheck.checks.protocol import (
    DOUBTFUL,
    FIRST,
    FRESH,
    Look,
    Reason,
    Rules,
    Tests,
    looked,
    placed,
    unless_broken,
)
from pytest_modelcheck.checks.verdicts import readily
from pytest_modelcheck.phrases import percent
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.evidence import Evidence
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.verdicts import Rule
    from pytest_modelcheck.records import Finding
    from pytest_modelcheck.stats.noise import Excess, Rise


def look_at_rise(paired: Evidence, rise: Rise, allowance: Allowance, rules: Rules) -> Look:
    """Compare the excess of an invariance check with the approved excess.

    A version that only became noisier changes more answers under any perturbation, but is as invariant as
    before: a comparison of flips alone failed it in 85% of runs.
    """
    from pytest_modelcheck.stats.noise import excess_bound, rise_p_value

    each, rate = rise.each, rules.false_fail_rate
    margin = min(1.0, fraction_of(allowance, len(each)))
    look = Look(Status.PASSED, Reason.MET)
    if sum(each) / len(each) > margin + ROUNDING:
        chance = rise_p_value([0.0] * len(each), each, rate)
        look = Look(Status.INCONCLUSIVE, Reason.WEAK, chance)
        if chance > DOUBTFUL:
            look = Look(Status.PASSED, Reason.NOISE, chance)
        elif chance <= rate and (not margin or excess_bound(each, 1 - rate) > margin):
            look = Look(Status.FAILED, Reason.CONFIRMED, chance)
    return placed(unless_broken(paired.shared, look, allowance), paired)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The effect of a perturbation on answers, beyond the disagreement of the model with itself.

    Attributes:
        each: The excess in each set of answers: the first, and the fresh one if there is one.
        pooled: The excess in all of them.
    """

    each: tuple[Excess, ...]
    pooled: Excess
    deterministic: bool | None = None
    copies: bool = False
    may_be_steady: bool = False

    @property
    def fresh(self) -> bool:
        """True if there is a fresh set."""
        return len(self.each) > 1

    def of(self, sets: slice) -> Excess:
        """The excess in some sets."""
        found = self.each[sets]
        return found[0] if len(found) == 1 else self.pooled

    def contradiction(self) -> float:
        """The chance that the first set and the fresh ones differ so much if they come from one model."""
        first, fresh = self.of(FIRST).each, self.of(FRESH).each
        if len(first) != len(fresh):
            return 1.0  # a case broke in one of them
        from pytest_modelcheck.stats.permutation import sign_flip_test

        moved = [one - other for one, other in zip(first, fresh, strict=True)]
        sides = (moved, [-each for each in moved])
        return min(1.0, 2 * min(sign_flip_test(side, CHANGED_MODEL).p_value for side in sides))


def look_at_variants(found: Disagreements, units: str, required: float, rules: Rules) -> Look:
    """Compare the changes that a perturbation adds to the model's own noise with the allowance."""
    rate = rules.false_fail_rate

    def noise(sets: slice) -> ExcessNoise:
        return ExcessNoise(found.of(sets), units, round(1 - required, 12))

    tests = Tests(
        lambda sets: not noise(sets).met,
        lambda sets: noise(sets).p_value(rate),
        readily=lambda sets: readily(noise(sets), rate),
    )
    return looked(found, rules, tests)


def of_variants(excess: Excess, units: str, required: float, rule: Rule) -> Finding:
    """Report the changes that a perturbation adds to the model's own noise."""
    noise = ExcessNoise(excess, units, round(1 - required, 12))
    allowed = f"allowed {percent(noise.allowance)}" if noise.allowance else "none allowed"
    summary = (
        f"answers changed in {excess.cross:.0%} of variants, but the model disagrees with itself on "
        f"{excess.own:.0%} of identical inputs; excess {noise.mean:.0%} (at least "
        f"{noise.low(rule.limits.false_fail_rate):.0%}), {allowed}"
    )
    return rule.finding("at_least", summary, noise.met, noise)
