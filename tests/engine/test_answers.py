import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import pytest

from pytest_modelcheck.engine import answers
from pytest_modelcheck.engine.answers import Switchboard
from pytest_modelcheck.engine.router import answer_gathered
from pytest_modelcheck.engine.tickets import Unsaved
from pytest_modelcheck.errors import OfflineError

HERE = contextvars.copy_context()


class Breaking:
    """Answers that a given function stores, which may fail."""

    def __init__(self, others, add):
        self.add = add
        self.claims = None
        self.measured, self.release, self.save, self.find = (
            others.measured,
            others.release,
            others.save,
            others.find,
        )


class Claims:
    """Claims of two processes on the same calls: the other one holds some."""

    def __init__(self, *taken):
        self.taken = set(taken)
        self.released = []

    def take(self, _namespace, key):
        return key not in self.taken

    def release(self, _namespace, keys):
        self.released += keys


def answer(lab, model, x, repeat=0):
    return lab.switchboard.answer(lab.switchboard.handle(model), x, model.key(x, repeat), repeat)


def foreseen(lab, handle, *inputs, trial=0):
    tickets = []
    for number, x in enumerate(inputs, trial):
        tickets.append(lab.switchboard.foresee(handle, x, handle.model.key(x), 0, number))
    return tickets


def test_an_answer_is_stored_under_its_key(lab):
    model = lab.model(str.upper)
    assert answer(lab, model, "a") == b'"A"'
    assert model.answers.find(model.key("a")) == b'"A"'
    assert model.answers.find(model.key("a", 1)) is None


def test_an_awaited_model_is_called_on_the_loop_of_the_session(lab):
    threads = set()

    async def ask(x):
        threads.add(threading.current_thread().name)
        return x.upper()

    model = lab.model(ask)
    assert answer(lab, model, "a") == b'"A"'
    assert (
        asyncio.run(lab.switchboard.answer_async(lab.switchboard.handle(model), "b", model.key("b"), 0, HERE))
        == b'"B"'
    )
    assert threads == {"modelcheck-event-loop"}


def test_offline_nothing_is_called(labs):
    lab = labs(offline=True)
    called = []
    model = lab.model(called.append)
    with pytest.raises(OfflineError, match="no cached answer to"):
        answer(lab, model, "a")
    assert not called


def test_an_answer_that_arrived_after_the_lookup_is_not_requested_again(lab):
    model = lab.model(str.upper, concurrency=2)
    handle, key = lab.switchboard.handle(model), model.key("a")
    answer(lab, model, "a")
    assert lab.switchboard.foresee(handle, "a", key, 0, 0) is None
    assert asyncio.run(answer_gathered(lab.switchboard, handle, "a", key, 0, 0, HERE)) == b'"A"'
    assert lab.meter().new == 1


def test_foreseen_calls_are_made_once_in_batches(lab):
    calls = []
    model = lab.model(lambda xs: calls.append(list(xs)) or xs, batch=True, batch_size=2)
    handle = lab.switchboard.handle(model)
    first, second, third, again = foreseen(lab, handle, "a", "b", "c", "a")
    assert again is first
    lab.switchboard.take(third, HERE)
    assert calls == [["c", "a"]]  # the one that is needed, and the first that waits
    lab.switchboard.take(second, HERE)
    assert [ticket.result() for ticket in (first, second, third)] == [b'"a"', b'"b"', b'"c"']
    assert len(calls) == 2


def test_as_many_calls_are_begun_as_may_be_under_way(lab):
    release, begun = threading.Event(), []

    def model(x):
        begun.append(x)
        release.wait(5)
        return x

    handle = lab.switchboard.handle(lab.model(model, concurrency=2))
    tickets = foreseen(lab, handle, *"abcde")
    lab.switchboard.advance(handle, HERE)
    assert (handle.under_way, len(handle.waiting)) == (2, 3)
    release.set()
    for ticket in tickets:
        lab.switchboard.take(ticket, HERE)
    assert sorted(begun) == list("abcde")


def test_the_last_batch_is_called_although_it_is_not_full(lab):
    model = lab.model(lambda xs: xs, batch=True, batch_size=4, concurrency=1, timeout=10)
    handle = lab.switchboard.handle(model)
    tickets, ended = foreseen(lab, handle, *"abcdefghij"), threading.Semaphore(0)
    for ticket in tickets:
        lab.switchboard.follow(ticket, lambda _ticket: ended.release())
    lab.switchboard.advance(handle, HERE)
    assert all(ended.acquire(timeout=5) for _ in tickets)


def test_an_answer_that_breaks_where_it_is_stored_is_an_error_of_its_case_alone(lab):
    model = lab.model(lambda xs: xs, batch=True)
    add = model.answers.add

    def breaking(key, value):
        if value == "b":
            raise LookupError("a foreign serializer")
        return add(key, value)

    model.answers = Breaking(model.answers, breaking)
    handle = lab.switchboard.handle(model)
    tickets = foreseen(lab, handle, *"abc")
    lab.switchboard.take(tickets[0], HERE)
    assert (tickets[0].raw, tickets[2].raw) == (b'"a"', b'"c"')
    assert type(tickets[1].error) is LookupError


def test_an_interruption_of_a_call_reaches_its_waiters(lab):
    model = lab.model(lambda x: x, concurrency=2)
    handle = lab.switchboard.handle(model)

    def broken(*_arguments, **_options):
        raise MemoryError("no room")

    handle.endpoint.call = broken
    first, second = foreseen(lab, handle, "a", "b")
    notified = SimpleQueue()
    lab.switchboard.follow(first, notified.put)
    lab.switchboard.advance(handle, HERE)
    for ticket in (first, second):
        lab.switchboard.wait_for(ticket)
        with pytest.raises(MemoryError):
            ticket.result()
    lab.switchboard._endpoints.clear()
    handle.endpoint.close()
    assert notified.get(timeout=60) is first  # after those who wait for it, from another thread


def test_a_call_that_is_no_longer_needed_is_not_made(lab):
    calls = []
    model = lab.model(lambda xs: calls.append(list(xs)) or xs, batch=True)
    handle = lab.switchboard.handle(model)
    first, second = foreseen(lab, handle, "a", "b")
    lab.switchboard.drop(first)
    lab.switchboard.take(second, HERE)
    assert calls == [["b"]]
    lab.switchboard.forget([handle])
    assert lab.switchboard.ticket(handle, second.key) is None


def test_a_follower_of_an_ended_call_is_notified_at_once(lab):
    handle = lab.switchboard.handle(lab.model(lambda xs: xs, batch=True))
    [ticket] = foreseen(lab, handle, "a")
    lab.switchboard.take(ticket, HERE)
    notified = []
    lab.switchboard.follow(ticket, notified.append)
    assert notified == [ticket]


def test_a_queued_call_that_is_no_longer_needed_is_not_made(lab):
    first_runs, release, calls = threading.Event(), threading.Event(), []

    def model(x):
        calls.append(x)
        first_runs.set()
        release.wait(5)
        return x

    handle = lab.switchboard.handle(lab.model(model, concurrency=1, timeout=10))
    first, second, third = foreseen(lab, handle, *"abc")
    ahead = threading.Thread(target=lab.switchboard.take, args=(first, HERE))
    ahead.start()
    assert first_runs.wait(5)
    begun = [lab.switchboard.batch_with(ticket) for ticket in (second, third)]
    futures = [lab.switchboard._begin(batch, HERE) for batch in begun]
    second.foreseen_by.clear()
    lab.switchboard.drop(second)
    release.set()
    for future in futures:
        future.result(5)
    ahead.join(5)
    assert calls == ["a", "c"]


class Written:
    """A place for answers that is slow to write, and only ever entered by one thread."""

    def __init__(self, lab):
        self.shelf = lab.models["triage"].answers._shelf
        self.on_disk = set()
        self.times = self.meanwhile = 0
        self._entered = threading.Lock()

    def flush(self):
        assert self._entered.acquire(blocking=False), "two threads write at once"
        new = set(self.shelf._index)
        time.sleep(0.05)
        self.meanwhile = max(self.meanwhile, len(set(self.shelf._index) - new))
        self.on_disk |= new
        self.times += 1
        self._entered.release()


def test_answers_that_come_while_others_are_written_do_not_wait_for_the_disk(lab, monkeypatch):
    """The thread that writes already writes them, and all of them before the run of bodies ends."""
    slow = lab.model(lambda x: time.sleep(0.01) or x, concurrency=8)
    written = Written(lab)
    monkeypatch.setattr(type(written.shelf), "flush", lambda _: written.flush())
    lab.run(lambda case: slow(case.input), [f"text {n}" for n in range(41)])
    assert len(written.on_disk) == 41
    assert written.times < 20  # a write for each answer, one after the other, would be 41
    assert written.meanwhile >= 8  # seven others, if each waited for this one


def test_a_thread_with_new_answers_does_not_wait_for_the_one_that_writes():
    class Answers:
        pass

    unsaved, written = Unsaved(), []

    def second_answers():
        unsaved.note(second, 0.0)
        unsaved.save(wait=False)

    def write_first():
        other = threading.Thread(target=second_answers, daemon=True)
        other.start()
        other.join(5)
        assert not other.is_alive(), "it waits for this thread"
        written.append("first")

    first, second = Answers(), Answers()
    first.save, second.save = write_first, lambda: written.append("second")
    unsaved.note(first, 0.0)
    unsaved.save()
    unsaved.close()
    assert written == ["first", "second"]


def test_only_the_main_thread_writes_itself():
    class Answers:
        def save(self):
            writers.append(threading.current_thread().name)

    def answered():
        unsaved.note(Answers(), 0.0)
        unsaved.save(wait=False)

    unsaved, writers = Unsaved(), []
    answered()
    thread = threading.Thread(target=answered)
    thread.start()
    thread.join()
    unsaved.close()
    assert writers[0] == threading.main_thread().name
    assert writers[1] in ("modelcheck-writer-1", threading.main_thread().name)
    assert len(writers) == 2


def test_an_answer_that_could_not_be_written_is_written_later():
    class Answers:
        pass

    def interrupted():
        raise KeyboardInterrupt

    unsaved, answers, written = Unsaved(), Answers(), []
    answers.save = interrupted
    unsaved.note(answers, 0.0)
    with pytest.raises(KeyboardInterrupt):
        unsaved.save()
    answers.save = lambda: written.append("answers")
    unsaved.save()
    unsaved.save()
    assert written == ["answers"]


def test_calls_of_another_process_are_not_foreseen_here(lab):
    model = lab.model(lambda x: x, concurrency=2)
    handle = lab.switchboard.handle(model)
    model.answers.claims = claims = Claims(model.key("a"))
    mine, other = foreseen(lab, handle, "b", "a")[0], foreseen(lab, handle, "a")[0]
    assert other is None
    lab.switchboard.drop(mine)
    assert claims.released == [mine.key]


def test_any_number_of_calls_is_made_ahead_where_no_thread_can_be_started(lab, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    model = lab.model(str.upper, concurrency=32)
    handle = lab.switchboard.handle(model)
    tickets = foreseen(lab, handle, *map(str, range(2000)))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    lab.switchboard.advance(handle, HERE)
    assert all(ticket.raw is not None for ticket in tickets)
    assert handle.under_way == 0


def test_a_model_that_is_called_where_no_thread_can_be_started_may_wait_for_other_threads(lab, monkeypatch):
    """Those threads may need a lock of the switchboard, as the loop that answers an ``async`` model does."""
    start, seen = threading.Thread.start, []

    def refuse(thread):
        if thread.name.startswith("modelcheck-"):
            raise RuntimeError("can't start new thread")
        start(thread)

    def model(x):
        thread = threading.Thread(target=foreseen, args=(lab, other, x), daemon=True)
        thread.start()
        thread.join(5)
        seen.append((handle.under_way, thread.is_alive()))
        return x

    other = lab.switchboard.handle(lab.model(str.upper, "other", source="other"))
    handle = lab.switchboard.handle(lab.model(model, concurrency=2))
    tickets = foreseen(lab, handle, "a", "b", "c")
    monkeypatch.setattr(threading.Thread, "start", refuse)
    lab.switchboard.advance(handle, HERE)
    assert [ticket.result() for ticket in tickets] == [b'"a"', b'"b"', b'"c"']
    assert seen == [(1, False)] * 3


def test_a_question_is_let_go_of_only_once_its_answer_is_on_disk(lab, monkeypatch):
    """Otherwise another process that claims it finds no answer, and calls again."""
    model = lab.model(str.upper, concurrency=2)
    known, first, second = model.answers, model.key("a"), model.key("b")
    known.claims = claims = Claims()
    for key in (first, second):
        known.claim(key)
    known.add(first, "A")
    # A second thread answers while this one writes.
    monkeypatch.setattr(known._shelf, "flush", lambda: known.add(second, "B"))
    known.save()
    assert claims.released == [first]


def test_answers_of_another_process_are_waited_for(lab):
    called = []
    model = lab.model(called.append, concurrency=2)
    model.answers.claims = Claims(model.key("a"))
    handle = lab.switchboard.handle(model)

    class Shared:
        """Answers that arrive from elsewhere while they are waited for."""

        claims = model.answers.claims
        arrived = 0

        def claim(self, key):
            return self.claims.take("", key)

        def reload(self):
            self.arrived += 1

        def find(self, _key):
            return b'"theirs"' if self.arrived else None

        def release(self, _keys):
            pass

    handle.answers = Shared()
    assert lab.switchboard.answer(handle, "a", model.key("a"), 0) == b'"theirs"'
    assert not called


def test_a_caller_that_is_cancelled_ends_no_call(lab):
    release = threading.Event()

    def model(x):
        release.wait(5)
        return x

    plain = lab.model(model, concurrency=2)
    handle = lab.switchboard.handle(plain)

    async def main():
        call = lab.switchboard.answer_async(handle, "a", plain.key("a"), 0, HERE)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call, 0.02)
        release.set()
        return await lab.switchboard.answer_async(handle, "b", plain.key("b"), 0, HERE)

    assert asyncio.run(main()) == b'"b"'
    lab.switchboard.close()
    for _ in range(500):
        if plain.answers.find(plain.key("a")) is not None:
            break
        threading.Event().wait(0.01)
    assert plain.answers.find(plain.key("a")) == b'"a"'


def test_two_fixtures_of_one_name_do_not_share_their_options(lab):
    first = lab.model(str.upper, timeout=5)
    second = lab.model(str.upper, location="other/conftest.py:1")
    same = lab.model(str.upper, timeout=5)
    ways = [lab.switchboard.endpoint(model) for model in (first, second, same)]
    assert ways[0] is ways[2]
    assert ways[0] is not ways[1]


def test_a_switchboard_closes_what_it_has_opened():
    switchboard = Switchboard(lambda _error: False)
    loop = switchboard.loop()
    assert switchboard.loop() is loop
    switchboard.close()
    assert not loop._thread.is_alive()


class Slow:
    """A model that is under way until it is let go."""

    def __init__(self, answer):
        self.begun, self.release, self.calls = threading.Event(), threading.Event(), 0
        self._answer = answer

    def __call__(self, x):
        self.calls += 1
        self.begun.set()
        self.release.wait(5)
        return self._answer(x)


def both(lab, model, slow, **options):
    """Make two equal calls, the second while the first is under way, and return both results."""
    handle = lab.switchboard.handle(model)

    def call():
        try:
            return lab.switchboard.answer(handle, "a", model.key("a"), 0, **options)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call)
        assert slow.begun.wait(5)
        second = pool.submit(call)
        lab.switchboard.tick = slow.release.set  # a waiting call looks around now and then
        threading.Timer(0.5, slow.release.set).start()
        return first.result(), second.result()


def test_equal_calls_at_once_are_one_call(lab):
    slow = Slow(str.upper)
    assert both(lab, lab.model(slow), slow, joins=True) == (b'"A"', b'"A"')
    assert slow.calls == 1


def test_the_end_of_a_call_reaches_all_waiters(lab):
    slow = Slow(int)
    first, second = both(lab, lab.model(slow), slow, joins=True)
    assert first is second
    assert slow.calls == 1
    triage = lab.models["triage"]
    assert lab.switchboard.ticket(lab.switchboard.handle(triage), triage.key("a")) is None


def test_an_answer_that_cannot_be_copied_is_for_one_of_two_equal_calls(lab):
    slow = Slow(lambda _: threading.Lock())
    first, second = both(lab, lab.model(slow), slow, joins=True)
    assert first.value is not second.value
    assert slow.calls == 2


def test_calls_that_models_make_wait_for_no_other(lab):
    slow = Slow(str.upper)
    both(lab, lab.model(slow), slow)
    assert slow.calls == 2


def test_a_call_that_needs_a_lock_of_the_one_that_waits_for_it_is_given_up_in_the_end(lab, monkeypatch):
    monkeypatch.setattr(answers, "PATIENCE", 0.2)
    lock, begun = threading.RLock(), threading.Event()

    def guarded(x):
        begun.set()
        with lock:
            return x.upper()

    handle = lab.switchboard.handle(lab.model(guarded))
    key = handle.model.key("a")
    with ThreadPoolExecutor(1) as pool, lock:
        other = pool.submit(lab.switchboard.answer, handle, "a", key, 0, joins=True)
        assert begun.wait(5)
        assert lab.switchboard.answer(handle, "a", key, 0, joins=True) == b'"A"'
    assert other.result() == b'"A"'


def test_equal_calls_of_tasks_are_one_call(lab):
    calls = []

    async def model(x):
        calls.append(x)
        await asyncio.sleep(0.01)
        return x.upper()

    handle = lab.switchboard.handle(lab.model(model))

    async def main():
        key = handle.model.key("a")
        each = [lab.switchboard.answer_async(handle, "a", key, 0, HERE, joins=True) for _ in range(3)]
        return await asyncio.gather(*each)

    assert asyncio.run(main()) == [b'"A"'] * 3
    assert calls == ["a"]


def test_a_call_that_is_no_longer_foreseen_is_still_found_while_it_is_under_way(lab):
    slow = Slow(str.upper)
    handle = lab.switchboard.handle(lab.model(slow, concurrency=2))
    [ticket] = foreseen(lab, handle, "a")
    lab.switchboard.advance(handle, HERE)
    assert slow.begun.wait(5)
    lab.switchboard.forget([handle])
    [again] = foreseen(lab, handle, "a")
    assert again is ticket
    slow.release.set()
    lab.switchboard.take(again, HERE)
    assert (again.result(), slow.calls) == (b'"A"', 1)
    assert lab.switchboard.ticket(handle, again.key) is None


def test_a_dropped_call_is_made_once_it_is_needed(lab):
    slow = Slow(str.upper)
    handle = lab.switchboard.handle(lab.model(slow, concurrency=1, timeout=10))
    first, second = foreseen(lab, handle, "a", "b")
    futures = [lab.switchboard._begin(lab.switchboard.batch_with(each), HERE) for each in (first, second)]
    lab.switchboard.forget([handle])
    slow.release.set()
    for future in futures:
        future.result(5)
    assert lab.switchboard.ticket(handle, second.key) is None
    assert lab.switchboard.answer(handle, "b", second.key, 0, joins=True) == b'"B"'
