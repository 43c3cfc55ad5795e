"""A real endpoint on this machine that misbehaves on demand, and a project whose model is behind it."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ASK = """
    def ask(text):
        request = urllib.request.Request("{url}", json.dumps({{"text": text}}).encode())
        try:
            with urllib.request.urlopen(request) as response:
                return json.loads(response.read())["label"]
        except HTTPError as error:
            error.close()
            raise
"""

MODEL = f"""
import json
import urllib.request
from urllib.error import HTTPError
from pytest_modelcheck import Answer, model_fixture

{{setup}}

@model_fixture({{options}})
def triage(model_version):{ASK}
    return ask
"""


ASYNC = f"""
import asyncio
import json
import urllib.request
from urllib.error import HTTPError
from pytest_modelcheck import model_fixture

@model_fixture({{options}})
def triage(model_version):{ASK}
    async def ask_in_thread(text):
        return await asyncio.to_thread(ask, text)

    return ask_in_thread
"""


class Endpoint:
    """An endpoint that answers ``{"label": ...}``: the text in capitals.

    Attributes:
        calls: All requests in order, as pairs of seconds and text.
        answered: The number of right answers to each text.
        behave: Called with the handler, the text and the number of earlier requests; returns True if it has
            answered itself.
    """

    def __init__(self):
        self.calls = []
        self.answered = Counter()
        self.under_way = self.most_under_way = 0
        self.behave = lambda handler, text, before: False
        self.over = threading.Event()
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint._serve(self, json.loads(body)["text"])

            def log_message(self, *arguments):
                """Log nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, address):
                """Ignore clients that have gone, as these tests want."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def texts(self):
        return [text for _, text in self.calls]

    def _serve(self, handler, text):
        with self._lock:
            before = self.texts.count(text)
            self.calls.append((time.monotonic(), text))
            self.under_way += 1
            self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            if not self.behave(handler, text, before):
                self.answer(handler, text)
        finally:
            with self._lock:
                self.under_way -= 1

    def answer(self, handler, text):
        self.answered[text] += 1
        self.send(handler, 200, json.dumps({"label": text.upper()}).encode())

    @staticmethod
    def send(handler, status, body=b"{}", **headers):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    def close(self):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.close()


class Remote:
    """A project whose model is behind an endpoint."""

    def __init__(self, project, endpoint):
        self.project = project
        self.endpoint = endpoint

    def model(self, options="", setup="", template=MODEL):
        source = template.format(options=options, url=self.endpoint.url, setup=setup)
        self.project.write("conftest.py", source)

    def async_model(self, options=""):
        self.model(options, template=ASYNC)

    def cases(self, number, *, marker="golden", **limits):
        given = "".join(f", {name}={value!r}" for name, value in limits.items())
        self.project.test(f"""
            CASES = [(f"text {{number}}", f"TEXT {{number}}") for number in range({number})]

            @pytest.mark.{marker}(CASES{given})
            def test_labels(triage, case):
                assert triage(case.input) == case.expected
        """)

    def run(self, *arguments):
        start = time.monotonic()
        result = self.project.run("--model-version=1", *arguments)
        self.seconds = time.monotonic() - start
        return result

    def verdict(self, *arguments):
        self.result = self.run(*arguments)
        return self.project.verdict(self.result)


@pytest.fixture
def remote(project, endpoint):
    remote = Remote(project, endpoint)
    remote.model()
    return remote
