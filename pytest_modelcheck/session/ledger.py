"""What came of the cases of a check, in so little memory that there may be a million of them.

A case is one line, as it stands in a baseline, and a few bytes beside it: which outcomes its trials had,
whether the baseline has the same line, which slices it is in. Whoever needs more reads the line again.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import accumulate, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from pytest_modelcheck.baselines.baseline import id_of
from pytest_modelcheck.checks.slices import FAILED, NOT_JUDGED, PASSED, Slices
from pytest_modelcheck.records import Group, Outcome, Tally
from pytest_modelcheck.session.case_lines import line_of
from pytest_modelcheck.session.distinct import Distinct
from pytest_modelcheck.session.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pytest_modelcheck.baselines.baseline import Baseline
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.records import Case, Trial

_OUTCOMES: Final = tuple(Outcome)
_BITS: Final = {outcome: 1 << place for place, outcome in enumerate(_OUTCOMES)}
_PASSED: Final = Outcome.PASSED
_PASSED_BIT: Final = _BITS[_PASSED]
_NOTED: Final = 1_000
_FAILED_BIT: Final = _BITS[Outcome.FAILED]
_ERROR_BIT: Final = _BITS[Outcome.ERROR]

_index: Final = attrgetter("trial.index")

NOT_APPROVED, SAME, OTHER = range(3)
"""What the baseline has of a case: nothing, the same line, or another line."""


class Ledger:
    """Takes results in whatever order they come, and keeps what is needed of them case by case.

    Args:
        slices: The metadata to slice by, or ``None`` to choose.
        baseline: What the cases will be compared with, or ``None``.
        keeps_trials: Whether trials are kept, since making them again might not make the same.

    Attributes:
        lines: Each case as its line.
        masks: For each case, the outcomes of its trials, a bit each.
        matches: For each case, what the baseline has of it.
        slices: What the cases can be sliced by.
        starts: For each case, the number of its first trial.
        trials: For each case its trials, where they are kept.
        noted: Results of which more is known than the line says, by the number of their trial.
        graded: Whether any trial was given a score.
        repeated: Whether any trial was run more than once.
        reads_approved: Whether any body compared with the approved answer.
        broken: The first result that is an error, one of which the exception is known where there is one.
        size: How many trials there are.
    """

    def __init__(
        self,
        slices: Sequence[str] | None = None,
        baseline: Baseline | None = None,
        *,
        keeps_trials: bool = False,
    ) -> None:
        self.lines = Spool()
        self.masks = bytearray()
        self.matches = bytearray()
        self.slices = Slices(slices)
        self.starts = array("Q")
        self.trials: list[list[Trial]] | None = [] if keeps_trials else None
        self.noted: dict[int, Result] = {}
        self.graded = self.repeated = self.reads_approved = False
        self.broken: Result | None = None
        self.size = 0
        self._baseline = baseline
        self._questions = Distinct()
        self._counts: dict[str | None, list[int]] = {}
        self._unfinished: dict[int, list[Result]] = {}
        self._ready: dict[int, list[Result]] = {}
        self._untried: dict[int, Case] = {}

    def __len__(self) -> int:
        return len(self.masks)

    def take(self, results: Iterable[Result]) -> None:
        """Take in what came of some trials."""
        ready, unfinished = self._ready, self._unfinished
        for result in results:
            trial = result.trial
            number, of = trial.number, trial.of
            if of == 1:
                ready[number] = [result]
                continue
            own = unfinished.get(number)
            if own is None:
                unfinished[number] = [result]
                continue
            own.append(result)
            if len(own) == of:
                del unfinished[number]
                own.sort(key=_index)
                ready[number] = own
        self._enter_ready()

    def without(self, case: Case, number: int) -> None:
        """Take in a case of which no trial was made."""
        self._ready[number] = []
        self._untried[number] = case

    @property
    def questions(self) -> int:
        """How many different questions the judged model was asked."""
        return len(self._questions)

    def outcomes(self) -> Tally:
        """How the cases came out."""
        counts: Counter[Outcome] = Counter()
        for mask, count in Counter(self.masks).items():
            counts[outcome_of_mask(mask)] += count
        return Tally(**{outcome.value: counts[outcome] for outcome in _OUTCOMES})

    def trial_outcomes(self) -> Tally:
        """How the trials came out."""
        totals = [sum(column) for column in zip(*self._counts.values(), strict=True)] or [0] * len(_OUTCOMES)
        return Tally(**{outcome.value: total for outcome, total in zip(_OUTCOMES, totals, strict=True)})

    def by_perturbation(self) -> tuple[Group, ...]:
        """Passed and judged trials of each perturbation, in order of appearance."""
        passed, failed = _OUTCOMES.index(Outcome.PASSED), _OUTCOMES.index(Outcome.FAILED)
        return tuple(
            Group(name, counts[passed], counts[passed] + counts[failed])
            for name, counts in self._counts.items()
            if name is not None and counts[passed] + counts[failed]
        )

    def plain_outcomes(self) -> bytes:
        """How the cases came out, as far as slices are concerned."""
        return bytes(self.masks.translate(_PLAIN))

    def some_of_each(self, wrong: Collection[int], most: int) -> frozenset[int]:
        """The numbers of the first cases with a trial that failed, or that are ``wrong``, and that passed."""
        judged = _PASSED_BIT | _FAILED_BIT
        failed = (
            n for n, mask in enumerate(self.masks) if mask & _FAILED_BIT or (n in wrong and mask & judged)
        )
        passed = (n for n, mask in enumerate(self.masks) if mask & _PASSED_BIT)
        return frozenset(islice(failed, most)) | frozenset(islice(passed, most))

    def numbers_of(self, ids: Collection[str]) -> list[int]:
        """The numbers of a few cases, by their ids."""
        wanted = {case.encode() for case in ids}
        return [number for number, line in enumerate(self.lines) if wanted and id_of(line) in wanted]

    def _enter_ready(self) -> None:
        """Enter the next cases, as far as all before them are entered."""
        ready, number = self._ready, len(self.masks)
        own: list[list[Result]] = []
        while (results := ready.pop(number, None)) is not None:
            own.append(results)
            number += 1
        if own:
            self._enter(own, len(self.masks))

    def _enter(self, own: Sequence[list[Result]], first: int) -> None:
        """Enter cases by their results; ``first`` is the number of the first one."""
        cases = [
            results[0].trial.case if results else self._untried.pop(number)
            for number, results in enumerate(own, first)
        ]
        rows = list(map(line_of, cases, own))
        self.lines.extend(rows)
        self.matches.extend(self._matching(cases, rows))
        self.slices.extend(cases)
        self._questions.update({key for results in own for result in results for key, _ in result.asked})
        self.masks.extend(map(self._noting, own))
        self.starts.extend(accumulate(map(len, own[:-1]), initial=self.size))
        self.size += sum(map(len, own))
        if self.trials is not None:
            self.trials += [[result.trial for result in results] for results in own]

    def _matching(self, cases: Sequence[Case], rows: Sequence[bytes]) -> Iterable[int]:
        """What the baseline has of cases that have become these lines."""
        if self._baseline is None:
            return bytes(len(rows))
        known = self._baseline.line
        approved = [known(case.id) for case in cases]
        return [
            NOT_APPROVED if then is None else SAME if then == now else OTHER
            for then, now in zip(approved, rows, strict=True)
        ]

    def _noting(self, results: Sequence[Result]) -> int:
        """Count what came of a case, keep what its line does not say; give back the bits of its outcomes."""
        mask = 0
        for result in results:
            trial, outcome = result.trial, result.outcome
            counts = self._counts.get(trial.perturbation) or self._counted(trial.perturbation)
            if outcome is _PASSED:
                mask |= _PASSED_BIT
                counts[0] += 1
            else:
                bit = _BITS[outcome]
                mask |= bit
                counts[bit.bit_length() - 1] += 1
                if bit & _ERROR_BIT:
                    self._note_broken(result)
            if result.score is not None:
                self.graded = True
            if trial.repeat:
                self.repeated = True
            if result.read_approved:
                self.reads_approved = True
            if result.error is not None or (result.message is not None and len(self.noted) < _NOTED):
                self.noted[trial.index] = result
        return mask

    def _counted(self, perturbation: str | None) -> list[int]:
        counts = self._counts[perturbation] = [0] * len(_OUTCOMES)
        return counts

    def _note_broken(self, result: Result) -> None:
        known = self.broken
        if known is None or (known.error is None and result.error is not None):
            self.broken = result


def outcome_of_mask(mask: int) -> Outcome:
    """How a case came out whose trials had these outcomes: as ``checks.fold.outcome_of`` says.

    >>> outcome_of_mask(0b11), outcome_of_mask(0)
    (<Outcome.FAILED: 'failed'>, <Outcome.SKIPPED: 'skipped'>)
    """
    return _FOLDED[mask]


def outcomes_in(mask: int) -> frozenset[Outcome]:
    """The outcomes that a mask stands for."""
    return frozenset(outcome for outcome, bit in _BITS.items() if mask & bit)


def _folded(mask: int) -> Outcome:
    from pytest_modelcheck.checks.fold import outcome_of
    from pytest_modelcheck.records import TrialRecord

    return outcome_of([TrialRecord(outcome) for outcome, bit in _BITS.items() if mask & bit])


_FOLDED: Final = tuple(_folded(mask) for mask in range(1 << len(_OUTCOMES)))
_PLAIN: Final = bytes(
    {Outcome.PASSED: PASSED, Outcome.FAILED: FAILED}.get(outcome, NOT_JUDGED) for outcome in _FOLDED
).ljust(256, bytes([NOT_JUDGED]))
