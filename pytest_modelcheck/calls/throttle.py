"""Limits on calls: rate limits, budgets, and the circuit breaker that gives a model up."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_modelcheck.calls.errors import one_line
from pytest_modelcheck.calls.meter import Clock
from pytest_modelcheck.errors import BudgetError, OutageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

GIVE_UP_AFTER = 5
"""The number of consecutive failed calls after which a model is given up, unless its fixture sets it."""

LONGEST = 60.0
"""The longest wait before a retry, in seconds; a model whose service asks for more is given up."""

_SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_SECONDS["day"] = 86_400
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|per\b)\s*([a-z]+?)\s*", re.IGNORECASE)


def interval_of(rate: str) -> float:
    """Return the seconds from one call to the next, for a rate such as ``"500/minute"``.

    >>> interval_of("500/minute"), interval_of("4 per second")
    (0.12, 0.25)
    """
    found = _RATE.fullmatch(rate) if isinstance(rate, str) else None
    period = None if found is None else _SECONDS.get(found[2].lower())
    if found is None or period is None or float(found[1]) <= 0:
        raise UsageError(
            f'rate_limit={rate!r}: write a number of calls and a time, "500/minute" '
            "(second, minute, hour or day)"
        )
    return period / float(found[1])


@dataclass(slots=True)
class Turn:
    """The start time of one call; a pause begins a new epoch, in which each call gets a new time."""

    due: float = 0.0
    epoch: int = -1


class RateLimiter:
    """Spaces the calls of a model evenly. Safe from any thread; each caller sleeps by itself.

    Worker processes cannot ask each other, so each of ``workers`` gets an equal share of the rate.

    >>> limiter = RateLimiter("30/minute", clock=lambda: 100.0)
    >>> [limiter.wait(Turn()) for _ in range(3)]
    [0.0, 2.0, 4.0]
    """

    def __init__(
        self, rate: str | None = None, workers: int = 1, *, clock: Callable[[], float] = Clock.monotonic
    ) -> None:
        self._interval = 0.0 if rate is None else interval_of(rate) * workers
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0
        self._paused = 0.0
        self._epoch = 0

    def wait(self, turn: Turn) -> float:
        """Return how many seconds a call still has to wait; 0.0 if it may start. Call again after waiting."""
        with self._lock:
            now = self._clock()
            if turn.epoch != self._epoch:
                turn.due = max(now, self._next)
                turn.epoch = self._epoch
                self._next = turn.due + self._interval
            return max(0.0, turn.due - now)

    def pause(self, seconds: float) -> None:
        """Let no call start for ``seconds``. Calls that already wait are spaced anew after the pause."""
        with self._lock:
            self._paused = max(self._paused, self._clock() + seconds)
            self._next = self._paused if self._interval else max(self._next, self._paused)
            self._epoch += 1


class CallBudget:
    """The number of inputs that all models together may still be called with in a run, retries included.

    ``option`` is the option as the user wrote it, for messages.

    >>> call_budget = CallBudget(3, "--modelcheck-max-calls=3")
    >>> call_budget.take(2), call_budget.take(2), call_budget.take(2)
    (2, 1, 0)
    """

    def __init__(self, calls: int | None = None, option: str = "") -> None:
        self._left = calls
        self._lock = threading.Lock()
        self.option = option

    def take(self, wanted: int) -> int:
        """Take calls from the budget: as many as wanted, or those that are left. Return their number."""
        if self._left is None:
            return wanted
        with self._lock:
            taken = min(wanted, self._left)
            self._left -= taken
            return taken

    def give_back(self, unused: int) -> None:
        """Return calls that were taken but not made, so that another model can make them."""
        if self._left is not None:
            with self._lock:
                self._left += unused

    def refusal(self, label: str) -> BudgetError:
        """Return the error for a call that exceeds the budget."""
        return BudgetError(f"{self.option} is used up: {label} was not called any more")


class CostBudget:
    """The cost budget of one model in a run (``max_cost=``, or ``None``), in the unit of ``cost=``.

    The cost of a call is unknown before it ends. So each input of a call, and of the calls under way, is
    expected to cost as much as the most expensive input so far; a call starts only if the sum fits. Until a
    first cost is known, calls are made one at a time.
    """

    def __init__(self, label: str, limit: float | None) -> None:
        self._label = label
        self._limit = limit
        self._lock = threading.Lock()
        self._spent = 0.0
        self._largest: float | None = None
        self._under_way = 0
        self._blind = False

    def take(self, size: int, *, waits: bool = True) -> bool:
        """Return whether a call with ``size`` inputs may start now; if not, ask again later.

        Raise a :class:`BudgetError` if it exceeds the budget, or answers do not report their cost. One that
        cannot wait for the calls under way may start before a first cost is known.
        """
        if self._limit is None:
            return True
        with self._lock:
            if self._blind:
                raise BudgetError(
                    f"max_cost={self._limit:g} is set for {self._label}, whose answers do not report their "
                    "cost: give its fixture cost=, or answer with Answer(value, usage=...)"
                )
            known = self._largest is not None
            if not known and self._under_way and waits:
                return False  # wait for the first cost
            expected = self._spent + (self._under_way + size) * (self._largest or 0.0)
            if known and expected > self._limit and self._under_way and waits:
                return False  # wait for the calls under way, which may cost less than expected
            if expected > self._limit or self._limit <= 0:
                raise BudgetError(
                    f"max_cost={self._limit:g} is reached: {self._label} has cost {self._spent:.6g}, and was "
                    "not called any more"
                )
            self._under_way += size
            return True

    def settle(self, size: int, cost: float | None, *, answered: bool) -> None:
        """Record the cost of a call, with the number of inputs that was taken for it."""
        if self._limit is None:
            return
        with self._lock:
            self._under_way -= size
            if not answered:
                return
            if cost is None:
                self._blind = True
                return
            self._spent += cost
            self._largest = max(self._largest or 0.0, cost / size)


class CircuitBreaker:
    """Counts consecutive failed calls of one model in one run.

    Only faults of the endpoint count; an endpoint that refuses an input works. A cached answer between two
    calls counts as a success, because that call succeeded once: otherwise a service that fails for some
    inputs would be given up as soon as all other answers are cached.

    After ``give_up_after`` failures (by default :data:`GIVE_UP_AFTER`, 0 for never) the model is given up,
    with a ``reason``.

    >>> breaker = CircuitBreaker("triage 2.1", give_up_after=2)
    >>> breaker.failed(ConnectionError("refused")); breaker.failed(ConnectionError("refused"))
    >>> breaker.reason
    'triage 2.1 was given up after 2 calls in a row failed: ConnectionError: refused'
    """

    def __init__(self, label: str, give_up_after: int | None = None) -> None:
        self._label = label
        self._give_up_after = GIVE_UP_AFTER if give_up_after is None else give_up_after
        self._lock = threading.Lock()
        self._row = 0
        self.reason: str | None = None

    def succeeded(self) -> None:
        """Count a call that was answered."""
        self._row = 0

    def failed(self, error: BaseException, *, after_success: bool = False) -> None:
        """Count a call that failed in its last attempt, through a fault of the endpoint.

        ``after_success`` says that the call just before it was answered from the cache.
        """
        with self._lock:
            self._row = 1 if after_success else self._row + 1
            if self.reason is None and self._row == self._give_up_after:
                calls = "a call" if self._row == 1 else f"{self._row} calls in a row"
                self.reason = f"{self._label} was given up after {calls} failed: {one_line(error)}"

    def open(self, reason: str) -> None:
        """Give the model up at once; an earlier reason stays."""
        with self._lock:
            self.reason = self.reason or reason

    def check(self) -> None:
        """Raise an :class:`OutageError` if the model was given up."""
        if self.reason is not None:
            raise OutageError(self.reason)
