"""The application: reads a ticket with a language model, and drafts an answer to it.

It knows nothing of tests. Any endpoint that speaks the protocol of OpenAI's chat completions will do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai import AsyncOpenAI
    from openai.types.chat import ParsedChatCompletion

PROMPT = Path(__file__).with_name("prompt.txt").read_text(encoding="utf-8")
TEMPERATURE = 0.3


class Triage(BaseModel):
    """The answer of the model, and its schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Literal["account", "billing", "other", "refund", "shipping", "technical"]
    urgent: bool


async def read(client: AsyncOpenAI, model: str, ticket: str) -> ParsedChatCompletion[Triage]:
    """Read a ticket; return a completion whose message is parsed."""
    return await client.chat.completions.parse(
        model=model,
        messages=[{"role": "system", "content": PROMPT}, {"role": "user", "content": ticket}],
        response_format=Triage,
        temperature=TEMPERATURE,
    )


async def draft(client: AsyncOpenAI, model: str, ticket: str) -> AsyncIterator[str]:
    """A first answer to the customer, piece by piece as the model writes it."""
    stream = await client.chat.completions.create(
        model=model,
        messages=[
            {"role": "system", "content": "Answer this customer in one sentence."},
            {"role": "user", "content": ticket},
        ],
        temperature=0,
        stream=True,
    )
    async for event in stream:
        for choice in event.choices:
            yield choice.delta.content or ""
