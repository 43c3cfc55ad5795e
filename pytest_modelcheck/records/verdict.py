"""How a check came out.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelcheck.records.calls import Calls
from pytest_modelcheck.records.cases import GRADE, CheckKind, Scale
from pytest_modelcheck.records.findings import (
    Comparison,
    Finding,
    Flaky,
    FoundSlice,
    Group,
    Interval,
    Moved,
    Status,
    Tally,
)
from pytest_modelcheck.records.shown import ShownCase  # noqa: TC001 - reports read the types


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
class Verdict:
    """How a check came out, and everything that a report says about it.

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

    @property
    def passed(self) -> bool:
        """Whether the check met its limits."""
        return self.status is Status.PASSED

    @property
    def failed(self) -> bool:
        """Whether the check missed a limit and noise cannot explain it."""
        return self.status is Status.FAILED

    @property
    def headline(self) -> str:
        """The first line of every report: the finding that decided."""
        worst = self._worst
        return worst.summary if worst is not None else f"{self.cases.judged} cases"

    @property
    def reveals(self) -> str | None:
        """What the check could have detected, as the finding that decided says, or ``None``."""
        return None if self._worst is None else self._worst.reveals

    @property
    def _worst(self) -> Finding | None:
        return max(self.findings, key=lambda finding: finding.status.severity, default=None)
