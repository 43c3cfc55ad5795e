"""Locks that are lent to a call, places among the calls of a model, and waiting on event loops."""

import asyncio
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from pytest_modelcheck.calls import waiting
from pytest_modelcheck.calls.waiting import (
    IdleTime,
    Permits,
    ends,
    lending,
    sleep_on,
    until,
)
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.calling import caller_of
from pytest_modelcheck.models.definition import Definition


def caller(function):
    return caller_of(Definition(name="echo", location="here", source="here"), function)


AWAITED = caller(asyncio.sleep)


@contextmanager
def called(made):
    """Make a call in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(made.call, ["x"])


def is_free(lock):
    """Return whether another thread can take a lock."""

    def take():
        taken = lock.acquire(blocking=False)
        if taken:
            lock.release()
        return taken

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(take).result()


class Slotted:
    __slots__ = ("enter", "lock")

    def __init__(self):
        self.lock = threading.RLock()
        self.enter = self.lock.acquire


LOCK = threading.RLock()
DEEP = type("Deep", (), {"client": Slotted()})()
CONDITION = threading.Condition()


def by_name(x):
    with LOCK:
        return [x, LOCK]


def by_attributes(x):
    with DEEP.client.lock:
        return [x, DEEP.client.lock]


def by_method(x):
    DEEP.client.enter()
    DEEP.client.lock.release()
    return [x, DEEP.client.lock]


def of_a_condition(x):
    with CONDITION:
        return [x, CONDITION]


def beside_a_class(x):
    """Its ``strerror`` is a descriptor, which a class has no value of."""
    with LOCK:
        return [x, LOCK, OSError.strerror][:2]


EMPTY = Slotted.__new__(Slotted)


def beside_an_empty_slot(x):
    with LOCK:
        return [x, LOCK] if x else EMPTY.lock


@pytest.mark.parametrize(
    "model", [by_name, by_attributes, by_method, of_a_condition, beside_a_class, beside_an_empty_slot]
)
def test_a_lock_is_lent_to_the_call_that_wants_it_and_taken_back_as_often(model):
    [[_, lock]] = caller(model).call(["x"])
    made = caller(model)
    with lock, lock:
        with called(made) as call:
            assert ends(call, made, 20)
        assert call.result()[0][0] == "x"
        assert not is_free(lock)
    assert is_free(lock)


def test_a_lock_is_not_lent_to_a_call_of_another_model_nor_to_one_that_does_not_name_it():
    blocked, begun, release = threading.RLock(), threading.Event(), threading.Event()

    def waiting(x):
        begun.set()
        release.wait(20)
        return x

    def wanting(x):
        begun.set()
        with blocked:
            return x

    for under_way, waited_for in [(waiting, None), (wanting, waiting)]:
        made = caller(under_way)
        begun.clear()
        with blocked, ThreadPoolExecutor(1) as pool:
            call = pool.submit(made.call, ["x"])
            assert begun.wait(20)
            with lending(caller(waited_for) if waited_for else made) as lend:
                lend()
                assert not is_free(blocked)
            release.set()
            if under_way is waiting:
                assert call.result(20) == ["x"]
            else:
                assert not call.done()
                assert ends(call, made, 20)


def test_a_lock_is_lent_to_a_call_of_another_model_that_the_awaited_one_may_wait_for():
    held, kept, entered = threading.RLock(), threading.RLock(), threading.Event()

    def inner(x):
        with kept:
            entered.set()
            with held:
                return x

    def outer(x):
        with kept:
            return x

    with held, called(inside := caller(inner)) as first:
        assert entered.wait(20)
        with called(made := caller(outer)) as call:
            assert ends(call, made, 20)
            assert ends(first, inside, 20)
        assert not is_free(held)


def test_a_lock_of_a_model_is_not_lent_to_another_call_of_it():
    lock, entered, release = threading.RLock(), threading.Event(), threading.Event()
    at_once = []

    def inner(x):
        return release.wait(20)

    made = caller(inner)

    def outer(x):
        with lock:
            at_once.append(x)
            entered.set()
            with called(made) as call:
                assert ends(call, made, 20)
            assert at_once == [x]
            at_once.clear()
        return x

    model = caller(outer)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(model.call, [x]) for x in "ab"]
        assert entered.wait(20)
        time.sleep(0.3)  # until the first has looked for locks to lend
        release.set()
        assert [call.result(20) for call in calls] == [["a"], ["b"]]


def test_a_lock_of_another_thread_is_left_alone():
    with ThreadPoolExecutor(1) as other, called(made := caller(by_name)) as call:
        call.result()
        assert other.submit(LOCK.acquire).result()
        with called(made) as waiting:
            assert not ends(waiting, made, 0.2)
            other.submit(LOCK.release).result()
            assert waiting.result()[0][0] == "x"


def test_locks_are_taken_back_while_other_calls_want_them_in_another_order():
    one, two = threading.RLock(), threading.RLock()

    def model(x):
        with one:
            time.sleep(0.01)
            with two:
                return x

    made = caller(model)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            with two, one, two:
                calls = [pool.submit(made.call, ["x"]) for _ in range(4)]
                assert ends(calls[0], made, 20)
                assert not is_free(one)
                assert not is_free(two)
            assert [call.result() for call in calls] == [["x"]] * 4


def test_a_lock_that_a_call_never_gives_back_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(waiting, "QUIET", 0.1)
    lock, end = threading.RLock(), threading.Event()

    def keeps(x):
        with lock:
            return end.wait(20)

    lock.acquire()
    with called(made := caller(keeps)) as call:
        with pytest.raises(ModelError, match="echo has kept a lock that the test held"):
            ends(call, made, 0.2)
        end.set()


def test_a_call_that_takes_too_long_is_not_waited_for():
    assert not ends(Future(), caller(str), 0.01)


def by_result(inner):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(inner).result()


def by_a_loop(inner):
    async def awaits():
        return await asyncio.get_running_loop().run_in_executor(None, inner)

    return asyncio.run(awaits())


def by_a_queue(inner):
    answers = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(inner())).start()
    return answers.get()


def by_a_lock(inner):
    answers, ended = [], threading.Lock()
    ended.acquire()
    threading.Thread(target=lambda: (answers.append(inner()), ended.release())).start()
    with ended:
        return answers[0]


@pytest.mark.parametrize("by", [by_result, by_a_loop, by_a_queue, by_a_lock])
def test_a_call_is_let_through_where_all_that_have_a_place_wait_for_other_threads(monkeypatch, by):
    monkeypatch.setattr(waiting, "QUIET", 0.1)
    permits = Permits(1, int)

    def outer(x):
        with permits.take(made):
            return by(lambda: inner(x))

    def inner(x):
        with permits.take(made):
            return x + "!"

    made = caller(outer)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(made.call, ["x"]).result(20) == ["x!"]
    with permits.take(made):  # it is free again
        pass


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_call_on_a_loop_is_let_through_where_a_thread_waits_for_one(monkeypatch, loop):
    trio = pytest.importorskip("trio")
    monkeypatch.setattr(waiting, "QUIET", 0.1)
    through, end = threading.Event(), threading.Event()

    def waiter():
        with permits.waits() as outside:
            assert outside
            end.wait(20)

    async def second():
        async with permits.take_on(AWAITED, loop):
            through.set()

    async def limited(seconds):
        """Take the only place, and ask for one more."""
        async with permits.take_on(AWAITED, loop):
            if loop == "trio":
                with trio.move_on_after(seconds):
                    await second()
            else:
                await asyncio.wait([task := asyncio.create_task(second())], timeout=seconds)
                task.cancel()
        return through.is_set()

    run = trio.run if loop == "trio" else lambda function, *given: asyncio.run(function(*given))
    permits = Permits(1, int)
    with permits.waits() as outside:  # of a body in the main thread
        assert not outside
        assert not run(limited, 0.5)
    permits = Permits(1, int)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(waiter)
        assert run(limited, 20)
        end.set()


def test_a_call_waits_for_one_that_is_at_work():
    permits, busy, entered = Permits(1, int), threading.Event(), []

    def working(x):
        with permits.take(made):
            busy.set()
            time.sleep(x)
            return bool(entered)

    def second():
        with permits.take(made):
            entered.append(True)

    made = caller(working)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(made.call, [0.3])
        assert busy.wait(20)
        pool.submit(second).result()
        assert first.result() == [False]


def test_a_call_waits_while_others_end(monkeypatch):
    """A client may wait for a thread of its own, as that of gRPC does."""
    monkeypatch.setattr(waiting, "QUIET", 0.3)
    ended, inside, most = [], [], []
    permits = Permits(1, lambda: len(ended))

    def model(x):
        with permits.take(made):
            inside.append(x)
            most.append(len(inside))
            threading.Event().wait(0.05)
            inside.remove(x)
            ended.append(x)
            return x

    made = caller(model)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda x: made.call([x]), range(12)))
    assert max(most) == 1


def test_calls_of_a_slow_model_are_let_through_one_by_one(monkeypatch):
    """They were all let through when no call had ended for a minute, and a second was enough from then on."""
    monkeypatch.setattr(waiting, "QUIET", 0.2)
    permits, inside, most = Permits(1, lambda: 10 - len(left)), 0, 0
    left = list(range(10))

    async def slow():
        nonlocal inside, most
        async with permits.take_on(AWAITED, "asyncio"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.5)
            inside -= 1
            left.pop()

    async def all_at_once():
        with permits.waits() as outside:
            assert outside
            await asyncio.gather(*(slow() for _ in range(10)))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, all_at_once()).result()
    assert 1 < most < 6
    assert permits.patience == 0.2


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_waiting_ends_with_the_call_or_after_so_many_seconds(loop):
    trio = pytest.importorskip("trio")

    def run(*arguments):
        if loop == "trio":
            return trio.run(until_of, *arguments)
        return asyncio.run(until_of(*arguments))

    async def until_of(call, seconds=None):
        await until(call, loop, seconds)
        return call.done()

    ended, ends_later = Future(), Future()
    ended.set_result("whatever")
    threading.Timer(0.05, ends_later.set_result, ["whatever"]).start()
    assert run(ended)
    assert run(ends_later)  # not before
    assert not run(Future(), 0.01)


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_sleep_lets_others_run(loop):
    trio = pytest.importorskip("trio")
    order = []

    async def sleeper():
        order.append("asleep")
        await sleep_on(0, loop)
        order.append("awake")

    async def both_asyncio():
        await asyncio.gather(sleeper(), sleeper())

    async def both_trio():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleeper)
            nursery.start_soon(sleeper)

    trio.run(both_trio) if loop == "trio" else asyncio.run(both_asyncio())
    assert order == ["asleep", "asleep", "awake", "awake"]


def test_a_waiter_may_be_cancelled_and_the_call_goes_on():
    call = Future()

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until(call, "asyncio"), 0.01)

    asyncio.run(main())
    assert not call.cancelled()
    call.set_result(None)  # though the loop that waited for it is closed


@pytest.mark.parametrize(("hasty", "seconds"), [(True, 1.0), (False, 60.0)])
def test_after_calls_have_waited_for_each_other_only_a_hasty_lull_is_shorter(hasty, seconds):
    permits = Permits(1, lambda: 0)
    permits.hasten()
    idle = IdleTime(permits, hasty=hasty)
    assert not idle.lasts(10 * seconds - 1, stuck=True, times=10)
    assert idle.lasts(1, stuck=True, times=10)
