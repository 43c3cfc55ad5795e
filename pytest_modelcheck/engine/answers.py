"""From a call to its answer: found among those at hand, waited for where it is under way, or made now.

A step of a check says how each model is answered (:class:`Handle`): live, from the approved answers, or by
another version. Bodies and everything that runs them are the same in all of these.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.attempts import copied
from pytest_modelcheck.calls.endpoint import Endpoint
from pytest_modelcheck.calls.loops import running_loop, sleep_on, trio_sleep, until
from pytest_modelcheck.calls.throttle import Allowance
from pytest_modelcheck.engine.tickets import (
    PATIENCE,
    Handle,
    Ticket,
    is_for_one,
    offline_error,
    repeat_of,
    settle,
    settle_rest,
    takes_last,
    turns,
)
from pytest_modelcheck.models.model import Unsaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.calls.batches import Rows
    from pytest_modelcheck.calls.executors import LoopThread
    from pytest_modelcheck.models.model import Model, Raw

POLL = 0.02
"""Seconds between two looks at what other processes have answered."""

_TICK = 0.05  # seconds between two looks at what else may be done, while a call is waited for


class Switchboard:
    """Answers calls for a whole session. Safe from any thread.

    Args:
        interrupts: Whether an exception ends the whole run, rather than one case.
        offline: Whether calling a model is forbidden.
        allowance: The calls that the run may make; ``None`` for any number.
        workers: How many processes share rates and budgets.

    Attributes:
        offline: Whether calling a model is forbidden.
        tick: Called now and then while an answer is waited for.
        interrupts: Whether an exception ends the whole run.
    """

    def __init__(
        self,
        interrupts: Callable[[BaseException], bool],
        *,
        offline: bool = False,
        allowance: Allowance | None = None,
        workers: int = 1,
    ) -> None:
        self.interrupts = interrupts
        self.offline = offline
        self.tick: Callable[[], None] = _no_progress
        self._allowance = allowance or Allowance()
        self._workers = workers
        self._endpoints: dict[tuple[str | None, ...], Endpoint] = {}
        self._tickets: dict[tuple[int, bytes], Ticket] = {}
        self._loop: LoopThread | None = None
        self._unsaved = Unsaved()
        self._lock = threading.RLock()

    def endpoint(self, model: Model) -> Endpoint:
        """The way to a model: one for each version of each fixture, however often that is set up."""
        definition = model.definition
        place = (model.name, model.version, model.fingerprint, definition.source, definition.location)
        with self._lock:
            found = self._endpoints.get(place)
            if found is None:
                found = Endpoint(model, self._allowance, self.interrupts, self.loop, self._workers)
                self._endpoints[place] = found
            return found

    def handle(self, model: Model) -> Handle:
        """Return the handle of a model that no step has replaced: its live answers."""
        refusal = offline_error if self.offline else None
        return Handle(model, model, model.answers, self.endpoint(model), refusal=refusal)

    # -- calls that are made now -------------------------------------------------------------------

    def answer(self, handle: Handle, x: Any, key: bytes | None, repeat: int, *, joins: bool = False) -> Raw:
        """Make a call, in whatever thread this is, and wait for its answer.

        A call that ``joins`` waits for an equal one that is under way: the threads of a body make both at
        once. Calls that a model makes do not: it could wait for itself.
        """
        for _ in turns(handle, x, key, self._claimed):
            time.sleep(POLL)
        ticket, caller = Ticket(handle, x, key, repeat), handle.acting.caller
        if joins and (other := self._announce(ticket)) is not None:
            self.wait_for(other)
            if takes_last(other):
                return other.result()
        try:
            raw = handle.find(key) if joins or handle.answers.claims is not None else None
            if raw is not None:  # it came meanwhile, from another thread or process
                return raw
            if caller.awaited:
                self._begin([ticket], copy_context())
                self.wait_for(ticket)
            else:
                keep = self._keep([ticket], time.perf_counter())
                handle.endpoint.call(caller, [x], keep, repeat=repeat, after_success=[ticket.after_success])
        finally:
            if joins:
                self.drop(ticket)
        return ticket.result()

    def _announce(self, ticket: Ticket) -> Ticket | None:
        """Let equal calls find a call that is made now; give back one that is under way already."""
        if ticket.key is None:
            return None
        ticket.made = True
        found = self._tickets.setdefault((id(ticket.handle.answers), ticket.key), ticket)
        return None if found is ticket or found.ended or not found.begun else found

    async def answer_async(
        self,
        handle: Handle,
        x: Any,
        key: bytes | None,
        repeat: int,
        context: Context,
        *,
        joins: bool = False,
    ) -> Raw:
        """Make a call, and await its answer on whatever event loop this is.

        A call belongs to its answer and not to its caller: where the caller is cancelled, the call goes on.
        """
        loop = running_loop()
        for _ in turns(handle, x, key, self._claimed):
            await sleep_on(POLL, loop)
        ticket, caller = Ticket(handle, x, key, repeat), handle.acting.caller
        if joins and (other := self._announce(ticket)) is not None:
            await self._end_of(other, loop)
            if takes_last(other):
                return other.awaited_result()
        raw = handle.find(key) if joins or handle.answers.claims is not None else None
        if raw is not None:
            self.drop(ticket)
            return raw
        if caller.awaited and (loop != "asyncio" or self._is_our_loop()):
            # A model that calls another is on our loop already; one that is written for trio needs trio's.
            keep = self._keep([ticket], time.perf_counter())
            sleep = None if loop == "asyncio" else trio_sleep
            try:
                await handle.endpoint.call_async(
                    caller, [x], keep, repeat=repeat, after_success=[ticket.after_success], sleep=sleep
                )
            finally:
                self.drop(ticket)
        else:
            await until(self._begin([ticket], context), loop)
            self.drop(ticket)
        return ticket.awaited_result()

    async def answer_gathered(
        self, handle: Handle, x: Any, key: bytes, repeat: int, trial: int, context: Context
    ) -> Raw:
        """Make a call together with those that other tasks of this loop make in the same turn."""
        import asyncio

        if handle.refusal is not None:
            raise handle.refusal(handle.model, x)
        ticket = self.foresee(handle, x, key, repeat, trial)
        if ticket is None:
            return await self.answer_async(handle, x, key, repeat, context, joins=True)
        loop = asyncio.get_running_loop()
        loop.call_soon(self.advance, handle, context)
        ended: Future[None] = Future()
        self.follow(ticket, lambda _: ended.set_result(None))
        await until(ended, "asyncio")
        if takes_last(ticket, trial):
            return ticket.awaited_result()
        return await self.answer_async(handle, x, key, repeat, context)

    def _is_our_loop(self) -> bool:
        return self._loop is not None and self._loop.runs_here()

    # -- calls that are made ahead -----------------------------------------------------------------

    def foresee(self, handle: Handle, x: Any, key: bytes, repeat: int, trial: int) -> Ticket | None:
        """A call that a body is expected to make; ``None`` where another makes it, or has made it.

        It waits in its handle until :meth:`advance` or :meth:`take` begins it.
        """
        place = (id(handle.answers), key)
        with self._lock:
            ticket = self._tickets.get(place)
            if ticket is None:
                claims = handle.answers.claims is not None and handle.endpoint.claims
                # The answer may have come since somebody looked for it: from another thread, or process.
                missing = self._claimed(handle, key) if claims else handle.answers.find(key) is None
                if not missing:
                    return None
                ticket = Ticket(handle, copied(x), key, repeat)
                ticket.foreseen = True
                self._tickets[place] = ticket
                handle.waiting.append(ticket)
            ticket.foreseen_by.add(trial)
            return ticket

    def _claimed(self, handle: Handle, key: bytes) -> bool:
        """Return whether the call is ours: no other process makes it, and none has made it meanwhile."""
        answers = handle.answers
        with self._lock:
            if not answers.claim(key):
                return False
            answers.reload()  # after the claim: what was answered before it is seen now
            if answers.find(key) is None:
                return True
            answers.release([key])
            return False

    def follow(self, ticket: Ticket, function: Callable[[Ticket], None]) -> None:
        """Call a function once a call has ended: now, or from the thread that ends it."""
        with self._lock:
            if not ticket.ended:
                ticket.then = [*ticket.then, function]
                return
        function(ticket)

    def ticket(self, handle: Handle, key: bytes | None) -> Ticket | None:
        """The call, where it is waiting or under way."""
        return None if key is None else self._tickets.get((id(handle.answers), key))

    def advance(self, handle: Handle, context: Context, *, flush: bool = True) -> None:
        """Begin as many calls as may be under way.

        Args:
            handle: Of what model.
            context: The context that it is called in.
            flush: Whether a batch is called that is not full.
        """
        endpoint = handle.endpoint
        while True:
            with self._lock:
                waiting, size = handle.waiting, endpoint.sizes.size
                if not waiting or handle.under_way >= endpoint.concurrency:
                    return
                if len(waiting) < size and not flush:
                    return
                batch = [waiting.popleft() for _ in range(min(len(waiting), size))]
                call = self._begin(batch, context)
                if call.done():  # made here, without a thread: the next is not begun from within its end
                    continue
                handle.under_way += 1
            call.add_done_callback(lambda _: self._freed(handle, context, flush=flush))

    def _freed(self, handle: Handle, context: Context, *, flush: bool) -> None:
        with self._lock:
            handle.under_way -= 1
        self.advance(handle, context, flush=flush)

    def _begin(self, batch: Sequence[Ticket], context: Context) -> Future[None]:
        handle = batch[0].handle
        keep = self._keep(batch, time.perf_counter())
        call = handle.endpoint.submit(
            handle.acting.caller,
            [ticket.x for ticket in batch],
            keep,
            context,
            repeat=repeat_of(batch),
            after_success=[ticket.after_success for ticket in batch],
            wanted=lambda: any(ticket.foreseen_by or not ticket.foreseen for ticket in batch),
        )
        for ticket in batch:
            ticket.call = call
        call.add_done_callback(lambda ended: settle_rest(batch, ended, keep, self.drop))
        return call

    def _is_kept(self, ticket: Ticket) -> bool:
        return self.ticket(ticket.handle, ticket.key) is ticket

    def batch_with(self, ticket: Ticket) -> list[Ticket]:
        """A call that is still waiting, with the next ones that fit into its batch."""
        with self._lock:
            waiting = ticket.handle.waiting
            if ticket.call is not None or ticket not in waiting:
                return []
            waiting.remove(ticket)
            room = ticket.handle.endpoint.sizes.size - 1
            return [ticket, *(waiting.popleft() for _ in range(min(room, len(waiting))))]

    def take(self, ticket: Ticket, context: Context) -> None:
        """Wait until a call that was foreseen has ended; begin it here where it has not begun."""
        batch = self.batch_with(ticket)
        endpoint, caller = ticket.handle.endpoint, ticket.handle.acting.caller
        if batch and not (caller.awaited or endpoint.threaded):
            # A model without threads of its own is called in the thread of the test, like any function.
            self._make_here(batch)
            self.tick()
            return
        if batch:
            self._begin(batch, context)
        self.wait_for(ticket)

    def _make_here(self, batch: Sequence[Ticket]) -> None:
        """Make a call in this thread; others that need its answers wait for it as for any."""
        handle = batch[0].handle
        call: Future[None] = Future()
        call.set_running_or_notify_cancel()
        for ticket in batch:
            ticket.call = call
        try:
            handle.endpoint.call(
                handle.acting.caller,
                [ticket.x for ticket in batch],
                self._keep(batch, time.perf_counter()),
                repeat=repeat_of(batch),
                after_success=[ticket.after_success for ticket in batch],
            )
        finally:
            call.set_result(None)

    async def take_async(self, ticket: Ticket, context: Context) -> None:
        """The same, without holding up the event loop."""
        batch = self.batch_with(ticket)
        if batch:
            self._begin(batch, context)
        await self._end_of(ticket, running_loop())

    async def _end_of(self, ticket: Ticket, loop: str | None) -> None:
        for call in self._while_under_way(ticket):
            await until(call, loop, _TICK)

    def wait_for(self, ticket: Ticket) -> None:
        """Hold this thread until a call that was begun has ended."""
        for call in self._while_under_way(ticket):
            wait([call], _TICK)

    def _while_under_way(self, ticket: Ticket) -> Iterator[Future[None]]:
        """Return what to wait for, now and then, until a call has ended.

        One that another thread of a body makes by itself is not waited for for ever: it may need a lock that
        is held here.
        """
        call, end = ticket.call, time.monotonic() + PATIENCE
        alone = call is None and not ticket.foreseen
        if alone:
            ended: Future[None] = Future()
            call = ended
            self.follow(ticket, lambda _: ended.set_result(None))
        while call is not None and not call.done() and not ticket.ended:
            if alone and (not self._is_kept(ticket) or time.monotonic() > end):
                return
            yield call
            self.tick()

    def forget(self, handles: Sequence[Handle]) -> None:
        """Drop every call that was foreseen; those under way go on, and their answers are stored."""
        with self._lock:
            for handle in handles:
                handle.answers.release([one.key for one in handle.waiting if one.key is not None])
                handle.waiting.clear()
            for ticket in [ticket for ticket in self._tickets.values() if ticket.foreseen]:
                ticket.foreseen_by.clear()
                self.drop(ticket)

    def drop(self, ticket: Ticket) -> None:
        """Forget one call: nobody needs it any more, or its answer is stored. It is not begun any more.

        One that is under way is found until it has ended.
        """
        place: Any = (id(ticket.handle.answers), ticket.key)
        with self._lock:
            if self._tickets.get(place) is not ticket or ticket.is_under_way:
                return
            del self._tickets[place]
            if ticket.key is not None and ticket.call is None and ticket in ticket.handle.waiting:
                ticket.handle.waiting.remove(ticket)
                ticket.handle.answers.release([ticket.key])

    # -- answers -----------------------------------------------------------------------------------

    def _keep(self, batch: Sequence[Ticket], start: float) -> Callable[[Sequence[int], Rows], None]:
        """Takes the answers to a batch as they are known, stores them, and calls whoever follows them."""

        def keep(places: Sequence[int], rows: Rows) -> None:
            tickets = [batch[place] for place in places]
            with self._lock:
                known = self._tickets
                for ticket, row in zip(tickets, rows, strict=True):
                    settle(ticket, row)
                    if not ticket.foreseen_by or (ticket.raw is not None and not is_for_one(ticket.raw)):
                        place: Any = (id(ticket.handle.answers), ticket.key)
                        if known.get(place) is ticket:
                            del known[place]
            handle = tickets[0].handle
            due = self._unsaved.note(handle.answers, time.perf_counter() - start)
            shared = handle.answers.claims is not None and handle.endpoint.claims
            if due or shared or len(tickets) < len(batch):  # of a batch that is split, what is known is kept
                self.save(wait=False)
            for ticket in tickets:
                for follow in ticket.then:
                    follow(ticket)

        return keep

    def save(self, *, wait: bool = True) -> None:
        """Write every answer that is not on disk yet; without ``wait``, leave it to whoever writes now."""
        self._unsaved.save(wait=wait)

    def loop(self) -> LoopThread:
        """The event loop for models that are awaited, started at first use."""
        from pytest_modelcheck.calls.executors import LoopThread

        with self._lock:
            if self._loop is None:
                self._loop = LoopThread()
            return self._loop

    def close(self) -> None:
        """Write what is not on disk, end threads and the event loop; calls that hang are left behind."""
        self.save()
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()
        if self._loop is not None:
            self._loop.close()
            self._loop = None


def _no_progress() -> None:
    """Nobody wants to know how far it is."""
