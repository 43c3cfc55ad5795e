"""The contribution of each case, or group of cases, to missing a limit: before it is run, and after.

A loss is 1 for a wrong answer and 0 for a right one, or 1 minus a score. Against the approved version it is
what a case was worth then minus what it is worth now; for ``max_regressed`` and ``max_changed``, the share of
its runs that regressed or changed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.checks.compare import differences, pairs
from pytest_modelcheck.checks.runs import Runs, outcome_of, values_of, worth
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_modelcheck.records import Case, CaseResult
    from pytest_modelcheck.stats.early import Range

_WHOLE: Range = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale on which cases are measured.

    Attributes:
        then: The approved behaviour of the cases that can be compared, by id.
        graded: Whether bodies give scores.
        score_as: What a case with several runs is worth, where that is not the share that passes.
        reads_approved: Whether bodies compare with the approved answer themselves.
    """

    then: Mapping[str, CaseResult]
    graded: bool = False
    score_as: str | None = None
    reads_approved: bool = False

    def ranges(self, unit: Sequence[Case]) -> dict[str, Range]:
        """Return a unit's least and greatest loss by limit; without those that it does not count for.

        >>> from pytest_modelcheck.records import Case
        >>> Scale({}).ranges([Case("Where is my parcel?", id="t-1")])
        {'at_least': (0.0, 1.0)}
        """
        judged = [case for case in unit if case.known_failure is None]
        known = [self.then[case.id] for case in judged if case.id in self.then]
        found = {"at_least": _WHOLE} if judged else {}
        if self.reads_approved:
            return {**found, "max_changed": _WHOLE} if known else {}
        if known:
            found["max_changed"] = _WHOLE
        before = [record for record in known if record.judged]
        if before:
            worths = [self._worth(record) for record in before]
            found["max_drop"] = (min(worths) - 1, max(worths))
            passed = any(record.outcome is Outcome.PASSED for record in before)
            found["max_regressed"] = (0.0, float(passed))
        return found

    def losses(self, unit: Sequence[CaseResult]) -> dict[str, float]:
        """Return the loss of a unit by limit; without those that it does not count for."""
        lost: dict[str, list[float]] = {}
        for record in unit:
            for limit, loss in self._losses(record):
                lost.setdefault(limit, []).append(loss)
        return {limit: sum(each) / len(each) for limit, each in lost.items()}

    def _losses(self, record: CaseResult) -> Iterator[tuple[str, float]]:
        if record.judged:
            loss = 1 - self._worth(record)
            yield "at_least", loss
            if self.reads_approved:
                yield "max_changed", loss
        if self.reads_approved:
            return
        for pair in pairs([record], self.then):
            changed = list(differences(pair))
            yield "max_changed", sum(changed) / len(changed)
            if pair.judged:
                then = values_of(pair.then, graded=self.graded)
                now = values_of(pair.now, graded=self.graded)
                yield "max_drop", Runs(then, now).drop(self.score_as)
                failed = 1 - sum(values_of(pair.now, graded=False)) / len(now)
                yield "max_regressed", failed if outcome_of(pair.then) is Outcome.PASSED else 0.0

    def _worth(self, record: CaseResult) -> float:
        return worth(values_of(record.trials, graded=self.graded), self.score_as)
