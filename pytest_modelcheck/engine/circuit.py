"""When a model is given up: so many calls in a row have failed that asking on would only cost.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import threading

from pytest_modelcheck.errors import OutageError
from pytest_modelcheck.models.outages import one_line

GIVE_UP_AFTER = 5


class Circuit:
    """Counts calls that failed in a row, of one model in one run.

    Only what speaks against the endpoint counts: a model that refuses an input is not out of order.

    Args:
        label: The model, with its version.
        give_up_after: How many failures in a row are too many; 0 for never.

    Attributes:
        reason: Why the model was given up, or ``None`` while it is not.

    >>> circuit = Circuit("triage 2.1", give_up_after=2)
    >>> circuit.failed(ConnectionError("refused")); circuit.failed(ConnectionError("refused"))
    >>> circuit.reason
    'triage 2.1 was given up after 2 calls in a row failed: ConnectionError: refused'
    """

    __slots__ = ("_give_up_after", "_label", "_lock", "_row", "reason")

    def __init__(self, label: str, give_up_after: int = GIVE_UP_AFTER) -> None:
        self._label = label
        self._give_up_after = give_up_after
        self._lock = threading.Lock()
        self._row = 0
        self.reason: str | None = None

    def succeeded(self) -> None:
        """A call was answered."""
        self._row = 0

    def failed(self, error: BaseException) -> None:
        """A call failed for good, and not for its input."""
        with self._lock:
            self._row += 1
            if self.reason is None and self._row == self._give_up_after:
                calls = "a call" if self._row == 1 else f"{self._row} calls in a row"
                self.reason = f"{self._label} was given up after {calls} failed: {one_line(error)}"

    def open(self, reason: str) -> None:
        """Give the model up at once."""
        with self._lock:
            self.reason = self.reason or reason

    def check(self) -> None:
        """Raise where the model was given up.

        Raises:
            OutageError: it was.
        """
        if self.reason is not None:
            raise OutageError(self.reason)
