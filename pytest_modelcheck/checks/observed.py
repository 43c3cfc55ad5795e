"""The observations of a check that limits are compared with, and the values of its cases' runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.baselines.lines import REPEATED
from pytest_modelcheck.checks.evidence import CHANGED_MODEL
from pytest_modelcheck.checks.limits import ROUNDING
from pytest_modelcheck.checks.slices import is_missing
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.phrases import p_text
from pytest_modelcheck.records import GRADE, JUDGED, Outcome, fold

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.checks.judging import Judging
    from pytest_modelcheck.checks.limits import Limits
    from pytest_modelcheck.checks.lost import LostSlice
    from pytest_modelcheck.checks.metrics import Scores
    from pytest_modelcheck.checks.protocol import Look
    from pytest_modelcheck.records import Case, CaseResult, Comparison, Scale, Tally, TrialResult
    from pytest_modelcheck.stats.noise import Excess, Rise


@dataclass(frozen=True, slots=True)
class Observed:
    """The observations of a check that limits are compared with.

    A unit is a case, or a group of dependent ones.

    Attributes:
        runs: Counts of the runs of judged cases, as (passed, judged), if cases were run more than once.
        means: The value of each unit; ``None`` if each is one run that passes or fails, so that counts
            suffice.
        units: The name of the units, in the plural.
        unscored: The number of cases with a run without a score, if the scale does not define pass and fail.
        pairs: The approved and current runs of each compared case, if the test exchanges them within the
            case; ``None`` if it does not, or if there is one run of each.
        drops: Approved minus current value of each compared unit; ``None`` if counts suffice.
        series: The score of each unit at each level, if the check is on levels and none is missing.
        whole: Whether all cases were run, so that scores that never move are meaningful.
        excess: How much more the model disagrees with itself under a perturbation than without.
        rise: The approved and current excess of each case, if an invariance check fell below the approved
            version.
        uncalibrated: The error of a body that was given two answers to the same input, in one line.
        shares: Counts of regressed runs and changed answers, if cases were run more than once.
        comparable: How many approved cases can still be compared, if not all cases were run.
        uncalled: How many of the broken cases are so only because their model could not be called.
        stopped: Why it could not be called, or ``None``.
        looks: The final look at each limit that noise may cause to be missed.
        lost: The slice in which regressions concentrate, if there is one.
        slice_drop: Describes the slice that fell too far, or all slices; empty if not examined.
        sets: The number of sets of runs.
        broken: The ids of the cases that passed in every approved run and failed in every current one.
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
    series: tuple[tuple[float, ...], ...] | None = None
    whole: bool = True
    excess: Excess | None = None
    rise: Rise | None = None
    uncalibrated: str | None = None
    shares: Shares | None = None
    approved_cases: int = 0
    comparable: int | None = None
    reads_approved: bool = False
    first_error: str | None = None
    uncalled: int = 0
    stopped: str | None = None
    varies: bool = False
    looks: Mapping[str, Look] = field(default_factory=dict)
    lost: LostSlice | None = None
    slice_drop: str = ""
    sets: int = 1
    broken: tuple[str, ...] = ()
    judging: Judging | None = None
    scores: Scores | None = None

    @property
    def rate(self) -> float | None:
        """The pass rate, or the mean over the units."""
        passed, judged = self.counts
        if not judged:
            return None
        if self.scores is not None:
            return None if math.isnan(self.scores.value) else self.scores.value
        return passed / judged if self.means is None else fmean(self.means)

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

    def required_rate(self, limits: Limits) -> float | None:
        """The required rate: ``at_least``, else 1.0 if nothing else is required of the check, or ``None``."""
        if limits.at_least is not None or self.scores is not None:
            return limits.at_least
        others = (limits.max_drop, limits.max_slice_drop, limits.max_changed, limits.max_regressed)
        # A test without any limit must be able to fail, so that one that checks nothing is not green.
        nothing_else = all(limit is None for limit in others) and self.comparison is None
        return 1.0 if nothing_else and not self.reads_approved else None


@dataclass(frozen=True, slots=True)
class Runs:
    """The values of one case's runs, approved and current."""

    approved: tuple[float, ...]
    current: tuple[float, ...]

    def drop(self, score_as: str | None = None) -> float:
        """Return how much the value of the case fell."""
        return worth(self.approved, score_as) - worth(self.current, score_as)


@dataclass(frozen=True, slots=True)
class Shares:
    """Counts of single runs, each as (count, total).

    Attributes:
        regressed: Failing current runs of cases that passed in every approved run; the total is all compared
            runs.
        changed: Runs whose answer differs from the approved one; the total is all runs with both answers.
    """

    regressed: tuple[int, int]
    changed: tuple[int, int]

    def plus(self, other: Shares) -> Shares:
        """The same with further runs."""
        both = zip((*self.regressed, *self.changed), (*other.regressed, *other.changed), strict=True)
        regressed, compared, changed, answered = map(sum, both)
        return Shares((regressed, compared), (changed, answered))


def outcome_of(trials: Sequence[TrialResult]) -> Outcome:
    """The outcome of a case, or of one run of it, from its trials."""
    return trials[0].outcome if len(trials) == 1 else fold([trial.outcome for trial in trials])


def score_of(trials: Sequence[TrialResult], worst: float = 0.0) -> float:
    """The mean score of a case's judged trials.

    A failed trial has the ``worst`` score; a passed one without a score has 1.
    """
    scores = [
        worst if trial.outcome is Outcome.FAILED else 1.0 if trial.score is None else trial.score
        for trial in trials
        if trial.outcome in JUDGED
    ]
    return fmean(scores)


def values_of(trials: Sequence[TrialResult], *, graded: bool, worst: float = 0.0) -> tuple[float, ...]:
    """The value of each run of a case: its mean score, or 1 if all of its variants pass, else 0.

    >>> from pytest_modelcheck.records import TrialResult
    >>> trials = [TrialResult(Outcome.PASSED), TrialResult(Outcome.FAILED, repeat=1)]
    >>> values_of(trials, graded=False)
    (1.0, 0.0)
    """
    by_repeat: dict[int, list[TrialResult]] = {}
    for trial in trials:
        by_repeat.setdefault(trial.repeat, []).append(trial)
    if graded:
        return tuple([score_of(run, worst) for run in by_repeat.values() if outcome_of(run) in JUDGED])
    outcomes = [outcome_of(run) for run in by_repeat.values()]
    return tuple([1.0 if outcome is Outcome.PASSED else 0.0 for outcome in outcomes if outcome in JUDGED])


def share_of_runs(trials: Sequence[TrialResult]) -> float:
    """The share of passing runs of a judged case.

    >>> from pytest_modelcheck.records import TrialResult
    >>> share_of_runs([TrialResult(Outcome.PASSED), TrialResult(Outcome.FAILED, repeat=1)])
    0.5
    """
    values = values_of(trials, graded=False)
    return fmean(values)


def worth(values: Sequence[float], score_as: str | None) -> float:
    """Return the value of a case: the mean of its runs, or the chance of success in k runs.

    >>> runs = (1.0, 1.0, 1.0, 0.0)
    >>> worth(runs, None), worth(runs, "pass@2"), worth(runs, "pass^2")
    (0.75, 1.0, 0.5)
    """
    if score_as is None:
        return fmean(values)
    from pytest_modelcheck.stats.rates import pass_at_k, pass_hat_k

    k = int(score_as[5:])
    if len(values) < k:
        raise UsageError(
            f"score_as={score_as!r} needs {k} runs of each case, and one has {len(values)}: set repeats={k} "
            "or more (for an approved version: approve it again)"
        )
    estimate = pass_at_k if score_as.startswith("pass@") else pass_hat_k
    return estimate(len(values), int(sum(values)), k)


def groups_of(cases: Iterable[Case], key: str) -> dict[str, Hashable]:
    """The group of each case, by id: its metadata under ``key``."""
    found: dict[str, Hashable] = {}
    for case in cases:
        value: Any = case.metadata.get(key)
        # A case without a group would silently be a group of its own, and count too much.
        if not isinstance(value, (str, int, float, bool)) or is_missing(value):
            where = "" if case.origin is None else f" ({case.origin})"
            known = ", ".join(map(repr, case.metadata)) or "none"
            has = f"has {value!r} there" if value is not None else f"has no such metadata (it has: {known})"
            raise UsageError(
                f"cluster={key!r}: case {case.id}{where} {has}; every case needs a text or a number that "
                "names its group"
            )
        found[case.id] = value
    return found


def by_group(
    values: Sequence[float], ids: Sequence[str], groups: Mapping[str, Hashable] | None
) -> list[float]:
    """One value per unit: the means of the groups, or the values if every case is its own group."""
    if groups is None:
        return list(values)
    from pytest_modelcheck.stats.means import cluster_means

    return cluster_means(values, [groups[case] for case in ids])


def contradiction(candidate: Baseline, together: int = 1) -> Iterator[str]:
    """Describe the run of a candidate that differs from its other runs beyond noise, if there is one.

    A case that was not judged in every run is left out. If the model did not change, at most 1% of approvals
    are refused, however many candidates are approved ``together``: if one is refused, all are.
    """
    if not candidate.holding(REPEATED):
        return
    units: dict[tuple[str, ...], list[int]] = {}
    runs = max(trial.repeat for case in candidate.values() for trial in case.trials) + 1
    for case in candidate.values():
        passed = [int(value) for value in values_of(case.trials, graded=False)]
        if len(passed) == runs:
            # Cases that share their calls share the noise, and count as one observation.
            calls = tuple(digest for trial in case.trials for digest, _ in trial.calls) or (case.id,)
            before = units.setdefault(calls, [0] * runs)
            units[calls] = [one + other for one, other in zip(before, passed, strict=True)]
    if not units:
        return
    from pytest_modelcheck.stats.exchange import odd_run_p_value

    p_value = odd_run_p_value(list(units.values()))
    # Bonferroni over the checks of the approval: it is refused as a whole.
    if p_value * together <= CHANGED_MODEL:
        *counts, last = map(str, map(sum, zip(*units.values(), strict=True)))
        header = candidate.header
        yield (
            f"its {runs} runs contradict each other: {', '.join(counts)} and {last} cases pass, more apart "
            f"than noise explains ({p_text(p_value)}), so the model was not the same throughout. Run all of "
            f"them again: pytest --model-version={header.version} --modelcheck-update "
            "--modelcheck-cache=refresh"
        )


Series = tuple[tuple[float, ...], ...]


def series_of(records: Iterable[CaseResult], groups: Mapping[str, Hashable] | None) -> Series | None:
    """The mean score of each case (or group of cases) at each level, in order.

    ``None`` if there are no cases, if one has no score at some level because its body failed there, or if
    cases have different numbers of levels.
    """
    judged = [record for record in records if record.judged]
    rows = []
    for record in judged:
        scores: dict[tuple[str, int], list[float]] = {}
        for trial in record.trials:
            if trial.score is None:
                return None
            scores.setdefault(trial.place, []).append(trial.score)
        rows.append(tuple(fmean(each) for each in scores.values()))
    # Ranks within a case need as many levels in every case.
    if len({len(row) for row in rows}) != 1:
        return None
    if groups is None:
        return tuple(rows)
    ids = [record.id for record in judged]
    columns = [by_group(column, ids, groups) for column in zip(*rows, strict=True)]
    return tuple(zip(*columns, strict=True))
