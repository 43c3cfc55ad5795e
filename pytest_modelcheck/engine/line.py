"""The way to one model: its turn, its time, its tries, and when it is given up.

One line serves a model, in one version, for the whole run. A local model that asks for nothing of all this
is called straight away.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.budget import Purse
from pytest_modelcheck.engine.circuit import GIVE_UP_AFTER, Circuit
from pytest_modelcheck.engine.isolate import Failure, blame, blame_async
from pytest_modelcheck.engine.meter import Meter
from pytest_modelcheck.engine.nesting import answering
from pytest_modelcheck.engine.sizes import Sizes
from pytest_modelcheck.engine.threads import Expendable, LateError, Threads
from pytest_modelcheck.errors import CallTimeoutError, NotAskedError, OutageError
from pytest_modelcheck.models.outages import is_outage, is_throttled, one_line, retry_after, worth_retrying
from pytest_modelcheck.models.pacing import LONGEST, Pace, Turn, interval_of
from pytest_modelcheck.models.usage import Answer, Measured, Scales, Usage

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from pytest_modelcheck.engine.budget import Allowance
    from pytest_modelcheck.engine.executors import Elsewhere
    from pytest_modelcheck.engine.isolate import Answered
    from pytest_modelcheck.engine.tries import Tries
    from pytest_modelcheck.models.calling import Caller
    from pytest_modelcheck.models.model import Model

_POLL = 0.02  # seconds between two looks at a purse
_WORTH_KEEPING = 0.001  # seconds: that a call was faster is not remembered
_SLOW = 0.005  # seconds for an answer: what two processes should not both wait for
_NOTHING = Usage()

_METER: ContextVar[tuple[Line, Meter | None] | None] = ContextVar("modelcheck_meter", default=None)


class Line:
    """The way to one model.

    Args:
        model: The model.
        allowance: The calls that the run may make.
        workers: How many processes share the rate and the money.

    Attributes:
        threaded: Whether calls are made in threads, so that nobody waits for one alone.
        concurrency: How many calls may be under way at once.
        meter: How the calls went.
        circuit: Whether the model was given up.
        sizes: How many inputs the next batch may have.
    """

    def __init__(self, model: Model, allowance: Allowance, workers: int = 1) -> None:
        definition, caller = model.definition, model.caller
        self.label = model.label
        self.concurrency = caller.concurrency
        self.meter = Meter()
        self.circuit = Circuit(model.label, _or(definition.give_up_after, GIVE_UP_AFTER))
        self.sizes = Sizes(caller.batch_size, adaptive=caller.batch and definition.batch_size is None)
        rate, money = definition.rate_limit, definition.max_cost
        self._allowance = allowance
        self._timeout = definition.timeout
        self._pace = Pace(0.0 if rate is None else interval_of(rate) * workers)
        self._purse = None if money is None else Purse(model.label, money / workers)
        self._scales = Scales(definition.usage, definition.cost, definition.name)
        self._elsewhere = _elsewhere(definition.executor, model.label)
        options = (rate, self._timeout, definition.retries, money, definition.executor)
        asks_for_care = any(option is not None for option in options)
        self.threaded = not caller.awaited and (caller.concurrency > 1 or asks_for_care)
        self._plain = not (caller.awaited or self.threaded)
        self.measured = not (self._plain and caller.batch)
        self._claimed = not self._plain
        self._worth_keeping = _WORTH_KEEPING
        self._retry_on = worth_retrying(definition.retry_on)
        self._tries = self._patience(definition.retries or 0)
        self._threads: Threads | None = None
        self._expendable = Expendable(f"modelcheck-{model.name}-call")
        self._lock = threading.Lock()
        self._closed = threading.Event()

    # -- questions ---------------------------------------------------------------------------------

    def ask(self, caller: Caller, inputs: list[Any]) -> Answered:
        """Call the model, here and now, and find out which inputs it fails on."""
        fit = self._allowance.take(len(inputs))
        part = inputs if fit == len(inputs) else inputs[:fit]
        rows: Answered = []
        try:
            if fit:
                rows = self._call(caller, part)
        except Exception as error:  # noqa: BLE001 - whatever a model raises belongs to the body that asked
            rows = blame(partial(self._again, caller), part, error, self._is_outage)
            return self._accounted(rows, inputs)
        self._meter().questions(fit)
        return rows if fit == len(inputs) else self._accounted(rows, inputs, already=fit)

    async def ask_async(self, caller: Caller, inputs: list[Any]) -> Answered:
        """The same for a model that is awaited."""
        fit = self._allowance.take(len(inputs))
        part = inputs if fit == len(inputs) else inputs[:fit]
        rows: Answered = []
        try:
            if fit:
                rows = await self._call_async(caller, part)
        except Exception as error:  # noqa: BLE001 - as above
            rows = await blame_async(partial(self._again_async, caller), part, error, self._is_outage)
            return self._accounted(rows, inputs)
        self._meter().questions(fit)
        return rows if fit == len(inputs) else self._accounted(rows, inputs, already=fit)

    def submit(
        self,
        caller: Caller,
        inputs: list[Any],
        wanted: Callable[[], bool],
        meter: Meter | None = None,
        *,
        slot: int = 0,
    ) -> Future[Answered]:
        """The same in a thread, unless nobody wants to know any more when its turn comes."""

        def job() -> Answered:
            with self.counting(meter), answering(slot):
                return self.ask(caller, inputs) if wanted() else []

        with self._lock:
            if self._threads is None:
                self._threads = Threads(self.concurrency, f"modelcheck-{caller.label}")
        return self._threads.submit(job)

    @cached_property
    def slots(self) -> asyncio.Semaphore:
        """What calls that are awaited take turns at, all on one event loop."""
        import asyncio

        return asyncio.Semaphore(self.concurrency)

    @contextmanager
    def counting(self, meter: Meter | None) -> Iterator[None]:
        """Count what is asked here, in this thread or task, with another meter than that of the run."""
        token = _METER.set((self, meter))
        try:
            yield
        finally:
            _METER.reset(token)

    def _meter(self) -> Meter:
        line, meter = _METER.get() or (self, None)
        # That of another line is set where its model asks this one.
        return self.meter if meter is None or line is not self else meter

    def measure_all(self) -> None:
        """Remember of every answer how long it took, however short."""
        self.measured, self._worth_keeping = True, 0.0

    @property
    def claims(self) -> bool:
        """Whether an answer takes so long that no two processes should wait for the same."""
        if not self._claimed and self.meter.mean >= _SLOW:
            self._claimed = True
        return self._claimed

    def close(self) -> None:
        """Let threads and executors end; what hangs is left behind."""
        self._closed.set()
        self._expendable.close()
        if self._threads is not None:
            self._threads.close()
        if self._elsewhere is not None:
            self._elsewhere.close()

    def _accounted(self, rows: Answered, inputs: list[Any], already: int = 0) -> Answered:
        """All rows, those that were not asked for among them, each counted as what it is."""
        missing = len(inputs) - len(rows)
        rows = [*rows, *(Failure(self._allowance.refusal(self.label)) for _ in range(missing))]
        errors = [row.error for row in rows if isinstance(row, Failure)]
        unasked = sum(isinstance(error, NotAskedError) for error in errors)
        self._meter().questions(len(rows) - unasked - already, failed=len(errors) - unasked, unasked=unasked)
        return rows

    # -- one call, with all its tries --------------------------------------------------------------

    def _again(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        """Call for part of a batch that has failed."""
        self._spend(len(inputs))
        return self._call(caller, inputs)

    async def _again_async(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        self._spend(len(inputs))
        return await self._call_async(caller, inputs)

    def _call(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        try:
            if self._tries is not None:
                rows = self._tries.make(lambda: self._try(caller, inputs), len(inputs), self._sleep)
            else:
                rows = self._try(caller, inputs)
        except Exception as error:
            self._note(error)
            raise
        self.circuit.succeeded()
        return rows

    async def _call_async(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        try:
            if self._tries is not None:
                rows = await self._tries.make_async(lambda: self._try_async(caller, inputs), len(inputs))
            else:
                rows = await self._try_async(caller, inputs)
        except Exception as error:
            self._note(error)
            raise
        self.circuit.succeeded()
        return rows

    def _try(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        if self._plain:
            self.circuit.check()
        else:
            turn = Turn()
            while wait := self._wait(turn, len(inputs)):
                self._sleep(wait)
        start = time.perf_counter()
        try:
            rows = self._attempt(caller, inputs)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            raise self._broke(error, len(inputs), start) from error.__cause__
        return self._answered(rows, len(inputs), start)

    async def _try_async(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        import asyncio

        turn = Turn()
        while wait := self._wait(turn, len(inputs)):
            await asyncio.sleep(wait)
        start = time.perf_counter()
        try:
            rows = await self._attempt_async(caller, inputs)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            raise self._broke(error, len(inputs), start) from error.__cause__
        return self._answered(rows, len(inputs), start)

    def _attempt(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        if self._elsewhere is not None:
            return self._elsewhere.call(caller, inputs, self._timeout)
        if self._timeout is None:
            return caller.call(inputs)
        return self._expendable.within(self._timeout, copy_context().run, caller.call, inputs)

    async def _attempt_async(self, caller: Caller, inputs: list[Any]) -> list[Any]:
        if self._timeout is None:
            return await caller.call_async(inputs)
        import asyncio

        call = asyncio.ensure_future(caller.call_async(inputs))
        try:
            done, _ = await asyncio.wait([call], timeout=self._timeout)
        except asyncio.CancelledError:
            call.cancel()
            raise
        if done:
            return call.result()
        call.add_done_callback(_heard)
        call.cancel()  # but not waited for: it might not heed
        raise LateError

    # -- before a call, and after --------------------------------------------------------------------

    def _wait(self, turn: Turn, size: int) -> float:
        """How many seconds a call has to wait yet; 0.0 where it may start."""
        self.circuit.check()
        if wait := self._pace.wait(turn):
            return wait
        return 0.0 if self._purse is None or self._purse.take(size) else _POLL

    def _sleep(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise OutageError(f"{self.label} was not asked: the run has ended")

    def _patience(self, retries: int) -> Tries | None:
        if not retries:
            return None
        from pytest_modelcheck.engine.tries import Tries

        return Tries(retries, self._retry_on, self._pace, self._retried)

    def _retried(self, size: int) -> None:
        self._spend(size)
        self._meter().retried()

    def _spend(self, size: int) -> None:
        taken = self._allowance.take(size)
        if taken < size:
            raise self._allowance.refusal(self.label)

    def _answered(self, rows: list[Any], size: int, start: float) -> list[Any]:
        """Take the answers off what says how long they took and what they cost."""
        seconds = time.perf_counter() - start
        self._meter().called(seconds)
        self.sizes.took(size, seconds)
        if self._scales.idle and not (rows and type(rows[0]) is Answer):
            if self._purse is not None:
                self._purse.settle(size, None, answered=True)
            keep = self.measured and seconds >= self._worth_keeping
            return [Measured(row, seconds, _NOTHING) for row in rows] if keep else rows
        return self._weighed(rows, size, seconds)

    def _weighed(self, rows: list[Any], size: int, seconds: float) -> list[Any]:
        cost: float | None = None
        weighed = []
        try:
            for row in rows:
                value, usage = self._scales.weigh(row)
                self._meter().spent(usage)
                cost = cost if usage.cost is None else (cost or 0.0) + usage.cost
                weighed.append(Measured(value, seconds, usage))
        finally:
            if self._purse is not None:
                self._purse.settle(size, cost, answered=True)
        return weighed

    def _broke(self, error: BaseException, size: int, start: float) -> BaseException:
        """Take in that a call was not answered; give back what is to be raised."""
        seconds, late = time.perf_counter() - start, isinstance(error, LateError)
        self._meter().broke(seconds, timeout=late)
        if self._purse is not None:
            self._purse.settle(size, None, answered=False)
        if late:
            return CallTimeoutError(f"no answer within {self._timeout:g} s (timeout=), of {self.label}")
        if is_throttled(error) and (asked := retry_after(error)) is not None:
            if asked <= LONGEST:
                self._pace.pause(asked)
            else:
                self.circuit.open(f"{self.label} asks to be left alone for {asked:,.0f} s: {one_line(error)}")
        return error

    def _note(self, error: Exception) -> None:
        if self._is_outage(error):
            self.circuit.failed(error)

    def _is_outage(self, error: BaseException) -> bool:
        """Whether an error speaks against the endpoint rather than against the input."""
        return not isinstance(error, NotAskedError) and (is_outage(error) or self._retry_on(error))


def _heard(call: asyncio.Future[Any]) -> None:
    """Nobody waits for this call any more: what it raises is no news."""
    if not call.cancelled():
        call.exception()


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _elsewhere(executor: Any, label: str) -> Elsewhere | None:
    if executor is None:
        return None
    from pytest_modelcheck.engine.executors import Elsewhere

    return Elsewhere(executor, label)
