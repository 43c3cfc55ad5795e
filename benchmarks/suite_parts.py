"""The parts common to all random suites, and those from which others are drawn."""

from __future__ import annotations

HEAD = '''"""Suite {seed}, generated. Alone, it prints the outcomes of its cases by a naive loop."""

import asyncio
import contextlib
import contextvars
import copy
import functools
import inspect
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest

from pytest_modelcheck import Case, judge_fixture, model_fixture

SUITE = {seed}
TENANT = contextvars.ContextVar("TENANT", default="nobody")
LOCK = threading.Lock()
AGAIN = threading.RLock()
seen, memo, counter = [], {{}}, Counter()
ANSWERED = []


def crc(*values):
    return zlib.crc32(repr(values).encode())


def answered(model, *question):
    """Note that a question was answered: in the file that ``CALLS`` names, or for the naive loop."""
    line = f"{{SUITE}} {{model}} {{question!r}}"
    ANSWERED.append(line)
    if "CALLS" in os.environ:
        with open(os.environ["CALLS"], "a") as log:
            log.write(line + "\\n")


class Busy(ConnectionError):
    """An error that goes away, and says at once."""

    def __init__(self):
        super().__init__("busy")
        self.response = SimpleNamespace(status_code=503, headers={{"retry-after-ms": "1"}})


class Final(BaseException):
    """An end that no ``except Exception`` catches."""


class Reply:
    """An answer that nothing can store."""

    def __init__(self, text):
        self.text, self.tags = text, []

    def __repr__(self):
        return f"Reply({{self.text!r}}, {{self.tags!r}})"


def in_thread(function):
    """Call a function in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


async def application(model, *args, **kwargs):
    """Call a model as application code does on a loop of its own, and await it if it can be."""
    await asyncio.sleep(0)
    answer = model(*args, **kwargs)
    return await answer if inspect.isawaitable(answer) else answer


async def in_order(*calls):
    """Calls at once; of several that break, the first one is raised."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def in_group(*calls):
    """Calls at once, as tasks of a group: where one breaks, a group of errors is raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]


async def in_anyio(*calls):
    """The same with a group of anyio."""
    answers = {{}}

    async def put(place, call):
        answers[place] = await call

    async with anyio.create_task_group() as group:
        for place, call in enumerate(calls):
            group.start_soon(put, place, call)
    return [answers[place] for place in range(len(calls))]


async def cancelled(call):
    """Begin a call, and give it up."""
    task = asyncio.ensure_future(call)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


@contextlib.contextmanager
def tenant(name):
    """Set the context variable for a while."""
    token = TENANT.set(name)
    try:
        yield
    finally:
        TENANT.reset(token)


def held(lock):
    """A generator that is suspended while it holds a lock."""
    with lock:
        yield


def table():
    """An empty table of its own."""
    made = sqlite3.connect(":memory:", check_same_thread=False)
    made.execute("create table seen (word text)")
    return made


def counted(rows):
    """How many rows there are, as a word."""
    return str(rows.execute("select count(*) from seen").fetchone()[0])


def reset():
    """Each test begins anew."""
    for state in (seen, memo, counter):
        state.clear()
    if LOCK.locked():
        LOCK.release()


@pytest.fixture(autouse=True)
def anew():
    reset()


@pytest.fixture
def rows():
    """A table that the bodies of a test share."""
    return table()

'''

TAIL = '''

# -- the naive loop --------------------------------------------------------------------------------

BODIES = {bodies}
MAKERS = {makers}
DECLARED = {declared}
AWAITS = {awaits}
BODY_CALLS = []


def naive_model(name, made, counts=True):
    """A model that is just called: with copies of its arguments, and again where that is declared."""
    declared = DECLARED[name]
    ask = MAKERS[name](*(made[f"inner {{inner}}"] for inner in declared["needs"]))

    def once(args, kwargs):
        args, kwargs = copy.deepcopy((args, kwargs))
        if declared["batch"]:
            return ask([args[0] if len(args) == 1 and not kwargs else kwargs])
        return ask(*args, **kwargs)

    async def awaited(*args, **kwargs):
        BODY_CALLS[-1].append(name if counts else "inner")
        for attempt in range(declared["retries"] + 1):
            try:
                answer = once(args, kwargs)
                answer = await answer if inspect.isawaitable(answer) else answer
                return answer[0] if declared["batch"] else answer
            except Busy:
                if attempt == declared["retries"]:
                    raise

    def plain(*args, **kwargs):
        BODY_CALLS[-1].append(name if counts else "inner")
        for attempt in range(declared["retries"] + 1):
            try:
                answer = once(args, kwargs)
                return answer[0] if declared["batch"] else answer
            except Busy:
                if attempt == declared["retries"]:
                    raise

    def called(*args, **kwargs):
        if not declared["awaited"]:
            return plain(*args, **kwargs)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(awaited(*args, **kwargs))
        return awaited(*args, **kwargs)

    return awaited if AWAITS and counts else called


def outcome_of(error):
    if isinstance(error, BaseExceptionGroup):
        inside = {{outcome_of(each) for each in error.exceptions}}
        return inside.pop() if len(inside) == 1 else "error"
    if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
        raise error
    if isinstance(error, pytest.xfail.Exception):
        return "xfailed"
    if isinstance(error, pytest.skip.Exception):
        return "skipped"
    return "failed" if isinstance(error, (AssertionError, pytest.fail.Exception)) else "error"


def judged(outcome):
    """A body that never calls the judged model says nothing about it."""
    return outcome if "m0" in BODY_CALLS[-1] or outcome not in ("passed", "failed") else "error"


def views():
    """The trials as the body sees them."""
    for case in CASES:
        for change in {under}:
            for _ in range({repeats}):
                BODY_CALLS.append([])
                # A body has its own copy of mutable values.
                names = "input", "expected", "metadata"
                given = SimpleNamespace(**copy.deepcopy({{name: getattr(case, name) for name in names}}))
                given.id = case.id
                given.perturbed = change and change(given.input)
                yield given


def trials(body, arguments):
    for case in views():
        try:
            body(case=case, **arguments)
        except BaseException as error:
            yield case, judged(outcome_of(error))
        else:
            yield case, judged("passed")


async def awaited_trials(body, arguments):
    ended = []
    for case in views():
        try:
            await body(case=case, **arguments)
        except BaseException as error:
            ended.append((case, judged(outcome_of(error))))
        else:
            ended.append((case, judged("passed")))
    return ended


def naive():
    """How each trial comes out in a plain loop, and which calls that takes."""
    made = {{}}
    for name in MAKERS:
        made[name] = naive_model(name, made)
        made[f"inner {{name}}"] = naive_model(name, made, counts=False)
    outcomes = {{}}
    for body in BODIES:
        reset()
        patch = pytest.MonkeyPatch()
        made |= {{"monkeypatch": patch, "tmp_path": Path(tempfile.mkdtemp()), "rows": table()}}
        arguments = {{name: made[name] for name in inspect.signature(body).parameters if name in made}}
        ended = awaited_trials(body, arguments) if AWAITS else trials(body, arguments)
        for case, outcome in asyncio.run(ended) if AWAITS else ended:
            outcomes.setdefault(f"{{body.__name__}} {{case.id}}", []).append(outcome)
        patch.undo()
    return {{
        "outcomes": outcomes,
        "answered": ANSWERED,
        "in_place": {in_place},
        "unstored": {unstored},
        "unclaimed": {unclaimed},
        "calls": max(map(len, BODY_CALLS)),
        "calls_again": {calls_again},
        "cancels": {cancels},
        "repeats": {repeats},
    }}


if __name__ == "__main__":
    results = naive()
    print(json.dumps(results) if "--json" in sys.argv else Counter(sum(results["outcomes"].values(), [])))
'''

INPUTS = {
    "text": 'f"q{n % DISTINCT} w{n % 3}"',
    "mapping": '{"text": f"q{n % DISTINCT}", "lang": "en" if n % 2 else "de", "words": ["a"] * (n % 3)}',
    "list": '[f"q{n % DISTINCT}", n % 2]',
    "number": "n % DISTINCT",
}
ANSWERS = {
    "text": 'f"{NAME}-{crc(NAME, *key) % 7}"',
    "mapping": '{"label": f"l{crc(NAME, *key) % 5}", "size": crc(NAME, *key) % 9}',
    "list": '[f"l{crc(NAME, *key) % 5}", crc(NAME, *key) % 9]',
    "number": "crc(NAME, *key) % 11",
    "object": 'Reply(f"{NAME}-{crc(NAME, *key) % 7}")',
    "verdict": "crc(NAME, *key) % 3 > 0",
}
ENDS = (
    "ValueError('bad')",
    "KeyError('bad')",
    "StopIteration",
    "GeneratorExit",
    "asyncio.CancelledError",
    "Final('over')",
    "SystemExit(3)",
    "ExceptionGroup('two', [ValueError(1), KeyError(2)])",
    "pytest.skip.Exception('not here')",
    "pytest.xfail.Exception('known')",
    "pytest.fail.Exception('no')",
    "AssertionError('mine')",
)
