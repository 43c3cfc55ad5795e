"""Handles, which answer a model's calls in a step, and tickets: calls, from their first thought to their end.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.calls.batches import Failure
from pytest_modelcheck.calls.endpoint import MIXED
from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import ModelError, OfflineError
from pytest_modelcheck.models.model import Unkept
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from pytest_modelcheck.calls.batches import Rows
    from pytest_modelcheck.calls.endpoint import Endpoint
    from pytest_modelcheck.models.model import Answers, Model, Raw

PATIENCE: Final = 30.0
"""Seconds that a call waits for another process or thread which makes the same."""


class Handle:
    """The way in which the calls of one model are answered in one step of a check.

    Attributes:
        model: The model that bodies call.
        acting: The model that is called: the same, or another version of it.
        answers: Where answers are found and stored.
        endpoint: How calls reach the acting model.
        judged: Whether its answers are recorded with the case.
        grades: Whether what it says is recorded beside them: of a judge that is not judged itself.
        refusal: Makes the error of a call whose answer is not at hand, where no call may be made.
        waiting: Calls that are to be made ahead, in batches.
        under_way: How many calls are being made ahead.
        found: Whether an answer was found in the cache since the last call.
    """

    __slots__ = (
        "acting",
        "answers",
        "endpoint",
        "found",
        "grades",
        "judged",
        "model",
        "refusal",
        "under_way",
        "waiting",
    )

    def __init__(
        self,
        model: Model,
        acting: Model,
        answers: Answers,
        endpoint: Endpoint,
        *,
        judged: bool = False,
        refusal: Callable[[Model, Any], Exception] | None = None,
    ) -> None:
        self.model = model
        self.acting = acting
        self.answers = answers
        self.endpoint = endpoint
        self.judged = judged
        self.grades = not judged and model.definition.role == "judge"
        self.refusal = refusal
        self.waiting: deque[Ticket] = deque()
        self.under_way = 0
        self.found = False

    def find(self, key: bytes | None) -> Raw | None:
        """The answer to a call, where it is at hand; it then counts as a success of the model."""
        if key is None:
            return None
        raw = self.answers.find(key)
        if raw is not None:
            self.found = True
        return raw

    def took_found(self) -> bool:
        """Return whether an answer was found since the last call, which begins now."""
        found, self.found = self.found, False
        return found


class Ticket:
    """One call: what is called with what, and its result.

    Attributes:
        handle: How the model is answered.
        x: The input.
        key: What the answer is stored under, or ``None`` where it is not.
        repeat: For which run of a trial.
        raw: The answer.
        error: What was raised in place of one.
        call: The call that makes it, once it has begun.
        foreseen: Whether it was to be made ahead of the bodies that need it.
        foreseen_by: The trials whose bodies are expected to make it, and have not yet.
        made: Whether any body has made it.
        then: Called when the answer is there.
        after_success: Whether an answer of the model was found in the cache just before.
    """

    __slots__ = (
        "after_success",
        "call",
        "error",
        "foreseen",
        "foreseen_by",
        "handle",
        "key",
        "made",
        "raw",
        "repeat",
        "then",
        "x",
    )

    def __init__(self, handle: Handle, x: Any, key: bytes | None, repeat: int) -> None:
        self.handle = handle
        self.x = x
        self.key = key
        self.repeat = repeat
        self.raw: Raw | None = None
        self.error: BaseException | None = None
        self.call: Future[None] | None = None
        self.foreseen = self.made = False
        self.foreseen_by: set[int] = set()
        self.then: Sequence[Callable[[Ticket], None]] = ()
        self.after_success = handle.took_found()

    @property
    def ended(self) -> bool:
        """True if there is an answer, or an error in its place."""
        return self.raw is not None or self.error is not None

    def awaited_result(self) -> Raw:
        """The answer, for whoever awaits it.

        Raises:
            BaseException: whatever the model raised. A coroutine that passes a ``GeneratorExit`` on is taken
                to be closed, and with it everything that awaits it: that becomes a :class:`ModelError`.
        """
        if isinstance(self.error, GeneratorExit):
            raise ModelError(f"{self.handle.acting.label} raised GeneratorExit") from self.error
        return self.result()

    @property
    def is_under_way(self) -> bool:
        """True if it has begun, and not ended."""
        return not (self.ended or self.call is None or self.call.done())

    @property
    def begun(self) -> bool:
        """True if the model has been called, or is being called."""
        return self.call is not None or self.ended or not self.foreseen

    def result(self) -> Raw:
        """The answer.

        Raises:
            BaseException: whatever the model raised.
        """
        if self.error is not None:
            raise self.error
        if self.raw is None:
            call = self.call
            if call is not None and call.done() and not call.cancelled() and (error := call.exception()):
                raise error
            raise ModelError(f"a call of {self.handle.acting.label} was ended from outside")
        return self.raw


def settle(ticket: Ticket, row: Any) -> None:
    """Store one answer, or take in what was raised in its place."""
    answers = ticket.handle.answers
    try:
        if type(row) is Measured:
            answers.measured(ticket.key, row)
            row = row.value
        if type(row) is Failure:
            ticket.error = row.error
        else:
            ticket.raw = answers.add(ticket.key, row)
    except Exception as refused:  # noqa: BLE001 - of the answer's own code, for instance; it is the answer of one case
        ticket.error = refused
    if ticket.error is not None and ticket.key is not None:
        answers.release([ticket.key])


def settle_rest(
    batch: Sequence[Ticket],
    call: Future[None],
    keep: Callable[[Sequence[int], Rows], None],
    drop: Callable[[Ticket], None],
) -> None:
    """Give those who wait what has ended a call before it could tell each input's own end.

    A call that nobody needed any more when its turn came was not made, and is dropped.
    """
    error = None if call.cancelled() else call.exception()
    rest = [place for place, ticket in enumerate(batch) if not ticket.ended]
    if error is not None and rest:
        keep(rest, [Failure(error)] * len(rest))
    else:
        for place in rest:
            drop(batch[place])


def repeat_of(batch: Sequence[Ticket]) -> int:
    """The repeat that a batch is called for."""
    first = batch[0].repeat
    return first if all(ticket.repeat == first for ticket in batch) else MIXED


def is_for_one(raw: Raw) -> bool:
    """Return whether an answer can have one reader only: it can neither be stored nor copied."""
    return type(raw) is Unkept and not raw.shared


def takes_last(ticket: Ticket, trial: int | None = None) -> bool:
    """Return whether the body of a trial may have the result of a call that was made by somebody else.

    An error of a call that was foreseen reaches each body that was expected to make the call, once: a body
    that calls again after an error means it. An answer that cannot be copied is for one body. What ends a
    call of the body's own reaches all that waited for it.
    """
    if ticket.error is None and (ticket.raw is None or not is_for_one(ticket.raw)):
        return ticket.raw is not None
    if not ticket.foreseen:
        return ticket.error is not None
    if trial not in ticket.foreseen_by:
        return False
    ticket.made = True
    if ticket.error is None:
        ticket.foreseen_by.clear()
    else:
        ticket.foreseen_by.discard(trial)
    return True


def turns(
    handle: Handle, x: Any, key: bytes | None, claimed: Callable[[Handle, bytes], bool]
) -> Iterator[None]:
    """Something to wait for, while another process makes the same call; but not for ever.

    Args:
        handle: How the model is answered.
        x: The input.
        key: What the answer is stored under.
        claimed: Claims the call for this process, or says that another one makes it.

    Raises:
        OfflineError: no call may be made.
    """
    if handle.refusal is not None:
        raise handle.refusal(handle.model, x)
    answers = handle.answers
    if key is None or answers.claims is None or not handle.endpoint.claims:
        return
    end = time.monotonic() + PATIENCE
    while not claimed(handle, key) and time.monotonic() < end:
        if answers.find(key) is not None:
            return
        yield
        answers.reload()


def offline_error(model: Model, x: Any) -> OfflineError:
    """Why a call cannot be answered offline."""
    return OfflineError(
        f"{model.label} has no cached answer to {excerpt(x, 60)!r}, and --modelcheck-offline forbids "
        "calling it. Run once without --modelcheck-offline, or bring the prediction cache of a run that did"
    )
