"""The same cases under the approved version and now, paired.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_modelcheck.canonical import same
from pytest_modelcheck.checks.fold import is_graded, outcome_of, score_of
from pytest_modelcheck.checks.runs import share_of_runs
from pytest_modelcheck.records import Comparison, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytest_modelcheck.records import CaseRecord, TrialRecord

_JUDGED = (Outcome.PASSED, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Pair:
    """One case on both sides, reduced to the perturbed inputs that both sides have."""

    id: str
    now: Sequence[TrialRecord]
    then: Sequence[TrialRecord]

    @property
    def judged(self) -> bool:
        """Whether both sides came to pass or fail."""
        now = outcome_of(self.now) in _JUDGED
        return now and (self.then is self.now or outcome_of(self.then) in _JUDGED)

    @property
    def changed(self) -> bool:
        """Whether any answer differs; a side without an answer differs from none."""
        return self.then is not self.now and any(
            now.answer is not None and then.answer is not None and not same(now.answer, then.answer)
            for now, then in self.matched()
        )

    def matched(self) -> Iterable[tuple[TrialRecord, TrialRecord]]:
        """Each trial of now with the one of then: the same run of it, else the first."""
        if len(self.now) == 1 == len(self.then):
            return ((self.now[0], self.then[0]),)
        approved = {trial.key: trial for trial in reversed(self.then)}
        first = {trial.key[:2]: trial for trial in reversed(self.then)}
        return [(trial, approved.get(trial.key) or first[trial.key[:2]]) for trial in self.now]


def is_same_case(now: CaseRecord, then: CaseRecord | None) -> bool:
    """A case is the same case while its id and its input are."""
    return then is not None and now.input == then.input


def pairs(now: Sequence[CaseRecord], then: Mapping[str, CaseRecord]) -> list[Pair]:
    """Pair what both sides have: the same cases, and of those the same trials, however often each was run.

    Where no perturbation applies to a case, then as now, both sides have the same of it: nothing.
    """
    found = []
    for record in now:
        other = then.get(record.id)
        if other is None or not is_same_case(record, other):
            continue
        if other is record:
            found.append(Pair(record.id, record.trials, record.trials))
            continue
        if len(record.trials) == 1 == len(other.trials) and record.trials[0].key == other.trials[0].key:
            found.append(Pair(record.id, record.trials, other.trials))
            continue
        both = {trial.key[:2] for trial in record.trials} & {trial.key[:2] for trial in other.trials}
        if both or not (record.trials or other.trials):
            found.append(Pair(record.id, _within(record.trials, both), _within(other.trials, both)))
    return found


def _within(trials: Sequence[TrialRecord], places: Collection[tuple[str, int]]) -> list[TrialRecord]:
    return [trial for trial in trials if trial.key[:2] in places]


def compare(
    now: Sequence[CaseRecord],
    then: Mapping[str, CaseRecord],
    version: str,
    *,
    replayed: int = 0,
    worst: float | None = 0.0,
) -> Comparison:
    """Say what regressed, what was fixed and what changed since ``version`` was approved.

    Args:
        now: The cases of this run.
        then: Those of the baseline, by id.
        version: The version that was approved.
        replayed: How many of those were judged again.
        worst: The score of a run that fails, where there are scores; ``None`` where scores are no grades.
    """
    paired = pairs(now, then)
    judged = [pair for pair in paired if pair.judged]
    regressed, fixed = [], []
    for pair in judged:
        passes, passed = outcome_of(pair.now) is Outcome.PASSED, outcome_of(pair.then) is Outcome.PASSED
        if passed and not passes:
            regressed.append(pair.id)
        elif passes and not passed:
            fixed.append(pair.id)
    graded = worst is not None and is_graded(now)

    def rate(trials: Sequence[TrialRecord]) -> float:
        return score_of(trials, worst or 0.0) if graded else share_of_runs(trials)

    return Comparison(
        version=version,
        shared=len(paired),
        added=len(now) - len(paired),
        removed=len(then) - len(paired),
        judged=len(judged),
        approved_rate=_mean([rate(pair.then) for pair in judged]),
        rate=_mean([rate(pair.now) for pair in judged]),
        regressed=tuple(regressed),
        fixed=tuple(fixed),
        changed=tuple(pair.id for pair in paired if pair.changed),
        replayed=replayed,
        p_value=_p_value(len(regressed), len(fixed)),
    )


def changes_alone(comparison: Comparison) -> Comparison:
    """What changed, and no rates: a drift check has none."""
    return replace(comparison, approved_rate=None, rate=None, regressed=(), fixed=(), p_value=None)


def _p_value(regressed: int, fixed: int) -> float | None:
    if not regressed + fixed:
        return None
    from pytest_modelcheck.stats.paired import mcnemar_exact

    return mcnemar_exact(regressed, fixed)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
