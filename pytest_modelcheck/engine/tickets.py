"""Handles, which say how a model's calls are answered in a step, and tickets, one for each call."""

from __future__ import annotations

import threading
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.calls.attempts import Failure
from pytest_modelcheck.calls.executors import ThreadPool
from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import ModelError, NotCalledError, OfflineError
from pytest_modelcheck.models.model import Unstored
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from pytest_modelcheck.calls.attempts import Rows
    from pytest_modelcheck.calls.endpoint import Endpoint
    from pytest_modelcheck.models.model import Answers, Model, Raw

TICK: Final = 0.05
"""Seconds between two reports of progress while waiting for a call."""

PATIENCE: Final = 30.0
"""The longest wait, in seconds, for another process or thread that makes the same call."""


@dataclass(slots=True, eq=False)
class Handle:
    """The source of the answers of one model in one step of a check.

    Attributes:
        model: The model that bodies call.
        acting: The model that is called: the same, or another version of it.
        judged: Whether the model is the judged one, whose answers are recorded with the case.
        refusal: Makes the error for a missing answer, if no call may be made; otherwise ``None``.
        grades: Whether the model is a judge of other answers, so that its answers are recorded as grades.
        waiting: Queued calls, to be made ahead in batches.
        found: Whether an answer was found in the cache since the last call.
        tried: Whether a call was begun to see if it needs a lock that a body holds (``gather=True``).
    """

    model: Model
    acting: Model
    answers: Answers
    endpoint: Endpoint
    judged: bool = False
    refusal: Callable[[Model, Any], Exception] | None = None
    grades: bool = field(init=False)
    waiting: deque[Ticket] = field(default_factory=deque)
    under_way: int = 0
    found: bool = False
    tried: bool = False

    def __post_init__(self) -> None:
        self.grades = not self.judged and self.model.definition.role == "judge"

    @property
    def is_called_here(self) -> bool:
        """True if calls are made in the thread of the test."""
        return not self.acting.caller.awaited and not self.endpoint.threaded

    def find(self, key: bytes | None) -> Raw | None:
        """Return a stored answer, or ``None``. A stored answer counts as a success of the model."""
        raw = None if key is None else self.answers.find(key)
        if raw is not None:
            self.found = True
        return raw


class Ticket:
    """One call, with its answer or error.

    Attributes that most tickets do not change have their defaults on the class: there is one for each call.

    Attributes:
        key: The cache key of the answer, or ``None`` if it is not stored.
        repeat: The repeat that the call is made for.
        foreseen: Whether the call was queued ahead of the bodies that need it.
        call: The future of the request that makes this call, once it has begun.
        foreseen_by: The trials whose bodies are expected to make the call, and have not made it yet.
        made: Whether any body has made the call.
        on_end: Functions to call when the call has ended.
        after_success: Whether the call just before it was answered from the cache.
    """

    raw: Raw | None = None
    error: BaseException | None = None
    call: Future[None] | None = None
    made: bool = False
    on_end: Sequence[Callable[[Ticket], None]] = ()

    def __init__(
        self, handle: Handle, x: Any, key: bytes | None, repeat: int, foreseen_by: int | None = None
    ) -> None:
        self.handle = handle
        self.x = x
        self.key = key
        self.repeat = repeat
        self.foreseen = foreseen_by is not None
        self.foreseen_by: set[int] = set() if foreseen_by is None else {foreseen_by}
        self.after_success, handle.found = handle.found, False

    @property
    def ended(self) -> bool:
        """True if there is an answer or an error."""
        return self.raw is not None or self.error is not None

    @property
    def is_under_way(self) -> bool:
        """True if the call has begun and not ended."""
        return not (self.ended or self.call is None or self.call.done())

    @property
    def begun(self) -> bool:
        """True if the model has been called, or is being called."""
        return self.call is not None or self.ended or not self.foreseen

    @property
    def is_wanted(self) -> bool:
        """True if a body has made the call, even if it was cancelled there, or is expected to make it."""
        return self.made or bool(self.foreseen_by) or not self.foreseen

    @property
    def in_vain(self) -> bool:
        """True if the model has been called, and no body has made the call."""
        return self.begun and not self.made and not isinstance(self.error, NotCalledError)

    def result(self) -> Raw:
        """Return the answer, or raise whatever the model raised."""
        error = self.error
        if error is not None:
            if self.foreseen_by:  # each body gets its own: it may add notes, or change it otherwise
                self.error = _another(error)
                if self.error is None:  # the other bodies make the call again
                    self.foreseen_by.clear()
                    self.error = error
            raise error
        if self.raw is None:
            call = self.call
            if call is not None and call.done() and not call.cancelled() and (error := call.exception()):
                raise error
            raise ModelError(f"a call of {self.handle.acting.label} was ended from outside")
        return self.raw

    def taken_by(self, trial: int | None = None) -> bool:
        """Return whether the body of a trial may take the result of this ended call, and note that it does.

        Every body may take an answer that can be copied; any other answer is for one body. Each body that was
        expected to make a prefetched call gets its error once: a body that calls again after an error wants a
        new call. An error of a call that a body made itself reaches all callers that waited for it.
        """
        if self.error is None and (self.raw is None or not is_for_one(self.raw)):
            return self.raw is not None
        if not self.foreseen:
            return self.error is not None
        if trial not in self.foreseen_by:
            return False
        self.made = True
        if self.error is None:
            self.foreseen_by.clear()
        else:
            self.foreseen_by.discard(trial)
        return True


def _another(error: BaseException) -> BaseException | None:
    """Return a copy of an exception, or ``None`` if its class cannot make one that is equal."""
    try:
        copied = deepcopy(error)
        if (str(copied), repr(copied), type(copied)) != (str(error), repr(error), type(error)):
            return None
    except Exception:  # noqa: BLE001 - raised by the constructor of anybody's exception
        return None
    copied.__cause__, copied.__context__ = error.__cause__, error.__context__
    copied.__suppress_context__ = error.__suppress_context__
    return copied.with_traceback(error.__traceback__)


def settle(ticket: Ticket, row: Any) -> None:
    """Store the answer of a call, or its exception."""
    answers = ticket.handle.answers
    try:
        if type(row) is Measured:
            answers.measured(ticket.key, row)
            row = row.value
        if type(row) is Failure:
            ticket.error = row.error
        else:
            ticket.raw = answers.add(ticket.key, row)
    except Exception as refused:  # noqa: BLE001 - raised by the answer's own code: it concerns this call only
        ticket.error = refused
    if ticket.error is not None and ticket.key is not None:
        answers.release([ticket.key])


def settle_rest(
    batch: Sequence[Ticket],
    call: Future[None],
    keep: Callable[[Sequence[int], Rows], None],
    drop: Callable[[Ticket], None],
) -> None:
    """Settle the tickets of a batch that have no result when its request has ended.

    They get the exception of the request. Without one, the request was not made, since no body needed it any
    more: the tickets are dropped.
    """
    error = None if call.cancelled() else call.exception()
    rest = [place for place, ticket in enumerate(batch) if not ticket.ended]
    if error is not None and rest:
        keep(rest, [Failure(error)] * len(rest))
    else:
        for place in rest:
            drop(batch[place])


def is_for_one(raw: Raw) -> bool:
    """Return whether an answer can only have one reader, because it can neither be stored nor copied."""
    return type(raw) is Unstored and not raw.shared


def turns(
    handle: Handle, x: Any, key: bytes | None, claimed: Callable[[Handle, bytes], bool]
) -> Iterator[None]:
    """Yield while another process makes the same call, for :data:`PATIENCE` at most.

    The caller sleeps at each yield, in a thread or on an event loop. ``claimed`` claims the call for this
    process; it returns ``False`` if another process makes it. A handle may refuse: it raises its own error.
    """
    if handle.refusal is not None:
        raise handle.refusal(handle.model, x)
    answers = handle.answers
    if key is None or answers.claims is None or not handle.endpoint.claims:
        return
    end = Clock.monotonic() + PATIENCE
    while not claimed(handle, key) and Clock.monotonic() < end:
        if answers.find(key) is not None:
            return
        yield
        answers.reload()


_UNSAVED_SECONDS: Final = 0.005  # save once unsaved answers took this long, so that a kill loses little


class Unsaved:
    """Answers of all models that are not on disk yet. Safe from any thread.

    The main thread writes them itself. Another thread or an event loop, which may have further calls to make,
    leaves that to a thread of ours, which writes what arrives meanwhile in one transaction.
    """

    def __init__(self) -> None:
        self._answers: set[Answers] = set()
        self._seconds = 0.0
        self._lock, self._writing = threading.Lock(), threading.RLock()
        self._writer = ThreadPool(1, "modelcheck-writer")

    def note(self, answers: Answers, seconds: float) -> bool:
        """Add a model with a new answer, which took ``seconds``; return whether it is time to save."""
        with self._lock:
            self._answers.add(answers)
            self._seconds += seconds
            return self._seconds >= _UNSAVED_SECONDS

    def save(self, *, wait: bool = True) -> None:
        """Write everything; without ``wait``, any thread but the main one leaves that to ours and goes on."""
        if wait or threading.current_thread() is threading.main_thread():
            self._write()
        else:  # if this fails, so will the next one that waits
            self._writer.submit(self._write)

    def close(self) -> None:
        """Write everything, and end the thread that writes."""
        self.save()
        self._writer.close()

    def _write(self) -> None:
        with self._writing:
            with self._lock:
                unsaved, self._answers, self._seconds = self._answers, set(), 0.0
            try:
                # Outside the lock, so that other threads can note answers while these are written.
                for answers in unsaved:
                    answers.save()
            except BaseException:
                with self._lock:
                    self._answers |= unsaved  # interrupted: some answers may not be on disk
                raise


def offline_error(model: Model, x: Any) -> OfflineError:
    """Return the error of a call that has no cached answer in an offline run."""
    remedy = "Run once without --modelcheck-offline, or copy the cache of a run that did"
    if not model.answers.kept:
        remedy = (
            "Its answers are not kept between runs. That needs a version "
            f"(--model-version={model.name}=VERSION, or model_version in the ini file), and a fixture that "
            "takes model_version or names a fingerprint="
        )
    return OfflineError(
        f"{model.label} has no cached answer to {excerpt(x, 60)!r}, and --modelcheck-offline forbids "
        f"calling it. {remedy}"
    )
