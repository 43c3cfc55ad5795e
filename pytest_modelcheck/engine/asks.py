"""Questions to models: who waits for them, which belong together, and which somebody else is asking already.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.engine.nesting import answering, slot_of
from pytest_modelcheck.errors import ModelError, OfflineError
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from pytest_modelcheck.engine.isolate import Answered
    from pytest_modelcheck.engine.line import Line
    from pytest_modelcheck.models.model import Answers, Model, Raw


POLL = 0.02
"""Seconds between two looks at what other processes have answered."""

_PATIENCE = 30.0  # seconds that a call which cannot be suspended waits for another process


class Ask:
    """One question to one model, and who waits for the answer.

    Attributes:
        answers: Where the answer is kept, which is settled when it is asked: a later step of a check may
            put others in their place.
        place: What tells it from other questions, or ``None`` where nobody else can ask the same.
        call: The call that asks it, where it was asked ahead.
        batch: Everything that is asked in that call.
        sequel: Told of the answer, where it was asked ahead.
        slot: Which of several answers is asked for; what the model asks other models is asked for the same.
    """

    __slots__ = (
        "answers",
        "batch",
        "call",
        "error",
        "key",
        "model",
        "place",
        "raw",
        "sequel",
        "slot",
        "waiters",
        "x",
    )

    def __init__(
        self,
        model: Model,
        x: Any,
        key: bytes | None,
        sequel: Callable[[Ask], None] | None = None,
        slot: int = 0,
    ) -> None:
        self.model = model
        self.answers = model.answers
        self.x = x
        self.key = key
        self.place = None if key is None else (id(model.answers), key)
        self.raw: Raw | None = None
        self.error: Exception | None = None
        self.waiters: list[Any] = []
        self.sequel = sequel
        self.slot = slot
        self.call: Future[Answered] | None = None
        self.batch: list[Ask] = []

    @property
    def settled(self) -> bool:
        """Whether it is answered, be it by an error."""
        return self.raw is not None or self.error is not None

    def calls(self) -> list[Future[Answered]]:
        """The call that asks it, where it was asked ahead."""
        return [] if self.call is None else [self.call]

    def rows(self) -> Answered:
        """What came of that call, for its whole batch; nothing where it was ended from outside."""
        call = self.call
        return [] if call is None or call.cancelled() or call.exception() is not None else call.result()

    def result(self) -> Raw:
        """The answer, or whatever the model raised."""
        if self.error is not None:
            raise self.error
        if self.raw is None:
            raise LookupError("the answer is not there yet")
        return self.raw


class Lane:
    """What is being asked of one model: questions that wait for a call, and calls under way."""

    __slots__ = ("elsewhere", "line", "model", "under_way", "unsent")

    def __init__(self, model: Model, line: Line) -> None:
        self.model = model
        self.line = line
        self.unsent: deque[Ask] = deque()
        self.elsewhere: list[Ask] = []  # what other processes ask at this moment
        self.under_way = 0

    def next_batch(self, answered: list[Ask]) -> list[Ask]:
        """What the next call asks for.

        Nothing while all calls are taken, where a batch may still grow, or another process may be faster.
        """
        shared = self.model.answers.claims is not None and self.line.claims
        if (shared or self.model.caller.batch) and self.under_way >= self.line.concurrency:
            return []
        unsent = self.unsent
        while unsent:
            batch = [unsent.popleft() for _ in range(min(len(unsent), self.line.sizes.size))]
            if not shared:
                return batch
            batch, found, others = sorted_out(self.model.answers, batch)
            answered += found
            self.elsewhere += others
            if batch:
                return batch
        return []


def sorted_out(answers: Answers, asks: list[Ask]) -> tuple[list[Ask], list[Ask], list[Ask]]:
    """Which of some questions are ours to ask, which are answered by now, and which another process asks."""
    claimed: list[Ask] = []
    others: list[Ask] = []
    for asked in asks:
        mine = asked.key is None or answers.claim(asked.key)
        (claimed if mine else others).append(asked)
    answers.reload()  # after the claim: what was answered before it is seen now
    ours = [asked for asked in claimed if not found_meanwhile(asked)]
    found = [asked for asked in claimed if asked.raw is not None]
    answers.release([asked.key for asked in found if asked.key is not None])
    return ours, found, others


def found_meanwhile(asked: Ask) -> bool:
    """Whether a question is answered by now."""
    if asked.key is not None:
        asked.raw = asked.answers.find(asked.key)
    return asked.raw is not None


def by_model(asks: list[Ask]) -> Iterator[tuple[Model, list[Ask]]]:
    """Asks by the model that they are for, in order of appearance."""
    groups: dict[int, list[Ask]] = {}
    for asked in asks:
        groups.setdefault(id(asked.model), []).append(asked)
    for group in groups.values():
        yield group[0].model, group


def chunks(asks: list[Ask], size: int) -> Iterator[list[Ask]]:
    """Asks in batches of at most ``size``."""
    for start in range(0, len(asks), size):
        yield asks[start : start + size]


def refusal(model: Model, x: Any) -> OfflineError:
    """Why a question cannot be answered offline."""
    return OfflineError(
        f"{model.label} has no remembered answer to {excerpt(x, 60)!r}, and --modelcheck-offline forbids "
        "calling it. Run once without --modelcheck-offline, or bring the prediction cache of a run that did"
    )


def turns(line: Line, model: Model, key: bytes | None) -> Iterator[None]:
    """Something to wait for, while another process asks what is to be asked here; but not for ever."""
    answers = model.answers
    if key is None or answers.claims is None or not line.claims:
        return
    until = time.monotonic() + _PATIENCE
    while not answers.claim(key) and time.monotonic() < until:
        yield
        answers.reload()
        if answers.find(key) is not None:
            return
    answers.reload()


async def rows_of(line: Line, batch: list[Ask]) -> Answered:
    """Answers, on the event loop that runs here, which is not held up by a model that has threads."""
    caller, inputs, slot = batch[0].model.caller, [asked.x for asked in batch], slot_of(batch)
    with answering(slot):
        if caller.awaited:
            return await line.ask_async(caller, inputs)
        if not line.threaded:
            return line.ask(caller, inputs)
    import asyncio

    return await asyncio.wrap_future(line.submit(caller, inputs, lambda: True, slot=slot))


def unwrapped(answers: Answers, asked: Ask, row: Any) -> Any:
    """An answer without what is known of its cost, which is remembered beside it."""
    if type(row) is not Measured:
        return row
    answers.measured(asked.key, row)
    return row.value


def cancelled(model: Model) -> ModelError:
    """Why a call has no answer that somebody else ended."""
    return ModelError(f"a call of {model.label} was cancelled from outside, so that it has no answer")


def is_called_here(lane: Lane) -> bool:
    """Whether calls are made by the thread that asks, which then waits for them."""
    return not lane.model.caller.awaited and not lane.line.threaded
