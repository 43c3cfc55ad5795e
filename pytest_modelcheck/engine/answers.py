"""From a call to its answer: read it from the cache, wait for a call that is under way, or make the call.

For each model, a step of a check sets the source of its answers (:class:`Handle`): live calls, the approved
answers, or another version. Bodies and their runner do not depend on the source.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, wait
from contextvars import Context, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.endpoint import MIXED, Endpoint, Request, repeat_inside
from pytest_modelcheck.calls.executors import LoopThread
from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.calls.threads import running_loop
from pytest_modelcheck.calls.throttle import CallBudget
from pytest_modelcheck.calls.waiting import lend_briefly, lending, sleep_on, until
from pytest_modelcheck.engine.tickets import (
    PATIENCE,
    TICK,
    Handle,
    Ticket,
    Unsaved,
    is_for_one,
    offline_error,
    settle,
    settle_rest,
    turns,
)
from pytest_modelcheck.models.model import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_modelcheck.calls.attempts import Rows
    from pytest_modelcheck.models.model import Model, Raw

POLL = 0.02  # seconds between two checks for answers of other processes


class Switchboard:
    """Answers calls for a whole session. Safe from any thread.

    Args:
        interrupts: Whether an exception ends the whole run, rather than one case.
        workers: The number of processes that share rates and budgets.

    Attributes:
        tick: Called regularly while waiting for an answer.
        alone: Whether a body of this step held a lock that a call took. Then no more calls run beside bodies,
            since a body and a call may take two locks in different order.
    """

    def __init__(
        self,
        interrupts: Callable[[BaseException], bool],
        *,
        offline: bool = False,
        call_budget: CallBudget | None = None,
        workers: int = 1,
    ) -> None:
        self.interrupts = interrupts
        self.offline = offline
        self.tick: Callable[[], None] = lambda: None
        self.alone = False
        self._call_budget = call_budget or CallBudget()
        self._workers = workers
        self._endpoints: dict[tuple[str | None, ...], Endpoint] = {}
        self._tickets: dict[tuple[int, bytes], Ticket] = {}
        self._loop: LoopThread | None = None
        self._unsaved = Unsaved()
        self._lock = threading.RLock()

    def endpoint(self, model: Model) -> Endpoint:
        """Return the endpoint of a model: one per version and fixture, even if this is set up again."""
        definition = model.definition
        place = (model.name, model.version, model.fingerprint, definition.source, definition.location)
        with self._lock:
            found = self._endpoints.get(place)
            if found is None:
                found = Endpoint(model, self._call_budget, self.interrupts, self.loop, self._workers)
                self._endpoints[place] = found
            return found

    def handle(self, model: Model) -> Handle:
        """Return the default handle of a model, which makes live calls."""
        refusal = offline_error if self.offline else None
        return Handle(model, model, model.answers, self.endpoint(model), refusal=refusal)

    # -- calls that are made now -------------------------------------------------------------------

    def answer(
        self,
        handle: Handle,
        x: Any,
        key: bytes | None,
        repeat: int,
        *,
        joins: bool = False,
        elsewhere: bool = False,
    ) -> Raw:
        """Make a call in the current thread, or ``elsewhere`` in one of the model's, and wait for its answer.

        With ``joins``, it waits for an equal call that is already under way, since two threads of a body may
        make the same call at once. Calls made by a model do not join: the model could wait for itself.
        """
        for _ in turns(handle, x, key, self._claimed):
            time.sleep(POLL)
        ticket, caller = Ticket(handle, x, key, repeat), handle.acting.caller
        if joins and (other := self._announce(ticket)) is not None:
            self.wait_for(other, joins=True)
            if other.taken_by():
                return other.result()
        try:
            raw = handle.find(key) if joins or handle.answers.claims is not None else None
            if raw is not None:  # the answer has just arrived, from another thread or process
                return raw
            if caller.awaited or elsewhere:
                self._begin([ticket], copy_context())
                self.wait_for(ticket)
            else:
                handle.endpoint.call(self._request([ticket]))
        finally:
            if joins:
                self.drop(ticket)
        return ticket.result()

    def _announce(self, ticket: Ticket) -> Ticket | None:
        """Register a call, so that equal calls find it; return an equal one that is already under way."""
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
        """Make a call, and await its answer on the running event loop.

        If the caller is cancelled, the call continues, and its answer is stored.
        """
        loop = running_loop()
        for _ in turns(handle, x, key, self._claimed):
            await sleep_on(POLL, loop)
        ticket, caller = Ticket(handle, x, key, repeat), handle.acting.caller
        if joins and (other := self._announce(ticket)) is not None:
            await self._end_of(other, loop, joins=True)
            if other.taken_by():
                return other.result()
        raw = handle.find(key) if joins or handle.answers.claims is not None else None
        if raw is not None:
            self.drop(ticket)
            return raw
        on_ours = self._loop is not None and self._loop.runs_here()
        try:
            if caller.awaited and (loop != "asyncio" or on_ours):
                # Await it here: our loop already runs a call around this one, and trio's models need trio's.
                await handle.endpoint.call_async(self._request([ticket]), loop)
            else:
                self._begin([ticket], context)
                await self._end_of(ticket, loop)
        finally:
            self.drop(ticket)
        return ticket.result()

    # -- calls that are made ahead -----------------------------------------------------------------

    def foresee(self, handle: Handle, x: Any, key: bytes, repeat: int, trial: int) -> Ticket | None:
        """Queue a call that a body is expected to make, or return its ticket if it is already queued.

        Returns ``None`` if the call is already answered or has failed, or if another process makes it. The
        queued call waits in its handle until :meth:`advance` or :meth:`take` begins it.
        """
        place = (id(handle.answers), key)
        with self._lock:
            ticket = self._tickets.get(place)
            if ticket is None:
                claims = handle.answers.claims is not None and handle.endpoint.claims
                # The answer may have arrived since the caller looked for it, from another thread or process.
                missing = self._claimed(handle, key) if claims else handle.answers.find(key) is None
                if not missing:
                    return None
                ticket = self._tickets[place] = Ticket(handle, copied(x), key, repeat, trial)
                handle.waiting.append(ticket)
            elif ticket.error is not None:
                return None  # the error is for the bodies that were waiting: another one wants a new call
            else:
                ticket.foreseen_by.add(trial)
            return ticket

    def _claimed(self, handle: Handle, key: bytes) -> bool:
        """Return whether this process should make the call: no other is making it or has made it."""
        answers = handle.answers
        with self._lock:
            if not answers.claim(key):
                return False
            answers.reload()  # only after the claim, so that no answer given before it is missed
            if answers.find(key) is None:
                return True
            answers.release([key])
            return False

    def follow(self, ticket: Ticket, function: Callable[[Ticket], None]) -> None:
        """Call a function once a call has ended: at once if it has, else from the thread that ends it."""
        with self._lock:
            if not ticket.ended:
                ticket.on_end = [*ticket.on_end, function]
                return
        function(ticket)

    def ticket(self, handle: Handle, key: bytes | None) -> Ticket | None:
        """The call's ticket if it is queued or under way, else ``None``."""
        return None if key is None else self._tickets.get((id(handle.answers), key))

    def advance(self, handle: Handle, context: Context, *, flush: bool = True) -> None:
        """Begin queued calls, up to ``concurrency``; with ``flush``, also batches that are not full."""
        endpoint = handle.endpoint
        while True:
            with self._lock:
                waiting, size = handle.waiting, endpoint.sizes.size
                if not waiting or self.alone or handle.under_way >= endpoint.concurrency:
                    return
                if len(waiting) < size and not flush:
                    return
                batch = [waiting.popleft() for _ in range(min(len(waiting), size))]
                begun: Future[None] = Future()
                for ticket in batch:
                    ticket.call = begun
                handle.under_way += 1
            try:
                # Without the lock: a call that is made at once, in this thread, may wait for other threads.
                call = self._begin(batch, context)
            except BaseException:
                self._free(handle, begun)
                raise
            if call.done():  # it ran at once, without a thread: begin the next one in this loop
                self._free(handle, begun)
            else:
                call.add_done_callback(partial(self._freed, handle, begun, context, flush))

    def _free(self, handle: Handle, begun: Future[None]) -> None:
        with self._lock:
            handle.under_way -= 1
        begun.set_result(None)

    def _freed(
        self, handle: Handle, begun: Future[None], context: Context, flush: bool, _ended: object
    ) -> None:
        self._free(handle, begun)
        self.advance(handle, context, flush=flush)

    def _begin(self, batch: Sequence[Ticket], context: Context) -> Future[None]:
        request = self._request(batch)
        call = batch[0].handle.endpoint.submit(
            request,
            context,
            wanted=lambda: any(ticket.is_wanted for ticket in batch),
        )
        for ticket in batch:
            ticket.call = call
        call.add_done_callback(lambda ended: settle_rest(batch, ended, request.keep, self.drop))
        return call

    def _request(self, batch: Sequence[Ticket]) -> Request:
        repeats = {ticket.repeat for ticket in batch}
        return Request(
            batch[0].handle.acting.caller,
            [ticket.x for ticket in batch],
            self._keep(batch, Clock.perf_counter()),
            repeats.pop() if len(repeats) == 1 else MIXED,
            [ticket.key for ticket in batch],
            [ticket.after_success for ticket in batch],
        )

    def batch_with(self, ticket: Ticket) -> list[Ticket]:
        """Take a queued call, and the next ones that fit into its batch, out of the queue."""
        with self._lock:
            waiting = ticket.handle.waiting
            if ticket.call is not None or ticket not in waiting:
                return []
            waiting.remove(ticket)
            room = ticket.handle.endpoint.sizes.size - 1
            return [ticket, *(waiting.popleft() for _ in range(min(room, len(waiting))))]

    def take(self, ticket: Ticket, context: Context, *, is_here: bool = True) -> None:
        """Wait until a prefetched call has ended; begin it first if it is still queued.

        ``is_here`` says that this is the thread that bodies run in.
        """
        batch, handle = self.batch_with(ticket), ticket.handle
        endpoint, caller = handle.endpoint, handle.acting.caller
        if batch and not caller.awaited and not (endpoint.threaded and is_here and not self.alone):
            # A model without threads of its own is called in the thread of the test, like any function. So is
            # every model in a thread that a body started: all threads of the model may be waiting for it.
            call: Future[None] = Future()  # other threads can wait for it as for any call
            call.set_running_or_notify_cancel()
            for each in batch:
                each.call = call
            try:
                endpoint.call(self._request(batch))
            finally:
                call.set_result(None)
            self.tick()
            return
        if batch:
            self._begin(batch, context)
        self.wait_for(ticket, joins=True)

    async def take_async(self, ticket: Ticket, context: Context) -> None:
        """Do the same as :meth:`take`, without blocking the event loop."""
        batch = self.batch_with(ticket)
        if batch:
            self._begin(batch, context)
        await self._end_of(ticket, running_loop(), joins=True)

    async def _end_of(self, ticket: Ticket, loop: str | None, *, joins: bool = False) -> None:
        for call in self._while_under_way(ticket, joins=joins, blocks=False):
            await until(call, loop, TICK)
            self.alone |= lend_briefly(call, ticket.handle.acting.caller)

    def wait_for(self, ticket: Ticket, *, joins: bool = False) -> None:
        """Block this thread until a call that was begun has ended."""
        with lending(ticket.handle.acting.caller) as lend:
            for call in self._while_under_way(ticket, joins=joins):
                wait([call], TICK)
                self.alone |= lend()

    def _while_under_way(self, ticket: Ticket, *, joins: bool, blocks: bool = True) -> Iterator[Future[None]]:
        """Yield the future to wait for, again and again, until a call has ended.

        If another thread of the body makes the call itself, the wait has a limit, since that thread may need
        a lock that this thread holds. If a lock was lent, prefetched calls under way must end, too. For
        ``joins`` and ``blocks``, see :meth:`Endpoint.watched`.
        """
        call, end, handle = ticket.call, Clock.monotonic() + PATIENCE, ticket.handle
        in_place = call is None and not ticket.foreseen
        if in_place:
            ended: Future[None] = Future()
            ended.set_running_or_notify_cancel()
            call = ended
            self.follow(ticket, lambda _: ended.set_result(None))
        with handle.endpoint.watched(handle.acting.caller, joins=joins, blocks=blocks) as gives_up:
            while call is not None and not call.done() and not ticket.ended:
                is_current = self.ticket(handle, ticket.key) is ticket
                if (in_place and (not is_current or Clock.monotonic() > end)) or gives_up(call, TICK):
                    return
                yield call
                self.tick()
            while (beside := self._beside()) is not None and not gives_up(beside, TICK):
                yield beside
                self.tick()

    def _beside(self) -> Future[None] | None:
        """Return a prefetched call under way that must not run beside a body."""
        return self.under_way() if self.alone and repeat_inside() is None else None

    def under_way(self) -> Future[None] | None:
        """Return a prefetched call under way, of any model."""
        with self._lock:
            tickets = [each for each in self._tickets.values() if each.foreseen]
            return next((each.call for each in tickets if each.is_under_way), None)

    def forget(self, handles: Sequence[Handle]) -> None:
        """Drop all prefetched calls; those under way continue, and their answers are stored."""
        with self._lock:
            for handle in handles:
                handle.answers.release([one.key for one in handle.waiting if one.key is not None])
                handle.waiting.clear()
            for ticket in [ticket for ticket in self._tickets.values() if ticket.foreseen]:
                ticket.foreseen_by.clear()
                self.drop(ticket)

    def drop(self, ticket: Ticket) -> None:
        """Forget a call that no body needs any more, or whose answer is stored. If queued, it never begins.

        A call that is under way stays registered until it has ended.
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
        """Return a callback that stores the answers to a batch as they arrive, and calls their followers."""

        def keep(places: Sequence[int], rows: Rows) -> None:
            tickets, handle = [batch[place] for place in places], batch[0].handle
            with self._lock:
                known, own = self._tickets, id(handle.answers)
                for ticket, row in zip(tickets, rows, strict=True):
                    settle(ticket, row)
                    raw, place = ticket.raw, (own, ticket.key)
                    is_found = type(raw) is bytes or (raw is not None and not is_for_one(raw))
                    if (is_found or not ticket.foreseen_by) and known.get(place) is ticket:  # type: ignore[arg-type]
                        del known[place]  # type: ignore[arg-type]
            is_due = self._unsaved.note(handle.answers, Clock.perf_counter() - start)
            shared = handle.answers.claims is not None and handle.endpoint.claims
            if is_due or shared or len(tickets) < len(batch):  # a part of a split batch is saved at once
                self._unsaved.save(wait=False)
            for ticket in tickets:
                for follow in ticket.on_end:
                    follow(ticket)

        return keep

    def save(self) -> None:
        """Write all unsaved answers to disk."""
        self._unsaved.save()

    def loop(self) -> LoopThread:
        """Return the event loop for asynchronous models; start it at first use."""
        with self._lock:
            if self._loop is None:
                self._loop = LoopThread()
            return self._loop

    def close(self) -> None:
        """Write unsaved answers, end threads and the event loop; calls that hang are abandoned."""
        self._unsaved.close()
        for endpoint in self._endpoints.values():
            endpoint.close()
        self._endpoints.clear()
        if self._loop is not None:
            self._loop.close()
            self._loop = None
