"""Results of frameworks, written by tests/compat/test_trajectories.py as a script, and odd shapes."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from pytest_modelcheck import Trajectory
from pytest_modelcheck.canonical import Codec, same
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports.transcript import transcript

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_bytes())
ARGUMENTS = {"order": "A-17", "amount": 20}


FINISHES = {
    "openai_chat": "stop",
    "openai_responses": "completed",
    "anthropic": "end_turn",
    "gemini": "STOP",
    "langchain": "stop",
    "opentelemetry": "stop",
}


@pytest.mark.parametrize("name", RECORDED)
def test_every_framework_tells_the_same(name):
    done = Trajectory.of(RECORDED[name])
    assert done.finish == FINISHES.get(name, done.finish)
    assert name != "anthropic" or done.usage == {"tokens_in": 60, "tokens_out": 15}
    assert done.calls == [("look_up", {"order": "A-17"}), ("refund", ARGUMENTS)]
    results = [{"status": "delivered", "order": "A-17"}, "refunded 20 for A-17"]
    assert [call.result for call in done.calls] == results
    assert [message.text for message in done.messages if message.role == "user"] == ["My mug came broken"]
    assert done.answer == "You get your money back."
    assert done.steps == 3
    assert not any(message.more for message in done.messages)
    assert Codec().decode(Codec().encode(done)) == done


def test_developer_messages_are_kept_and_not_compared():
    done = Trajectory.of(RECORDED["openai_chat"])
    assert done.instructions == ("Be kind.",)
    assert done == Trajectory.of(RECORDED["openai_chat"][1:])


def test_ids_and_times_are_no_part_of_equality():
    text = json.dumps(RECORDED)
    for old, new in (
        ("call_0", "call_x"),
        ("msg_0", "msg_x"),
        ("toolu_1", "toolu_x"),
        ("1714561815", "1814561815"),
    ):
        text = text.replace(old, new)
    other = json.loads(text)
    assert other != RECORDED
    for name, recorded in RECORDED.items():
        one, two = Trajectory.of(recorded), Trajectory.of(other[name])
        assert one == two
        assert same(Codec().encode(one), Codec().encode(two))


def call(ident="1", **more):
    return {"role": "assistant", "tool_calls": [{"id": ident, "function": {"name": "refund", **more}}]}


def test_unknown_parts_are_kept():
    parts = [{"type": "text", "text": "See"}, {"type": "hologram", "id": "h7", "beam": [1, 2]}]
    done = Trajectory.of([{"role": "user", "content": parts}, {"type": "mood_ring", "colour": "blue"}])
    assert done.messages[0].text == "See"
    assert done.messages[0].more == ({"type": "hologram", "beam": [1, 2]},)
    assert done.messages[1].more == ({"type": "mood_ring", "colour": "blue"},)


def test_arguments_that_are_no_json_are_kept_as_text():
    assert Trajectory.of([call(arguments='{"order": ')]).calls["refund"].arguments == '{"order": '


@pytest.mark.parametrize(
    "result",
    [
        {"role": "tool", "tool_call_id": "1", "content": '{"error": "no such order"}'},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": "no such order", "is_error": True}]},
        {"type": "tool", "tool_call_id": "1", "content": "no such order", "status": "error"},
        {"kind": "request", "parts": [
            {"part_kind": "retry-prompt", "tool_name": "refund", "tool_call_id": "1",
             "content": "no such order"},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "refund", "response": {"error": "no such order"}}}]},
    ],
    ids=["openai", "anthropic", "langchain", "pydantic-ai", "gemini"],
)  # fmt: skip
def test_a_call_that_failed(result):
    done = Trajectory.of([call(arguments="{}"), result])
    assert done.calls["refund"].error == "no such order"
    assert done.calls["refund"].result is None
    assert len(done.calls.failed) == 1


def test_results_go_to_their_calls_in_any_order():
    two = call(arguments="{}")
    two["tool_calls"].append({"id": "2", "function": {"name": "look_up", "arguments": "{}"}})
    results = [{"role": "tool", "tool_call_id": ident, "content": f"of {ident}"} for ident in ("2", "1")]
    assert [each.result for each in Trajectory.of([two, *results]).calls] == ["of 1", "of 2"]


def test_spans_without_messages_tell_of_the_tools():
    """Instrumentations leave out the messages by default."""
    spans = [
        {
            "name": f"execute_tool {name}",
            "startTimeUnixNano": str(start),
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
                {"key": "gen_ai.tool.name", "value": {"stringValue": name}},
                {"key": "gen_ai.tool.call.arguments", "value": {"stringValue": '{"order": "A-17"}'}},
            ],
        }
        for start, name in ((20, "refund"), (10, "look_up"))
    ]
    done = Trajectory.of({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    assert done.calls == [("look_up", {"order": "A-17"}), ("refund", {"order": "A-17"})]


def test_spans_that_tell_messages_in_events():
    """As instrumentations did before version 1.37 of the conventions."""
    call = {"id": "1", "type": "function", "function": {"name": "refund", "arguments": '{"order": "A-17"}'}}
    chat = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 9, "gen_ai.request.model": "m"}
    requested = [
        {"name": "gen_ai.system.message", "attributes": {"content": "Be kind."}},
        {"name": "gen_ai.user.message", "attributes": {"content": "My mug broke"}},
    ]
    done = [
        {"name": "gen_ai.assistant.message", "attributes": {"tool_calls": json.dumps([call])}},
        {"name": "gen_ai.tool.message", "attributes": {"id": "1", "content": "refunded"}},
        {"name": "gen_ai.choice", "attributes": {"message": json.dumps({"content": "Done"})}},
    ]
    first = {"name": "chat m", "start_time": "1", "attributes": chat, "events": requested}
    last = {"name": "chat m", "start_time": "2", "attributes": chat, "events": [*requested, *done]}
    trajectory = Trajectory.of([last, first])
    assert trajectory.calls["refund"].result == "refunded"
    assert (trajectory.answer, trajectory.instructions, trajectory.usage) == (
        "Done",
        ("Be kind.",),
        {"tokens_in": 18},
    )
    assert trajectory.about == {"model": "m"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": "12"}, 12),
        ({"arrayValue": {"values": [{"stringValue": "stop"}]}}, ["stop"]),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, {"a": True}),
    ],
)
def test_values_of_an_otlp_export(value, read):
    attributes = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
        {"key": "gen_ai.tool.name", "value": {"stringValue": "refund"}},
        {"key": "gen_ai.tool.call.arguments", "value": value},
    ]
    span = {"name": "execute_tool refund", "traceId": "7", "attributes": attributes}
    assert Trajectory.of([span]).calls["refund"].arguments == read


def test_the_state_of_a_graph_is_the_state():
    done = Trajectory.of({"messages": [{"role": "user", "content": "Hi"}, "Hello"], "ticket": {"open": True}})
    assert (done.state, done.answer) == ({"ticket": {"open": True}}, "Hello")


def test_several_sources_in_the_order_of_time():
    request = {
        "model": "m",
        "system": "Be kind.",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [],
    }
    done = Trajectory.of(request, {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
    assert [message.text for message in done.messages] == ["Hi", "Hello"]
    assert (done.instructions, done.finish, done.state) == (("Be kind.",), "stop", None)


@pytest.mark.parametrize("source", [3, {"label": "refund"}, [], None, [[]], {"messages": []}])
def test_an_invalid_trajectory_is_refused(source):
    with pytest.raises(UsageError, match="Pass its messages, as dicts with `role` and `content`"):
        Trajectory.of(source)


JUNK = [None, 0, "", [], {}, "x", [1], {"a": 1}, True, {"type": "text"}, {"role": "user"}]


def places(value, path=()):
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from places(part, (*path, key))


@pytest.mark.parametrize("name", RECORDED)
def test_a_damaged_trajectory_is_read_or_refused(name):
    """With one part gone or replaced: a trajectory that survives a round trip, or an error and a remedy."""
    dice = Random(name)
    read = refused = 0
    for _ in range(150):
        damaged = json.loads(json.dumps(RECORDED[name]))
        *way, last = dice.choice(list(places(damaged)))
        place = damaged
        for key in way:
            place = place[key]
        if dice.random() < 0.4:
            del place[last]
        else:
            place[last] = dice.choice(JUNK)
        try:
            done = Trajectory.of(damaged)
        except UsageError as error:
            refused += "Pass its messages" in str(error)
        else:
            assert Codec().decode(Codec().encode(done)) == done
            assert len(transcript(done)) >= done.steps
            read += 1
    assert read + refused == 150
    assert read > 50
