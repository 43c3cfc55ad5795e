"""Which inputs of a failed batch are to blame.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

_GIVE_UP_AFTER = 6  # both halves and all four quarters


class Failure:
    """What a model raised in place of an answer."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


Answered = list[Any]
"""One answer, or one :class:`Failure`, for each input."""


def _search(
    inputs: list[Any], error: Exception, is_outage: Callable[[BaseException], bool]
) -> Generator[list[Any], Answered | Failure, Answered]:
    """Halve a failed batch until each failure stands alone, asking for the parts to be called.

    Larger parts come first. A model that has failed for every half and quarter is taken to be out of order
    rather than unlucky in its inputs: the rest is given up unasked. So is a batch whose failure speaks
    against the endpoint.
    """
    answers: Answered = [Failure(error)] * len(inputs)
    if isinstance(error, ModelError) or len(inputs) == 1 or is_outage(error):
        return answers
    middle = len(inputs) // 2
    parts = deque([(0, middle), (middle, len(inputs))])
    failures, succeeded = 0, False
    while parts and (succeeded or failures < _GIVE_UP_AFTER):
        start, end = parts.popleft()
        result = yield inputs[start:end]
        if not isinstance(result, Failure):
            succeeded = True
            answers[start:end] = result
            continue
        failures += 1
        answers[start:end] = [result] * (end - start)
        if end - start > 1:
            middle = (start + end) // 2
            parts += [(start, middle), (middle, end)]
    return answers


def _never(_error: BaseException) -> bool:
    return False


def blame(
    call: Callable[[list[Any]], list[Any]],
    inputs: list[Any],
    error: Exception,
    is_outage: Callable[[BaseException], bool] = _never,
) -> Answered:
    """Find out which inputs of a batch a model fails on.

    Args:
        call: Asks the model for part of the batch.
        inputs: The batch, or one input.
        error: What the model raised for all of it.
        is_outage: Whether an error speaks against the model as a whole.
    """
    search = _search(inputs, error, is_outage)
    result: Answered | Failure | None = None
    while True:
        try:
            part = search.send(result) if result is not None else next(search)
        except StopIteration as found:
            return found.value  # type: ignore[no-any-return]
        try:
            result = call(part)
        except Exception as raised:  # noqa: BLE001 - whatever a model raises belongs to the body that asked
            result = Failure(raised)


async def blame_async(
    call: Callable[[list[Any]], Awaitable[list[Any]]],
    inputs: list[Any],
    error: Exception,
    is_outage: Callable[[BaseException], bool] = _never,
) -> Answered:
    """The same for a model that is awaited."""
    search = _search(inputs, error, is_outage)
    result: Answered | Failure | None = None
    while True:
        try:
            part = search.send(result) if result is not None else next(search)
        except StopIteration as found:
            return found.value  # type: ignore[no-any-return]
        try:
            result = await call(part)
        except Exception as raised:  # noqa: BLE001 - as above
            result = Failure(raised)
