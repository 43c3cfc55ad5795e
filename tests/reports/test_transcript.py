from __future__ import annotations

import pytest

from pytest_modelcheck import Trajectory, in_order, unordered
from pytest_modelcheck.reports.bars import width_of
from pytest_modelcheck.reports.transcript import aligned, explained, first_difference, sentence_of, transcript
from pytest_modelcheck.trajectories.calls import Message, ToolCall, ToolCalls


def calls(*names):
    return ToolCalls(ToolCall(name, {"order": "A-17"}) for name in names)


def talk(*texts):
    return Trajectory(tuple(Message("assistant", text) for text in texts))


def sentence(then, now):
    return explained(now, then)[0]


def test_one_step_a_line_with_results_below():
    done = Trajectory((
        Message("user", "My mug\nis broken"),
        Message("assistant", "", (ToolCall("refund", {"amount": 20}, None, "timeout"),)),
        Message("assistant", "Sorry", more=({"type": "image"},)),
    ))  # fmt: skip
    assert transcript(done) == [
        '   user: "My mug\\nis broken"',
        " 1 refund(amount=20) failed",
        "     = timeout",
        ' 2 assistant: "Sorry" [+1 more]',
    ]


@pytest.mark.parametrize(
    ("then", "now", "difference"),
    [
        (calls("look", "check", "refund"), calls("look", "refund"), "step 2: check is missing"),
        (calls("look"), calls("look", "refund"), "step 2: refund is new"),
        (calls("look", "refund"), calls("look", "reject"), "step 2: reject instead of refund"),
        (
            calls("check", "refund"),
            calls("refund", "check"),
            "step 1: refund is called at another place",
        ),
        (calls("look"), [ToolCall("look", {"order": "A-18"})], "step 1: look has other arguments"),
        (calls("look"), calls("look"), "the same steps"),
        (in_order("check", "refund"), calls("look", "refund"), "step 2: check is missing"),
        (
            in_order("check", "refund"),
            calls("refund", "check"),
            "step 3: refund is called at another place",
        ),
        (unordered("look", "refund"), calls("refund", "look", "check"), "step 3: check is new"),
        (talk("Hello", "Bye"), talk("Hello", "See you"), "step 2: assistant in other words"),
    ],
)
def test_the_first_step_that_differs_is_named(then, now, difference):
    rows = aligned(then, now)
    assert sentence_of(rows, partly=getattr(then, "partly", False)) == difference


def test_a_step_that_differs_counts_before_words_that_do():
    one = Trajectory((Message("assistant", "Hello", (ToolCall("look"),)),))
    two = Trajectory((Message("assistant", "Good day", (ToolCall("refund"),)),))
    assert first_difference(aligned(one, two)) == 1


def test_both_side_by_side_with_the_first_difference_marked():
    assert explained(calls("look", "refund"), calls("look", "check", "refund")) == [
        "step 2: check is missing",
        "     expected                           called",
        "   1 look(order='A-17')                 look(order='A-17')",
        ">  2 check(order='A-17')                -",
        "   3 refund(order='A-17')               refund(order='A-17')",
    ]


def test_arguments_too_long_for_half_a_line_are_below_each_other():
    long = "the quick brown fox jumps over it"
    lines = explained([ToolCall("note", {"text": long})], [ToolCall("note", {"text": long + "!"})])
    assert lines[2:] == [f">  1 note(text='{long}!')", f"   -> note(text='{long}')"]


def test_a_step_beside_two_that_are_required_is_no_difference():
    lines = explained(calls("look", "check", "chat", "refund"), in_order("look", "refund", "close"))
    assert [line[0] for line in lines[2:]] == [" ", " ", " ", " ", ">"]


def test_few_rows_are_those_around_the_first_difference():
    many = [f"step_{number}" for number in range(40)]
    lines = explained(calls(*many[:20], *many[21:]), calls(*many), most=5)
    assert len(lines) == 8
    assert lines[-1] == "     … 35 more steps"
    assert ">" in [line[0] for line in lines]


@pytest.mark.parametrize("name", ["返金" * 30, "x" * 300, "👩\u200d🔬" * 50, "\x1b[31m"])
def test_no_line_is_wider_than_the_terminal(name):
    for line in explained(calls(name, "look"), calls("look", name)):
        assert width_of(line) <= 80
        assert "\x1b" not in line


def test_answers_that_differ_are_named():
    assert sentence(Trajectory(answer="yes"), Trajectory(answer="no", state=3)) == (
        "the same steps; answer and state differ"
    )
