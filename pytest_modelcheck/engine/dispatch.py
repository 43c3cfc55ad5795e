"""Everything that is being asked, answered: deduplicated, batched, called, remembered.

Nothing here knows what a body is. Whoever needs answers submits asks, and collects the answered ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.asks import POLL, Ask, Lane, by_model, found_meanwhile, refusal
from pytest_modelcheck.engine.budget import Allowance
from pytest_modelcheck.engine.isolate import Answered, Failure
from pytest_modelcheck.engine.line import Line
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from pytest_modelcheck.engine.loop import LoopThread
    from pytest_modelcheck.models.model import Answers, Model, Raw

    _Done = tuple["Lane", list["Ask"], Answered | BaseException, float]

_UNSAVED_SECONDS = 0.005  # at most this much of a model's time is lost when the process is killed
_PATIENCE = 30.0  # seconds that a call which cannot be suspended waits for another process
_WRAPPED = (Measured, Failure)


class Dispatcher:
    """Calls models for a session. One thread submits and collects; :meth:`answer` is for any thread.

    Args:
        offline: Whether calling a model is forbidden.
        allowance: The calls that the run may make; ``None`` for any number.
        workers: How many processes share rates and budgets.

    Attributes:
        offline: Whether calling a model is forbidden.
        tick: Called now and then while answers are awaited.
        parked: How many bodies wait for an answer.
    """

    def __init__(
        self, *, offline: bool = False, allowance: Allowance | None = None, workers: int = 1
    ) -> None:
        self.offline = offline
        self.tick: Callable[[], None] = lambda: None
        self.parked = 0
        self._allowance = allowance or Allowance()
        self._workers = workers
        self._lines: dict[tuple[str, str | None, str | None], Line] = {}
        self._waiting: dict[tuple[int, bytes], Ask] = {}
        self._unsent: deque[Ask] = deque()
        self._lanes: dict[Model, Lane] = {}
        self._under_way = 0
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._loop: LoopThread | None = None
        self._semaphores: dict[Line, asyncio.Semaphore] = {}
        self._unsaved: set[Model] = set()
        self._unsaved_seconds = 0.0
        self._lock = threading.RLock()

    def line(self, model: Model) -> Line:
        """The way to a model: one for each version, however often its fixture is set up."""
        place = (model.name, model.version, model.fingerprint)
        line = self._lines.get(place)
        if line is None:
            with self._lock:
                line = self._lines.get(place)
                if line is None:
                    line = self._lines[place] = Line(model, self._allowance, self._workers)
        return line

    # -- asks that are gathered ------------------------------------------------------------------

    def submit(self, model: Model, x: Any, key: bytes | None, waiter: Any) -> None:
        """Put a question in the queue, or join the one that asks the same."""
        if self.offline:
            raise refusal(model, x)
        place = None if key is None else (id(model), key)
        found = None if place is None else self._waiting.get(place)
        if found is None:
            found = Ask(model, x, key)
            self._unsent.append(found)
            if place is not None:
                self._waiting[place] = found
        found.waiters.append(waiter)
        self.parked += 1

    def collect(self) -> list[Ask]:
        """Send what is unsent, and give back what has been answered: at least one ask, if any waits."""
        answered = self._send()
        if not answered:
            answered += self._next_answered()
        while not self._done.empty():
            answered += self._receive(*self._done.get())
        for asked in answered:
            self.parked -= len(asked.waiters)
            if asked.key is not None:
                del self._waiting[(id(asked.model), asked.key)]
        return answered

    def forget(self) -> None:
        """Drop every question that is not answered yet; what is under way is not waited for."""
        done, self._done = self._done, SimpleQueue()
        self._waiting.clear()
        self._unsent.clear()
        lanes, self._lanes = self._lanes, {}
        self._under_way = self.parked = 0
        while not done.empty():  # what was answered is paid for
            lane, chunk, rows, seconds = done.get()
            if rows and not isinstance(rows, BaseException):
                self.settle(lane.line, chunk, rows, seconds)
        for lane in lanes.values():
            lane.model.answers.release()

    # -- asks that cannot wait -------------------------------------------------------------------

    def answer(self, model: Model, x: Any, key: bytes | None) -> Raw:
        """Answer one question here and now, in whatever thread this is."""
        if self.offline:
            raise refusal(model, x)
        line = self.line(model)
        for _ in self._turns(line, model, key):
            time.sleep(POLL)
        asked = Ask(model, x, key)
        if model.answers.claims is not None and found_meanwhile(asked):
            return asked.result()
        start = time.perf_counter()
        if model.caller.awaited:
            rows: Answered = self.loop().submit(self._limited(line, model, [x])).result()
        else:
            rows = line.ask(model.caller, [x])
        return self._settled(line, asked, rows, time.perf_counter() - start)

    async def answer_async(self, model: Model, x: Any, key: bytes | None) -> Raw:
        """Answer one question on the event loop that runs here, under the model's own limit."""
        if self.offline:
            raise refusal(model, x)
        import asyncio

        line = self.line(model)
        for _ in self._turns(line, model, key):
            await asyncio.sleep(POLL)
        asked = Ask(model, x, key)
        if model.answers.claims is not None and found_meanwhile(asked):
            return asked.result()
        start = time.perf_counter()
        rows = await self.rows_of(line, model, [x])
        return self._settled(line, asked, rows, time.perf_counter() - start)

    async def rows_of(self, line: Line, model: Model, inputs: list[Any]) -> Answered:
        """Answers, on the event loop that runs here, which is not held up by a model that has threads."""
        if model.caller.awaited:
            return await line.ask_async(model.caller, inputs)
        if not line.threaded:
            return line.ask(model.caller, inputs)
        import asyncio

        return await asyncio.wrap_future(line.submit(model.caller, inputs, lambda: True))

    def save(self) -> None:
        """Write every answer that is not on disk yet."""
        with self._lock:
            for model in self._unsaved:
                model.answers.save()
            self._unsaved.clear()
            self._unsaved_seconds = 0.0

    def part_with(self, model: Model) -> None:
        """Finish what concerns a model as it is, before it becomes another version."""
        with self._lock:
            self.save()
            self._lanes.pop(model, None)

    def asked_of(self, model: Model) -> int:
        """How many answers a model was asked for so far."""
        return self.line(model).meter.asked

    def loop(self) -> LoopThread:
        """The event loop for models that are awaited, started at first use."""
        from pytest_modelcheck.engine.loop import LoopThread

        with self._lock:
            if self._loop is None:
                self._loop = LoopThread()
        return self._loop

    def close(self) -> None:
        """End threads and the event loop; calls that hang are left behind."""
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    # -- how ---------------------------------------------------------------------------------------

    def _send(self) -> list[Ask]:
        answered: list[Ask] = []
        unsent = list(self._unsent)
        self._unsent.clear()
        lanes: list[Lane] = []
        for model, asks in by_model(unsent):
            model.answers.reload()
            lane = self._lane(model)
            for asked in asks:
                (answered if found_meanwhile(asked) else lane.unsent).append(asked)
            lanes.append(lane)
        # Those first that are under way while others, which are called here, are waited for.
        for lane in sorted(lanes, key=_is_called_here):
            answered += self._advance(lane)
        return answered

    def _lane(self, model: Model) -> Lane:
        lane = self._lanes.get(model)
        if lane is None:
            lane = self._lanes[model] = Lane(model, self.line(model))
        return lane

    def _advance(self, lane: Lane) -> list[Ask]:
        """Begin as many calls as may be under way, or make them here; give back what is answered."""
        answered: list[Ask] = []
        here = _is_called_here(lane)
        while batch := lane.next_batch(answered):
            if not here:
                self._start(lane, batch)
                continue
            start = time.perf_counter()
            rows = lane.line.ask(lane.model.caller, [asked.x for asked in batch])
            answered += self.settle(lane.line, batch, rows, time.perf_counter() - start)
            self.tick()
        return answered

    def _look_elsewhere(self) -> list[Ask]:
        """What other processes have answered meanwhile; what they have left is asked here."""
        answered: list[Ask] = []
        for lane in self._lanes.values():
            if lane.elsewhere:
                others, lane.elsewhere = lane.elsewhere, []
                lane.model.answers.reload()
                for asked in others:
                    (answered if found_meanwhile(asked) else lane.unsent).append(asked)
                answered += self._advance(lane)
        return answered

    def _start(self, lane: Lane, batch: list[Ask]) -> None:
        model, line, done = lane.model, lane.line, self._done
        inputs = [asked.x for asked in batch]
        self._under_way += 1
        lane.under_way += 1
        start = time.perf_counter()

        def finished(future: Future[Answered]) -> None:
            if future.cancelled():
                done.put((lane, batch, _cancelled(model), 0.0))
                return
            error = future.exception()
            seconds = time.perf_counter() - start
            done.put((lane, batch, error if error is not None else future.result(), seconds))

        if model.caller.awaited:
            future: Future[Answered] = self.loop().submit(self._limited(line, model, inputs))
        else:
            future = line.submit(model.caller, inputs, lambda: done is self._done)
        future.add_done_callback(finished)

    async def _limited(self, line: Line, model: Model, inputs: list[Any]) -> Answered:
        async with self._slots(line):
            return await line.ask_async(model.caller, inputs)

    def _slots(self, line: Line) -> Any:
        import asyncio

        slots = self._semaphores.get(line)
        if slots is None:
            slots = self._semaphores[line] = asyncio.Semaphore(line.concurrency)
        return slots

    def _next_answered(self) -> list[Ask]:
        """Wait until anything that is under way is answered, here or elsewhere."""
        while True:
            elsewhere = any(lane.elsewhere for lane in self._lanes.values())
            if not self._under_way and not elsewhere:
                return []
            try:
                answered = self._receive(*self._done.get(timeout=POLL if elsewhere else 0.1))
            except Empty:
                self.tick()
                answered = self._look_elsewhere() if elsewhere else []
            if answered:
                return answered

    def _receive(
        self, lane: Lane, chunk: list[Ask], rows: Answered | BaseException, seconds: float
    ) -> list[Ask]:
        self._under_way -= 1
        lane.under_way -= 1
        if isinstance(rows, BaseException):
            raise rows
        return [*self._advance(lane), *self.settle(lane.line, chunk, rows, seconds)]

    def _turns(self, line: Line, model: Model, key: bytes | None) -> Iterator[None]:
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

    def _settled(self, line: Line, asked: Ask, rows: Answered, seconds: float) -> Raw:
        with self._lock:
            self.settle(line, [asked], rows, seconds)
        return asked.result()

    def settle(self, line: Line, chunk: list[Ask], rows: Answered, seconds: float) -> list[Ask]:
        """Give each ask its answer, and remember it. ``seconds`` is how long the model took."""
        model = chunk[0].model
        answers = model.answers
        if line.measured or type(rows[0]) in _WRAPPED:
            rows = [_unwrapped(answers, asked, row) for asked, row in zip(chunk, rows, strict=True)]
        for asked, row in zip(chunk, rows, strict=True):
            if isinstance(row, Failure):
                asked.error = row.error
                if asked.key is not None:
                    answers.release([asked.key])
            else:
                asked.raw = answers.add(asked.key, row)
        self._unsaved.add(model)
        self._unsaved_seconds += seconds
        if self._unsaved_seconds >= _UNSAVED_SECONDS or (answers.claims is not None and line.claims):
            self.save()
        return chunk


def _unwrapped(answers: Answers, asked: Ask, row: Any) -> Any:
    """An answer without what is known of its cost, which is remembered beside it."""
    if type(row) is not Measured:
        return row
    answers.measured(asked.key, row)
    return row.value


def _cancelled(model: Model) -> ModelError:
    return ModelError(f"a call of {model.label} was cancelled from outside, so that it has no answer")


def _is_called_here(lane: Lane) -> bool:
    """Whether calls are made by the thread that asks, which then waits for them."""
    return not lane.model.caller.awaited and not lane.line.threaded
