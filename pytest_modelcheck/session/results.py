"""The results of a check's cases: for each, a line of the result file and a few bytes in memory.

A check may have a million cases. So a result is reduced as soon as its body has ended: to a line, the
outcomes of the case's trials, whether the baseline has the same line, and its slices. Other facts are read
from the line. In a check on levels, the levels of a case are judged together first.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final, overload

import orjson

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.checks.slices import Slices
from pytest_modelcheck.errors import PerturbationError
from pytest_modelcheck.records import (
    BITS,
    FOLDED,
    GIVEN,
    MISSING,
    OUTCOMES,
    WRONG,
    CaseResult,
    Group,
    Outcome,
    Tally,
    Trial,
)
from pytest_modelcheck.session.causes import Causes
from pytest_modelcheck.session.lines import LONGEST, Lines, as_shown, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from pytest_modelcheck.engine.trials import Plan
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.records import Case, TrialResult

    Once = tuple[Trial, TrialResult]
    """A trial and its result."""


_TRIALS: Final = 1 << 14
"""The largest number of trials in memory; others are read or made again on demand."""
_PICTURES: Final = 4 << 20
"""The largest total size of a check's pictures for reports, in characters."""

_ERRORS: Final = 20

_PASSED: Final = Outcome.PASSED
_PASSED_BIT: Final = BITS[_PASSED]
_ERROR_BIT: Final = BITS[Outcome.ERROR]
_JUDGED_BITS: Final = BITS[Outcome.PASSED] | BITS[Outcome.FAILED]

ABSENT, SAME, OTHER = range(3)
"""The approved line of a case: none, the same, or another one."""

_UNSTORED: Final = b'{"$unstored":'

_index: Final = attrgetter("trial.index")


class Results(Sequence[CaseResult]):
    """The results of the cases of one run, in their order; a case is parsed when it is asked for.

    Args:
        plan: Makes the trials.
        approved: Returns the approved line of a case, by id; ``None`` if nothing is compared.
        slices: The metadata to slice by, or ``None`` to choose.
        on_levels: Whether the trials of a case are judged together.
        perturbed: Whether to keep trials in memory while they are few: making them again may take long.

    Attributes:
        masks: For each case, the outcomes of its trials, one bit per outcome.
        matches: For each case, how its approved line compares.
        starts: For each case, the number of its first trial.
        held: The trials of the first cases, by the number of the case.
        counts: Counts of trial outcomes, by perturbation.
        graded: Whether any trial has a score.
        repeated: Whether any trial was run more than once.
        reads_approved: Whether any body compared with the approved answer.
        errors: The exceptions of some broken bodies, by the number of their trial.
    """

    def __init__(
        self,
        plan: Plan,
        approved: Callable[[str], bytes | None] | None = None,
        slices: Sequence[str] | None = None,
        *,
        on_levels: bool = False,
        perturbed: bool = False,
    ) -> None:
        self.lines = Lines()
        self.masks = bytearray()
        self.matches = bytearray()
        self.slices = Slices(slices)
        self.cases: Sequence[Case] = plan.cases
        self.size = 0
        self.graded = self.repeated = self.reads_approved = False
        self.causes = Causes()
        self.errors: dict[int, BaseException] = {}
        self.starts = array("Q")
        self.held: dict[int, list[Trial]] = {}
        self.counts: dict[str | None, list[int]] = {}
        self._plan, self._approved, self._on_levels, self._holds = plan, approved, on_levels, perturbed
        self._ready: dict[int, list[Result]] = {}
        self._untried: dict[int, Case] = {}
        self._pictures = 0

    def __len__(self) -> int:
        return len(self.masks)

    @overload
    def __getitem__(self, index: int) -> CaseResult: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseResult]: ...
    def __getitem__(self, index: int | slice) -> CaseResult | Sequence[CaseResult]:
        if isinstance(index, slice):
            return list(map(_decoded, self.lines[index]))
        return _decoded(self.lines[index])

    def __iter__(self) -> Iterator[CaseResult]:
        return map(_decoded, self.lines)

    # -- in --------------------------------------------------------------------------------------------

    def take(self, results: Iterable[Result]) -> None:
        """Receive the results of some trials, in any order."""
        ready = self._ready
        for result in results:
            number = result.trial.number
            known = ready.get(number)
            if known is None:
                ready[number] = [result]
            else:
                known.append(result)
        number = len(self.masks)
        complete: list[list[Result]] = []
        cases: list[Case] = []
        while (next_results := ready.get(number)) is not None:
            if next_results:
                trial = next_results[0].trial
                # Lines are written in the order of the cases. One that is incomplete holds back those after
                # it.
                if len(next_results) < trial.of:
                    break
                if trial.of > 1:
                    next_results.sort(key=_index)
                cases.append(trial.case)
            else:
                cases.append(self._untried.pop(number))
            complete.append(next_results)
            del ready[number]
            number += 1
        if complete:
            self._enter(cases, complete)

    def add(self, case: Case, results: list[Result]) -> None:
        """Add a case with all of its results."""
        self._enter([case], [results])

    def skip(self, case: Case, number: int) -> None:
        """Add a case without trials."""
        self._ready[number] = []
        self._untried[number] = case

    def _enter(self, cases: Sequence[Case], complete: Sequence[list[Result]]) -> None:
        if self._on_levels:
            for results in complete:
                settle(results)
        # Texts have no pictures: the common case takes the fast path.
        row = row_of if all(type(case.input) is str for case in cases) else self._with_pictures
        first, approved, written = len(self.masks), self._approved, []
        for number, (case, results) in enumerate(zip(cases, complete, strict=True), first):
            line, details = row(case, results)
            match = ABSENT
            if approved is not None and (before := approved(case.id)) is not None:
                # Two descriptions of values that cannot be stored say nothing, even if they are equal.
                match = SAME if before == line and _UNSTORED not in line else OTHER
            if match == SAME:
                details = f'{details},"approved":true' if details else '"approved":true'
            written.append(lines.with_details(line, details))
            self.matches.append(match)
            self.masks.append(self._noting(results))
            self.starts.append(self.size)
            if self._holds and self.size < _TRIALS:
                self.held[number] = [one.trial for one in results]
            self.size += len(results)
        self.lines.extend(written)
        self.slices.extend(cases)

    def _with_pictures(self, case: Case, results: Sequence[Result]) -> tuple[bytes, str]:
        """The line of a case with pictures of its inputs, while there is room: more for wrong cases."""
        wrong = any(result.outcome in WRONG for result in results)
        row = row_of(case, results, pictures=self._pictures < (_PICTURES if wrong else _PICTURES // 4))
        if '"pictures":' in row[1]:
            self._pictures += len(row[1])
        return row

    def _noting(self, results: Sequence[Result]) -> int:
        """Count the result of a case, store facts beyond its line, and return the bits of its outcomes."""
        mask = 0
        for result in results:
            trial, outcome = result.trial, result.outcome
            # This loop runs once a trial, up to millions of times: no objects, no method calls for what
            # passed.
            counts = self.counts.get(trial.perturbation)
            if counts is None:
                counts = self.counts[trial.perturbation] = [0] * len(OUTCOMES)
            if outcome is _PASSED:
                mask |= _PASSED_BIT
                counts[0] += 1
            else:
                bit = BITS[outcome]
                mask |= bit
                counts[bit.bit_length() - 1] += 1
                if bit & _ERROR_BIT:
                    if result.error is not None and len(self.errors) < _ERRORS:
                        self.errors[trial.index] = result.error
                    self.causes.note(result)
            if result.score is not None:
                self.graded = True
            if trial.repeat:
                self.repeated = True
            if result.read_approved:
                self.reads_approved = True
        return mask

    # -- out -------------------------------------------------------------------------------------------

    def tally(self) -> Tally:
        """The counts of the cases' outcomes."""
        return tally_of(self.masks)

    def trial_tally(self) -> Tally:
        """The counts of the trials' outcomes."""
        totals = [sum(column) for column in zip(*self.counts.values(), strict=True)] or [0] * len(OUTCOMES)
        return Tally(**{outcome.value: total for outcome, total in zip(OUTCOMES, totals, strict=True)})

    def by_perturbation(self) -> tuple[Group, ...]:
        """Passed and judged trials of each perturbation, in order of appearance."""
        passed, failed = OUTCOMES.index(Outcome.PASSED), OUTCOMES.index(Outcome.FAILED)
        return tuple(
            Group(name, counts[passed], counts[passed] + counts[failed])
            for name, counts in self.counts.items()
            if name is not None and counts[passed] + counts[failed]
        )

    def some(self, outcome: Outcome, most: int, others: Collection[int] = ()) -> list[int]:
        """The numbers of the first cases with a trial of this outcome, or judged cases in ``others``."""
        bit, masks = BITS[outcome], enumerate(self.masks)
        found = (n for n, mask in masks if mask & bit or (n in others and mask & _JUDGED_BITS))
        return list(islice(found, most))

    def trials(self, number: int) -> list[Trial]:
        """The trials of a case, by its number.

        Trials not in memory are read from the line of the case, or made again: if a perturbation then gave
        another input, the model would be judged on inputs that it never got.
        """
        known = self.held.get(number)
        if known:
            return known
        case, start = self.cases[number], self.starts[number]
        if not self._holds:
            return self._plan.of_case(case, number, start)
        first = self.whole(number).trials
        # The line holds perturbed texts in full, unless they are very long: making them again is not needed.
        whole = all(type(one.perturbed) is str and len(one.perturbed) < LONGEST for one in first)
        if type(case.input) is str and whole:
            return [
                Trial(
                    place, case, one.perturbation, one.perturbed, one.variant, one.repeat, number, len(first)
                )
                for place, one in enumerate(first, start)
            ]
        made = self._plan.of_case(case, number, start)
        seen = [
            MISSING if trial.perturbed is MISSING else orjson.loads(as_shown(trial.perturbed))
            for trial in made
        ]
        if seen != [one.perturbed for one in first]:
            names = ", ".join(dict.fromkeys(one.perturbation for one in first if one.perturbation))
            raise PerturbationError(
                f"{names} gave different variants of case {case.id} when it was run again: its output "
                "must depend only on its input and its source of randomness"
            )
        return made

    def whole(self, number: int) -> CaseResult:
        """Return the result of a case, including facts that only reports show."""
        return lines.decode(self.lines[number])

    def once(self, number: int) -> list[Once]:
        """Each trial of a case, and its result."""
        return list(zip(self.trials(number), self[number].trials, strict=True))

    def reordered(
        self, cases: Sequence[Case], numbers: Sequence[int], slices: Sequence[str] | None
    ) -> Results:
        """The same with its cases in another order: ``cases``, with their numbers here."""
        found = Results(self._plan, slices=slices)
        found.cases = cases
        found.lines.extend([self.lines[number] for number in numbers])
        found.masks.extend(self.masks[number] for number in numbers)
        found.matches.extend(self.matches[number] for number in numbers)
        found.slices.extend(cases)
        found.starts.extend(self.starts[number] for number in numbers)
        found._holds = self._holds
        found.held = {place: self.held[number] for place, number in enumerate(numbers) if number in self.held}
        found.counts, found.errors = self.counts, self.errors
        found.size, found.causes = self.size, self.causes
        found.graded, found.repeated, found.reads_approved = self.graded, self.repeated, self.reads_approved
        return found


def tally_of(masks: Iterable[int]) -> Tally:
    """The counts of the outcomes of cases, from those of their trials, one bit per outcome."""
    counts: Counter[Outcome] = Counter()
    for mask, count in Counter(masks).items():
        counts[FOLDED[mask]] += count
    return Tally(**{outcome.value: counts[outcome] for outcome in OUTCOMES})


def _decoded(line: bytes) -> CaseResult:
    return lines.decode(lines.bare(line))


@dataclass(frozen=True, slots=True)
class AllRuns:
    """The results of each case with all of its runs: those of the first set, and of fresh ones if any."""

    first: Results
    again: Results | None

    def __iter__(self) -> Iterator[CaseResult]:
        return iter(self.first) if self.again is None else map(_joined, self.first, self.again)

    def __getitem__(self, number: int) -> CaseResult:
        first = self.first[number]
        return first if self.again is None else _joined(first, self.again[number])

    @property
    def masks(self) -> bytes | bytearray:
        """For each case, the outcomes of its trials, one bit per outcome."""
        first = self.first.masks
        return first if self.again is None else bytes(map(int.__or__, first, self.again.masks))

    @property
    def errors(self) -> Mapping[int, BaseException]:
        """The exceptions of some broken bodies, by the number of their trial."""
        return self.first.errors if self.again is None else self.first.errors | self.again.errors

    @property
    def first_error(self) -> str | None:
        """The cause of most errors."""
        return self.first.causes.summary or (None if self.again is None else self.again.causes.summary)

    def tally(self) -> Tally:
        """The counts of the cases' outcomes."""
        return tally_of(self.masks)

    def trial_tally(self) -> Tally:
        """The counts of the trials' outcomes."""
        tallies = [each.trial_tally() for each in (self.first, self.again) if each is not None]
        return Tally(**{name: sum(getattr(each, name) for each in tallies) for name in Tally.__slots__})


def _joined(first: CaseResult, again: CaseResult) -> CaseResult:
    return replace(first, trials=(*first.trials, *again.trials))


# -- levels ----------------------------------------------------------------------------------------------


_FALLEN = {Outcome.PASSED: Outcome.FAILED, Outcome.XPASSED: Outcome.XFAILED}


class NoScoreError(Exception):
    """A body ended without a score, which a check on levels needs."""


def settle(results: Iterable[Result]) -> None:
    """Fail each level at which the score falls below that of the level before, in the same run of the case.

    A level that passed without a score is an error.
    """
    before: dict[tuple[int, int], Result] = {}
    for result in results:
        trial = result.trial
        if result.outcome not in _FALLEN:
            result.score = None  # the body failed by itself: its earlier score means nothing
            continue
        if result.score is None:
            result.outcome = Outcome.ERROR
            result.error = NoScoreError(f"the body gave no score() at level {_name(trial)}")
            result.message = str(result.error)
            continue
        # By identity: settle sees the trials of one case object, and its input may not be hashable.
        key = (id(trial.case), trial.repeat)
        last = before.get(key)
        before[key] = result
        if last is None or last.score is None:
            continue
        # The last bits of a float are noise: the composition of a batch alone moves them.
        if result.score < last.score - 1e-6 * abs(last.score):
            result.outcome = _FALLEN[result.outcome]
            result.message = (
                f"the score falls from {last.score:.3g} ({_name(last.trial)}) to {result.score:.3g}"
            )


def _name(trial: Trial) -> str:
    name = trial.perturbation or ""
    return f"{name} {trial.variant + 1}" if name == GIVEN else name
