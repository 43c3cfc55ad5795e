"""Executors of calls: daemon threads, the session's event loop, or an executor of the user.

A user's executor decides how a call is sent to another process. The standard library's process pools pickle
the function and its inputs, between processes on one machine; we never store these pickles.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.calls.threads import all_wait
from pytest_modelcheck.calls.waiting import IdleTime, ends
from pytest_modelcheck.errors import ModelError, UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from types import FrameType

    from pytest_modelcheck.calls.waiting import Permits
    from pytest_modelcheck.models.calling import Caller

    Run = Callable[[Coroutine[Any, Any, Any]], Any]

T = TypeVar("T")

_Job = tuple["Future[Any]", "Callable[..., Any]", tuple[Any, ...]]

_LAST_WORDS = 1.0  # seconds that cancelled calls get to clean up


class LateError(Exception):
    """A call exceeded its timeout."""


class WorkerDiedError(ModelError):
    """The worker process of an executor ended while it made a call."""


class ThreadPool:
    """A pool of daemon threads, each started when it is first needed.

    ``ThreadPoolExecutor`` joins its threads at exit, so that a call that hangs would keep pytest from ending.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._lock = threading.Lock()

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run a function in one of the threads, or in the current one if no thread can be started."""
        future: Future[T] = Future()
        if self._idle.acquire(blocking=False) or self._start():
            self._jobs.put((future, function, arguments))
        else:
            future.set_running_or_notify_cancel()
            _fulfil(future, function, arguments)
        return future

    def grow(self) -> None:
        """Allow one thread more, and start it."""
        self._limit += 1
        self._start()

    def close(self) -> None:
        """Cancel jobs that have not begun, and end each thread after its current job."""
        with suppress(Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    job[0].cancel()
        for _ in range(self._started):
            self._jobs.put(None)

    def _start(self) -> bool:
        """Start another thread if the limit allows it; return whether there is any thread at all."""
        with self._lock:
            if self._started < self._limit:
                name = f"{self._name}-{self._started + 1}"
                with suppress(RuntimeError):  # the system allows no further thread; use those that exist
                    threading.Thread(target=self._work, name=name, daemon=True).start()
                    self._started += 1
            return self._started > 0

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job[0].set_running_or_notify_cancel():
                _fulfil(*job)
            del job  # its answer may be large, and the next job long in coming
            self._idle.release()


def _fulfil(future: Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        result = function(*arguments)
    except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
        future.set_exception(error)
    else:
        future.set_result(result)


class LoopThread:
    """The event loop that makes all calls of asynchronous models, in its own thread.

    It runs for the whole session, so that a client can keep its connections open from one test to the next,
    even if each test runs on its own loop.
    """

    def __init__(self) -> None:
        import asyncio

        try:
            self._loop = asyncio.new_event_loop()
        except (OSError, RuntimeError) as error:  # a loop opens a pair of sockets to wake itself up
            raise UsageError(
                f"an `async` model needs an event loop, and none can be made ({error}). Where pytest-socket "
                "blocks sockets, allow those within this machine: --allow-unix-socket"
            ) from error
        # An event loop stops in frozen time.
        self._loop.time = Clock.monotonic  # type: ignore[method-assign]
        # Like asyncio.to_thread(): else calls that a model makes from there look like those of a body.
        run = self._loop.run_in_executor
        self._loop.run_in_executor = lambda executor, function, *arguments: (  # type: ignore[method-assign]
            run(executor, copy_context().run, function, *arguments)
            if executor is None or _has_threads(executor)
            else run(executor, function, *arguments)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="modelcheck-event-loop", daemon=True)
        self._thread.start()

    def start(self, coroutine: Coroutine[Any, Any, T], context: Context) -> Future[T]:
        """Start a coroutine on the loop, in a context. Safe from any thread.

        The future cannot be cancelled: a caller that stops waiting does not end the call.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        if (sniffio := sys.modules.get("sniffio")) is not None:
            # anyio.run(backend="trio") names trio in its context, and the model would use it here.
            context.run(sniffio.current_async_library_cvar.set, "asyncio")

        async def run() -> None:
            try:
                result = await coroutine
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                future.set_exception(error)
            else:
                future.set_result(result)

        def begin() -> None:
            task = self._loop.create_task(run(), context=context)
            self._tasks.add(task)  # the loop itself holds only a weak reference
            task.add_done_callback(self._tasks.discard)

        self._loop.call_soon_threadsafe(begin)
        return future

    def runs_here(self) -> bool:
        """Return whether the calling code runs on this loop."""
        return threading.current_thread() is self._thread

    def waits_for_a_thread(self) -> bool:
        """Return whether the loop stands still, because a call on it waits for another thread."""
        frames: dict[int | None, FrameType] = getattr(sys, "_current_frames", dict)()
        frame = frames.get(self._thread.ident)
        return frame is not None and frame.f_globals.get("__name__") == "threading"

    def close(self) -> None:
        """Cancel pending calls and end the thread; a call that ignores this is left to the daemon thread."""
        import asyncio

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(timeout=_LAST_WORDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_LAST_WORDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        import asyncio

        asyncio.set_event_loop(self._loop)
        while True:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # a task raised it: asyncio stores it there, and also raises it here
            return

    @staticmethod
    async def _cancel_all() -> None:
        import asyncio

        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_LAST_WORDS / 2)
        await asyncio.get_running_loop().shutdown_asyncgens()


_RENEWALS = 2
"""Attempts of a call in the shared pool; if the pool breaks each time, the call gets its own pool."""


class UserExecutor:
    """Makes calls in an executor of the user.

    An executor that the user's factory made is closed, and replaced when a worker dies. An executor that the
    user made is only used.
    """

    def __init__(self, given: Executor | Callable[[], Executor], label: str, permits: Permits) -> None:
        self._given = given
        self._label = label
        self._permits = permits
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._executor: Executor | None = None
        self._under_way: set[Future[Any]] = set()

    def call(
        self, caller: Caller, inputs: list[Any], seconds: float | None, run: Run | None = None
    ) -> list[Any]:
        """Make one call in the executor, and wait for it, at most for ``seconds`` (:class:`LateError`).

        ``run`` runs the coroutine that a plain function returns, if the executor has threads. If the worker
        dies each time, the last time in a pool that served no other call, :class:`WorkerDiedError` is raised.
        """
        for _ in range(_RENEWALS):
            with self._lock:
                if self._executor is None:
                    self._executor = executor_of(self._given, self._label)
                executor = self._executor
            try:
                return self._call(executor, caller, inputs, seconds, run)
            except BrokenExecutor as error:
                with self._lock:
                    if self._executor is executor and executor is not self._given:
                        self._executor = None
                executor.shutdown(wait=False, cancel_futures=True)
                if executor is self._given:
                    raise self._died(error) from error
        with self._alone:  # one call at a time: if this worker dies, no other call can have killed it
            executor = executor_of(self._given, self._label)
            try:
                return self._call(executor, caller, inputs, seconds, run)
            except BrokenExecutor as error:
                raise self._died(error) from error
            finally:
                executor.shutdown(wait=False, cancel_futures=True)

    def _died(self, error: BaseException) -> WorkerDiedError:
        return WorkerDiedError(f"{self._label}: a worker of its executor died during the call ({error})")

    def close(self) -> None:
        """End an executor that the factory made; kill its workers if a call still hangs."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None or executor is self._given:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        hangs = bool(self._under_way)
        executor.shutdown(wait=not hangs, cancel_futures=True)
        for process in processes if hangs else ():
            process.kill()

    def _call(
        self, executor: Executor, caller: Caller, inputs: list[Any], seconds: float | None, run: Run | None
    ) -> list[Any]:
        has_threads, idle = _has_threads(executor), IdleTime(self._permits)
        try:
            if has_threads:
                future = executor.submit(copy_context().run, caller.call, inputs, run)
            else:
                future = executor.submit(caller.call, inputs)
        except RuntimeError as error:
            if isinstance(error, BrokenExecutor) or self._executor is executor:
                raise
            raise BrokenExecutor(str(error)) from error  # another call found it broken and dropped it
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)

        here = False

        def is_stuck(tick: float) -> bool:
            """Take a call out of the queue if it may stand behind calls that wait for it."""
            nonlocal here
            queued = has_threads and not future.running() and all_wait(caller)
            here = idle.lasts(tick, queued) and future.cancel()
            return here

        try:
            in_time = ends(future, caller, seconds, is_stuck)
        finally:
            future.cancel()
        if here:
            with self._permits.let_through():
                return caller.call(inputs, run)
        if not in_time:
            raise LateError
        if future.cancelled():
            raise BrokenExecutor("its executor was shut down")
        raised = future.exception()
        if raised is None:
            return future.result()
        # The type of an error about pickling depends on the version of Python.
        unpicklable = isinstance(raised, (TypeError, AttributeError)) and (
            "pickle" in str(raised) or "local object" in str(raised)
        )
        if unpicklable or type(raised).__name__ == "PicklingError":
            raise ModelError(
                f"{self._label} cannot be sent to its executor ({type(raised).__name__}: {raised}): let the "
                "fixture return a function of a module, or per_worker(load, ...), and give collate= no lambda"
            ) from raised
        raise raised


def executor_of(given: Any, label: str) -> Executor:
    """Return the given executor, or the one that the given factory makes."""

    def is_executor(value: Any) -> bool:
        return isinstance(value, Executor) or (
            not isinstance(value, type) and callable(getattr(value, "submit", None))
        )

    made = given if is_executor(given) else given()
    if not is_executor(made):
        raise UsageError(f"executor= of {label} made a {type(made).__name__}, which is not an executor")
    return made  # type: ignore[no-any-return]


def _has_threads(executor: Executor) -> bool:
    """Return whether an executor has threads of this interpreter, which can take a context."""
    return isinstance(executor, ThreadPoolExecutor) and "interpreter" not in type(executor).__module__
