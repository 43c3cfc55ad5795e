"""One attempt of a call: in this thread, in one with a timeout, on an event loop, or in an executor.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.batches import Failure
from pytest_modelcheck.calls.executors import Elsewhere, Expendable, LateError
from pytest_modelcheck.calls.waiting import ends, loop_runs
from pytest_modelcheck.models.calling import Arguments
from pytest_modelcheck.models.model import IMMUTABLE, deep_copy

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from pytest_modelcheck.calls.batches import Rows
    from pytest_modelcheck.calls.executors import LoopThread, Run
    from pytest_modelcheck.models.calling import Caller
    from pytest_modelcheck.models.model import Model


class Attempts:
    """Makes single calls of one model.

    Args:
        model: The model.
        loop: Returns the event loop of the session.
    """

    def __init__(self, model: Model, loop: Callable[[], LoopThread]) -> None:
        executor = model.definition.executor
        self._elsewhere = None if executor is None else Elsewhere(executor, model.label)
        self._expendable = Expendable(f"modelcheck-{model.name}-call")
        self._timeout = model.definition.timeout
        self._loop = loop

    def close(self) -> None:
        """End threads and executors; calls that hang are abandoned."""
        self._expendable.close()
        if self._elsewhere is not None:
            self._elsewhere.close()

    def make(self, caller: Caller, inputs: list[Any]) -> Rows | Failure:
        """Call the model once, from this thread; return its answers, or what it raised."""
        try:
            own, run = [copied(x) for x in inputs], self._runs_coroutines(caller)
            if self._elsewhere is not None:
                return self._elsewhere.call(caller, own, self._timeout, run)
            if self._timeout is None:
                return caller.call(own, run)
            return self._within(self._timeout, caller, own, run)
        except BaseException as error:  # noqa: BLE001 - raised again in the body that made the call
            return Failure(error)

    def _within(self, seconds: float, caller: Caller, inputs: list[Any], run: Run | None) -> Rows:
        rows: Rows = self._expendable.within(seconds, caller, copy_context().run, caller.call, inputs, run)
        return rows

    async def make_async(self, caller: Caller, inputs: list[Any], loop: str | None) -> Rows | Failure:
        """Call an asynchronous model once, on this kind of event loop; on an unknown one without timeout."""
        own = [copied(x) for x in inputs]
        try:
            if self._timeout is None or loop is None:
                return await caller.call_async(own)
            if loop == "trio":
                return await _in_time_on_trio(caller, own, self._timeout)
            return await self._in_time(caller, own, self._timeout)
        except BaseException as error:
            if loop != "asyncio" and not isinstance(error, Exception):
                raise  # trio reports a cancellation as a BaseException, and must see it
            return Failure(error)

    @staticmethod
    async def _in_time(caller: Caller, inputs: list[Any], seconds: float) -> Rows:
        import asyncio

        call = asyncio.ensure_future(caller.call_async(inputs))
        try:
            done, _ = await asyncio.wait([call], timeout=seconds)
        except asyncio.CancelledError:
            call.cancel()
            raise
        if done:
            return call.result()
        call.add_done_callback(_discard)
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


def copied(x: Any) -> Any:
    """Copy an input, so that a model that changes it changes neither the body's object nor the call's key.

    An object that cannot be copied (a lock, a connection) is passed on itself.
    """
    kind = type(x)
    if kind in IMMUTABLE:
        return x
    if kind is list and IMMUTABLE.issuperset(map(type, x)):
        return x.copy()
    if kind is dict and IMMUTABLE.issuperset(map(type, x)) and IMMUTABLE.issuperset(map(type, x.values())):
        return x.copy()
    try:
        if kind is Arguments:
            return Arguments(deep_copy(x.positional), deep_copy(x.named), x.bound)
        return deep_copy(x)
    except TypeError:
        return x


async def _in_time_on_trio(caller: Caller, inputs: list[Any], seconds: float) -> Rows:
    import trio

    with trio.move_on_after(seconds):
        return await caller.call_async(inputs)
    raise LateError


def _discard(call: asyncio.Future[Any]) -> None:
    """Look at what an abandoned call raised, so that asyncio does not report it as never retrieved."""
    if not call.cancelled():
        call.exception()
