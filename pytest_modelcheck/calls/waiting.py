"""Wait for calls that are made elsewhere: in a thread, without deadlocks, or on an event loop of any kind."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import wait
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from pytest_modelcheck.calls.threads import all_wait, wanted_locks
from pytest_modelcheck.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from concurrent.futures import Future

    from pytest_modelcheck.models.calling import Caller

_TICK: Final = 0.05  # seconds before the first look at the locks that a call waits for; doubled each time
_LONGEST: Final = 1.0
QUIET = 60.0  # seconds: if no call ends for so long, calls may wait for each other, and one is let through


@contextmanager
def lending(caller: Caller) -> Iterator[Callable[[], bool]]:
    """Lend re-entrant locks of this thread to the call that it waits for, and take them back at the end.

    If the model were called in the thread of the body, a ``threading.RLock`` that the body holds would admit
    it. A call in another thread waits for that lock, while the body waits for the call. The yielded
    function looks at the calls of the model that are under way, and releases those locks of this thread that
    one of them is about to take; it returns whether any are lent.
    """
    lent: list[threading.RLock] = []

    def lend() -> bool:
        for lock in wanted_locks(caller):
            with suppress(RuntimeError):  # this thread does not hold the lock, or not any more
                while True:
                    lock.release()
                    lent.append(lock)
        return bool(lent)

    try:
        yield lend
    finally:
        seconds = 0.0
        while not _has_taken(lent):
            lend()  # a call that holds one of the locks may wait for another lock of this thread
            seconds += _TICK
            if seconds > QUIET:
                raise ModelError(
                    f"{caller.label} has kept a lock that the test held when it called the model"
                )


def _has_taken(locks: Sequence[threading.RLock]) -> bool:
    """Take all locks or none: a call may hold one and wait for another. Return whether all are taken."""
    taken: list[threading.RLock] = []
    for lock in locks:
        if not lock.acquire(timeout=_TICK):
            for each in taken:
                each.release()
            return False
        taken.append(lock)
    return True


def lend_briefly(call: Future[Any], caller: Caller) -> bool:
    """Lend locks to a call, and take them back before another task of this thread can miss them.

    Returns whether any were lent.
    """
    with lending(caller) as lend:
        lent = lend()
        if lent:
            wait([call], _TICK)
    return lent


def ends(
    call: Future[Any],
    caller: Caller,
    seconds: float | None = None,
    gives_up: Callable[[float], bool] = lambda _: False,
) -> bool:
    """Wait in this thread for a call that another one makes; return whether it ended in time.

    ``gives_up`` takes the seconds since it was last called, and returns whether to wait no longer.
    """
    tick, left = _TICK, float("inf") if seconds is None else seconds
    with lending(caller) as lend:
        while not wait([call], min(tick, left)).done:
            left -= tick  # counted down, because a test may have frozen the clock
            if left <= 0 or gives_up(tick):
                return False
            lend()
            tick = min(2 * tick, _LONGEST)
    return True


class Permits:
    """The permits for calls of one model that may be under way at once (``concurrency=``).

    A model may call itself from threads that it starts. They look like threads of a body, so that their calls
    wait for a permit, while the call around them holds one. So a call is let through without one if no call
    of the model has ended for a minute, and all calls that hold permits may be waiting for threads. A shorter
    time would break the limit of a client that waits for a thread of its own, such as that of gRPC. The calls
    that hold permits may only be slow, so the next call is let through after another minute; after a second,
    if the first one ended before them.

    There are ``size`` permits in threads, and on each event loop; ``ended`` counts the calls that have ended.
    """

    def __init__(self, size: int, ended: Callable[[], int]) -> None:
        self.ended = ended
        self.patience = QUIET
        self._size = size
        self._gate = threading.BoundedSemaphore(size)
        self._slots: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._outside = 0
        self._freed = self._beyond = 0  # calls that have returned a permit, and those that began without one

    @property
    def progress(self) -> tuple[int, int]:
        """The numbers of calls that have ended, and that were let through."""
        return self.ended(), self._beyond

    @contextmanager
    def take(self, caller: Caller) -> Iterator[None]:
        """Hold a permit for a call in this thread."""
        tick, idle = _TICK, IdleTime(self)
        while not (taken := self._gate.acquire(timeout=tick)) and not idle.lasts(tick, self.stuck(caller)):
            tick = min(2 * tick, _LONGEST)
        with self._left(self._gate) if taken else self.let_through():
            yield

    @asynccontextmanager
    async def take_on(self, caller: Caller, loop: str | None) -> AsyncIterator[None]:
        """Hold a permit for a call on the running event loop."""
        # Calls on asyncio share one loop, ours; on trio, each thread of a body may run a loop of its own.
        owner: object = sys.modules["trio"].lowlevel.current_trio_token() if loop == "trio" else self
        with self._lock:
            if owner not in self._slots:
                self._slots[owner] = import_module(loop or "asyncio").Semaphore(self._size)
            slots = self._slots[owner]
        taken, idle, seconds = False, IdleTime(self), self.patience
        while not (taken := await _acquired(slots, loop, seconds)) and not idle.lasts(
            seconds, self.stuck(caller)
        ):
            seconds = self.patience
        with self._left(slots) if taken else self.let_through():
            yield

    def stuck(self, caller: Caller) -> bool:
        """Return whether all calls of the model that are under way may wait for threads."""
        # A suspended task does not show that it waits for a thread. It may, if a thread waits for an answer.
        return self._outside > 0 if caller.awaited else all_wait(caller)

    def hasten(self) -> None:
        """From now on, wait only for a second: calls that waited for each other once will do so again."""
        self.patience = min(QUIET, _LONGEST)

    @contextmanager
    def _left(self, permits: Any) -> Iterator[None]:
        try:
            yield
        finally:
            with self._lock:
                self._freed += 1
            permits.release()

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Make a call beyond a limit, because the calls under way may wait for it."""
        with self._lock:
            self._beyond += 1
            freed = self._freed
        try:
            yield
        finally:
            self.patience = QUIET
            if freed == self._freed:  # the calls that hold permits waited for this one
                self.hasten()

    @contextmanager
    def waits(self) -> Iterator[bool]:
        """Note that this thread waits for a call; yield whether it is another thread than that of bodies."""
        outside = threading.current_thread() is not threading.main_thread()
        with self._lock:
            self._outside += outside
        try:
            yield outside
        finally:
            with self._lock:
                self._outside -= outside


class IdleTime:
    """The time without an ended call of a model, as one waiting thread or task counts it.

    Where calls have waited for each other before, only a ``hasty`` one is shorter.
    """

    def __init__(self, permits: Permits, *, hasty: bool = True) -> None:
        self._permits = permits
        self._hasty = hasty
        self._seconds = 0.0
        self._before = permits.progress

    def lasts(self, seconds: float, stuck: bool, times: int = 1) -> bool:
        """Count ``seconds`` more if calls may be ``stuck``; return whether ``times`` the patience passed."""
        # Seconds are counted, and not read from a clock, because a test may have frozen it.
        now = self._permits.progress
        self._seconds = self._seconds + seconds if stuck and now == self._before else 0.0
        self._before = now
        if self._seconds < times * (self._permits.patience if self._hasty else QUIET):
            return False
        self._seconds = 0.0
        return True


async def _acquired(slots: Any, loop: str | None, seconds: float) -> bool:
    """Acquire a semaphore of the running event loop; return ``False`` after so many seconds."""
    if loop == "trio":
        import trio

        with trio.move_on_after(seconds):
            await slots.acquire()
            return True
        return False
    import asyncio

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await slots.acquire()
            return True
    return False


# -- on an event loop -----------------------------------------------------------------------------------


async def until(call: Future[Any], loop: str | None, seconds: float | None = None) -> None:
    """Wait for a call on the running event loop, at most ``seconds``; ``None`` waits for as long as it takes.

    Cancelling the waiting task does not cancel the call.
    """
    if loop == "trio":
        import trio

        await trio.to_thread.run_sync(lambda: wait([call], seconds), abandon_on_cancel=True)
        return
    import asyncio

    here = asyncio.get_running_loop()
    waiter = here.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def ended(_call: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop has closed, so nothing waits on it any more
            here.call_soon_threadsafe(wake)

    call.add_done_callback(ended)
    timer = None if seconds is None else here.call_later(seconds, wake)
    try:
        await waiter
    finally:
        if timer is not None:
            timer.cancel()


async def sleep_on(seconds: float, loop: str | None) -> None:
    """Sleep on the running event loop, which is of the given kind."""
    await import_module(loop or "asyncio").sleep(seconds)
