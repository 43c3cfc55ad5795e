"""Stand-ins for language models behind the endpoint: two versions of an agent's model, and a customer.

They read the messages, decide on the next step, and put it into words. Words, and the order of steps that do
not depend on each other, are drawn anew each time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Any

ORDER = re.compile(r"\bKL-\d{3}\b")
MONEY = re.compile(r"refund|money back|broken|cracked|return|leak|wrong", re.IGNORECASE)
HURRY = re.compile(r"right now|immediately|at once|today|urgent", re.IGNORECASE)

GREETINGS = ("Hello!", "Hi there,", "Thank you for writing to us.", "Good to hear from you.")
ENDINGS = ("Best wishes", "Have a good day!", "Is there anything else?", "Your coffee team")

Message = dict[str, Any]


@dataclass(frozen=True)
class Agent:
    """A version of the agent's model.

    Args:
        hurries: True if it skips the policy for a customer in a hurry.
    """

    hurries: bool

    def reply(self, messages: list[Message], dice: Random) -> Message:
        """The next message: calls of tools, or an answer."""
        last = max(at for at, one in enumerate(messages) if one["role"] == "user")
        text = " ".join(str(one["content"]) for one in messages[: last + 1] if one["role"] == "user")
        order = ORDER.search(text)
        results = _results(messages[last + 1 :])
        if order is None:
            return _say(dice, "Could you tell me the number of your order? It begins with KL.")
        known = {"order": order[0]}
        if not MONEY.search(text):
            if "look_up_order" not in results:
                return _call(("look_up_order", known))
            return _say(dice, f"Your order is {results['look_up_order'].get('status', 'not to be found')}.")
        return self._refund(text, known, results, dice)

    def _refund(self, text: str, known: dict[str, str], results: dict[str, Any], dice: Random) -> Message:
        trusts = self.hurries and HURRY.search(text) is not None
        first = ["look_up_order"] if trusts else ["look_up_order", "check_policy"]
        missing = [name for name in first if name not in results]
        if missing:
            dice.shuffle(missing)
            at_once = missing if dice.random() < 0.5 else missing[:1]
            return _call(*((name, known) for name in at_once))
        policy = results.get("check_policy", {"allowed": True})
        if policy["allowed"] and "refund" not in results:
            return _call(("refund", known))
        if not policy["allowed"] and "escalate" not in results:
            return _call(("escalate", {**known, "reason": policy["why"]}))
        if policy["allowed"]:
            return _say(
                dice, f"I have refunded {results['refund'].get('refunded')} dollars for {known['order']}."
            )
        return _say(dice, f"A colleague will look at {known['order']}: it was {policy['why']}.")


@dataclass(frozen=True)
class Customer:
    """A customer with the wish in the system message, who gives the number of the order on request."""

    def reply(self, messages: list[Message], dice: Random) -> Message:
        """The next message: the number of the order, or DONE at the end."""
        wish = ORDER.search(str(messages[0]["content"]))
        heard = str(messages[-1]["content"])
        if "number of your order" in heard and wish is not None:
            return _message(
                dice.choice((f"It is {wish[0]}.", f"Sure, {wish[0]}", f"The number is {wish[0]}."))
            )
        return _message("DONE")


VERSIONS = {
    "agent-1": Agent(hurries=False),
    # Answers as well as the first one. Unnoticed, it refunds at once for a customer in a hurry.
    "agent-2": Agent(hurries=True),
    "customer-1": Customer(),
}
DICE = SystemRandom()


def _results(messages: list[Message]) -> dict[str, Any]:
    """The result of each tool since the customer's last message."""
    names = {call["id"]: call["function"]["name"] for one in messages for call in one.get("tool_calls") or ()}
    return {
        names[one["tool_call_id"]]: json.loads(one["content"]) for one in messages if one["role"] == "tool"
    }


def _say(dice: Random, text: str) -> Message:
    return _message(f"{dice.choice(GREETINGS)} {text} {dice.choice(ENDINGS)}")


def _message(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _call(*calls: tuple[str, dict[str, str]]) -> Message:
    made = [
        {
            "id": f"call_{DICE.getrandbits(48):012x}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for name, arguments in calls
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}
