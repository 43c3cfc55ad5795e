"""Models that ask other models while they answer, as an application does that is itself a model fixture.

What the inner model is asked then is nobody's body's question. It is remembered like any other, but each run
of the outer model gets an answer of its own: under one and the same, the outer model would seem not to vary.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_modelcheck.engine.asks import Ask

MIXED: Final = -1
"""The slot of a batch in which several runs are asked for: what is asked inside of it is not remembered."""

_ANSWERING: ContextVar[int | None] = ContextVar("modelcheck_answering", default=None)


def slot_of(batch: Sequence[Ask]) -> int:
    """The run of the outer model that a call is for."""
    first = batch[0].slot
    return first if len(batch) == 1 or all(asked.slot == first for asked in batch) else MIXED


@contextmanager
def answering(slot: int) -> Iterator[None]:
    """Let it be known, in this thread or task, that a model is being called, and for which run."""
    token = _ANSWERING.set(slot)
    try:
        yield
    finally:
        _ANSWERING.reset(token)


def slot_asked_for() -> int | None:
    """For which run a model is being called here; ``None`` where none is."""
    return _ANSWERING.get()
