"""The shop's requirements of its agent, for every version of the model."""

import re

import pytest

from pytest_modelcheck import in_order, talk, unordered


@pytest.mark.golden(
    "tickets.yaml", repeats=4, score_as="pass^4", at_least=0.9, max_steps=6, max_cost_per_case=0.01
)
async def test_tickets_end_as_they_should(agent, case):
    done = await agent(case.input)
    assert done.state == case.expected


@pytest.mark.golden("tickets.yaml", at_least=0.95)
async def test_the_policy_is_checked_before_money_is_given_back(agent, case):
    done = await agent(case.input)
    if "refund" in done.calls:
        assert done.calls == in_order("check_policy", "refund")


@pytest.mark.golden("tickets.yaml", max_changed=0)
async def test_the_trajectory_is_the_approved_one(agent, case):
    done = await agent(case.input)
    assert done.calls == unordered(case.approved.calls)


@pytest.mark.golden("tickets.yaml", at_least=1.0)
async def test_customers_are_told_what_was_done(agent, case):
    done = await agent(case.input)
    assert re.findall(r"KL-\d+", done.answer) == done.state["refunded"] + done.state["escalated"]


@pytest.mark.golden("conversations.yaml", at_least=0.9)
async def test_customers_who_forget_the_number_are_asked_for_it(agent, customer, case):
    async def reply(messages):
        return await customer([{"role": "system", "content": case["wish"]}, *messages])

    done = await talk(agent, reply, opening=case.input, max_turns=4, stop=lambda said: said == "DONE")
    assert done.state == case.expected
    assert "number of your order" in done.messages[1].text
    assert done.calls == in_order("check_policy", "refund")
