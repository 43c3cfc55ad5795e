"""A provider on this machine: the protocol of OpenAI's chat completions, with tools, around ``models.py``."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from models import DICE, VERSIONS

if TYPE_CHECKING:
    from typing import Self


class Server(ThreadingHTTPServer):
    """A server at which many callers can wait: the default backlog is 5, and a sixth is refused."""

    request_queue_size = 128


class Provider:
    """The endpoint, while it is entered."""

    key = "any"

    def __init__(self) -> None:
        self._server = Server(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
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
        """Answer a request for a completion."""
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        model = VERSIONS.get(request.get("model"))
        if self.path != "/v1/chat/completions" or model is None:
            error = {
                "message": f"The model `{request.get('model')}` does not exist.",
                "type": "invalid_request_error",
            }
            self._send(404, {"error": error})
            return
        message = model.reply(request["messages"], DICE)
        self._send(200, _completion(request, message))

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is given
        """Write no log."""


def _completion(request: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    tokens_in = _tokens(json.dumps(request["messages"]))
    tokens_out = _tokens(json.dumps(message))
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": f"chatcmpl-{time.monotonic_ns():x}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _tokens(text: str) -> int:
    """An estimate of a language model's count."""
    return -(-len(text.encode()) // 4)
