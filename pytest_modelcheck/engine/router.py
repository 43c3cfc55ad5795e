"""Route each call of a model by its origin: a body, its threads and loops, another model, or no check."""

from __future__ import annotations

from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from math import inf
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.calls.endpoint import MIXED, repeat_inside
from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.calls.threads import running_loop
from pytest_modelcheck.calls.waiting import lend_briefly, until
from pytest_modelcheck.engine.tickets import TICK
from pytest_modelcheck.engine.view import refuse_case, result_of
from pytest_modelcheck.models.model import IMMUTABLE, copied
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from contextvars import Context

    from pytest_modelcheck.engine.answers import Switchboard
    from pytest_modelcheck.engine.body import Bodies
    from pytest_modelcheck.engine.tickets import Handle
    from pytest_modelcheck.engine.view import CaseView
    from pytest_modelcheck.engine.work import Result
    from pytest_modelcheck.models.model import Model, Raw

_INFRASTRUCTURE: Final = frozenset(
    {
        "decimal_context",  # appears with the first Decimal of a thread
        "numpy.ufunc.extobj",  # numpy.errstate()
        "current_async_library_cvar",  # sniffio
        "pytest_check_state",  # a thread does not have it
        "modelcheck_changed",
        "modelcheck_calls",
        "modelcheck_view",
    }
)
"""Context variables of libraries. No answer depends on them."""

VIEW: ContextVar[CaseView | None] = ContextVar("modelcheck_view", default=None)
"""The body's view of its trial, if several bodies run as tasks (``gather=True``)."""


_CHANGED: ContextVar[Sequence[ContextVar[Any]]] = ContextVar("modelcheck_changed", default=())
"""The context variables that a body had changed when it called the model that makes a call here."""


class Router:
    """Answers every call of a model in a session.

    Attributes:
        bodies: The runner of the bodies of the current check, or ``None``.
        awaited: Whether the current test is ``async``, so that each call returns a coroutine.
    """

    def __init__(self, switchboard: Switchboard) -> None:
        self.switchboard = switchboard
        self.bodies: Bodies | None = None
        self.awaited = False

    @property
    def result(self) -> Result | None:
        """The result of the current body, or ``None`` if no body runs."""
        task = VIEW.get()
        if task is not None:
            return result_of(task)
        return None if self.bodies is None else self.bodies.result

    @property
    def view(self) -> CaseView | None:
        """The view of the current body, or ``None`` if no body runs."""
        task = VIEW.get()
        return task if task is not None or self.bodies is None else self.bodies.view

    def is_awaited(self) -> bool:
        """Return whether each call returns a coroutine."""
        return self.awaited

    def call(self, model: Model, x: Any) -> Any:
        """Answer a call; in an ``async`` test, return a coroutine of the answer.

        The usual call is one of a plain body in its own thread and context: it goes straight to the runner.
        """
        bodies = self.bodies
        if bodies is None or bodies.result is None or self.awaited or get_ident() != bodies.thread:
            return self._call(model, x)
        try:
            unchanged = copy_context() == bodies.context
        except Exception:  # noqa: BLE001 - raised by an __eq__ of a value: then compare variable by variable
            unchanged = False
        if unchanged and not (model.caller.is_awaitable and running_loop()):
            return bodies.call(model, x)
        return self._call(model, x)

    def _call(self, model: Model, x: Any) -> Any:
        """Answer any other call: from a thread, a loop, another model, or in a changed context."""
        refuse_case(model, x)
        inside = repeat_inside()
        looping = running_loop() is not None
        if inside is not None:  # another model makes this call; it belongs to no body
            call = _Call(self, model, x, None, repeat=inside, changed=_CHANGED.get())
            return call.awaited() if looping and call.is_awaitable else call.answer()
        result = self.result
        changed = self._changed_context(result)
        if result is not None and not changed and not self.awaited and not looping and self.is_here():
            return self.bodies.call(model, x)  # type: ignore[union-attr]  # it has a result
        call = _Call(self, model, x, result, changed=changed)
        if self.awaited or (looping and call.is_awaitable):
            return call.awaited()
        return call.answer()

    def is_here(self) -> bool:
        """Return whether this is the thread that bodies run in."""
        return self.bodies is not None and get_ident() == self.bodies.thread

    def _changed_context(self, result: Result | None) -> list[ContextVar[Any]]:
        """Return the context variables that have neither the value from the start nor that of a model.

        A thread or an event loop of a body may lack what a model has set elsewhere.
        """
        bodies = self.bodies
        if result is None or bodies is None:
            return []
        current = copy_context()
        changed = changed_variables(bodies.context, current)
        if changed and bodies.first is not bodies.context:
            since = changed_variables(bodies.first, current)
            changed = [variable for variable in changed if variable in since]
        if not changed and self.is_here() and VIEW.get() is None:
            bodies.context = current  # only variables of libraries have changed: do not compare them again
        return changed


class _Call:
    """A call that cannot take the usual path through :meth:`Bodies.call`, or belongs to no body."""

    def __init__(
        self,
        router: Router,
        model: Model,
        x: Any,
        result: Result | None,
        *,
        repeat: int | None = None,
        changed: Sequence[ContextVar[Any]] = (),
    ) -> None:
        bodies = router.bodies
        self.switchboard = router.switchboard
        self.bodies = bodies if result is not None else None
        self.result = result
        self.handle: Handle = self.switchboard.handle(model) if bodies is None else bodies.handle_of(model)
        self.is_awaitable = self.handle.acting.caller.is_awaitable
        self.context: Context = copy_context()
        self.is_here = router.is_here()
        # A model that is called on the loop of an `async` test may need it: nobody would see it wait here. In
        # a plain test, a loop in this thread is the model's own, which may be bound to the thread.
        self.elsewhere = self.is_here and router.awaited
        self.place: int | None = None
        self.key: bytes | None
        if self.bodies is None or result is None:
            self.repeat = repeat or 0
            self.key = None if repeat == MIXED else model.key(x, self.repeat)
        else:
            self.key, self.repeat = self.bodies.key_of(self.handle, result.trial, x, result.equal)
        named = model.definition.context
        reads_none = named is not None and not named
        self.changed = [] if reads_none else changed
        self.inherited = changed  # by models that this one calls: they may read some
        self.context.run(_CHANGED.set, changed)
        unnamed = [variable for variable in self.changed if variable not in (named or ())]
        if unnamed and self.key is not None:
            names = ", ".join(dict.fromkeys(variable.name for variable in unnamed))
            text = f"a test body changed the context variable {names} before its call"
            if not self.is_here:
                text = (
                    f"a thread of a test body has another value of the context variable {names} than the test"
                )
            model.answers.warn(
                f"{text}, so that its answers are not cached. Name what the model reads of such variables on "
                "the model fixture: context=[VARIABLE], or context=[] if it reads none"
            )
            self.key = None
        # The caller may change the input before the call is made, or awaited.
        self.x = x if type(x) in IMMUTABLE else copied(x)

    def answer(self) -> Any:
        """Answer the call in the current thread."""
        raw = self.handle.find(self.key)
        if raw is None:
            self._begins()
            before = copy_context()
            token = _CHANGED.set(self.inherited)
            try:
                raw = self._taken() or self._made()
            except BaseException as error:
                self._broke(error)
                raise
            finally:
                _CHANGED.reset(token)
                if self.bodies is not None and self.is_here:
                    self.bodies.adopt(before)
        return self._read(raw, None)

    def awaited(self) -> Coroutine[Any, Any, Any]:
        """Return a coroutine of the answer."""
        number = None
        result = self.result
        if result is not None:
            result.called = True  # set now, since the body may forget to await the coroutine
            number, result.awaited = result.awaited, result.awaited + 1
        coroutine: Any = self._answer_awaited(number)
        coroutine.__qualname__ = self.handle.model.name  # for Python's "was never awaited" warning
        return coroutine  # type: ignore[no-any-return]

    async def _answer_awaited(self, number: int | None) -> Any:
        raw = self.handle.find(self.key)
        if raw is None:
            self._begins()
            _CHANGED.set(self.inherited)
            try:
                raw = await self._taken_async() or await self._made_async()
            except BaseException as error:
                self._broke(error)
                raise
        return self._read(raw, number)

    def _made(self) -> Raw:
        call = (self.handle, self.x, self.key, self.repeat)
        if self.bodies is not None and self.is_here:
            return self.bodies.in_place(*call)
        return self.switchboard.answer(*call, joins=self.result is not None, elsewhere=self.elsewhere)

    async def _made_async(self) -> Raw:
        bodies, result, key = self.bodies, self.result, self.key
        if bodies is None or result is None:
            return await self.switchboard.answer_async(self.handle, self.x, key, self.repeat, self.context)
        if bodies.gathers and self.is_here and key is not None and not self.changed:
            return await answer_gathered(
                self.switchboard, self.handle, self.x, key, self.repeat, result.trial.index, bodies.context
            )
        start = Clock.perf_counter()
        try:
            return await self.switchboard.answer_async(
                self.handle, self.x, key, self.repeat, self.context, joins=True
            )
        finally:
            bodies.count_direct(self.handle, Clock.perf_counter() - start)

    def _taken(self) -> Raw | None:
        """Return the answer of a prefetched call, if there is one for this body."""
        ticket = self.switchboard.ticket(self.handle, self.key)
        if ticket is None or self.bodies is None or self.result is None:
            return self.handle.find(self.key)  # which may have just arrived
        self.switchboard.take(ticket, self.bodies.context, is_here=self.is_here)
        return ticket.result() if ticket.taken_by(self.result.trial.index) else None

    async def _taken_async(self) -> Raw | None:
        ticket = self.switchboard.ticket(self.handle, self.key)
        if ticket is None or self.bodies is None or self.result is None:
            return self.handle.find(self.key)
        if self.bodies.gathers and self.is_here:
            return None  # answer_gathered() joins a call that is under way
        await self.switchboard.take_async(ticket, self.bodies.context)
        return ticket.result() if ticket.taken_by(self.result.trial.index) else None

    def _begins(self) -> None:
        if self.bodies is not None:
            if self.is_here and self.result is self.bodies.result and not self.changed:
                self.place = self.bodies.misses(self.handle.model, self.x)
            else:
                self.bodies.prefetch.missed()
        if self.result is not None and self.handle.judged:
            self.result.unanswered = True  # stays True if the call raises

    def _broke(self, error: BaseException) -> None:
        if self.result is None or self.bodies is None:
            return
        if self.is_here and self.result is self.bodies.result:
            self._note(self.bodies, MISSING)
        self.result.broke(error)

    def _read(self, raw: Raw, number: int | None) -> Any:
        """Record the answer in the result of its trial, and return it as the body gets it."""
        result, bodies, handle = self.result, self.bodies, self.handle
        if result is not None and handle.judged:
            if number is None and not self.is_here:
                result.foreign = [*result.foreign, (self.key, raw)]
            else:
                raw = result.answered(self.key, raw, number)
        elif result is not None and handle.grades:
            elsewhere = inf if not self.is_here else 0
            result.add_grade(handle.model, self.x, raw, elsewhere if number is None else number)
        value = handle.answers.decode(raw)
        if bodies is not None and self.is_here and result is bodies.result:
            self._note(bodies, value)
        return value

    def _note(self, bodies: Bodies, value: Any) -> None:
        model, foreseeable = self.handle.model, not self.changed
        bodies.note(model, self.x, self.key, value, place=self.place, foreseeable=foreseeable)


async def answer_gathered(
    switchboard: Switchboard, handle: Handle, x: Any, key: bytes, repeat: int, trial: int, context: Context
) -> Raw:
    """Make a call in one batch with those that other tasks make in the same iteration of the loop."""
    import asyncio

    if handle.refusal is not None:
        raise handle.refusal(handle.model, x)
    ticket = switchboard.foresee(handle, x, key, repeat, trial)
    if ticket is None:
        return await switchboard.answer_async(handle, x, key, repeat, context, joins=True)
    loop = asyncio.get_running_loop()
    loop.call_soon(switchboard.advance, handle, context)
    ended: Future[None] = Future()
    switchboard.follow(ticket, lambda _: ended.set_result(None))
    tick = TICK
    while not ended.done():
        if switchboard.alone:
            await switchboard.take_async(ticket, context)  # nobody else begins it
            break
        await until(ended, "asyncio", tick)
        lend_briefly(ended, handle.acting.caller)
        tick = min(2 * tick, 1.0)  # rarer looks: hundreds of tasks may wait
    if ticket.taken_by(trial):
        return ticket.result()
    return await switchboard.answer_async(handle, x, key, repeat, context)


def changed_variables(base: Context, current: Context) -> list[ContextVar[Any]]:
    """Return the context variables whose values differ, except those of libraries that no model reads."""

    def is_same(one: Any, other: Any) -> bool:
        # An __eq__ of a user's class may raise, or compare what a model does not read.
        return one is other or (type(one) is type(other) and type(one) in IMMUTABLE and one == other)

    found = [variable for variable, value in current.items() if not is_same(base.get(variable, base), value)]
    found += [variable for variable in base if variable not in current]
    return [variable for variable in found if variable.name not in _INFRASTRUCTURE]
