"""The work on each trial, and its results.

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
    """Finds the approved answer of a trial: called with it, and with the digest of one of several calls."""

WINDOW = 256
"""Results handed on at a time."""

_MESSAGES_KEPT = {Outcome.FAILED: 20, Outcome.ERROR: 1_000}
"""The message of a failed body is made again where it is shown; a broken body is not run again."""

_ERRORS_KEPT = 20

EXPLAINED = 5
"""Failed bodies explained in full as they fail: as many as a report shows cases."""


@dataclass(frozen=True, slots=True)
class Work:
    """The body to run for each trial, and how.

    Attributes:
        body: Runs the test for one case, of which it is given the view.
        subject: The model that is judged.
        classify: Says what an exception that left the body means, or ``None`` for one that ends everything.
        find_approved: Finds the approved answer of a trial.
        scale: From where to where a score may go.
        progress: Called now and then with the number of trials that are done.
        records: Whether what a body records says enough, though it never called the model.
        keep_errors: Whether every exception is kept with its traceback, not just those of broken bodies.
        take: Takes results as they come, some at a time; ``None`` to have all of them in the run.
        models: The models that the test uses, by name.
        contract: Says how the answers of a result break an approved shape, or ``None``.
        gather: Whether a body may be cut off at a missing answer and started again.
        source: Digest of the check and its body's source: what is known of its calls is stored under it.
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
        results: One for each trial, in the order of the trials.
        first_failure: What the first failed or broken body raised, with its traceback.
        direct: How many calls were made in place, of models that can answer several together.
        direct_seconds: How long these took.
        vain: How many calls were made ahead of bodies that then did not make them.
        unasked: How many cases broke for no other reason than that their model could not be called.
        stopped: Why it could not be called, or ``None``.
        explained: The first failed results, each with what its body raised, by the numbers of their trials.
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
    """The exceptions that bodies raised: the first with its traceback, of the others a few messages.

    A traceback holds on to every frame of its body; ten thousand of them would hold on to everything.
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
        """The number of cases that broke for no other reason than that their model could not be called."""
        return len(self._unasked)

    def note(self, result: Result) -> None:
        """Keep what may be shown of a result, and drop the rest of it. Results come in their order."""
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
        """Keep the reason alone: it is the same for all, and no fault of the body's."""
        self.stopped = self.stopped or message_of(error)
        self._unasked.add(result.trial.case.id)
        result.message = self.stopped
        result.error = None
