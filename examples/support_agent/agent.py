"""The application under test: an agent that answers customers, and may give them their money back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shop import Shop

if TYPE_CHECKING:
    from openai import AsyncOpenAI

PROMPT = "You answer the customers of a coffee shop. Check the policy before you give money back."
TEMPERATURE = 0.7
MOST_TURNS = 10


def tool(name: str, description: str, *parameters: str) -> dict[str, Any]:
    """A tool as the provider wants it described."""
    schema = {"type": "object", "properties": {one: {"type": "string"} for one in parameters}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


TOOLS = [
    tool("look_up_order", "What is known of an order.", "order"),
    tool("check_policy", "Whether the policy allows a refund.", "order"),
    tool("refund", "Give the money for an order back.", "order"),
    tool("escalate", "Hand an order over to a colleague.", "order", "reason"),
]


async def run(
    client: AsyncOpenAI, model: str, conversation: list[dict[str, str]]
) -> tuple[list[Any], dict[str, Any]]:
    """Answer the last message. Returns all messages and completions, and the changes in the database."""
    shop = Shop()
    messages: list[Any] = [{"role": "system", "content": PROMPT}, *conversation]
    happened = [*messages]
    try:
        for _ in range(MOST_TURNS):
            completion = await client.chat.completions.create(
                model=model, messages=messages, tools=TOOLS, temperature=TEMPERATURE
            )
            message = completion.choices[0].message
            happened.append(completion)
            messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls or ():
                result = shop.call(call.function.name, json.loads(call.function.arguments))
                answer = {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}
                happened.append(answer)
                messages.append(answer)
            if not message.tool_calls:
                break
        return happened, shop.done()
    finally:
        shop.close()
