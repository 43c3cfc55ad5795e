"""Runs one-case ``async`` bodies by the hundred, as tasks on the event loop that owns the test.

Tasks interleave at every ``await``, whether we like it or not. So the first body runs alone: if it asks
its model inside a ``with`` block, or the loop is not asyncio's, the others run alone too.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from sys import _getframe
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.asks import POLL, Ask, by_model, chunks, refusal, rows_of, sorted_out
from pytest_modelcheck.engine.frames import block_between
from pytest_modelcheck.engine.loops import asyncio_runs
from pytest_modelcheck.engine.view import CaseView, Result, conclude, is_new, refuse_case, settled
from pytest_modelcheck.engine.work import NOT_PUT, WINDOW, Failures, Run, Work, current_view
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator, Iterable, Iterator

    from pytest_modelcheck.engine.dispatch import Dispatcher
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial


class _AtHand:
    """An answer that is awaited although it is there already."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "<an answer that nobody awaited: write await>"

    def __await__(self) -> Generator[None, None, Any]:
        yield from ()  # awaiting asks for a generator
        return self._value


class TaskConductor:
    """Runs the ``async`` bodies of one check."""

    def __init__(self, work: Work, dispatcher: Dispatcher) -> None:
        self.work = work
        self.dispatcher = dispatcher
        self.asks = 0
        self.direct: Counter[str] = Counter()
        self._alone: str | None = "interleave=False" if work.interleave is False else None
        self._results: list[Result] = []
        self._failures = Failures(work)
        self._waiting: dict[tuple[int, bytes], asyncio.Future[Raw]] = {}
        self._unsent: list[Ask] = []
        self._slots: dict[int, asyncio.Semaphore] = {}
        self._senders: set[asyncio.Task[None]] = set()

    async def run(self, trials: Iterable[Trial]) -> Run:
        """Run the body of every trial."""
        upcoming = iter(trials)
        if not asyncio_runs():
            self._alone = "the event loop is not asyncio's"
        try:
            await self._conduct(upcoming)
        finally:
            self.dispatcher.save()
        return self._failures.run_of(self._results, self.asks, self.direct)

    def ask(self, view: CaseView, model: Model, x: Any, slot: int | None = None) -> Awaitable[Any]:
        """Answer a call of a body, for its own run or for the one that ``slot`` says.

        What comes back is awaited.
        """
        self.asks += 1
        refuse_case(model, x)
        view._result.called = True  # noqa: SLF001 - whether it is awaited, is not known yet
        slot = view._trial.repeat if slot is None else slot  # noqa: SLF001
        key = model.key(x, slot)
        raw = None if key is None else model.answers.find(key)
        if raw is not None:
            return _AtHand(self._seen(view, model, key, raw))
        if self._alone is None and self.work.interleave == "auto":
            self._alone = block_between(_getframe(2), TaskConductor._perform.__code__)
        return self._answer(view, model, settled(x, key), key, slot)

    async def _conduct(self, trials: Iterator[Trial]) -> None:
        first = next(trials, None)
        if first is not None:
            await self._perform(first)
        if self._alone is not None:
            for trial in trials:
                await self._perform(trial)
            return
        running: set[asyncio.Task[None]] = set()
        try:
            for trial in trials:
                if len(running) >= WINDOW:
                    running = await self._some(running)
                running.add(asyncio.create_task(self._perform(trial)))
            while running:
                running = await self._some(running)
        finally:
            for task in [*running, *self._senders]:
                task.cancel()
            await asyncio.gather(*running, *self._senders, return_exceptions=True)

    @staticmethod
    async def _some(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        done, rest = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return rest

    async def _perform(self, trial: Trial) -> None:
        work = self.work
        view = CaseView(trial, work)
        current_view.set(view)
        error: BaseException | None = None
        outcome = Outcome.PASSED
        try:
            await work.body(view)
        except BaseException as raised:
            meaning = Outcome.NEW if is_new(raised) else work.classify(raised)
            if meaning is None:
                raise
            error, outcome = None if meaning is Outcome.NEW else raised, meaning
        self._finish(conclude(view, outcome, error, work.subject.name))

    def _finish(self, result: Result) -> None:
        self._failures.note(result)
        if self.work.take is None:
            self._results.append(result)
        else:
            self.work.take((result,))
        if self.work.progress is not None:
            self.work.progress()

    def _seen(self, view: CaseView, model: Model, key: bytes | None, raw: Raw) -> Any:
        if model is self.work.subject:
            raw = view._answered(key, raw)  # noqa: SLF001
        return model.answers.decode(raw)

    async def _answer(self, view: CaseView, model: Model, x: Any, key: bytes | None, slot: int) -> Any:
        if model is self.work.subject:
            view._result.unanswered = True  # noqa: SLF001 - for now; for good, where the model breaks
        try:
            if self._alone is not None:
                self.direct[self._alone] += 1
                raw = await self.dispatcher.answer_async(model, x, key, slot)
            else:
                raw = await self._gather(model, x, key, slot)
        except NOT_PUT as error:
            view._refused(error)  # noqa: SLF001
            raise
        return self._seen(view, model, key, raw)

    def _gather(self, model: Model, x: Any, key: bytes | None, slot: int) -> asyncio.Future[Raw]:
        """Join the question to those that other bodies ask in the same turn of the loop."""
        if self.dispatcher.offline:
            raise refusal(model, x)
        place = None if key is None else (id(model), key)
        future = None if place is None else self._waiting.get(place)
        if future is None:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            if place is not None:
                self._waiting[place] = future
            if not self._unsent:
                loop.call_soon(self._send)
            asked = Ask(model, x, key, None, slot)
            asked.waiters.append(future)
            self._unsent.append(asked)
        return future

    def _send(self) -> None:
        """Send what was gathered: every body that could run has run up to its question by now."""
        unsent, self._unsent = self._unsent, []
        for model, asks in by_model(unsent):
            for chunk in chunks(asks, self.dispatcher.line(model).sizes.size):
                sender = asyncio.create_task(self._call(model, chunk))
                self._senders.add(sender)
                sender.add_done_callback(self._senders.discard)

    async def _call(self, model: Model, chunk: list[Ask]) -> None:
        line, answers = self.dispatcher.line(model), model.answers
        slots = self._slots.setdefault(id(model), asyncio.Semaphore(line.concurrency))
        others = chunk
        while others:
            async with slots:
                ours, others = others, []
                found: list[Ask] = []
                if answers.claims is not None and line.claims:
                    ours, found, others = sorted_out(answers, ours)
                if ours:
                    start = time.perf_counter()
                    rows = await rows_of(line, ours)
                    self.dispatcher.settle(line, ours, rows, time.perf_counter() - start)
            self._wake([*found, *ours])
            if others:
                await asyncio.sleep(POLL)

    def _wake(self, answered: list[Ask]) -> None:
        for asked in answered:
            future = asked.waiters[0]
            if asked.key is not None:
                del self._waiting[(id(asked.model), asked.key)]
            if future.cancelled():
                continue
            if asked.error is not None:
                future.set_exception(asked.error)
            else:
                future.set_result(asked.raw)
