"""Results of trials and cases, in one form for runs, baselines, candidates and reports; calls of a model."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_modelcheck.records.cases import MISSING, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Outcome(StrEnum):
    """The outcome of one trial, or of one case."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """An error, which is not a wrong answer. It fails the check."""
    SKIPPED = "skipped"
    """The trial does not apply. It does not count in the rate."""
    XFAILED = "xfailed"
    """A known failure. It does not count in the rate."""
    XPASSED = "xpassed"
    """A known failure that passed. It does not count in the rate, and is reported."""
    NEW = "new"
    """The body needs an approved answer, and there is none. It does not count in the rate."""


Change = Literal["regressed", "fixed", "changed"]

OUTCOMES: Final = tuple(Outcome)
"""All outcomes. An outcome's index in this tuple is its compact form, where memory counts."""

JUDGED: Final = (Outcome.PASSED, Outcome.FAILED)
"""The outcomes that count in a rate."""

WRONG: Final = (Outcome.FAILED, Outcome.ERROR)
"""The outcomes that need attention."""

BITS: Final = {outcome: 1 << place for place, outcome in enumerate(OUTCOMES)}
"""A bit for each outcome, so that one byte holds the outcomes of all trials of a case."""

_WORST_FIRST: Final = (
    Outcome.ERROR,
    Outcome.FAILED,
    Outcome.PASSED,
    Outcome.XFAILED,
    Outcome.XPASSED,
    Outcome.NEW,
)


def fold(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome of a case: that of its worst trial.

    A case fails if any of its variants does, as in CheckList (Ribeiro et al., ACL 2020). Skipped trials do
    not count; if all are skipped, the case is skipped.

    >>> fold([Outcome.PASSED, Outcome.FAILED]), fold([])
    (<Outcome.FAILED: 'failed'>, <Outcome.SKIPPED: 'skipped'>)
    """
    found = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in found), Outcome.SKIPPED)


def outcomes_in(mask: int) -> frozenset[Outcome]:
    """Return the outcomes whose bits are set in a byte."""
    return frozenset(outcome for outcome, bit in BITS.items() if mask & bit)


FOLDED: Final = tuple(fold(outcomes_in(mask)) for mask in range(1 << len(OUTCOMES)))
"""The outcome of a case, by the byte that holds the outcomes of its trials: a table instead of a loop."""


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes."""
    counts = Counter(outcomes)
    return Tally(**{outcome.value: counts[outcome] for outcome in OUTCOMES})


@dataclass(frozen=True, slots=True)
class Grade:
    """A judge's answer in one call.

    Attributes:
        judge: The name of the judge.
        given: The judge's arguments by the names of its parameters (JSON), or ``None`` if JSON cannot
            represent them.
        answer: The judge's answer (canonical JSON).
    """

    judge: str
    given: bytes | None
    answer: bytes


@dataclass(frozen=True, slots=True)
class TrialResult:
    """The result of one trial.

    Attributes:
        outcome: The outcome.
        calls: Calls of the judged model, in order: pairs of a digest of the call (hexadecimal) and the
            answer (canonical JSON).
        recorded: The value of ``case.record(value)`` (canonical JSON), which replaces the model's answer;
            ``None`` if the body recorded none.
        perturbation: The name of the perturbation, or ``None``.
        variant: The index of the variant among those of the perturbation, from 0.
        repeat: The number of the repeat, from 0.
        score: The score, on the scale of the check, or ``None`` if the trial just passes or fails.
        about: The beginning of the perturbed input, for people.
        digest: The digest of the perturbed input, if ``about`` is not all of it; else empty.
        perturbed: The perturbed input as JSON (in result files, not in baselines).
        message: The beginning of the message of a failure or an error.
        pictures: The pictures in the perturbed input, as ``data:`` addresses, for the HTML report only.
        grades: The answers of judges in this trial (in result files, not in baselines).
        approved: The same trial under the version that the check is compared with, if there is one.
    """

    outcome: Outcome
    calls: tuple[tuple[str, bytes], ...] = ()
    recorded: bytes | None = None
    perturbation: str | None = None
    variant: int = 0
    repeat: int = 0
    score: float | None = None
    about: str | None = None
    digest: str = ""
    perturbed: Any = MISSING
    message: str | None = None
    pictures: tuple[str, ...] = ()
    grades: tuple[Grade, ...] = ()
    approved: TrialResult | None = None

    @property
    def answer(self) -> bytes | None:
        """The recorded or else the first answer, as canonical JSON; ``None`` if there is neither."""
        if self.recorded is not None:
            return self.recorded
        return self.calls[0][1] if self.calls else None

    @property
    def key(self) -> tuple[str, int, int]:
        """A key that is unique among the trials of one case."""
        return (self.perturbation or "", self.variant, self.repeat)

    @property
    def place(self) -> tuple[str, int]:
        """A key that is unique among the inputs of one case; repeats of one input share it."""
        return (self.perturbation or "", self.variant)

    @property
    def input(self) -> tuple[object, ...]:
        """Identifies the input, as far as it is not that of the case.

        With another seed, a perturbation gives another input in the same place.
        """
        return (self.perturbation or "", self.variant, self.about, self.digest)

    def answers(self, own: str) -> tuple[bytes | None, bytes | None]:
        """Return the answers to the perturbed input and to the case's own input; ``None`` for a missing one.

        Args:
            own: The digest of a call with the case's own input.

        >>> trial = TrialResult(Outcome.PASSED, (("ab", b'"no"'), ("cd", b'"yes"')), perturbation="typos")
        >>> trial.answers("ab")
        (b'"yes"', b'"no"')
        """
        answer = self.answer
        if self.perturbation is None and self.perturbed is MISSING:
            return answer, None
        other = next((found for key, found in self.calls[1:] if key != self.calls[0][0]), None)
        if other is not None and self.recorded is None and self.calls[0][0] == own:
            return other, answer  # the body called the model with the case's own input first
        return answer, other


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of one case: a line of a result file, or of a baseline.

    A baseline holds the first five attributes. A result file also holds the others, which reports show.

    Attributes:
        id: The case's id.
        digest: A digest of the input (hexadecimal). Two results are of the same case if id and digest agree.
        expectation: A digest of the expectation, or ``None`` if the case has none.
        about: The beginning of the input, for people who read the line.
        trials: The results of the trials, in order.
        input: The input as JSON. An input of more than 20,000 characters is cut to a text that ends in ``…``.
        expected: The right answer as JSON, or :data:`MISSING`.
        metadata: The metadata of the case, as JSON.
        known_failure: The reason why the case is known to fail, or ``None``.
        origin: The place where the case is written, or ``None``.
        pictures: The pictures in the input, as ``data:`` addresses, for the HTML report only.
        approved: The same case under the version that the check is compared with, if there is one.
        change: ``"regressed"``, ``"fixed"`` or ``"changed"`` since that version, or ``None``.
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
        """True if the case counts in a rate."""
        return self.outcome in JUDGED

    def is_same_as(self, other: CaseResult | None) -> bool:
        """Return whether another result is of the same case: whether id and input agree."""
        return other is not None and self.id == other.id and self.digest == other.digest


def runs_passed(trials: Iterable[TrialResult]) -> tuple[int, int]:
    """Return how many runs of a case did not fail, and how many there are.

    A run fails if any of its variants does.

    >>> one, two = TrialResult(Outcome.FAILED), TrialResult(Outcome.PASSED, repeat=1)
    >>> runs_passed([one]), runs_passed([one, two]), runs_passed([])
    ((0, 1), (1, 2), (0, 0))
    """
    runs: dict[int, bool] = {}
    for trial in trials:
        runs[trial.repeat] = runs.get(trial.repeat, True) and trial.outcome not in WRONG
    return sum(runs.values()), len(runs)


def fails_in_every_run(trials: Iterable[TrialResult]) -> bool:
    """Return whether a case was run, and failed in each of its runs."""
    passed, runs = runs_passed(trials)
    return bool(runs) and not passed


def shared_trials(
    one: Sequence[TrialResult], other: Sequence[TrialResult]
) -> tuple[Sequence[TrialResult], Sequence[TrialResult]]:
    """The trials of a case on two sides whose inputs both sides have, however often each was run.

    A check may have got or lost perturbations and variants in between, or make others with another seed.

    >>> typos = TrialResult(Outcome.FAILED, perturbation="typos")
    >>> both, _ = shared_trials([TrialResult(Outcome.PASSED), typos], [TrialResult(Outcome.PASSED)])
    >>> [trial.perturbation for trial in both]
    [None]
    """
    if len(one) == 1 == len(other) and one[0].repeat == other[0].repeat and one[0].input == other[0].input:
        return one, other
    both = {trial.input for trial in one} & {trial.input for trial in other}
    left, right = ([trial for trial in side if trial.input in both] for side in (one, other))
    return left, right


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


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a check: their numbers, times and costs.

    The counts are of inputs, except ``requests``, ``retries`` and ``timeouts``. These count requests: a
    request calls the judged model once, with one input or a batch, and a retry is another request.

    Attributes:
        new: Inputs that the model was called with.
        cached: Answers that were read from the cache.
        direct: Calls that were made one after another, of a model that can answer several together.
        seconds: The time of the check, in seconds.
        requests: Requests, retries included.
        retries: Retries.
        failed: Inputs that the model failed to answer, after all retries.
        timeouts: Requests that took longer than ``timeout=``.
        uncalled: Calls that were not made, because the model was given up or a budget was spent.
        serial: Whether the model answers one input at a time because its fixture does not say otherwise.
        latencies: The times of requests, in seconds, sorted: all of them, or 41 evenly spaced quantiles from
            the shortest to the longest if there were more. Waiting for the rate limit does not count.
        tokens_in: Input tokens, or ``None`` if the model does not report them.
        tokens_out: Output tokens, or ``None``.
        tokens_other: Tokens of other kinds, which count in neither: pairs of a name and a number, by name.
        cost: The cost of the calls, in the unit of the fixture's ``cost=``, or ``None`` if it is unknown.
        costs: The known costs of single answers, sorted; thinned as ``latencies`` are.

    >>> calls = Calls(new=3, requests=3, latencies=(0.1, 0.2, 0.9))
    >>> calls.p50, calls.p95
    (0.2, 0.9)
    """

    new: int = 0
    cached: int = 0
    direct: int = 0
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0
    failed: int = 0
    timeouts: int = 0
    uncalled: int = 0
    serial: bool = False
    latencies: tuple[float, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_other: tuple[tuple[str, int], ...] = ()
    cost: float | None = None
    costs: tuple[float, ...] = ()

    @property
    def total_latency(self) -> float:
        """The time of all requests together, in seconds; estimated where ``latencies`` are quantiles."""
        return fmean(self.latencies) * self.requests if self.latencies else 0.0

    @property
    def p50(self) -> float | None:
        """The median latency, in seconds."""
        return quantile(self.latencies, 0.5)

    @property
    def p95(self) -> float | None:
        """The 95th percentile of the latencies, in seconds."""
        return quantile(self.latencies, 0.95)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest of the sorted numbers that at least ``share`` of them do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    if not ordered:
        return None
    # Less 1e-9, because 100 * 0.07 is 7.000000000000001 and must not be rounded up to rank 8.
    return ordered[max(0, math.ceil(len(ordered) * share - 1e-9) - 1)]
