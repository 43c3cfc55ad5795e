"""Everything about a check that a limit may be held against.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.checks.features import table_of
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
    """Everything about a check that a limit may be held against.

    Attributes:
        cases: How the cases came out.
        runs: How the runs of the judged cases came out, as (passed, judged), where cases were run more than
            once; ``None`` where a case is one run.
        means: The value of each unit (a case, or a group of them), where a unit is more than one run that
            passes or fails; ``None`` where counts say it all.
        units: What the units are, in the plural.
        graded: Whether values are scores.
        scale: From where to where scores may go.
        signed: Whether scores are changes.
        unscored: Cases with a run that has no score, where the scale says nothing of pass and fail.
        score_as: What a case with several runs is worth, where that is not the share that passes.
        comparison: With the approved behaviour, or ``None``.
        pairs: The runs of each case that is compared, then and now, where exchanging them within the case is
            the test; ``None`` where it is not, or where there is one run of each.
        drops: Then minus now, for each unit that is compared; ``None`` where counts say it all.
        afresh: What a second run by itself came to, as (broke, fixed, compared), where there was one and
            cases were run once before it, now and then.
        series: The score of each unit at each level, where a check is on levels and all of them have one.
        whole: Whether all cases were run, so that scores that never move say something.
        excess: How much more the model disagrees with itself under a perturbation than without, where that
            was measured.
        rise: The same of each case, then and now, where an invariance check fell below the approved version.
        changes: How much more answers differ from the approved ones than from each other, where that was
            measured.
        regressions: The same for runs that fail of cases that passed.
        uncalibrated: What a body raised when it was given two answers to the same input, in one line.
        shares: How many runs regressed, how many answers changed, and of how many runs each, where cases were
            run more than once.
        approved_cases: How many cases the baseline has.
        comparable: How many of them can still be compared, where not all cases were run.
        reads_approved: Whether the body compares with the approved answer itself.
        first_error: What the first broken case raised, in one line.
        unasked: How many of the broken cases are so only because their model could not be asked.
        stopped: Why it could not be asked, or ``None``.
        varies: Whether the model varies, as far as anybody has looked.
        looks: What each limit says where noise may explain a miss, once that is decided.
        lost: The slice in which regressions concentrate, where there is one.
        slice_drop: What the slice that fell too far came to, or all of them; empty where nobody looked.
        sets: How many sets of runs there are.
        broken: The ids of the cases that passed in every approved run and never pass now, however often run.
        judging: What the judge of the check said, and how far it can be believed; ``None`` without a judge.
        scores: What a metric is computed from, where the check has one.
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
    said = tuple(
        sorted(features[one.feature].said(one.threshold, above=one.above) for one in rule.conditions)
    )
    size, wrong = sum(inside), sum(fails for fails, holds in zip(failed, inside, strict=True) if holds)
    members = tuple(number for number, holds in zip(numbers, inside, strict=True) if holds)
    return FoundSlice(
        said, wrong, size, sum(failed) - wrong, len(known) - size, rule.p_value, members=members
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
