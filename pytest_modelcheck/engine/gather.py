"""Run bodies so that the calls of many are made together (``gather=True``).

This is for bodies whose calls no recipe can predict. A plain body is cut off at a call whose answer is
missing, and restarted when the answer is there; only a run with all its answers counts. An ``async`` body
runs as one of many tasks. With ``gather=True``, the user says that this does no harm.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import warnings
from collections import Counter
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, TextIO

from pytest_modelcheck.calls.errors import one_line
from pytest_modelcheck.calls.threads import running_loop
from pytest_modelcheck.calls.waiting import lend_briefly
from pytest_modelcheck.engine.body import Bodies
from pytest_modelcheck.engine.router import VIEW
from pytest_modelcheck.engine.tickets import TICK
from pytest_modelcheck.engine.view import CaseView
from pytest_modelcheck.engine.work import Result
from pytest_modelcheck.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_modelcheck.engine.tickets import Handle, Ticket
    from pytest_modelcheck.engine.work import Run
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Trial

_WINDOW: Final = 256
"""The largest number of bodies under way at once."""

_MOST_MISSING: Final = 16
"""The number of missing answers of a body, after which it makes its further calls in place."""


class CutOff(BaseException):
    """Ends a body at a call whose answer is missing. No ``Exception``: bodies may catch those."""


class RestartedError(Exception):
    """A body raised an error after it had been cut off and restarted."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """The runs of one body, until one has all its answers.

    ``missing``, ``errors``, ``wanted`` (the call at which the last run was cut off) and ``in_place`` outlast
    a run; :meth:`restart` resets the others.
    """

    trial: Trial
    missing: set[bytes] = field(default_factory=set)
    errors: dict[bytes | None, BaseException] = field(default_factory=dict)
    wanted: Ticket | None = None
    in_place: bool = False
    raised: set[bytes | None] = field(init=False)
    called: set[bytes | None] = field(init=False)
    cut: bool = field(init=False)
    error: BaseException | None = field(init=False)
    result: Result = field(init=False)

    def restart(self, *, counts_equal_calls: bool) -> None:
        """Prepare for the next run."""
        self.raised, self.called, self.cut, self.error = set(), set(), False, None
        self.result = Result(self.trial)
        if counts_equal_calls:
            self.result.equal = Counter()


class GatheredBodies(Bodies):
    """Runs bodies so that the calls of many are made together, even if these depend on earlier answers."""

    gathers = True
    _attempt: _Attempt

    def run(self, trials: Iterable[Trial]) -> Run:
        """Run the body of every trial, each until it has all its answers."""
        upcoming = iter(trials)
        with self._open():
            while window := [_Attempt(trial) for trial in islice(upcoming, _WINDOW)]:
                unfinished = window
                while unfinished:
                    unfinished = [attempt for attempt in unfinished if not self._finishes(attempt)]
                    for handle in self.handles:
                        if not handle.is_called_here:
                            self.switchboard.advance(handle, self.context)
                for attempt in window:
                    self._end(attempt.result, self._naming_restarts(attempt))
        return self._run()

    def _naming_restarts(self, attempt: _Attempt) -> BaseException | None:
        """Return a body's exception; if the body was restarted, add that this may be the cause."""
        error = attempt.error
        if not isinstance(error, Exception) or not attempt.missing:
            return error
        if self.work.classify(error) is not Outcome.ERROR or attempt.raised:
            return error
        restarted = RestartedError(
            f"{one_line(error)} (the body had been cut off at a call and started again, as gather=True "
            "allows: if it cannot be restarted, remove gather=True)"
        )
        return restarted.with_traceback(error.__traceback__)

    async def run_async(self, trials: Iterable[Trial]) -> Run:
        """Run bodies as tasks of the running event loop."""
        if running_loop() != "asyncio":
            self.gathers = False  # bodies are not made tasks of trio's loop
            return await super().run_async(trials)
        upcoming = iter(trials)
        with self._open():
            while window := [_Attempt(trial) for trial in islice(upcoming, _WINDOW)]:
                await self._run_tasks(window)
                for attempt in window:
                    self._end(attempt.result, attempt.error)
        return self._run()

    async def _run_tasks(self, window: list[_Attempt]) -> None:
        tasks = [asyncio.create_task(self._perform(attempt)) for attempt in window]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _perform(self, attempt: _Attempt) -> None:
        attempt.restart(counts_equal_calls=self.counts_equal_calls)
        view = CaseView(attempt.result, self.work)
        VIEW.set(view)
        try:
            await self.work.body(view)
        except BaseException as raised:  # also a cancellation of this task: then the attempt is not read
            if self.work.classify(raised) is None:
                raise
            attempt.error = raised

    def _finishes(self, attempt: _Attempt) -> bool:
        """Run a body once more; return whether that run had all its answers, so that it counts."""
        if attempt.wanted is not None:
            self.switchboard.take(attempt.wanted, self.context)
        attempt.restart(counts_equal_calls=self.counts_equal_calls)
        self._attempt, self.result = attempt, attempt.result
        self.view = CaseView(attempt.result, self.work)
        with held_back() as release:
            try:
                self.work.body(self.view)
            except BaseException as raised:
                if isinstance(raised, KeyboardInterrupt) or (
                    not attempt.cut and self.work.classify(raised) is None
                ):
                    release()
                    raise
                attempt.error = raised
            if not attempt.cut:
                release()
        return not attempt.cut

    def _missing(self, handle: Handle, result: Result, x: Any, key: bytes | None, repeat: int) -> Raw:
        attempt = self._attempt
        # A call that failed in an earlier run fails again, once: a body that then repeats it means a retry.
        if key in attempt.errors and key not in attempt.raised:
            attempt.raised.add(key)
            result.unanswered = result.unanswered or handle.judged
            result.broke(attempt.errors[key])
            raise attempt.errors[key]
        ticket = self.switchboard.ticket(handle, key)
        if ticket is not None and ticket.error is not None and attempt.trial.index in ticket.foreseen_by:
            attempt.errors[key] = ticket.error
            attempt.raised.add(key)
        elif (ticket is None or not ticket.ended) and self._may_cut(attempt, handle, key):
            ticket = self.switchboard.foresee(handle, x, key, repeat, attempt.trial.index)  # type: ignore[arg-type]
            if ticket is not None and not self._needs_a_lock(ticket):
                attempt.missing.add(key)  # type: ignore[arg-type]
                attempt.wanted, attempt.cut = ticket, True
                raise CutOff
        return super()._missing(handle, result, x, key, repeat)

    def _needs_a_lock(self, ticket: Ticket) -> bool:
        """Begin the first call of a model, and return whether calls need a lock that this body holds."""
        handle = ticket.handle
        if not handle.tried and not handle.is_called_here:
            handle.tried = True
            self.switchboard.advance(handle, self.context)
            if ticket.call is not None:  # or a thread of the body makes the call
                wait([ticket.call], TICK)
                self.switchboard.alone |= lend_briefly(ticket.call, handle.acting.caller)
        return self.switchboard.alone

    def _may_cut(self, attempt: _Attempt, handle: Handle, key: bytes | None) -> bool:
        """Return whether a body may be cut off at a call."""
        if key is None or attempt.in_place or not handle.endpoint.together or handle.refusal is not None:
            return False
        may = len(attempt.missing) < _MOST_MISSING
        if attempt.cut:
            return may  # the body caught CutOff: this run does not count anyway
        # A run that does not repeat the call at which the last one was cut off would be cut off for ever.
        may = may and (attempt.wanted is None or attempt.wanted.key in attempt.called)
        attempt.in_place = not may
        return may

    def call(self, model: Any, x: Any) -> Any:
        """Answer a call of the body that runs in this thread."""
        handle = self.handle_of(model)
        if self._attempt.wanted is not None:
            key, _ = self.key_of(handle, self._attempt.trial, x, None)
            self._attempt.called.add(key)
        return super().call(model, x)


class _Divided:
    """A stream that holds back the text of this thread. Other threads, in which models run, still write."""

    def __init__(self, held: io.StringIO, stream: TextIO) -> None:
        self._held = held
        self._stream = stream
        self._thread = get_ident()

    def write(self, text: str) -> int:
        return (self._held if get_ident() == self._thread else self._stream).write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold back the output, log records and warnings of this thread.

    They are emitted at the end of the ``with`` block if its function was called, and dropped otherwise: a run
    that does not count must leave no trace.
    """
    here = get_ident()
    out, err = io.StringIO(), io.StringIO()
    records: list[tuple[logging.Logger, logging.LogRecord]] = []
    released = False

    def release() -> None:
        nonlocal released
        released = True

    def hold(logger: logging.Logger, record: logging.LogRecord) -> None:
        if get_ident() == here:
            records.append((logger, record))
        else:
            call_handlers(logger, record)

    stdout, stderr, call_handlers = sys.stdout, sys.stderr, logging.Logger.callHandlers
    sys.stdout, sys.stderr = _Divided(out, stdout), _Divided(err, stderr)
    logging.Logger.callHandlers = hold  # type: ignore[method-assign,assignment]
    try:
        with warnings.catch_warnings(record=True) as warned:
            yield release
    finally:
        sys.stdout, sys.stderr = stdout, stderr
        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]
    if released:
        stdout.write(out.getvalue())
        stderr.write(err.getvalue())
        for logger, record in records:
            logger.callHandlers(record)
        for one in warned:
            warnings.showwarning(one.message, one.category, one.filename, one.lineno, one.file, one.line)
