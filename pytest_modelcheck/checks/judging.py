"""Applies limits to the outcomes that people would have given, if an imperfect judge decides outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.findings import inconclusive
from pytest_modelcheck.checks.limits import fraction_of, net_of
from pytest_modelcheck.checks.protocol import DOUBTFUL
from pytest_modelcheck.phrases import percent, plural
from pytest_modelcheck.records import Correction, Finding, Status

if TYPE_CHECKING:
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.stats.judging import JudgedMean, JudgedRate

LEAST_LABELS: Final = 30
UNCORRECTED: Final = "uncorrected for the judge's errors"

_BY_THE_JUDGE: Final = frozenset(
    {"at_least", "max_drop", "max_regressed", "max_slice_drop", "slice_regressions", "drift"}
)
"""Limits on outcomes; other limits are on answers, and on their cost."""

LEAST_STRENGTH: Final = 0.5
"""The least sensitivity + specificity - 1 of a judge whose answers can be corrected."""

WORST: Final = 0.75
"""The assumed accuracy of a judge on answers without enough labels."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The answers in which two versions differ, judged by the current judge.

    Attributes:
        approved_rate: The corrected rate, or mean, of all its answers; ``None`` if the judge is too weak.
        approved: The evidence on its answers, with the judge's errors on them; ``None`` without any. With
            too few labels, the judge is assumed to accept every right answer, and one wrong answer in four.
        current: The same for the current answers. With too few labels, the judge is assumed to accept three
            right answers in four.
        labels: The number of labels of each version's answers: approved, current.
        differ: The number of cases with different answers.
        broke: The number of cases that broke according to people, among those with labels for both answers.
        open: The number of differing cases with an answer that has no label.
        exact: Whether the model does not vary, and the cases are fixed.
    """

    version: str
    approved_rate: float | None
    approved: JudgedRate | JudgedMean | None
    current: JudgedRate | JudgedMean | None
    labels: tuple[int, int]
    differ: int
    of: int
    broke: int = 0
    fixed: int = 0
    open: int = 0
    exact: bool = False

    @property
    def by_people(self) -> bool:
        """True if every answer that differs has a label."""
        return not self.open

    @property
    def labelled(self) -> bool:
        """True if labels show the judge's errors on the answers of both versions."""
        return min(self.labels) >= LEAST_LABELS

    def chance(self, margin: float) -> float:
        """The p-value of answers judged so much worse, if the true rate fell by no more than a margin."""
        from pytest_modelcheck.stats.judging import drop_chance

        if self.approved is None or self.current is None:
            return 1.0
        # Only differing answers are tested, so a margin over all cases is larger over these.
        return drop_chance(self.approved, self.current, margin * self.of / self.differ)


@dataclass(frozen=True, slots=True)
class Judging:
    """A judge's outcomes of the cases of a check, and their reliability.

    Attributes:
        own: The number of labels of answers that this version gave.
        value: The corrected rate, or mean score; ``None`` if it cannot be corrected.
        why: The reason if it cannot.
        weak: Whether the reason is that the labels show a judge that is wrong too often.
        file: The label file, for reports.
        sides: The comparison with approved answers, if there are any.
    """

    judge: Model
    labels: int = 0
    value: JudgedRate | JudgedMean | None = None
    why: str = ""
    file: str | None = None
    sides: Sides | None = None
    weak: bool = False
    own: int = 0

    @property
    def correction(self) -> Correction:
        """Return the correction for reports."""
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

    def hold(
        self, finding: Finding, required: float | None, limits: Limits, *, reads_approved: bool = False
    ) -> Finding:
        """Apply a limit to corrected outcomes; a finding that cannot be corrected says so.

        With ``reads_approved``, the judge decides whether an answer changed.
        """
        limit = finding.limit
        if limit not in _BY_THE_JUDGE and not (limit == "max_changed" and reads_approved):
            return finding
        if self.value is None:
            summary = f"{finding.summary}; {UNCORRECTED}: {self.why}"
            # A judge that agrees with people by chance alone cannot show that the model is bad.
            if self.weak and not finding.met:
                return inconclusive(replace(finding, summary=summary, reveals=None), limits)
            return replace(finding, summary=summary)
        if limit == "at_least":
            return finding if required is None else self._hold_rate(finding, self.value, required, limits)
        if self.sides is None:
            return finding
        if limit == "max_drop":
            return self._hold_drop(finding, self.sides, limits)
        if limit == "max_regressed":
            return self._hold_regressed(finding, self.sides, limits)
        if finding.met:
            return finding
        why = "labels show its errors on all cases together, not on one slice"
        summary = f"{finding.summary}; {UNCORRECTED}: {why}"
        return inconclusive(replace(finding, summary=summary, p_value=None, reveals=None), limits)

    def _hold_rate(
        self, finding: Finding, value: JudgedRate | JudgedMean, required: float, limits: Limits
    ) -> Finding:
        """Compare the corrected rate, or mean, with the required one."""
        wanted = "all" if required == 1 else f"at least {_shown(value, required)}"
        corrected = f"corrected for the judge's errors {_shown(value, value.rate)}"
        summary = f"{value.text}; {corrected}, {wanted} required"
        chance = value.p_value(required)
        finding = replace(finding, summary=summary, p_value=chance, reveals=None)
        passed = replace(finding, status=Status.PASSED)
        if value.rate >= required - 1e-9:
            low = max(0.0, required - (limits.tolerance or 0.0))
            if not limits.require_proof or (doubt := value.turned.p_value(1 - low)) <= limits.false_pass_rate:
                return passed
            why = f"{summary}; met, but not proven: {_shown(value, low)} would show this, too"
            reveals = self._reveals(required, limits)
            return inconclusive(replace(finding, summary=why, p_value=doubt, reveals=reveals), limits)
        if chance > DOUBTFUL:
            return replace(passed, summary=f"{summary}; chance and the judge's errors explain it")
        finding = replace(finding, reveals=self._reveals(required, limits))
        if chance > limits.false_fail_rate:
            because = f"{summary}; chance and the judge's errors could explain it"
            return inconclusive(replace(finding, summary=because), limits)
        return replace(finding, status=Status.FAILED)

    def _hold_drop(self, finding: Finding, sides: Sides, limits: Limits) -> Finding:
        """Compare the drop according to people, labelled or inferred, with the allowance."""
        allowance = limits.max_drop or 0
        margin = fraction_of(allowance, sides.of)
        if sides.by_people:
            return self._by_people(finding, sides, margin, limits)
        if not sides.labelled:
            if finding.met or sides.chance(margin) <= limits.false_fail_rate:
                return finding
            few = min(sides.labels)
            which = "these answers" if sides.labels[1] <= sides.labels[0] else f"those of {sides.version}"
            summary = (
                f"{finding.summary}; the judge may err otherwise on {which}, of which "
                f"{plural(few, 'has', 'have')} a label ({LEAST_LABELS} would tell)"
            )
            return inconclusive(replace(finding, summary=summary, reveals=None), limits)
        if sides.approved is None or sides.current is None:
            if finding.met:
                return finding
            summary = f"{finding.summary}; the judge is too weak on the answers that differ"
            return inconclusive(replace(finding, summary=summary, p_value=None, reveals=None), limits)
        approved, current = (_shown(side, side.rate) for side in (sides.approved, sides.current))
        summary = (
            f"corrected {approved} with {sides.version}, {current} now, over the "
            f"{plural(sides.differ, 'case')} that differ (by the judge's word {finding.summary})"
        )
        chance = sides.chance(margin)
        finding = replace(finding, summary=summary, p_value=chance, reveals=None)
        if chance <= limits.false_fail_rate:
            return replace(finding, status=Status.FAILED)
        if chance <= DOUBTFUL:
            return inconclusive(finding, limits)
        if not finding.met:
            summary = f"{summary}; chance and the judge's errors explain it"
        return replace(finding, status=Status.PASSED, summary=summary)

    def _by_people(self, finding: Finding, sides: Sides, margin: float, limits: Limits) -> Finding:
        """Compare the drop according to people's labels of all differing answers with the allowance."""
        from pytest_modelcheck.stats.paired import drop_p_value, mcnemar_exact

        broke, fixed, of = sides.broke, sides.fixed, sides.of
        summary = f"{_people(broke, fixed)} (by the judge's word {finding.summary})"
        chance = drop_p_value(broke, fixed, of, margin) if margin else mcnemar_exact(broke, fixed)
        missed = broke - fixed > margin * of + 1e-9
        finding = replace(finding, summary=summary, p_value=chance, reveals=None)
        if not missed or (chance > DOUBTFUL and not sides.exact):
            return replace(finding, status=Status.PASSED)
        if sides.exact or chance <= limits.false_fail_rate:
            return replace(finding, status=Status.FAILED)
        return inconclusive(finding, limits)

    def _hold_regressed(self, finding: Finding, sides: Sides, limits: Limits) -> Finding:
        """Count the cases that broke according to people: an error of the judge looks like a regression."""
        allowance = limits.max_regressed or 0
        most = allowance if isinstance(allowance, int) else allowance * sides.of
        summary = f"{_people(sides.broke, sides.fixed)} (by the judge's word {finding.summary})"
        if sides.broke > most + 1e-9:
            # With a model that varies, labels of single answers are a sample: the judge's finding stays.
            if sides.exact:
                return replace(finding, status=Status.FAILED, summary=summary, reveals=None)
            return finding if finding.met else replace(finding, summary=summary)
        if sides.by_people:
            return replace(finding, status=Status.PASSED, summary=summary, p_value=None, reveals=None)
        if finding.met:
            return finding
        cases = plural(sides.open, "case that differs has", "cases that differ have")
        summary = f"{finding.summary}; {UNCORRECTED}: {cases} an answer without a label"
        return inconclusive(replace(finding, summary=summary, reveals=None), limits)

    def _reveals(self, required: float, limits: Limits) -> str | None:
        value = self.value
        if value is None:
            return None
        what = f"{plural(value.cases, 'case')} and {plural(self.labels, 'label')}"
        most = value.revealed(required, limits.false_fail_rate)
        if most is None:
            return f"{what} cannot reveal anything under {_shown(value, required)}"
        rates = "means" if value.graded else "rates"
        return f"{what} can reliably reveal only {rates} up to {_shown(value, most)}"


def _people(broke: int, fixed: int) -> str:
    return f"people say that {broke} broke and {fixed} were fixed{net_of(broke, fixed)}"


def _shown(value: JudgedRate | JudgedMean, rate: float) -> str:
    return f"{rate:.3g}" if value.graded else percent(round(rate, 2 if 0.05 < rate < 0.95 else 3))
