"""Calls that are made ahead of the bodies that need them, a window of trials at a time.

The first bodies make their calls in place and tell the recipe. From then on the calls of the next window are
known: those that are not in the cache are queued, and made in batches, in threads or on the event loop while
bodies run, one after the other, each with its answers at hand. A model that is called in the thread of the
test gets its batch when the first body needs it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.engine.recipe import Named, NotThereError, Recipe, getter_of, needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_modelcheck.engine.answers import Handle, Switchboard, Ticket
    from pytest_modelcheck.engine.body import Bodies
    from pytest_modelcheck.engine.recipe import Getter, Made
    from pytest_modelcheck.models.model import Raw
    from pytest_modelcheck.records import Trial

_GROWTH: Final = 2
_LARGEST_HERE: Final = 4  # a window is at most so many times as large as the first
_LARGEST: Final = 32  # the same where calls are made elsewhere: one slow call does not hold up all behind it
_PATIENCE: Final = 8  # bodies that call nothing before we stop watching


class _Foreseen:
    """The calls of one body that has not run."""

    __slots__ = ("answers", "equal", "next", "tickets", "trial")

    def __init__(self, trial: Trial, calls: int) -> None:
        self.trial = trial
        self.answers: list[Any] = [None] * calls
        self.equal: Counter[bytes] = Counter()
        self.next = 0
        self.tickets: list[tuple[int, Ticket]] = []


class Prefetch:
    """Makes the calls of coming bodies.

    Args:
        bodies: Whoever runs the bodies.
        switchboard: Answers calls.
        recipe: What is known of the calls already.

    Attributes:
        recipe: What is known of the calls.
        vain: How many calls were made for nothing.
    """

    def __init__(self, bodies: Bodies, switchboard: Switchboard, recipe: Recipe) -> None:
        self.recipe = recipe
        self.vain = 0
        self._bodies = bodies
        self._switchboard = switchboard
        self._steps: list[tuple[Handle, Getter, int, bool]] = []
        self._foreseen: dict[int, _Foreseen] = {}
        self._unmade: Counter[int] = Counter()
        self._silent = 0
        self._window = self._first = self._low_water = 0
        self._largest = _LARGEST
        self._is_simple = False
        self._active = False
        if recipe.known:
            self._start()

    def ahead_of(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        """The trials in their order, the calls of the next window under way while each is handled."""
        upcoming = iter(trials)
        window: deque[Trial] = deque()
        while True:
            if len(window) <= self._low_water and self._active:
                new = list(islice(upcoming, self._window - len(window)))
                if new:
                    self._foresee(new)
                    window += new
                    self._grow(min(self._window * _GROWTH, self._first * self._largest))
            trial = window.popleft() if window else next(upcoming, None)
            if trial is None:
                return
            yield trial

    # -- what bodies do ------------------------------------------------------------------------------

    def watches(self, trial: Trial) -> bool:
        """Whether the calls of a body are to be noted for :meth:`ended`."""
        if self._active:
            return bool(self._foreseen) and trial.index in self._foreseen
        return self._silent < _PATIENCE

    def ended(self, trial: Trial, made: Sequence[Made], keys: Sequence[bytes | None], *, broke: bool) -> None:
        """Take in the calls that a body has made.

        Args:
            trial: Its trial.
            made: The calls.
            keys: What each answer is stored under.
            broke: Whether it ended by an error, so that it may have had more to call.
        """
        foreseen = self._foreseen.pop(trial.index, None)
        if foreseen is not None:
            self._compare(foreseen, keys, broke=broke)
        elif not self._active and not broke:
            self._silent = 0 if made else self._silent + 1
            if made:
                self.recipe.learn(trial, made)
            if self.recipe.known:
                self._start()

    def close(self) -> None:
        """Drop what was foreseen and is not needed any more."""
        self.vain += self._switchboard.forget(self._bodies.handles)
        self._foreseen.clear()
        self._active = False

    def _compare(self, foreseen: _Foreseen, keys: Sequence[bytes | None], *, broke: bool) -> None:
        """Count calls that a body did not make, and stop foreseeing those that too few bodies make."""
        index = foreseen.trial.index
        with self._bodies.lock:
            tickets = list(foreseen.tickets)
        for number, ticket in tickets:
            ticket.foreseen_by.discard(index)
            if not ticket.foreseen_by and ticket.ended:
                self._switchboard.drop(ticket)
            if ticket.key in keys or broke or not self._active:
                continue
            self.vain += ticket.begun
            self._unmade[number] += 1
            if self._unmade[number] >= max(1, self._first // 2):
                self._cut(number)

    def _cut(self, number: int) -> None:
        self.recipe.cut(number)
        del self._steps[number:]
        if not any(together for *_, together in self._steps):
            # Calls that wait are dropped, and made in place by the bodies that need them.
            self.close()
            self._silent = _PATIENCE

    # -- what comes next -----------------------------------------------------------------------------

    def _start(self) -> None:
        """Work out the first window: one batch, or as many calls as may be under way at once."""
        steps: list[tuple[Handle, Getter, int, bool]] = []
        for name, (expression, *_) in self.recipe.calls:
            model = self._bodies.work.models.get(name)
            if model is None:
                break
            handle = self._bodies.handle_of(model)
            together = handle.endpoint.together and handle.refusal is None
            steps.append((handle, getter_of(expression), needs(expression), together))
        del self.recipe.calls[len(steps) :]
        sizes = [_at_once(handle) for handle, _, _, together in steps if together]
        if not sizes:
            self._silent = _PATIENCE  # nothing can be called ahead
            return
        self._steps, self._active = steps, True
        self._is_simple = not any(needed for _, _, needed, _ in steps)
        self._first = max(sizes)
        self._grow(self._first)

    def _grow(self, window: int) -> None:
        """Set how many trials are foreseen, and with how few of them left the next ones are.

        A model that is called in the thread of the test gets whole windows, and so full batches.
        """
        here = any(together and _is_called_here(handle) for handle, _, _, together in self._steps)
        self._window, self._low_water = window, 0 if here else window // 2
        self._largest = _LARGEST_HERE if here else _LARGEST

    def _foresee(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            if self._is_simple and self._is_cached(trial):
                continue
            foreseen = _Foreseen(trial, len(self._steps))
            with self._bodies.lock:
                self._advance(foreseen)
            if foreseen.tickets:
                self._foreseen[trial.index] = foreseen
        for handle, _, _, together in self._steps:
            if together and not _is_called_here(handle):
                self._switchboard.advance(handle, self._bodies.context)

    def _is_cached(self, trial: Trial) -> bool:
        """Whether every call of a body has its answer in the cache, as in most runs."""
        if self._bodies.counts_equal_calls:
            return False
        for handle, get, _, _ in self._steps:
            try:
                x = get(trial, ())
            except NotThereError:
                return False
            key = None if type(x) is Named else handle.model.key(x, trial.repeat)
            if key is None or handle.answers.find(key) is None:
                return False
            handle.found = True
        return True

    def _advance(self, foreseen: _Foreseen) -> None:
        """Queue the next calls of a body, up to one that depends on an answer which is not there yet."""
        steps, trial = self._steps, foreseen.trial
        while foreseen.next < len(steps):
            number = foreseen.next
            handle, get, needed, together = steps[number]
            if any(answer is None for answer in foreseen.answers[:needed]):
                return
            try:
                x = get(trial, foreseen.answers)
                if type(x) is Named:
                    x = handle.model.caller.bind((), x)
            except (NotThereError, TypeError):
                return
            foreseen.next += 1
            key, repeat = self._bodies.place_of(handle, trial, x, foreseen.equal)
            if key is None:
                return
            raw = handle.find(key)
            if raw is not None:
                self._answered(foreseen, number, handle, raw)
            elif together:
                self._queue(foreseen, number, handle, x, key, repeat)

    def _queue(
        self, foreseen: _Foreseen, number: int, handle: Handle, x: Any, key: bytes, repeat: int
    ) -> None:
        ticket = self._switchboard.foresee(handle, x, key, repeat, foreseen.trial.index)
        if ticket is None:
            return
        foreseen.tickets.append((number, ticket))
        if any(needed > number for _, _, needed, _ in self._steps[number + 1 :]):
            self._switchboard.follow(ticket, self._goes_on(foreseen, number))

    def _goes_on(self, foreseen: _Foreseen, number: int) -> Callable[[Ticket], None]:
        """Queues what depends on an answer, once it is there."""

        def go_on(ticket: Ticket) -> None:
            if ticket.raw is None or not self._active:
                return
            with self._bodies.lock:
                self._answered(foreseen, number, ticket.handle, ticket.raw)
                self._advance(foreseen)
            for handle, _, _, together in self._steps[number + 1 :]:
                if together and not _is_called_here(handle):
                    batch = handle.acting.caller.batch
                    self._switchboard.advance(handle, self._bodies.context, flush=not batch)

        return go_on

    def _answered(self, foreseen: _Foreseen, number: int, handle: Handle, raw: Raw) -> None:
        if any(needed > number for _, _, needed, _ in self._steps[number + 1 :]):
            foreseen.answers[number] = handle.answers.decode(raw)


def _at_once(handle: Handle) -> int:
    """How many inputs a model answers at once."""
    return handle.endpoint.concurrency * handle.endpoint.sizes.size


def _is_called_here(handle: Handle) -> bool:
    """Whether a model is called in the thread of the test."""
    return not handle.acting.caller.awaited and not handle.endpoint.threaded
