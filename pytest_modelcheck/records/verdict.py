"""The verdict on a check: findings, comparisons, and the cases worth reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_modelcheck.records.cases import GRADE, CheckKind, Scale, ShownCase
from pytest_modelcheck.records.results import Calls, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """The status of a verdict."""

    PASSED = "passed"
    XFAILED = "xfailed"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"

    @property
    def severity(self) -> int:
        """A rank from 0 (passed) to 3 (failed): the worst finding gives the verdict.

        A verdict is "xfailed" only at the end of a run, if pytest expected its failure.
        """
        return ("passed", "xfailed", "inconclusive", "failed").index(self.value)


@dataclass(frozen=True, slots=True)
class Interval:
    """Two one-sided bounds, each at confidence ``level``."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class Nights:
    """The evidence, over all nights since the approval, that the model has changed.

    Attributes:
        of: The compared quantity: ``"answers"`` (to calls that were made again) or ``"distribution"``.
        night: The number of this night, from 1.
        evidence: The strength of the evidence after this night. 1 is no evidence; for an unchanged model, the
            probability that it ever reaches x is at most 1/x.
        highest: The largest evidence of all nights so far; at least ``alarm`` if one answer was enough,
            because the model had never varied.
        alarm: The evidence at which the check fails.
        approval: A key of the approval: a new approval starts a new series of nights.
        calls: The calls that were made twice this night, grouped by the labels of their two answers.
        distance: The part of this night's distance that exceeds the tolerance.
        p_value: The p-value of this night's own test.
    """

    of: str
    night: int
    evidence: float
    highest: float
    alarm: float
    approval: str
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    distance: float = 0.0
    p_value: float = 1.0

    @property
    def alarms(self) -> bool:
        """True if the evidence reached the alarm in any night: only a new approval ends an alarm."""
        return self.highest >= self.alarm


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one limit.

    Attributes:
        limit: The option of the limit (``"at_least"``), or the name of a built-in rule (``"errors"``).
        status: The result.
        summary: The result in one line: ``"182/200 cases pass (91.0%), at least 95% required"``.
        against_baseline: Whether the finding rests only on a comparison with the approved behaviour, so that
            approving the present behaviour would settle it.
        p_value: The probability of an observation at least as bad if the requirement were met, or ``None``.
        reveals: The change that the check could have detected, if the limit is not clearly met and chance
            plays a part: ``"40 cases can reliably reveal only rates under 75%"``.
        nights: The evidence over all nights, in a run that watches.
    """

    limit: str
    status: Status
    summary: str
    against_baseline: bool = False
    p_value: float | None = None
    reveals: str | None = None
    nights: Nights | None = None

    @property
    def met(self) -> bool:
        """True if the limit is met."""
        return self.status is Status.PASSED


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of a run with the approved version, over the cases that both have.

    Attributes:
        version: The approved version.
        shared: The number of cases in both, with the same id and input.
        added: The number of cases only in this run.
        removed: The number of cases only in the baseline.
        added_failed: The number of added cases that fail. No limit against the approved version covers them.
        judged: The number of shared cases that passed or failed on both sides.
        approved_rate: The approved rate (or mean score) over the shared cases.
        rate: The present rate (or mean score) over the shared cases.
        regressed: Ids of cases that passed in the approved version and fail now.
        fixed: Ids of cases that failed in every run of the approved version and pass now.
        changed: Ids of cases whose answers differ.
        replayed: The number of cases whose approved answers were judged again with the present test.
        p_value: The p-value of the exact McNemar test, one-sided towards worse; ``None`` if not applicable.
        unseen: The number of shared cases whose answers cannot be compared.
        why_unseen: The reason for that, and the remedy; or ``None``.
        ran_too: Whether this run made its results, too (``--against``): approved ones play no part.
    """

    version: str
    shared: int
    added: int
    removed: int
    judged: int
    approved_rate: float | None
    rate: float | None
    regressed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    replayed: int = 0
    p_value: float | None = None
    unseen: int = 0
    why_unseen: str | None = None
    added_failed: int = 0
    ran_too: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Counts for one slice (by cases, ``language=es``) or one perturbation (by trials)."""

    name: str
    passed: int
    judged: int
    approved_passed: int | None = None
    approved_judged: int | None = None
    metric: float | None = None
    approved_metric: float | None = None


@dataclass(frozen=True, slots=True)
class FoundSlice:
    """An undeclared slice with more failures than elsewhere, beyond what chance explains.

    Attributes:
        conditions: Conditions that all cases of the slice meet: ``("language=es", "length > 120")``.
        failed: The number of its cases that fail.
        judged: The number of its judged cases.
        elsewhere_failed: The number of other cases that fail.
        elsewhere_judged: The number of other judged cases.
        p_value: The probability that the same search finds as much if failures fall on cases at random.
        regressed: Whether the failures are regressions. Cases that failed in the approved version are then
            left out.
        members: The positions of its cases among those of the check, from 0.
    """

    conditions: tuple[str, ...]
    failed: int
    judged: int
    elsewhere_failed: int
    elsewhere_judged: int
    p_value: float
    regressed: bool = False
    members: tuple[int, ...] = ()

    def __str__(self) -> str:
        what = "broke" if self.regressed else "fail"
        where = " and ".join(self.conditions)
        elsewhere = f"elsewhere {self.elsewhere_failed} of {self.elsewhere_judged}"
        return f"{where}: {self.failed} of {self.judged} {what} ({elsewhere})"


@dataclass(frozen=True, slots=True)
class Flaky:
    """A case that passed in some of its runs only."""

    id: str
    passed: int
    runs: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The distance between the present distribution of answers and a reference, such as the approved one.

    Attributes:
        measure: The measure of distance: ``"total variation"``.
        distance: The distance.
        expected: The distance that chance alone explains.
        tolerance: The distance that is allowed beyond that.
        p_value: The probability of a distance at least as large if nothing had moved.
        before: The number of answers in the reference.
        after: The number of present answers.
        paired: Whether both are answers to the same inputs.
        against: The origin of the reference: ``"of 2.0"``.
        changes: The largest changes, each as (label or quantity, before, after).
    """

    measure: str
    distance: float
    expected: float
    tolerance: float
    p_value: float
    before: int
    after: int
    paired: bool
    against: str
    changes: tuple[tuple[str, str, str], ...] = ()

    @property
    def compared(self) -> str:
        """The number of answers on both sides: ``"40 answers against 40 of 2.0, to the same inputs"``."""
        same = ", to the same inputs" if self.paired else ""
        return f"{self.after} answers against {self.before} {self.against}{same}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """An early stop: the verdict was known before the last case was run.

    Attributes:
        after: The number of cases that the verdict rests on.
        of: The number of all cases.
        why: The reason for the stop: ``"rate above 90%, chance of a false pass at most 10%"``.
    """

    after: int
    of: int
    why: str

    def __str__(self) -> str:
        return f"stopped after {self.after:,} of {self.of:,} cases"


@dataclass(frozen=True, slots=True)
class Correction:
    """The errors of a check's judge, and the correction of the rate for them.

    Attributes:
        judge: The name of the judge.
        version: The judge's version, or ``None`` if it has none.
        labels: The number of labels.
        file: The file of labels, relative to the folder that holds ``baselines/``; ``None`` if the check
            declares none.
        word: The uncorrected pass rate or mean score, as the judge gave it; ``None`` if nothing is corrected.
        yes: The number of answers that people and the judge accept, and the number that people accept;
            ``None`` for scores.
        no: The number of answers that people and the judge reject, and the number that people reject;
            ``None`` for scores.
        why: The reason why the rate is not corrected, or ``None``.
    """

    judge: str
    version: str | None
    labels: int
    file: str | None = None
    word: float | None = None
    yes: tuple[int, int] | None = None
    no: tuple[int, int] | None = None
    why: str | None = None

    def __str__(self) -> str:
        if self.why is not None:
            return f"uncorrected: {self.why}"
        text = f"{self.labels} labels"
        word = None if self.word is None else f"mean {self.word:.3g}"
        if self.yes is not None and self.no is not None:
            yes, no = (f"{one} of {of}" for one, of in (self.yes, self.no))
            used = self.yes[1] + self.no[1]  # only a version's own labels, if there are enough of them
            text = text if used == self.labels else f"{used} of {text}"
            text = f"accepted {yes} right answers, rejected {no} wrong ones ({text})"
            word = None if self.word is None else f"pass rate {100 * self.word:.3g}%"
        return text if word is None else f"{text}; uncorrected {word}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a check, with everything that a report shows about it.

    Attributes:
        check: The exact pytest node id of the test.
        kind: ``"golden"``, ``"invariance"``, ``"directional"`` or ``"drift"``.
        status: The status of the worst finding.
        findings: The result of each limit that was applied.
        model: The name of the judged model.
        version: The model's version, or ``None`` if it has none.
        approved_version: The version that the model is compared with, or ``None``.
        rate: The pass rate over cases, or the mean score; ``None`` if nothing was judged.
        graded: Whether ``rate`` is a mean of scores.
        scale: The range of the scores; ``None`` if they have no bounds.
        signed: Whether the scores are changes; 0 then means that nothing moved.
        metric: The name of the metric that ``rate`` is (``"f1_macro"``); ``None`` for a rate or mean.
        cases: Counts of case outcomes.
        trials: Counts of trial outcomes.
        interval: Confidence bounds of ``rate``, or ``None``.
        required: The rate that ``at_least`` requires, or ``None``.
        comparison: The comparison with the approved version, or ``None`` if there is none.
        moved: The change of the distribution of answers, in a drift check; otherwise ``None``.
        variation: A sentence about the variation of the model's answers to the same input, or ``None``.
        varies: Whether the model varies; ``None`` if that was not needed for the verdict.
        flaky: Cases that pass in some of their runs only, those nearest to one half first.
        slices: Counts by slice.
        found: An undeclared slice with many failures, or ``None``.
        perturbations: Counts of trials by perturbation.
        shown: The cases that a report shows, worst first.
        hidden: The number of cases that were left out of ``shown``.
        notes: Further remarks, a sentence each.
        calls: Calls, times and costs.
        advice: Commands that may help next, as (purpose, command).
        others: Names and versions of the other models that took part.
        uncalled: The number of cases with an error because the model was not called: it was given up, or a
            budget was spent.
        stopped: The early stop, or ``None`` if all cases were run.
        correction: The errors of the check's judge, or ``None`` if it has none; ``rate`` is corrected for
            them, if there are enough labels.
    """

    check: str
    kind: CheckKind
    status: Status
    findings: tuple[Finding, ...]
    model: str
    version: str | None
    approved_version: str | None = None
    rate: float | None = None
    graded: bool = False
    scale: Scale | None = GRADE
    signed: bool = False
    metric: str | None = None
    cases: Tally = Tally()
    trials: Tally = Tally()
    interval: Interval | None = None
    required: float | None = None
    comparison: Comparison | None = None
    moved: Moved | None = None
    variation: str | None = None
    varies: bool | None = None
    flaky: tuple[Flaky, ...] = ()
    slices: tuple[Group, ...] = ()
    found: FoundSlice | None = None
    perturbations: tuple[Group, ...] = ()
    shown: tuple[ShownCase, ...] = ()
    hidden: int = 0
    notes: tuple[str, ...] = ()
    calls: Calls = Calls()
    advice: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    uncalled: int = 0
    stopped: Stopped | None = None
    correction: Correction | None = None

    @property
    def passed(self) -> bool:
        """True if the check met all its limits."""
        return self.status is Status.PASSED

    @property
    def failed(self) -> bool:
        """True if the check missed a limit, and noise cannot explain that."""
        return self.status is Status.FAILED

    @property
    def inconclusive(self) -> bool:
        """True if the evidence points against the model, but is too weak."""
        return self.status is Status.INCONCLUSIVE

    @property
    def compared_with(self) -> str:
        """The name of the other version in reports: ``approved``, or its version if chosen or run."""
        other = self.comparison
        if other is None or (other.version == self.approved_version and not other.ran_too):
            return "approved"
        return other.version

    @property
    def headline(self) -> str:
        """The summary of the worst finding: the first line of every report."""
        worst = self._worst
        return worst.summary if worst is not None else f"{self.cases.judged} cases"

    @property
    def reveals(self) -> str | None:
        """The smallest change that the check could have detected, from the worst finding; or ``None``."""
        return None if self._worst is None else self._worst.reveals

    @property
    def _worst(self) -> Finding | None:
        return max(self.findings, key=lambda finding: finding.status.severity, default=None)
