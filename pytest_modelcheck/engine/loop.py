"""One event loop, in a thread of its own, for models that are awaited by bodies that are not.

It lives as long as the session, so that a client which keeps connections open may keep them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future


_LAST_WORDS = 1.0  # seconds that cancelled calls get


class LoopThread:
    """An event loop that runs in the background from the first use to :meth:`close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="modelcheck-event-loop", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Start a coroutine on the loop. Safe from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        """Cancel what is under way and end the thread. What does not heed is left behind: it is a daemon."""
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result(timeout=_LAST_WORDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=_LAST_WORDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        while True:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # of a model: asyncio has put it in the call's result, and raises it here as well
            return

    @staticmethod
    async def _cancel_all() -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_LAST_WORDS / 2)
        await asyncio.get_running_loop().shutdown_asyncgens()
