"""Threads that wait for others, and the event loop that runs in this one."""

import asyncio
import socket
import sys
import threading
import time
from concurrent.futures import Future

import pytest

from pytest_modelcheck.calls import threads
from pytest_modelcheck.calls.threads import all_stand_still, loop_runs, running_loop, wanted_locks
from pytest_modelcheck.calls.waiting import ends
from pytest_modelcheck.models.calling import caller_of
from pytest_modelcheck.models.definition import Definition

NEVER = caller_of(Definition(name="echo", location="here", source="here"), str)


async def forever():
    await asyncio.Event().wait()


async def served():
    async with await asyncio.start_server(print, "127.0.0.1", 0):
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("wait", "still"),
    [
        (lambda: Future().result(), True),
        (lambda: ends(Future(), NEVER), True),
        (lambda: asyncio.run(forever()), True),
        (lambda: threading.Event().wait(20), False),
        (lambda: time.sleep(20), False),
        (lambda: asyncio.run(asyncio.sleep(20)), False),
        (lambda: asyncio.run(served()), False),
        (socket.create_server(("127.0.0.1", 0)).accept, False),
    ],
    ids=["future", "call", "loop", "limit", "sleep", "timer", "server", "socket"],
)
def test_threads_stand_still_where_none_can_go_on_by_itself(monkeypatch, wait, still):
    before = set(sys._current_frames())
    monkeypatch.setattr(
        threads,
        "_other_frames",
        lambda: [frame for thread, frame in sys._current_frames().items() if thread not in before],
    )
    assert not all_stand_still()  # there is no other thread
    threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.1)
    give_up = time.monotonic() + 20
    while all_stand_still() is not still:
        assert time.monotonic() < give_up


class Client:
    """Holds its lock itself, or has an inner client that does."""

    def __init__(self, inner=None):
        self.inner = inner
        self.lock = threading.RLock()


@pytest.mark.parametrize("order", [1, -1])
def test_the_locks_of_all_threads_that_run_the_same_code_are_found(order):
    """Also of an object that one thread reaches through others, and another one has at hand."""
    near = Client(Client(Client()))
    far = Client(Client(near))
    gate, there = threading.Lock(), []

    def use(client):
        there.append(client)
        with gate:
            return client.inner.lock

    caller = caller_of(Definition(name="use", location="here", source="here"), use)
    users = [threading.Thread(target=caller.call, args=([one],)) for one in (far, near)[::order]]
    with gate:
        for number, one in enumerate(users, 1):
            one.start()
            wait_until(lambda number=number: len(there) == number)
        time.sleep(0.1)  # until both wait at the gate
        found = wanted_locks(caller)
    for one in users:
        one.join()
    reached = [far, far.inner, near, near.inner, near.inner.inner]
    assert set(map(id, found)) == {id(one.lock) for one in reached}


def wait_until(condition):
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up


def test_a_running_loop_is_recognised():
    async def inside():
        return loop_runs()

    assert not loop_runs()
    assert asyncio.run(inside())


def test_the_running_loop_is_found():
    async def inside():
        return running_loop()

    assert running_loop() is None
    assert asyncio.run(inside()) == "asyncio"
    trio = pytest.importorskip("trio")
    assert trio.run(inside) == "trio"
