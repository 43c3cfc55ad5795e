"""What an answer cost: tokens and money, as the model reports them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_IN = ("tokens_in", "prompt_tokens", "input_tokens", "prompt_token_count", "inputTokens")
_OUT = ("tokens_out", "completion_tokens", "output_tokens", "candidates_token_count", "outputTokens")
_COST = ("cost", "total_cost")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer together with what it cost, for a model that knows. Tests see the value alone.

    Attributes:
        value: The answer.
        usage: What the provider reports: an object or a mapping with ``prompt_tokens`` and
            ``completion_tokens`` (or ``input_tokens`` and ``output_tokens``), and ``cost`` where it is known.

    >>> Answer("refund", usage={"prompt_tokens": 120, "completion_tokens": 3}).value
    'refund'
    """

    value: Any
    usage: Any = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money, each ``None`` where it is not known."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer, how many seconds the call took that gave it, and what it cost."""

    value: Any
    seconds: float
    usage: Usage

    def line(self) -> bytes:
        """Everything but the answer, as a line of JSON."""
        usage = self.usage
        values = [round(self.seconds, 6), usage.tokens_in, usage.tokens_out, usage.cost]
        while len(values) > 1 and values[-1] is None:
            values.pop()
        return json.dumps(values, separators=(",", ":")).encode()

    @classmethod
    def read(cls, line: bytes) -> Measured | None:
        """What :meth:`line` wrote; ``None`` for what it did not.

        >>> Measured.read(Measured("refund", 0.25, Usage(120, 3)).line())
        Measured(value=None, seconds=0.25, usage=Usage(tokens_in=120, tokens_out=3, cost=None))
        """
        try:
            seconds, *rest = json.loads(line)
            return cls(None, float(seconds), Usage(*rest))
        except (ValueError, TypeError):
            return None


def usage_of(reported: Any) -> Usage:
    """Read what a provider reports, by the names that are in use.

    >>> usage_of({"input_tokens": 12, "output_tokens": 1})
    Usage(tokens_in=12, tokens_out=1, cost=None)
    """
    if reported is None:
        return Usage()
    cost = _first(reported, _COST)
    return Usage(_whole(_first(reported, _IN)), _whole(_first(reported, _OUT)), _amount(cost))


class Scales:
    """Finds out what answers cost.

    Args:
        usage: Takes what is reported from an answer (``lambda answer: answer.usage``), or ``None``.
        cost: What that comes to: called with what is reported, else with the answer itself.
        label: The model, for messages.
    """

    __slots__ = ("_cost", "_label", "_usage", "idle")

    def __init__(
        self, usage: Callable[[Any], Any] | None, cost: Callable[[Any], float] | None, label: str
    ) -> None:
        self._usage = usage
        self._cost = cost
        self._label = label
        self.idle = usage is None and cost is None

    def weigh(self, answer: Any) -> tuple[Any, Usage]:
        """The answer as tests see it, and what it cost.

        Raises:
            UsageError: ``usage=`` or ``cost=`` of the fixture cannot read the answer.
        """
        value, reported = (answer.value, answer.usage) if type(answer) is Answer else (answer, None)
        if reported is None and self._usage is not None:
            reported = self._ask("usage", self._usage, value)
        found = usage_of(reported)
        if self._cost is None:
            return value, found
        cost = self._ask("cost", self._cost, value if reported is None else reported)
        amount = _amount(cost)
        if amount is None:
            raise UsageError(
                f"cost= of the model fixture {self._label!r} gave {cost!r}: it must give a number"
            )
        return value, Usage(found.tokens_in, found.tokens_out, amount)

    def _ask(self, name: str, function: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return function(argument)
        except Exception as error:
            raise UsageError(
                f"{name}= of the model fixture {self._label!r} failed on a {type(argument).__name__}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _first(reported: Any, names: tuple[str, ...]) -> Any:
    get = reported.get if isinstance(reported, dict) else lambda name: getattr(reported, name, None)
    return next((value for value in map(get, names) if value is not None), None)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _amount(value: Any) -> float | None:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    amount = float(value)
    return amount if 0 <= amount < float("inf") else None
