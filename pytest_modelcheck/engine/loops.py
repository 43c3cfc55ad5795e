"""Whether an event loop runs, asked without importing asyncio: where nothing is awaited nobody needs it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys


def asyncio_runs() -> bool:
    """Whether this code was called by code that an asyncio event loop runs in this thread.

    >>> asyncio_runs()
    False
    """
    asyncio = sys.modules.get("asyncio")
    running = getattr(asyncio, "_get_running_loop", None)  # public, but slower
    return running is not None and running() is not None
