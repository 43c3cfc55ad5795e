"""Calls one model: rate limits, timeouts, retries, batches, costs, and giving up after an outage.

One endpoint serves one version of a model for the whole run. The steps of a call are written once, as a
generator that yields waits and attempts (:meth:`Endpoint._steps`). It is driven in a thread or on an event
loop, whichever the model needs.
"""

from __future__ import annotations

import random
import threading
from contextlib import closing, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.calls.attempts import Attempts, Failure, Sizes, halves
from pytest_modelcheck.calls.errors import is_outage, is_throttled, one_line, retry_after, worth_retrying
from pytest_modelcheck.calls.executors import LateError, ThreadPool, WorkerDiedError
from pytest_modelcheck.calls.meter import Clock, Meter
from pytest_modelcheck.calls.threads import all_stand_still, all_wait, needs_this_loop
from pytest_modelcheck.calls.throttle import LONGEST, CircuitBreaker, CostBudget, RateLimiter, Turn
from pytest_modelcheck.calls.waiting import IdleTime, Permits, sleep_on
from pytest_modelcheck.errors import CallTimeoutError, ModelError, NotCalledError, OutageError, UsageError
from pytest_modelcheck.models.usage import Measured, Usage, UsageReader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Future
    from contextvars import Context

    from pytest_modelcheck.calls.attempts import Rows
    from pytest_modelcheck.calls.executors import LoopThread
    from pytest_modelcheck.calls.throttle import CallBudget
    from pytest_modelcheck.models.calling import Caller
    from pytest_modelcheck.models.model import Model

    Keep = Callable[[Sequence[int], Rows], None]
    """Takes the answers to some of the inputs, by their indexes, as soon as they arrive."""

    Steps = Generator[float | list[Any], Any, Any]
    """Yields seconds to sleep, or inputs to call the model with; receives the result of each call."""

MIXED: Final = -1
"""Stands for the repeat of a batch that mixes repeats; calls that the model makes in it are not cached."""

_POLL = 0.02  # seconds between two checks whether the cost budget allows the call
_FIRST_WAIT = 0.5  # seconds: the first wait is at most this long; the bound doubles for each further one
_WORTH_KEEPING = 0.001  # seconds: the time of a faster call is not stored
_SLOW = 0.005  # seconds for an answer: above this, two processes should not make the same call
_NO_USAGE = Usage()
_JITTER = random.Random()  # noqa: S311 - not for secrets; separate, since bodies may seed the shared generator

_CALLS: ContextVar[tuple[tuple[Endpoint, int], ...]] = ContextVar("modelcheck_calls", default=())
"""The calls in this context, each with its repeat; the innermost last."""


def repeat_inside() -> int | None:
    """The repeat for which a model is being called in this context; ``None`` outside of any call.

    If a model calls other models, these calls belong to its own repeat. If they all belonged to one repeat,
    their cached answers would make the outer model look as if it did not vary.
    """
    calls = _CALLS.get()
    return calls[-1][1] if calls else None


@contextmanager
def _inside(endpoint: Endpoint, repeat: int) -> Iterator[None]:
    token = _CALLS.set((*_CALLS.get(), (endpoint, repeat)))
    try:
        yield
    finally:
        _CALLS.reset(token)


@dataclass(slots=True)
class Request:
    """A call of a model that is to be made, with one input or a batch.

    ``keys`` are the digests of the calls. ``after_success`` says for each input whether the call just before
    it was answered from the cache.
    """

    caller: Caller
    inputs: list[Any]
    keep: Keep
    repeat: int = 0
    keys: Sequence[bytes | None] = ()
    after_success: Sequence[bool] = ()


class Endpoint:
    """Makes the calls of one model.

    Attributes:
        threaded: Whether calls may be made in threads.
        together: Whether the fixture allows several calls at once, so that calls can be prefetched.
        concurrency: The number of calls that may be under way at once.
        measured: Whether the times of answers are stored.
    """

    def __init__(
        self,
        model: Model,
        call_budget: CallBudget,
        interrupts: Callable[[BaseException], bool],
        loop: Callable[[], LoopThread],
        workers: int = 1,
    ) -> None:
        definition, caller = model.definition, model.caller
        self.label = model.label
        self.concurrency = caller.concurrency
        self.meter = Meter()
        self.breaker = CircuitBreaker(model.label, definition.give_up_after)
        self.sizes = Sizes(caller.batch_size, adaptive=caller.batch and definition.batch_size is None)
        rate, money = definition.rate_limit, definition.max_cost
        options = (rate, definition.timeout, definition.retries, money, definition.executor)
        needs_threads = any(option is not None for option in options)
        self.threaded = not caller.awaited and (caller.concurrency > 1 or needs_threads)
        self.together = caller.batch or caller.awaited or caller.concurrency > 1 or bool(definition.executor)
        plain = not (caller.awaited or self.threaded)
        # A plain batch model runs locally. Its answers have no time of their own, and claims would cost more
        # than they save, until its calls prove slow.
        self.measured = not (plain and caller.batch)
        self._claimed = not plain
        self._worth_keeping = _WORTH_KEEPING
        self._call_budget = call_budget
        self._interrupts = interrupts
        self._loop = loop
        self._timeout = definition.timeout
        self._retries = definition.retries or 0
        self._retry_on = worth_retrying(definition.retry_on)
        self._limiter = RateLimiter(rate, workers)
        self._cost_budget = CostBudget(model.label, None if money is None else money / workers)
        self._usage = UsageReader(definition.usage, definition.cost, definition.name)
        self._threads = ThreadPool(caller.concurrency, f"modelcheck-{caller.label}")
        self.permits = Permits(caller.concurrency, lambda: self.meter.requests)
        self._attempts = Attempts(model, loop, self.permits)
        self._closed = threading.Event()

    # -- calls ---------------------------------------------------------------------------------------

    def call(self, request: Request) -> None:
        """Call the model in this thread. If a batch fails, find the inputs that it fails on."""
        # A model that calls itself would wait for its own place.
        limited = self.threaded and repeat_inside() is None
        with (
            self.permits.take(request.caller) if limited else nullcontext(),
            _inside(self, request.repeat),
            closing(self._steps(request)) as steps,
            suppress(StopIteration),
        ):
            reply: Any = None
            while True:
                wanted = steps.send(reply)
                if isinstance(wanted, list):
                    reply = self._attempts.make(request.caller, wanted, nested=self._is_nested)
                else:
                    self._closed.wait(wanted)

    async def call_async(self, request: Request, loop: str | None = "asyncio") -> None:
        """Call an asynchronous model on the running event loop, as :meth:`call` does in a thread."""
        limited = repeat_inside() is None
        async with self.permits.take_on(request.caller, loop) if limited else nullcontext():
            with (
                _inside(self, request.repeat),
                closing(self._steps(request)) as steps,
                suppress(StopIteration),
            ):
                reply: Any = None
                while True:
                    wanted = steps.send(reply)
                    if isinstance(wanted, list):
                        reply = await self._attempts.make_async(request.caller, wanted, loop)
                    else:
                        await sleep_on(wanted, loop)

    def submit(
        self, request: Request, context: Context, wanted: Callable[[], bool] = lambda: True
    ) -> Future[None]:
        """Begin a call in a thread, or on the session's event loop; the future has no result, it only ends.

        The model is called in ``context``, unless its answer is no longer ``wanted`` when its turn comes.
        """
        if request.caller.awaited:
            return self._loop().start(self.call_async(request), context.copy())

        def job() -> None:
            if wanted():
                self.call(request)

        return self._threads.submit(context.copy().run, job)

    @contextmanager
    def watched(
        self, caller: Caller, *, joins: bool, blocks: bool
    ) -> Iterator[Callable[[Future[None], float], bool]]:
        """Yield a function that says when to stop waiting for a call, since calls may wait for each other.

        A model that starts threads may call itself in one of them. The function takes the call and the
        seconds since it was last called, and returns whether to stop waiting.

        With ``joins``, the call began before this thread needed it, and may itself wait for this thread. It
        may also just be slow, so this thread stops waiting, to make the call again, only after ten minutes
        without progress; or after two, if it ``blocks`` and no other thread is left that could end the call.
        """
        stopped, still, stuck = (IdleTime(self.permits) for _ in range(3))
        slow = IdleTime(self.permits, hasty=False)  # nothing shows that the call waits for this thread

        def gives_up(call: Future[None], seconds: float) -> bool:
            if caller.awaited:
                if outside and stopped.lasts(seconds, self._loop().waits_for_a_thread()):
                    self.permits.hasten()
                    raise ModelError(
                        f"{self.label} was called from a thread that an `async` model waits for without "
                        "`await`. That stops the event loop, which makes this call. Wait for the thread with "
                        "`await`: await asyncio.to_thread(function)"
                    )
            elif stopped.lasts(seconds, not call.running() and all_wait(caller)):
                self._threads.grow()  # all existing threads wait, perhaps for this call
            dead = blocks and all_stand_still()
            if joins and still.lasts(seconds, dead, 2):
                self.permits.hasten()
                return True
            if joins and slow.lasts(seconds, outside, 10):
                return True
            if (blocks and needs_this_loop(caller)) or stuck.lasts(seconds, dead, 5):
                self.permits.hasten()
                raise ModelError(
                    f"{self.label} does not answer: its call waits for a thread or an event loop that waits "
                    "for the answer. Let code on an event loop that the model needs wait with `await`: "
                    "await asyncio.to_thread(model, text)"
                )
            return False

        with self.permits.waits() as outside:
            yield gives_up

    def measure_all(self) -> None:
        """Store the time of every answer, however short."""
        self.measured, self._worth_keeping = True, 0.0

    @property
    def claims(self) -> bool:
        """True if answers take so long that two processes should not make the same call."""
        if not self._claimed and self.meter.mean >= _SLOW:
            self._claimed = True
        return self._claimed

    def close(self) -> None:
        """End threads and executors; calls that hang are abandoned."""
        self._closed.set()
        self._attempts.close()
        self._threads.close()

    # -- the steps of a call -------------------------------------------------------------------------

    def _steps(self, request: Request) -> Steps:
        """Yield steps until each input has its own answer or failure."""
        size = len(request.inputs)
        fit = self._call_budget.take(size)  # the budget may allow only the first inputs of the batch
        if fit:
            part = range(fit)
            reply = yield from self._tries(request, part)
            if not isinstance(reply, Failure):
                self._keep(part, reply, request)
            elif fit == 1 or self._is_final(reply.error):
                self._keep(part, [reply] * fit, request)
            else:
                yield from self._blame(request, fit)
        if fit < size:
            refused = Failure(self._call_budget.refusal(self.label))
            self._keep(range(fit, size), [refused] * (size - fit), request)

    def _blame(self, request: Request, size: int) -> Steps:
        """Halve a batch that failed until each input that fails is called alone.

        An input that is called alone gets its own answer, or its own failure, and is not blamed for others.
        """
        parts = halves(range(size))
        answered = False
        while parts:
            part = parts.pop(0)
            reply = self._spend(len(part)) or (yield from self._tries(request, part))
            if not isinstance(reply, Failure):
                self._keep(part, reply, request)
                answered = True
            elif len(part) == 1 or self._is_final(reply.error):
                self._keep(part, [reply] * len(part), request)
            else:
                parts[:0] = halves(part)
        if not answered:
            self.sizes.failed()

    def _is_final(self, error: BaseException) -> bool:
        """Return whether an error fails all inputs: not called, a wrong fixture, or the end of the run."""
        return isinstance(error, (NotCalledError, UsageError)) or self._interrupts(error)

    def _tries(self, request: Request, part: Sequence[int]) -> Steps:
        """Make a call, with retries if they may help; return the answers, or the last failure.

        Only a failed call with a single input counts as an outage of the endpoint: a failed batch is called
        again in parts, and one bad input would count once for each part. If the model is given up before a
        retry, the failure is that of the call that was made.
        """
        retries = 0
        failure: Failure | None = None
        while True:
            reply = yield from self._try(request.caller, [request.inputs[place] for place in part])
            if failure is not None:
                if isinstance(reply, Failure) and isinstance(reply.error, NotCalledError):
                    return failure
                self.meter.retried()
            if not isinstance(reply, Failure):
                self.breaker.succeeded()
                return reply
            error = reply.error
            made = not isinstance(error, NotCalledError) and not self._interrupts(error)
            try:
                worth_it = made and retries < self._retries and (retry_after(error) or 0.0) <= LONGEST
                worth_it = worth_it and self._retry_on(error)
                # The fault of the endpoint rather than of the input.
                died = isinstance(error, WorkerDiedError)
                outage = made and (died or is_outage(error) or self._retry_on(error))
            except UsageError as refused:
                return Failure(refused)
            if not worth_it:
                break
            failure, retries = reply, retries + 1
            yield self._backoff(error, retries)
            if (refusal := self._spend(len(part))) is not None:
                return refusal
        if outage and len(part) == 1:
            success = request.after_success[part[0] : part[0] + 1] == [True]
            self.breaker.failed(error, after_success=success)
        return reply

    def _try(self, caller: Caller, inputs: list[Any]) -> Steps:
        turn, size, idle, through = Turn(), len(inputs), IdleTime(self.permits), False
        # If the model calls itself, the call around this one cannot end, and free its cost, before this one.
        nested = self._is_nested
        while True:
            try:
                if self._closed.is_set():
                    raise OutageError(f"{self.label} was not called: the run has ended")
                self.breaker.check()
                wait = self._limiter.wait(turn)
                if not wait and not self._cost_budget.take(size, waits=not (nested or through)):
                    wait = _POLL
                    # A call from a thread that the model started is nested, but does not look so.
                    through = idle.lasts(_POLL, self.permits.stuck(caller))
            except NotCalledError as refused:
                self._call_budget.give_back(size)
                return Failure(refused)
            if not wait:
                break
            yield wait
        start = Clock.perf_counter()
        reply: Any = None
        with self.permits.let_through() if through else nullcontext():
            try:
                reply = yield inputs
            finally:
                if reply is None:  # the call was cancelled
                    self._cost_budget.settle(size, None, answered=False)
        if isinstance(reply, Failure):
            return Failure(self._failed(reply.error, size, start))
        return self._answered(reply, size, start)

    @property
    def _is_nested(self) -> bool:
        """True if the model calls itself."""
        return [endpoint for endpoint, _ in _CALLS.get()].count(self) > 1

    def _spend(self, size: int) -> Failure | None:
        """Take further calls from the budget of the run; return a failure if too few are left."""
        short = self._call_budget.take(size) < size
        return Failure(self._call_budget.refusal(self.label)) if short else None

    def _backoff(self, error: BaseException, retries: int) -> float:
        """Return the seconds until the retry: as the endpoint asks, else random up to a bound that doubles.

        Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        pause = retry_after(error)
        if pause is not None:
            return float(pause)
        wait = _JITTER.uniform(0.0, min(LONGEST, _FIRST_WAIT * 2 ** (retries - 1)))
        if is_throttled(error):
            self._limiter.pause(wait)
        return wait

    def _keep(self, numbers: Sequence[int], rows: Rows, request: Request) -> None:
        """Count answers, failures and refused calls, and pass them on."""
        failed: list[bytes | None] = []
        refused: list[bytes | None] = []
        for number, row in zip(numbers, rows, strict=True):
            if type(row) is Failure:
                kind = refused if isinstance(row.error, NotCalledError) else failed
                kind.append(request.keys[number] if request.keys else None)
        self.meter.questions(len(rows) - len(refused), failed, refused)
        request.keep(numbers, rows)

    def _answered(self, rows: list[Any], size: int, start: float) -> Rows:
        """Return the answers, with their time and cost if these are measured."""
        seconds = Clock.perf_counter() - start
        self.meter.called(seconds)
        self.sizes.took(size, seconds)
        if not self._usage.applies_to(rows):
            self._cost_budget.settle(size, None, answered=True)
            keep = self.measured and seconds >= self._worth_keeping
            return [Measured(row, seconds, _NO_USAGE) for row in rows] if keep else rows
        return self._weighed(rows, size, seconds)

    def _weighed(self, rows: list[Any], size: int, seconds: float) -> Rows:
        """Return the answers with their cost; an answer whose cost cannot be computed becomes a failure."""
        cost: float | None = None
        weighed: Rows = []
        for row in rows:
            try:
                value, usage = self._usage.read(row)
            except Exception as error:  # noqa: BLE001 - raised by the answer's own code, for this answer only
                weighed.append(Failure(error))
                continue
            self.meter.spent(usage)
            cost = cost if usage.cost is None else (cost or 0.0) + usage.cost
            weighed.append(Measured(value, seconds, usage))
        self._cost_budget.settle(size, cost, answered=True)
        return weighed

    def _failed(self, error: BaseException, size: int, start: float) -> BaseException:
        """Count a call that failed, and return the error to raise."""
        seconds, late = Clock.perf_counter() - start, isinstance(error, LateError)
        self.meter.called(seconds, failed=True, timeout=late)
        self._cost_budget.settle(size, None, answered=False)
        if late:
            return CallTimeoutError(f"no answer from {self.label} within {self._timeout:g} s (timeout=)")
        if is_throttled(error) and (pause := retry_after(error)) is not None:
            if pause <= LONGEST:
                self._limiter.pause(pause)
            else:
                self.breaker.open(f"{self.label} asks to wait {pause:,.0f} s: {one_line(error)}")
        return error
