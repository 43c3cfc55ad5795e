import asyncio
import contextvars
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from pytest_modelcheck.calls.executors import (
    LateError,
    LoopThread,
    ThreadPool,
    UserExecutor,
    WorkerDiedError,
    executor_of,
)
from pytest_modelcheck.calls.waiting import Permits
from pytest_modelcheck.errors import UsageError


def test_as_many_jobs_at_once_as_there_may_be_threads():
    threads = ThreadPool(3, "test-threads")
    barrier = threading.Barrier(3)
    futures = [threads.submit(barrier.wait, 5) for _ in range(3)]
    assert sorted(future.result(5) for future in futures) == [0, 1, 2]
    threads.close()


def test_threads_are_daemons_and_no_more_than_needed():
    threads = ThreadPool(8, "test-frugal")
    for _ in range(20):
        threads.submit(int).result(5)
        time.sleep(0.002)
    running = [thread for thread in threading.enumerate() if thread.name.startswith("test-frugal")]
    assert all(thread.daemon for thread in running)
    assert len(running) <= 3
    threads.close()


def test_closing_drops_what_has_not_begun_and_ends_the_threads():
    threads = ThreadPool(1, "test-closing")
    begun, release = threading.Event(), threading.Event()
    first, second = threads.submit(lambda: begun.set() or release.wait(5)), threads.submit(int)
    assert begun.wait(5)
    threads.close()
    assert second.cancelled()
    release.set()
    assert first.result(5)
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("test-closing") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_if_no_thread_can_be_started_fewer_do_the_jobs_and_finally_the_caller(monkeypatch):
    """A container may allow a few threads only."""
    here, real = threading.get_ident(), threading.Thread.start

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    threads = ThreadPool(3, "test-refused")
    assert [threads.submit(threading.get_ident).result(5) for _ in range(3)] == [here] * 3
    monkeypatch.setattr(threading.Thread, "start", real)
    release = threading.Event()
    first = threads.submit(release.wait, 5)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    second = threads.submit(threading.get_ident)
    release.set()
    assert first.result(5)
    assert second.result(5) != here
    threads.close()


def test_if_all_threads_wait_one_more_does_the_job():
    threads, end = ThreadPool(1, "test-more"), threading.Event()
    first, second = threads.submit(end.wait, 20), threads.submit(end.set)
    assert not first.done()
    threads.grow()
    second.result(5)
    assert first.result(5)
    threads.close()


def test_an_exception_of_a_job_reaches_its_waiter():
    threads = ThreadPool(1, "test-raising")
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5)
    threads.close()


# -- the event loop of the session -------------------------------------------------------------------------


@pytest.fixture
def loop():
    loop = LoopThread()
    yield loop
    loop.close()


async def raising(error):
    raise error


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, ValueError])
def test_the_loop_outlives_any_exception_of_a_model(loop, end):
    context = contextvars.copy_context()
    with pytest.raises(end):
        loop.start(raising(end()), context).result(5)
    assert loop.start(asyncio.sleep(0, "alive"), context).result(5) == "alive"


def test_the_loop_survives_a_task_of_the_models_own_that_ends_everything(loop):
    async def model():
        task = asyncio.ensure_future(raising(SystemExit()))
        await asyncio.wait([task])
        return type(task.exception())

    assert loop.start(model(), contextvars.copy_context()).result(5) is SystemExit


VARIABLE = contextvars.ContextVar("test_variable", default="nothing")


def test_a_function_in_threads_of_the_loop_has_the_context_of_its_caller(loop):
    async def values():
        VARIABLE.set("something")
        running = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            return [await running.run_in_executor(executor, VARIABLE.get) for executor in (None, pool)]

    assert loop.start(values(), contextvars.copy_context()).result(5) == ["something"] * 2


def test_a_loop_that_waits_for_a_thread_stands_still(loop):
    async def waits():
        assert end.wait(20)

    end = threading.Event()
    assert not loop.waits_for_a_thread()
    call = loop.start(waits(), contextvars.copy_context())
    give_up = time.monotonic() + 20
    while not loop.waits_for_a_thread():
        assert time.monotonic() < give_up
    end.set()
    call.result(20)


def test_closing_the_loop_ends_what_is_under_way():
    loop = LoopThread()
    future = loop.start(asyncio.sleep(60), contextvars.copy_context())
    loop.close()
    with pytest.raises(asyncio.CancelledError):
        future.result(5)
    assert not loop.runs_here()


# -- executors ----------------------------------------------------------------------------------------------


class Pool(Executor):
    """A pool whose workers die of some inputs, and with them every other call that is under way."""

    made = 0

    def __init__(self, deadly, beside=()):
        type(self).made += 1
        self.number = type(self).made
        self._deadly, self._beside = deadly, beside
        self.shut = False

    def submit(self, function, inputs):
        future = Future()
        if self.shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if any(x in self._deadly for x in inputs) or any(self.number in self._beside for _ in inputs):
            future.set_exception(BrokenExecutor("a process was terminated abruptly"))
        else:
            future.set_result(function(inputs))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.shut = True


PLACES = Permits(1, int)
CALLER = SimpleNamespace(call=lambda inputs, run=None: [x.upper() for x in inputs])


def test_an_input_that_kills_its_worker_is_to_blame_itself():
    pools = []
    executor = UserExecutor(lambda: pools.append(Pool({"deadly"})) or pools[-1], "triage 1", PLACES)
    with pytest.raises(WorkerDiedError, match="triage 1: a worker of its executor died"):
        executor.call(CALLER, ["deadly"], None)
    assert len(pools) == 3
    assert all(pool.shut for pool in pools)
    assert executor.call(CALLER, ["good"], None) == ["GOOD"]
    executor.close()


def test_an_input_beside_one_that_kills_is_called_alone_in_the_end():
    first = Pool.made + 1
    executor = UserExecutor(lambda: Pool(set(), beside={first, first + 1}), "triage 1", PLACES)
    assert executor.call(CALLER, ["good"], None) == ["GOOD"]
    assert Pool.made == first + 2


def test_a_pool_of_the_users_own_is_not_renewed():
    pool = Pool({"deadly"})
    made = Pool.made
    with pytest.raises(WorkerDiedError):
        UserExecutor(pool, "triage 1", PLACES).call(CALLER, ["deadly"], None)
    assert Pool.made == made


def test_a_call_in_a_pool_of_threads_has_the_context_of_its_caller():
    tenant = contextvars.ContextVar("tenant", default="nobody")
    context = contextvars.copy_context()
    context.run(tenant.set, "acme")
    caller = SimpleNamespace(call=lambda inputs, run=None: [tenant.get() for _ in inputs])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result(5)  # a thread that starts later may inherit the context
        assert context.run(UserExecutor(pool, "triage 1", PLACES).call, caller, ["a"], 5) == ["acme"]


def test_a_call_that_is_late_elsewhere_is_left_behind():
    release = threading.Event()
    caller = SimpleNamespace(call=lambda inputs, run=None: release.wait(5))
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(LateError):
            UserExecutor(pool, "triage 1", PLACES).call(caller, ["a"], 0.01)
        release.set()


@pytest.mark.parametrize("ends", [True, False])
def test_closing_waits_for_no_call_that_hangs(ends):
    class Watched(ThreadPoolExecutor):
        def shutdown(self, wait=True, *, cancel_futures=False):
            waited.append(wait)
            super().shutdown(wait=wait, cancel_futures=cancel_futures)

    waited, begun, release = [], threading.Event(), threading.Event()
    caller = SimpleNamespace(awaited=False, call=lambda inputs, run=None: begun.set() or release.wait(20))
    executor = UserExecutor(lambda: Watched(1), "triage 1", PLACES)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(executor.call, caller, ["a"], None)  # interrupted at its end, or not
        assert begun.wait(20)
        time.sleep(0.1)  # until its caller waits for it
        if ends:
            release.set()
            call.result(20)
        executor.close()
        assert waited == [ends]
        release.set()


def test_other_objects_are_no_executors():
    with pytest.raises(UsageError, match="made a int, which is not an executor"):
        executor_of(int, "triage 1")
