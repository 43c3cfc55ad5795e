"""Drawing different values from a Hypothesis strategy, the same ones in every process.

Hypothesis is built to surprise: it mixes in constants that it finds in whatever modules of the project are
loaded at that moment, and follows the settings of the profile that is active. Cases must be the same
whichever tests were selected, so that a baseline and ``--modelcheck-case`` can name them. Here all of that
is fixed.

Drawing goes by rounds of :data:`ROUND`, each with a seed of its own, so that asking for more keeps those that
there were.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pytest_modelcheck.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

ROUND: Final = 100
"""How many values are drawn before it is looked whether there is anything new."""

_SPARE_ROUNDS: Final = 20


def different(
    strategy: SearchStrategy[Any], n: int, seed: int, told_apart: Callable[[Any], tuple[Hashable, T]]
) -> Iterator[T]:
    """What is made of up to ``n`` values that differ; fewer where a whole round brings nothing new.

    Args:
        strategy: Where they come from.
        n: How many are wanted.
        seed: Which ones.
        told_apart: From a value to what tells it from others, and what is made of it.

    Raises:
        Exception: whatever the strategy raised, Hypothesis's own complaints among it.

    >>> from hypothesis import strategies
    >>> def itself(value):
    ...     return value, value
    >>> sorted(different(strategies.sampled_from("abc"), 10, 0, itself))
    ['a', 'b', 'c']
    >>> few, many = (list(different(strategies.integers(), n, 0, itself)) for n in (5, 150))
    >>> many[:5] == few
    True
    """
    seen: set[Hashable] = set()
    for number in range(rounds_for(n)):
        before = len(seen)
        for value in _round(strategy, seed, number):
            content, made = told_apart(value)
            if content not in seen:
                seen.add(content)
                yield made
                if len(seen) == n:
                    return
        if len(seen) == before:
            return


def rounds_for(n: int) -> int:
    """How many rounds there are at most."""
    return n // ROUND + _SPARE_ROUNDS


def _round(strategy: SearchStrategy[Any], seed: int, number: int) -> list[Any]:
    from hypothesis import HealthCheck
    from hypothesis.errors import Unsatisfiable

    drawn: list[Any] = []
    first = number == 0
    with round_of(
        strategy, seed, number, drawn.append, {HealthCheck.filter_too_much} if first else set()
    ) as run:
        try:
            run()
        except Unsatisfiable:
            if first:
                raise
    return drawn


@contextmanager
def round_of(
    strategy: SearchStrategy[Any],
    seed: int,
    number: int,
    take: Callable[[Any], None],
    watched: Collection[Any] = (),
    *,
    shrink: bool = False,
) -> Iterator[Callable[[], None]]:
    """One round of drawing, to be run inside: hands every value to ``take``, whose exceptions are failures.

    Args:
        strategy: Where values come from.
        seed: Which ones.
        number: Of the round, from 0.
        take: Called with each value.
        watched: The health checks that may fail.
        shrink: Whether Hypothesis goes on from a failure to smaller ones.
    """
    import hypothesis

    phases = [hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrink else [])]

    @hypothesis.seed(int.from_bytes(digest([seed, number]), "big"))
    @hypothesis.settings(
        max_examples=ROUND,
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=[each for each in hypothesis.HealthCheck if each not in watched],
        **_own_engine(),
    )
    @hypothesis.given(strategy)
    def draw(value: Any) -> None:
        take(value)

    with _without_local_constants():
        yield draw


def _own_engine() -> dict[str, Any]:
    """Whichever engine a profile names, values come from Hypothesis's own, where it can be named."""
    import hypothesis

    return {"backend": "hypothesis"} if hasattr(hypothesis.settings, "backend") else {}


@contextmanager
def _without_local_constants() -> Iterator[None]:
    """Keep Hypothesis from mixing in constants of the modules that happen to be loaded (since 6.131).

    What may be mixed in is remembered by the kind of value, also for whatever other test asks next: so it
    is remembered apart meanwhile.
    """
    from hypothesis.internal.conjecture import providers

    names = ("_get_local_constants", "CONSTANTS_CACHE", "Constants")
    if not all(hasattr(providers, name) for name in names):
        yield
        return
    none: Any = providers.Constants()  # type: ignore[attr-defined]  # it is there: see above
    kept = providers._get_local_constants, providers.CONSTANTS_CACHE  # noqa: SLF001 - put back below
    setattr(providers, "_get_local_constants", lambda: none)  # noqa: B010 - a name that its types do not offer
    setattr(providers, "CONSTANTS_CACHE", {})  # noqa: B010
    try:
        yield
    finally:
        providers._get_local_constants, providers.CONSTANTS_CACHE = kept  # noqa: SLF001
