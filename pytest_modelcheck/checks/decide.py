"""Compares observations with limits; the results are findings.

``docs/explanation/deciding.md`` explains the rules: if a model does not vary, every miss fails; if it varies,
a miss fails only if noise cannot explain it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.excess import AGAINST, of_changes, of_regressions, of_variants
from pytest_modelcheck.checks.limits import allowed, exceeds
from pytest_modelcheck.checks.noise import DropNoise, RateNoise, ShareNoise
from pytest_modelcheck.checks.series import trend
from pytest_modelcheck.checks.verdicts import Rule, with_reason
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import apart, counted, percent, plural
from pytest_modelcheck.records import GRADE, Finding, Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.checks.lost import Lost
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.records import Comparison, Tally


def decide(observed: Observed, limits: Limits) -> list[Finding]:
    """Compare the observations with every limit that applies: one finding each, guards first.

    Raises:
        UsageError: The limits contradict the body.
    """
    refuse_contradiction(observed, limits)
    _refuse_without_meaning(observed, limits)
    findings = guards(observed, limits)
    if observed.cases.judged and not observed.unscored:
        held, judging = _limits(observed, limits), observed.judging
        if judging is not None:
            required, reads = required_rate(observed, limits), observed.reads_approved
            held = [judging.hold(finding, required, limits, reads_approved=reads) for finding in held]
        findings += held
    return findings or [_rests_on_a_baseline(observed.cases)]


def refuse_contradiction(observed: Observed, limits: Limits) -> None:
    """Refuse limits that contradict the body.

    Raises:
        UsageError: they do.
    """
    limited = {
        "at_least": None if observed.graded else limits.at_least,
        "max_slice_drop": limits.max_slice_drop,
    }
    for name, value in limited.items():
        if value is not None and observed.reads_approved:
            raise UsageError(
                f"{name}={value:g} cannot be held against a body that compares with case.approved: "
                "max_changed says how many answers may differ"
            )
    on_scale = not observed.graded or observed.scale == GRADE or observed.scores is not None
    if limits.max_slice_drop is not None and not on_scale:
        raise UsageError(
            "max_slice_drop= is a limit of pass rates and of scores from 0 to 1, and these go "
            f"{observed.scale}: divide them by their range, or set max_slice_drop=None"
        )


def _refuse_without_meaning(observed: Observed, limits: Limits) -> None:
    """Raise if ``at_least`` is required but missing, or if it is not a rate although outcomes are counted."""
    if not observed.cases.judged:
        return
    if observed.scores is not None:
        return
    if not observed.graded:
        if limits.at_least is not None and not 0 <= limits.at_least <= 1:
            raise UsageError(
                f"at_least={limits.at_least:g} is not a pass rate, and no body gave a score(): write a "
                "number "
                "from 0.0 to 1.0, or call score(after - before)"
            )
    elif observed.scale != GRADE and required_rate(observed, limits) == 1 and limits.at_least is None:
        what = "change" if observed.signed else "score"
        raise UsageError(
            f"which mean {what} is required? The scale {observed.scale} does not say: write at_least="
            + (" (at_least=0.0: it must not fall)" if observed.signed else "")
        )


def required_rate(observed: Observed, limits: Limits) -> float | None:
    """The required rate: ``at_least``, else 1.0 if nothing else is required of the check, or ``None``."""
    if limits.at_least is not None or observed.scores is not None:
        return limits.at_least
    others = (limits.max_drop, limits.max_slice_drop, limits.max_changed, limits.max_regressed)
    # A test without any limit must be able to fail, so that one that checks nothing is not green.
    nothing_else = all(limit is None for limit in others) and observed.comparison is None
    return 1.0 if nothing_else and not observed.reads_approved else None


# -- guards: conditions that must hold before any limit is checked ----------------------------------


def guards(observed: Observed, limits: Limits) -> list[Finding]:
    """Find failures that do not depend on limits: errors, nothing to judge, too little to compare with."""
    findings = []
    cases = observed.cases
    broken = cases.error - observed.unasked
    if observed.stopped is not None:
        missing = f"{observed.unasked:,} of {plural(cases.total, 'case')} could not be judged"
        findings.append(_failed("asked", f"{observed.stopped}; {missing}"))
    if broken:
        reason = f": {observed.first_error}" if observed.first_error else ""
        findings.append(_failed("errors", f"{broken}/{cases.total} cases raised an error{reason}"))
    elif observed.stopped is None and not cases.judged:
        findings.append(_nothing_judged(cases))
    findings += _unscorable(observed)
    if observed.unscored:
        why = (
            "pass and fail have no value there"
            if observed.scale.bounded
            else "a failed assert has no value there"
        )
        findings.append(
            _failed(
                "scores",
                f"{observed.unscored}/{cases.total} cases have no score, and the scale goes "
                f"{observed.scale}: {why}. Let every body call score(), or pytest.skip()",
            )
        )
    if observed.whole and observed.series and all(len(set(row)) == 1 for row in observed.series):
        number = len(observed.series)
        findings.append(
            _failed(
                "levels",
                f"the score is the same at all {len(observed.series[0])} levels of all {number} "
                f"{observed.units}: the score ignores what was done to the inputs",
            )
        )
    if observed.uncalibrated is not None:
        summary = "the body raised an error on two answers to one input, by which noise is measured"
        findings.append(_failed("errors", f"{summary}: {observed.uncalibrated}"))
    comparison = observed.comparison
    if comparison is not None and observed.approved_cases:
        shared = comparison.shared if observed.comparable is None else observed.comparable
        overlap = shared / observed.approved_cases
        # With most approved cases gone, "no worse than approved" would be a promise about a few cases.
        if overlap < limits.min_overlap:
            findings.append(
                _failed(
                    "min_overlap",
                    f"only {shared}/{observed.approved_cases} approved cases can still be "
                    f"compared ({percent(overlap)}, at least {percent(limits.min_overlap)} required): "
                    "approve the check again",
                    against_baseline=True,
                )
            )
    return findings


def _unscorable(observed: Observed) -> list[Finding]:
    """Find reasons why a metric cannot be computed, or would leave cases out."""
    scores, failed = observed.scores, observed.cases.failed
    if scores is None:
        return []
    name = scores.metric.name
    if failed:
        text = f"{plural(failed, 'body', 'bodies')} failed an assert, and {name} would leave their cases out"
        return [_failed("metric", f"{text}: let bodies record, and assert in a test of its own")]
    if math.isnan(scores.value) and observed.cases.judged:
        over = plural(len(scores.cases), "case")
        return [_failed("metric", f"{name} is undefined over {over}: {scores.why_undefined}")]
    return []


def _nothing_judged(cases: Tally) -> Finding:
    if cases.new:
        return _failed(
            "new",
            f"no approved baseline yet: {cases.new} of {cases.total} cases are new",
            against_baseline=True,
        )
    if cases.xfailed or cases.xpassed:
        return _failed(
            "judged", f"0 of {cases.total} cases could be judged: all are known failures or do not apply"
        )
    return _failed("applicable", f"0 of {cases.total} cases were applicable")


def _rests_on_a_baseline(cases: Tally) -> Finding:
    """Return the finding of a check that only compares with an approved version while none is approved."""
    return _failed(
        "new",
        f"no approved baseline yet: there is nothing to compare {plural(cases.judged, 'case')} with",
        against_baseline=True,
    )


def _failed(limit: str, summary: str, *, against_baseline: bool = False) -> Finding:
    return Finding(limit, Status.FAILED, summary, against_baseline=against_baseline)


# -- the limits -------------------------------------------------------------------------------------


def _limits(observed: Observed, limits: Limits) -> list[Finding]:
    rule = Rule(
        limits,
        varies=observed.varies,
        looks=observed.looks,
        broken=observed.broken,
        sets=observed.sets,
        version="OLD" if observed.comparison is None else observed.comparison.version,
    )
    findings = []
    required = required_rate(observed, limits)
    if observed.scores is not None:
        findings += _metric(observed, observed.scores, required, rule)
    elif required is not None:
        findings.append(_required(observed, required, rule))
    comparison = observed.comparison
    if observed.lost is not None:
        findings.append(_slice(observed.lost, observed.looks["slice_regressions"], rule))
    if observed.slice_drop:
        look = observed.looks["max_slice_drop"]
        findings.append(_slice_drop(observed.slice_drop, look, rule))
    if observed.reads_approved:
        if not observed.graded:
            findings.append(_differ(observed, limits.max_changed or 0, rule))
        return findings
    if comparison is None:
        return findings
    if comparison.judged and observed.scores is None:
        findings.append(_drop(observed, comparison, rule))
    if limits.max_regressed is not None:
        findings.append(_regressed(observed, comparison, limits.max_regressed, rule))
    # An answer that cannot be compared may have changed: passing would be a guess.
    if limits.max_changed is not None and comparison.unseen:
        findings.append(_unseen(comparison))
    elif limits.max_changed is not None:
        findings.append(_changed(observed, comparison, limits.max_changed, rule))
    return findings


def _required(observed: Observed, required: float, rule: Rule) -> Finding:
    if observed.excess is not None:
        return of_variants(observed.excess, observed.units, required, rule)
    if observed.series and observed.varies and (observed.rate or 0.0) < required:
        return trend(observed, rule)
    return _rate(observed, required, rule)


def _metric(observed: Observed, scores: Scores, required: float | None, rule: Rule) -> list[Finding]:
    from pytest_modelcheck.checks.metric_limits import judge_metric

    if math.isnan(scores.value):
        return []
    version = None if observed.comparison is None else observed.comparison.version
    return judge_metric(scores, required, rule, version, float(rule.limits.max_drop or 0))


def _slice(lost: Lost, look: Look, rule: Rule) -> Finding:
    """The slice in which regressions concentrate; ``slice_regressions=`` makes it a failure or a warning."""
    summary = with_reason(look, str(lost), sets=rule.sets, version=rule.version)
    if rule.limits.slice_regressions == "warn":
        look = replace(look, status=Status.INCONCLUSIVE)  # whatever inconclusive= says
    elif look.status is Status.INCONCLUSIVE:
        return rule.inconclusive("slice_regressions", summary, AGAINST, look.p_value, None)
    return Finding("slice_regressions", look.status, summary, AGAINST, look.p_value)


def _slice_drop(summary: str, look: Look, rule: Rule) -> Finding:
    """The finding of ``max_slice_drop``: names the declared slice that fell too far, if any did."""
    text = (
        summary
        if look.status is Status.PASSED
        else with_reason(look, summary, sets=rule.sets, version=rule.version)
    )
    if look.status is Status.INCONCLUSIVE:
        return rule.inconclusive("max_slice_drop", text, AGAINST, look.p_value, None)
    return Finding("max_slice_drop", look.status, text, AGAINST, look.p_value)


def _rate(observed: Observed, required: float, rule: Rule) -> Finding:
    rate = observed.rate or 0.0
    # Ratios of counts are exact enough; means of scores are not.
    met = rate >= required - (observed.rounding if observed.means is not None else 0.0)
    # A required change of 0 is tested by flipping signs, which assumes nothing about the scale.
    at_zero = observed.signed and not required and rule.limits.population == "fixed"
    return rule.finding(
        "at_least", _rate_summary(observed, rate, required), met, RateNoise(observed, required, at_zero)
    )


def _rate_summary(observed: Observed, rate: float, required: float) -> str:
    passed, judged = observed.counts
    if observed.graded:
        number = counted(len(observed.means or ()), observed.units)
        if observed.signed:
            wanted = f"{required:+g}" if required else "0"
            return f"mean change {apart(rate, required, sign='+')} over {number}, at least {wanted} required"
        return f"mean score {apart(rate, required)} over {number}, at least {required:g} required"
    wanted = "all required" if required == 1 else f"at least {percent(required)} required"
    if observed.means is not None:
        what = "" if observed.score_as is None else f"{observed.score_as} is "
        over = counted(len(observed.means), observed.units)
        return f"{what}{percent(rate, required)} on average over {over}, {wanted}"
    what = "cases" if observed.runs is None else f"runs of {plural(observed.cases.judged, 'case')}"
    if observed.series is not None:
        return f"scores never fall in {passed}/{judged} {what} ({percent(rate, required)}), {wanted}"
    return f"{passed}/{judged} {what} pass ({percent(rate, required)}), {wanted}"


def _drop(observed: Observed, comparison: Comparison, rule: Rule) -> Finding:
    allowance: Allowance = 0 if rule.limits.max_drop is None else rule.limits.max_drop
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    if observed.drops is None:
        net: float = broke - fixed
        summary = f"{broke} broke, {fixed} fixed: net {fixed - broke:+d}, {allowed(allowance)}"
        if not net:
            summary = f"{broke} broke, {fixed} fixed"
    else:
        mean = sum(observed.drops) / len(observed.drops)
        net = mean * comparison.judged
        what = "mean score" if observed.graded else observed.score_as or "pass rate"
        if observed.signed:
            what = "mean change is"
        rise = 0 - (mean if abs(mean) > observed.rounding else 0)  # not -mean, which would print "-0"
        change = f"{what} {rise:+.3g}" if observed.graded else f"{what} {rise * 100:+.3g} points"
        unit = observed.scale if observed.graded else GRADE
        summary = f"{change} against {comparison.version}, {allowed(allowance, unit)}"
        if not rise and not observed.graded and (broke or fixed):
            summary = f"{broke} broke, {fixed} fixed"
    if observed.rise is not None:
        summary = f"{summary}; {observed.rise}"
    missed = exceeds(net - observed.rounding * comparison.judged, comparison.judged, allowance)
    sampled = rule.limits.population == "sample"
    noise = DropNoise(observed, broke, fixed, comparison.judged, allowance, sampled)
    return rule.finding("max_drop", summary, not missed, noise, comparison.p_value)


def _regressed(observed: Observed, comparison: Comparison, allowance: Allowance, rule: Rule) -> Finding:
    count, of = len(comparison.regressed), comparison.judged
    if observed.regressions is not None:
        return of_regressions(observed.regressions, observed.units, of, allowance, rule)
    summary = f"{plural(count, 'case')} broke, {allowed(allowance)}"
    if observed.shares is not None:
        count, of = observed.shares.regressed
        cases = plural(comparison.judged, "case")
        summary = f"{count}/{of} runs fail of cases that passed, {allowed(allowance)} of {cases}"
    return _share("max_regressed", count, of, comparison.judged, allowance, summary, rule)


def _changed(observed: Observed, comparison: Comparison, allowance: Allowance, rule: Rule) -> Finding:
    count, of = len(comparison.changed), comparison.shared
    if observed.changes is not None:
        return of_changes(observed.changes, observed.units, of, allowance, rule)
    if observed.shares is not None:
        count, of = observed.shares.changed
    return _share(
        "max_changed", count, of, comparison.shared, allowance, _differing(count, of, allowance), rule
    )


def _unseen(comparison: Comparison) -> Finding:
    """Fail ``max_changed`` if some answers cannot be compared, since they may have changed."""
    summary = (
        f"{comparison.unseen} of {plural(comparison.shared, 'answer')} cannot be compared, so it is "
        f"unknown what changed: {comparison.why_unseen}"
    )
    return _failed("max_changed", summary, against_baseline=True)


def _differ(observed: Observed, allowance: Allowance, rule: Rule) -> Finding:
    """Check ``max_changed`` for a body that itself compares with the approved answer."""
    if observed.changes is not None:
        return of_changes(observed.changes, observed.units, observed.cases.judged, allowance, rule)
    passed, of = observed.counts
    summary = _differing(of - passed, of, allowance)
    return _share("max_changed", of - passed, of, observed.cases.judged, allowance, summary, rule)


def _differing(changed: int, of: int, allowance: Allowance) -> str:
    return f"{changed}/{of} answers changed ({percent(changed / of) if of else '0%'}), {allowed(allowance)}"


def _share(
    limit: str, count: int, of: int, cases: int, allowance: Allowance, summary: str, rule: Rule
) -> Finding:
    """Compare a number of runs with an allowance that is given in cases, or as a fraction."""
    missed = exceeds(count * cases / of if of else 0, cases, allowance)
    return rule.finding(limit, summary, not missed, ShareNoise(count, of, cases, allowance))
