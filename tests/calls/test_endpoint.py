"""One endpoint at a time, called without bodies, caches or pytest around it."""

import asyncio
import contextvars
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_modelcheck.calls.attempts import Failure
from pytest_modelcheck.calls.endpoint import MIXED, Endpoint, Request, repeat_inside
from pytest_modelcheck.calls.executors import LoopThread
from pytest_modelcheck.calls.throttle import CallBudget
from pytest_modelcheck.canonical import Codec
from pytest_modelcheck.errors import (
    BatchSizeError,
    BudgetError,
    CallTimeoutError,
    ModelError,
    OutageError,
    UsageError,
)
from pytest_modelcheck.models.cache import PredictionCache
from pytest_modelcheck.models.calling import Arguments, caller_of
from pytest_modelcheck.models.definition import Definition
from pytest_modelcheck.models.model import Answers, Model
from pytest_modelcheck.models.usage import Answer, Measured

TENANT = contextvars.ContextVar("tenant", default="nobody")


class Way:
    """An endpoint and its answers, by place."""

    def __init__(self, function, calls=None, **options):
        definition = Definition("triage", "s", "conftest.py:1", **options)
        shelf = PredictionCache(None).shelf("triage", keep=False)
        self.caller = caller_of(definition, function)
        model = Model(
            definition, function, "1", None, self.caller, Answers(shelf, Codec(None)), lambda _model, x: x
        )
        self.loop = None
        self.call_budget = CallBudget(calls, f"--modelcheck-max-calls={calls}")
        self.endpoint = Endpoint(
            model, self.call_budget, lambda error: isinstance(error, KeyboardInterrupt), self.open_loop
        )
        self.endpoint._closed.wait = lambda _seconds: None  # no waiting in a unit test
        self.rows = {}

    def open_loop(self):
        self.loop = self.loop or LoopThread()
        return self.loop

    def keep(self, permits, rows):
        for place, row in zip(permits, rows, strict=True):
            assert place not in self.rows
            if type(row) is Failure:
                row = row.error
            self.rows[place] = row.value if type(row) is Measured else row

    def call(self, *inputs, **options):
        self.rows.clear()
        self.endpoint.call(Request(self.caller, list(inputs), self.keep, **options))
        return [self.rows[place] for place in range(len(inputs))]

    def submit(self, *inputs, **options):
        self.rows.clear()
        context = options.pop("context", None) or contextvars.copy_context()
        self.endpoint.submit(Request(self.caller, list(inputs), self.keep, **options), context).result(10)
        return [self.rows[place] for place in range(len(inputs))]


@pytest.fixture
def way():
    made = []

    def make(function, **options):
        made.append(Way(function, **options))
        return made[-1]

    yield make
    for one in made:
        one.endpoint.close()
        if one.loop is not None:
            one.loop.close()


def shout(xs):
    return [x.upper() for x in xs]


def refusing(*bad, error=ValueError, calls=None):
    """A batch model that fails as a whole where one of its inputs is bad; it notes its calls."""

    def model(xs):
        if calls is not None:
            calls.append(list(xs))
        for x in xs:
            if x in bad:
                raise error(x)
        return [x.upper() for x in xs]

    return model


# -- one call ----------------------------------------------------------------------------------------


def test_a_batch_gets_its_answers_in_order(way):
    model = way(shout, batch=True)
    assert model.call("a", "b", "c") == ["A", "B", "C"]
    assert (model.endpoint.meter.requests, model.endpoint.meter.new) == (1, 3)


def test_several_arguments_reach_the_function(way):
    model = way(lambda question, answer: question + answer)
    assert model.call(Arguments(("a",), {"answer": "b"}, {"question": "a", "answer": "b"})) == ["ab"]


@pytest.mark.parametrize("options", [{}, {"timeout": 5}, {"executor": ThreadPoolExecutor(1)}])
def test_models_get_a_copy_and_the_context_of_their_caller(way, options):
    def spoil(xs):
        xs.append(TENANT.get())
        return list(xs)

    question = ["a"]
    token = TENANT.set("acme")
    try:
        assert way(spoil, **options).call(question) == [["a", "acme"]]
    finally:
        TENANT.reset(token)
    assert question == ["a"]


def test_a_submitted_call_runs_in_the_context_that_it_is_given(way):
    context = contextvars.copy_context()
    context.run(TENANT.set, "acme")

    async def ask(x):
        await asyncio.sleep(0)
        return x + TENANT.get()

    assert way(lambda x: x + TENANT.get(), concurrency=2).submit("a", context=context) == ["aacme"]
    assert way(ask).submit("a", context=context) == ["aacme"]


def test_calls_inside_of_a_call_know_its_repeat(way):
    def inner(_x):
        return repeat_inside()

    assert repeat_inside() is None
    assert way(inner).call("a", repeat=3) == [3]
    assert way(inner, timeout=5).call("a", repeat=MIXED) == [MIXED]
    assert repeat_inside() is None


def test_a_plain_function_may_give_a_coroutine(way):
    async def ask(x):
        return x.upper()

    assert way(lambda x: ask(x)).call("a") == ["A"]


def test_no_more_calls_at_once_than_its_fixture_allows(way):
    lock, under_way, most = threading.Lock(), 0, 0
    both = threading.Barrier(2)

    def model(x):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait(5)  # a third one in here would be counted, and two must be
        with lock:
            under_way -= 1
        return x

    one = way(model, concurrency=2)
    context = contextvars.copy_context()
    kept = []
    futures = [
        one.endpoint.submit(Request(one.caller, [n], lambda _permits, rows: kept.extend(rows)), context)
        for n in range(8)
    ]
    for future in futures:
        future.result(10)
    assert (most, len(kept)) == (2, 8)


def test_a_call_that_is_no_longer_needed_is_not_made(way):
    called = []
    one = way(called.append, concurrency=2)
    future = one.endpoint.submit(
        Request(one.caller, ["a"], one.keep), contextvars.copy_context(), wanted=lambda: False
    )
    future.result(10)
    assert (called, one.rows) == ([], {})


def test_a_model_that_calls_itself_does_not_wait_for_its_own_turn(way):
    one = way(lambda x: one.call(x - 1) if x else "end", concurrency=1, timeout=10)
    kept = []
    one.endpoint.call(Request(one.caller, [1], lambda _permits, rows: kept.extend(rows)))
    assert len(kept) == 1
    assert not isinstance(kept[0], Failure)


# -- batches that fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["0", "7", "3", "034567"])
def test_inputs_are_judged_by_their_own_answers(way, bad):
    inputs = [str(number) for number in range(8)]
    rows = way(refusing(*bad), batch=True).call(*inputs)
    for x, row in zip(inputs, rows, strict=True):
        assert isinstance(row, ValueError) and row.args == (x,) if x in bad else row == x


@pytest.mark.parametrize("end", [SystemExit, GeneratorExit, asyncio.CancelledError, StopIteration])
def test_an_exception_belongs_to_the_input_of_its_call(way, end):
    rows = way(refusing("b", error=end), batch=True).call("a", "b", "c")
    assert (rows[0], type(rows[1]), rows[2]) == ("A", end, "C")

    async def ask(x):
        raise end

    if end is not StopIteration:  # which Python itself turns into a RuntimeError
        assert type(way(ask).submit("a")[0]) is end


def test_an_interrupt_ends_the_whole_batch_at_once(way):
    calls = []
    rows = way(refusing("b", error=KeyboardInterrupt, calls=calls), batch=True).call("a", "b")
    assert [type(row) for row in rows] == [KeyboardInterrupt] * 2
    assert len(calls) == 1


def test_a_model_that_takes_no_batches_is_called_with_each_input_alone(way):
    calls = []
    one = way(lambda xs: calls.append(xs) or "text", batch=True)
    assert [type(row) for row in one.call("a", "b", "c")] == [ModelError] * 3
    assert one.endpoint.sizes.size == 1


def test_a_batch_that_is_answered_with_nothing_is_split(way):
    one = way(lambda xs: None if "b" in xs else xs, batch=True)
    rows = one.call("a", "b", "c")
    assert (rows[0], type(rows[1]), rows[2]) == ("a", ModelError, "c")


def test_a_batch_with_too_few_answers_is_split(way):
    one = way(lambda xs: [x for x in xs if x != "b"], batch=True)
    rows = one.call("a", "b", "c")
    assert (rows[0], type(rows[1]), rows[2]) == ("a", BatchSizeError, "c")


def test_after_a_batch_without_any_answer_the_next_calls_are_single_until_one_succeeds(way):
    one = way(refusing("a", "b"), batch=True, batch_size=4)
    one.call("a", "b")
    assert one.endpoint.sizes.size == 1
    one.call("c")
    assert one.endpoint.sizes.size == 4


# -- models that are given up --------------------------------------------------------------------------


def test_one_input_that_breaks_its_batches_does_not_give_the_model_up(way):
    """A loop over the inputs would meet one failure; a search by halves meets one in each of its steps."""
    one = way(refusing("0", error=ConnectionError), batch=True)
    rows = one.call(*(str(number) for number in range(64)))
    assert [type(row) for row in rows] == [ConnectionError] + [str] * 63
    assert one.endpoint.breaker.reason is None


def test_a_service_that_is_down_is_given_up_after_five_inputs(way):
    calls = []
    inputs = [str(number) for number in range(64)]
    rows = way(refusing(*inputs, error=ConnectionError, calls=calls), batch=True).call(*inputs)
    assert [type(row) for row in rows] == [ConnectionError] * 5 + [OutageError] * 59
    assert sum(len(call) == 1 for call in calls) == 5
    assert len(calls) < 16


def test_a_cached_answer_between_two_failures_counts_as_a_success(way):
    inputs = [str(number) for number in range(8)]
    one = way(refusing(*inputs, error=ConnectionError), batch=True)
    rows = one.call(*inputs, after_success=[True] * 8)
    assert [type(row) for row in rows] == [ConnectionError] * 8
    for x in inputs:
        one.call(x, after_success=[True])
    assert one.endpoint.breaker.reason is None
    rows = one.call(*inputs, after_success=[False] * 8)
    assert OutageError in map(type, rows)


def test_inputs_that_are_refused_do_not_speak_against_the_model(way):
    inputs = [str(number) for number in range(9)]
    rows = way(refusing(*inputs), batch=True).call(*inputs)
    assert [type(row) for row in rows] == [ValueError] * 9


def test_a_wait_that_is_too_long_gives_the_model_up(way):
    class BusyError(Exception):
        status_code = 429
        headers = {"retry-after": "3600"}

    one = way(lambda x: (_ for _ in ()).throw(BusyError()), retries=3)
    assert type(one.call("a")[0]) is BusyError
    assert one.endpoint.meter.requests == 1
    [refused] = one.call("b")
    assert "asks to wait 3,600 s" in str(refused)


# -- retries, timeouts and budgets ----------------------------------------------------------------------


def flaky(times, error=ConnectionError):
    left = [times]

    def model(x):
        left[0] -= 1
        if left[0] >= 0:
            raise error(x)
        return x.upper()

    return model


def test_calls_are_made_again_where_that_may_help(way):
    one = way(flaky(2), retries=2)
    assert one.call("a") == ["A"]
    assert (one.endpoint.meter.requests, one.endpoint.meter.retries) == (3, 2)
    assert type(way(flaky(2), retries=1).call("a")[0]) is ConnectionError
    assert type(way(flaky(1, ValueError), retries=1).call("a")[0]) is ValueError
    assert way(flaky(1, ValueError), retries=1, retry_on=ValueError).call("a") == ["A"]


def test_waiting_for_a_retry_draws_nothing_from_the_generator_that_a_body_may_have_seeded(way):
    state = random.getstate()
    way(flaky(2), retries=2).call("a")
    assert random.getstate() == state


def test_the_retry_decision_may_itself_fail(way):
    def decide(error):
        raise LookupError("no such code")

    [wrong] = way(flaky(1), retries=1, retry_on=decide).call("a")
    assert isinstance(wrong, UsageError)
    assert "retry_on= of a model fixture failed on a ConnectionError: LookupError: no such code" in str(wrong)


def test_a_call_that_takes_too_long_is_an_error_of_its_own(way):
    release = threading.Event()
    one = way(lambda x: release.wait(20), timeout=0.02)
    [late] = one.call("a")
    release.set()
    assert isinstance(late, CallTimeoutError)
    assert "no answer from triage 1 within 0.02 s (timeout=)" in str(late)
    assert one.endpoint.meter.timeouts == 1

    async def ask(x):
        await asyncio.sleep(20)

    assert type(way(ask, timeout=0.02).submit("a")[0]) is CallTimeoutError

    async def gives_up(x):
        raise TimeoutError

    assert type(way(gives_up, timeout=20).submit("a")[0]) is TimeoutError
    assert type(way(flaky(1, TimeoutError), timeout=20).call("a")[0]) is TimeoutError


def test_calls_beyond_the_budget_are_not_made(way):
    calls = []
    one = way(refusing(calls=calls), batch=True, calls=3)
    rows = one.call("a", "b", "c", "d")
    assert (rows[:3], type(rows[3])) == (["A", "B", "C"], BudgetError)
    assert calls == [["a", "b", "c"]]
    assert one.endpoint.meter.mark().uncalled == 1


def test_retries_and_the_search_in_a_failed_batch_come_out_of_the_budget(way):
    assert type(way(flaky(1), retries=1, calls=1).call("a")[0]) is BudgetError
    rows = way(refusing("b"), batch=True, calls=3).call("a", "b")
    assert (rows[0], type(rows[1])) == ("A", BudgetError)


def test_calls_that_a_model_given_up_does_not_get_are_left_for_others(way):
    one = way(refusing("a"), batch=True, calls=10)
    one.endpoint.breaker.open("out of order")
    assert [type(row) for row in one.call("a", "b", "c")] == [OutageError] * 3
    assert one.call_budget.take(99) == 10


def test_nothing_is_called_after_the_end_of_the_run(way):
    calls = []
    one = way(calls.append)
    one.endpoint._closed.set()
    assert type(one.call("a")[0]) is OutageError
    assert calls == []


# -- the cost of answers ----------------------------------------------------------------------------------


def test_answers_say_what_they_cost(way):
    one = way(lambda xs: [Answer(xs[0], usage={"cost": 0.5}), *xs[1:]], batch=True)
    assert one.call("a", "b") == ["a", "b"]
    assert one.endpoint.meter.since(Way(shout).endpoint.meter.mark(), _calls()).cost == 0.5


def test_a_plain_answer_before_one_with_its_cost_hides_nothing(way):
    one = way(lambda xs: [xs[0], Answer(xs[1], usage={"cost": 0.5})], batch=True)
    assert one.call("a", "b") == ["a", "b"]


def test_an_answer_of_unknown_cost_is_the_only_one_that_fails(way):
    one = way(shout, batch=True, cost=lambda answer: {"A": 0.1, "C": 0.3}[answer])
    rows = one.call("a", "b", "c")
    assert (rows[0], type(rows[1]), rows[2]) == ("A", UsageError, "C")
    assert "cost= of the model fixture 'triage' failed" in str(rows[1])


def test_a_purse_does_not_wait_for_a_call_that_was_cancelled(way):
    class Cancelled(BaseException):
        pass

    async def ask(x):
        if x == "cancelled":
            raise Cancelled
        return Answer(x, usage={"cost": 1.0})

    one = way(ask, max_cost=10.0)

    async def main():
        with pytest.raises(Cancelled):
            await one.endpoint.call_async(Request(one.caller, ["cancelled"], one.keep), "trio")
        with trio.fail_after(5):
            await one.endpoint.call_async(Request(one.caller, ["a"], one.keep), "trio")

    trio = pytest.importorskip("trio")
    trio.run(main)
    assert one.rows == {0: "a"}


def test_threads_may_each_run_a_loop_of_trio(way):
    trio = pytest.importorskip("trio")

    async def ask(x):
        await trio.sleep(0.01)
        return x

    one = way(ask, concurrency=1)
    kept = []

    def run(n):
        request = Request(one.caller, [n], lambda _permits, rows: kept.extend(rows))
        trio.run(one.endpoint.call_async, request, "trio")

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert len(kept) == 12


def test_limits_hold_on_trio_too(way):
    trio = pytest.importorskip("trio")
    under_way = most = 0

    async def ask(x):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await trio.sleep(20 if x == "late" else 0.01)
        under_way -= 1
        return x

    one = way(ask, concurrency=2, timeout=0.5)

    async def main():
        async with trio.open_nursery() as nursery:
            for place, x in enumerate(["a", "b", "c", "late"]):

                async def call(place=place, x=x):
                    def keep(_permits, rows):
                        one.keep([place], rows)

                    await one.endpoint.call_async(Request(one.caller, [x], keep), "trio")

                nursery.start_soon(call)

    trio.run(main)
    late = one.rows.pop(3)
    assert isinstance(late, CallTimeoutError)
    assert "no answer from triage 1 within 0.5 s (timeout=)" in str(late)
    assert (one.rows, most) == ({0: "a", 1: "b", 2: "c"}, 2)


def test_latencies_are_kept_of_what_is_not_a_plain_batch(way):
    def measured(one):
        kept = []
        one.endpoint.call(Request(one.caller, ["a"], lambda _permits, rows: kept.extend(rows)))
        return type(kept[0]) is Measured

    plain = way(shout, batch=True)
    assert not measured(plain)
    plain.endpoint.measure_all()
    assert measured(plain)


# -- small parts -----------------------------------------------------------------------------------------


def test_only_some_models_are_called_ahead(way):
    async def ask(x):
        return x

    assert not way(len).endpoint.together
    assert not way(len, retries=2).endpoint.together
    for one in (way(len, batch=True), way(len, concurrency=2), way(ask)):
        assert one.endpoint.together
    assert way(len, executor=ThreadPoolExecutor(1)).endpoint.together


def _calls():
    from pytest_modelcheck.records import Calls

    return Calls()
