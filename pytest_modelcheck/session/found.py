"""Facts found out about a check: the nouns that its steps take and return.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.costs import LIMITS as COSTS
from pytest_modelcheck.session.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_modelcheck.checks.costs import Costs
    from pytest_modelcheck.checks.judged import Judging
    from pytest_modelcheck.checks.lost import Lost
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.checks.weighing import Probed
    from pytest_modelcheck.engine.result import Result
    from pytest_modelcheck.records import Calls, Comparison, Finding, Flaky, Moved, Stopped
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.calibration import Calibration
    from pytest_modelcheck.session.results import Results
    from pytest_modelcheck.stats.noise import Excess, Rise

_LIMITS: Final = frozenset(
    {"at_least", "max_drop", "max_slice_drop", "max_changed", "max_regressed", "slice_regressions"}
)


@dataclass(frozen=True, slots=True)
class Early:
    """The point where a check was stopped before its last case.

    Attributes:
        stopped: Where and why.
        decided: What was decided by then: one finding a limit.
        comparable: How many approved cases can still be compared.
    """

    stopped: Stopped
    decided: tuple[Finding, ...]
    comparable: int


@dataclass(frozen=True, slots=True)
class Ran:
    """The results of the check's own trials.

    Attributes:
        results: Case by case.
        calls: What they cost.
        inapplicable: How many cases each perturbation left as they were.
        direct: How many calls were made in place that could have been made together, how many seconds they
            took, and how many calls were made ahead for nothing.
        first_failure: What the first body that failed or broke raised.
        unasked: How many cases could not be judged, since their model could not be asked.
        stopped: Why it could not be asked, or ``None``.
        systems: How many answers each system gave, where the answers say so.
        costs: What the answers took and cost, where a limit asks for that.
        early: Where the check was stopped early, or ``None``.
        reference: What the cases came to that a drift check names to compare with, or ``None``.
        judging: What the judge of the check said, and how far it can be believed; ``None`` without a judge.
        explained: The first failed results, each with what its body raised, by the numbers of their trials.
    """

    results: Results
    calls: Calls
    inapplicable: Mapping[str, int]
    direct: tuple[int, float, int]
    first_failure: BaseException | None
    unasked: int = 0
    stopped: str | None = None
    systems: Mapping[str, int] = field(default_factory=dict)
    costs: Costs | None = None
    early: Early | None = None
    reference: Results | None = None
    judging: Judging | None = None
    explained: Mapping[int, Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noise:
    """The model's own noise.

    Attributes:
        variation: Whether it varies.
        screened: What decided before everything was run again, or ``None`` where it was not.
        again: What the check's own trials came to when they were run again.
        afresh: The second run by itself as (broke, fixed, compared), where cases were run once before it.
        calibrations: What was found out about the model's disagreement with itself.
        more: Runs that only tell how much the model varies.
        excess: How much a perturbation adds to that disagreement.
        rise: The same of each case, then and now, where an invariance check fell below the approved version.
        changes: How much more answers differ from the approved ones than from each other.
        regressions: The same for runs that fail of cases that passed.
        uncalibrated: What a body raised when it was given two answers to the same input.
        probed: The result of cases that were run again one by one, by their number.
        looks: What each limit says where noise may explain a miss, once that is decided.
        lost: The slice in which regressions concentrate, where there is one.
        slice_drop: What the slice that fell too far, or all of them, came to; empty where nobody looked.
    """

    variation: Variation = field(default_factory=Variation)
    screened: str | None = None
    again: Results | None = None
    afresh: tuple[int, int, int] | None = None
    calibrations: tuple[Calibration, ...] = ()
    more: tuple[Results, ...] = ()
    excess: Excess | None = None
    rise: Rise | None = None
    changes: Excess | None = None
    regressions: Excess | None = None
    uncalibrated: str | None = None
    probed: Mapping[int, Probed] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    lost: Lost | None = None
    slice_drop: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The observations.

    Attributes:
        observed: What limits are held against.
        comparison: With what is approved, where anything is.
        then: For each case how it came out then, as far as slices are concerned.
        regressed: The numbers of the cases that passed then and fail now.
        changed: The numbers of the cases whose answer differs.
        wrong: The numbers of the cases whose label is not the expected one, where a metric scores labels.
        flaky: Cases some of whose runs pass.
    """

    observed: Observed
    comparison: Comparison | None = None
    then: bytes | None = None
    regressed: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()
    flaky: tuple[Flaky, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found out about a check so far, and the findings of its limits.

    Attributes:
        ran: What its trials came to.
        approved: What it is compared with.
        beside: Findings that depend on no limit.
        noise: What is known of the model's own noise.
        seen: What was observed.
        findings: What the limits say.
        moved: How far the distribution of answers moved, in a drift check.
    """

    ran: Ran
    approved: Approved
    beside: tuple[Finding, ...]
    noise: Noise
    seen: Seen
    findings: tuple[Finding, ...]
    moved: Moved | None = None

    @property
    def observed(self) -> Observed:
        """The observations that limits are held against."""
        return self.seen.observed

    @property
    def passes(self) -> bool:
        """True if all limits are met."""
        return all(finding.met for finding in self.findings)

    @property
    def missed(self) -> bool:
        """True if limits are missed, and nothing but the model's own variation could explain it."""
        failed = [
            finding.limit for finding in self.findings if not finding.met and finding.limit not in COSTS
        ]
        return bool(failed) and all(limit in _LIMITS for limit in failed)

    @property
    def worst_summary(self) -> str:
        """The summary of the deciding finding."""
        return max(self.findings, key=lambda finding: finding.status.severity).summary

    def misses(self, limit: str) -> bool:
        """Return whether one limit is missed."""
        return any(finding.limit == limit and not finding.met for finding in self.findings)
