"""The trajectory of an agent: what it was told, what it did, and where that ended.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from pytest_modelcheck.canonical import ASIDE, excerpt, register
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.trajectories.calls import ASSISTANT, Calls, Message, ToolCall


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The steps of an agent for one case: an answer like any other, cached, approved, compared and shown.

    Two are equal if their messages, calls with results, answer, finish and state are. Ids and times are not
    kept; ``instructions``, ``usage`` and ``about`` are kept and never compared.

    Attributes:
        messages: The conversation, without what the developer tells the model.
        answer: The final answer: the text of the last message, or what the framework calls its output.
        finish: Why the model stopped, in the provider's word, or ``None``.
        state: What the test asserts on besides: rows of a database, files, anything that can be stored. A
            remembered trajectory does not touch the database again.
        usage: ``tokens_in``, ``tokens_out`` and ``cost``, where they are known; a model fixture that answers
            with a trajectory needs no ``usage=``.
        instructions: System and developer messages.
        about: What else the framework said: the model, for example.

    >>> done = Trajectory.of([
    ...     {"role": "user", "content": "My mug is broken"},
    ...     {"role": "assistant", "tool_calls": [
    ...         {"id": "1", "function": {"name": "refund", "arguments": '{"order": "A-17"}'}}]},
    ...     {"role": "tool", "tool_call_id": "1", "content": "done"},
    ...     {"role": "assistant", "content": "You get your money back."},
    ... ])
    >>> done.answer, done.calls, done.steps
    ('You get your money back.', [refund(order='A-17')], 2)
    """

    messages: tuple[Message, ...] = ()
    answer: Any = None
    finish: str | None = None
    state: Any = None
    usage: dict[str, Any] = field(default_factory=dict, compare=False)
    instructions: tuple[str, ...] = field(default=(), compare=False)
    about: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, *sources: Any, answer: Any = MISSING, state: Any = MISSING) -> Trajectory:
        """Read what an agent framework or a client library returned, by its shape; none is imported.

        Messages and responses of OpenAI (chat and Responses), Anthropic, Gemini, LangChain and LangGraph,
        pydantic-ai and the OpenAI Agents SDK come in as objects or as their JSON, and so do OpenTelemetry
        GenAI spans as JSON. Parts that are not known are kept as they are.

        Args:
            sources: A result or a list of messages; or several in the order of time, such as the messages
                that went in and the response.
            answer: The final answer, where it is not the text of the last message.
            state: What the test asserts on besides.

        Raises:
            UsageError: A source has no shape of these.
        """
        from pytest_modelcheck.trajectories.reading import read

        if len(sources) == 1 and isinstance(sources[0], Trajectory):
            found = sources[0]
        else:
            found = cls(**read([one.messages if isinstance(one, Trajectory) else one for one in sources]))
        given = {"answer": answer, "state": state}
        return replace(found, **{name: value for name, value in given.items() if value is not MISSING})

    @property
    def calls(self) -> Calls:
        """The tool calls, in order."""
        return Calls.merged(call for message in self.messages for call in message.calls)

    @property
    def steps(self) -> int:
        """The number of steps: attempts to call a tool, and messages in which the agent spoke."""
        return sum(
            len(message.calls) + bool(message.text) for message in self.messages if message.role == ASSISTANT
        )

    def __repr__(self) -> str:
        calls = ", ".join(call.name + (" (failed)" if call.error is not None else "") for call in self.calls)
        parts = filter(None, (calls, "" if self.answer is None else repr(self.answer)))
        return f"<Trajectory: {excerpt(' -> '.join(parts) or 'nothing', _WIDE)}>"


_WIDE: Final = 400


def _parts(value: Trajectory) -> dict[str, Any]:
    present = {name: part for name in _COMPARED if (part := getattr(value, name)) is not None}
    aside = {name: item for name in ("usage", "about") if (item := getattr(value, name))}
    fields = {"instructions": [*value.instructions]} if value.instructions else {}
    return {"messages": list(map(_message_parts, value.messages)), **present, ASIDE: aside | fields}


def _message_parts(message: Message) -> dict[str, Any]:
    calls = {"calls": list(map(_call_parts, message.calls))} if message.calls else {}
    more = {"more": [*message.more]} if message.more else {}
    return {"role": message.role, "text": message.text, **calls, **more}


def _call_parts(call: ToolCall) -> dict[str, Any]:
    parts = {name: getattr(call, name) for name in _CALL}
    return {name: part for name, part in parts.items() if part is not None and (name, part) != ("retries", 0)}


def _build(parts: Any) -> Trajectory:
    messages = (
        Message(
            one["role"],
            one["text"],
            tuple(ToolCall(**call) for call in one.get("calls", ())),
            tuple(one.get("more", ())),
        )
        for one in parts.get("messages", ())
    )
    aside = parts.get(ASIDE, {})
    compared = {name: parts[name] for name in _COMPARED if name in parts}
    return Trajectory(
        tuple(messages), **compared, **aside | {"instructions": tuple(aside.get("instructions", ()))}
    )


def _calls_parts(value: Calls) -> dict[str, Any]:
    rows = [[getattr(call, name) for name in _CALL] for call in value]
    return {"calls": [row[:2] for row in rows], ASIDE: [row[2:] for row in rows]}


def _build_calls(parts: Any) -> Calls:
    rows = zip(parts["calls"], parts[ASIDE], strict=True)
    return Calls(ToolCall(*chosen, *found) for chosen, found in rows)


_COMPARED: Final = ("answer", "finish", "state")
_CALL: Final = ("name", "arguments", "result", "error", "retries")

register(Trajectory, "$trajectory", _parts, _build)
register(Calls, "$calls", _calls_parts, _build_calls)
register(ToolCall, "$call", _call_parts, lambda parts: ToolCall(**parts))
