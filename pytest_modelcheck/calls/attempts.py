"""One attempt of a call, wherever it is made; the size of batches."""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.executors import LateError, ThreadPool, UserExecutor
from pytest_modelcheck.calls.threads import loop_runs
from pytest_modelcheck.calls.waiting import ends
from pytest_modelcheck.models.model import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from pytest_modelcheck.calls.executors import LoopThread, Run
    from pytest_modelcheck.calls.waiting import Permits
    from pytest_modelcheck.models.calling import Caller
    from pytest_modelcheck.models.model import Model


LARGEST = 256
"""The largest batch, unless the fixture sets a size."""

_PATIENCE = 1.0  # seconds: a batch that takes longer does not grow further
_WORTH = 0.95  # a larger batch must cut the time per input to this share
_LOOKS = 2  # full batches that are timed at each size


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """An exception that a model raised instead of an answer.

    A failure travels as a value and is raised in the body that waits for it. If it were raised earlier, a
    ``StopIteration`` or ``CancelledError`` would stop the generator, future or event loop on its way.
    """

    error: BaseException


Rows = list[Any]
"""One answer, or one :class:`Failure`, for each input."""


class Sizes:
    """The size of the next batch: fixed, or doubled as long as the time per input falls.

    Each size is timed twice and the better time counts, so that one slow batch decides nothing. After a batch
    in which every input failed, the size is 1 until a call succeeds. Safe from any thread.

    >>> sizes = Sizes(64, adaptive=True)
    >>> for size, seconds in [(64, 0.64), (64, 0.64), (128, 0.70), (128, 0.69), (256, 1.38), (256, 1.39)]:
    ...     sizes.took(size, seconds)
    >>> sizes.size
    128
    >>> sizes.failed(); sizes.size
    1
    """

    def __init__(self, size: int, *, adaptive: bool) -> None:
        self.size = self._normal = size
        self._growing = adaptive
        self._best: float | None = None  # seconds per input at the previous size
        self._time: float | None = None  # seconds per input at this size
        self._looks = 0
        self._lock = threading.Lock()

    def failed(self) -> None:
        """Record that every input of a batch failed."""
        with self._lock:
            self.size = 1

    def took(self, size: int, seconds: float) -> None:
        """Record the time of a batch. Only full batches decide about the size."""
        with self._lock:
            if self.size < self._normal:
                self.size = self._normal  # a single call has succeeded after a batch that failed
                return
            if not self._growing or size != self.size:
                return
            each = seconds / size
            self._time = each if self._time is None else min(each, self._time)
            self._looks += 1
            if self._looks < _LOOKS:
                return
            if self._best is not None and self._time > self._best * _WORTH:
                self.size //= 2
                self._growing = False
            elif seconds > _PATIENCE or self.size * 2 > LARGEST:
                self._growing = False
            else:
                self.size *= 2
                self._best, self._time, self._looks = self._time, None, 0
            self._normal = self.size


def halves(part: Sequence[int]) -> list[Sequence[int]]:
    """Halve a part of a batch, given by the indexes of its inputs."""
    return [part[: len(part) // 2], part[len(part) // 2 :]]


class Attempts:
    """Makes single calls of one model."""

    def __init__(self, model: Model, loop: Callable[[], LoopThread], permits: Permits) -> None:
        executor = model.definition.executor
        self._executor = None if executor is None else UserExecutor(executor, model.label, permits)
        self._threads = ThreadPool(sys.maxsize, f"modelcheck-{model.name}-call")  # late calls keep theirs
        self._timeout = model.definition.timeout
        self._loop = loop

    def close(self) -> None:
        """End threads and executors; calls that hang are abandoned."""
        self._threads.close()
        if self._executor is not None:
            self._executor.close()

    def make(self, caller: Caller, inputs: list[Any], *, nested: bool = False) -> Rows | Failure:
        """Call the model once, from this thread; return its answers, or what it raised.

        A ``nested`` call of a model that calls itself does not wait for the executor, whose threads may all
        wait for such calls.
        """
        try:
            own, run = [copied(x) for x in inputs], self._runs_coroutines(caller)
            if self._executor is not None and not nested:
                return self._executor.call(caller, own, self._timeout, run)
            if self._timeout is None:
                return caller.call(own, run)
            call = self._threads.submit(copy_context().run, caller.call, own, run)
            return call.result() if ends(call, caller, self._timeout) else Failure(LateError())
        except BaseException as error:  # noqa: BLE001 - raised again in the body that made the call
            return Failure(error)

    async def make_async(self, caller: Caller, inputs: list[Any], loop: str | None) -> Rows | Failure:
        """Call an asynchronous model once, on this kind of event loop; on an unknown one without timeout."""
        own = [copied(x) for x in inputs]
        try:
            if self._timeout is None or loop is None:
                return await caller.call_async(own)
            return await self._in_time(caller, own, self._timeout, loop)
        except BaseException as error:
            if loop != "asyncio" and not isinstance(error, Exception):
                raise  # trio reports a cancellation as a BaseException, and must see it
            return Failure(error)

    @staticmethod
    async def _in_time(caller: Caller, inputs: list[Any], seconds: float, loop: str) -> Rows:
        if loop == "trio":
            import trio

            with trio.move_on_after(seconds):
                return await caller.call_async(inputs)
            raise LateError
        import asyncio

        call = asyncio.ensure_future(caller.call_async(inputs))
        try:
            done, _ = await asyncio.wait([call], timeout=seconds)
        except asyncio.CancelledError:
            call.cancel()
            raise
        if done:
            return call.result()
        # Look at what an abandoned call raises, so that asyncio does not report it as never retrieved.
        call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        call.cancel()  # not awaited: a call that ignores its cancellation would hang the run
        raise LateError

    def _runs_coroutines(self, caller: Caller) -> Run | None:
        """Return what runs the coroutine of a plain function, or ``None`` on an event loop."""
        if loop_runs():
            return None  # to wait here would stop the loop that this thread runs

        def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
            call = self._loop().start(coroutine, copy_context())
            ends(call, caller)
            return call.result()

        return run
