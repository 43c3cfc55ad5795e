import asyncio
import dataclasses
import re
import subprocess
import sys

import pytest

from pytest_modelcheck import Trajectory, talk
from pytest_modelcheck.canonical import Codec, NotStored, comparable, differences, digest, same
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.trajectories.calls import Message, ToolCall, ToolCalls

DONE = Trajectory(
    messages=(
        Message("user", "My mug is broken", more=({"type": "image", "bytes": [1, 2]},)),
        Message("assistant", "Let me see", (ToolCall("look_up", {"$odd": 1.5}, {"status": None}),)),
        Message(
            "assistant", "", (ToolCall("refund", "{no json", None, "timeout", 2), ToolCall("refund", None))
        ),
        Message("assistant", "Done \ud800"),
    ),
    answer={"label": ("refund", b"\x00")},
    finish="stop",
    state={"refunds": {1, 2}},
    usage={"tokens_in": 12},
    instructions=("Be kind.",),
    about={"model": "m"},
)


def test_a_trajectory_comes_back_whole():
    line = Codec().encode(DONE)
    back = Codec().decode(line)
    assert back == DONE
    assert (back.usage, back.instructions, back.about) == (DONE.usage, DONE.instructions, DONE.about)
    assert Codec().encode(back) == line


def test_it_comes_back_in_a_process_that_has_not_loaded_the_class():
    code = (
        "import sys; from pytest_modelcheck.canonical import Codec\n"
        "print(Codec().decode(sys.stdin.buffer.read()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=Codec().encode(DONE), capture_output=True, check=False
    )
    assert run.stdout.startswith(b"<Trajectory: look_up, refund"), run.stderr


def test_inside_other_answers_and_of_a_typed_model():
    @dataclasses.dataclass
    class Reply:
        label: str
        done: Trajectory

    reply = Reply("refund", DONE)
    for codec, value in (
        (Codec(), {"done": [DONE]}),
        (Codec(Reply), reply),
        (Codec(Trajectory | None), DONE),
    ):
        assert codec.decode(codec.encode(value)) == value


def test_an_answer_that_cannot_be_stored_says_so():
    with pytest.raises(NotStored, match="cannot be stored"):
        Codec().encode(dataclasses.replace(DONE, state=object()))


@pytest.mark.parametrize("name", ["usage", "instructions", "about"])
def test_parts_kept_aside_are_not_compared(name):
    other = dataclasses.replace(DONE, **{name: type(getattr(DONE, name))()})
    assert other == DONE
    assert same(Codec().encode(DONE), Codec().encode(other))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"answer": "no"}, "answer"),
        ({"finish": "length"}, "finish"),
        ({"state": None}, "state"),
        ({"messages": DONE.messages[:-1]}, "messages[3]"),
    ],
)
def test_compared_parts(change, path):
    other = dataclasses.replace(DONE, **change)
    assert other != DONE
    assert [one.path for one in differences(Codec().encode(DONE), Codec().encode(other))] == [path]


def test_calls_are_compared_by_what_the_agent_chose_also_where_they_are_recorded():
    calls = ToolCalls([ToolCall("refund", {"amount": 20}, result="r-1")])
    other = ToolCalls([ToolCall("refund", {"amount": 20}, result="r-2", retries=1)])
    assert calls == other
    assert same(comparable(calls), comparable(other))
    assert not same(comparable(calls), comparable(ToolCalls([ToolCall("refund", {"amount": 21})])))
    back = Codec().decode(Codec().encode(other))
    assert (back[0].result, back[0].retries) == ("r-2", 1)
    assert Codec().decode(Codec().encode(other[0])) == other[0]


def test_a_trajectory_can_be_the_input_of_a_judge():
    assert digest(DONE) == digest(dataclasses.replace(DONE))
    assert digest(DONE) != digest(dataclasses.replace(DONE, answer="no"))


def test_of_a_trajectory_adds_the_given_calls():
    done = Trajectory.of(DONE, state={"refunds": 3})
    assert (done.state, done.answer) == ({"refunds": 3}, DONE.answer)
    assert Trajectory.of(DONE, answer=None).answer is None


def test_steps_are_attempts_and_messages_of_the_agent():
    assert DONE.steps == 5


def test_the_representation_is_one_short_line():
    assert repr(DONE).startswith("<Trajectory: look_up, refund (failed), refund -> {'label'")
    assert len(repr(Trajectory(answer="x" * 2000))) < 500
    assert repr(Trajectory()) == "<Trajectory: nothing>"


def test_missing_parts_take_no_room_in_a_line():
    assert Codec().encode(Trajectory()) == b'{"$trajectory":{"messages":[],"aside":{}}}'
    assert Codec().decode(b'{"$trajectory":{}}') == Trajectory()


def agent_of(heard):
    """An agent that notes its messages, and looks something up before its first answer."""

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
    heard, received = [], []

    def customer(messages):
        received.append([(one["role"], one["content"]) for one in messages])
        return "two" if len(received) == 1 else None

    done = talk(agent_of(heard), customer, opening="one")
    first = [("user", "one")]
    assert heard == [first, [*first, ("assistant", "To one"), ("user", "two")]]
    assert received[0] == [("assistant", "one"), ("user", "To one")]
    assert [message.text for message in done.messages if message.text] == ["one", "To one", "two", "To two"]
    assert done.calls == ["look_up"]
    assert (done.answer, done.state, done.usage) == ("To two", 2, {"tokens_in": 20})


def test_the_number_of_turns_is_limited_and_the_customer_is_not_called_after_the_last():
    received = []
    done = talk(
        lambda messages: "yes", lambda messages: received.append(1) or "more", opening="one", max_turns=3
    )
    assert len(done.messages) == 6
    assert len(received) == 2


def whole(messages):
    """An agent that returns the whole conversation."""
    return [*messages, {"role": "assistant", "content": f"answer {len(messages)}"}]


@pytest.mark.parametrize(
    ("agent", "customer", "options", "texts"),
    [
        (len, ["two", "three"], {}, ["one", "1", "two", "3", "three", "5"]),
        (len, ["two", "DONE", "three"], {"stop": lambda text: "DONE" in text}, ["one", "1", "two", "3"]),
        (whole, ["two"], {}, ["one", "answer 1", "two", "answer 3"]),
        (len, ["two", "three"], {"max_turns": 2}, ["one", "1", "two", "3"]),
        (len, [], {"max_turns": 2}, ["one", "1"]),
    ],
    ids=["a list of turns", "stopped before the agent reads", "the whole conversation", "cut", "no more"],
)
def test_order_of_messages(agent, customer, options, texts):
    def answer(messages):
        found = agent(messages)
        return str(found) if isinstance(found, int) else found

    assert [message.text for message in talk(answer, customer, opening="one", **options).messages] == texts


def test_a_list_of_turns_is_used_to_its_end_and_a_customer_gets_eight():
    def turns(customer):
        return len(talk(lambda messages: "yes", customer, opening="one").messages) // 2

    assert (turns(["more"] * 11), turns(lambda messages: "more")) == (12, 8)


def deletes(messages):
    """The result of an agent that calls a tool, is reminded by its framework, and answers."""
    call = {"id": "1", "function": {"name": "delete", "arguments": f'{{"at": {len(messages)}}}'}}
    return [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "user", "content": "Reminder: be short"},
        {"role": "assistant", "content": f"answer {len(messages)}"},
    ]


@pytest.mark.parametrize(
    "agent",
    [
        deletes,
        lambda messages: [messages[-1], *deletes(messages)],
        lambda messages: [*messages, *deletes(messages)],
        lambda messages: [
            *({**one, "content": f"<ask>{one['content']}</ask>"} for one in messages),
            *deletes(messages),
        ],
        lambda messages: [{"role": "user", "content": "(hidden)"} for _ in messages[::2]] + deletes(messages),
    ],
    ids=["new messages", "the turn", "the whole conversation", "put into a prompt", "other words"],
)
def test_a_message_of_the_user_that_a_framework_adds_hides_no_call(agent):
    done = talk(agent, ["yes", "yes"], opening="hello")
    assert [call.arguments["at"] for call in done.calls] == [1, 3, 5]


@pytest.mark.parametrize(
    ("found", "heard"),
    [
        (Trajectory.of([{"role": "assistant", "content": "Which one?"}], answer={"asks": 1}), "Which one?"),
        (Trajectory(answer={"asks": "é"}), '{"asks": "é"}'),
        (Trajectory(answer=0), "0"),
        (Trajectory(messages=(Message("assistant", "", (ToolCall("look_up"),)),)), ""),
    ],
    ids=["text beside it", "a record", "a number", "no answer"],
)
def test_an_answer_that_is_no_text_is_in_the_history(found, heard):
    seen = []
    talk(lambda messages: seen.append(messages[-2:-1]) or found, ["more"], opening="one")
    assert seen[1] == [{"role": "assistant", "content": heard}]


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


def test_an_exception_of_an_agent_is_raised():
    async def agent(messages):
        raise RuntimeError("no model today")

    with pytest.raises(RuntimeError, match="no model today"):
        asyncio.run(_awaited(talk(agent, [], opening="one")))


def test_mistakes_are_named():
    for turns in (0, "2", 2.5, True):
        with pytest.raises(UsageError, match=rf"max_turns={turns!r}\): write how many turns"):
            talk(lambda messages: "yes", [], opening="one", max_turns=turns)
    for customer, opening, message in (
        ([3], "one", "message 2 of the customer is a int, not text"),
        (["two", None, "four"], "one", "message 3 of the customer is a NoneType, not text"),
        (lambda messages: {"text": "two"}, "one", "message 2 of the customer is a dict, not text"),
        ([], {"question": "one"}, "message 1 of the customer is a dict, not text"),
        ("A-17", "one", "the customer is a str: pass a model, or a list of its further messages"),
        (None, "one", "the customer is a NoneType: pass a model, or a list"),
    ):
        with pytest.raises(UsageError, match=re.escape(f"talk(): {message}")):
            talk(lambda messages: "yes", customer, opening=opening)
