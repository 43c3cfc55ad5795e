"""Waiting for calls that other threads make, without waiting for one another.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import wait
from contextlib import asynccontextmanager, contextmanager, suppress
from inspect import getattr_static
from types import BuiltinMethodType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.models.calling import Caller

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from concurrent.futures import Future
    from types import FrameType

_RLock: Final = type(threading.RLock())
_CALLS: Final = (Caller.call.__code__, Caller.call_async.__code__)
_TICK: Final = 0.05  # seconds before the first look at what a call waits for; then twice as long each time
_LONGEST: Final = 1.0
_DEEPEST: Final = 3


@contextmanager
def lending(caller: Caller) -> Iterator[Callable[[], None]]:
    """Lend re-entrant locks of this thread to the call it waits for, and take them back at the end.

    A plain loop calls a model in the thread of the body, where a lock such as ``threading.RLock`` lets both
    in. A call that is made in another thread would wait for its body, and the body for the call. The function
    that is yielded looks once at the calls of the model that are under way, and releases those locks of this
    thread that one of them is about to take.

    Args:
        caller: Makes the calls of the model whose answer this thread waits for.
    """
    lent: list[threading.RLock] = []

    def lend() -> None:
        for lock in _wanted(caller):
            with suppress(RuntimeError):  # it is not this thread's, or not any more
                while True:
                    lock.release()
                    lent.append(lock)

    try:
        yield lend
    finally:
        while not _has_taken(lent):
            lend()  # a call that holds one of them may want another lock of this thread


def _has_taken(locks: Sequence[threading.RLock]) -> bool:
    """Take all locks, or none: a call may hold one and wait for another."""
    taken: list[threading.RLock] = []
    for lock in locks:
        if not lock.acquire(timeout=_TICK):
            for each in taken:
                each.release()
            return False
        taken.append(lock)
    return True


def ends(call: Future[Any], caller: Caller, seconds: float | None = None) -> bool:
    """Wait for a call in this thread; return whether it ended in time.

    Args:
        call: The call, which another thread makes.
        caller: Makes it.
        seconds: How long to wait; ``None`` for ever.
    """
    tick, left = _TICK, seconds  # counted down: a test may have frozen the clock
    with lending(caller) as lend:
        while not wait([call], tick if left is None else min(tick, left)).done:
            if left is not None:
                left -= tick
                if left <= 0:
                    return False
            lend()
            tick = min(2 * tick, _LONGEST)
    return True


@contextmanager
def place_in(gate: threading.Semaphore, caller: Caller) -> Iterator[None]:
    """Take a place among the calls of a model that may be under way at once.

    A model may call itself from threads that it starts, which nothing tells from those of a body. Where each
    call that has a place waits for another thread, this call is let through without one.
    """
    tick = _TICK
    while not (taken := gate.acquire(timeout=tick)) and not _all_wait(caller):
        tick = min(2 * tick, _LONGEST)
    try:
        yield
    finally:
        if taken:
            gate.release()


@asynccontextmanager
async def place_among(slots: asyncio.Semaphore, patience: float) -> AsyncIterator[None]:
    """Take a place among asynchronous calls; without one once ``patience`` (seconds) ends.

    Nobody can see what the calls that have a place wait for.
    """
    import asyncio

    taken = False
    with suppress(TimeoutError):
        async with asyncio.timeout(patience if slots.locked() else None):
            taken = await slots.acquire()
    try:
        yield
    finally:
        if taken:
            slots.release()


def _all_wait(caller: Caller) -> bool:
    frames = _frames_of(caller)
    return bool(frames) and all(frame.f_globals.get("__name__") == "threading" for frame in frames)


def _wanted(caller: Caller) -> list[threading.RLock]:
    """The re-entrant locks that the innermost frames of a model's calls name."""
    return [lock for frame in _frames_of(caller) for lock in _named_locks(frame)]


def _frames_of(caller: Caller) -> list[FrameType]:
    """The innermost frames of the threads that make a call of a model, without this one."""
    frames: dict[int, FrameType] = getattr(sys, "_current_frames", dict)()
    frames.pop(threading.get_ident(), None)
    return [frame for frame in frames.values() if _makes_call(frame, caller)]


def _makes_call(frame: FrameType | None, caller: Caller) -> bool:
    while frame is not None:
        if frame.f_code in _CALLS and frame.f_locals.get("self") is caller:
            return True
        frame = frame.f_back
    return False


def _named_locks(frame: FrameType) -> list[threading.RLock]:
    """The re-entrant locks among the variables that a frame's code names, and their attributes."""
    names = frame.f_code.co_names
    level = [*frame.f_locals.values(), *(frame.f_globals[name] for name in names if name in frame.f_globals)]
    found = []
    for _ in range(_DEEPEST + 1):
        level = [each.__self__ if type(each) is BuiltinMethodType else each for each in level]
        found += [each for each in level if type(each) is _RLock]
        level = [part for each in level for name in names if (part := _attribute(each, name)) is not None]
    return found


def _attribute(owner: Any, name: str) -> Any:
    """An attribute, looked up without running code of its owner."""
    found = getattr_static(owner, name, None)
    if isinstance(found, MemberDescriptorType):  # of __slots__
        with suppress(AttributeError, TypeError):  # not set, or of a class
            return found.__get__(owner)
    return found
