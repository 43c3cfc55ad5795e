"""The application's model, as a model fixture of pytest-modelcheck."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from assistant import PROMPT, TEMPERATURE, Triage, read
from openai import AsyncOpenAI, OpenAI

from pytest_modelcheck import Answer, model_fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVED = {}


def served():
    """The parts beside the version that decide on answers: the prompt, and the weights behind its name."""
    return {"prompt": PROMPT, "temperature": TEMPERATURE, "serves": SERVED["system_fingerprint"]}


def price(usage):
    """Dollars: 0.15 for a million tokens of input, 0.60 for a million of output."""
    return (usage.prompt_tokens * 0.15 + usage.completion_tokens * 0.60) / 1_000_000


@pytest.fixture(scope="session")
def endpoint() -> Iterator[dict[str, str]]:
    """Arguments of the client: none if the environment sets them, else those of our own server."""
    if "OPENAI_BASE_URL" in os.environ:
        yield {}  # the client reads OPENAI_BASE_URL and OPENAI_API_KEY itself
        return
    from server import Provider

    with Provider(key="any") as provider:
        yield {"base_url": provider.base_url, "api_key": provider.key}


@model_fixture(
    returns=Triage,
    deterministic=False,
    fingerprint=served,
    concurrency=16,
    rate_limit="100/second",
    retries=5,
    timeout=30,
    cost=price,
    max_cost=0.10,
)
def triage(model_version, endpoint):
    with OpenAI(**endpoint) as client:
        hello = [{"role": "user", "content": "Hello"}]
        answer = client.chat.completions.create(model=model_version, messages=hello, max_tokens=1)
    SERVED["system_fingerprint"] = answer.system_fingerprint
    client = AsyncOpenAI(**endpoint, max_retries=0)  # the fixture retries, counts, and keeps the pace

    async def ask(ticket):
        completion = await read(client, model_version, ticket)
        return Answer(completion.choices[0].message.parsed, usage=completion.usage)

    return ask
