"""The records and results of a large check, made again from its ledger whenever somebody goes through them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, overload

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.engine.view import Recorded, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.records import Case, CaseRecord, Trial, TrialRecord
    from pytest_modelcheck.session.ledger import Ledger


class Records(Sequence["CaseRecord"]):
    """What came of the cases, in their order; a record is parsed when it is asked for.

    Args:
        ledger: Has them as lines.
        held: Whether records are kept, once somebody has gone through all of them.
    """

    def __init__(self, ledger: Ledger, *, held: bool = False) -> None:
        self._ledger = ledger
        self._held = held
        self._read: list[CaseRecord] | None = None

    def __len__(self) -> int:
        return len(self._ledger)

    def __iter__(self) -> Iterator[CaseRecord]:
        if self._read is None and self._held:
            self._read = list(map(lines.decode, self._ledger.lines))
        return map(lines.decode, self._ledger.lines) if self._read is None else iter(self._read)

    @overload
    def __getitem__(self, index: int) -> CaseRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseRecord]: ...
    def __getitem__(self, index: int | slice) -> CaseRecord | Sequence[CaseRecord]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if self._read is not None:
            return self._read[index]
        return lines.decode(self._ledger.lines[range(len(self))[index]])


class Results(Sequence[Result]):
    """What came of the trials, in their order: as far as it is remembered of trials that nobody asks about.

    Of an answer's digest, the first 8 bytes are there; messages and errors are there where they may be shown.
    """

    def __init__(self, ledger: Ledger, plan: Plan, records: Sequence[CaseRecord]) -> None:
        self._ledger = ledger
        self._plan = plan
        self._records = records

    def __len__(self) -> int:
        return self._ledger.size

    def __iter__(self) -> Iterator[Result]:
        index = 0
        for number, (case, record) in enumerate(zip(self._plan.cases, self._records, strict=True)):
            yield from self._of(number, case, record, index)
            index += len(record.trials)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        if isinstance(index, slice):
            return list(self)[index]
        return next(islice(self, range(len(self))[index], None))

    def of(self, numbers: Iterable[int]) -> list[Result]:
        """The results of a few cases, by their numbers, in order."""
        return [
            result
            for number in sorted(numbers)
            for result in self._of(
                number, self._plan.cases[number], self._records[number], self._ledger.starts[number]
            )
        ]

    def _of(self, number: int, case: Case, record: CaseRecord, index: int) -> Iterator[Result]:
        trials = self._trials(case, number, index)
        for trial, known in zip(trials, record.trials, strict=True):
            yield self._ledger.noted.get(trial.index) or _result(trial, known)

    def _trials(self, case: Case, number: int, index: int) -> Sequence[Trial]:
        kept = self._ledger.trials
        return self._plan.of_case(case, number, index) if kept is None else kept[number]


def _result(trial: Trial, known: TrialRecord) -> Result:
    result = Result(trial)
    result.outcome, result.score = known.outcome, known.score
    if known.recorded is not None:
        result.recorded = Recorded(known.recorded)
    result.asked = [(bytes.fromhex(key) if key else None, answer) for key, answer in known.asked]
    return result
