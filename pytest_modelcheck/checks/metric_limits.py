"""Limits on the metric of a check.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.limits import ROUNDING
from pytest_modelcheck.checks.metrics import FEWEST_CASES, fall_p_value
from pytest_modelcheck.checks.protocol import ALL
from pytest_modelcheck.phrases import apart, plural

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.verdicts import Rule
    from pytest_modelcheck.records import Finding

_POWER: Final = 3.6
"""Standard errors between a limit at the 1% level and a value that misses it in nine of ten runs."""


@dataclass(frozen=True)
class MetricNoise:
    """The noise of a metric (``required``), or of its drop beyond an ``allowance``."""

    scores: Scores
    required: float | None = None
    allowance: float = 0.0

    def p_value(self, false_fail_rate: float) -> float:
        """By bootstrap over the cases; for a drop without an allowance, by exchange."""
        if self.required is None:
            return fall_p_value(self.scores.shared, self.allowance, false_fail_rate, ALL)
        return self.scores.chance(self.scores.draws(false_fail_rate), self.required)

    def least_p_value(self) -> float:
        """The p-value of an exchange in which every case falls."""
        return float(0.5 ** len(self.scores.cases))

    def readily(self, false_fail_rate: float) -> float:
        """The same as ``p_value``: it is as sharp as can be."""
        return self.p_value(false_fail_rate)

    def chance_of_pass(self, _tolerance: float) -> tuple[float, str]:
        """Never called: ``require_proof=`` is refused together with ``metric=``."""
        return 1.0, "a lower metric"

    def reveals(self, limits: Limits) -> str:
        """By the spread of the metric over bootstrap samples."""
        falls = self.required is None
        scores = self.scores.shared if falls else self.scores
        shift = _POWER * float(scores.draws(limits.false_fail_rate, fall=falls).std())
        name, cases = scores.metric.name, plural(len(scores.cases), "case")
        if scores.groups < FEWEST_CASES and (self.allowance or not falls):
            alone = scores.groups == len(scores.cases)
            few = cases if alone else f"{plural(scores.groups, 'group')} of cases"
            return f"{few} are too few to tell a fall of {name} from noise: it takes {FEWEST_CASES}"
        if self.required is None:
            return f"{cases} can only reveal falls of {name} by more than about {self.allowance + shift:.2g}"
        return f"{cases} can only reveal {name} under about {self.required - shift:.2g}"


def judge_metric(
    scores: Scores, required: float | None, rule: Rule, version: str | None, allowance: float
) -> list[Finding]:
    """Compare a metric with the required value, and with the approved version.

    Args:
        scores: The values that it is computed from.
        required: The required value, or ``None``.
        rule: Makes a finding of an observed value.
        version: The approved version, or ``None`` if nothing is compared.
        allowance: How far it may fall.
    """
    findings, name, value = [], scores.metric.name, scores.value
    if required is not None:
        over = plural(len(scores.cases), "case")
        summary = f"{name} is {apart(value, required)} over {over}, at least {required:g} required"
        met = value >= required - ROUNDING
        findings.append(rule.finding("at_least", summary, met, MetricNoise(scores, required)))
    then, now = scores.then_and_now
    if version is not None and not math.isnan(then - now):
        rise = now - then if abs(now - then) > ROUNDING else 0.0
        may = f"a fall of {allowance:g}" if allowance else "no fall"
        summary = f"{name} is {now:.3g} against {then:.3g} of {version} ({rise:+.3g}), {may} allowed"
        met = -rise <= allowance + ROUNDING
        findings.append(rule.finding("max_drop", summary, met, MetricNoise(scores, None, allowance)))
    return findings
