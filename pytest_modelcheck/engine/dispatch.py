"""Everything that is being asked, answered: deduplicated, batched, called, remembered.

Nothing here knows what a body is. Whoever needs answers submits asks, and collects the answered ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import wait
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.ahead import Ahead
from pytest_modelcheck.engine.asks import (
    POLL,
    Ask,
    Lane,
    by_model,
    cancelled,
    found_meanwhile,
    is_called_here,
    refusal,
    rows_of,
    turns,
    unwrapped,
)
from pytest_modelcheck.engine.budget import Allowance
from pytest_modelcheck.engine.isolate import Answered, Failure
from pytest_modelcheck.engine.line import Line
from pytest_modelcheck.engine.nesting import answering, slot_of
from pytest_modelcheck.engine.questions import Questions
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.usage import Measured

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pytest_modelcheck.engine.loop import LoopThread
    from pytest_modelcheck.engine.meter import Meter
    from pytest_modelcheck.models.model import Answers, Model, Raw

    _Done = tuple["Lane", list["Ask"], Answered | BaseException, float]

_UNSAVED_SECONDS = 0.005  # at most this much of a model's time is lost when the process is killed
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
        ahead: What is asked for checks that have not begun.
        questions: What is being asked, and by whom.
        slot: For which run a model is called that is called here (see ``engine.nesting``).
    """

    def __init__(
        self, *, offline: bool = False, allowance: Allowance | None = None, workers: int = 1
    ) -> None:
        self.offline = offline
        self.tick: Callable[[], None] = lambda: None
        self.parked = self.slot = 0
        self.ahead = Ahead(self)
        self._allowance = allowance or Allowance()
        self._workers = workers
        self._lines: dict[tuple[str, str | None, str | None], Line] = {}
        self.questions = Questions()
        self._unsent: deque[Ask] = deque()
        self._lanes: dict[Model, Lane] = {}
        self._under_way = 0
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._loop: LoopThread | None = None
        self._unsaved: set[Answers] = set()
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

    def submit(self, model: Model, x: Any, key: bytes | None, waiter: Any, slot: int = 0) -> None:
        """Put a question in the queue, or join the one that asks the same."""
        if self.offline:
            raise refusal(model, x)
        found = self.questions.join(model, key)
        if found is None:
            found = Ask(model, x, key, None, slot)
            self._unsent.append(found)
            self.questions.add(found)
        found.waiters.append(waiter)
        self.parked += 1

    def collect(self) -> list[Ask]:
        """Send what is unsent, and give back what has been answered: at least one ask, if any waits."""
        answered = self.questions.broken() + self._send()
        self.ahead.top_up()
        if not answered:
            answered += self._next_answered()
        while not self._done.empty():
            answered += self._receive(self._done.get())
        for asked in answered:
            self.parked -= len(asked.waiters)
        self.questions.drop(answered)
        return answered

    def forget(self) -> None:
        """Drop every question that is waited for and not answered yet; what is under way is left behind."""
        if self.parked or self._unsent:
            self._forget_all()
        under_way = {model: lane for model, lane in self._lanes.items() if lane.under_way}
        for model in self._lanes.keys() - under_way.keys():
            model.answers.release()
        self._lanes = under_way

    def _forget_all(self) -> None:
        done, self._done = self._done, SimpleQueue()
        self.questions.clear()
        self._unsent.clear()
        self.ahead.clear()
        self._under_way = self.parked = 0
        for lane in self._lanes.values():
            lane.under_way = 0
        while not done.empty():  # what was answered is paid for
            lane, chunk, rows, seconds = done.get()
            if rows and not isinstance(rows, BaseException) and not chunk[0].settled:
                self.settle(lane.line, chunk, rows, seconds)

    # -- asks for checks that have not begun -------------------------------------------------------

    def look_ahead(self) -> None:
        """Take in what was answered ahead, and ask on."""
        while not self._done.empty():
            self._receive(self._done.get())
        self.ahead.top_up()

    def room(self, model: Model) -> bool:
        """Whether one more call of a model may be under way, and no body waits to make one."""
        lane = self._lane(model)
        return lane.under_way < lane.line.concurrency and not lane.unsent

    def start_ahead(self, batch: list[Ask], meter: Meter) -> None:
        """Make a call for questions that no body waits for yet."""
        self._start(self._lane(batch[0].model), batch, meter)

    # -- asks that cannot wait -------------------------------------------------------------------

    def answer(self, model: Model, x: Any, key: bytes | None, slot: int = 0) -> Raw:
        """Answer one question here and now, in whatever thread this is."""
        if self.offline:
            raise refusal(model, x)
        line = self.line(model)
        if (begun := self.questions.asked_ahead(model, key)) is not None:
            wait(begun.calls())
            if self._taken_over(line, begun):
                return begun.result()
        for _ in turns(line, model, key):
            time.sleep(POLL)
        asked = Ask(model, x, key, None, slot)
        if model.answers.claims is not None and found_meanwhile(asked):
            return asked.result()
        start = time.perf_counter()
        if model.caller.awaited:
            rows: Answered = self.loop().submit(self._limited(line, [asked], None)).result()
        else:
            with answering(slot):
                rows = line.ask(model.caller, [x])
        return self._settled(line, asked, rows, time.perf_counter() - start)

    async def answer_async(self, model: Model, x: Any, key: bytes | None, slot: int = 0) -> Raw:
        """Answer one question on the event loop that runs here, under the model's own limit."""
        if self.offline:
            raise refusal(model, x)
        import asyncio

        line = self.line(model)
        if (begun := self.questions.asked_ahead(model, key)) is not None:
            for call in begun.calls():
                await asyncio.wait([asyncio.wrap_future(call)])
            if self._taken_over(line, begun):
                return begun.result()
        for _ in turns(line, model, key):
            await asyncio.sleep(POLL)
        asked = Ask(model, x, key, None, slot)
        if model.answers.claims is not None and found_meanwhile(asked):
            return asked.result()
        start = time.perf_counter()
        rows = await rows_of(line, [asked])
        return self._settled(line, asked, rows, time.perf_counter() - start)

    def _taken_over(self, line: Line, begun: Ask) -> bool:
        """Whether what was asked ahead is answered now; not, where its call was ended from outside."""
        with self._lock:
            if not begun.settled and (rows := begun.rows()):
                self.settle(line, begun.batch, rows, 0.0)
            if begun.error is not None:
                self.questions.drop([begun])  # heard here, and not to be heard again
            return begun.settled

    def save(self) -> None:
        """Write every answer that is not on disk yet."""
        with self._lock:
            for answers in self._unsaved:
                answers.save()
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
        for lane in sorted(lanes, key=is_called_here):
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
        here = is_called_here(lane)
        while batch := lane.next_batch(answered):
            if not here:
                self._start(lane, batch)
                continue
            start = time.perf_counter()
            self.slot = slot_of(batch)
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

    def _start(self, lane: Lane, batch: list[Ask], meter: Meter | None = None) -> None:
        model, line, done = lane.model, lane.line, self._done
        self._under_way += 1
        lane.under_way += 1
        start = time.perf_counter()

        def finished(future: Future[Answered]) -> None:
            if future.cancelled():
                done.put((lane, batch, cancelled(model), 0.0))
                return
            error = future.exception()
            seconds = time.perf_counter() - start
            done.put((lane, batch, error if error is not None else future.result(), seconds))

        if model.caller.awaited:
            future: Future[Answered] = self.loop().submit(self._limited(line, batch, meter))
        else:
            inputs, slot = [asked.x for asked in batch], slot_of(batch)
            future = line.submit(model.caller, inputs, lambda: done is self._done, meter, slot=slot)
        for asked in batch if meter is not None else ():
            asked.call, asked.batch = future, batch
        future.add_done_callback(finished)

    async def _limited(self, line: Line, batch: list[Ask], meter: Meter | None) -> Answered:
        async with line.slots:
            with line.counting(meter), answering(slot_of(batch)):
                return await line.ask_async(batch[0].model.caller, [asked.x for asked in batch])

    def _next_answered(self) -> list[Ask]:
        """Wait until anything that is under way is answered, here or elsewhere."""
        while True:
            elsewhere = any(lane.elsewhere for lane in self._lanes.values())
            if not self.parked or not (self._under_way or elsewhere):
                return []
            try:
                answered = self._receive(self._done.get(timeout=POLL if elsewhere else 0.1))
                self.ahead.top_up()
            except Empty:
                self.tick()
                answered = self._look_elsewhere() if elsewhere else []
            if answered:
                return answered

    def _receive(self, done: _Done) -> list[Ask]:
        lane, chunk, rows, seconds = done
        self._under_way -= 1
        lane.under_way -= 1
        if isinstance(rows, BaseException):
            if any(asked.waiters or asked.sequel is None for asked in chunk):
                raise rows
            self.questions.drop(chunk)  # the check that it was asked for will ask it, and end as that ends
            return self._advance(lane)
        started = self._advance(lane)
        with self._lock:  # a thread of a body's own may take it over just now
            if not chunk[0].settled:
                self.settle(lane.line, chunk, rows, seconds)
        return [*started, *filter(self._is_waited_for, chunk)]

    def _is_waited_for(self, asked: Ask) -> bool:
        """Whether anybody waits for a question; one that was asked ahead goes on to what follows it."""
        if asked.sequel is not None:
            asked.sequel(asked)
            if not asked.waiters and asked.error is None:
                self.questions.drop([asked])
        return asked.sequel is None or bool(asked.waiters)

    def _settled(self, line: Line, asked: Ask, rows: Answered, seconds: float) -> Raw:
        with self._lock:
            self.settle(line, [asked], rows, seconds)
        return asked.result()

    def settle(self, line: Line, chunk: list[Ask], rows: Answered, seconds: float) -> list[Ask]:
        """Give each ask its answer, and remember it. ``seconds`` is how long the model took."""
        answers = chunk[0].answers
        if line.measured or type(rows[0]) in _WRAPPED:
            rows = [unwrapped(answers, asked, row) for asked, row in zip(chunk, rows, strict=True)]
        for asked, row in zip(chunk, rows, strict=True):
            if isinstance(row, Failure):
                asked.error = row.error
            else:
                try:
                    asked.raw = answers.add(asked.key, row)
                except ModelError as refused:
                    asked.error = refused
            if asked.error is not None and asked.key is not None:
                answers.release([asked.key])
        self._unsaved.add(answers)
        self._unsaved_seconds += seconds
        if self._unsaved_seconds >= _UNSAVED_SECONDS or (answers.claims is not None and line.claims):
            self.save()
        return chunk
