"""The nouns of what was found: limits that were held, counts, and comparisons.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What a verdict says."""

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
class Finding:
    """One limit held against what was observed.

    Attributes:
        limit: The option that asks for it (``"at_least"``), or the guard that speaks (``"errors"``).
        status: What came of it.
        summary: One line that carries the verdict: ``"182/200 cases pass (91.0%), at least 95% required"``.
        against_baseline: Whether only a comparison with the approved behaviour says so; approving the
            behaviour as it is now would then settle it.
        p_value: The probability of what was observed if the requirement were met, where there is one.
        reveals: What the check could have detected, where the limit is not plainly met and chance plays a
            part: ``"40 cases can only reveal rates under 75%"``.
    """

    limit: str
    status: Status
    summary: str
    against_baseline: bool = False
    p_value: float | None = None
    reveals: str | None = None

    @property
    def met(self) -> bool:
        """Whether the limit is met."""
        return self.status is Status.PASSED


@dataclass(frozen=True, slots=True)
class Tally:
    """How many came out how. ``passed + failed`` is the denominator of the rate."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    new: int = 0

    @property
    def judged(self) -> int:
        """The denominator."""
        return self.passed + self.failed

    @property
    def total(self) -> int:
        """Everything that was run."""
        return self.judged + self.error + self.skipped + self.xfailed + self.xpassed + self.new


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


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a check: the cases of one slice (``language=es``), or the trials of one perturbation."""

    name: str
    passed: int
    judged: int
    approved_passed: int | None = None
    approved_judged: int | None = None


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
    """

    conditions: tuple[str, ...]
    failed: int
    judged: int
    elsewhere_failed: int
    elsewhere_judged: int
    p_value: float
    regressed: bool = False

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
    """How far the distribution of answers is from the one that it is compared with.

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
