"""Which inputs of a failed batch are to blame.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

_DOUBTFUL_AFTER = 6  # both halves and all four quarters
_PROBES = 4


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

    Larger parts come first. Where a model has failed for every half and quarter, a few inputs are asked by
    themselves: if it fails for each of them, it is out of order rather than unlucky in its inputs, and the
    rest is given up unasked. So is a batch whose failure speaks against the endpoint.
    """
    answers: Answered = [Failure(error)] * len(inputs)
    if isinstance(error, ModelError) or len(inputs) == 1 or is_outage(error):
        return answers
    parts = deque(_halves(range(len(inputs))))
    failures, succeeded, probed = 0, False, set[int]()
    while parts:
        if failures == _DOUBTFUL_AFTER and not succeeded:
            firsts = [part[0] for part in parts]
            for place in firsts if len(firsts) <= _PROBES else firsts[:: len(firsts) // _PROBES]:
                probed.add(place)
                result = yield [inputs[place]]
                succeeded = _entered(answers, [place], result)
                if succeeded:
                    break
            if not succeeded:
                return answers
        part = [place for place in parts.popleft() if place not in probed]
        if not part:
            continue
        result = yield [inputs[place] for place in part]
        if _entered(answers, part, result):
            succeeded = True
        else:
            failures += 1
            parts += _halves(part) if len(part) > 1 else ()
    return answers


def _halves(part: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    middle = len(part) // 2
    return part[:middle], part[middle:]


def _entered(answers: Answered, places: Sequence[int], result: Answered | Failure) -> bool:
    """Enter what was answered for some inputs; whether anything was."""
    failed = isinstance(result, Failure)
    for number, place in enumerate(places):
        answers[place] = result if isinstance(result, Failure) else result[number]
    return not failed


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
