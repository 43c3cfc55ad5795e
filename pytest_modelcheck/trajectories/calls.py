"""The tool calls of an agent, and patterns to compare them with, in the manner of ``pytest.approx``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, overload

from pytest_modelcheck.canonical import excerpt
from pytest_modelcheck.errors import UsageError

ASSISTANT: Final = "assistant"
_WIDE: Final = 400
Pair = Callable[[Sequence[Any], Sequence["ToolCall"]], list[int | None]]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool.

    Attributes:
        name: The name of the tool.
        arguments: The arguments: a dict, or a text if the model's text is not JSON.
        result: The tool's result, or ``None`` if it is not known.
        error: The error message of a failed call; ``None`` if it did not fail.
        retries: The number of equal, failed calls right before this one (see :class:`ToolCalls`).

    >>> ToolCall("refund", {"order": "A-17", "amount": 20})
    refund(order='A-17', amount=20)
    """

    name: str
    arguments: Any = None
    result: Any = None
    error: str | None = None
    retries: int = 0

    def __repr__(self) -> str:
        return described((self.name, self.arguments)) + (" failed" if self.error is not None else "")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, with the tool calls that it makes.

    Attributes:
        role: ``"user"``, ``"assistant"``, or another name of the framework.
        text: The text.
        calls: The single attempts to call a tool, in order.
        more: Other parts, as plain data: images, citations, parts of unknown types.
    """

    role: str
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    more: tuple[Any, ...] = ()


class ToolCalls(Sequence[ToolCall]):
    """The tool calls of a trajectory, in order. Equal, failed calls right before a call are its ``retries``.

    Calls compare by name and arguments, which the agent chose, and not by results, which the tools chose.
    ``==`` compares with other calls, or with a list of names and ``(name, arguments)`` pairs. Arguments may
    contain objects with their own ``==``, such as those of dirty-equals.

    >>> calls = ToolCalls([ToolCall("look_up", {"order": "A-17"}), ToolCall("refund", {"amount": 20})])
    >>> calls == ["look_up", ("refund", {"amount": 20})], "refund" in calls, calls["refund"].arguments
    (True, True, {'amount': 20})
    """

    __slots__ = ("_calls",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, calls: Iterable[ToolCall]) -> None:
        self._calls = tuple(calls)

    @classmethod
    def merged(cls, attempts: Iterable[ToolCall]) -> ToolCalls:
        """Return the calls of single attempts: a failed attempt and its immediate repetition are one call."""
        found: list[ToolCall] = []
        for call in attempts:
            retries = 0
            if found and found[-1].error is not None and matches(found[-1], call):
                retries = found.pop().retries + 1
            found.append(replace(call, retries=call.retries + retries) if retries else call)
        return cls(found)

    @property
    def names(self) -> list[str]:
        """The names of the tools."""
        return [call.name for call in self._calls]

    @property
    def failed(self) -> ToolCalls:
        """The calls that failed, after any retries."""
        return ToolCalls(call for call in self._calls if call.error is not None)

    @property
    def succeeded(self) -> ToolCalls:
        """The calls that succeeded, at once or after retries."""
        return ToolCalls(call for call in self._calls if call.error is None)

    def all(self, pattern: Any) -> ToolCalls:
        """Return the calls of a tool, or those that match a ``(name, arguments)`` pair."""
        return ToolCalls(call for call in self._calls if matches(pattern, call))

    def count(self, value: Any) -> int:
        """Return the number of calls of a tool, or of those that match a ``(name, arguments)`` pair."""
        return len(self.all(value))

    def __contains__(self, pattern: object) -> bool:
        return any(matches(pattern, call) for call in self._calls)

    @overload
    def __getitem__(self, key: int | str) -> ToolCall: ...
    @overload
    def __getitem__(self, key: slice) -> ToolCalls: ...
    def __getitem__(self, key: int | str | slice) -> ToolCall | ToolCalls:
        if isinstance(key, slice):
            return ToolCalls(self._calls[key])
        if not isinstance(key, str):
            return self._calls[key]
        found = self.all(key)
        if len(found) == 1:
            return found[0]
        if not found:
            raise AssertionError(f"{key} was not called; the calls are: {self!r}")
        several = f"{key} was called {len(found)} times"
        failed = f", {len(found.failed)} of them failed" if found.failed else ""
        raise AssertionError(
            f"{several}{failed}: {found!r}. Say which: calls.all({key!r})[0]"
            + (f", or calls.succeeded[{key!r}]" if found.failed else "")
        )

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[ToolCall]:
        return iter(self._calls)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (ToolCalls, list, tuple)):
            return NotImplemented
        return len(other) == len(self) and all(map(matches, other, self._calls))

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self._calls))}]"


class Matcher:
    """Patterns that are compared with calls by ``==``.

    Attributes:
        word: The name of the function that made it.
        patterns: Names, ``(name, arguments)`` pairs, or calls.
        partly: Whether there may be other calls than these.
    """

    __slots__ = ("_pair", "partly", "patterns", "word")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, word: str, pair: Pair, patterns: Sequence[Any], *, partly: bool) -> None:
        alone = patterns[0] if len(patterns) == 1 else ""
        if isinstance(alone, Iterable) and not isinstance(alone, (str, tuple)):
            patterns = tuple(alone)
        for one in patterns:
            is_pair = isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], str)
            if not is_pair and not isinstance(one, (str, ToolCall)):
                raise UsageError(
                    f"{word}({one!r}): write names of tools, or pairs of a name and its arguments: "
                    f'{word}("check_policy", ("refund", {{"amount": 20}}))'
                )
        self.word, self.patterns, self.partly, self._pair = word, patterns, partly, pair

    def pair(self, calls: Sequence[ToolCall]) -> list[int | None]:
        """Return for each pattern the index of the call that it matches, or ``None``."""
        return self._pair(self.patterns, calls)

    def __eq__(self, calls: object) -> bool:
        if not isinstance(calls, ToolCalls):
            return NotImplemented
        paired = self.pair(calls)
        return None not in paired and (self.partly or len(calls) == len(paired))

    def __bool__(self) -> bool:
        raise UsageError(f"{self!r} is neither true nor false: write `assert done.calls == {self!r}`")

    def __repr__(self) -> str:
        return f"{self.word}({', '.join(map(described, self.patterns))})"


def in_order(*patterns: Any) -> Matcher:
    """Match calls that contain the patterns in this order, with any other calls between them.

    Args:
        patterns: Names of tools, ``(name, arguments)`` pairs, or calls; or one list of them.

    >>> calls = ToolCalls([ToolCall("look_up"), ToolCall("check_policy"), ToolCall("refund", {"amount": 20})])
    >>> calls == in_order("check_policy", "refund"), calls == in_order("refund", "check_policy")
    (True, False)
    """
    return Matcher("in_order", _pair_in_order, patterns, partly=True)


def _pair_in_order(patterns: Sequence[Any], calls: Sequence[ToolCall]) -> list[int | None]:
    """Give each pattern its first match after that of the previous pattern."""
    found: list[int | None] = []
    start = 0
    for pattern in patterns:
        place = next((at for at in range(start, len(calls)) if matches(pattern, calls[at])), None)
        found.append(place)
        start = start if place is None else place + 1
    return found


def unordered(*patterns: Any) -> Matcher:
    """Match the same calls, each as often, in any order.

    Args:
        patterns: Names of tools, ``(name, arguments)`` pairs, or calls; or one list of them.

    >>> calls = ToolCalls([ToolCall("look_up"), ToolCall("refund", {"amount": 20})])
    >>> calls == unordered(("refund", {"amount": 20}), "look_up"), calls == unordered("refund")
    (True, False)
    """
    return Matcher("unordered", _pair_unordered, patterns, partly=False)


def _pair_unordered(patterns: Sequence[Any], calls: Sequence[ToolCall]) -> list[int | None]:
    """Give as many patterns as possible a call of their own (Kuhn's algorithm for bipartite matching).

    First come, first served would fail: a bare name could take the only call that a pair matches.
    """
    owner: dict[int, int] = {}

    def claim(pattern: int, tried: set[int]) -> bool:
        for at, call in enumerate(calls):
            if at not in tried and matches(patterns[pattern], call):
                tried.add(at)
                if at not in owner or claim(owner[at], tried):
                    owner[at] = pattern
                    return True
        return False

    for pattern in range(len(patterns)):
        claim(pattern, set())
    place = {pattern: at for at, pattern in owner.items()}
    return [place.get(pattern) for pattern in range(len(patterns))]


def matches(pattern: Any, call: ToolCall) -> bool:
    """Return whether a call matches a name, a ``(name, arguments)`` pair or another call."""
    if isinstance(pattern, str):
        return pattern == call.name
    if isinstance(pattern, ToolCall):
        return pattern.name == call.name and bool(pattern.arguments == call.arguments)
    name, arguments = pattern
    return bool(name == call.name and arguments == call.arguments)


def described(pattern: Any) -> str:
    """Return a pattern as text, in the form of a call: ``refund(amount=20)``; or only the name."""
    if isinstance(pattern, str):
        return excerpt(pattern)
    if isinstance(pattern, ToolCall):
        return repr(pattern)
    name, arguments = pattern
    if isinstance(arguments, Mapping):
        inside = ", ".join(f"{key}={excerpt(repr(value), _WIDE)}" for key, value in arguments.items())
    else:
        inside = "" if arguments is None else excerpt(repr(arguments), _WIDE)
    return f"{excerpt(str(name))}({inside})"
