"""The trajectory of an agent: its messages, its tool calls and its answer."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.canonical import ASIDE, excerpt, register
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.numeric import is_whole
from pytest_modelcheck.records import MISSING
from pytest_modelcheck.trajectories.calls import ASSISTANT, Message, ToolCall, ToolCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The steps of an agent for one case: an answer like any other, cached, approved, compared and shown.

    Two trajectories are equal if their messages, calls with results, answer, finish and state are equal. Ids
    and times are not stored; ``instructions``, ``usage`` and ``about`` are stored but never compared.

    Attributes:
        messages: The conversation, without the messages of system and developer.
        answer: The final answer: the text of the last message, or the output that the framework reports.
        finish: The provider's reason why the model stopped, or ``None``.
        state: Further data for the test's assertions: rows of a database, files, anything that can be stored.
            A cached trajectory carries this state; the agent does not run again.
        usage: ``tokens_in``, ``tokens_out`` and ``cost``, if they are known; a model fixture that answers
            with a trajectory needs no ``usage=``.
        instructions: System and developer messages.
        about: Other facts that the framework reports, such as the model.

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
        """Read the result of an agent framework or a client library, by its shape; none is imported.

        Sources may be messages and responses of OpenAI (chat and Responses), Anthropic, Gemini, LangChain and
        LangGraph, pydantic-ai and the OpenAI Agents SDK, as objects or as their JSON; or OpenTelemetry GenAI
        spans as JSON. Parts of unknown types are kept unchanged.

        Args:
            sources: A result or a list of messages; or several of them in order of time, such as the messages
                of the request and the response.
            answer: The final answer, if it is not the text of the last message.
            state: Further data for the test's assertions.

        Raises:
            UsageError: A source has none of these shapes.
        """
        from pytest_modelcheck.trajectories.reading import read

        if len(sources) == 1 and isinstance(sources[0], Trajectory):
            found = sources[0]
        else:
            found = cls(**read([one.messages if isinstance(one, Trajectory) else one for one in sources]))
        given = {"answer": answer, "state": state}
        return replace(found, **{name: value for name, value in given.items() if value is not MISSING})

    @property
    def calls(self) -> ToolCalls:
        """The tool calls, in order."""
        return ToolCalls.merged(call for message in self.messages for call in message.calls)

    @property
    def steps(self) -> int:
        """The number of steps: attempts to call a tool, and messages of the agent with text."""
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
    messages = []
    for one in parts.get("messages", ()):
        calls = tuple(ToolCall(**call) for call in one.get("calls", ()))
        messages.append(Message(one["role"], one["text"], calls, tuple(one.get("more", ()))))
    aside = parts.get(ASIDE, {})
    compared = {name: parts[name] for name in _COMPARED if name in parts}
    instructions = {"instructions": tuple(aside.get("instructions", ()))}
    return Trajectory(tuple(messages), **compared, **aside | instructions)


# Calls are equal by name and arguments: the tools' results are stored aside, where comparisons do not look.
def _calls_parts(value: ToolCalls) -> dict[str, Any]:
    rows = [[getattr(call, name) for name in _CALL] for call in value]
    return {"calls": [row[:2] for row in rows], ASIDE: [row[2:] for row in rows]}


def _build_calls(parts: Any) -> ToolCalls:
    rows = zip(parts["calls"], parts[ASIDE], strict=True)
    return ToolCalls(ToolCall(*chosen, *found) for chosen, found in rows)


_COMPARED: Final = ("answer", "finish", "state")
_CALL: Final = ("name", "arguments", "result", "error", "retries")

register(Trajectory, "$trajectory", _parts, _build)
register(ToolCalls, "$calls", _calls_parts, _build_calls)
register(ToolCall, "$call", _call_parts, lambda parts: ToolCall(**parts))


Turn = dict[str, str]
_SWAPPED: Final = {"user": "assistant", "assistant": "user"}
_TURNS: Final = 8


def talk(
    agent: Callable[[list[Turn]], Any],
    customer: Callable[[list[Turn]], Any] | Sequence[str],
    *,
    opening: str,
    max_turns: int | None = None,
    stop: Callable[[str], bool] | None = None,
) -> Any:
    """Let an agent and a customer talk, turn by turn, and return the agent's trajectory.

    A turn is a message of the customer and the agent's answer. Each call gets the whole history. If both are
    models, their answers are cached by this history: when one of them changes, the calls of the other are
    made again only after the first message that differs.

    Args:
        agent: Called with ``[{"role": ..., "content": ...}, ...]``, the customer's message last. Returns
            text, a :class:`Trajectory`, or any source that :meth:`Trajectory.of` reads. In the history, a
            turn whose answer is no text has the agent's last text, else the answer as JSON.
        customer: Called with the same messages, roles swapped; returns text, or ``None`` to leave. Or a list
            of the customer's further messages.
        opening: The customer's first message.
        max_turns: The largest number of turns. Default: 8 if the customer is called, else all of the list.
        stop: Called with each further message of the customer. If it returns true, such as for a message that
            says DONE, the talk ends before the agent reads the message.

    Returns:
        The trajectory, with the answer and the state of the last turn; or an awaitable of it, if the agent or
        the customer is async.

    Raises:
        UsageError: ``max_turns`` is below 1, or a message of the customer is not text.

    >>> echo = lambda messages: f"You said: {messages[-1]['content']}"
    >>> done = talk(echo, ["No, a mug"], opening="It is a plate")
    >>> [message.text for message in done.messages]
    ['It is a plate', 'You said: It is a plate', 'No, a mug', 'You said: No, a mug']
    """
    if max_turns is not None and not is_whole(max_turns, least=1):
        raise UsageError(f"talk(max_turns={max_turns!r}): write how many turns there are at most, from 1")
    if not callable(customer):
        if isinstance(customer, str) or not isinstance(customer, Sequence):
            kind = type(customer).__name__
            raise UsageError(
                f"talk(): the customer is a {kind}: pass a model, or a list of its further messages"
            )
        max_turns = min(max_turns or len(customer) + 1, len(customer) + 1)
    steps = _turns(agent, customer, opening, max_turns or _TURNS, stop)
    answer = None
    try:
        while True:
            answer = steps.send(answer)
            if inspect.isawaitable(answer):
                return _await_on(steps, answer)
    except StopIteration as end:
        return end.value


async def _await_on(steps: Generator[Any, Any, Trajectory], answer: Any) -> Trajectory:
    """Go on with a conversation from the first answer that must be awaited."""
    try:
        while True:
            try:
                found = await answer if inspect.isawaitable(answer) else answer
            except Exception as error:  # noqa: BLE001 - raised again in _turns(), at the call
                answer = steps.throw(error)
            else:
                answer = steps.send(found)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _turns(
    agent: Callable[[list[Turn]], Any],
    customer: Callable[[list[Turn]], Any] | Sequence[str],
    opening: str,
    max_turns: int,
    stop: Callable[[str], bool] | None,
) -> Generator[Any, Any, Trajectory]:
    """Yield the answer of each call, which may have to be awaited, and receive it; return the trajectory."""
    history: list[Turn] = []
    turns: list[Trajectory] = []
    utterance: Any = opening
    while True:
        if not isinstance(utterance, str):
            kind = type(utterance).__name__
            raise UsageError(f"talk(): message {len(turns) + 1} of the customer is a {kind}, not text")
        if turns and stop is not None and stop(utterance):
            break
        history.append({"role": "user", "content": utterance})
        answer = yield agent([*history])
        turns.append(answer if isinstance(answer, Trajectory) else Trajectory.of(answer))
        history.append({"role": ASSISTANT, "content": _words_of(turns[-1])})
        if len(turns) == max_turns:
            break
        if callable(customer):
            swapped = [{"role": _SWAPPED[one["role"]], "content": one["content"]} for one in history]
            utterance = yield customer(swapped)
            if utterance is None:
                break
        else:
            utterance = customer[len(turns) - 1]
    return _joined(turns, [one["content"] for one in history[::2]])


def _words_of(turn: Trajectory) -> str:
    """Return the agent's words in a turn, as a text for the history."""
    if isinstance(turn.answer, str):
        return turn.answer
    from pytest_modelcheck.trajectories.log import plain

    texts = [message.text for message in turn.messages if message.role == ASSISTANT and message.text]
    if texts or turn.answer is None:
        return texts[-1] if texts else ""
    return json.dumps(plain(turn.answer), ensure_ascii=False)


def _joined(turns: Sequence[Trajectory], utterances: Sequence[str]) -> Trajectory:
    """Join the turns into one trajectory: each has the customer's message and the agent's new messages."""
    messages: list[Message] = []
    usage: dict[str, Any] = {}
    for number, turn in enumerate(turns, 1):
        messages.append(Message("user", utterances[number - 1]))
        new = turn.messages[_start(turn.messages, utterances[:number]) :]
        messages += [one for one in new if one.role == ASSISTANT]
        for name, amount in turn.usage.items():
            usage[name] = usage.get(name, 0) + amount
    last = turns[-1]
    return Trajectory(
        tuple(messages), last.answer, last.finish, last.state, usage, turns[0].instructions, last.about
    )


def _start(messages: Sequence[Message], utterances: Sequence[str]) -> int:
    """Return the place after the customer's last message, in a turn that may repeat the earlier ones.

    An agent's framework may add messages of the user, such as reminders and requests to try again, and may
    put more around the text of the customer's.
    """
    users = [at for at, message in enumerate(messages) if message.role == "user"]
    for wanted in (utterances, utterances[-1:]):
        rest = iter(users)
        found = [next((at for at in rest if text in messages[at].text), None) for text in wanted]
        if found[-1] is not None and None not in found:
            return found[-1] + 1
    # The same turns in other words begin with the customer; an agent's own messages begin with the agent.
    return users[len(utterances) - 1] + 1 if users[:1] == [0] and len(users) >= len(utterances) else 0
