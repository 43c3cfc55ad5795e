from __future__ import annotations

import asyncio

import pytest

from pytest_modelcheck import Trajectory, talk
from pytest_modelcheck.errors import UsageError


def agent_of(heard):
    """An agent that notes what it was told, and looks something up before its first answer."""

    def agent(messages):
        heard.append([(one["role"], one["content"]) for one in messages])
        call = {"id": "1", "function": {"name": "look_up", "arguments": "{}"}}
        looked = [{"role": "assistant", "tool_calls": [call]}] if len(messages) == 1 else []
        answer = {"role": "assistant", "content": f"To {messages[-1]['content']}"}
        usage = {"tokens_in": 10}
        return Trajectory(
            Trajectory.of([*looked, answer]).messages, answer["content"], state=len(heard), usage=usage
        )

    return agent


def test_agent_and_customer_get_the_history_with_their_own_roles():
    heard, asked = [], []

    def customer(messages):
        asked.append([(one["role"], one["content"]) for one in messages])
        return "two" if len(asked) == 1 else None

    done = talk(agent_of(heard), customer, opening="one")
    first = [("user", "one")]
    assert heard == [first, [*first, ("assistant", "To one"), ("user", "two")]]
    assert asked[0] == [("assistant", "one"), ("user", "To one")]
    assert [message.text for message in done.messages if message.text] == ["one", "To one", "two", "To two"]
    assert done.calls == ["look_up"]
    assert (done.answer, done.state, done.usage) == ("To two", 2, {"tokens_in": 20})


def test_a_list_of_turns_needs_no_second_model():
    heard = []
    done = talk(agent_of(heard), ["two", "three"], opening="one")
    assert len(heard) == 3
    assert done.answer == "To three"


def test_at_most_so_many_turns_and_nobody_asks_the_customer_after_the_last():
    asked = []
    done = talk(
        lambda messages: "yes", lambda messages: asked.append(1) or "more", opening="one", max_turns=3
    )
    assert len(done.messages) == 6
    assert len(asked) == 2


def test_stop_ends_before_the_agent_reads_the_message():
    done = talk(
        lambda messages: "yes", ["two", "DONE", "three"], opening="one", stop=lambda said: "DONE" in said
    )
    assert [message.text for message in done.messages] == ["one", "yes", "two", "yes"]


def test_an_agent_that_gives_back_the_whole_conversation_is_told_once():
    def agent(messages):
        return [*messages, {"role": "assistant", "content": f"answer {len(messages)}"}]

    done = talk(agent, ["two"], opening="one")
    assert [message.text for message in done.messages] == ["one", "answer 1", "two", "answer 3"]


@pytest.mark.parametrize("is_async", [(True, True), (True, False), (False, True)])
def test_either_may_be_async(is_async):
    async def agent(messages):
        await asyncio.sleep(0)
        return f"answer {len(messages)}"

    async def customer(messages):
        return f"more {len(messages)}"

    sides = (
        agent if is_async[0] else lambda messages: f"answer {len(messages)}",
        customer if is_async[1] else lambda messages: f"more {len(messages)}",
    )
    done = asyncio.run(_awaited(talk(*sides, opening="one", max_turns=2)))
    assert [message.text for message in done.messages] == ["one", "answer 1", "more 2", "answer 3"]


async def _awaited(talking):
    return await talking


def test_what_an_agent_raises_comes_out():
    async def agent(messages):
        raise RuntimeError("no model today")

    with pytest.raises(RuntimeError, match="no model today"):
        asyncio.run(_awaited(talk(agent, [], opening="one")))


def test_mistakes_are_named():
    with pytest.raises(UsageError, match="max_turns=0"):
        talk(lambda messages: "yes", [], opening="one", max_turns=0)
    with pytest.raises(UsageError, match="the customer answered with a int, not with text"):
        talk(lambda messages: "yes", [3], opening="one")
