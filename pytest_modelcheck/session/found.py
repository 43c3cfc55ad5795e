"""Facts about a check: the arguments and results of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.limits import COSTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_modelcheck.checks.decide import Costs
    from pytest_modelcheck.checks.judging import Judging
    from pytest_modelcheck.checks.lost import LostSlice
    from pytest_modelcheck.checks.observed import Observed
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.checks.weighing import Probed
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Case, Comparison, Finding, Flaky, Moved, Stopped
    from pytest_modelcheck.session.approved import Approved
    from pytest_modelcheck.session.results import AllRuns, Results
    from pytest_modelcheck.session.revalidation import CachedTrials
    from pytest_modelcheck.stats.noise import Excess, Rise

    Tables = Sequence[tuple[Case, NDArray[np.float64]]]
    """How much every two outputs of each case disagree."""

NOISY: Final = frozenset(
    {"at_least", "max_drop", "max_slice_drop", "max_changed", "max_regressed", "slice_regressions"}
)
"""Limits whose miss the model's variation may explain. It is not measured if the check fails anyway."""


@dataclass(frozen=True, slots=True)
class Variation:
    """The model's own variation, also in words; ``None`` if nobody looked."""

    varies: bool | None = None
    words: str | None = None


def declared(model: Model) -> Variation:
    """Return the model fixture's declaration."""
    deterministic = model.definition.deterministic
    if deterministic is None:
        return Variation()
    return Variation(not deterministic, f"declared deterministic={deterministic}")


@dataclass(frozen=True, slots=True)
class Early:
    """The point where a check was stopped before its last case."""

    stopped: Stopped
    decided: tuple[Finding, ...]
    """The findings by then, one per limit."""
    comparable: int
    """The number of approved cases that can still be compared."""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """The results of the check's own trials.

    Attributes:
        inapplicable: The number of cases that each perturbation left unchanged.
        seconds: The time that they took.
        direct: The number of calls made in place that could have been made together, the seconds they took,
            and the number of prefetched calls that were not needed.
        first_failure: The exception of the first body that failed or broke.
        uncalled: The number of cases that were not judged because their model could not be called.
        stopped: The reason why it could not be called, or ``None``.
        systems: The number of answers of each system, if the answers name it.
        reference: The results of a drift check's reference cases, or ``None``.
        explained: The first failed results with their exceptions, by the numbers of their trials.
        cached: The trials whose answers were all cached, if some are to be verified.
    """

    results: Results
    inapplicable: Mapping[str, int]
    direct: tuple[int, float, int]
    first_failure: BaseException | None
    seconds: float = 0.0
    uncalled: int = 0
    stopped: str | None = None
    systems: Mapping[str, int] = field(default_factory=dict)
    costs: Costs | None = None
    early: Early | None = None
    reference: Results | None = None
    judging: Judging | None = None
    explained: Mapping[int, Result] = field(default_factory=dict)
    cached: CachedTrials | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """The model's own noise; :class:`Observed` describes the fields that it takes over.

    Attributes:
        again: The results of the check's own trials in further runs.
        tables: Measurements of the model's disagreement with itself, one for each set of answers.
        probed: The results of cases that were run again one by one, by their number.
    """

    variation: Variation = field(default_factory=Variation)
    again: Results | None = None
    tables: tuple[Tables, ...] = ()
    excess: Excess | None = None
    rise: Rise | None = None
    uncalibrated: str | None = None
    probed: Mapping[int, Probed] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    lost: LostSlice | None = None
    slice_drop: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """The observations that limits are compared with, and those by case.

    Attributes:
        runs: The results that were observed.
        approved: The approved outcome of each case, for slices.
        regressed: The numbers of the cases that passed and fail now.
        changed: The numbers of the cases whose answer differs.
        wrong: The numbers of the cases whose label is not the expected one, if a metric scores labels.
        flaky: Cases that pass only in some runs.
    """

    runs: AllRuns
    observed: Observed
    comparison: Comparison | None = None
    approved: bytes | None = None
    regressed: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()
    flaky: tuple[Flaky, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """All facts about a check so far, and the findings of its limits."""

    run: CheckRun
    approved: Approved
    beside: tuple[Finding, ...]
    """Findings that depend on no limit."""
    noise: Noise
    observations: Observations
    findings: tuple[Finding, ...]
    unmet: frozenset[str] = frozenset()
    """The limits that are missed."""
    moved: Moved | None = None
    """How far the distribution of answers moved, in a drift check."""

    @property
    def passes(self) -> bool:
        """True if all limits are met."""
        return not self.unmet

    @property
    def missed(self) -> bool:
        """True if limits are missed, and only the model's variation could explain it."""
        return not self.unmet <= COSTS and self.unmet <= NOISY | COSTS

    def misses(self, limit: str) -> bool:
        """Return whether the limit is missed."""
        return limit in self.unmet
