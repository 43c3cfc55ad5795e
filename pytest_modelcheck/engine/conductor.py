"""Runs one-case bodies by the hundred, suspended wherever they wait for a model.

A body is ordinary synchronous code. It runs in a greenlet; when it asks for an answer that is not at
hand, the greenlet is parked and the next body begins. When enough bodies are parked, everything that they
ask for is answered together, and each goes on where it was. Greenlets run body after body, so that a body
whose answers are all at hand costs no switch at all.

There are no threads: bodies take turns in one, in an order that depends on nothing but the trials and the
answers.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter
from contextvars import Context, copy_context
from sys import _getframe
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, getcurrent, greenlet

from pytest_modelcheck.engine.frames import block_between
from pytest_modelcheck.engine.lookahead import lookahead_of
from pytest_modelcheck.engine.loops import asyncio_runs
from pytest_modelcheck.engine.strays import STRAY, Strays
from pytest_modelcheck.engine.view import CaseView, conclude, is_new, refuse_case, settled
from pytest_modelcheck.engine.work import NOT_PUT, WINDOW, Failures, Run, current_view
from pytest_modelcheck.models.model import SHORT_TEXT, short_text_key
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from pytest_modelcheck.engine.asks import Ask
    from pytest_modelcheck.engine.dispatch import Dispatcher
    from pytest_modelcheck.engine.view import Result
    from pytest_modelcheck.engine.work import Work
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial

_OFTEN = 63  # after every 64th body
_TO_THE_BODY = 4
"""How many frames lie between a miss and the code that called the model: all of them ours."""

_PASSED = Outcome.PASSED  # looked up once: that takes Python, and there may be a million trials


class Worker(greenlet):  # type: ignore[misc]  # it comes without types
    """A greenlet that runs one body after another."""

    conductor: Conductor
    subject: Model
    view: CaseView

    def __init__(self, conductor: Conductor) -> None:
        super().__init__()
        self.conductor = conductor
        self.subject = conductor.work.subject

    def run(self) -> None:
        """Take trials until there are none, idle, and go on when there are."""
        conductor = self.conductor
        work, copy, finish = conductor.work, conductor.context.copy, conductor.finish
        body, subject = work.body, self.subject.name
        while True:
            trial = conductor.next_trial()
            if trial is None:
                if conductor.closing:
                    return
                conductor.idle.append(self)
                conductor.hub.switch()
                continue
            self.view = conductor.active = view = CaseView(trial, work)
            try:
                copy().run(_run_body, body, view)
            except BaseException as error:  # noqa: BLE001 - told apart there
                self._ended(view, error)
            else:
                result = view._result  # noqa: SLF001
                if result.asked and result.outcome is _PASSED and trial.case.known_failure is None:
                    results = conductor.results
                    results.append(result)  # as conclude() would leave it
                    if not len(results) & _OFTEN:
                        conductor.pause()
                else:
                    finish(conclude(view, _PASSED, None, subject))

    def _ended(self, view: CaseView, error: BaseException) -> None:
        """Report a body that did not come to its end."""
        work = self.conductor.work
        if is_new(error):
            self.conductor.finish(conclude(view, Outcome.NEW, None, work.subject.name))
            return
        outcome = None if type(error) is GreenletExit else work.classify(error)
        if outcome is None:
            raise error
        self.conductor.finish(conclude(view, outcome, error, work.subject.name))

    def ask(self, model: Model, x: Any, slot: int | None = None) -> Any:
        """Answer a call of the body that runs here, for its own run or for the one that ``slot`` says."""
        if model.caller.awaited and asyncio_runs():
            return self.conductor.answer_awaited(self.view, model, x, slot)
        conductor, result, answers = self.conductor, self.view._result, model.answers  # noqa: SLF001
        conductor.asks += 1
        repeat = result.trial.repeat if slot is None else slot
        if type(x) is str and not repeat and len(x) <= SHORT_TEXT:
            key: bytes | None = short_text_key(x)  # as the model would say, without asking it
        else:
            refuse_case(model, x)
            key = model.key(x, repeat)
        raw = None if key is None else answers.find(key)
        if raw is None:
            raw = self._miss(model, x, key, repeat)
        if model is self.subject:
            if result.approved_raw is None:
                result.asked.append((key, raw))
            else:
                raw = self.view._answered(key, raw)  # noqa: SLF001
        return answers.decode(raw)

    def _miss(self, model: Model, x: Any, key: bytes | None, slot: int) -> Raw:
        conductor = self.conductor
        if conductor.closing:
            raise GreenletExit
        if model is self.subject:
            self.view._result.unanswered = True  # noqa: SLF001 - for now; for good, where the model breaks
        try:
            if conductor.lookahead is not None and key is not None:
                conductor.lookahead.raise_again(self.view._trial, model, key)  # noqa: SLF001
            obstacle = conductor.obstacle(_getframe(_TO_THE_BODY))
            if obstacle is not None:
                conductor.direct[obstacle] += 1
                return conductor.dispatcher.answer(model, x, key, slot)
            conductor.strays.look()
            conductor.dispatcher.submit(model, x, key, self, slot)
            conductor.parked += 1
            conductor.misses += 1
            asked: Ask = conductor.hub.switch()
            conductor.active = self.view
            return asked.result()
        except NOT_PUT as error:
            self.view._refused(error)  # noqa: SLF001
            raise


def _run_body(body: Callable[[CaseView], Any], view: CaseView) -> None:
    current_view.set(view)
    body(view)


class Conductor:
    """Runs the bodies of one check."""

    def __init__(self, work: Work, dispatcher: Dispatcher) -> None:
        self.work = work
        self.dispatcher = dispatcher
        self.context: Context = copy_context()
        self.hub = getcurrent()
        self.idle: list[Worker] = []
        self.parked = self.misses = 0
        self.closing = False
        self.asks = 0
        self.active: CaseView | None = None
        self.strays = Strays()
        self.direct: Counter[str] = Counter()
        self.lookahead = lookahead_of(work, dispatcher)
        self._trials: Iterator[Trial] = iter(())
        self._next: Iterator[Trial] = iter(())
        self._exhausted = False
        self._workers: list[Worker] = []
        self.results: list[Result] = []
        self._failures = Failures(work)

    def run(self, trials: Iterable[Trial]) -> Run:
        """Run the body of every trial.

        Raises:
            BaseException: whatever a body raised that ends everything (an interrupt, ``pytest.exit``, a
                timeout). What was answered until then is kept.
        """
        self._trials = iter(trials)
        if self.lookahead is None:
            self._next = self._trials
        try:
            self._conduct()
        finally:
            self._dismiss()
            self.dispatcher.save()
        if self.work.take is not None:
            self._hand_over(self.work.take)
        return self._failures.run_of(self.results, self.asks, self.direct)

    def next_trial(self) -> Trial | None:
        """The next trial for a worker, or ``None`` while enough bodies wait already, or none is there yet."""
        if self._exhausted or self.parked >= WINDOW or self.closing:
            return None
        trial = next(self._next, None)
        if trial is None:
            self._exhausted = True
        return trial

    def finish(self, result: Result) -> None:
        """Take in what came of a trial."""
        if result.error is not None:
            self._failures.note(result)
        self.results.append(result)
        if not len(self.results) & _OFTEN:
            self.pause()

    def pause(self) -> None:
        """Tell how far bodies have come, and hand on what came of them."""
        work = self.work
        if work.progress is not None:
            work.progress()
        if len(self.results) >= WINDOW and work.take is not None and not self._rehearses:
            self._hand_over(work.take)

    def obstacle(self, frame: Any) -> str | None:
        """Say why the body whose call is at ``frame`` must not be suspended, or ``None``."""
        interleave = self.work.interleave
        if interleave == "auto":
            if self.strays.doubted:
                return STRAY
            if asyncio_runs():
                return "an event loop runs"
            return block_between(frame, _run_body.__code__)
        return None if interleave else "interleave=False"

    def answer_elsewhere(self, model: Model, x: Any, slot: int | None = None) -> Any:
        """Answer a call from a thread that a body started."""
        view = current_view.get(None) or self.strays.owner(self.active, self.parked)
        self.asks += 1
        if slot is None:
            slot = 0 if view is None else view._trial.repeat  # noqa: SLF001
        key = model.key(x, slot)
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            self.direct[STRAY] += 1
            if view is not None and model is self.work.subject:
                view._result.unanswered = True  # noqa: SLF001
            try:
                raw = self.dispatcher.answer(model, x, key, slot)
            except NOT_PUT as error:
                if view is not None:
                    view._refused(error)  # noqa: SLF001
                raise
        if view is not None and model is self.work.subject:
            raw = view._answered(key, raw)  # noqa: SLF001
        return model.answers.decode(raw)

    def answer_awaited(self, view: CaseView, model: Model, x: Any, slot: int | None = None) -> Awaitable[Any]:
        """Answer application code that awaits a model on an event loop of its own.

        Which question it is, is settled when it is called, whatever becomes of ``x`` before it is awaited.
        """
        self.asks += 1
        slot = view._trial.repeat if slot is None else slot  # noqa: SLF001
        key = model.key(x, slot)
        return self._awaited(view, model, settled(x, key), key, slot)

    async def _awaited(self, view: CaseView, model: Model, x: Any, key: bytes | None, slot: int) -> Any:
        raw = None if key is None else model.answers.find(key)
        if raw is None:
            self.direct["an event loop runs"] += 1
            if model is self.work.subject:
                view._result.unanswered = True  # noqa: SLF001
            try:
                raw = await self.dispatcher.answer_async(model, x, key, slot)
            except NOT_PUT as error:
                view._refused(error)  # noqa: SLF001
                raise
        if model is self.work.subject:
            raw = view._answered(key, raw)  # noqa: SLF001
        return model.answers.decode(raw)

    @property
    def _rehearses(self) -> bool:
        return self.lookahead is not None and self.lookahead.rehearses

    def _hand_over(self, take: Callable[[Sequence[Result]], None]) -> None:
        take(self.results)
        self.results = []

    def _conduct(self) -> None:
        while True:
            while self.parked < WINDOW and (not self._exhausted or self._more()):
                self._free_worker().switch()
            if not self.parked:
                return
            self._answer()

    def _answer(self) -> None:
        """Answer what is asked, and let each body that waited for it go on."""
        for asked in self.dispatcher.collect():
            for worker in asked.waiters:
                if type(worker) is Worker:
                    self.parked -= 1
                    worker.switch(asked)
                else:
                    worker(asked)

    def _more(self) -> bool:
        """Get the next trials, and ask ahead what their bodies are certain to ask."""
        lookahead = self.lookahead
        if lookahead is None or (lookahead.rehearses and self.parked):
            return False
        trials = lookahead.take(self._trials, self.results, self.misses)
        for questions in lookahead.stages(trials):
            for question in questions:
                self.dispatcher.submit(*question)
            self._answer()
        self._next = iter(trials)
        self._exhausted = not trials
        return bool(trials)

    def _free_worker(self) -> Worker:
        if self.idle:
            return self.idle.pop()
        worker = Worker(self)
        self._workers.append(worker)
        return worker

    def _dismiss(self) -> None:
        """End bodies that are still parked: their ``finally`` blocks run, and they ask for nothing more."""
        self.closing = True
        self.dispatcher.forget()
        for worker in self._workers:
            if not worker.dead:
                worker.throw(GreenletExit)
        self._workers.clear()
