"""The result of a trial, from the first line of its body to the rules that hold at its end.

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
"""Raised where a model was not called; whatever a body makes of it is not an answer."""

# An enum looks its members up in Python, which is felt where a million trials do.
_PASSED, _FAILED, _NEW = Outcome.PASSED, Outcome.FAILED, Outcome.NEW


class Result:
    """The result of a trial: written while its body runs, and left when it has.

    What most trials leave as it is stands in the class: there may be a million of them.
    """

    outcome: Outcome = _PASSED
    recorded: Any = MISSING
    score: float | None = None
    read_approved: bool = False
    message: str | None = None
    error: BaseException | None = None
    """The exception of the body; while it runs, the reason why a call of its was not made."""
    called: bool = False
    """Whether the body of an ``async`` test called a model, and may have forgotten to await it."""
    unanswered: bool = False
    """Whether the model that is judged was asked something that it broke on, or has not answered yet."""
    approved_raw: bytes | None = None
    """The approved answer, where the body read it before it asked."""
    copies: dict[str, Any] | None = None
    """Values given to the body, which it may change."""

    foreign: Sequence[tuple[bytes | None, Raw]] = ()
    """Answers to calls from threads that the body started, in whatever order they came."""
    places: dict[int, int] | None = None
    """Of answers that were awaited: their place in ``asked``, and the number of their call."""
    equal: Counter[bytes] | None = None
    """The number of equal calls of the body, where each gets its own answer."""
    grades: Sequence[Grade] = ()
    """Answers of judges, in their order."""
    awaited = 0
    """The number of calls whose answers are awaited."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.asked: list[tuple[bytes | None, Raw]] = []

    def broke(self, error: BaseException) -> None:
        """Note why a model was not called, if it was not: whatever the body makes of it is not an answer."""
        if isinstance(error, NOT_CALLED) and self.error is None:
            self.outcome, self.error = Outcome.ERROR, error

    def answered(self, key: bytes | None, raw: Raw, number: int | None = None) -> Raw:
        """Note an answer of the judged model; give back the raw answer that the body is to see.

        Args:
            key: What it is stored under.
            raw: The answer.
            number: The number of its call, where it was awaited.
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
        """Note what a judge said of what it was given."""
        try:
            given: bytes | None = comparable(judge.caller.by_name(x))
        except NotKept:
            given = None
        if given is not None and redacted.stored:
            given = redacted_line(given)
        self.grades = (*self.grades, Grade(judge.name, given, plain(raw)))

    def put_in_order(self) -> None:
        """Bring answers into the order of their calls, where they came in another.

        Calls from threads have no order of their own: they come last, sorted by what was called.
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
    """A body came to its end without calling the model that is judged."""


def conclude(
    result: Result, outcome: Outcome, error: BaseException | None, subject: str, *, records: bool
) -> None:
    """Turn the end of a body into a result, by the rules that hold for every check.

    Args:
        result: What the body left.
        outcome: What its end means.
        error: What it raised.
        subject: The model that is judged.
        records: Whether what a body records says enough, though it never called the model.
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
