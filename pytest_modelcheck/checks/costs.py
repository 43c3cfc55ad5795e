"""Limits on the time and cost of answers.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.protocol import DOUBTFUL
from pytest_modelcheck.records import Finding, Status, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_modelcheck.checks.limits import Limits

LIMITS = ("max_latency_p95", "max_cost_per_case", "max_tokens_per_case")
"""The limits judged in this module."""

_SLOWEST = 0.05


@dataclass(frozen=True, slots=True)
class Costs:
    """The time, cost and tokens of one check's answers, new or cached.

    Attributes:
        answers: The number of answers.
        latencies: The known times of their calls in seconds, sorted.
        amounts: Their known costs.
        cases: The number of cases.
        tokens: Their known numbers of tokens, in and out.
    """

    answers: int
    latencies: tuple[float, ...]
    amounts: tuple[float, ...]
    cases: int
    tokens: tuple[int, ...] = ()


def judge_costs(costs: Costs, limits: Limits) -> list[Finding]:
    """Compare the time, cost and tokens of answers with their limits.

    More than one slow answer in twenty may be bad luck: a check fails if the exact binomial p-value of so
    many, under a model that just meets the requirement, is below ``false_fail_rate``.

    >>> from pytest_modelcheck.checks.limits import Limits
    >>> costs = Costs(40, tuple([0.1] * 30 + [3.0] * 10), (), 40)
    >>> judge_costs(costs, Limits(max_latency_p95=1.0))[0].summary
    '95% of 40 answers within 3 s, within 1 s required (10 took longer)'
    """
    findings = []
    if limits.max_latency_p95 is not None:
        findings.append(_latency(costs, limits.max_latency_p95, limits))
    if limits.max_cost_per_case is not None:
        findings.append(
            _per_case("max_cost_per_case", costs.amounts, limits.max_cost_per_case, costs, limits)
        )
    if limits.max_tokens_per_case is not None:
        allowed = limits.max_tokens_per_case
        findings.append(_per_case("max_tokens_per_case", costs.tokens, allowed, costs, limits))
    return findings


def _latency(costs: Costs, allowed: float, limits: Limits) -> Finding:
    if not costs.latencies:
        return _unknown("max_latency_p95", "how long answers took", costs, limits)
    p95 = quantile(costs.latencies, 1 - _SLOWEST) or 0.0
    summary = (
        f"95% of {_answers(costs, len(costs.latencies))} within {p95:.3g} s, within {allowed:g} s required"
    )
    slow = sum(seconds > allowed for seconds in costs.latencies)
    if p95 <= allowed:
        return Finding("max_latency_p95", Status.PASSED, summary)
    from pytest_modelcheck.stats.rates import upper_tail

    chance, rate = upper_tail(slow, len(costs.latencies), _SLOWEST), limits.false_fail_rate
    summary += f" ({slow} took longer)"
    if chance <= rate:
        return Finding("max_latency_p95", Status.FAILED, summary, p_value=chance)
    # Only where enough answers exist for a failure: otherwise no latency could ever fail, and a pass says
    # nothing.
    if chance > DOUBTFUL and upper_tail(len(costs.latencies), len(costs.latencies), _SLOWEST) <= rate:
        return Finding("max_latency_p95", Status.PASSED, f"{summary}; chance explains it", p_value=chance)
    summary += "; with so few, chance could explain it"
    status = Status.FAILED if limits.inconclusive == "fail" else Status.INCONCLUSIVE
    return Finding("max_latency_p95", status, summary, p_value=chance)


def _per_case(limit: str, known: Sequence[float], allowed: float, costs: Costs, limits: Limits) -> Finding:
    verb, unit = ("costs", "") if limit == "max_cost_per_case" else ("takes", " tokens")
    if not known or not costs.cases:
        return _unknown(limit, f"what answers cost{' in tokens' if unit else ''}", costs, limits)
    # Answers of unknown cost count at the mean of the others.
    mean = sum(known) / len(known) * costs.answers / costs.cases
    partly = "" if len(known) == costs.answers else f" (known of {_answers(costs, len(known))})"
    amount = f"{mean:,.0f}" if unit else f"{mean:.3g}"
    summary = f"a case {verb} {amount}{unit} on average{partly}, at most {allowed:,g} allowed"
    return Finding(limit, Status.PASSED if mean <= allowed else Status.FAILED, summary)


def _answers(costs: Costs, known: int) -> str:
    return f"{known} answers" if known == costs.answers else f"{known} of {costs.answers} answers"


def _unknown(limit: str, what: str, costs: Costs, limits: Limits) -> Finding:
    """Nothing is known: the answers were cached without it, or the model does not report it."""
    summary = (
        f"{limit} could not be judged: {what} is unknown for all {costs.answers} answers "
        "(new answers say it: --modelcheck-cache=refresh"
    )
    summary += "; or give the fixture cost= or usage=)" if limit != "max_latency_p95" else ")"
    status = Status.FAILED if limits.inconclusive == "fail" else Status.INCONCLUSIVE
    return Finding(limit, status, summary)
