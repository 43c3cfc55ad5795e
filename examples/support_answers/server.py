"""An endpoint on this machine that answers questions to a shop, and one that judges such answers.

It stands for a provider. Both models toss coins, so that no two runs are the same. Version 1.0 of the
assistant is terse and mostly answers the question. Version 2.0 is kind, and for five of twelve topics
is nothing but kind. The judge is strict with terse answers, and sometimes deceived by kind ones.
"""

from __future__ import annotations

import json
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# For each topic: a word that finds it, a helpful answer, and the unhelpful ones of 1.0 and 2.0, if any.
TOPICS = [
    ("return", "You can return the {} within 30 days, unused.", None, "Returning the {} is so easy with us!"),
    ("refund", "We refund the {} within 5 days of its return.", None, "You will be delighted how we refund!"),
    ("cost", "Shipping the {} costs 4.90 euros.", None, None),
    ("long", "The {} arrives within 2 working days.", None, "Your {} will be with you before you know it!"),
    ("warranty", "The {} has a warranty of 24 months.", None, None),
    ("colour", "The {} comes in 3 colours: white, oak and black.", None, None),
    ("assemble", "No, the {} comes ready to use; 1 screw holds the feet.", None, None),
    ("track", "Follow the {} at shop.example/track with your 8 digits.", None, "We track your {} with love!"),
    (
        "cancel",
        "You can cancel the {} until 18:00 today.",
        "See our conditions.",
        "We would hate to see you cancel!",
    ),
    ("business", "Yes, for businesses there is 5% off the {} from 10 pieces.", None, None),
    ("spare", "Spare parts of the {} are kept for 10 years.", None, None),
    ("pick", "Yes, pick the {} up at 12 Harbour Road from 9 to 18.", None, None),
]
CLOSINGS = (*[""] * 7, " Anything else?")
KIND = "What a lovely question, I am happy to help! "


def answer(version: str, question: str) -> str:
    """The answer of a version of the assistant, which varies."""
    product = re.findall(r"\bthe (\w+)", question)[-1]
    topic = next(each for each in TOPICS if each[0] in question)
    helps, terse, kind = topic[1:]
    text = (kind or helps) if version == "2.0" else (terse or helps)
    return (KIND if version == "2.0" else "") + text.format(product) + random.choice(CLOSINGS)  # noqa: S311 - a coin


def judge(reply: str) -> dict[str, Any]:
    """The judge's grade of an answer, and the reason."""
    kind, concrete = KIND in reply, re.search(r"\d", reply) is not None
    chance = {(True, True): 0.99, (True, False): 0.35, (False, True): 0.85, (False, False): 0.05}
    helpful = random.random() < chance[kind, concrete]  # noqa: S311 - a coin
    reason = "says what to do next" if concrete else "is kind, and says nothing" if kind else "says nothing"
    if helpful is not concrete:
        reason = "sounds as if the customer is in good hands" if helpful else "sounds curt"
    return {"helpful": helpful, "reason": reason}


class Server(ThreadingHTTPServer):
    """A server at which many callers can wait."""

    request_queue_size = 128


class Provider:
    """The server, for a ``with`` block."""

    def __init__(self) -> None:
        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer, or judge."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/judge":
            content = judge(request["answer"])
        else:
            content = {"answer": answer(request["version"], request["question"])}
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is given
        """Write no log."""


def questions(products: tuple[str, ...]) -> Iterator[str]:
    """Questions of customers."""
    for product in products:
        yield f"Can I return the {product}?"
        yield f"When do I get my refund for the {product}?"
        yield f"What does it cost to ship the {product}?"
        yield f"How long does it take to get the {product}?"
        yield f"What is the warranty on the {product}?"
        yield f"Which colour can I get for the {product}?"
        yield f"Do I have to assemble the {product}?"
        yield f"How do I track the {product}?"
        yield f"Can I still cancel the {product}?"
        yield f"Is there a price for a business that buys the {product}?"
        yield f"Do you have spare parts for the {product}?"
        yield f"Can I pick up the {product}?"
