"""Real clients that keep connections open work from any thread and loop, all in one run."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

CASES = 20
ALL_PASS = {"passed": CASES}


class Server(ThreadingHTTPServer):
    """A server that echoes, at ``/echo?text=...`` or as a chat completion, and counts connections."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request, address):
        self.connections += 1
        super().process_request(request, address)


class Handler(BaseHTTPRequestHandler):
    """A handler that keeps connections open."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet an answer, or the client waits for an acknowledgement

    def do_GET(self):
        (text,) = parse_qs(urlparse(self.path).query)["text"]
        self.answer({"text": text})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": request["messages"][-1]["content"]}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        about = {"id": "1", "object": "chat.completion", "created": 1, "model": request["model"]}
        self.answer({**about, "choices": [choice]})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Log nothing."""


@pytest.fixture
def server():
    pytest.importorskip("openai")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


MODEL = """
import pytest
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

@pytest.fixture
def anyio_backend():
    return "asyncio"

@model_fixture(concurrency=4, deterministic=True)
def echo(model_version):
    url = "{url}"
"""
MODELS = {
    "httpx": """
    client = DefaultAsyncHttpxClient(timeout=60)

    async def ask(text):
        response = await client.get(f"{url}/echo", params={"text": text})
        return response.raise_for_status().json()["text"]

    return ask
""",
    "openai": """
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0, timeout=60)

    async def ask(text):
        messages = [{"role": "user", "content": text}]
        completion = await client.chat.completions.create(model="echo", messages=messages)
        return completion.choices[0].message.content

    return ask
""",
}
HEAD = f"""
import asyncio
import pytest

def cases(name):
    return pytest.mark.golden([f"{{name}} {{number}}" for number in range({CASES})])
"""
TESTS = {
    "sync": """
@cases("sync")
def test_sync(echo, case):
    assert echo(case.input) == case.input
""",
    "application": """
async def application(echo, text):
    return await echo(text)

@cases("application")
def test_application(echo, case):
    assert asyncio.run(application(echo, case.input)) == case.input
""",
    "unowned": """
@cases("unowned")
async def test_unowned(echo, case):
    assert await echo(case.input) == case.input
""",
    **{
        f"asyncio_{scope}": f"""
@pytest.mark.asyncio(loop_scope="{scope}")
@cases("{scope}")
async def test_asyncio_{scope}(echo, case):
    assert await echo(case.input) == case.input
"""
        for scope in ("function", "module", "session")
    },
    "anyio": """
@pytest.mark.anyio
@cases("anyio")
async def test_anyio(echo, case):
    assert await echo(case.input) == case.input
""",
    "sync_again": """
@cases("again")
def test_sync_again(echo, case):
    assert echo(case.input) == case.input
""",
}
OPTIONS = (
    *("-p", "asyncio", "-p", "anyio", "--asyncio-mode=strict", "--model-version=1"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)


def outcomes_and_calls(project):
    """The outcomes of each test's cases and the number of new calls of a run, in a process of its own.

    The client is never closed, as usual; its open connections must not concern the tests after this one.
    """
    result = project.run_apart(*OPTIONS, "--modelcheck-report=report.json", timeout=240)
    assert result.ret in (0, 1), result.stderr.str()
    report = json.loads((project.path / "report.json").read_bytes())
    found, calls = {}, 0
    for check in report["checks"]:
        verdict = check["verdict"]
        name = verdict["check"].partition("::test_")[2]
        found[name] = {outcome: count for outcome, count in verdict["cases"].items() if count}
        calls += verdict["calls"]["new"]
    return found, calls


@pytest.mark.parametrize("order", ["forwards", "backwards"])
@pytest.mark.parametrize("client", MODELS)
def test_one_client_serves_every_kind_of_test_in_one_run(project, server, client, order):
    project.model(MODEL.format(url=server.url) + MODELS[client])
    tests = list(TESTS.values())
    project.test(HEAD + "".join(tests if order == "forwards" else reversed(tests)))
    assert outcomes_and_calls(project) == (dict.fromkeys(TESTS, ALL_PASS), len(tests) * CASES)
    assert server.connections <= 4, "connections are kept and used again"
    assert outcomes_and_calls(project) == (dict.fromkeys(TESTS, ALL_PASS), 0)


@pytest.mark.parametrize("alone", TESTS)
def test_it_works_alone_too(project, server, alone):
    project.model(MODEL.format(url=server.url) + MODELS["httpx"])
    project.test(HEAD + TESTS[alone])
    assert outcomes_and_calls(project) == ({alone: ALL_PASS}, CASES)
