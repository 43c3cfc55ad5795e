"""Limits on changes beyond the model's own noise.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.limits import ROUNDING, fraction_of
from pytest_modelcheck.checks.noise import ExcessNoise
from pytest_modelcheck.checks.protocol import DOUBTFUL, Look, Reason, Rules, placed, unless_broken
from pytest_modelcheck.checks.verdicts import UNSEEN, inconclusive
from pytest_modelcheck.phrases import counted, p_text, percent
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.evidence import Evidence
    from pytest_modelcheck.checks.limits import Allowance
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.verdicts import Rule
    from pytest_modelcheck.stats.noise import Excess, Rise

AGAINST = True


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
        finding = Finding("max_changed", Status.INCONCLUSIVE, summary, AGAINST, reveals=reveals)
        return inconclusive(finding, rule.limits)
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


def trend(observed: Observed, rule: Rule) -> Finding:
    """Judge the scores of a varying model over all cases together, by Page's test.

    Single cases fall by chance. The check passes if a rise is significant at ``false_pass_rate``, and fails
    if a fall is significant at ``false_fail_rate``. An observed rise alone is not enough: scores that ignore
    the levels rise in every other run.
    """
    from pytest_modelcheck.stats.exchange import page_trend

    rows, limits = observed.series or (), rule.limits
    rising, falling = page_trend(rows), page_trend([row[::-1] for row in rows])
    passed, judged = observed.counts
    levels = len(rows[0])
    what = "cases" if observed.runs is None else "runs"
    summary = f"scores never fall over {levels} levels in {passed}/{judged} {what}"
    if rising <= limits.false_pass_rate:
        text = f"{summary}; over all of them they rise (Page's test, {p_text(rising)})"
        return Finding("at_least", Status.PASSED, text)
    # The trend detected with a chance of 90%, by the normal limit of the mean rank correlation.
    normal = NormalDist()
    reach = normal.inv_cdf(1 - limits.false_pass_rate) + normal.inv_cdf(0.9)
    reach /= math.sqrt(len(rows) * (levels - 1))
    number = counted(len(rows), observed.units)
    reveals = f"{number} at {levels} levels can barely show any rise"
    if reach <= 1:
        reveals = f"{number} can only show rises with a mean rank correlation above about {reach:.2g}"
    if falling <= limits.false_fail_rate:
        text = f"{summary}; over all of them they fall (Page's test, {p_text(falling)})"
        return Finding("at_least", Status.FAILED, text, p_value=falling, reveals=reveals)
    text = f"{summary}; noise could explain what rise there is over all (Page's test, {p_text(rising)})"
    finding = Finding("at_least", Status.INCONCLUSIVE, text, p_value=falling, reveals=reveals)
    return inconclusive(finding, limits)
