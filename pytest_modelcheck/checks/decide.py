"""Compares observations with limits; the results are findings.

``docs/explanation/deciding.md`` explains the rules: if a model does not vary, every miss fails; if it varies,
a miss fails only if noise cannot explain it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.findings import Rule, failure, inconclusive, with_reason
from pytest_modelcheck.checks.guards import guards, refuse_contradiction, refuse_without_meaning
from pytest_modelcheck.checks.limits import allowed, exceeds, net_of
from pytest_modelcheck.checks.noise import DropNoise, RateNoise, ShareNoise
from pytest_modelcheck.checks.protocol import DOUBTFUL, Reason
from pytest_modelcheck.phrases import apart, counted, percent, plural
from pytest_modelcheck.records import GRADE, Finding, Status, quantile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.records import Comparison


def decide(observed: Observed, limits: Limits) -> list[Finding]:
    """Compare the observations with every limit that applies: one finding each, guards first."""
    refuse_contradiction(observed, limits)
    refuse_without_meaning(observed, limits)
    findings = list(guards(observed, limits))
    if observed.cases.judged and not observed.unscored:
        held, judging = list(_findings(observed, limits)), observed.judging
        if judging is not None:
            required, reads = observed.required_rate(limits), observed.reads_approved
            held = [judging.hold(finding, required, limits, reads_approved=reads) for finding in held]
        findings += held
    if not findings:
        # The check only compares with an approved version, and none is approved.
        cases = plural(observed.cases.judged, "case")
        summary = f"no approved baseline yet: there is nothing to compare {cases} with"
        findings = [failure("new", summary, against_baseline=True)]
    return findings


# -- the limits -------------------------------------------------------------------------------------


def _findings(observed: Observed, limits: Limits) -> Iterator[Finding]:
    comparison, required = observed.comparison, observed.required_rate(limits)
    version = "OLD" if comparison is None else comparison.version
    rule = Rule(limits, observed.varies, observed.looks, observed.broken, observed.sets, version)
    scores = observed.scores
    if scores is not None and not math.isnan(scores.value):
        from pytest_modelcheck.checks.metrics import decide_metric

        against = None if comparison is None else version
        yield from decide_metric(scores, required, rule, against, float(limits.max_drop or 0))
    elif scores is None and required is not None:
        yield _required(observed, required, rule)
    yield from _on_slices(observed, rule)
    if observed.reads_approved and not observed.graded:
        passed, of = observed.counts
        by_body = replace(rule, by_body=True, alike=_alike(observed, comparison))
        yield _changed(of - passed, of, observed.cases.judged, limits.max_changed or 0, by_body)
    elif not observed.reads_approved and comparison is not None:
        yield from _against_approved(observed, comparison, rule)


def _alike(observed: Observed, comparison: Comparison | None) -> int:
    """The least number of cases that fail with the approved answer; 0 if the model varies."""
    if comparison is None or observed.varies:
        return 0
    return max(0, observed.cases.failed - len(comparison.changed) - comparison.unseen)


def _on_slices(observed: Observed, rule: Rule) -> Iterator[Finding]:
    for limit, text in (("slice_regressions", observed.lost), ("max_slice_drop", observed.slice_drop)):
        if not text:
            continue
        look, summary = observed.looks[limit], str(text)
        if look.status is not Status.PASSED:
            summary = with_reason(look, summary, sets=rule.sets, version=rule.version)
        finding = Finding(limit, look.status, summary, against_baseline=True, p_value=look.p_value)
        if limit == "slice_regressions" and rule.limits.slice_regressions == "warn":
            finding = replace(finding, status=Status.INCONCLUSIVE)  # whatever inconclusive= says
        elif look.status is Status.INCONCLUSIVE:
            finding = inconclusive(finding, rule.limits)
        yield finding


def _against_approved(observed: Observed, comparison: Comparison, rule: Rule) -> Iterator[Finding]:
    limits, shares = rule.limits, observed.shares
    if comparison.judged and observed.scores is None:
        yield _drop(observed, comparison, rule)
    if limits.max_regressed is not None:
        yield _regressed(observed, comparison, limits.max_regressed, rule)
    if limits.max_changed is None:
        return
    # An answer that cannot be compared may have changed: passing would be a guess.
    if comparison.unseen:
        summary = (
            f"{comparison.unseen} of {plural(comparison.shared, 'answer')} cannot be compared, so it is "
            f"unknown what changed: {comparison.why_unseen}"
        )
        yield failure("max_changed", summary, against_baseline=True)
        return
    count, of = (len(comparison.changed), comparison.shared) if shares is None else shares.changed
    yield _changed(count, of, comparison.shared, limits.max_changed, rule)


def _required(observed: Observed, required: float, rule: Rule) -> Finding:
    if observed.excess is not None:
        from pytest_modelcheck.checks.changes import of_variants

        return of_variants(observed.excess, observed.units, required, rule)
    rate = observed.rate or 0.0
    look = rule.looks.get("at_least")
    by_trend = look is None or look.reason in (Reason.NOISE, Reason.CONFIRMED, Reason.WEAK)
    if observed.series and observed.varies and rate < required and by_trend:
        from pytest_modelcheck.checks.units import trend

        return trend(observed, rule, look)
    # Ratios of counts are exact enough; means of scores are not.
    met = rate >= required - (observed.rounding if observed.means is not None else 0.0)
    # A required change of 0 is tested by flipping signs, which assumes nothing about the scale.
    at_zero = observed.signed and not required and rule.limits.population == "fixed"
    noise = RateNoise(observed, required, at_zero)
    return rule.finding("at_least", _rate_summary(observed, rate, required), met, noise)


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
        summary = f"{broke} broke, {fixed} fixed{net_of(broke, fixed)}"
        if net > 0:
            summary += f", {allowed(allowance)}"
    else:
        mean = fmean(observed.drops)
        net = mean * comparison.judged
        what = "mean score" if observed.graded else observed.score_as or "pass rate"
        if observed.signed:
            what = "mean change is"
        rise = 0 - (mean if abs(mean) > observed.rounding else 0)  # not -mean, which would print "-0"
        change = f"{what} {rise:+.3g}" if observed.graded else f"{what} {rise * 100:+.3g} points"
        unit = observed.scale if observed.graded else GRADE
        most = allowed(allowance, unit) if allowance else "no drop allowed"
        summary = f"{change} against {comparison.version}, {most}"
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
    summary = f"{plural(count, 'case')} broke, {allowed(allowance)}"
    if observed.shares is not None:
        count, of = observed.shares.regressed
        cases = plural(comparison.judged, "case")
        summary = f"{count}/{of} runs fail of cases that passed, {allowed(allowance)} of {cases}"
    return _share("max_regressed", count, of, comparison.judged, allowance, summary, rule)


def _changed(count: int, of: int, cases: int, allowance: Allowance, rule: Rule) -> Finding:
    share = percent(count / of) if of else "0%"
    summary = f"{count}/{of} answers changed ({share}), {allowed(allowance)}"
    if rule.alike:
        summary += (
            f"; {rule.alike} of these are the approved answers: use case.same_as_approved(answer), or let "
            "the test case.record(...) what it compares, and approve again"
        )
    rule = replace(rule, all_differ=count == of)
    return _share("max_changed", count, of, cases, allowance, summary, rule)


def _share(
    limit: str, count: int, of: int, cases: int, allowance: Allowance, summary: str, rule: Rule
) -> Finding:
    """Compare a number of runs with an allowance that is given in cases, or as a fraction."""
    missed = exceeds(count * cases / of if of else 0, cases, allowance)
    return rule.finding(limit, summary, not missed, ShareNoise(count, of, cases, allowance))


# -- time and cost -------------------------------------------------------------------------------------

_SLOWEST = 0.05


@dataclass(frozen=True, slots=True)
class Costs:
    """The time, cost and tokens of one check's answers, new or cached, as far as known."""

    answers: int
    """The number of answers."""
    latencies: tuple[float, ...]
    """In seconds, sorted."""
    amounts: tuple[float, ...]
    cases: int
    """The number of cases, each as often as it was run."""
    tokens: tuple[int, ...] = ()
    """In and out."""


def decide_costs(costs: Costs, limits: Limits) -> list[Finding]:
    """Compare the time, cost and tokens of answers with their limits.

    More than one slow answer in twenty may be bad luck: a check fails if the exact binomial p-value of so
    many, under a model that just meets the requirement, is below ``false_fail_rate``.

    >>> from pytest_modelcheck.checks.limits import Limits
    >>> costs = Costs(40, tuple([0.1] * 30 + [3.0] * 10), (), 40)
    >>> decide_costs(costs, Limits(max_latency_p95=1.0))[0].summary
    '95% of 40 answers within 3 s, within 1 s required (10 took longer)'
    """
    findings = []
    if limits.max_latency_p95 is not None:
        findings.append(_latency(costs, limits.max_latency_p95, limits))
    for limit, known in (("max_cost_per_case", costs.amounts), ("max_tokens_per_case", costs.tokens)):
        if (most := getattr(limits, limit)) is not None:
            findings.append(_per_case(limit, known, most, costs, limits))
    return findings


def _latency(costs: Costs, most: float, limits: Limits) -> Finding:
    if not costs.latencies:
        return _unknown("max_latency_p95", "how long answers took", costs, limits)
    p95 = quantile(costs.latencies, 1 - _SLOWEST) or 0.0
    summary = f"95% of {_answers(costs, len(costs.latencies))} within {p95:.3g} s, within {most:g} s required"
    slow = sum(seconds > most for seconds in costs.latencies)
    if p95 <= most:
        return Finding("max_latency_p95", Status.PASSED, summary)
    from pytest_modelcheck.stats.rates import upper_tail

    chance, rate = upper_tail(slow, len(costs.latencies), _SLOWEST), limits.false_fail_rate
    summary += f" ({slow} took longer)"
    if chance <= rate:
        return Finding("max_latency_p95", Status.FAILED, summary, p_value=chance)
    # Only with enough answers for a failure: otherwise no latency could ever fail, and a pass means nothing.
    if chance > DOUBTFUL and upper_tail(len(costs.latencies), len(costs.latencies), _SLOWEST) <= rate:
        return Finding("max_latency_p95", Status.PASSED, f"{summary}; chance explains it", p_value=chance)
    summary += "; with so few, chance could explain it"
    status = Status.FAILED if limits.inconclusive == "fail" else Status.INCONCLUSIVE
    return Finding("max_latency_p95", status, summary, p_value=chance)


def _per_case(limit: str, known: Sequence[float], most: float, costs: Costs, limits: Limits) -> Finding:
    verb, unit = ("costs", "") if limit == "max_cost_per_case" else ("takes", " tokens")
    if not known or not costs.cases:
        return _unknown(limit, f"what answers cost{' in tokens' if unit else ''}", costs, limits)
    # Answers of unknown cost count at the mean of the others.
    mean = fmean(known) * costs.answers / costs.cases
    partly = "" if len(known) == costs.answers else f" (known of {_answers(costs, len(known))})"
    amount = f"{mean:,.0f}" if unit else f"{mean:.3g}"
    summary = f"a case {verb} {amount}{unit} on average{partly}, at most {most:,g} allowed"
    return Finding(limit, Status.PASSED if mean <= most else Status.FAILED, summary)


def _answers(costs: Costs, known: int) -> str:
    return f"{known} answers" if known == costs.answers else f"{known} of {costs.answers} answers"


def _unknown(limit: str, what: str, costs: Costs, limits: Limits) -> Finding:
    """Nothing is known: the answers were cached without it, the model does not report it, or none came."""
    why = "no call was answered"
    if costs.answers:
        remedy = "" if limit == "max_latency_p95" else "; or give the fixture cost= or usage="
        why = f"{what} is unknown for all {costs.answers} answers (new answers say it: "
        why += f"--modelcheck-cache=refresh{remedy})"
    summary = f"{limit} could not be judged: {why}"
    status = Status.FAILED if limits.inconclusive == "fail" else Status.INCONCLUSIVE
    return Finding(limit, status, summary)
