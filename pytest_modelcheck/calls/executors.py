"""Executors of calls: daemon threads, one event loop of the session, or the user's own.

What is sent to another process, and how, is the executor's business: the standard library's pools pickle the
function and its inputs between processes of one's own, on one machine. Nothing of it is ever stored.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_modelcheck.calls.waiting import ends
from pytest_modelcheck.errors import ModelError, UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from contextvars import Context

    from pytest_modelcheck.models.calling import Caller

    Run = Callable[[Coroutine[Any, Any, Any]], Any]

T = TypeVar("T")

_Job = tuple["Future[Any]", "Callable[..., Any]", tuple[Any, ...]]

_LAST_WORDS = 1.0  # seconds that cancelled calls get


class LateError(Exception):
    """A call is not waited for any longer."""


class WorkerDiedError(ModelError):
    """The worker process of an executor ended while it made a call."""


class Threads:
    """So many daemon threads, each started when it is first needed.

    Args:
        limit: How many jobs may be under way at once.
        name: What the threads are called.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._lock = threading.Lock()

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run a function in one of the threads; in this one, where the machine has none to spare."""
        future: Future[T] = Future()
        if self._idle.acquire(blocking=False) or self._start():
            self._jobs.put((future, function, arguments))
        else:
            future.set_running_or_notify_cancel()
            _fulfil(future, function, arguments)
        return future

    def close(self) -> None:
        """Drop what has not begun, and let the threads end when they are free."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is not None:
                job[0].cancel()
        for _ in range(self._started):
            self._jobs.put(None)

    def _start(self) -> bool:
        """Start another thread if one may be had; return whether there is any."""
        with self._lock:
            if self._started < self._limit:
                name = f"{self._name}-{self._started + 1}"
                with suppress(RuntimeError):  # a limit of the machine: fewer must do
                    threading.Thread(target=self._work, name=name, daemon=True).start()
                    self._started += 1
            return self._started > 0

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function, arguments = job
            if future.set_running_or_notify_cancel():
                _fulfil(future, function, arguments)
            del job, future, function, arguments
            self._idle.release()


class Expendable:
    """Threads for calls that are left behind when they take too long."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._idle: list[SimpleQueue[_Job | None]] = []

    def within(self, seconds: float, caller: Caller, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function, but wait for it no longer than ``seconds``.

        Args:
            seconds: How long to wait.
            caller: Makes the call of a model in it.
            function: What is called.
            arguments: What it is called with.

        Raises:
            LateError: it took longer. Its thread goes on, and its result is dropped.
            Exception: whatever the function raised.
        """
        inbox: SimpleQueue[_Job | None] | None = None
        with suppress(IndexError):
            inbox = self._idle.pop()
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(target=_obey, args=(inbox,), name=self._name, daemon=True).start()
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        inbox.put((future, function, arguments))
        in_time = False
        try:
            in_time = ends(future, caller, seconds)
        finally:
            if not in_time:
                inbox.put(None)  # late or interrupted: the thread ends when its call does
        if not in_time:
            raise LateError
        self._idle.append(inbox)
        return future.result()

    def close(self) -> None:
        """Let the threads end."""
        while self._idle:
            self._idle.pop().put(None)


def _obey(inbox: SimpleQueue[_Job | None]) -> None:
    while (job := inbox.get()) is not None:
        _fulfil(*job)
        del job


def _fulfil(future: Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        result = function(*arguments)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
        future.set_exception(error)
    else:
        future.set_result(result)


class LoopThread:
    """The event loop that owns all calls of models that are awaited, in a thread of its own.

    It lives as long as the session, so that a client which keeps connections open may keep them, whichever
    loop the test itself runs on.
    """

    _clock = staticmethod(time.monotonic)
    """The clock itself: a test that freezes time must not stop the loop (freezegun replaces module names)."""

    def __init__(self) -> None:
        import asyncio

        try:
            self._loop = asyncio.new_event_loop()
        except (OSError, RuntimeError) as error:  # each loop has a pair of sockets to be woken up by
            raise UsageError(
                f"an `async` model needs an event loop, and none can be made ({error}). Where pytest-socket "
                "blocks sockets, allow those within this machine: --allow-unix-socket"
            ) from error
        self._loop.time = self._clock  # type: ignore[method-assign]
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="modelcheck-event-loop", daemon=True)
        self._thread.start()

    def start(self, coroutine: Coroutine[Any, Any, T], context: Context) -> Future[T]:
        """Start a coroutine on the loop, in a context. Safe from any thread.

        The future is not to be cancelled: nobody who waits for a call ends it.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        async def run() -> None:
            try:
                result = await coroutine
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
                future.set_exception(error)
            else:
                future.set_result(result)

        self._loop.call_soon_threadsafe(lambda: self._keep(self._loop.create_task(run(), context=context)))
        return future

    def runs_here(self) -> bool:
        """Return whether this code runs on it."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Cancel what is under way and end the thread. What does not heed is left behind: it is a daemon."""
        import asyncio

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(timeout=_LAST_WORDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_LAST_WORDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task: the loop itself only knows it weakly."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self) -> None:
        import asyncio

        asyncio.set_event_loop(self._loop)
        while True:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # raised in a task: asyncio has noted it there, and raises it here as well
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
"""Times a call is sent to the common pool; if that breaks each time, the call gets its own pool."""


class Elsewhere:
    """An executor: the user's own, or one made of his factory, which is ours to close and to renew.

    Args:
        given: The executor, or what makes one.
        label: The model, with its version.
    """

    def __init__(self, given: Executor | Callable[[], Executor], label: str) -> None:
        self._given = given
        self._label = label
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._executor: Executor | None = None
        self._left_behind = False

    def call(
        self, caller: Caller, inputs: list[Any], seconds: float | None, run: Run | None = None
    ) -> list[Any]:
        """Make one call there, and wait for it.

        Args:
            caller: How the model is called.
            inputs: What it is called with.
            seconds: How long it is waited for; ``None`` for ever.
            run: Runs a coroutine that a plain function gives, where calls are made in threads.

        Raises:
            LateError: it took longer than ``seconds``.
            WorkerDiedError: its worker died each time, the last time without any other call beside it.
            ModelError: it cannot be sent.
            Exception: whatever the model raises.
        """
        for _ in range(_RENEWALS):
            executor = self._open()
            try:
                return self._call(executor, caller, inputs, seconds, run)
            except BrokenExecutor as error:
                self._drop(executor)
                if executor is self._given:
                    raise self._died(error) from error
        with self._alone:  # so that no other input can be to blame for the death of this worker
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
        """End the executor, where it is ours; workers that hang are not waited for."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None or executor is self._given:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        executor.shutdown(wait=not self._left_behind, cancel_futures=True)
        for process in processes if self._left_behind else ():
            process.kill()

    def _call(
        self, executor: Executor, caller: Caller, inputs: list[Any], seconds: float | None, run: Run | None
    ) -> list[Any]:
        future = self._submit(executor, caller, inputs, run)
        in_time = False
        try:
            in_time = ends(future, caller, seconds)
        finally:
            if not in_time and not future.cancel():
                self._left_behind = True
        if not in_time:
            raise LateError
        if future.cancelled():
            raise BrokenExecutor("its executor was shut down")
        error = future.exception()
        if error is None:
            return future.result()
        if _is_about_pickling(error):
            raise ModelError(
                f"{self._label} cannot be sent to its executor ({type(error).__name__}: {error}): let the "
                "fixture return a function of a module, or per_worker(load, ...), and give collate= no lambda"
            ) from error
        raise error

    def _submit(
        self, executor: Executor, caller: Caller, inputs: list[Any], run: Run | None
    ) -> Future[list[Any]]:
        """Send a call there; to a thread together with its context."""
        try:
            if _has_threads(executor):
                return executor.submit(copy_context().run, caller.call, inputs, run)
            return executor.submit(caller.call, inputs)
        except RuntimeError as error:
            if isinstance(error, BrokenExecutor) or self._executor is executor:
                raise
            raise BrokenExecutor(str(error)) from error  # another call has dropped it meanwhile

    def _open(self) -> Executor:
        with self._lock:
            if self._executor is None:
                self._executor = executor_of(self._given, self._label)
            return self._executor

    def _drop(self, broken: Executor) -> None:
        with self._lock:
            if self._executor is broken and broken is not self._given:
                self._executor = None
        broken.shutdown(wait=False, cancel_futures=True)


def executor_of(given: Any, label: str) -> Executor:
    """The executor itself, or what its factory makes.

    Raises:
        UsageError: neither.
    """
    made = given if _is_executor(given) else given()
    if not _is_executor(made):
        raise UsageError(f"executor= of {label} made a {type(made).__name__}, which is not an executor")
    return made  # type: ignore[no-any-return]


def _has_threads(executor: Executor) -> bool:
    """Return whether calls are made in threads of this process and interpreter, and so may have a context."""
    return isinstance(executor, ThreadPoolExecutor) and "interpreter" not in type(executor).__module__


def _is_executor(value: Any) -> bool:
    return isinstance(value, Executor) or (
        not isinstance(value, type) and callable(getattr(value, "submit", None))
    )


def _is_about_pickling(error: BaseException) -> bool:
    """Return whether an error is about pickling; its type differs from one Python to the next."""
    return type(error).__name__ == "PicklingError" or (
        isinstance(error, (TypeError, AttributeError))
        and ("pickle" in str(error) or "local object" in str(error))
    )
