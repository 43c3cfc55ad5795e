"""The observations of a check that limits are compared with.
PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.features import table_of
from pytest_modelcheck.checks.limits import ROUNDING
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, facts
from pytest_modelcheck.records import GRADE, MISSING, FoundSlice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_modelcheck.checks.judged import Judging
    from pytest_modelcheck.checks.lost import Lost
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.checks.runs import Runs, Shares
    from pytest_modelcheck.records import Case, Comparison, Group, Scale, Tally
    from pytest_modelcheck.stats.noise import Excess, Rise


@dataclass(frozen=True, slots=True)
class Observed:
    """The observations of a check that limits are compared with.

    Attributes:
        cases: Counts of case outcomes.
        runs: Counts of the runs of judged cases, as (passed, judged), if cases were run more than once;
            ``None`` if each case is one run.
        means: The value of each unit (a case, or a group of them), if a unit is more than one run that
            passes or fails; ``None`` if counts suffice.
        units: The name of the units, in the plural.
        graded: Whether values are scores.
        scale: The range of scores.
        signed: Whether scores are changes.
        unscored: Cases with a run without a score, if the scale does not define pass and fail.
        score_as: The score of a case with several runs, if not the share that passes.
        comparison: The comparison with the approved version, or ``None``.
        pairs: The approved and current runs of each compared case, if the test exchanges them within the
            case; ``None`` if it does not, or if there is one run of each.
        drops: Approved minus current value of each compared unit; ``None`` if counts suffice.
        afresh: The result of the second run alone, as (broke, fixed, compared), if there was one and cases
            were run once before.
        series: The score of each unit at each level, if the check is on levels and none is missing.
        whole: Whether all cases were run, so that scores that never move are meaningful.
        excess: How much more the model disagrees with itself under a perturbation than without, if measured.
        rise: The approved and current excess of each case, if an invariance check fell below the approved
            version.
        changes: How much more answers differ from the approved ones than from each other, if measured.
        regressions: The same for failing runs of cases that passed.
        uncalibrated: The error of a body that was given two answers to the same input, in one line.
        shares: Counts of regressed runs and changed answers, if cases were run more than once.
        approved_cases: The number of cases in the baseline.
        comparable: How many of them can still be compared, if not all cases were run.
        reads_approved: Whether the body compares with the approved answer itself.
        first_error: The error of the first broken case, in one line.
        unasked: How many of the broken cases are so only because their model could not be called.
        stopped: Why it could not be called, or ``None``.
        varies: Whether the model varies, as far as known.
        looks: The final look at each limit that noise may cause to be missed.
        lost: The slice in which regressions concentrate, if there is one.
        slice_drop: Describes the slice that fell too far, or all slices; empty if not examined.
        sets: The number of sets of runs.
        broken: The ids of the cases that passed in every approved run and failed in every current one.
        judging: The judge's outcomes and their reliability; ``None`` without a judge.
        scores: The values that the metric is computed from, if the check has one.
    """

    cases: Tally
    runs: tuple[int, int] | None = None
    means: tuple[float, ...] | None = None
    units: str = "cases"
    graded: bool = False
    scale: Scale = GRADE
    signed: bool = False
    unscored: int = 0
    score_as: str | None = None
    comparison: Comparison | None = None
    pairs: tuple[Runs, ...] | None = None
    drops: tuple[float, ...] | None = None
    afresh: tuple[int, int, int] | None = None
    series: tuple[tuple[float, ...], ...] | None = None
    whole: bool = True
    excess: Excess | None = None
    rise: Rise | None = None
    changes: Excess | None = None
    regressions: Excess | None = None
    uncalibrated: str | None = None
    shares: Shares | None = None
    approved_cases: int = 0
    comparable: int | None = None
    reads_approved: bool = False
    first_error: str | None = None
    unasked: int = 0
    stopped: str | None = None
    varies: bool = False
    looks: Mapping[str, Look] = field(default_factory=dict)
    lost: Lost | None = None
    slice_drop: str = ""
    sets: int = 1
    broken: tuple[str, ...] = ()
    judging: Judging | None = None
    scores: Scores | None = None

    @property
    def rate(self) -> float | None:
        """The pass rate, or the mean over the units."""
        if not self.cases.judged:
            return None
        if self.scores is not None:
            return None if math.isnan(self.scores.value) else self.scores.value
        if self.means is not None:
            return sum(self.means) / len(self.means)
        passed, judged = self.counts
        return passed / judged

    @property
    def rounding(self) -> float:
        """The numerical error of a mean, within which no limit is missed."""
        if self.scale.bounded:
            return ROUNDING * self.scale.width
        return ROUNDING * max(map(abs, (*(self.means or ()), *(self.drops or ()))), default=0.0)

    @property
    def counts(self) -> tuple[int, int]:
        """The number of runs that passed, and of all runs."""
        return (self.cases.passed, self.cases.judged) if self.runs is None else self.runs


LEAST_CASES: Final = 20
LEAST_FAILURES: Final = 8
"""Fewer say nothing about where."""

MOST_CASES: Final = 20_000
"""Cases looked at, at most: of more, a sample is drawn."""


def found_slice(
    cases: Sequence[Case],
    outcomes: bytes,
    worst: Group | None = None,
    cluster: str | None = None,
    seed: int = 0,
) -> FoundSlice | None:
    """The slice where failures stand out most, or ``None`` where none does, or all know it already.

    Args:
        cases: All cases of the check.
        outcomes: How each of them came out, as far as slices are concerned.
        worst: The declared slice that is shown first: it is not said twice.
        cluster: The metadata that names the group of cases that depend on each other.
        seed: Of whatever is drawn.

    >>> from pytest_modelcheck.checks.slices import PASSED
    >>> from pytest_modelcheck.records import Case
    >>> cases = [Case("x" * n, metadata={"vip": n % 3 == 0}) for n in range(120)]
    >>> fails = [case.metadata["vip"] and len(case.input) > 60 for case in cases]
    >>> found = found_slice(cases, bytes(FAILED if failed else PASSED for failed in fails))
    >>> found.conditions, found.failed, found.judged
    (('length > 61', 'vip=True'), 19, 19)
    """
    judged = len(outcomes) - outcomes.count(NOT_JUDGED)
    if judged < LEAST_CASES or outcomes.count(FAILED) < LEAST_FAILURES:
        return None
    numbers = _drawn(outcomes, judged, seed)
    known = [cases[number] for number in numbers]
    features, rows = table_of(known)
    if not features:
        return None
    from pytest_modelcheck.stats.slices import find_rule

    failed = [outcomes[number] == FAILED for number in numbers]
    groups = None if cluster is None else [case.metadata[cluster] for case in known]
    rule = find_rule(rows, failed, groups, seed=seed)
    if rule is None:
        return None
    inside = [bool(holds) for holds in rule.holds(rows)]
    if worst is not None and inside == _in_slice(known, worst):
        return None
    conditions = tuple(
        sorted(features[one.feature].said(one.threshold, above=one.above) for one in rule.conditions)
    )
    size, wrong = sum(inside), sum(fails for fails, holds in zip(failed, inside, strict=True) if holds)
    members = tuple(number for number, holds in zip(numbers, inside, strict=True) if holds)
    return FoundSlice(
        conditions, wrong, size, sum(failed) - wrong, len(known) - size, rule.p_value, members=members
    )


def _drawn(outcomes: bytes, judged: int, seed: int) -> list[int]:
    """The numbers of the judged cases, or of so many of them."""
    numbers = (number for number, outcome in enumerate(outcomes) if outcome != NOT_JUDGED)
    if judged <= MOST_CASES:
        return list(numbers)
    ranks = frozenset(Random(seed).sample(range(judged), MOST_CASES))  # noqa: S311 - a sample
    return [number for rank, number in enumerate(numbers) if rank in ranks]


def _in_slice(cases: Sequence[Case], group: Group) -> list[bool]:
    key, _, value = group.name.partition("=")
    return [str(facts(case).get(key, MISSING)) == value for case in cases]
