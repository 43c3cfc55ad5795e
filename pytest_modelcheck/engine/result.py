"""The result of a trial: collected while its body runs, and concluded when the body ends.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import NotKept, comparable, same, whole
from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import NotAskedError, OfflineError
from pytest_modelcheck.models.model import plain, redacted_line
from pytest_modelcheck.records import MISSING, Grade, Outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial

NOT_CALLED = (NotAskedError, OfflineError)
"""Errors of calls that were not made. If a body catches one, its outcome is still an error, and no answer."""

# Looked up once: an enum lookup is slow, and there may be a million trials.
_PASSED, _FAILED, _NEW = Outcome.PASSED, Outcome.FAILED, Outcome.NEW


class Result:
    """The result of a trial, which is filled in while the body runs.

    Attributes that most trials do not change have their defaults on the class, to save memory and time: there
    may be a million results.
    """

    outcome: Outcome = _PASSED
    recorded: Any = MISSING
    score: float | None = None
    read_approved: bool = False
    message: str | None = None
    error: BaseException | None = None
    """The exception of the body; while the body runs, the reason why a call of it was not made."""
    called: bool = False
    """Whether the body of an ``async`` test called a model; it may have forgotten to await the answer."""
    unanswered: bool = False
    """Whether a call of the judged model raised an error, or has no answer yet."""
    uncalled: bool = False
    """Whether the only error is that a model was not called: it was given up, or a budget was spent."""
    approved_raw: bytes | None = None
    """The approved answer, if the body read it before its first call."""
    copies: dict[str, Any] | None = None
    """Copies of values that the body was given, and may change."""

    foreign: Sequence[tuple[bytes | None, Raw]] = ()
    """Answers to calls from threads that the body started, in the order of arrival."""
    places: dict[int, int] | None = None
    """For answers that were awaited: the number of the call, by the index in ``asked``."""
    equal: Counter[bytes] | None = None
    """The number of equal calls so far, by key, if each of them gets its own answer."""
    grades: Sequence[Grade] = ()
    """Answers of judges, in order."""
    awaited = 0
    """The number of calls that returned a coroutine; each gets its number from here."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.asked: list[tuple[bytes | None, Raw]] = []

    def broke(self, error: BaseException) -> None:
        """Record an error; if no call was made, the outcome is an error even if the body catches it."""
        if isinstance(error, NOT_CALLED) and self.error is None:
            self.outcome, self.error = Outcome.ERROR, error

    def answered(self, key: bytes | None, raw: Raw, number: int | None = None) -> Raw:
        """Record an answer of the judged model; return the raw answer that the body gets.

        That is the approved answer if the body has read it before, and the two are equal: they may differ in
        the last bits of a float, which must not make ``==`` false.

        Args:
            key: The cache key of the call.
            raw: The answer.
            number: The number of the call, if it was awaited.
        """
        asked, approved = self.asked, self.approved_raw
        if number is not None:
            if self.places is None:
                self.places = {}
            self.places[len(asked)] = number
        asked.append((key, raw))
        if approved is not None and len(asked) == 1 and same(whole(approved), whole(plain(raw))):
            return approved
        return raw

    def graded(self, judge: Model, x: Any, raw: Raw) -> None:
        """Record a judge's answer, with the arguments of the call."""
        try:
            given: bytes | None = comparable(judge.caller.by_name(x))
        except NotKept:
            given = None
        if given is not None and redacted.stored:
            given = redacted_line(given)
        self.grades = (*self.grades, Grade(judge.name, given, plain(raw)))

    def put_in_order(self) -> None:
        """Sort answers that were awaited into the order of their calls.

        Calls from threads have no reproducible order: they come last, sorted by key.
        """
        if self.places is not None:
            asked = self.asked
            answers = [asked[place] for place, _ in sorted(self.places.items(), key=itemgetter(1))]
            for place, answer in zip(sorted(self.places), answers, strict=True):
                asked[place] = answer
        self.asked += sorted(self.foreign, key=_key)


def _key(answer: tuple[bytes | None, Raw]) -> bytes:
    return answer[0] or b""


class NeverCalledError(Exception):
    """A body ended without calling the judged model."""


def conclude(
    result: Result, outcome: Outcome, error: BaseException | None, subject: str, *, records: bool
) -> None:
    """Set the outcome and error of a result when its body has ended.

    Args:
        result: The result.
        outcome: The outcome according to the body's end alone.
        error: The exception of the body, or ``None``.
        subject: The name of the judged model.
        records: Whether a recorded value is enough, even if the body never called the model.
    """
    result.put_in_order()
    if result.error is not None:
        outcome, error = Outcome.ERROR, result.error
    elif result.outcome is _NEW:
        outcome = _NEW
    elif outcome is _PASSED or outcome is _FAILED:
        recorded = records and result.recorded is not MISSING
        if not (result.asked or result.unanswered or recorded):
            outcome = Outcome.ERROR
            message = f"the body never called the model {subject!r}"
            if result.called:
                message = (
                    f"the body never awaited an answer: in an `async` test, `await {subject}(case.input)`"
                )
            error = NeverCalledError(message)
        elif result.trial.case.known_failure is not None:
            outcome = Outcome.XPASSED if outcome is _PASSED else Outcome.XFAILED
    result.outcome = outcome
    result.error = error
