from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from pytest_modelcheck import Trajectory
from pytest_modelcheck.canonical import Codec, NotKept, comparable, differences, digest, same
from pytest_modelcheck.trajectories.calls import Calls, Message, ToolCall

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
    with pytest.raises(NotKept, match="cannot be stored"):
        Codec().encode(dataclasses.replace(DONE, state=object()))


@pytest.mark.parametrize("name", ["usage", "instructions", "about"])
def test_what_is_kept_aside_is_not_compared(name):
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
def test_what_is_compared(change, path):
    other = dataclasses.replace(DONE, **change)
    assert other != DONE
    assert [one.path for one in differences(Codec().encode(DONE), Codec().encode(other))] == [path]


def test_calls_are_compared_by_what_the_agent_chose_also_where_they_are_recorded():
    calls = Calls([ToolCall("refund", {"amount": 20}, result="r-1")])
    other = Calls([ToolCall("refund", {"amount": 20}, result="r-2", retries=1)])
    assert calls == other
    assert same(comparable(calls), comparable(other))
    assert not same(comparable(calls), comparable(Calls([ToolCall("refund", {"amount": 21})])))
    back = Codec().decode(Codec().encode(other))
    assert (back[0].result, back[0].retries) == ("r-2", 1)
    assert Codec().decode(Codec().encode(other[0])) == other[0]


def test_a_trajectory_can_be_the_input_of_a_judge():
    assert digest(DONE) == digest(dataclasses.replace(DONE))
    assert digest(DONE) != digest(dataclasses.replace(DONE, answer="no"))


def test_of_a_trajectory_adds_what_is_given():
    done = Trajectory.of(DONE, state={"refunds": 3})
    assert (done.state, done.answer) == ({"refunds": 3}, DONE.answer)
    assert Trajectory.of(DONE, answer=None).answer is None


def test_steps_are_attempts_and_messages_of_the_agent():
    assert DONE.steps == 5


def test_the_representation_is_one_short_line():
    assert repr(DONE).startswith("<Trajectory: look_up, refund (failed), refund -> {'label'")
    assert len(repr(Trajectory(answer="x" * 2000))) < 500
    assert repr(Trajectory()) == "<Trajectory: nothing>"


def test_what_there_is_not_takes_no_room_in_a_line():
    assert Codec().encode(Trajectory()) == b'{"$trajectory":{"messages":[],"aside":{}}}'
    assert Codec().decode(b'{"$trajectory":{}}') == Trajectory()
