"""Everything that is being asked, answered: deduplicated, batched, called, remembered.

Nothing here knows what a body is. Whoever needs answers submits asks, and collects the answered ones.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.engine.isolate import Answered, Failure, ask, ask_async
from pytest_modelcheck.errors import OfflineError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

    from pytest_modelcheck.engine.loop import LoopThread
    from pytest_modelcheck.models.model import Model, Raw

_UNSAVED_SECONDS = 0.005  # at most this much of a model's time is lost when the process is killed


class Ask:
    """One question to one model, and who waits for the answer."""

    __slots__ = ("error", "key", "model", "raw", "waiters", "x")

    def __init__(self, model: Model, x: Any, key: bytes | None) -> None:
        self.model = model
        self.x = x
        self.key = key
        self.raw: Raw | None = None
        self.error: Exception | None = None
        self.waiters: list[Any] = []

    def result(self) -> Raw:
        """The answer, or whatever the model raised."""
        if self.error is not None:
            raise self.error
        if self.raw is None:
            raise LookupError("the answer is not there yet")
        return self.raw


class Dispatcher:
    """Calls models for a session. One thread submits and collects; :meth:`answer` is for any thread.

    Attributes:
        offline: Whether calling a model is forbidden.
        tick: Called now and then while answers are awaited.
    """

    def __init__(self, *, offline: bool = False) -> None:
        self.offline = offline
        self._counts: Counter[Model] = Counter()
        self.tick: Callable[[], None] = lambda: None
        self._waiting: dict[tuple[int, bytes], Ask] = {}
        self._unsent: deque[Ask] = deque()
        self._under_way = 0
        self._done: SimpleQueue[tuple[list[Ask], Answered | BaseException, float]] = SimpleQueue()
        self._pools: dict[Model, ThreadPoolExecutor] = {}
        self._loop: LoopThread | None = None
        self._semaphores: dict[Model, asyncio.Semaphore] = {}
        self._unsaved: set[Model] = set()
        self._unsaved_seconds = 0.0
        self._lock = threading.RLock()

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

    def collect(self) -> list[Ask]:
        """Send what is unsent, and give back what has been answered: at least one ask, if any waits."""
        answered = self._send()
        if not answered and self._under_way:
            answered += self._receive(*self._next_done())
        while not self._done.empty():
            answered += self._receive(*self._done.get())
        for asked in answered:
            if asked.key is not None:
                del self._waiting[(id(asked.model), asked.key)]
        return answered

    def forget(self) -> None:
        """Drop every question that is not answered yet; what is under way is not waited for."""
        self._waiting.clear()
        self._unsent.clear()
        self._done = SimpleQueue()
        self._under_way = 0

    # -- asks that cannot wait -------------------------------------------------------------------

    def answer(self, model: Model, x: Any, key: bytes | None) -> Raw:
        """Answer one question here and now, in whatever thread this is."""
        if self.offline:
            raise refusal(model, x)
        caller = model.caller
        start = time.perf_counter()
        if caller.awaited:
            rows: Answered = self.loop().submit(ask_async(caller, [x])).result()
        else:
            rows = ask(caller, [x])
        with self._lock:
            asked = Ask(model, x, key)
            self.settle([asked], rows, time.perf_counter() - start)
        return asked.result()

    async def answer_async(self, model: Model, x: Any, key: bytes | None) -> Raw:
        """Answer one question on the event loop that runs here, under the model's own limit."""
        if self.offline:
            raise refusal(model, x)
        start = time.perf_counter()
        asked = Ask(model, x, key)
        if model.caller.awaited:
            rows = await ask_async(model.caller, [x])
        else:
            rows = ask(model.caller, [x])
        with self._lock:
            self.settle([asked], rows, time.perf_counter() - start)
        return asked.result()

    def save(self) -> None:
        """Write every answer that is not on disk yet."""
        with self._lock:
            for model in self._unsaved:
                model.answers.save()
            self._unsaved.clear()
            self._unsaved_seconds = 0.0

    def asked_of(self, model: Model) -> int:
        """How many answers a model was asked for so far."""
        return self._counts[model]

    def loop(self) -> LoopThread:
        """The event loop for models that are awaited, started at first use."""
        from pytest_modelcheck.engine.loop import LoopThread

        with self._lock:
            if self._loop is None:
                self._loop = LoopThread()
        return self._loop

    def close(self) -> None:
        """End threads and the event loop."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._pools.clear()
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    # -- how ---------------------------------------------------------------------------------------

    def _send(self) -> list[Ask]:
        answered: list[Ask] = []
        unsent = list(self._unsent)
        self._unsent.clear()
        here: list[list[Ask]] = []
        for model, asks in by_model(unsent):
            model.answers.reload()
            missing = [asked for asked in asks if not self._found_meanwhile(asked, answered)]
            batches = chunks(missing, model.caller.batch_size)
            if model.caller.awaited or model.caller.concurrency > 1:
                for batch in batches:
                    self._start(model, batch)
            else:
                here += batches
        for batch in here:
            start = time.perf_counter()
            rows = ask(batch[0].model.caller, [asked.x for asked in batch])
            answered += self.settle(batch, rows, time.perf_counter() - start)
            self.tick()
        return answered

    @staticmethod
    def _found_meanwhile(asked: Ask, answered: list[Ask]) -> bool:
        if asked.key is not None:
            asked.raw = asked.model.answers.find(asked.key)
        if asked.raw is None:
            return False
        answered.append(asked)
        return True

    def _start(self, model: Model, chunk: list[Ask]) -> None:
        caller = model.caller
        inputs = [asked.x for asked in chunk]
        self._under_way += 1
        done = self._done
        start = time.perf_counter()

        def finished(future: Future[Answered]) -> None:
            error = None if future.cancelled() else future.exception()
            seconds = time.perf_counter() - start
            if not future.cancelled():
                done.put((chunk, error if error is not None else future.result(), seconds))

        if caller.awaited:
            future: Future[Answered] = self.loop().submit(self._limited(model, inputs))
        else:
            future = self._pool(model).submit(ask, caller, inputs)
        future.add_done_callback(finished)

    async def _limited(self, model: Model, inputs: list[Any]) -> Answered:
        async with self._slots(model):
            return await ask_async(model.caller, inputs)

    def _slots(self, model: Model) -> Any:
        import asyncio

        slots = self._semaphores.get(model)
        if slots is None:
            slots = self._semaphores[model] = asyncio.Semaphore(model.caller.concurrency)
        return slots

    def _pool(self, model: Model) -> ThreadPoolExecutor:
        pool = self._pools.get(model)
        if pool is None:
            from concurrent.futures import ThreadPoolExecutor

            pool = self._pools[model] = ThreadPoolExecutor(
                model.caller.concurrency, thread_name_prefix=f"modelcheck-{model.name}"
            )
        return pool

    def _next_done(self) -> tuple[list[Ask], Answered | BaseException, float]:
        from queue import Empty

        while True:
            try:
                return self._done.get(timeout=0.1)
            except Empty:
                self.tick()

    def _receive(self, chunk: list[Ask], rows: Answered | BaseException, seconds: float) -> list[Ask]:
        self._under_way -= 1
        if isinstance(rows, BaseException):
            raise rows
        return self.settle(chunk, rows, seconds)

    def settle(self, chunk: list[Ask], rows: Answered, seconds: float) -> list[Ask]:
        """Give each ask its answer, and remember it. ``seconds`` is how long the model took."""
        model = chunk[0].model
        self._counts[model] += len(chunk)
        for asked, row in zip(chunk, rows, strict=True):
            if isinstance(row, Failure):
                asked.error = row.error
            else:
                asked.raw = model.answers.add(asked.key, row)
        self._unsaved.add(model)
        self._unsaved_seconds += seconds
        if self._unsaved_seconds >= _UNSAVED_SECONDS:
            self.save()
        return chunk


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
