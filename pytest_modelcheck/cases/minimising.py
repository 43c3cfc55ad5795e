"""The smallest value of a strategy that still fails, found by the shrinker of Hypothesis.

Hypothesis calls a test, and wants to know at once whether it fails; a check runs its bodies step by step. So
Hypothesis runs in a thread of its own, and waits there for the answer to each of its candidates.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.cases.drawing import round_of, rounds_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_ENDED: Final = object()


class StillFailsError(Exception):
    """Tells Hypothesis that a value fails."""


class _StopShrinking(BaseException):
    """Ends Hypothesis where nobody wants another candidate."""


def smaller(
    strategy: SearchStrategy[Any],
    n: int,
    seed: int,
    told_apart: Callable[[Any], tuple[Hashable, T]],
    start: Hashable,
) -> Generator[T, bool, None]:
    """Candidates that may be smaller; each is answered with whether it fails. The last that does is smallest.

    Drawing is repeated, round by round, until the value that is known to fail comes along. Everything before
    it is passed over, so that nothing is called again.

    Args:
        strategy: Where the value was drawn from.
        n: How many were drawn.
        seed: Which ones.
        told_apart: From a value to what tells it from others, and what is made of it.
        start: What tells the value that is known to fail from others.
    """
    from hypothesis.errors import Unsatisfiable

    known: dict[Hashable, bool] = {}
    candidates: SimpleQueue[Any] = SimpleQueue()
    answers: SimpleQueue[bool | None] = SimpleQueue()

    def take(value: Any) -> None:
        content, made = told_apart(value)
        if content == start:
            known[content] = True
        if start not in known:
            return
        if content not in known:
            candidates.put(made)
            fails = answers.get()
            if fails is None:
                raise _StopShrinking
            known[content] = fails
        if known[content]:
            raise StillFailsError

    def hunt() -> None:
        for number in range(rounds_for(n)):
            with round_of(strategy, seed, number, take, shrink=True) as run:
                try:
                    run()
                except StillFailsError:
                    return
                except Unsatisfiable:
                    continue

    def hunter() -> None:
        end: Any = _ENDED
        try:
            hunt()
        except _StopShrinking:
            pass  # as was asked for
        except BaseException as error:  # noqa: BLE001 - a strategy may raise anything: it belongs to the caller
            end = error
        candidates.put((_ENDED, end))

    thread = threading.Thread(target=copy_context().run, args=(hunter,), name="modelcheck-shrinker", daemon=True)
    thread.start()
    ended = False
    try:
        while True:
            candidate = candidates.get()
            if isinstance(candidate, tuple) and candidate and candidate[0] is _ENDED:
                ended = True
                if candidate[1] is not _ENDED:
                    raise candidate[1]
                return
            answers.put((yield candidate))
    finally:
        if not ended:
            answers.put(None)
        thread.join()
