"""What was observed, held against what is required.

The rules are those of ``docs/statistics.md``: a model that does not vary is judged exactly; one that
varies fails only where noise cannot explain the miss.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical.wording import percent, plural
from pytest_modelcheck.checks.limits import allowed, exceeds
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.records import Comparison, Tally


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything about a check that a limit may be held against.

    Attributes:
        cases: How the cases came out.
        scores: The score of each judged case, where the check is graded, else ``None``.
        comparison: With the approved behaviour, or ``None``.
        score_drops: Approved score minus today's, for each pair, where the check is graded.
        approved_cases: How many cases the baseline has.
        reads_approved: Whether the body compares with the approved answer itself.
        first_error: What the first broken case raised, in one line.
    """

    cases: Tally
    scores: tuple[float, ...] | None = None
    comparison: Comparison | None = None
    score_drops: tuple[float, ...] = ()
    approved_cases: int = 0
    reads_approved: bool = False
    first_error: str | None = None

    @property
    def rate(self) -> float | None:
        """The pass rate, or the mean score."""
        if not self.cases.judged:
            return None
        if self.scores is not None:
            return sum(self.scores) / len(self.scores)
        return self.cases.passed / self.cases.judged


def judge(observed: Observed, limits: Limits, *, varies: bool) -> list[Finding]:
    """Hold every limit that applies against what was observed: one finding each, guards first.

    Raises:
        UsageError: the limits contradict what the body does.
    """
    if observed.reads_approved and limits.at_least is not None and observed.scores is None:
        raise UsageError(
            f"at_least={limits.at_least:g} cannot be held against a body that compares with case.approved: "
            "how many answers may differ is max_changed"
        )
    findings = list(_guards(observed, limits))
    if observed.cases.judged:
        findings += _limits(observed, limits, varies=varies)
    return findings


def required_rate(observed: Observed, limits: Limits) -> float | None:
    """The rate that is required: what ``at_least`` says, else all where nothing else is asked for."""
    if limits.at_least is not None:
        return limits.at_least
    others = (limits.max_drop, limits.max_changed, limits.max_regressed)
    nothing_else = all(limit is None for limit in others) and observed.comparison is None
    return 1.0 if nothing_else and not observed.reads_approved else None


# -- what must hold before any limit says anything --------------------------------------------------


def _guards(observed: Observed, limits: Limits) -> list[Finding]:
    findings = []
    cases = observed.cases
    if cases.error:
        reason = f": {observed.first_error}" if observed.first_error else ""
        findings.append(_failed("errors", f"{cases.error}/{cases.total} cases broke with an error{reason}"))
    elif not cases.judged:
        findings.append(_nothing_judged(cases))
    comparison = observed.comparison
    if comparison is not None and observed.approved_cases:
        overlap = comparison.shared / observed.approved_cases
        if overlap < limits.min_overlap:
            findings.append(
                _failed(
                    "min_overlap",
                    f"only {comparison.shared}/{observed.approved_cases} approved cases can still be compared "
                    f"({percent(overlap)}, at least {percent(limits.min_overlap)} required): "
                    "approve the check again",
                    against_baseline=True,
                )
            )
    return findings


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


def _failed(limit: str, summary: str, *, against_baseline: bool = False) -> Finding:
    return Finding(limit, Status.FAILED, summary, against_baseline=against_baseline)


# -- the limits -------------------------------------------------------------------------------------


def _limits(observed: Observed, limits: Limits, *, varies: bool) -> list[Finding]:
    findings = []
    required = required_rate(observed, limits)
    if required is not None:
        findings.append(_rate(observed, required, limits, varies=varies))
    if observed.reads_approved:
        if observed.scores is None:
            changed, of = observed.cases.failed, observed.cases.judged
            findings.append(_changed(changed, of, limits.max_changed or 0, limits, varies=varies))
        return findings
    comparison = observed.comparison
    if comparison is None:
        return findings
    if comparison.judged:
        findings.append(_drop(observed, comparison, limits, varies=varies))
    if limits.max_regressed is not None:
        findings.append(_regressed(comparison, limits.max_regressed, limits, varies=varies))
    if limits.max_changed is not None:
        changed = len(comparison.changed)
        findings.append(_changed(changed, comparison.shared, limits.max_changed, limits, varies=varies))
    return findings


def _rate(observed: Observed, required: float, limits: Limits, *, varies: bool) -> Finding:
    cases, rate = observed.cases, observed.rate or 0.0
    if observed.scores is not None:
        summary = f"mean score {rate:.3g} over {cases.judged} cases, at least {required:g} required"
    else:
        wanted = "all required" if required == 1.0 else f"at least {percent(required)} required"
        summary = f"{cases.passed}/{cases.judged} cases pass ({percent(rate)}), {wanted}"
    if rate >= required:
        return Finding("at_least", Status.PASSED, summary)
    explained = varies and _upper_bound(observed, limits.false_fail_rate) >= required
    return _missed("at_least", summary, explained=explained)


def _upper_bound(observed: Observed, false_fail_rate: float) -> float:
    if observed.scores is not None:
        from pytest_modelcheck.stats.gaffke import gaffke_bounds

        return gaffke_bounds(observed.scores, 1 - false_fail_rate)[1]
    from pytest_modelcheck.stats.binomial import clopper_pearson

    return clopper_pearson(observed.cases.passed, observed.cases.judged, 1 - false_fail_rate)[1]


def _drop(observed: Observed, comparison: Comparison, limits: Limits, *, varies: bool) -> Finding:
    allowance: Allowance = 0 if limits.max_drop is None else limits.max_drop
    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    if observed.scores is None:
        net: float = broke - fixed
        summary = f"{broke} broke, {fixed} fixed: net {fixed - broke:+d}, {allowed(allowance)}"
        if not net:
            summary = f"{broke} broke, {fixed} fixed"
    else:
        net = sum(observed.score_drops)
        mean = net / comparison.judged
        summary = f"mean score {-mean:+.3g} against {comparison.version}, {allowed(allowance)}"
    missed = exceeds(net, comparison.judged, allowance) if allowance else net > 1e-9
    if not missed:
        return Finding("max_drop", Status.PASSED, summary, True, comparison.p_value)
    explained = varies and _drop_explained(observed, comparison, allowance, limits.false_fail_rate)
    return _missed(
        "max_drop", summary, explained=explained, against_baseline=True, p_value=comparison.p_value
    )


def _drop_explained(
    observed: Observed, comparison: Comparison, allowance: Allowance, false_fail_rate: float
) -> bool:
    margin = allowance / comparison.judged if isinstance(allowance, int) else allowance
    if observed.scores is not None:
        from pytest_modelcheck.stats.sign_flip import sign_flip_test

        beyond = [drop - margin for drop in observed.score_drops]
        return sign_flip_test(beyond, false_fail_rate).p_value > false_fail_rate
    from pytest_modelcheck.stats.paired import mcnemar_exact, tango_interval

    broke, fixed = len(comparison.regressed), len(comparison.fixed)
    if not allowance:
        return mcnemar_exact(broke, fixed) > false_fail_rate
    return tango_interval(broke, fixed, comparison.judged, 1 - false_fail_rate)[0] <= margin


def _regressed(comparison: Comparison, allowance: Allowance, limits: Limits, *, varies: bool) -> Finding:
    broke = len(comparison.regressed)
    summary = (
        f"{plural(broke, 'case')} that passed now {'fails' if broke == 1 else 'fail'}, {allowed(allowance)}"
    )
    return _count("max_regressed", broke, comparison.judged, allowance, summary, limits, varies=varies)


def _changed(changed: int, of: int, allowance: Allowance, limits: Limits, *, varies: bool) -> Finding:
    share = percent(changed / of) if of else "0%"
    summary = f"{changed}/{of} answers changed ({share}), {allowed(allowance)}"
    return _count("max_changed", changed, of, allowance, summary, limits, varies=varies)


def _count(
    limit: str, count: int, of: int, allowance: Allowance, summary: str, limits: Limits, *, varies: bool
) -> Finding:
    if not exceeds(count, of, allowance):
        return Finding(limit, Status.PASSED, summary, against_baseline=True)
    explained = False
    if varies:
        from pytest_modelcheck.stats.binomial import clopper_pearson

        fraction = allowance / of if isinstance(allowance, int) else allowance
        explained = clopper_pearson(count, of, 1 - limits.false_fail_rate)[0] <= fraction
    return _missed(limit, summary, explained=explained, against_baseline=True)


def _missed(
    limit: str,
    summary: str,
    *,
    explained: bool,
    against_baseline: bool = False,
    p_value: float | None = None,
) -> Finding:
    if explained:
        return Finding(
            limit, Status.INCONCLUSIVE, f"{summary}; noise could explain it", against_baseline, p_value
        )
    return Finding(limit, Status.FAILED, summary, against_baseline, p_value)
