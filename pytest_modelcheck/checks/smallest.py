"""The smallest change that still fails, by delta debugging in rounds of candidates.

A search yields candidates, and its caller sends back whether each fails. All candidates of a round are
independent, so that a slow model can be called for them at once.

The idea is that of Zeller and Hildebrandt, IEEE Trans. Software Eng. 28 (2002) 183 (ddmin). It is
adapted to few rounds: changes are divided into :data:`PARTS` parts rather than two, and all parts that can be
left out one by one are then left out together.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

T = TypeVar("T")

PARTS: Final = 8
"""The number of parts into which changes are first divided."""


def smallest(items: Sequence[T]) -> Generator[list[tuple[T, ...]], Sequence[bool], tuple[T, ...]]:
    """A subset of the items that fails, from which no item can be left out.

    All items together must fail, and the empty set must not.

    >>> def drive(search, fails):
    ...     asked, known = next(search, None), 0
    ...     while True:
    ...         try:
    ...             known += len(asked)
    ...             asked = search.send([fails(candidate) for candidate in asked])
    ...         except StopIteration as found:
    ...             return found.value, known
    >>> drive(smallest(range(60)), lambda some: 17 in some)
    ((17,), 16)
    >>> drive(smallest(range(60)), lambda some: {17, 40} <= set(some))[0]
    (17, 40)
    """
    kept = tuple(items)
    chunks = [kept]
    while len(kept) > 1:
        chunks = _divided(kept, PARTS)
        found = _first_failing(chunks, (yield chunks))
        if found is None:
            break
        kept, chunks = found, [found]
    return (yield from _without_the_rest(chunks))


def _without_the_rest(
    chunks: list[tuple[T, ...]],
) -> Generator[list[tuple[T, ...]], Sequence[bool], tuple[T, ...]]:
    """Return the chunks that fail only together, once nothing more can be left out."""
    while len(chunks) > 1:
        # All in one round, since candidates of a round run at the same time.
        fails = yield [_joined(chunks, {place}) for place in range(len(chunks))]
        spare = {place for place, failed in enumerate(fails) if failed}
        if len(spare) > 1:
            together = _joined(chunks, spare)
            (failed,) = (yield [together]) if together else (False,)
            # Each can be spared, but not all together: drop one, and look again.
            spare = spare if failed else {min(spare)}
        if not spare and len(chunks) == sum(map(len, chunks)):
            break
        parts = max(2, PARTS // (len(chunks) - len(spare)))
        left = [chunk for place, chunk in enumerate(chunks) if place not in spare]
        chunks = [part for chunk in left for part in _divided(chunk, parts)]
    return _joined(chunks, set())


def simplified(
    items: Sequence[T], simpler: Callable[[T], T | None]
) -> Generator[list[tuple[T, ...]], Sequence[bool], tuple[T, ...]]:
    """The items, each replaced by a simpler one if that still fails."""
    kept = tuple(items)
    better = {place: made for place, item in enumerate(kept) if (made := simpler(item)) is not None}
    if not better:
        return kept
    all_at_once = tuple(better.get(place, item) for place, item in enumerate(kept))
    one_by_one = [(*kept[:place], made, *kept[place + 1 :]) for place, made in better.items()]
    candidates = [all_at_once, *(one_by_one if len(better) > 1 else [])]
    found = _first_failing(candidates, (yield candidates))
    return kept if found is None else found


def _first_failing(candidates: Sequence[tuple[T, ...]], fails: Sequence[bool]) -> tuple[T, ...] | None:
    return next((one for one, failed in zip(candidates, fails, strict=True) if failed), None)


def _divided(items: tuple[T, ...], parts: int) -> list[tuple[T, ...]]:
    size, more = divmod(len(items), min(parts, len(items)))
    ends = [(place + 1) * size + min(place + 1, more) for place in range(min(parts, len(items)))]
    return [items[start:stop] for start, stop in zip([0, *ends], ends, strict=False)]


def _joined(chunks: Sequence[tuple[T, ...]], left_out: set[int]) -> tuple[T, ...]:
    return tuple(item for place, chunk in enumerate(chunks) if place not in left_out for item in chunk)
