"""The endpoint of the example speaks the protocol of the official client and plain HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections import Counter
from urllib.parse import urlsplit

import pytest

SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "T", "schema": {"properties": {"label": {}, "urgent": {}}}},
}
TICKET = {"model": "assistant-1", "messages": [{"role": "user", "content": "Where is my parcel?"}]}


@pytest.fixture(scope="module")
def provider(modules):
    with modules["server"].Provider("secret", per_second=1e6, burst=1e6, fails_every=0) as provider:
        yield provider


def post(provider, body, key="secret", path="/v1/chat/completions"):
    connection = http.client.HTTPConnection(urlsplit(provider.base_url).netloc, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, data, {"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def completed(provider, **more):
    status, _, body = post(provider, TICKET | more)
    assert status == 200
    return json.loads(body)


def test_a_completion_carries_usage_and_fingerprint(provider):
    made = completed(provider, response_format=SCHEMA)
    assert made["object"] == "chat.completion"
    assert made["system_fingerprint"] == provider.models["assistant-1"].fingerprint
    assert provider.models["assistant-2"].fingerprint != made["system_fingerprint"]
    usage = made["usage"]
    assert usage["prompt_tokens"] == 5
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert set(json.loads(made["choices"][0]["message"]["content"])) == {"label", "urgent"}


def test_temperature_decides_how_much_answers_vary(provider):
    """Of 60 draws at temperature 2, all alike has a chance below 1e-9."""

    def labels(temperature):
        made = [completed(provider, temperature=temperature, response_format=SCHEMA) for _ in range(60)]
        return Counter(json.loads(one["choices"][0]["message"]["content"])["label"] for one in made)

    likeliest = max(provider.models["assistant-1"].chances("Where is my parcel?", 2.0)[1])
    assert likeliest**60 < 1e-9
    assert labels(0) == {"shipping": 60}
    assert len(labels(2)) > 1


def test_a_stream_says_the_same_word_by_word(provider):
    whole = completed(provider, temperature=0)["choices"][0]["message"]["content"]
    more = {"stream": True, "stream_options": {"include_usage": True}, "temperature": 0}
    status, headers, body = post(provider, TICKET | more)
    events = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line]
    chunks = [json.loads(event) for event in events[:-1]]
    assert (status, headers["Content-Type"], events[-1]) == (200, "text/event-stream", "[DONE]")
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1]).strip() == whole
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["prompt_tokens"]) == ([], 5)


@pytest.mark.parametrize(
    ("body", "more", "status", "message"),
    [
        (TICKET, {"key": "wrong"}, 401, "Incorrect API key provided."),
        (TICKET, {"path": "/v1/completions"}, 404, "There is no /v1/completions."),
        (TICKET | {"model": "assistant-9"}, {}, 404, "The model `assistant-9` does not exist."),
        (b"{", {}, 400, "We could not parse the JSON body."),
        ([], {}, 400, "The body must be a JSON object."),
        (TICKET | {"messages": []}, {}, 400, "'messages' must be a list, and not empty."),
        (
            TICKET | {"response_format": {"type": "json_object"}},
            {},
            400,
            "The only schema is of ['label', 'urgent'].",
        ),
    ],
)
def test_an_unanswerable_request_is_refused(provider, body, more, status, message):
    got, _, answer = post(provider, body, **more)
    assert (got, json.loads(answer)["error"]["message"]) == (status, message)


def test_too_many_requests_get_a_time_to_retry(modules):
    with modules["server"].Provider("secret", per_second=0.001, burst=3, fails_every=0) as provider:
        answers = [post(provider, TICKET) for _ in range(5)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429, 429]
    assert answers[-1][1]["Retry-After"] == "1"


def test_it_fails_now_and_then(modules):
    with modules["server"].Provider("secret", per_second=1e6, burst=1e6, fails_every=3) as provider:
        assert [post(provider, TICKET)[0] for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_the_official_client_reads_it_through_limits_and_failures(modules):
    from openai import AsyncOpenAI

    assistant = modules["assistant"]

    async def ask(provider):
        async with AsyncOpenAI(base_url=provider.base_url, api_key="secret", max_retries=4) as client:
            tickets = [
                assistant.read(client, "assistant-2", f"Where is parcel {number}?") for number in range(12)
            ]
            read = await asyncio.gather(*tickets)
            return read, [piece async for piece in assistant.draft(client, "assistant-2", "Where is it?")]

    with modules["server"].Provider("secret", per_second=50, burst=8, fails_every=7) as provider:
        read, drafted = asyncio.run(ask(provider))
    assert all(isinstance(one.choices[0].message.parsed, assistant.Triage) for one in read)
    assert all(one.usage.prompt_tokens > 50 for one in read)
    assert "".join(drafted).startswith("Thank you for writing to us")
