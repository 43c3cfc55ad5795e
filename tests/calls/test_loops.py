import asyncio
from concurrent.futures import Future

import pytest

from pytest_modelcheck.calls.loops import loop_runs, running_loop, sleep_on, until


def test_whether_a_loop_runs():
    async def inside():
        return loop_runs()

    assert not loop_runs()
    assert asyncio.run(inside())


def test_which_loop_runs():
    async def inside():
        return running_loop()

    assert running_loop() is None
    assert asyncio.run(inside()) == "asyncio"
    trio = pytest.importorskip("trio")
    assert trio.run(inside) == "trio"


def test_waiting_ends_with_the_call_or_after_so_many_seconds():
    ended = Future()
    ended.set_result("whatever")
    asyncio.run(until(ended, "asyncio"))
    asyncio.run(until(Future(), "asyncio", 0.01))
    trio = pytest.importorskip("trio")
    trio.run(until, ended, "trio")
    trio.run(until, Future(), "trio", 0.01)
    trio.run(sleep_on, 0, "trio")


def test_whoever_waits_may_be_cancelled_and_the_call_goes_on():
    call = Future()

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until(call, "asyncio"), 0.01)

    asyncio.run(main())
    assert not call.cancelled()
    call.set_result(None)  # though the loop that waited for it is closed
