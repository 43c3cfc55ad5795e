"""Limits held against what people would have said, where a judge that errs says how cases come out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.canonical.text import percent, plural
from pytest_modelcheck.checks.protocol import DOUBTFUL
from pytest_modelcheck.records import Correction, Finding, Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Allowance, Limits
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.stats.judging import JudgedMean, JudgedRate

LEAST_LABELS: Final = 30
LEAST_STRENGTH: Final = 0.5
"""Least sensitivity + specificity - 1: the answers of a weaker judge cannot be corrected."""

UNLIKE: Final = 0.05
"""P-value up to which error rates are estimated for each version by itself."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The answers of two versions, judged by today's judge.

    Attributes:
        version: The approved version.
        then: What is known of its answers, with the judge's errors on these where they differ.
        now: The same of today's answers.
        labels: How many labels there are of the answers that differ, then and now.
        unlike: The p-value of the judge erring alike on both; ``None`` where labels are too few to tell.
        errs: How large a share of answers the judge gets wrong at most (95%).
        changes: How many cases broke and were fixed by what people say, and of how many; ``None`` where not
            every answer that differs has a label.
    """

    version: str
    then: JudgedRate | JudgedMean
    now: JudgedRate | JudgedMean
    labels: tuple[int, int]
    unlike: float | None
    errs: float
    changes: tuple[int, int, int] | None = None

    @property
    def by_people(self) -> bool:
        """True if the judge's word does not decide about the drop."""
        return self.differ or self.changes is not None

    @property
    def differ(self) -> bool:
        """True if the judge errs otherwise on today's answers."""
        return self.unlike is not None and self.unlike <= UNLIKE


@dataclass(frozen=True, slots=True)
class Judging:
    """A judge's outcomes of the cases of a check, and how far they can be believed.

    Attributes:
        judge: The judge.
        labels: How many labels there are.
        value: The corrected rate, or mean score; ``None`` where it cannot be corrected.
        why: Why not.
        file: Where the labels are, for reports.
        sides: The same of the approved answers, where there are any.
    """

    judge: Model
    labels: int = 0
    value: JudgedRate | JudgedMean | None = None
    why: str = ""
    file: str | None = None
    sides: Sides | None = None

    @property
    def correction(self) -> Correction:
        """Return what a report says of it."""
        judge, value = self.judge, self.value
        found = Correction(judge.name, judge.version, self.labels, self.file, why=self.why or None)
        if value is None:
            return found
        from pytest_modelcheck.stats.judging import JudgedMean

        if isinstance(value, JudgedMean):
            return replace(found, word=value.word)
        errors, (passed, of) = value.errors, value.word
        yes, no = (errors.yes_right, errors.yes), (errors.no_right, errors.no)
        return replace(found, word=passed / of, yes=yes, no=no)

    def uncorrected(self, summary: str) -> str:
        """The summary of a limit that is held against what the judge says, uncorrected."""
        return f"{summary}; uncorrected for the judge's errors: {self.why}"

    def hold_rate(self, finding: Finding, required: float, limits: Limits) -> Finding:
        """Hold the corrected rate, or mean, against what is required.

        Args:
            finding: What the judge's word alone comes to.
            required: The rate, or mean, that is required.
            limits: The limits of the check.
        """
        value = self.value
        if value is None:
            return replace(finding, summary=self.uncorrected(finding.summary))
        wanted = "all" if required == 1 else f"at least {_shown(value, required)}"
        corrected = f"corrected for the judge's errors {_shown(value, value.rate)}"
        summary = f"{value.said}; {corrected}, {wanted} required"
        chance = value.p_value(required)
        if value.rate >= required - 1e-9:
            if limits.require_proof:
                low = max(0.0, required - (limits.tolerance or 0.0))
                doubt = value.turned.p_value(1 - low)
                if doubt > limits.false_pass_rate:
                    why = f"{summary}; met, but not proven: {_shown(value, low)} would show this, too"
                    return self._inconclusive(finding, why, doubt, limits, required)
            return replace(finding, status=Status.PASSED, summary=summary, p_value=chance, reveals=None)
        if chance > DOUBTFUL:
            because = f"{summary}; chance and the judge's errors explain it"
            return replace(finding, status=Status.PASSED, summary=because, p_value=chance, reveals=None)
        if chance > limits.false_fail_rate:
            because = f"{summary}; chance and the judge's errors could explain it"
            return self._inconclusive(finding, because, chance, limits, required)
        reveals = self._reveals(required, limits)
        return replace(finding, status=Status.FAILED, summary=summary, p_value=chance, reveals=reveals)

    def hold_drop(self, finding: Finding, allowance: Allowance, limits: Limits) -> Finding:
        """Hold the drop against the approved version: by the judge's word where it errs alike on both.

        Args:
            finding: What the judge's word alone comes to.
            allowance: How far the rate may fall.
            limits: The limits of the check.
        """
        sides = self.sides
        if self.value is None or sides is None:
            return (
                finding
                if self.value is not None
                else replace(finding, summary=self.uncorrected(finding.summary))
            )
        margin = allowance / sides.now.cases if isinstance(allowance, int) else allowance
        if sides.changes is not None:
            return self._hold_changes(finding, sides, sides.changes, margin, limits)
        drop = sides.then.rate - sides.now.rate
        if sides.differ:
            then, now = _shown(sides.then, sides.then.rate), _shown(sides.now, sides.now.rate)
            summary = (
                f"corrected {then} with {sides.version}, {now} now: the judge errs otherwise on these "
                f"answers (by its word {finding.summary})"
            )
            if drop <= margin + 1e-9 or not _falls(sides, margin, DOUBTFUL):
                return replace(finding, status=Status.PASSED, summary=summary, p_value=None, reveals=None)
            if _falls(sides, margin, limits.false_fail_rate):
                return replace(finding, status=Status.FAILED, summary=summary, p_value=None, reveals=None)
            return self._inconclusive(finding, summary, None, limits)
        if finding.met or sides.unlike is not None or drop - margin > sides.errs:
            return finding
        few = min(sides.labels)
        which = "these answers" if sides.labels[1] <= sides.labels[0] else f"those of {sides.version}"
        summary = (
            f"{finding.summary}; the judge may err otherwise on {which}, of which "
            f"{plural(few, 'has', 'have')} a label ({LEAST_LABELS} would tell)"
        )
        return self._inconclusive(finding, summary, finding.p_value, limits)

    def _hold_changes(
        self, finding: Finding, sides: Sides, changes: tuple[int, int, int], margin: float, limits: Limits
    ) -> Finding:
        """Hold what people say of all answers that differ to what is allowed."""
        from pytest_modelcheck.stats.paired import drop_p_value, mcnemar_exact

        broke, fixed, of = changes
        summary = (
            f"people say that {broke} broke and {fixed} were fixed: net {fixed - broke:+d} (by the judge's "
            f"word {finding.summary})"
        )
        chance = drop_p_value(broke, fixed, of, margin) if margin else mcnemar_exact(broke, fixed)
        missed = broke - fixed > margin * of + 1e-9
        exact = not sides.now.graded and sides.now.exact
        if not missed or (chance > DOUBTFUL and not exact):
            return replace(finding, status=Status.PASSED, summary=summary, p_value=chance, reveals=None)
        if exact or chance <= limits.false_fail_rate:
            return replace(finding, status=Status.FAILED, summary=summary, p_value=chance, reveals=None)
        return self._inconclusive(finding, summary, chance, limits)

    def _inconclusive(
        self,
        finding: Finding,
        summary: str,
        chance: float | None,
        limits: Limits,
        required: float | None = None,
    ) -> Finding:
        failing = limits.inconclusive == "fail"
        return replace(
            finding,
            status=Status.FAILED if failing else Status.INCONCLUSIVE,
            summary=f'{summary} (inconclusive="fail")' if failing else summary,
            p_value=chance,
            reveals=None if required is None else self._reveals(required, limits),
        )

    def _reveals(self, required: float, limits: Limits) -> str | None:
        value = self.value
        if value is None:
            return None
        what = f"{plural(value.cases, 'case')} and {plural(self.labels, 'label')}"
        most = value.revealed(required, limits.false_fail_rate)
        if most is None:
            return f"{what} cannot reveal anything under {_shown(value, required)}"
        return f"{what} can only reveal {'means' if value.graded else 'rates'} up to {_shown(value, most)}"


def _falls(sides: Sides, margin: float, level: float) -> bool:
    """Return whether the drop is beyond a margin, with each side within its bound at half the level."""
    low, high = sides.then.bounds(1 - level / 2)[0], sides.now.bounds(1 - level / 2)[1]
    return low - high > margin


def _shown(value: JudgedRate | JudgedMean, rate: float) -> str:
    return f"{rate:.3g}" if value.graded else percent(round(rate, 2 if 0.05 < rate < 0.95 else 3))
