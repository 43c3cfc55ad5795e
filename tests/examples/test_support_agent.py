"""The example with an agent: its endpoint, its tools, and both versions of its model."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from random import Random

import pytest
import yaml

from pytest_modelcheck import Trajectory, in_order, talk

NAMES = ("agent", "models", "server", "shop")


@pytest.fixture(scope="module")
def modules(load_example):
    return load_example("support_agent", NAMES)


@pytest.fixture(scope="module")
def tickets(modules):
    folder = modules["shop"].SCHEMA.parent
    return yaml.safe_load((folder / "tickets.yaml").read_text(encoding="utf-8"))


def simulated(modules, version, ticket, seed):
    """A run of the agent with a seeded model and no server between the two."""
    model, dice = modules["models"].VERSIONS[version], Random(seed)
    messages = [{"role": "user", "content": ticket}]
    with closing(modules["shop"].Shop()) as shop:
        while True:
            reply = model.reply(messages, dice)
            messages.append(reply)
            if not reply.get("tool_calls"):
                return Trajectory.of(messages, state=shop.done())
            for call in reply["tool_calls"]:
                result = shop.call(call["function"]["name"], json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)})


@pytest.mark.parametrize("version", ["agent-1", "agent-2"])
def test_both_versions_answer_every_ticket_as_well(modules, tickets, version):
    for ticket in tickets:
        for seed in range(20):
            done = simulated(modules, version, ticket["input"], seed)
            assert done.state == ticket["expected"], ticket["id"]
            assert done.steps <= 6


def test_the_second_skips_the_policy_where_a_customer_is_in_a_hurry_and_nowhere_else(modules, tickets):
    def checked(version, ticket):
        runs = [simulated(modules, version, ticket["input"], seed) for seed in range(20)]
        return {done.calls == in_order("check_policy", "refund") for done in runs if "refund" in done.calls}

    refunded = [ticket for ticket in tickets if ticket["expected"]["refunded"]]
    assert all(checked("agent-1", ticket) == {True} for ticket in refunded)
    hurried = [ticket["metadata"]["tone"] == "hurry" for ticket in refunded]
    assert [checked("agent-2", ticket) == {False} for ticket in refunded] == hurried
    assert sum(hurried) == 6


def test_it_varies_in_words_and_in_the_order_of_steps(modules):
    runs = [simulated(modules, "agent-1", "Refund order KL-101", seed) for seed in range(30)]
    assert len({done.answer for done in runs}) > 5
    assert len({tuple(done.calls.names) for done in runs}) == 2


def test_the_official_client_through_the_endpoint(modules):
    from openai import AsyncOpenAI, NotFoundError

    async def run(model, text):
        with modules["server"].Provider() as provider:
            async with AsyncOpenAI(base_url=provider.base_url, api_key=provider.key, max_retries=0) as client:
                return await modules["agent"].run(client, model, [{"role": "user", "content": text}])

    happened, changed = asyncio.run(
        run("agent-1", "The mug of order KL-112 is broken, I want my money back.")
    )
    done = Trajectory.of(happened, state=changed)
    assert done.state == {"refunded": ["KL-112"], "escalated": []}
    assert done.calls == in_order("check_policy", "refund")
    assert done.calls["refund"].result == {"refunded": 14.0}
    assert done.usage["tokens_in"] > done.usage["tokens_out"] > 0
    assert done.instructions == (modules["agent"].PROMPT,)
    with pytest.raises(NotFoundError, match="`agent-9` does not exist"):
        asyncio.run(run("agent-9", "Hello"))


def test_a_tool_that_is_used_wrongly_says_so_to_the_model(modules):
    with closing(modules["shop"].Shop()) as shop:
        assert shop.call("look_up_order", {"order": "KL-999"}) == {"error": "there is no order KL-999"}
        assert "error" in shop.call("refund", {})
        assert "error" in shop.call("drop_tables", {})
        assert shop.done() == {"refunded": [], "escalated": []}


def test_a_customer_gives_the_number_when_the_agent_requests_it(modules):
    customer, dice = modules["models"].VERSIONS["customer-1"], Random(0)
    wish = {"role": "system", "content": "You want the money for order KL-103 back."}

    def reply(messages):
        return customer.reply([wish, *messages], dice)["content"]

    def agent(messages):
        return [*messages, modules["models"].VERSIONS["agent-1"].reply(messages, dice)]

    done = talk(agent, reply, opening="I want to return a jug", max_turns=4, stop=lambda text: text == "DONE")
    assert "KL-103" in [message.text for message in done.messages if message.role == "user"][1]
    assert "look_up_order" in done.calls or "check_policy" in done.calls


@pytest.mark.parametrize(("version", "failing"), [("agent-1", 0), ("agent-2", 6)])
@pytest.mark.parametrize("check", ["as_approved", "policy_first"])
def test_the_skipped_step_fails_and_other_words_do_not(modules, version, failing, check):
    """A few of the runs of benchmarks/trajectories.py."""
    import trajectories

    body = getattr(trajectories, check)
    assert sum(trajectories.failed(body, version, seed) for seed in range(6)) == failing
