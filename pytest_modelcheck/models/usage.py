"""Usage of an answer: tokens and cost, as the provider reports them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from json import dumps, loads  # by name, like all that is used while bodies run: a body may patch a module
from types import MethodType
from typing import TYPE_CHECKING, Any

from pytest_modelcheck.canonical import tag_of
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.numeric import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Names of input or output tokens, each with the names of tokens that its count leaves out and that must be
# added: Anthropic and Bedrock report cached input tokens separately, Gemini the tokens of its thoughts.
_IN = {
    "tokens_in": (),
    "prompt_tokens": (),
    "input_tokens": ("cache_creation_input_tokens", "cache_read_input_tokens"),
    "prompt_token_count": ("tool_use_prompt_token_count",),
    "promptTokenCount": ("toolUsePromptTokenCount",),
    "inputTokens": ("cacheReadInputTokens", "cacheWriteInputTokens"),
    "prompt_eval_count": (),
}
_OUT = {
    "tokens_out": (),
    "completion_tokens": (),
    "output_tokens": (),
    "candidates_token_count": ("thoughts_token_count",),
    "candidatesTokenCount": ("thoughtsTokenCount",),
    "outputTokens": (),
    "eval_count": (),
}
# A trajectory carries its own usage.
_TRAJECTORY = "$trajectory"
_COST = ("cost", "total_cost")
# Names of tokens that the input or output tokens include already, and that must not be counted twice.
_AMONG = frozenset(
    {
        "cache_audio_read_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cached_content_token_count",
        "cachedContentTokenCount",
        "cached_tokens",
        "input_audio_tokens",
        "output_audio_tokens",
        "prompt_cache_hit_tokens",
        "prompt_cache_miss_tokens",
        "reasoning_tokens",
        "total_token_count",
        "total_tokens",
        "totalTokenCount",
        "totalTokens",
    }
)

# Parts of a whole completion that hold its usage, of all providers and frameworks.
_WRAPPED = (
    *("usage", "usage_metadata", "usageMetadata", "token_usage", "response_metadata", "llm_output", "meta"),
    *("tokens", "billed_units", "raw", "additional_kwargs"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its usage, for a model that knows it. Tests see only the value.

    Attributes:
        value: The answer.
        usage: The usage that the provider reports: an object or a mapping with ``prompt_tokens`` and
            ``completion_tokens`` (or ``input_tokens`` and ``output_tokens``), and ``cost`` if it is known.

    >>> Answer("refund", usage={"prompt_tokens": 120, "completion_tokens": 3}).value
    'refund'
    """

    value: Any
    usage: Any = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost of an answer; a value that is not known is ``None``.

    Attributes:
        tokens_in: Input tokens, including those that the provider read from its cache.
        tokens_out: Output tokens, including those of the model's thoughts.
        cost: The cost.
        other: Tokens of other names, which are counted in neither: pairs of a name and a number.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    other: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer, the seconds that its call took, and its usage."""

    value: Any
    seconds: float
    usage: Usage

    def line(self) -> bytes:
        """Return time and usage, without the answer, as a line of JSON."""
        usage = self.usage
        values: list[Any] = [round(self.seconds, 6), usage.tokens_in, usage.tokens_out, usage.cost]
        if usage.other:
            values.append(dict(usage.other))
        # One line an answer: of local models, which report no usage, it is the seconds alone.
        while len(values) > 1 and values[-1] is None:
            values.pop()
        return dumps(values, separators=(",", ":")).encode()

    @classmethod
    def read(cls, line: bytes) -> Measured | None:
        """Read a line of :meth:`line`; return ``None`` for any other text.

        >>> Measured.read(Measured("refund", 0.25, Usage(120, 3)).line())
        Measured(value=None, seconds=0.25, usage=Usage(tokens_in=120, tokens_out=3, cost=None, other=()))
        """
        try:
            seconds, *rest = loads(line)
            other = tuple(rest.pop().items()) if len(rest) > 3 else ()
            values: list[Any] = [*rest, None, None, None]
            return cls(None, float(seconds), Usage(values[0], values[1], values[2], other))
        except (ValueError, TypeError, AttributeError):
            return None


def usage_of(reported: Any) -> Usage:
    """Read the usage that a provider reports, alone or in a whole completion, by the names in common use.

    >>> usage_of({"usage": {"input_tokens": 12, "cache_read_input_tokens": 100, "output_tokens": 1}})
    Usage(tokens_in=112, tokens_out=1, cost=None, other=())
    >>> usage_of({"prompt_tokens": 12, "completion_tokens": 1, "audio_tokens": 7}).other
    (('audio_tokens', 7),)
    """
    fields = _fields(_unwrapped(reported() if isinstance(reported, MethodType) else reported))
    cost = next((fields[name] for name in _COST if fields.get(name) is not None), None)
    known = {*_IN, *_OUT, *_AMONG, *(name for names in (*_IN.values(), *_OUT.values()) for name in names)}
    other = [
        (name, count) for name, value in fields.items() if (count := _whole(value)) and _is_of_tokens(name)
    ]
    return Usage(
        _tokens(fields, _IN),
        _tokens(fields, _OUT),
        _amount(cost),
        tuple((name, count) for name, count in other if name not in known),
    )


def _tokens(fields: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> int | None:
    for name, beside in names.items():
        counts = [_whole(fields.get(each)) for each in (name, *beside)]
        found = [count for count in counts if count is not None]
        if found:  # Gemini omits a count of 0 next to that of its thoughts
            return sum(found)
    return None


def _is_of_tokens(name: str) -> bool:
    """Return whether a name is that of a token count, and not of a limit such as ``max_output_tokens``."""
    name = name.lower()
    counts = name.endswith(("tokens", "token_count", "tokencount", "eval_count"))
    return counts and not name.startswith("max")


def _unwrapped(reported: Any, depth: int = 3) -> Any:
    """Find the usage inside a whole completion."""
    fields = _fields(reported)
    for name in _WRAPPED if depth else ():
        inside = fields.get(name)
        if inside is None and not isinstance(reported, Mapping):
            with suppress(Exception):  # a property, or a method of pydantic-ai, which may raise anything
                inside = getattr(reported, name, None)
        if name == "usage" and callable(inside):
            inside = inside()
        if inside is not None and any(map(_is_of_tokens, _fields(found := _unwrapped(inside, depth - 1)))):
            return found
    return reported


def _fields(reported: Any) -> Mapping[str, Any]:
    """Return the fields of a mapping or an object, including the undeclared fields of a pydantic model."""
    if isinstance(reported, Mapping):
        return reported
    found = dict(getattr(reported, "__dict__", None) or {})
    # Classes with __slots__ have no __dict__.
    slots = [
        name for base in type(reported).__mro__ for name in vars(base).get("__slots__", ()) if name[:1] != "_"
    ]
    found |= {name: getattr(reported, name, None) for name in slots}
    return found | (getattr(reported, "__pydantic_extra__", None) or {})


class UsageReader:
    """Reads the usage of answers, by the options of a model fixture.

    Args:
        usage: Takes the reported usage from an answer (``lambda answer: answer.usage``), or ``None``.
        cost: Computes the cost from the reported usage, or from the answer if none is reported; or ``None``.
        label: The model's name, for messages.
    """

    def __init__(
        self, usage: Callable[[Any], Any] | None, cost: Callable[[Any], float] | None, label: str
    ) -> None:
        self._usage = usage
        self._cost = cost
        self._label = label

    def applies_to(self, answers: Iterable[Any]) -> bool:
        """Return whether the usage of any answer is known."""
        kinds = set(map(type, answers))
        has_options = self._usage is not None or self._cost is not None
        return has_options or Answer in kinds or any(tag_of(kind) == _TRAJECTORY for kind in kinds)

    def read(self, answer: Any) -> tuple[Any, Usage]:
        """Return the answer as tests see it, and its usage, or raise a :class:`UsageError`."""
        value, reported = (answer.value, answer.usage) if type(answer) is Answer else (answer, None)
        if reported is None and self._usage is not None:
            reported = self._option("usage", self._usage, value)
        elif reported is None and tag_of(type(value)) == _TRAJECTORY:
            reported = value.usage
        found = usage_of(reported)
        if self._cost is None:
            return value, found
        cost = self._option("cost", self._cost, value if reported is None else reported)
        amount = _amount(cost)
        if amount is None:
            raise UsageError(
                f"cost= of the model fixture {self._label!r} gave {cost!r}: it must give a number"
            )
        return value, replace(found, cost=amount)

    def _option(self, name: str, function: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return function(argument)
        except Exception as error:
            raise UsageError(
                f"{name}= of the model fixture {self._label!r} failed on a {type(argument).__name__}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _whole(value: Any) -> int | None:
    return int(value) if is_number(value) and value >= 0 else None


def _amount(value: Any) -> float | None:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    amount = float(value)
    return amount if 0 <= amount < float("inf") else None
