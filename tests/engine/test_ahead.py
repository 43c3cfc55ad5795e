import asyncio
import threading

import pytest

from pytest_modelcheck.engine.ahead import Prospect
from pytest_modelcheck.engine.trials import Plan
from pytest_modelcheck.records import Case


class Gate:
    """A model whose answers wait until they are let out."""

    def __init__(self):
        self.open = threading.Event()
        self.asked = []

    def __call__(self, x):
        self.asked.append(x)
        assert self.open.wait(5)
        if isinstance(x, str) and x.startswith("bad"):
            raise ValueError(x)
        if x == "exit":
            raise SystemExit(3)
        return x


@pytest.fixture
def ahead(bench):
    """``ahead(model, inputs)`` asks ahead for a check of these inputs."""

    def ask(model, inputs, check="next", what="input"):
        plan = Plan([Case(x, id=str(x)) for x in inputs], None)
        prospects = iter([Prospect(check, plan, ((model, what),), model)])
        bench.dispatcher.ahead.more = lambda: next(prospects, None)
        bench.dispatcher.ahead.held = False
        bench.dispatcher.look_ahead()

    return ask


def answers_of(bench, model, inputs):
    return bench.run(lambda view: model(view.input), inputs, model)


def test_a_body_joins_what_was_asked_ahead(bench, ahead):
    gate = Gate()
    model = bench.model(gate, concurrency=4)
    ahead(model, ["a", "b"])
    threading.Timer(0.02, gate.open.set).start()
    run = answers_of(bench, model, ["a", "b", "c"])
    assert [result.asked[0][1] for result in run.results] == [b'"a"', b'"b"', b'"c"']
    assert sorted(gate.asked) == ["a", "b", "c"]


def test_no_more_than_so_many_calls_are_under_way(bench, ahead):
    gate = Gate()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["a", "b", "c", "d"])
    assert not bench.dispatcher.room(model)
    bench.dispatcher.look_ahead()
    assert len(gate.asked) <= 2
    gate.open.set()


def test_calls_are_counted_for_the_check_that_they_are_made_for(bench, ahead):
    gate = Gate()
    gate.open.set()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["a", "bad"])
    prospect = bench.dispatcher.ahead.adopt("next")
    answers_of(bench, model, ["a", "bad", "c"])
    line = bench.dispatcher.line(model)
    assert (prospect.meter(line).asked, prospect.meter(line).failed, line.meter.asked) == (2, 1, 1)


def test_an_error_is_heard_by_all_who_wait_for_it_and_then_forgotten(bench, ahead):
    gate = Gate()
    gate.open.set()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["bad"])
    run = answers_of(bench, model, [Case("bad", id="one"), Case("bad", id="two")])
    assert [type(result.error) for result in run.results] == [ValueError, ValueError]
    assert gate.asked == ["bad"]
    answers_of(bench, model, ["bad"])
    assert gate.asked == ["bad", "bad"]


def test_a_call_that_cannot_be_suspended_waits_for_what_was_asked_ahead(bench, ahead):
    gate = Gate()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["a", "bad"])
    threading.Timer(0.02, gate.open.set).start()
    assert bench.dispatcher.answer(model, "a", model.key("a")) == b'"a"'
    with pytest.raises(ValueError, match="bad"):
        bench.dispatcher.answer(model, "bad", model.key("bad"))
    assert sorted(gate.asked) == ["a", "bad"]


def test_so_does_a_call_that_is_awaited(bench, ahead):
    gate = Gate()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["a"])
    threading.Timer(0.02, gate.open.set).start()
    assert asyncio.run(bench.dispatcher.answer_async(model, "a", model.key("a"))) == b'"a"'
    assert gate.asked == ["a"]


def test_what_ends_everything_is_left_to_the_check_that_asks_it(bench, ahead):
    gate = Gate()
    gate.open.set()
    model = bench.model(gate, concurrency=2)
    ahead(model, ["exit"])
    while bench.dispatcher.questions.asked_ahead(model, model.key("exit")):
        bench.dispatcher.look_ahead()
    with pytest.raises(SystemExit):
        answers_of(bench, model, ["exit"])
    assert gate.asked.count("exit") == 2


def test_a_body_that_ends_everything_leaves_what_was_asked_ahead_behind(bench, ahead):
    gate = Gate()
    model = bench.model(gate, concurrency=4)
    ahead(model, ["a"])

    def body(view):
        if view.input == "stop":
            raise bench.Stop
        model(view.input)

    with pytest.raises(bench.Stop):
        bench.run(body, ["b", "stop"], model)
    gate.open.set()
    assert bench.dispatcher.room(model)
    answers_of(bench, model, ["a"])
    assert gate.asked.count("a") == 2


def test_a_check_that_did_not_begin_leaves_no_error_behind(bench, ahead):
    gate = Gate()
    gate.open.set()
    model = bench.model(gate, concurrency=4)
    ahead(model, ["bad"])
    answers_of(bench, model, ["a"])
    ahead(model, ["b"], check="after")
    bench.dispatcher.ahead.adopt("after")
    answers_of(bench, model, ["bad"])
    assert gate.asked.count("bad") == 2


def test_inputs_that_a_model_might_change_are_asked_with_copies(bench, ahead):
    seen = []

    def spoils(x):
        seen.append(dict(x))
        x.clear()
        return len(seen)

    model = bench.model(spoils, concurrency=2)
    row = {"text": "a"}
    ahead(model, [row])
    answers_of(bench, model, [row])
    assert (row, seen) == ({"text": "a"}, [{"text": "a"}])
