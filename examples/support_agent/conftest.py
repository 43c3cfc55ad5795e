"""The agent and its simulated customer, as model fixtures of pytest-modelcheck."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from agent import PROMPT, TEMPERATURE, TOOLS, run
from openai import AsyncOpenAI

from pytest_modelcheck import Trajectory, model_fixture

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def endpoint() -> Iterator[dict[str, str]]:
    """Arguments of the client: none if the environment sets them, else those of our own server."""
    if "OPENAI_BASE_URL" in os.environ:
        yield {}  # the client reads OPENAI_BASE_URL and OPENAI_API_KEY itself
        return
    from server import Provider

    with Provider() as provider:
        yield {"base_url": provider.base_url, "api_key": provider.key}


def price(usage):
    """Dollars: 0.15 for a million tokens of input, 0.60 for a million of output."""
    return (usage["tokens_in"] * 0.15 + usage["tokens_out"] * 0.60) / 1_000_000


@model_fixture(
    concurrency=16,
    fingerprint={"prompt": PROMPT, "temperature": TEMPERATURE, "tools": TOOLS},
    retries=2,
    timeout=30,
    cost=price,
)
def agent(model_version, endpoint):
    client = AsyncOpenAI(**endpoint, max_retries=0)

    async def answer(conversation):
        messages = (
            [{"role": "user", "content": conversation}] if isinstance(conversation, str) else conversation
        )
        happened, changed = await run(client, model_version, messages)
        return Trajectory.of(happened, state=changed)

    return answer


@model_fixture(role="support", deterministic=False, concurrency=16, retries=2)
def customer(model_version, endpoint):
    client = AsyncOpenAI(**endpoint, max_retries=0)

    async def reply(messages):
        completion = await client.chat.completions.create(model=model_version, messages=messages)
        return completion.choices[0].message.content

    return reply
