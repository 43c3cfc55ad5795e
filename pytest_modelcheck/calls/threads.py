"""Observe threads: which event loop runs in this one, and what the others wait for.

A model may call itself from threads, or send code to the loop that waits for it. Only the frames of the
threads show that, so a thread that has waited for a while looks at those of the others.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from inspect import currentframe, getattr_static
from queue import SimpleQueue
from types import BuiltinMethodType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.models.calling import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    _Seen = dict[tuple[CodeType, int], tuple[int, Any]]
    """Objects by the code that names them and their identity, at the least depth at which they were found."""

_RLock: Final = type(threading.RLock())
_LOCKS: Final = (_RLock, type(threading.Lock()))
_CALLS: Final = (Caller.call.__code__, Caller.call_async.__code__)
_IDLE: Final = {  # functions of threads that wait for something to do
    ("concurrent.futures.thread", "_worker"),
    ("pytest_modelcheck.calls.executors", "_work"),
}
_OUTER: Final = ("pytest_modelcheck.calls.waiting", "pytest_modelcheck.engine.answers")
_DEEPEST: Final = 3  # attributes in a chain such as self.client.lock
_PLAIN: Final = (str, int, float, bool, type(None), bytes, list, tuple, dict, set)
"""Objects of these types have no attributes that are locks."""


def loop_runs() -> bool:
    """Return whether this code was called by code that an asyncio event loop runs in this thread.

    >>> loop_runs()
    False
    """
    asyncio = sys.modules.get("asyncio")  # a loop can only run if it was imported; the import is slow
    running = getattr(asyncio, "_get_running_loop", None)  # public, but slower under its public name
    return running is not None and running() is not None


def running_loop() -> str | None:
    """Return the kind of event loop that runs in this thread: ``"asyncio"``, ``"trio"`` or ``None``."""
    if loop_runs():
        return "asyncio"
    trio = sys.modules.get("trio")
    return "trio" if trio is not None and trio.lowlevel.in_trio_run() else None


def wanted_locks(caller: Caller) -> list[threading.RLock]:
    """Return the re-entrant locks that calls of a model may be about to take: their code names them.

    If these calls all wait, then perhaps for a call of another model, so the locks that this is about to take
    are wanted, too. Not so if this thread makes a call of that other model itself: the two only run at once.
    """
    seen: _Seen = {}
    frames = _frames_of(caller)
    if caller.awaited or all_wait(caller):  # a suspended task has no frame
        here = {id(each) for each in (caller, *_callers(currentframe()))}
        others = [(frame, {id(each) for each in _callers(frame)}) for frame in _other_frames()]
        frames += [frame for frame, callers in others if callers and not callers & here]
    return [lock for frame in frames for lock in _named(frame, (_RLock,), seen)]


def all_wait(caller: Caller) -> bool:
    """Return whether all calls of a model that threads make wait for other threads."""
    frames = _frames_of(caller)
    return bool(frames) and all(
        _module(frame) == "threading"
        or _is_idle_loop(frame)
        or any("<locked" in repr(lock) for lock in _named(frame, _LOCKS, {}))
        or any(queue.empty() for queue in _named(frame, (SimpleQueue,), {}))
        for frame in frames
    )


def all_stand_still() -> bool:
    """Return whether no other thread can go on by itself: each waits for others, without a limit.

    Nothing can end that, but code that is no Python, in a thread of its own.
    """
    frames = _other_frames()
    return bool(frames) and all(map(_stands_still, frames))


def needs_this_loop(caller: Caller) -> bool:
    """Return whether a call of a model waits for code that it sent to the loop which this thread runs."""
    if not loop_runs():
        return False
    import asyncio

    sent: set[int] = set()
    for handle in list(getattr(asyncio.get_running_loop(), "_ready", ())):
        for function in (getattr(handle, "_callback", None), *(getattr(handle, "_args", None) or ())):
            for cell in getattr(function, "__closure__", None) or ():
                with suppress(ValueError):  # it is empty
                    sent.add(id(cell.cell_contents))
    # Future.result() calls Condition.wait().
    outer = [frame.f_back for frame in _frames_of(caller) if _module(frame) == "threading"]
    return any(frame is not None and id(frame.f_locals.get("self")) in sent for frame in outer)


def _stands_still(frame: FrameType) -> bool:
    outer = frame
    while _module(outer) in ("threading", "concurrent.futures._base") and outer.f_back is not None:
        outer = outer.f_back
    if outer is not frame and _module(outer) in _OUTER:
        return True  # it waits for a call, and looks now and then at what that does
    if (_module(frame), frame.f_code.co_name) in _IDLE or _module(frame).startswith("execnet."):
        return True  # pytest-xdist talks to its workers through execnet
    waits = _module(frame) == "threading" or _is_idle_loop(frame)
    return waits and frame.f_locals.get("timeout") in (None, -1)


def _is_idle_loop(frame: FrameType) -> bool:
    """Return whether an asyncio loop waits for no file but the pipe by which other threads wake it."""
    caller = frame.f_back
    if _module(frame) != "selectors" or caller is None or not _module(caller).startswith("asyncio."):
        return False
    return len(frame.f_locals["self"].get_map() or ()) <= 1


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _other_frames() -> list[FrameType]:
    """Return the innermost frames of all other threads."""
    frames: dict[int, FrameType] = getattr(sys, "_current_frames", dict)()
    frames.pop(threading.get_ident(), None)
    return list(frames.values())


def _frames_of(caller: Caller) -> list[FrameType]:
    """Return those of the threads that make a call of a model."""
    return [frame for frame in _other_frames() if any(each is caller for each in _callers(frame))]


def _callers(frame: FrameType | None) -> Iterator[Caller]:
    """Yield those whose calls the thread of this frame makes, the innermost first."""
    while frame is not None:
        if frame.f_code in _CALLS:
            yield frame.f_locals["self"]
        frame = frame.f_back


def _named(frame: FrameType, kinds: tuple[type, ...], seen: _Seen) -> list[Any]:
    """Return the objects of some types among the variables that code names, and their attributes.

    Objects that were ``seen`` are left out: the same code often runs in dozens of threads.
    """
    code, names = frame.f_code, frame.f_code.co_names
    level = [*frame.f_locals.values(), *(frame.f_globals[name] for name in names if name in frame.f_globals)]
    found = []
    for depth in range(_DEEPEST + 1):
        new = []
        for each in level:
            # ``lock.acquire`` is a builtin method: its object is the lock.
            owner = each.__self__ if type(each) is BuiltinMethodType else each
            if type(owner) not in _PLAIN and seen.get((code, id(owner)), (depth + 1,))[0] > depth:
                seen[code, id(owner)] = (depth, owner)
                new.append(owner)
        found += [each for each in new if type(each) in kinds]
        level = [part for each in new for name in names if (part := _attribute(each, name)) is not None]
    return found


def _attribute(owner: Any, name: str) -> Any:
    """Return an attribute, without running code of its owner, such as a property."""
    if type(owner) is ModuleType:
        return vars(owner).get(name)
    found = getattr_static(owner, name, None)
    if isinstance(found, MemberDescriptorType):  # of __slots__
        with suppress(AttributeError, TypeError):  # not set, or of a class
            return found.__get__(owner)
    return found
