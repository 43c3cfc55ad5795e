"""From trials to cases, and from cases to counts.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_modelcheck.records import Group, Outcome, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_modelcheck.records import CaseRecord, TrialRecord

_JUDGED = (Outcome.PASSED, Outcome.FAILED)
_RANK = (Outcome.ERROR, Outcome.FAILED, Outcome.PASSED, Outcome.XFAILED, Outcome.XPASSED, Outcome.NEW)


def outcome_of(trials: Sequence[TrialRecord]) -> Outcome:
    """How a case came out: as bad as its worst trial that applies.

    A case fails if any of its variants does, as in CheckList (Ribeiro et al., ACL 2020). A case none of
    whose trials applies does not apply.
    """
    if len(trials) == 1:
        return trials[0].outcome
    outcomes = {trial.outcome for trial in trials}
    return next((outcome for outcome in _RANK if outcome in outcomes), Outcome.SKIPPED)


def score_of(trials: Sequence[TrialRecord], worst: float = 0.0) -> float:
    """A case's score: the mean over its judged trials.

    A failed trial has the ``worst`` score, and a passed one that was given none has 1.
    """
    scores = [_score(trial, worst) for trial in trials if trial.outcome in _JUDGED]
    return sum(scores) / len(scores)


def _score(trial: TrialRecord, worst: float) -> float:
    if trial.outcome is Outcome.FAILED:
        return worst
    return 1.0 if trial.score is None else trial.score


def is_graded(records: Iterable[CaseRecord]) -> bool:
    """Whether any trial was given a score."""
    return any(trial.score is not None for record in records for trial in record.trials)


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes."""
    counts = Counter(outcomes)
    return Tally(**{outcome.value: counts[outcome] for outcome in Outcome})


def by_perturbation(records: Iterable[CaseRecord]) -> tuple[Group, ...]:
    """Passed and judged trials of each perturbation, in order of appearance."""
    under = [
        (trial.perturbation, trial.outcome)
        for record in records
        for trial in record.trials
        if trial.perturbation is not None and trial.outcome in _JUDGED
    ]
    counts = Counter(under)
    names = dict.fromkeys(name for name, _ in under)
    return tuple(
        Group(name, counts[name, Outcome.PASSED], counts[name, Outcome.PASSED] + counts[name, Outcome.FAILED])
        for name in names
    )
