"""A conversation of an agent with a customer, who is played by another model or written down.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.trajectories.calls import ASSISTANT, Message
from pytest_modelcheck.trajectories.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

Turn = dict[str, str]
_SWAPPED: Final = {"user": "assistant", "assistant": "user"}


def talk(
    agent: Callable[[list[Turn]], Any],
    customer: Callable[[list[Turn]], Any] | Sequence[str],
    *,
    opening: str,
    max_turns: int = 8,
    stop: Callable[[str], bool] | None = None,
) -> Any:
    """Let an agent and a customer talk, turn by turn, and return what the agent did as one trajectory.

    A turn is a message of the customer and the agent's answer. Each call gets the whole history, and is
    remembered by it: where one of the two changes, the other is called again from the first other message on.

    Args:
        agent: Called with ``[{"role": ..., "content": ...}, ...]``, the last of them the customer's. Answers
            with text, a :class:`Trajectory`, or whatever :meth:`Trajectory.of` reads.
        customer: Called with the same messages, roles swapped; answers with text, or ``None`` to leave. Or a
            list of what the customer says next.
        opening: What the customer says first.
        max_turns: How many turns there are at most.
        stop: Called with each message of the customer's; the talk ends before the agent reads one that it is
            true for, such as one that says DONE.

    Returns:
        The trajectory, with the answer and the state of the last turn; where the agent or the customer is
        async, something to await for it.

    Raises:
        UsageError: ``max_turns`` is below 1, or the customer answers with something that is not text.

    >>> echo = lambda messages: f"You said: {messages[-1]['content']}"
    >>> done = talk(echo, ["No, a mug"], opening="It is a plate")
    >>> [message.text for message in done.messages]
    ['It is a plate', 'You said: It is a plate', 'No, a mug', 'You said: No, a mug']
    """
    if isinstance(max_turns, bool) or max_turns < 1:
        raise UsageError(f"talk(max_turns={max_turns!r}): write how many turns there are at most, from 1")
    steps = _turns(agent, customer, opening, max_turns, stop)
    return _go_on(steps, None)


def _go_on(steps: Generator[Any, Any, Trajectory], answer: Any) -> Any:
    """Drive a conversation for as long as nothing has to be awaited, and hand over the rest where it does."""
    try:
        while True:
            answer = steps.send(answer)
            if inspect.isawaitable(answer):
                return _await_on(steps, answer)
    except StopIteration as end:
        return end.value


async def _await_on(steps: Generator[Any, Any, Trajectory], answer: Any) -> Trajectory:
    try:
        while True:
            try:
                found = await answer if inspect.isawaitable(answer) else answer
            except Exception as error:  # noqa: BLE001 - raised where the call stands
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
    """The calls of a conversation, each yielded for its answer."""
    history: list[Turn] = []
    turns: list[Trajectory] = []
    said: Any = opening
    while len(turns) < max_turns:
        history.append({"role": "user", "content": said})
        answer = yield agent([*history])
        turn = answer if isinstance(answer, Trajectory) else Trajectory.of(answer)
        turns.append(turn)
        history.append({"role": "assistant", "content": turn.answer if isinstance(turn.answer, str) else ""})
        if len(turns) == max_turns:
            break
        if callable(customer):
            swapped = [{"role": _SWAPPED[one["role"]], "content": one["content"]} for one in history]
            said = yield customer(swapped)
        else:
            said = customer[len(turns) - 1] if len(turns) <= len(customer) else None
        if said is None:
            break
        if not isinstance(said, str):
            raise UsageError(f"talk(): the customer answered with a {type(said).__name__}, not with text")
        if stop is not None and stop(said):
            break
    return _joined(turns, history)


def _joined(turns: Sequence[Trajectory], history: Sequence[Turn]) -> Trajectory:
    """One trajectory of all turns: each turn is the customer's message and what the agent did then."""
    messages: list[Message] = []
    usage: dict[str, Any] = {}
    for number, turn in enumerate(turns):
        messages.append(Message("user", history[2 * number]["content"]))
        # An agent that gives back the whole conversation has told the rest of it before.
        last_user = max((at for at, one in enumerate(turn.messages) if one.role == "user"), default=-1)
        messages += [one for one in turn.messages[last_user + 1 :] if one.role == ASSISTANT]
        for name, amount in turn.usage.items():
            usage[name] = usage.get(name, 0) + amount
    last = turns[-1]
    return Trajectory(
        tuple(messages), last.answer, last.finish, last.state, usage, turns[0].instructions, last.about
    )
