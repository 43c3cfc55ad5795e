"""Runs the test body once for each trial, in order, one body at a time."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import copy_context
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.calls.threads import running_loop
from pytest_modelcheck.canonical import of_repeat
from pytest_modelcheck.engine.prefetch import Prefetch
from pytest_modelcheck.engine.recipe import Made, Recipe
from pytest_modelcheck.engine.trials import STRIDE
from pytest_modelcheck.engine.view import CaseView, is_new, refuse_case
from pytest_modelcheck.engine.work import EXPLAINED, WINDOW, Failures, Result, Run, conclude
from pytest_modelcheck.models.model import SHORT_TEXT, copied, short_text_key
from pytest_modelcheck.records import MISSING, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from contextvars import Context

    from pytest_modelcheck.engine.answers import Switchboard
    from pytest_modelcheck.engine.tickets import Handle
    from pytest_modelcheck.engine.work import Work
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial

    ChooseRepeat = Callable[[Trial, bytes, int], int]
    """Maps a trial, a call's key, and the number of equal calls before it in the body to a repeat."""

_EVERY_64TH = 63  # a bit mask
_PASSED = Outcome.PASSED  # looked up once: an enum lookup is slow, and there may be a million trials

_AT_THE_END = (Outcome.PASSED, Outcome.XPASSED)
"""The outcome of a body that ran to its last line."""


def by_repeat(trial: Trial, key: bytes, equal: int) -> int:  # noqa: ARG001
    """Return the repeat of a call that follows ``equal`` equal calls in its body.

    Normally, equal calls share one answer. When noise is measured, that would hide the noise, so the second
    equal call of a body gets an answer of its own.

    >>> from pytest_modelcheck.records import Case, Trial
    >>> third_run = Trial(0, Case("x"), repeat=2)
    >>> by_repeat(third_run, b"", 0), by_repeat(third_run, b"", 1) == STRIDE + 2
    (2, True)
    """
    return trial.repeat + equal * STRIDE


class Bodies:
    """Runs the bodies of one step of a check.

    Args:
        handles: Sources of answers for some models; all other models are called live.
        choose_repeat: Returns the repeat that a call of the judged model is made for; ``None``: the trial's.
        quietly: A context in which pytest does not explain failing assertions. An explanation takes
            milliseconds, and nobody reads that of the ten-thousandth case.

    Attributes:
        result: The result of the current body, or ``None`` between two bodies.
        thread: The thread that bodies run in.
        first: The context that the first body starts in.
        context: The context that the next body starts in: ``first``, and the variables that models have set.
        lock: Guards the prefetched calls.
        gathers: Whether bodies run as tasks, or are restarted, so that their calls are made together.
    """

    gathers = False

    def __init__(
        self,
        work: Work,
        switchboard: Switchboard,
        handles: Sequence[Handle] = (),
        *,
        choose_repeat: ChooseRepeat | None = None,
        recipe: Recipe | None = None,
        quietly: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.work = work
        self.switchboard = switchboard
        self.result: Result | None = None
        self.view: CaseView | None = None
        self.thread = get_ident()
        self.first: Context = copy_context()
        self.context: Context = self.first
        self.lock = threading.RLock()
        self._made: list[Made] | None = None
        """The calls of the current body, or ``None`` if the recipe learns nothing from them."""
        self._keys: list[bytes | None] | None = None
        """The cache keys of the current body's calls, or ``None`` if prefetching does not need them."""
        self._handles = {handle.model: handle for handle in handles}
        self._choose_repeat = choose_repeat
        self._failures = Failures(work)
        self._quietly, self._quiet = quietly, ExitStack()
        self._results: list[Result] = []
        self._done = 0
        self._direct = 0
        self._direct_seconds = 0.0
        self.prefetch = Prefetch(self, switchboard, recipe or Recipe())

    # -- bodies --------------------------------------------------------------------------------------

    def run(self, trials: Iterable[Trial]) -> Run:
        """Run the body of every trial, until one raises what ends the whole run, such as an interrupt."""
        body = self.work.body
        with self._open():
            for trial in self.prefetch.ahead_of(trials):
                result = self._begin(trial)
                error: BaseException | None = None
                try:
                    body(self.view)
                except BaseException as raised:  # noqa: BLE001 - _end() classifies it
                    error = raised
                self._end(result, error)
        return self._run()

    async def run_async(self, trials: Iterable[Trial]) -> Run:
        """Run the body of every trial on the running event loop."""
        body = self.work.body
        with self._open():
            for trial in self.prefetch.ahead_of(trials):
                result = self._begin(trial)
                error: BaseException | None = None
                try:
                    await body(self.view)
                except BaseException as raised:
                    if _is_cancelled(raised):
                        raise
                    _forget_abort(raised)
                    error = raised
                self._end(result, error)
        return self._run()

    @contextmanager
    def _open(self) -> Iterator[None]:
        self.switchboard.alone = False
        try:
            yield
        finally:
            self._quiet.close()
            self.result = self.view = None
            self.prefetch.close()
            self.switchboard.save()

    def _begin(self, trial: Trial) -> Result:
        self.result = result = Result(trial)
        self.view = CaseView(result, self.work)
        if self._choose_repeat is not None:
            result.equal = Counter()
        if self.prefetch.watches(trial):
            self._keys, self._made = [], [] if self.prefetch.learns else None
        return result

    def _end(self, result: Result, error: BaseException | None) -> None:
        """Record the outcome of a body."""
        work = self.work
        simple = (
            error is None
            and result.outcome is _PASSED
            and result.calls
            and result.places is None
            and not result.foreign
            and len(result.grades) < 2
            and result.trial.case.known_failure is None
        )
        if not simple:  # conclude() would not change a simple result
            outcome = _PASSED
            if error is not None:
                meaning = Outcome.NEW if is_new(error) else work.classify(error)
                if meaning is None:
                    raise error
                outcome, error = meaning, None if meaning is Outcome.NEW else error
            conclude(result, outcome, error, work.subject.name, records=work.records)
        if work.contract is not None and result.outcome is _PASSED:
            result.message = work.contract(result)
            if result.message is not None:
                result.outcome = Outcome.FAILED
        if self._keys is not None:
            keys, made, self._keys, self._made = self._keys, self._made, None, None
            self.prefetch.ended(result.trial, made or (), keys, complete=result.outcome in _AT_THE_END)
        if result.error is not None:
            failures = self._failures
            explained = len(failures.explained)
            failures.note(result)
            if explained < len(failures.explained) == EXPLAINED:
                self._quiet.enter_context(self._quietly())
        self._results.append(result)
        self._done += 1
        if not self._done & _EVERY_64TH:
            self.show_progress()
            if work.take is not None and len(self._results) >= WINDOW:
                work.take(self._results)
                self._results = []

    def show_progress(self) -> None:
        """Report progress. Also called while a body waits for a call."""
        if self.work.progress is not None:
            self.work.progress(self._done)

    def _run(self) -> Run:
        if self.work.take is not None:
            self.work.take(self._results)
            self._results = []
        failures = self._failures
        return Run(
            self._results,
            failures.first,
            self._direct,
            self._direct_seconds,
            self.prefetch.vain,
            failures.uncalled,
            failures.stopped,
            failures.explained,
        )

    # -- calls ---------------------------------------------------------------------------------------

    @property
    def handles(self) -> list[Handle]:
        """The handles of the models that were called so far."""
        return list(self._handles.values())

    @property
    def counts_equal_calls(self) -> bool:
        """True if each of several equal calls of a body gets an answer of its own."""
        return self._choose_repeat is not None

    def handle_of(self, model: Model) -> Handle:
        """Return a model's handle in this step."""
        found = self._handles.get(model)
        if found is None:
            found = self._handles[model] = self.switchboard.handle(model)
            found.judged = model is self.work.subject
            found.grades = found.grades and not found.judged
        return found

    def key_of(
        self, handle: Handle, trial: Trial, x: Any, equal: Counter[bytes] | None
    ) -> tuple[bytes | None, int]:
        """Return the cache key of a call, and the repeat that it is made for."""
        repeat, key = trial.repeat, handle.model.key(x)
        if key is None:
            return None, repeat
        if self._choose_repeat is not None and handle.judged and equal is not None:
            repeat = self._choose_repeat(trial, key, equal[key])
            equal[key] += 1
        return (of_repeat(key, repeat) if repeat else key), repeat

    def call(self, model: Model, x: Any) -> Any:
        """Answer a call of the body that runs in this thread."""
        handle = self._handles.get(model) or self.handle_of(model)
        result: Result = self.result  # type: ignore[assignment]  # a body is running: it called
        trial = result.trial
        repeat = trial.repeat
        quick = type(x) is str and not repeat and result.equal is None and len(x) <= SHORT_TEXT
        if quick and not model.definition.context:
            key: bytes | None = short_text_key(x)  # a fast path for what Model.key() returns
        else:
            refuse_case(model, x)
            key, repeat = self.key_of(handle, trial, x, result.equal)
        answers = handle.answers
        raw = None if key is None else answers.find(key)
        place = None
        if raw is None:
            place = -1  # in `_made`: the call that has just begun
            raw = self._missing(handle, result, x, key, repeat)
        else:
            handle.found = True
        if handle.judged:
            if result.approved_raw is None:
                result.calls.append((key, raw))
            else:
                raw = result.answered(key, raw)
        elif handle.grades:
            result.add_grade(model, x, raw)
        value = answers.decode(raw)
        if self._made is not None:
            self.note(model, x, key, value, place=place)
        elif self._keys is not None:
            self._keys.append(key)
        return value

    def note(
        self,
        model: Model,
        x: Any,
        key: bytes | None,
        value: Any,
        *,
        place: int | None = None,
        foreseeable: bool = True,
    ) -> None:
        """Note a call that the body has made, for the recipe; ``place`` is what :meth:`misses` returned."""
        if self._keys is None:
            return
        self._keys.append(key)
        made = self._made
        if made is None:
            return
        # Copies, since the body may change both objects later.
        if place is None:
            made.append(Made(model.name, copied(x), copied(value), foreseeable))
        else:
            made[place] = replace(made[place], answer=copied(value), foreseeable=foreseeable)

    def misses(self, model: Model, x: Any) -> int | None:
        """Let prefetching know that the body begins a call whose answer is not cached; return its place.

        Calls are noted in the order in which they begin: awaited ones may end in any order.
        """
        result, made = self.result, self._made
        if result is None or made is None:
            self.prefetch.missed(None if result is None else result.trial)
            return None
        made.append(Made(model.name, copied(x), MISSING))
        self.prefetch.missed(result.trial, made)
        return len(made) - 1

    def _missing(self, handle: Handle, result: Result, x: Any, key: bytes | None, repeat: int) -> Raw:
        """Get an answer that is not cached: wait for the prefetched call, or make the call now."""
        place = self.misses(handle.model, x)
        if handle.judged:
            result.unanswered = True  # stays True if the call raises
        try:
            ticket = self.switchboard.ticket(handle, key)
            if ticket is not None:
                self.switchboard.take(ticket, self.context)
                if ticket.taken_by(result.trial.index):
                    return ticket.result()
            elif (raw := handle.find(key)) is not None:  # it has just arrived
                return raw
            return self.in_place(handle, x, key, repeat)
        except BaseException as error:
            self.note(handle.model, x, key, MISSING, place=place)
            result.broke(error)
            raise
        finally:
            self.context = copy_context()  # what the model has set must not look like a change by the body

    def adopt(self, before: Context) -> None:
        """Note the variables that a model has set in this context: they must not look like the body's."""
        context = self.context.copy()  # other threads may be running in it
        for variable, value in copy_context().items():
            if before.get(variable, before) is not value:
                context.run(variable.set, value)
        self.context = context

    def in_place(self, handle: Handle, x: Any, key: bytes | None, repeat: int) -> Raw:
        """Make a call that was not prefetched, and wait for it."""
        start = Clock.perf_counter()
        # A prefetched call may hold a lock that this call needs, and wait for a lock of this thread. A thread
        # that waits for a call in another thread lends its locks.
        elsewhere = handle.endpoint.threaded and self.switchboard.under_way() is not None
        try:
            return self.switchboard.answer(handle, x, key, repeat, joins=True, elsewhere=elsewhere)
        finally:
            self.count_direct(handle, Clock.perf_counter() - start)

    def count_direct(self, handle: Handle, seconds: float) -> None:
        """Count a call made one by one that could have been part of a batch or run concurrently."""
        if handle.endpoint.together:
            self._direct += 1
            self._direct_seconds += seconds


def _is_cancelled(error: BaseException) -> bool:
    """Return whether the task that runs the test is being cancelled, so that the body is not at fault."""
    if isinstance(error, Exception) or type(error).__name__ not in ("CancelledError", "Cancelled"):
        return False
    if running_loop() == "trio":
        return True  # only trio itself can raise it
    import asyncio

    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _forget_abort(error: BaseException) -> None:
    """Reset the cancellations that a failed task group requested of the task that runs the test.

    Before Python 3.13 they stay counted (https://github.com/python/cpython/issues/116720). A later body that
    raises its own ``CancelledError`` would then look as if it were cancelled from outside. Since then what is
    counted after a group came from outside, such as Ctrl-C, and the next ``await`` raises it.
    """
    if sys.version_info < (3, 13) and isinstance(error, BaseExceptionGroup) and running_loop() == "asyncio":
        import asyncio

        task = asyncio.current_task()
        while task is not None and task.cancelling():
            task.uncancel()
