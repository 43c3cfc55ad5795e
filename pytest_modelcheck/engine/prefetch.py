"""Prefetching: makes calls before the bodies that need them run, for a window of trials at a time.

The recipe learns from the calls of the first bodies as they are made. As soon as it knows one, this call is
predicted for the next window of trials. Once a body waits for a missing answer, the predicted calls that are
not cached are queued, and made in batches, in threads or on the event loop. Meanwhile the bodies run one
after the other and find their answers in the cache. If a model is called in the thread of the test, its batch
is called when the first body needs one of the answers.
"""

from __future__ import annotations

from collections import Counter, deque
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_modelcheck.calls.threads import running_loop
from pytest_modelcheck.engine.recipe import Passed, Recipe, getter_of, needs
from pytest_modelcheck.engine.tickets import is_for_one
from pytest_modelcheck.errors import ModelcheckError
from pytest_modelcheck.records import MISSING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Sequence
    from contextvars import Context

    from pytest_modelcheck.engine.answers import Switchboard
    from pytest_modelcheck.engine.recipe import Getter, Made
    from pytest_modelcheck.engine.tickets import Handle, Ticket
    from pytest_modelcheck.engine.work import Work
    from pytest_modelcheck.models.model import Model, Raw
    from pytest_modelcheck.records import Trial

    _Step = tuple[Handle, Getter, int, bool]
    """The model's handle, the input's getter, the number of answers it needs, and whether to prefetch."""

_GROWTH: Final = 2
_LARGEST_HERE: Final = 4  # the largest window, as a multiple of the first one
_LARGEST: Final = 32  # the same for calls in other threads or on a loop, where a slow call blocks no others
_ALL_CACHED: Final = 256  # after this many fully cached bodies in a row, prefetching pauses until a miss
_PATIENCE: Final = 8  # bodies without calls before we stop watching
_EARLY: Final = 16  # calls of a body from which we learn while it runs; from others, at its end


class _Foreseen:
    """The predicted calls of one body that has not run yet; ``answers`` has those that later calls need."""

    __slots__ = ("answers", "equal", "keys", "next", "steps", "tickets", "trial")

    def __init__(self, trial: Trial, steps: list[_Step], equal: Counter[bytes] | None) -> None:
        self.trial = trial
        self.steps = steps
        self.equal = equal
        self.answers: dict[int, Any] = {}
        self.keys: list[bytes] = []
        self.next = 0
        self.tickets: list[tuple[int, Ticket]] = []


class Runner(Protocol):
    """The part of the runner of bodies that prefetching uses; each member is described there."""

    work: Work
    context: Context
    lock: threading.RLock

    @property
    def handles(self) -> list[Handle]: ...  # noqa: D102
    @property
    def counts_equal_calls(self) -> bool: ...  # noqa: D102
    def handle_of(self, model: Model) -> Handle: ...  # noqa: D102
    def key_of(  # noqa: D102
        self, handle: Handle, trial: Trial, x: Any, equal: Counter[bytes] | None
    ) -> tuple[bytes | None, int]: ...


class Prefetch:
    """Makes the calls of upcoming bodies, and counts those ``vain`` ones that no body needed."""

    def __init__(self, bodies: Runner, switchboard: Switchboard, recipe: Recipe) -> None:
        self.recipe = recipe
        self.vain = 0
        self._bodies = bodies
        self._switchboard = switchboard
        self._steps: list[_Step] = []
        self._foreseen: dict[int, _Foreseen] = {}
        self._unmade: Counter[int] = Counter()
        self._excused: Counter[int] = Counter()
        self._silent = 0
        self._drawn: deque[Trial] = deque()  # the next trials, behind those in `_ready`
        self._ready: deque[Trial] = deque()  # the next trials whose calls are predicted
        self._largest = _LARGEST
        self._cached = 0  # bodies in a row whose answers were all cached
        self._held: dict[int, Trial] = {}  # trials with missing answers, until a body waits for one
        self._missed = False  # True once a body has made a call whose answer is not cached
        self._needed = 0  # the number of leading answers of a body that its later calls may need
        self._active = False
        # Trials are drawn before the first body calls a model: a perturbation must not run inside of a body.
        self._grow(_room([bodies.handle_of(model) for model in bodies.work.models.values()]) or 1)
        if recipe.known:
            self._follow_recipe()

    @property
    def learns(self) -> bool:
        """True if further calls of bodies may still change the recipe."""
        return not (self._active and self.recipe.complete and self.recipe.known)

    def ahead_of(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        """Yield the trials in order, while the calls of the next window are under way."""
        upcoming = iter(trials)
        while True:
            left = len(self._ready) + len(self._drawn)
            if left <= self._low_water:
                self._drawn.extend(islice(upcoming, self._window - left))
            if self._drawn and self._active and self._cached < _ALL_CACHED:
                self._look_ahead()
            queue = self._ready or self._drawn
            if not queue:
                return
            trial = queue.popleft()
            yield trial
            if self._held:
                self._held.pop(trial.index, None)

    def missed(self, trial: Trial | None = None, made: Sequence[Made] = ()) -> None:
        """Resume prefetching, since a body makes a call whose answer is not in the cache.

        Where the body of a trial makes it in its own thread, this trial is given, and ``made`` has the calls
        of this body up to this one, if the recipe may learn from them.
        """
        self._cached = 0
        self._missed = True
        held, self._held = self._held, {}
        if held and self._active:
            self._foresee(list(held.values()))
        if trial is None:
            return
        if made and len(made) <= _EARLY and self._silent < _PATIENCE and self.learns:
            self._learn(trial, made, complete=False)
        foreseen = self._foreseen.get(trial.index)
        if foreseen is not None and foreseen.next < len(self._steps):
            self._catch_up(foreseen)

    # -- compare with what bodies did ----------------------------------------------------------------

    def watches(self, trial: Trial) -> bool:
        """Return whether :meth:`ended` needs the calls of this body."""
        if self._active:
            return trial.index in self._foreseen or trial.index in self._held
        return self._silent < _PATIENCE

    def ended(
        self, trial: Trial, made: Sequence[Made], keys: Sequence[bytes | None], *, complete: bool
    ) -> None:
        """Learn from the calls of a body, and compare their keys with the prediction.

        A body that is not ``complete`` failed, and might have made more calls.
        """
        foreseen = self._foreseen.pop(trial.index, None)
        if foreseen is not None:
            self._compare(foreseen, keys, complete=complete)
        elif not self._active:
            self._silent = 0 if made else self._silent + 1
        if made or (self._active and not self.recipe.complete):
            self._learn(trial, made, complete=complete)

    def close(self) -> None:
        """Stop prefetching, and drop the prefetched calls that no body needs any more."""
        with self._bodies.lock:
            self._active = False
            if self._switchboard.alone:
                self.recipe.cut(0)  # in the next step, too, calls are made in place
            left = {id(ticket): ticket for one in self._foreseen.values() for _, ticket in one.tickets}
            self.vain += sum(ticket.call is not None and ticket.in_vain for ticket in left.values())
            self._foreseen.clear()
            self._switchboard.forget(self._bodies.handles)

    def _learn(self, trial: Trial, made: Sequence[Made], *, complete: bool) -> None:
        """Learn from the calls of a body, and predict those that are known now."""
        try:
            self.recipe.learn(trial, made, complete=complete)
        except Exception:  # noqa: BLE001 - raised by a property of a user's object: such calls are unpredictable
            self.recipe.cut(0)
        if self.recipe.known:
            self._follow_recipe(None if complete else trial)

    def _compare(self, foreseen: _Foreseen, keys: Sequence[bytes | None], *, complete: bool) -> None:
        """Count predicted calls that a body did not make; stop predicting those that too few bodies make."""
        index = foreseen.trial.index
        unmade = []
        for number, ticket in tuple(foreseen.tickets):  # a thread that ends a call may add some
            if ticket.key in keys:
                ticket.made = True  # first, so that the call is wanted all the time
            else:
                unmade.append(number)
            ticket.foreseen_by.discard(index)
            if not ticket.foreseen_by:
                raw = ticket.raw
                self.vain += ticket.in_vain
                # The ticket of an answer that can be shared was already dropped when the answer came.
                if type(raw) is not bytes and (
                    not ticket.made or ticket.error is not None or (raw is not None and is_for_one(raw))
                ):
                    self._switchboard.drop(ticket)
        if not unmade:
            return
        # A failed body may have ended before it made its other calls, so it counts less.
        excused = not complete and set(foreseen.keys).issuperset(keys)
        counted, most = (
            (self._excused, self._first * _LARGEST) if excused else (self._unmade, self._first // 2)
        )
        for number in unmade:
            counted[number] += 1
            if self._active and number < len(self._steps) and counted[number] >= max(1, most):
                self._cut(number)

    def _cut(self, number: int) -> None:
        """Stop predicting a call and those that follow it; bodies then make them in place."""
        with self._bodies.lock:
            self.recipe.cut(number)
            self._take(self._steps[:number])
            for foreseen in self._foreseen.values():
                dropped = [ticket for place, ticket in foreseen.tickets if place >= number]
                foreseen.tickets = [(place, one) for place, one in foreseen.tickets if place < number]
                for ticket in dropped:
                    ticket.foreseen_by.discard(foreseen.trial.index)
                    if not ticket.foreseen_by:
                        self.vain += ticket.in_vain
                        self._switchboard.drop(ticket)
        if not any(together for *_, together in self._steps):
            self.close()
            self._silent = _PATIENCE

    # -- prefetch the next calls ---------------------------------------------------------------------

    def _follow_recipe(self, running: Trial | None = None) -> None:
        """Predict the calls of the recipe, also of the body that is ``running``."""
        steps = self._steps_of_recipe()
        first = _room([handle for handle, _, _, together in steps if together])
        if not first:
            self._silent = _PATIENCE  # nothing can be called ahead
            return
        with self._bodies.lock:
            self._take(steps)
        if self._active:
            self._foresee(())
            return
        self._active, self._first = True, first
        self._grow(first)
        self._look_ahead(running)

    def _look_ahead(self, running: Trial | None = None) -> None:
        """Predict the calls of the trials that were drawn, and of the body that is ``running``."""
        self._foresee(([] if running is None else [running]) + list(self._drawn))
        self._ready += self._drawn
        self._drawn.clear()
        self._grow(min(self._window * _GROWTH, self._first * self._largest))

    def _take(self, steps: list[_Step]) -> None:
        """Predict these calls from now on, also for the trials whose calls were predicted before."""
        self._steps = steps
        needed = max((needed for _, _, needed, _ in steps), default=0)
        # A call that the recipe still has to learn may need any answer.
        self._needed = needed if self.recipe.complete else len(steps)
        for foreseen in self._foreseen.values():
            foreseen.steps = steps
            self._advance(foreseen)

    def _steps_of_recipe(self) -> list[_Step]:
        steps: list[_Step] = []
        for name, (expression, *_) in self.recipe.calls:
            model = self._bodies.work.models.get(name)
            if model is None:
                self.recipe.cut(len(steps))
                break
            handle = self._bodies.handle_of(model)
            ahead = handle.endpoint.together and handle.refusal is None
            if ahead and handle.acting.caller.awaited and running_loop() == "trio":
                ahead = False  # it may be written for trio, and our loop is asyncio's
            steps.append((handle, getter_of(expression), needs(expression), ahead))
        return steps

    def _grow(self, window: int) -> None:
        """Set the size of the window, and the number of remaining trials at which it is refilled.

        If a model is called in the thread of the test, the window is refilled only when it is empty, so that
        batches are full.
        """
        here = any(together and handle.is_called_here for handle, _, _, together in self._steps)
        self._window, self._low_water = window, 0 if here else window // 2
        self._largest = _LARGEST_HERE if here else _LARGEST

    def _foresee(self, trials: Sequence[Trial]) -> None:
        counts = self._bodies.counts_equal_calls
        with self._bodies.lock:
            for trial in trials:
                foreseen = _Foreseen(trial, self._steps, Counter() if counts else None)
                self._cached = self._cached + 1 if self._advance(foreseen) else 0
                if foreseen.tickets:
                    self._foreseen[trial.index] = foreseen
        self._begin_calls(self._steps)

    def _advance(self, foreseen: _Foreseen) -> bool:
        """Queue the next calls of a body, up to the first that needs an answer that has not arrived yet.

        Returns:
            True if every answer is in the cache, as in most runs, so that nothing was queued.
        """
        steps, trial, cached = foreseen.steps, foreseen.trial, True
        last = min(len(steps), len(self._steps))
        # Not `for`: if an answer has arrived meanwhile, _go_on() comes back here and takes the next steps.
        while (number := foreseen.next) < last:
            handle, get, needed, together = steps[number]
            if needed and not all(self._has_answer(foreseen, place) for place in range(needed)):
                return False
            try:
                x = get(trial, foreseen.answers)
                if type(x) is Passed:
                    x = handle.model.caller.bind(x.positional, x.named)
            except Exception:  # noqa: BLE001 - a property of a user's object raised, or a part is missing
                return False
            key, repeat = (None, 0) if x is MISSING else self._key_of(handle, trial, x, foreseen.equal)
            if key is None:
                return False  # the body makes this call, and those behind it
            foreseen.next += 1
            foreseen.keys.append(key)
            raw = handle.find(key)
            if raw is not None:
                if number < self._needed:
                    self._answered(foreseen, number, handle, raw)
                continue
            cached = False
            if together and not self._missed:
                # Only a body that makes such a call shows that it is needed: bodies may leave it out in a
                # repeat. While it waits, a lock that it holds can be lent to the calls that run beside it.
                self._held[trial.index] = trial
                return False
            ticket = self._switchboard.foresee(handle, x, key, repeat, trial.index) if together else None
            if ticket is None:
                continue
            # Behind cached answers, a call that is not cached has failed in an earlier run, or is new. If it
            # fails, its body makes no further calls: so these wait until it is answered.
            is_doubtful = number > 0 and not foreseen.tickets
            foreseen.tickets.append((number, ticket))
            if is_doubtful or number < self._needed:
                self._switchboard.follow(ticket, partial(self._go_on, foreseen, number))
            if is_doubtful:
                return False
        return cached

    def _key_of(
        self, handle: Handle, trial: Trial, x: Any, equal: Counter[bytes] | None
    ) -> tuple[bytes | None, int]:
        if not handle.model.definition.context:
            return self._bodies.key_of(handle, trial, x, equal)
        # The call will be made in the context of the test: the body that runs now may have changed its own.
        return self._bodies.context.copy().run(self._bodies.key_of, handle, trial, x, equal)

    def _go_on(self, foreseen: _Foreseen, number: int, ticket: Ticket) -> None:
        """Queue the calls that waited for this answer."""
        raw = ticket.raw
        with self._bodies.lock:
            if raw is None or is_for_one(raw) or not self._active:
                return
            if number < self._needed:
                self._answered(foreseen, number, ticket.handle, raw)
            self._advance(foreseen)
        self._begin_calls(foreseen.steps[number + 1 :], flush=False)

    def _has_answer(self, foreseen: _Foreseen, number: int) -> bool:
        """Return whether a call's answer is known; the thread that got it may not have told us yet."""
        if number not in foreseen.answers:
            handle = foreseen.steps[number][0]
            raw = handle.answers.find(foreseen.keys[number])
            if raw is not None:
                self._answered(foreseen, number, handle, raw)
        return number in foreseen.answers

    def _catch_up(self, foreseen: _Foreseen) -> None:
        """Queue calls of the running body that answers are known for by now."""
        with self._bodies.lock:
            self._advance(foreseen)
        self._begin_calls(self._steps)

    def _begin_calls(self, steps: Sequence[_Step], *, flush: bool = True) -> None:
        """Begin queued calls in threads or on a loop; with ``flush``, also batches that are not full."""
        for handle, _, _, together in steps:
            if together and not handle.is_called_here:
                partly = flush or not handle.acting.caller.batch
                self._switchboard.advance(handle, self._bodies.context, flush=partly)

    def _answered(self, foreseen: _Foreseen, number: int, handle: Handle, raw: Raw) -> None:
        with suppress(ModelcheckError):  # the answer cannot be decoded: its body will raise the error itself
            foreseen.answers[number] = handle.answers.decode(raw)


def _room(handles: Iterable[Handle]) -> int:
    """Return the size of the first window: one batch, or as many calls as may be under way at once."""
    endpoints = [handle.endpoint for handle in handles if handle.endpoint.together]
    return max((endpoint.concurrency * endpoint.sizes.size for endpoint in endpoints), default=0)
