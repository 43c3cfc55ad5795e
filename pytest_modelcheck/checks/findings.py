"""From observations to a finding: the rule that decides, and the text for a miss that noise may explain."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from pytest_modelcheck.checks.protocol import DOUBTFUL, Reason
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.protocol import Look

_LEAVE_OUT: Final = (
    "let comparisons leave out what differs from call to call: ignore= or compare_by= on the model fixture"
)
_BY_BODY: Final = ", and case.same_as_approved(answer) in the test, since == compares whole answers"
_NAMED: Final = 5


def with_reason(
    look: Look, summary: str, broken: Sequence[str] = (), sets: int = 1, version: str = "OLD"
) -> str:
    """Add to the summary of a limit why it ended so.

    >>> from pytest_modelcheck.checks.protocol import Look
    >>> from pytest_modelcheck.records import Status
    >>> weak = Look(Status.INCONCLUSIVE, Reason.WEAK)
    >>> with_reason(weak, "7 broke, 2 fixed", sets=3)
    '7 broke, 2 fixed; noise could explain it (3 runs of all cases)'
    """
    text = f"{summary}{_because(look, sets, version)}"
    if not look.broken:
        return text
    named = ", ".join(broken[:_NAMED]) + (", ..." if len(broken) > _NAMED else "")
    never = "never passes now" if len(broken) == 1 else "never pass now"
    return f"{plural(len(broken), 'case')} that always passed {never}, however often run: {named}; {text}"


def _because(look: Look, sets: int, version: str) -> str:
    approve = shlex.join(["pytest", f"--model-version={version}", "--modelcheck-update"])
    match look.reason:
        case Reason.NOISE:
            return "; noise explains it"
        case Reason.CONFIRMED:
            return f"; noise does not explain it ({plural(sets, 'run')} of all cases)"
        case Reason.WEAK:
            return f"; noise could explain it ({plural(sets, 'run')} of all cases)"
        case Reason.CHOSEN:
            explains = "explains" if look.status is Status.PASSED else "could explain"
            return f"; the choice of cases {explains} it"
        case Reason.NOT_CONFIRMED:
            return "; noise could explain it, and no more runs were made to tell"
        case Reason.NOT_THE_SAME:
            return "; but the model was not the same during this run: its first runs and those after differ"
        case Reason.ONE_RUN:
            return (
                "; the one run of the old version may have been lucky: declare deterministic=True, or "
                f"approve it with more runs ({approve}); with --against, set repeats=3"
            )
        case Reason.NO_NOISE_KNOWN:
            doubt = "the model varies, and one approved run does not show how much"
            return f"; {doubt}: approve with more runs ({approve})"
        case Reason.NOTHING_SEEN:
            return (
                "; but the approved version disagrees with itself on identical inputs, so that no change "
                f"could be seen; {_LEAVE_OUT}"
            )
        case Reason.MET | Reason.EXACT | Reason.BROKEN:
            return ""


class LimitNoise(Protocol):
    """The noise in the observation that one limit is compared with."""

    def p_value(self, false_fail_rate: float) -> float:
        """The chance of the observation, or a worse one, if the requirement were just met."""

    def least_p_value(self) -> float:
        """The p-value of the worst result that so many cases can have."""

    def readily(self, false_fail_rate: float) -> float:
        """The p-value by which a miss passes: ``p_value``, or a sharper one where that is conservative."""

    def chance_of_pass(self, tolerance: float) -> tuple[float, str]:
        """The chance of so good a result with a shortfall of ``tolerance``, and that shortfall in words."""

    def reveals(self, limits: Limits) -> str:
        """Name the shortfall that the cases can detect, as the start of a sentence."""


def readily(noise: LimitNoise, false_fail_rate: float) -> float:
    """Return the p-value by which a miss passes."""
    # If there are too few cases for any result to fail, a pass would mean nothing.
    return noise.readily(false_fail_rate) if noise.least_p_value() <= false_fail_rate else 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Makes a finding of an observed value.

    Attributes:
        looks: The final looks at limits that noise may cause to be missed; they take precedence.
        broken: The ids of the cases that are broken for good.
        version: The approved version, for remedies; ``"OLD"`` without one.
        by_body: Whether bodies compare with approved answers themselves.
        alike: The least number of cases that such bodies fail with the approved answer; the summary says so.
        all_differ: Whether no answer is the approved one.
    """

    limits: Limits
    varies: bool
    looks: Mapping[str, Look] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    sets: int = 1
    version: str = "OLD"
    by_body: bool = False
    alike: int = 0
    all_differ: bool = False

    @property
    def noisy(self) -> bool:
        """True if noise affects the observation."""
        return self.varies or self.limits.population == "sample"

    def finding(
        self, limit: str, summary: str, met: bool, noise: LimitNoise, context: float | None = None
    ) -> Finding:
        """Decide: exactly if there is no noise, else by whether noise explains a miss."""
        limits, look = self.limits, self.looks.get(limit)
        status = Status.PASSED if met else Status.FAILED
        found = Finding(limit, status, summary, limit != "at_least", context)
        if look is not None and not (look.status is Status.PASSED and limits.require_proof):
            return self._looked(found, look, noise)
        if look is None and not self.noisy:
            return found
        if met or look is not None:  # a look that passed, where a proof is required
            return self._proven(found, noise)
        rate = limits.false_fail_rate
        p_value = noise.p_value(rate)
        found = replace(found, p_value=p_value, reveals=noise.reveals(limits))
        if p_value <= rate:
            return found
        explained = "noise" if self.varies else "the choice of cases"
        if min(p_value, readily(noise, rate)) > DOUBTFUL:
            return self._proven(replace(found, summary=f"{summary}; {explained} explains it"), noise)
        return inconclusive(replace(found, summary=f"{summary}; {explained} could explain it"), limits)

    def _looked(self, found: Finding, look: Look, noise: LimitNoise) -> Finding:
        """Return the finding of a look, with what the cases can detect if the limit is not clearly met."""
        text, nothing_seen = found.summary, look.reason is Reason.NOTHING_SEEN
        if not (nothing_seen and self.alike):
            text = with_reason(look, text, self.broken, self.sets, self.version)
        no_noise_known = look.reason is Reason.NO_NOISE_KNOWN and self.all_differ
        if no_noise_known:  # more runs may show no more than that answers always differ
            text += f", or {_LEAVE_OUT}"
        if self.by_body and not self.alike and (no_noise_known or nothing_seen):
            text += _BY_BODY
        # Of no use where the limit is met, or where more cases would not help.
        unhelped = look.reason in (Reason.MET, Reason.EXACT, Reason.NOTHING_SEEN)
        reveals = None if unhelped else noise.reveals(self.limits)
        found = replace(found, status=look.status, summary=text, p_value=look.p_value, reveals=reveals)
        return inconclusive(found, self.limits) if look.status is Status.INCONCLUSIVE else found

    def _proven(self, found: Finding, noise: LimitNoise) -> Finding:
        """Return the finding as passed, unless a proof is required and lacking."""
        limits = self.limits
        if limits.require_proof:
            chance, shortfall = noise.chance_of_pass(limits.tolerance or 0.0)
            if chance > limits.false_pass_rate:
                met = "met, but " if found.reveals is None else ""  # else noise explains a miss
                likely = f"{shortfall} would show this with a chance of {percent(round(chance, 3))}"
                text = f"{found.summary}; {met}not proven: {likely}"
                return inconclusive(replace(found, summary=text, reveals=noise.reveals(limits)), limits)
        return replace(found, status=Status.PASSED)


def inconclusive(finding: Finding, limits: Limits) -> Finding:
    """Return a finding as inconclusive: a warning, or a failure if ``inconclusive="fail"``."""
    if limits.inconclusive == "fail":
        text = f'{finding.summary} (inconclusive="fail")'
        return replace(finding, status=Status.FAILED, summary=text)
    return replace(finding, status=Status.INCONCLUSIVE)


def failure(limit: str, summary: str, *, against_baseline: bool = False) -> Finding:
    """Return a finding that fails the check."""
    return Finding(limit, Status.FAILED, summary, against_baseline=against_baseline)
