"""What a run may spend: calls of all models, and money for each.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading

from pytest_modelcheck.errors import BudgetError


class Allowance:
    """How many questions may be put to models in a run; a retry puts them again.

    Args:
        calls: How many, or ``None`` for any number.
        option: How the user wrote it.

    >>> allowance = Allowance(3, "--modelcheck-max-calls=3")
    >>> allowance.take(2), allowance.take(2), allowance.take(2)
    (2, 1, 0)
    """

    __slots__ = ("_left", "_lock", "option")

    def __init__(self, calls: int | None = None, option: str = "") -> None:
        self._left = calls
        self._lock = threading.Lock()
        self.option = option

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._left is not None

    def take(self, wanted: int) -> int:
        """Take so many calls, or as many as are left; give back how many."""
        if self._left is None:
            return wanted
        with self._lock:
            taken = min(wanted, self._left)
            self._left -= taken
            return taken

    def refusal(self, label: str) -> BudgetError:
        """Why a question was not put to a model."""
        return BudgetError(f"{self.option} is spent: {label} was not asked any further")


class Purse:
    """What the calls of one model may cost in a run.

    A call is made only where the largest cost of an input so far, for it and for all calls under way, still
    fits. Until a first cost is known, calls are made one by one.

    Args:
        label: The model, with its version.
        limit: The most that may be spent, in the unit of ``cost=``.
    """

    def __init__(self, label: str, limit: float) -> None:
        self._label = label
        self._limit = limit
        self._lock = threading.Lock()
        self._spent = 0.0
        self._largest: float | None = None
        self._under_way = 0
        self._blind = False

    def take(self, size: int) -> bool:
        """Whether a call with so many inputs may be made now; not yet, where the answer is no.

        Raises:
            BudgetError: it may not be made at all.
        """
        with self._lock:
            if self._blind:
                raise BudgetError(
                    f"max_cost={self._limit:g} is set for {self._label}, whose answers do not say what they "
                    "cost: give its fixture cost=, or answer with Answer(value, usage=...)"
                )
            known = self._largest is not None
            if not known and self._under_way:
                return False
            expected = self._spent + (self._under_way + size) * (self._largest or 0.0)
            if known and expected > self._limit and self._under_way:
                return False
            if expected > self._limit or self._limit <= 0:
                raise BudgetError(
                    f"max_cost={self._limit:g} is reached: {self._label} has cost {self._spent:.6g}, and was "
                    "not asked any further"
                )
            self._under_way += size
            return True

    def settle(self, size: int, cost: float | None, *, answered: bool) -> None:
        """Take in what a call cost, with as many inputs as were asked for."""
        with self._lock:
            self._under_way -= size
            if not answered:
                return
            if cost is None:
                self._blind = True
                return
            self._spent += cost
            self._largest = max(self._largest or 0.0, cost / size)
