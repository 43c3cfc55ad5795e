"""Threads that never keep a process alive: a call that hangs is left behind, not waited for.

The pool of the standard library joins its threads when the interpreter ends, so that one hung call would
hang the run. These are daemons.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_Job = tuple["Future[Any]", "Callable[..., Any]", tuple[Any, ...]]


class LateError(Exception):
    """A call is not waited for any longer."""


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
        """Run a function in one of the threads."""
        future: Future[T] = Future()
        self._jobs.put((future, function, arguments))
        if not self._idle.acquire(blocking=False):
            self._start()
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

    def _start(self) -> None:
        with self._lock:
            if self._started >= self._limit:
                return
            self._started += 1
        name = f"{self._name}-{self._started}"
        threading.Thread(target=self._work, name=name, daemon=True).start()

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

    def within(self, seconds: float, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function, but wait for it no longer than ``seconds``.

        Raises:
            LateError: it took longer. Its thread goes on, and its result is dropped.
            Exception: whatever the function raised.
        """
        try:
            inbox = self._idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            threading.Thread(target=_obey, args=(inbox,), name=self._name, daemon=True).start()
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        inbox.put((future, function, arguments))
        try:
            error = future.exception(seconds)
        except BaseException as waiting:
            inbox.put(None)  # late or interrupted: the thread ends when its call does
            if isinstance(waiting, TimeoutError):
                raise LateError from None
            raise
        self._idle.append(inbox)
        if error is not None:
            raise error
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
