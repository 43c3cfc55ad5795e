"""Calls that are made again: how often, after how long, and for what reasons.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import AsyncRetrying, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from pytest_modelcheck.errors import NotAskedError
from pytest_modelcheck.models.outages import is_throttled, retry_after
from pytest_modelcheck.models.pacing import LONGEST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState

    from pytest_modelcheck.models.pacing import Pace

T = TypeVar("T")

_FIRST = 0.5  # seconds: the first wait is at most this long, and each further one twice that


class Tries:
    """Makes calls of one model until they succeed, or have been tried often enough.

    Args:
        retries: How often a call is made again.
        worth_it: Whether a call that raised this may succeed when it is made again.
        pace: Where all calls of the model are held up, when the endpoint asks for it.
        again: Called before a call with so many inputs is made again; raises where it may not be.
    """

    def __init__(
        self,
        retries: int,
        worth_it: Callable[[BaseException], bool],
        pace: Pace,
        again: Callable[[int], None],
    ) -> None:
        self._stop = stop_after_attempt(retries + 1)
        self._worth_it = worth_it
        self._pace = pace
        self._again = again
        # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        self._jitter = wait_random_exponential(multiplier=_FIRST, max=LONGEST)

    def make(self, call: Callable[[], T], size: int, sleep: Callable[[float], None]) -> T:
        """Make a call with so many inputs, again and again if need be."""
        return Retrying(sleep=sleep, **self._options(size))(call)

    async def make_async(self, call: Callable[[], Awaitable[T]], size: int) -> T:
        """The same for a call that is awaited."""

        async def attempt() -> T:  # tenacity awaits what is a coroutine function, and nothing else
            return await call()

        return await AsyncRetrying(**self._options(size))(attempt)

    def _options(self, size: int) -> dict[str, Any]:
        def before(state: RetryCallState) -> None:
            if state.attempt_number > 1:
                self._again(size)

        return {
            "stop": self._stop,
            "wait": self._wait,
            "retry": retry_if_exception(self._is_worth_it),
            "before": before,
            "reraise": True,
        }

    def _is_worth_it(self, error: BaseException) -> bool:
        if isinstance(error, NotAskedError) or (retry_after(error) or 0.0) > LONGEST:
            return False
        return self._worth_it(error)

    def _wait(self, state: RetryCallState) -> float:
        error = None if state.outcome is None else state.outcome.exception()
        asked = None if error is None else retry_after(error)
        if asked is not None:
            return asked
        wait = self._jitter(state)
        if error is not None and is_throttled(error):
            self._pace.pause(wait)
        return wait
