"""Limits on changes beyond the model's own noise.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_modelcheck.checks.limits import ROUNDING, fraction_of
from pytest_modelcheck.checks.noise import ExcessNoise
from pytest_modelcheck.checks.protocol import DOUBTFUL, Look, Reason, Rules, placed, unless_broken
from pytest_modelcheck.checks.verdicts import UNSEEN
from pytest_modelcheck.phrases import percent
from pytest_modelcheck.records import Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.evidence import Evidence
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.verdicts import Rule
    from pytest_modelcheck.records import Finding
    from pytest_modelcheck.stats.noise import Excess, Rise

AGAINST = True


def look_at_rise(paired: Evidence, rise: Rise, allowance: Allowance, rules: Rules) -> Look:
    """Compare the excess of an invariance check with the approved excess.

    A version that only became noisier changes more answers under any perturbation, but is as invariant as
    before: a comparison of flips alone failed it in 85% of runs.

    Args:
        paired: The runs of the cases that were approved.
        rise: The approved and current excess of each case.
        allowance: How far the rate may fall: a number of cases, or a fraction of them.
        rules: How the evidence is weighed.
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


def of_variants(excess: Excess, units: str, required: float, rule: Rule) -> Finding:
    """Compare the changes that a perturbation adds to the model's own noise with the allowance."""
    noise = ExcessNoise(excess, units, round(1 - required, 12))
    what = (
        f"answers changed in {excess.cross:.0%} of variants, but the model disagrees with itself on "
        f"{excess.own:.0%} of identical inputs"
    )
    return _finding("at_least", noise, what, rule)


def of_changes(excess: Excess, units: str, cases: int, allowance: Allowance, rule: Rule) -> Finding:
    """Compare the changes of answers beyond noise with the allowance.

    If answers to one input already differ from call to call about as often as they can, a change of the model
    would be invisible: that is not a pass.
    """
    allowed = min(1.0, fraction_of(allowance, cases))
    # Even answers that all changed would stay within the allowance: the check cannot detect anything.
    if 1 - excess.own <= allowed + ROUNDING:
        summary = f"the model disagrees with itself on {excess.own:.0%} of identical inputs, {UNSEEN}"
        reveals = "answers that all differ from call to call cannot reveal anything"
        return rule.inconclusive("max_changed", summary, AGAINST, None, reveals)
    what = (
        f"{excess.cross:.0%} of answers differ from the approved ones, but the model disagrees with itself "
        f"on {excess.own:.0%} of identical inputs"
    )
    return _finding("max_changed", ExcessNoise(excess, units, allowed), what, rule)


def of_regressions(excess: Excess, units: str, cases: int, allowance: Allowance, rule: Rule) -> Finding:
    """Compare the failing runs of cases that passed, beyond noise, with the allowance."""
    what = (
        f"{excess.cross:.0%} of runs fail of cases that passed, but {excess.own:.0%} do when the model is "
        "only called again"
    )
    noise = ExcessNoise(excess, units, min(1.0, fraction_of(allowance, cases)))
    return _finding("max_regressed", noise, what, rule)


def _finding(limit: str, noise: ExcessNoise, what: str, rule: Rule) -> Finding:
    each = noise.excess.each
    mean, low = sum(each) / len(each), noise.low(rule.limits.false_fail_rate)
    allowed = f"allowed {percent(noise.allowance)}" if noise.allowance else "none allowed"
    summary = f"{what}; excess {mean:.0%} (at least {low:.0%}), {allowed}"
    return rule.finding(limit, summary, mean <= noise.allowance + ROUNDING, noise)
