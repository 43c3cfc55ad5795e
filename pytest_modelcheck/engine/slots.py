"""Which of several answers a call gets, in a check that measures a model's own noise.

Equal calls are answered once and remembered. Where noise is measured that would hide it: a body that asks
twice the same would always hear the same. So there the k-th equal call of a body takes the k-th slot. All
other checks never come here, and pay nothing for it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.engine.work import current_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_modelcheck.models.model import Model
    from pytest_modelcheck.records import Trial

STRIDE = 1 << 32
"""What lies between the slots of a body's first equal call and its second: more than anybody's repeats."""


def by_repeat(trial: Trial, key: bytes, equal: int) -> int:  # noqa: ARG001
    """The slot of a call that ``equal`` equal calls of its body went before: its run's, or one beyond all.

    >>> from pytest_modelcheck.records import Case, Trial
    >>> third_run = Trial(0, Case("x"), repeat=2)
    >>> by_repeat(third_run, b"", 0), by_repeat(third_run, b"", 1) == STRIDE + 2
    (2, True)
    """
    return trial.repeat + equal * STRIDE


@contextmanager
def own_slots(model: Model, place: Callable[[Trial, bytes, int], int]) -> Iterator[None]:
    """Give each call of a model the slot that ``place`` says, while this lasts.

    Args:
        model: The model that is judged; other models answer as ever.
        place: Says the slot from the trial, the digest of the question, and how many equal ones its body
            has asked before.
    """
    plain = model.route
    asked: defaultdict[int, Counter[bytes]] = defaultdict(Counter)

    def route(model: Model, x: Any) -> Any:
        view = current_view.get(None)
        key = None if view is None else model.key(x)
        if view is None or key is None:
            return plain(model, x)
        trial = view._trial  # noqa: SLF001 - while a body runs, this is all that is known of it
        before = asked[trial.index][key]
        asked[trial.index][key] += 1
        return plain(model, x, place(trial, key, before))

    model.route = route
    try:
        yield
    finally:
        model.route = plain
