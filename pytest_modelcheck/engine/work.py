"""The input of a run of bodies (:class:`Work`), and its results (:class:`Run`).

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import NotAskedError, message_of
from pytest_modelcheck.records import GRADE, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_modelcheck.engine.result import Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Scale

    FindApproved = Callable[..., bytes | None]
    """Finds an approved answer; called with the trial, and the digest of a call if there were several."""

WINDOW = 256
"""The number of results that are passed on at a time."""

_MESSAGES_KEPT = {Outcome.FAILED: 20, Outcome.ERROR: 1_000}
"""Messages kept by outcome. A failed body is run again to show its message; a body with an error is not."""

_ERRORS_KEPT = 20

EXPLAINED = 5
"""The number of failed bodies that are explained in full as they fail: as many as a report shows."""


@dataclass(frozen=True, slots=True)
class Work:
    """The body to run for each trial, with its models and rules.

    Attributes:
        body: Runs the test for one trial; it is called with the trial's view.
        subject: The judged model.
        classify: Returns the outcome of an exception that a body raised, or ``None`` if it ends the run.
        find_approved: Finds the approved answer of a trial.
        scale: The range of a score.
        progress: Called regularly with the number of finished trials.
        records: Whether a recorded value is enough, even if the body never called the model.
        keep_errors: Whether to keep every exception with its traceback, and not only some of those of errors.
        take: Receives results while the bodies run, some at a time; ``None`` to have all of them in the run.
        models: The models that the test uses, by name.
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


@dataclass(slots=True)
class Run:
    """The results of running bodies.

    Attributes:
        results: One result for each trial, in order; empty if ``take`` received them.
        first_failure: The exception of the first body that failed or had an error, with its traceback.
        direct: The number of calls that were made one by one, of models that can answer several together.
        direct_seconds: The time of these calls, in seconds.
        vain: The number of prefetched calls that no body needed.
        unasked: The number of cases with an error only because a model was not called.
        stopped: The reason why it was not called, or ``None``.
        explained: The first failed results with their exceptions, by the index of the trial.
    """

    results: list[Result]
    first_failure: BaseException | None
    direct: int = 0
    direct_seconds: float = 0.0
    vain: int = 0
    unasked: int = 0
    stopped: str | None = None
    explained: Mapping[int, Result] = field(default_factory=dict)


class Failures:
    """The exceptions that bodies raised: the first with its traceback, and some messages of the others.

    A traceback keeps every frame of its body alive; ten thousand of them would fill the memory.
    """

    def __init__(self, work: Work) -> None:
        self._keep_all = work.keep_errors
        self._messages = dict(_MESSAGES_KEPT)
        self._errors = _ERRORS_KEPT
        self.explained: dict[int, Result] = {}
        self._unasked: set[str] = set()
        self.first: BaseException | None = None
        self.stopped: str | None = None

    @property
    def unasked(self) -> int:
        """The number of cases with an error only because a model was not called."""
        return len(self._unasked)

    def note(self, result: Result) -> None:
        """Keep the parts of a result's exception that may be shown, and drop the rest. Call this in order."""
        error, outcome = result.error, result.outcome
        if error is None:
            return
        if isinstance(error, NotAskedError) and outcome is Outcome.ERROR:
            self._note_unasked(result, error)
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

    def _note_unasked(self, result: Result, error: NotAskedError) -> None:
        """Keep only the reason: it is the same for all such cases, and not a fault of the body."""
        self.stopped = self.stopped or message_of(error)
        self._unasked.add(result.trial.case.id)
        result.message = self.stopped
        result.error = None
        result.uncalled = True
