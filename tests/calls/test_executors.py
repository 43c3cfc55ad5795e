import threading
import time

import pytest

from pytest_modelcheck.calls.executors import Expendable, LateError, Threads


def test_as_many_jobs_at_once_as_there_may_be_threads():
    threads = Threads(3, "test-threads")
    barrier = threading.Barrier(3)
    futures = [threads.submit(barrier.wait, 5) for _ in range(3)]
    assert sorted(future.result(5) for future in futures) == [0, 1, 2]
    threads.close()


def test_threads_are_daemons_and_no_more_than_needed():
    threads = Threads(8, "test-frugal")
    for _ in range(20):
        threads.submit(int).result(5)
        time.sleep(0.002)
    running = [thread for thread in threading.enumerate() if thread.name.startswith("test-frugal")]
    assert all(thread.daemon for thread in running)
    assert len(running) <= 3
    threads.close()


def test_closing_drops_what_has_not_begun_and_ends_the_threads():
    threads = Threads(1, "test-closing")
    release = threading.Event()
    first, second = threads.submit(release.wait, 5), threads.submit(int)
    threads.close()
    assert second.cancelled()
    release.set()
    assert first.result(5)
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("test-closing") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_job_raises_belongs_to_who_waits():
    threads = Threads(1, "test-raising")
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5)
    threads.close()


def test_a_call_that_is_late_is_left_behind_and_the_next_is_made_elsewhere():
    expendable = Expendable("test-late")
    release = threading.Event()
    with pytest.raises(LateError):
        expendable.within(0.05, release.wait, 10)
    assert expendable.within(5, lambda: "next") == "next"
    release.set()
    expendable.close()


def test_a_timeout_of_the_calls_own_is_no_lateness():
    def raises():
        raise TimeoutError("its own")

    expendable = Expendable("test-own")
    with pytest.raises(TimeoutError, match="its own"):
        expendable.within(5, raises)
    expendable.close()


def test_calls_that_are_in_time_share_a_thread():
    expendable = Expendable("test-sharing")
    assert len({expendable.within(5, threading.get_ident) for _ in range(5)}) == 1
    expendable.close()
