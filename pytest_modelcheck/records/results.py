"""Results of trials and cases: one form for a run, a baseline, a candidate, a report and a page.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.records.cases import MISSING, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Outcome(StrEnum):
    """The outcome of one trial, or of one case."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """Something broke that is not a wrong answer. Fails the check."""
    SKIPPED = "skipped"
    """Does not apply. Out of the denominator."""
    XFAILED = "xfailed"
    """A known failure. Out of the denominator."""
    XPASSED = "xpassed"
    """A known failure that passed. Out of the denominator, and reported."""
    NEW = "new"
    """Compared with an approved answer where none is. Out of the denominator."""


Change = Literal["regressed", "fixed", "changed"]

OUTCOMES: Final = tuple(Outcome)
"""All outcomes; the place of one in it stands for it where memory counts."""

JUDGED: Final = (Outcome.PASSED, Outcome.FAILED)
"""The outcomes that count into a rate."""

WRONG: Final = (Outcome.FAILED, Outcome.ERROR)
"""The outcomes that somebody has to look into."""

BITS: Final = {outcome: 1 << place for place, outcome in enumerate(OUTCOMES)}
"""A bit for each outcome, so that a byte holds those of all trials of a case."""

_WORST_FIRST: Final = (
    Outcome.ERROR,
    Outcome.FAILED,
    Outcome.PASSED,
    Outcome.XFAILED,
    Outcome.XPASSED,
    Outcome.NEW,
)


def fold(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a case: that of its worst trial that applies.

    A case fails if any of its variants does, as in CheckList (Ribeiro et al., ACL 2020). A case none of
    whose trials applies does not apply.

    >>> fold([Outcome.PASSED, Outcome.FAILED]), fold([])
    (<Outcome.FAILED: 'failed'>, <Outcome.SKIPPED: 'skipped'>)
    """
    found = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in found), Outcome.SKIPPED)


def outcomes_in(mask: int) -> frozenset[Outcome]:
    """The outcomes whose bits are set in a byte."""
    return frozenset(outcome for outcome, bit in BITS.items() if mask & bit)


FOLDED: Final = tuple(fold(outcomes_in(mask)) for mask in range(1 << len(OUTCOMES)))
"""The outcome of a case for each byte that holds the outcomes of its trials."""


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes."""
    counts = Counter(outcomes)
    return Tally(**{outcome.value: counts[outcome] for outcome in OUTCOMES})


@dataclass(frozen=True, slots=True)
class Grade:
    """A judge's answer in one call.

    Attributes:
        judge: The name of the judge.
        given: What it was given, by the names of its parameters (JSON), or ``None`` where JSON cannot say it.
        answer: What it said (canonical JSON).
    """

    judge: str
    given: bytes | None
    answer: bytes


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of one trial.

    Attributes:
        outcome: How it came out.
        asked: Pairs of the digest of a call (hexadecimal) and the answer (canonical JSON), in the order of
            the calls to the judged model.
        recorded: What ``case.record(value)`` said the answer is (canonical JSON), or ``None`` where the
            answer is the first of ``asked``.
        perturbation: The name of the perturbation, or ``None``.
        variant: Which of the perturbation's variants, from 0.
        repeat: Which run of the same trial, from 0.
        score: The graded outcome, on the scale of its check, or ``None`` for pass or fail.
        about: The beginning of the perturbed input, for people.
        perturbed: The perturbed input as JSON (a result file has it, a baseline has not).
        message: The beginning of what a body that failed or broke said.
        pictures: The pictures in the perturbed input, as ``data:`` addresses, for the HTML report alone.
        grades: What judges said of it (a result file has it, a baseline has not).
        approved: The same trial under the version that the check is compared with, where there is one.
    """

    outcome: Outcome
    asked: tuple[tuple[str, bytes], ...] = ()
    recorded: bytes | None = None
    perturbation: str | None = None
    variant: int = 0
    repeat: int = 0
    score: float | None = None
    about: str | None = None
    perturbed: Any = MISSING
    message: str | None = None
    pictures: tuple[str, ...] = ()
    grades: tuple[Grade, ...] = ()
    approved: TrialResult | None = None

    @property
    def answer(self) -> bytes | None:
        """The answer that counts, as canonical JSON, or ``None`` where the model was never asked."""
        if self.recorded is not None:
            return self.recorded
        return self.asked[0][1] if self.asked else None

    @property
    def key(self) -> tuple[str, int, int]:
        """Tells the trials of one case apart."""
        return (self.perturbation or "", self.variant, self.repeat)

    @property
    def place(self) -> tuple[str, int]:
        """Tells the inputs of one case apart, however often each was run."""
        return (self.perturbation or "", self.variant)

    def answers(self, own: str) -> tuple[bytes | None, bytes | None]:
        """The answers to the perturbed input and to the case's own, where the body asked about both.

        Args:
            own: The digest of the case's own input.

        >>> trial = TrialResult(Outcome.PASSED, (("ab", b'"no"'), ("cd", b'"yes"')), perturbation="typos")
        >>> trial.answers("ab")
        (b'"yes"', b'"no"')
        """
        answer = self.answer
        if self.perturbation is None and self.perturbed is MISSING:
            return answer, None
        other = next((found for key, found in self.asked[1:] if key != self.asked[0][0]), None)
        if other is not None and self.recorded is None and self.asked[0][0] == own:
            return other, answer
        return answer, other


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of one case: a line of a result file, or of a baseline.

    A baseline holds the first five; a result file holds what a report shows besides.

    Attributes:
        id: The case's id.
        digest: A digest of the input (hexadecimal). A case is the same case while id and input are.
        expectation: A digest of what was expected of the case, or ``None`` where nothing was.
        about: The beginning of the input, for people who read the line.
        trials: Its trials, in order.
        input: The input as JSON; one of more than 20,000 characters is cut to a text that ends in ``…``.
        expected: The right answer as JSON, where the case says it.
        metadata: What else is known of the case, as JSON.
        known_failure: Why it is known to fail, or ``None``.
        origin: Where it was written.
        pictures: The pictures in the input, as ``data:`` addresses, for the HTML report alone.
        approved: The same case under the version that the check is compared with, where there is one.
        change: What became of it since that version; ``None`` where it is the same.
    """

    id: str
    digest: str
    expectation: str | None
    about: str
    trials: tuple[TrialResult, ...]
    input: Any = MISSING
    expected: Any = MISSING
    metadata: Mapping[str, Any] = field(default_factory=dict)
    known_failure: str | None = None
    origin: Origin | None = None
    pictures: tuple[str, ...] = ()
    approved: CaseResult | None = None
    change: Change | None = None

    @property
    def outcome(self) -> Outcome:
        """The outcome of the case."""
        trials = self.trials
        return trials[0].outcome if len(trials) == 1 else fold([trial.outcome for trial in trials])

    @property
    def judged(self) -> bool:
        """True if it counts into a rate."""
        return self.outcome in JUDGED

    def is_same_as(self, other: CaseResult | None) -> bool:
        """Return whether another result is of the same case: of one with the same id and the same input."""
        return other is not None and self.id == other.id and self.digest == other.digest


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of outcomes. ``passed + failed`` is the denominator of the rate."""

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    new: int = 0

    @property
    def judged(self) -> int:
        """The denominator."""
        return self.passed + self.failed

    @property
    def total(self) -> int:
        """Everything that was run."""
        return self.judged + self.error + self.skipped + self.xfailed + self.xpassed + self.new
