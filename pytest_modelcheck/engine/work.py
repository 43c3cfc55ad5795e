"""The input of a run of bodies (:class:`Work`), and its results: of each trial, and of all (:class:`Run`)."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import NotStored, comparable, excerpt, same, whole
from pytest_modelcheck.display import redacted
from pytest_modelcheck.errors import NotCalledError, OfflineError, message_of
from pytest_modelcheck.models.model import plain, redacted_line
from pytest_modelcheck.records import GRADE, MISSING, Grade, Outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence

    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Scale, Trial

    FindApproved = Callable[..., bytes | None]
    """Finds an approved answer; called with the trial, and the digest of a call if there were several."""

WINDOW = 256
"""The number of results that are passed on at a time."""

_MOST_MESSAGES = {Outcome.FAILED: 20, Outcome.ERROR: 1_000}
"""Messages kept by outcome. A failed body is run again to show its message; a body with an error is not."""

_MOST_ERRORS = 20

EXPLAINED = 5
"""The number of failed bodies that are explained in full as they fail: as many as a report shows."""


@dataclass(frozen=True, slots=True)
class Work:
    """The body to run for each trial, with its models and rules.

    Attributes:
        subject: The judged model.
        classify: Returns the outcome of an exception that a body raised, or ``None`` if it ends the run.
        progress: Called regularly with the number of finished trials.
        records: Whether a recorded value is enough, even if the body never called the model.
        keep_errors: Whether to keep every exception with its traceback, and not only some of those of errors.
        take: Receives results while the bodies run, some at a time; ``None`` to have all of them in the run.
        contract: Describes how the answers of a result break an approved shape; returns ``None`` if they keep
            it.
        gather: Whether a body may be cut off at a missing answer and restarted.
        source: A digest of the check and of its body's source, under which the recipe is stored.
    """

    body: Callable[[Any], Any]
    subject: Model
    classify: Callable[[BaseException], Outcome | None]
    find_approved: FindApproved
    scale: Scale = GRADE
    progress: Callable[[int], None] | None = None
    records: bool = False
    contract: Callable[[Result], str | None] | None = None
    keep_errors: bool = False
    take: Callable[[Sequence[Result]], None] | None = None
    models: Mapping[str, Model] = field(default_factory=dict)
    gather: bool = False
    source: bytes | None = None


# -- the result of a trial: collected while its body runs, and concluded when the body ends ----------

NOT_CALLED = (NotCalledError, OfflineError)
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
    """For answers that were awaited: the number of the call, by the index in ``calls``."""
    equal: Counter[bytes] | None = None
    """The number of equal calls so far, by key, if each of them gets its own answer."""
    grades: Sequence[Grade] = ()
    """Answers of judges, in the order of their calls; while the body runs, of their arrival."""
    grade_places: Sequence[tuple[float, bytes]] = ()
    """For each of these answers: what sorts it into that order."""
    awaited = 0
    """The number of calls that returned a coroutine; each gets its number from here."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.calls: list[tuple[bytes | None, Raw]] = []

    def broke(self, error: BaseException) -> None:
        """Record an error; if no call was made, the outcome is an error even if the body catches it."""
        if isinstance(error, NOT_CALLED) and self.error is None:
            self.outcome, self.error = Outcome.ERROR, error

    def answered(self, key: bytes | None, raw: Raw, number: int | None = None) -> Raw:
        """Record an answer of the judged model, and the number of its call if that was awaited.

        Return the answer that the body gets: the approved one if the body has read it before, and the two are
        equal. They may differ in the last bits of a float, which must not make ``==`` false.
        """
        calls, approved = self.calls, self.approved_raw
        if number is not None:
            if self.places is None:
                self.places = {}
            self.places[len(calls)] = number
        calls.append((key, raw))
        if approved is not None and len(calls) == 1 and same(whole(approved), whole(plain(raw))):
            return approved
        return raw

    def add_grade(self, judge: Model, x: Any, raw: Raw, number: float = 0) -> None:
        """Record a judge's answer, with the arguments of the call.

        ``number`` is that of an awaited call; infinity for a call from a thread that the body started.
        """
        try:
            given: bytes | None = comparable(judge.caller.by_name(x))
        except NotStored:
            given = None
        if given is not None and redacted.stored:
            given = redacted_line(given)
        self.grades = (*self.grades, Grade(judge.name, given, plain(raw)))
        by_content = given or b"" if number == inf else b""
        self.grade_places = (*self.grade_places, (number, by_content))

    def put_in_order(self) -> None:
        """Sort answers that were awaited into the order of their calls.

        Calls from threads have no reproducible order: they come last, sorted by key or content.
        """
        if len(self.grades) > 1:
            order = sorted(range(len(self.grades)), key=self.grade_places.__getitem__)
            self.grades = [self.grades[place] for place in order]
        if self.places is not None:
            calls = self.calls
            answers = [calls[place] for place, _ in sorted(self.places.items(), key=itemgetter(1))]
            for place, answer in zip(sorted(self.places), answers, strict=True):
                calls[place] = answer
        self.calls += sorted(self.foreign, key=lambda answer: answer[0] or b"")


class NeverCalledError(Exception):
    """A body ended without calling the judged model."""


def conclude(
    result: Result, outcome: Outcome, error: BaseException | None, subject: str, *, records: bool
) -> None:
    """Set the outcome and error of a result, from those of its body's end and from its calls.

    The body must have called the ``subject``; with ``records``, a recorded value is enough.
    """
    result.put_in_order()
    if result.error is not None:
        outcome, error = Outcome.ERROR, result.error
    elif result.outcome is _NEW:
        outcome = _NEW
    elif outcome is _PASSED or outcome is _FAILED:
        recorded = records and result.recorded is not MISSING
        if not (result.calls or result.unanswered or recorded):
            outcome = Outcome.ERROR
            message = f"the body never called the model {subject!r}"
            if result.called:
                message = (
                    f"the body never awaited an answer: in an `async` test, `await {subject}(case.input)`"
                )
            elif error is not None:
                why = message_of(error).partition("\n")[0]
                message = f"the body failed before it called the model {subject!r}: {excerpt(why, 200)}"
            error = NeverCalledError(message)
        elif result.trial.case.known_failure is not None:
            outcome = Outcome.XPASSED if outcome is _PASSED else Outcome.XFAILED
    result.outcome = outcome
    result.error = error


# -- the results of all trials ---------------------------------------------------------------------


@dataclass(slots=True)
class Run:
    """The results of running bodies.

    Attributes:
        results: One result for each trial, in order; empty if ``take`` received them.
        direct: The number of calls that were made one by one, of models that can answer several together.
        direct_seconds: The time of these calls, in seconds.
        vain: The number of prefetched calls that no body needed.
        uncalled: The number of cases with an error only because a model was not called.
        stopped: The reason why it was not called, or ``None``.
        explained: The first failed results with their exceptions, by the index of the trial.
    """

    results: list[Result]
    first_failure: BaseException | None
    direct: int = 0
    direct_seconds: float = 0.0
    vain: int = 0
    uncalled: int = 0
    stopped: str | None = None
    explained: Mapping[int, Result] = field(default_factory=dict)


class Failures:
    """The exceptions that bodies raised: the first with its traceback, and some messages of the others.

    A traceback keeps every frame of its body alive; ten thousand of them would fill the memory.
    """

    def __init__(self, work: Work) -> None:
        self._keep_all = work.keep_errors
        self._messages = dict(_MOST_MESSAGES)
        self._errors = _MOST_ERRORS
        self.explained: dict[int, Result] = {}
        self._uncalled: set[str] = set()
        self.first: BaseException | None = None
        self.stopped: str | None = None

    @property
    def uncalled(self) -> int:
        """The number of cases with an error only because a model was not called."""
        return len(self._uncalled)

    def note(self, result: Result) -> None:
        """Keep the parts of a result's exception that may be shown, and drop the rest. Call this in order."""
        error, outcome = result.error, result.outcome
        if error is None:
            return
        if isinstance(error, NotCalledError) and outcome is Outcome.ERROR:
            # Keep only the reason: it is the same for all such cases, and not a fault of the body.
            self.stopped = self.stopped or message_of(error)
            self._uncalled.add(result.trial.case.id)
            result.message, result.error, result.uncalled = self.stopped, None, True
            return
        left = self._messages.get(outcome)
        if left is not None:
            if self.first is None:
                self.first = error
            if left:
                result.message = message_of(error)
                self._messages[outcome] = left - 1
        if self._keep_all:
            return
        if outcome is Outcome.FAILED and len(self.explained) < EXPLAINED:
            self.explained[result.trial.index] = copy(result)
        if outcome is Outcome.ERROR and self._errors:
            self._errors -= 1
        else:
            result.error = None
