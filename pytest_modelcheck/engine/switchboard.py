"""Who answers when a model is called: the body's own greenlet, a thread, a task, or nobody but the model.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from pytest_modelcheck.engine.conductor import Worker
from pytest_modelcheck.engine.loops import asyncio_runs
from pytest_modelcheck.engine.work import current_view

if TYPE_CHECKING:
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

    def ask(self, model: Model, x: Any) -> Any:
        """Answer a call; in an ``async`` test, give back an awaitable of the answer."""
        worker = getcurrent()
        if type(worker) is Worker:
            return worker.ask(model, x)
        return self._outside(model, x)

    def _outside(self, model: Model, x: Any) -> Any:
        looping = asyncio_runs()
        if self.tasks is not None and (view := current_view.get(None)) is not None:
            return self.tasks.ask(view, model, x)
        if self.awaited or (looping and model.caller.awaited):
            return self._awaited(model, x)
        if self.conductor is not None:
            return self.conductor.answer_elsewhere(model, x)
        key = model.key(x)
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            raw = self.dispatcher.answer(model, x, key)
        return model.answers.decode(raw)

    async def _awaited(self, model: Model, x: Any) -> Any:
        key = model.key(x)
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            raw = await self.dispatcher.answer_async(model, x, key)
        return model.answers.decode(raw)
