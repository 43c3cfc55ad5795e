import asyncio
import threading
import time

import pytest

from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.engine.dispatch import Dispatcher
from pytest_modelcheck.errors import OfflineError
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.model import Answers


def submit(bench, model, *inputs):
    for x in inputs:
        bench.dispatcher.submit(model, x, model.key(x), x)


def test_collecting_without_a_question_gives_nothing(bench):
    assert bench.dispatcher.collect() == []


def test_questions_to_several_models_are_answered_each_by_its_own(bench):
    one = bench.model(lambda x: x + 1, name="one")
    two = bench.model(lambda x: x * 10, name="two")
    submit(bench, one, 1, 2)
    submit(bench, two, 1)
    answered = {(asked.model.name, asked.x): asked.result() for asked in bench.dispatcher.collect()}
    assert answered == {("one", 1): b"2", ("one", 2): b"3", ("two", 1): b"10"}
    assert (bench.dispatcher.asked_of(one), bench.dispatcher.asked_of(two)) == (2, 1)


def test_everybody_who_asks_the_same_waits_for_one_answer(bench):
    model = bench.model(lambda x: x)
    for waiter in "abc":
        bench.dispatcher.submit(model, 1, model.key(1), waiter)
    [asked] = bench.dispatcher.collect()
    assert asked.waiters == ["a", "b", "c"]


def test_a_dispatcher_that_is_offline_refuses_with_the_question(bench):
    bench.dispatcher.offline = True
    model = bench.model(lambda x: x, name="triage")
    for ask in (
        lambda: bench.dispatcher.submit(model, "Where is it?", None, None),
        lambda: bench.dispatcher.answer(model, "Where is it?", None),
        lambda: asyncio.run(bench.dispatcher.answer_async(model, "Where is it?", None)),
    ):
        with pytest.raises(OfflineError, match=r"triage 1 has no remembered answer to 'Where is it\?'"):
            ask()


def test_an_answer_that_took_its_time_is_on_disk_before_the_next_call(bench, tmp_path):
    cache = PredictionCache(tmp_path / "cache")
    seen = []

    def slow(x):
        other = PredictionCache(tmp_path / "cache")
        shelf = other.shelf("slow", keep=True)
        seen.append([y for y in range(4) if shelf.get(model.key(y)) is not None])
        other.close()
        time.sleep(0.006)
        return x

    model = bench.model(slow)
    model.answers = Answers(cache.shelf("slow", keep=True), Codec())
    submit(bench, model, 0, 1, 2, 3)
    bench.dispatcher.collect()
    cache.close()
    assert seen == [[], [0], [0, 1], [0, 1, 2]]


def test_what_another_process_has_answered_meanwhile_is_not_asked(bench, tmp_path):
    mine, theirs = PredictionCache(tmp_path / "cache"), PredictionCache(tmp_path / "cache")
    model = bench.model(lambda x: pytest.fail("asked although it was answered"))
    model.answers = Answers(mine.shelf("model", keep=True), Codec())
    shelf = theirs.shelf("model", keep=True)
    shelf.put(model.key(1), b'"theirs"')
    shelf.flush()
    submit(bench, model, 1)
    [asked] = bench.dispatcher.collect()
    mine.close()
    theirs.close()
    assert asked.result() == b'"theirs"'


def test_forgotten_questions_do_not_come_back(bench):
    release = threading.Event()
    model = bench.model(lambda x: release.wait(5) and x, concurrency=2)
    other = bench.model(lambda x: x, name="other")
    submit(bench, model, 1)
    collector = threading.Thread(target=bench.dispatcher._send)
    collector.start()
    collector.join()
    bench.dispatcher.forget()
    release.set()
    submit(bench, other, 2)
    assert [asked.x for asked in bench.dispatcher.collect()] == [2]
    assert bench.dispatcher.collect() == []


def test_interrupts_in_a_thread_reach_whoever_collects(bench):
    def model_function(x):
        raise KeyboardInterrupt

    model = bench.model(model_function, concurrency=2)
    submit(bench, model, 1)
    with pytest.raises(KeyboardInterrupt):
        bench.dispatcher.collect()


def test_somebody_is_told_while_answers_are_awaited(bench):
    ticks = []
    bench.dispatcher.tick = lambda: ticks.append(1)
    model = bench.model(lambda x: time.sleep(0.25) or x, concurrency=2)
    submit(bench, model, 1)
    assert len(bench.dispatcher.collect()) == 1
    assert ticks


def test_closing_ends_the_threads_and_the_loop():
    dispatcher = Dispatcher()
    loop = dispatcher.loop()
    assert any(thread.name == "modelcheck-event-loop" for thread in threading.enumerate())
    dispatcher.close()
    assert loop._loop.is_closed()
    assert not any(thread.name == "modelcheck-event-loop" for thread in threading.enumerate())
