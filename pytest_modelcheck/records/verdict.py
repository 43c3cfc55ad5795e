"""The verdict on a check: findings, comparisons, and the cases worth reading.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_modelcheck.records.calls import Calls
from pytest_modelcheck.records.cases import GRADE, CheckKind, Scale
from pytest_modelcheck.records.results import Tally

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
        """From 0 for passed to 3 for failed: the worst finding is the verdict.

        A verdict is "xfailed" only at the end of a run, where pytest does not count its failure.
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
    """The evidence of all nights since the approval that the model is no longer what was approved.

    Attributes:
        of: What is compared: ``"answers"`` (to calls that were made again) or ``"distribution"``.
        night: The number of this night, from 1.
        evidence: How strong it is: 1 says nothing, and chance ever reaches x once in x.
        highest: How strong it was in the strongest night.
        alarm: How strong it may not become.
        approval: Tells the approval from all others.
        calls: The calls that were made twice this night, by the labels of their two answers.
        distance: What the tolerance leaves of this night's distance.
        p_value: Of the test of this night by itself.
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
        """True if it became too strong, tonight or earlier: only a new approval ends an alarm."""
        return self.highest >= self.alarm


@dataclass(frozen=True, slots=True)
class Finding:
    """One limit held against what was observed.

    Attributes:
        limit: The option that asks for it (``"at_least"``), or the guard that speaks (``"errors"``).
        status: Its result.
        summary: One line that carries the verdict: ``"182/200 cases pass (91.0%), at least 95% required"``.
        against_baseline: Whether only a comparison with the approved behaviour says so; approving the
            behaviour as it is now would then settle it.
        p_value: The probability of what was observed if the requirement were met, where there is one.
        reveals: What the check could have detected, where the limit is not plainly met and chance plays a
            part: ``"40 cases can only reveal rates under 75%"``.
        nights: What it comes to over all nights, in a run that watches.
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
    """The same cases under the approved version and now.

    Attributes:
        version: The version that it is compared with.
        shared: How many cases both have, with the same id and input.
        added: How many cases only this run has.
        removed: How many cases only the baseline has.
        judged: How many of the shared cases came to pass or fail on both sides.
        approved_rate: The rate (or mean score) over the shared cases then.
        rate: The rate (or mean score) over the shared cases now.
        regressed: Ids of cases that passed then and fail now.
        fixed: Ids of cases that failed then and pass now.
        changed: Ids of cases whose answer differs.
        replayed: How many approved cases were judged again with today's test.
        p_value: Of the exact McNemar test, one-sided towards worse; ``None`` where it does not apply.
        unseen: How many of the shared cases have answers that cannot be compared.
        why_unseen: Why not, and what to do.
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


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a check: the cases of one slice (``language=es``), or the trials of one perturbation."""

    name: str
    passed: int
    judged: int
    approved_passed: int | None = None
    approved_judged: int | None = None
    metric: float | None = None
    approved_metric: float | None = None


@dataclass(frozen=True, slots=True)
class FoundSlice:
    """A slice that nobody declared, in which more fails than elsewhere; noise hardly gives one like it.

    Attributes:
        conditions: What holds of its cases, all of it: ``("language=es", "length > 120")``.
        failed: How many of its cases fail.
        judged: How many cases it has.
        elsewhere_failed: How many of the others fail.
        elsewhere_judged: How many others there are.
        p_value: The chance that the same search finds so much where there is nothing to be found.
        regressed: Whether failing means that the approved version passed; all others are then left out.
        members: The places of its cases in their source, from 0.
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
    """A case that was run more than once, and passed in some of its runs only."""

    id: str
    passed: int
    runs: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The distance between the distribution of answers and the one that it is compared with.

    Attributes:
        measure: What measures it: ``"total variation"``.
        distance: How far.
        expected: How far by chance alone.
        tolerance: How much more is allowed.
        p_value: The chance of such a distance if nothing had moved.
        before: How many answers it is compared with.
        now: How many there are now.
        paired: Whether both are answers to the same inputs.
        against: Whose answers it is compared with: ``"of 2.0"``.
        changes: What moved most, as (what, then, now).
    """

    measure: str
    distance: float
    expected: float
    tolerance: float
    p_value: float
    before: int
    now: int
    paired: bool
    against: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest change of an input that still fails, or the smallest input that does.

    Attributes:
        text: What changes, in brackets: ``"Please [refund→refnud] order 1182"``; empty where the input fails
            as it is. Where a strategy gave the input, another one that it may give: ``'"order 701"'``.
        edits: How many single changes that is; none where it is another input.
        got: What the model answers to it.
        complete: Whether the search came to its end, so that none of them can be left out.
    """

    text: str
    edits: int
    got: str | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Contrast:
    """The place where a long answer differs from the one that a reader compares it with.

    Attributes:
        against: The other answer: ``"expected"``, ``"base"`` (to the unperturbed input) or ``"approved"``.
        parts: The differing parts, as (path, other answer, this answer). The path is empty for texts.
        hidden: How many more parts differ.
    """

    against: str
    parts: tuple[tuple[str, str, str], ...]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One case as the reader of a report sees it: everything is text already, cut to length.

    ``note`` says how it differs from the others of its list: ``"failed"``, ``"regressed"``, ``"changed"``,
    ``"error"``, ``"new"``, ``"unexpected pass"``. ``steps`` is what an agent did beside what it did before,
    as lines of at most 60 cells; empty for all else.
    """

    id: str
    note: str
    input: str
    message: str
    expected: str | None = None
    got: str | None = None
    approved: str | None = None
    perturbation: str | None = None
    perturbed: str | None = None
    base_answer: str | None = None
    detail: str | None = None
    origin: str | None = None
    smallest: Smallest | None = None
    contrast: Contrast | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """A check that was stopped before its last case, since its verdict was known.

    Attributes:
        after: How many cases the verdict rests on.
        of: How many there are.
        why: Why the verdict was known: ``"rate above 90%, chance of a false pass at most 10%"``.
    """

    after: int
    of: int
    why: str

    def __str__(self) -> str:
        return f"stopped after {self.after:,} of {self.of:,} cases"


@dataclass(frozen=True, slots=True)
class Correction:
    """The errors of a check's judge, and the correction that follows.

    Attributes:
        judge: The name of the judge.
        version: Its version, or ``None`` where it has none.
        labels: How many labels there are.
        file: Where they are, relative to the folder that holds the baselines; ``None`` where none are
            declared.
        word: The pass rate, or the mean score, by the judge's word; ``None`` where it is not corrected.
        yes: Of how many labels that say yes the judge says so, too, and of how many; of scores ``None``.
        no: The same of labels that say no.
        why: Why what it says is not corrected, or ``None``.
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
        text = f"by {self.labels} labels"
        if self.yes is not None and self.no is not None:
            yes, no = "/".join(map(str, self.yes)), "/".join(map(str, self.no))
            text = f"right about {yes} that are right and {no} that are wrong, {text}"
        return text if self.word is None else f"{text}; by its word alone {self.word:.3g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a check, and everything that a report says about it.

    Attributes:
        check: The pytest node id of the test, exactly.
        kind: ``"golden"``, ``"invariance"``, ``"directional"`` or ``"drift"``.
        status: The worst of the findings.
        findings: Every limit that was applied.
        model: The name of the model that is judged.
        version: Its version, or ``None`` where it has none.
        approved_version: The version that the application is held to, or ``None``.
        rate: The pass rate over cases, or the mean score; ``None`` where nothing was judged.
        graded: Whether ``rate`` is a mean of scores.
        scale: From where to where the scores may go; ``None`` where they have no bounds.
        signed: Whether the scores are changes, of which 0 says that nothing moved.
        metric: The metric over all cases that ``rate`` is (``"f1_macro"``); ``None`` for a rate or mean.
        cases: How the cases came out.
        trials: How the trials came out.
        interval: Around ``rate``.
        required: The rate that ``at_least`` asks for, or ``None``.
        comparison: With the approved behaviour, where there is one.
        moved: How far the distribution of answers moved, in a drift check.
        variation: What is known of the model's own variation, in words.
        varies: Whether it varies; ``None`` where nothing depended on it, so that nobody looked.
        flaky: Cases that pass in some of their runs only, those that are most of a coin first.
        slices: The same by metadata.
        found: A slice that was found rather than declared, where failures stand out; or ``None``.
        perturbations: The same by perturbation, over trials.
        shown: The cases worth reading, worst first.
        hidden: How many more there are of that kind.
        notes: What else the reader should know, a sentence each.
        calls: What it cost.
        advice: Commands that a reasonable person might type next, as (what for, command).
        others: Versions of other models that took part.
        unasked: How many of the broken cases are so only because the model could not be asked any more.
        stopped: Where and why it was stopped early, or ``None`` where all cases were run.
        correction: How often the judge of the check errs, where there is one; ``rate`` is then corrected.
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
    unasked: int = 0
    stopped: Stopped | None = None
    correction: Correction | None = None

    @property
    def passed(self) -> bool:
        """True if the check met its limits."""
        return self.status is Status.PASSED

    @property
    def failed(self) -> bool:
        """True if the check missed a limit and noise cannot explain it."""
        return self.status is Status.FAILED

    @property
    def inconclusive(self) -> bool:
        """True if the evidence points against the model, but is too weak."""
        return self.status is Status.INCONCLUSIVE

    @property
    def headline(self) -> str:
        """The first line of every report: the finding that decided."""
        worst = self._worst
        return worst.summary if worst is not None else f"{self.cases.judged} cases"

    @property
    def reveals(self) -> str | None:
        """The least change that the check could have detected, as the deciding finding says, or ``None``."""
        return None if self._worst is None else self._worst.reveals

    @property
    def _worst(self) -> Finding | None:
        return max(self.findings, key=lambda finding: finding.status.severity, default=None)
