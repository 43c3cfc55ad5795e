"""An endpoint on this machine that speaks the protocol of OpenAI's chat completions.

It is a real server with a real rate limit, and it fails now and then as real ones do. But it cannot
write text: it fills in one schema, and names the desk of a ticket.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

from models import VERSIONS, TextModel

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = {"label", "urgent"}


class RefusedError(Exception):
    """A request that is not answered: an HTTP status, and why."""

    def __init__(self, status: int, kind: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.body = {"error": {"message": message, "type": kind, "param": None, "code": None}}


class Server(ThreadingHTTPServer):
    """A server at which many callers can wait: the default backlog is 5, and a sixth is refused."""

    request_queue_size = 128


class Provider:
    """A server with the models behind it, for a ``with`` block.

    Args:
        key: The key that every request must carry.
        per_second: The rate of answered requests over time.
        burst: The number of requests that may come at once.
        fails_every: One in this number of requests is answered with 500; 0 for none.
    """

    def __init__(self, key: str, per_second: float = 150, burst: float = 150, fails_every: int = 101) -> None:
        self.key = key
        self.models = {name: TextModel(name) for name in VERSIONS}
        self.requests = count(1)
        self._fails_every = fails_every
        self._per_second, self._burst = per_second, burst
        self._tokens, self._filled = burst, time.monotonic()
        self._lock = threading.Lock()
        provider = self

        class Bound(Handler):
            behind = provider

        self._server = Server(("127.0.0.1", 0), Bound)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def admit(self, path: str, authorization: str | None) -> None:
        """Let a request in, or refuse it."""
        if path != "/v1/chat/completions":
            raise RefusedError(404, "invalid_request_error", f"There is no {path}.")
        if authorization != f"Bearer {self.key}":
            raise RefusedError(401, "invalid_request_error", "Incorrect API key provided.")
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
            self._filled = now
            if self._tokens < 1:
                raise RefusedError(
                    429, "rate_limit_error", "Rate limit reached for requests.", Retry_After="1"
                )
            self._tokens -= 1
            if self._fails_every and next(self.requests) % self._fails_every == 0:
                raise RefusedError(
                    500, "server_error", "The server had an error while processing your request."
                )

    def complete(self, request: dict[str, Any]) -> tuple[TextModel, str, dict[str, int]]:
        """The requested model, its answer, and the number of tokens."""
        name, messages = request.get("model"), request.get("messages")
        if name not in self.models:
            raise RefusedError(404, "invalid_request_error", f"The model `{name}` does not exist.")
        if not isinstance(messages, list) or not messages:
            raise RefusedError(400, "invalid_request_error", "'messages' must be a list, and not empty.")
        model = self.models[name]
        found = model.answer(str(messages[-1].get("content")), float(request.get("temperature", 1)))
        content = _filled_in(request.get("response_format"), found)
        tokens_in = sum(_tokens(str(message.get("content"))) for message in messages)
        tokens_out = _tokens(content)
        usage = {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }
        return model, content, usage


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    behind: Provider
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer a request for a completion."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            self.behind.admit(self.path, self.headers.get("Authorization"))
            request = _read(body)
            model, content, usage = self.behind.complete(request)
        except RefusedError as refusal:
            headers = {name.replace("_", "-"): value for name, value in refusal.headers.items()}
            self._send(refusal.status, json.dumps(refusal.body).encode(), **headers)
            return
        about = {
            "id": f"chatcmpl-{time.monotonic_ns():x}",
            "created": int(time.time()),
            "model": request["model"],
            "system_fingerprint": model.fingerprint,
        }
        if request.get("stream"):
            self._stream(about, content, usage, request)
        else:
            self._send(200, json.dumps(_completion(about, content, usage)).encode())

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(
        self, about: dict[str, Any], content: str, usage: dict[str, int], request: dict[str, Any]
    ) -> None:
        """Server-sent events, a word each."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        wants_usage = (request.get("stream_options") or {}).get("include_usage", False)
        for event in (*_chunks(about, content, usage if wants_usage else None), "[DONE]"):
            line = f"data: {event}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is given
        """Write no log."""


def _completion(about: dict[str, Any], content: str, usage: dict[str, int]) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**about, "object": "chat.completion", "choices": [choice], "usage": usage}


def _chunks(about: dict[str, Any], content: str, usage: dict[str, int] | None) -> Iterator[str]:
    def chunk(delta: dict[str, str], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return json.dumps({**about, "object": "chat.completion.chunk", "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for word in content.split(" "):
        yield chunk({"content": word if word is content else f"{word} "})
    yield chunk({}, "stop")
    if usage is not None:
        yield json.dumps({**about, "object": "chat.completion.chunk", "choices": [], "usage": usage})


def _filled_in(response_format: Any, found: dict[str, Any]) -> str:
    """The answer in the requested form: JSON by the schema, or a sentence."""
    if not isinstance(response_format, dict) or response_format.get("type") in (None, "text"):
        return f"Thank you for writing to us, we have passed this on to {found['label']}."
    schema = response_format.get("json_schema", {}).get("schema", {})
    if response_format.get("type") != "json_schema" or set(schema.get("properties", {})) != FIELDS:
        raise RefusedError(400, "invalid_request_error", f"The only schema is of {sorted(FIELDS)}.")
    return json.dumps(found)


def _read(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except ValueError:
        raise RefusedError(400, "invalid_request_error", "We could not parse the JSON body.") from None
    if not isinstance(request, dict):
        raise RefusedError(400, "invalid_request_error", "The body must be a JSON object.")
    return request


def _tokens(text: str) -> int:
    """An estimate of a language model's count."""
    return -(-len(text.encode()) // 4)
