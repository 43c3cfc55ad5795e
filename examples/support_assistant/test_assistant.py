"""Ordinary tests of the application, against the same endpoint."""

import asyncio

import pytest
from assistant import Triage, draft, read
from openai import AsyncOpenAI, NotFoundError


def with_client(endpoint, use):
    """Call ``use`` with a client of the endpoint."""

    async def run():
        async with AsyncOpenAI(**endpoint, max_retries=5) as client:
            return await use(client)

    return asyncio.run(run())


def test_a_ticket_is_read(triage):
    answer = triage("Please refund order KL-22410, I sent the grinder back.")
    assert isinstance(answer, Triage)


def test_a_draft_comes_piece_by_piece(endpoint, model_version):
    async def pieces(client):
        return [piece async for piece in draft(client, model_version, "Where is my parcel?")]

    written = with_client(endpoint, pieces)
    assert len(written) > 5
    assert "".join(written).startswith("Thank you for writing to us")


def test_a_model_that_is_not_there_is_an_error(endpoint):
    with pytest.raises(NotFoundError, match="assistant-9"):
        with_client(endpoint, lambda client: read(client, "assistant-9", "Hello"))
