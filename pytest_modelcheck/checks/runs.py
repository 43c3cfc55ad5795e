"""Values of cases that were run more than once, graded, or grouped.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.checks.slices import is_missing
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.records import JUDGED, Outcome, fold

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from pytest_modelcheck.records import Case, TrialResult


@dataclass(frozen=True, slots=True)
class Runs:
    """The values of one case's runs, approved and current."""

    then: tuple[float, ...]
    now: tuple[float, ...]

    def drop(self, score_as: str | None = None) -> float:
        """Return how much the value of the case fell."""
        return worth(self.then, score_as) - worth(self.now, score_as)


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
    scores = [_score(trial, worst) for trial in trials if trial.outcome in JUDGED]
    return sum(scores) / len(scores)


def _score(trial: TrialResult, worst: float) -> float:
    if trial.outcome is Outcome.FAILED:
        return worst
    return 1.0 if trial.score is None else trial.score


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
    judged = [run for run in by_repeat.values() if outcome_of(run) in JUDGED]
    if graded:
        return tuple(score_of(run, worst) for run in judged)
    return tuple(float(outcome_of(run) is Outcome.PASSED) for run in judged)


def share_of_runs(trials: Sequence[TrialResult]) -> float:
    """The share of passing runs of a judged case.

    >>> from pytest_modelcheck.records import TrialResult
    >>> share_of_runs([TrialResult(Outcome.PASSED), TrialResult(Outcome.FAILED, repeat=1)])
    0.5
    """
    values = values_of(trials, graded=False)
    return sum(values) / len(values)


def worth(values: Sequence[float], score_as: str | None) -> float:
    """Return the value of a case: the mean of its runs, or the chance of success in k runs.

    Raises:
        UsageError: It has fewer runs than ``score_as`` needs.

    >>> runs = (1.0, 1.0, 1.0, 0.0)
    >>> worth(runs, None), worth(runs, "pass@2"), worth(runs, "pass^2")
    (0.75, 1.0, 0.5)
    """
    if score_as is None:
        return sum(values) / len(values)
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
    """The group of each case, by id: its metadata under ``key``.

    Raises:
        UsageError: A case has no such metadata, or a value that cannot name a group.
    """
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
