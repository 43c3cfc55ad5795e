"""The smallest value of a strategy that still fails, found by the shrinker of Hypothesis.

Hypothesis calls a test, and wants to know at once whether it fails. Whoever asks a model wants to be told
what to ask, and come back with the answer. So Hypothesis runs in a greenlet of its own, and waits there.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

from pytest_modelcheck.cases.drawing import round_of, rounds_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class StillFailsError(Exception):
    """Tells Hypothesis that a value fails."""


def smaller(
    strategy: SearchStrategy[Any],
    n: int,
    seed: int,
    told_apart: Callable[[Any], tuple[Hashable, T]],
    start: Hashable,
) -> Generator[T, bool, None]:
    """Candidates that may be smaller; each is answered with whether it fails. The last that does is smallest.

    Drawing is repeated, round by round, until the value that is known to fail comes along. Everything before
    it is passed over, so that nothing is asked again.

    Args:
        strategy: Where the value was drawn from.
        n: How many were drawn.
        seed: Which ones.
        told_apart: From a value to what tells it from others, and what is made of it.
        start: What tells the value that is known to fail from others.
    """
    from hypothesis.errors import Unsatisfiable

    known: dict[Hashable, bool] = {}

    def take(value: Any) -> None:
        content, made = told_apart(value)
        if content == start:
            known[content] = True
        if start not in known:
            return
        if content not in known:
            known[content] = getcurrent().parent.switch(made)
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

    hunter = greenlet(hunt)
    try:
        candidate = hunter.switch()
        while not hunter.dead:
            fails = yield candidate
            candidate = hunter.switch(fails)
    finally:
        if not hunter.dead:
            hunter.throw(GreenletExit)
