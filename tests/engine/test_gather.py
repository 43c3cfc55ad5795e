import asyncio
import contextlib
import contextvars
import logging
import sys
import threading
import time
import warnings

import pytest

from pytest_modelcheck.engine.gather import held_back
from tests.engine.conftest import Exit

TENANT = contextvars.ContextVar("tenant", default="nobody")


def noting(calls):
    return lambda xs: calls.append(list(xs)) or [x.upper() for x in xs]


def test_calls_that_no_recipe_foresees_are_made_together(lab, outcomes):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=4)

    def body(case):
        assert triage(f"first {case.input}") == f"FIRST {case.input.upper()}"
        assert triage(f"second {case.input}") == f"SECOND {case.input.upper()}"

    run = lab.run(body, "abcd", gather=True)
    assert outcomes(run) == ["passed"] * 4
    assert calls == [[f"first {x}" for x in "abcd"], [f"second {x}" for x in "abcd"]]


@pytest.mark.parametrize("size", [1, 4, 10, 64])
def test_tasks_get_all_their_answers_with_any_batch_size(lab, outcomes, size):
    calls = []
    triage = lab.model(noting(calls), batch=True, batch_size=size)

    async def body(case):
        assert await triage(case.input) == case.input.upper()

    run = lab.run_async(body, [f"x{n}" for n in range(10)], gather=True)
    assert outcomes(run) == ["passed"] * 10
    assert sum(map(len, calls)) == 10
    assert len(calls) <= -(-10 // size)


def test_only_a_run_with_all_its_answers_counts(lab, capsys, caplog):
    triage = lab.model(lambda xs: xs, batch=True)
    runs = []

    def body(case):
        runs.append(case.input)
        print("before", case.input)
        logging.getLogger("app").warning("input %s", case.input)
        print("after", triage(case.input))
        case.record(len(runs))

    run = lab.run(body, "ab", gather=True)
    assert runs == ["a", "b", "a", "b"]
    assert [result.recorded for result in run.results] == [3, 4]
    assert capsys.readouterr().out == "before a\nafter a\nbefore b\nafter b\n"
    assert caplog.messages == ["input a", "input b"]


def test_an_error_is_raised_in_the_body_that_waits_for_it(lab, outcomes):
    def model(xs):
        if "b" in xs:
            raise ValueError("b")
        return xs

    triage = lab.model(model, batch=True)
    assert outcomes(lab.run(lambda case: triage(case.input), "abc", gather=True)) == [
        "passed",
        "error",
        "passed",
    ]

    async def body(case):
        await triage(case.input + "!")

    assert outcomes(lab.run_async(body, "abc", gather=True)) == ["passed"] * 3


def test_a_body_that_is_cut_off_again_after_an_error_it_caught_has_called_the_model(lab, outcomes):
    calls = []

    def model(xs):
        calls.append(xs)
        raise ValueError(xs)

    triage = lab.model(model, batch=True)
    judge = lab.model(lambda xs: xs, name="judge", batch=True)

    def body(case):
        with contextlib.suppress(ValueError):
            triage(case.input)
        judge(case.input)

    assert outcomes(lab.run(body, "ab", gather=True)) == ["passed"] * 2
    assert calls == [["a", "b"], ["a"], ["b"]]


def test_a_task_group_that_breaks_is_an_error_of_its_case(lab, outcomes):
    """Before Python 3.13 the task of its body looks as if it were cancelled ever after."""

    class Final(BaseException):
        pass

    async def model(x):
        if x == "b":
            raise Final
        return x

    triage = lab.model(model)

    async def body(case):
        async with asyncio.TaskGroup() as group:
            group.create_task(triage(case.input))

    assert outcomes(lab.run_async(body, "abc", gather=True)) == ["passed", "error", "passed"]


def test_a_body_that_catches_everything_still_gets_its_answer(lab):
    triage = lab.model(lambda xs: [x.upper() for x in xs], batch=True)

    def body(case):
        try:
            case.record(triage(case.input))
        except BaseException:
            case.record("caught")

    run = lab.run(body, "ab", gather=True)
    assert [result.recorded for result in run.results] == ["A", "B"]


def test_a_body_that_asks_something_else_each_time_goes_in_place(lab, outcomes):
    count = [0]
    triage = lab.model(lambda xs: xs, batch=True)

    def body(_case):
        count[0] += 1
        triage(f"question {count[0]}")

    assert outcomes(lab.run(body, "ab", gather=True)) == ["passed"] * 2
    assert count[0] <= 6


def test_a_loop_of_many_calls_ends(lab, outcomes):
    triage = lab.model(lambda xs: xs, batch=True)
    runs = [0]

    def body(_case):
        runs[0] += 1
        for number in range(40):
            triage(f"question {number}")

    assert outcomes(lab.run(body, "a", gather=True)) == ["passed"]
    assert runs[0] == 17  # 16 missing answers, and the rest in place


@pytest.mark.parametrize("end", [KeyboardInterrupt, Exit])
def test_an_interrupt_ends_the_run(lab, end):
    triage, finished = lab.model(lambda xs: xs, batch=True), []

    def body(case):
        triage(case.input)
        finished.append(case.input)
        raise end

    with pytest.raises(end):
        lab.run(body, "ab", gather=True)
    assert finished == ["a"]


def test_an_interrupt_of_a_body_that_was_cut_off_ends_the_run(lab):
    triage = lab.model(lambda xs: xs, batch=True)

    def body(case):
        try:
            triage(case.input)
        except BaseException:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        lab.run(body, "ab", gather=True)


@pytest.mark.parametrize("gather", [False, True])
def test_a_call_runs_under_the_context_that_its_key_names(lab, gather):
    triage = lab.model(lambda x: f"{x} of {TENANT.get()}", concurrency=2, context=[TENANT])

    async def body(case):
        TENANT.set("acme")
        case.record(await triage(case.input))

    run = lab.run_async(body, "ab", gather=gather)
    assert [result.recorded for result in run.results] == ["a of acme", "b of acme"]
    assert triage.answers.find(triage.key("a")) is None


@pytest.mark.parametrize(
    "options", [{"concurrency": 4}, {"batch": True, "batch_size": 2, "concurrency": 4}, {}]
)
@pytest.mark.timeout(30)
def test_bodies_and_calls_may_take_two_locks_in_different_order(lab, outcomes, options):
    one, two = threading.RLock(), threading.RLock()

    def taking(x):
        with one:
            time.sleep(0.01)
            with two:
                return x

    async def awaited(x):
        return taking(x)

    triage = lab.model(taking if options else awaited, **options)

    def body(case):
        with two:
            time.sleep(0.01)
            with one:
                assert triage(case.input)

    assert outcomes(lab.run(body, "abcdefgh", gather=True)) == ["passed"] * 8


def test_the_first_call_of_a_model_may_be_under_way_in_a_thread_of_the_body(lab, outcomes):
    begun, calls = threading.Event(), []

    def waiting(x):
        calls.append(x)
        begun.set()
        time.sleep(0.1)
        return x

    triage = lab.model(waiting, concurrency=4)

    def body(case):
        thread = threading.Thread(target=triage, args=(case.input,))
        thread.start()
        try:
            assert begun.wait(20)
            assert triage(case.input) == case.input
        finally:
            thread.join()

    assert outcomes(lab.run(body, "a", gather=True)) == ["passed"]
    assert calls == ["a"]


def test_tasks_get_their_answers_after_one_of_them_has_lent_a_lock(lab, outcomes):
    again = threading.RLock()

    def taking(x):
        time.sleep(0.1)
        with again:
            return x

    triage = lab.model(taking, concurrency=2, context=[TENANT])

    async def body(case):
        if case.input == "b":
            TENANT.set("somebody")  # so its call is made by itself
        with again:
            assert await triage(case.input) == case.input

    assert outcomes(lab.run_async(body, "abcdef", gather=True)) == ["passed"] * 6


def test_the_output_of_other_threads_is_not_held_back(capsys):
    with held_back():
        print("dropped")
        print("dropped", file=sys.stderr)
        sys.stdout.writelines(["drop", "ped"])
        thread = threading.Thread(target=print, args=("of a model",))
        thread.start()
        thread.join()
    assert tuple(capsys.readouterr()) == ("of a model\n", "")


def test_released_tasks_are_returned_at_the_end(capsys):
    def write():
        with held_back() as release:
            print("out")
            print("err", file=sys.stderr)
            warnings.warn("odd", stacklevel=1)
            release()

    with pytest.warns(UserWarning, match="odd"):
        write()
    assert tuple(capsys.readouterr()) == ("out\n", "err\n")


def test_a_task_that_calls_again_after_an_error_calls_the_model_again(lab, outcomes):
    calls = []

    def flaky(x):
        calls.append(x)
        if calls.count(x) < 3:
            raise LookupError(x)
        return x

    model = lab.model(flaky, concurrency=4)

    async def body(case):
        for _ in range(2):
            with pytest.raises(LookupError):
                await model(case.input)
        assert await model(case.input) == case.input

    assert outcomes(lab.run_async(body, "ab", gather=True)) == ["passed"] * 2
    assert sorted(calls) == ["a"] * 3 + ["b"] * 3


def test_tasks_that_wait_for_one_failing_call_get_errors_of_their_own(lab, outcomes):
    calls = []

    def refusing(x):
        calls.append(x)
        raise LookupError(x)

    model = lab.model(refusing, concurrency=4)

    async def body(case):
        with pytest.raises(LookupError) as caught:
            await model("same")
        caught.value.add_note("seen")
        assert caught.value.__notes__ == ["seen"]

    assert outcomes(lab.run_async(body, "abc", gather=True)) == ["passed"] * 3
    assert calls == ["same"]
