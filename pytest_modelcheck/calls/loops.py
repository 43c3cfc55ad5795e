"""Event loops: find the kind that runs here, and wait or sleep on it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from concurrent.futures import wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future


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
    if loop == "trio":
        import trio

        await trio.sleep(seconds)
    else:
        import asyncio

        await asyncio.sleep(seconds)
