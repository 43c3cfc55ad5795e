"""What whoever runs bodies is given, and what comes of it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import heapq
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_modelcheck.errors import NotAskedError, OfflineError, message_of
from pytest_modelcheck.records import GRADE, Outcome

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from pytest_modelcheck.engine.view import CaseView, Result
    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Scale

    FindApproved = Callable[..., bytes | None]
    """Finds the approved answer of a trial: called with it, and with the digest of one of several calls."""

Interleave = bool | Literal["auto"]

WINDOW = 256
"""So many bodies may wait at once."""

_MESSAGES_KEPT = {Outcome.FAILED: 20, Outcome.ERROR: 1_000}
"""What a body said that failed is found out again where it is shown; one that broke is not run again."""

_ERRORS_KEPT = 20

NOT_PUT = (NotAskedError, OfflineError)
"""What is raised where a question was not put to a model. What a body makes of it is no answer."""

current_view: ContextVar[CaseView] = ContextVar("modelcheck_case")
"""What the body that runs here sees of its trial."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be run for each trial.

    Attributes:
        body: Runs the test for one case.
        subject: The model that is judged.
        classify: Says what an exception that left the body means, or ``None`` for one that ends everything.
        find_approved: Finds the approved answer of a trial.
        scale: From where to where a score may go.
        interleave: Whether bodies may be suspended: always, never, or where it can do no harm.
        progress: Called now and then.
        records: Whether what a body records says enough, though it never asked the model.
        keep_errors: Whether every exception is kept with its traceback, not just those of broken bodies.
        asks: What every body is certain to ask first, in order (see ``engine.certain``).
        take: Takes results as they come, some at a time, in whatever order; ``None`` to have all of them in
            the run.
    """

    body: Callable[[CaseView], Any]
    subject: Model
    classify: Callable[[BaseException], Outcome | None]
    find_approved: FindApproved
    scale: Scale = GRADE
    interleave: Interleave = "auto"
    progress: Callable[[], None] | None = None
    records: bool = False
    keep_errors: bool = False
    asks: Sequence[tuple[Model, str]] = ()
    take: Callable[[Sequence[Result]], None] | None = None


@dataclass(slots=True)
class Run:
    """What came of running bodies.

    Attributes:
        results: One for each trial, in the order of the trials.
        asks: How often the bodies asked any model.
        direct: Where and how often bodies were not suspended although they waited, by what stood in the way.
        first_failure: What the first failed or broken body raised, with its traceback.
        unasked: How many cases broke for no other reason than that their model could not be asked.
        stopped: Why it could not be asked, or ``None``.
    """

    results: list[Result]
    asks: int
    direct: Counter[str]
    first_failure: BaseException | None
    unasked: int = 0
    stopped: str | None = None


class _First:
    """The first results in the order of the trials, in whatever order they come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._last_first: list[tuple[int, int, Result]] = []
        self._taken = 0

    def take(self, result: Result) -> Result | None:
        """Take a result in; the one that is not among the first, now that it is there, if there is any."""
        self._taken += 1
        entry = (-result.trial.index, self._taken, result)
        if len(self._last_first) < self._most:
            heapq.heappush(self._last_first, entry)
            return None
        return heapq.heappushpop(self._last_first, entry)[2]


class Failures:
    """What is kept of what bodies raised: the first with its traceback, of the others a few messages.

    A traceback holds on to every frame of its body; ten thousand of them would hold on to everything.
    """

    def __init__(self, work: Work) -> None:
        self._keep_all = work.keep_errors
        self._telling = {outcome: _First(most) for outcome, most in _MESSAGES_KEPT.items()}
        self._broken = _First(_ERRORS_KEPT)
        self._first: tuple[int, BaseException] | None = None
        self._unasked: set[str] = set()
        self._stopped: str | None = None

    @property
    def first(self) -> BaseException | None:
        """What the first failed or broken body raised, in the order of the trials."""
        return None if self._first is None else self._first[1]

    def note(self, result: Result) -> None:
        """Keep what may be shown of a result, and drop the rest of it."""
        error = result.error
        if error is None:
            return
        if isinstance(error, NotAskedError) and result.outcome is Outcome.ERROR:
            self._note_unasked(result, error)
            return
        index, telling = result.trial.index, self._telling.get(result.outcome)
        if telling is not None:
            if self._first is None or index < self._first[0]:
                self._first = (index, error)
            dropped = telling.take(result)
            if dropped is not result:
                result.message = message_of(error)
            if dropped is not None:
                dropped.message = None
        if self._keep_all:
            return
        dropped = self._broken.take(result) if result.outcome is Outcome.ERROR else result
        if dropped is not None:
            dropped.error = None

    def run_of(self, results: list[Result], asks: int, direct: Counter[str]) -> Run:
        """What came of running bodies."""
        results.sort(key=lambda result: result.trial.index)
        return Run(results, asks, direct, self.first, len(self._unasked), self._stopped)

    def _note_unasked(self, result: Result, error: NotAskedError) -> None:
        """Keep the reason alone: it is the same for all, and no fault of the body's."""
        self._stopped = self._stopped or message_of(error)
        self._unasked.add(result.trial.case.id)
        result.message = self._stopped
        result.error = None
