"""Who answers when a model is called: the body's own greenlet, a thread, a task, or nobody but the model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from pytest_modelcheck.engine.conductor import Worker
from pytest_modelcheck.engine.loops import asyncio_runs
from pytest_modelcheck.engine.nesting import MIXED, slot_asked_for
from pytest_modelcheck.engine.view import settled
from pytest_modelcheck.engine.work import current_view

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from greenlet import greenlet

    from pytest_modelcheck.engine.conductor import Conductor
    from pytest_modelcheck.engine.dispatch import Dispatcher
    from pytest_modelcheck.engine.tasks import TaskConductor
    from pytest_modelcheck.models.model import Model


class Switchboard:
    """Routes each call of a model to whoever runs the body that it came from.

    Attributes:
        conductor: Runs synchronous bodies now, or ``None``.
        tasks: Runs ``async`` bodies now, or ``None``.
        awaited: Whether the test that runs now is ``async``, so that each call is awaited.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self.conductor: Conductor | None = None
        self.tasks: TaskConductor | None = None
        self.awaited = False

    def ask(self, model: Model, x: Any, slot: int | None = None) -> Any:
        """Answer a call; in an ``async`` test, give back an awaitable of the answer.

        Args:
            model: Who is asked.
            x: What.
            slot: Which of several answers is wanted, where it is not that of the body's own run.
        """
        worker = getcurrent()
        if type(worker) is Worker:
            return worker.ask(model, x, slot)
        return self._outside(worker, model, x, slot)

    def _outside(self, current: greenlet, model: Model, x: Any, slot: int | None) -> Any:
        looping = asyncio_runs()
        within = self._answering(current)
        if within is not None:
            awaited = looping and model.caller.awaited
            return self._awaited(model, x, within) if awaited else self._asked(model, x, within)
        if self.tasks is not None and (view := current_view.get(None)) is not None:
            return self.tasks.ask(view, model, x, slot)
        if self.awaited or (looping and model.caller.awaited):
            return self._awaited(model, x, 0)
        if self.conductor is not None:
            return self.conductor.answer_elsewhere(model, x, slot)
        return self._asked(model, x, 0)

    def _answering(self, current: greenlet) -> int | None:
        """For which run another model is being called that makes this call; ``None`` where none is."""
        if self.conductor is not None and current is self.conductor.hub:
            return self.dispatcher.slot
        return slot_asked_for()

    def _asked(self, model: Model, x: Any, slot: int) -> Any:
        key = None if slot == MIXED else model.key(x, slot)
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            raw = self.dispatcher.answer(model, x, key, slot)
        return model.answers.decode(raw)

    def _awaited(self, model: Model, x: Any, slot: int) -> Awaitable[Any]:
        key = None if slot == MIXED else model.key(x, slot)
        return self._answer_awaited(model, settled(x, key), key, slot)

    async def _answer_awaited(self, model: Model, x: Any, key: bytes | None, slot: int) -> Any:
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            raw = await self.dispatcher.answer_async(model, x, key, slot)
        return model.answers.decode(raw)
