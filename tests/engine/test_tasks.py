import asyncio
import os
import time
from unittest import mock

import pytest

from pytest_modelcheck.records import Outcome


@pytest.fixture
def batches():
    return []


@pytest.fixture
def model(bench, batches):
    return bench.model(lambda xs: batches.append(list(xs)) or list(xs), batch=True)


def outcomes(run):
    return [result.outcome for result in run.results]


def test_every_model_is_awaited_and_what_tasks_ask_is_gathered(bench, model, batches):
    async def body(case):
        assert await model(case.input) == case.input

    run = bench.run_async(body, range(41), model)
    assert outcomes(run) == [Outcome.PASSED] * 41
    assert batches == [[0], list(range(1, 41))]  # the first body runs alone, to see what it does


def test_equal_questions_are_asked_once(bench, model, batches):
    async def body(case):
        await model(case.input % 2)

    bench.run_async(body, range(30), model)
    assert sorted(x for batch in batches for x in batch) == [0, 1]


def test_async_models_are_asked_with_bounded_concurrency(bench):
    under_way, most = 0, 0

    async def answer(x):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return x

    model = bench.model(answer, concurrency=4)

    async def body(case):
        assert await model(case.input) == case.input

    assert set(outcomes(bench.run_async(body, range(30), model))) == {Outcome.PASSED}
    assert most == 4


def test_threads_answer_where_a_model_is_not_async_but_may_be_called_concurrently(bench):
    under_way, most = set(), []

    def answer(x):
        under_way.add(x)
        most.append(len(under_way))
        time.sleep(0.02)
        under_way.remove(x)
        return x

    model = bench.model(answer, concurrency=10)

    async def body(case):
        await model(case.input)

    bench.run_async(body, range(21), model)
    assert 1 < max(most) <= 10


def test_outcomes_and_the_first_failure(bench, model):
    async def body(case):
        answer = await model(case.input)
        if answer == "skip":
            raise bench.Skip
        if answer == "broken":
            raise NameError("nope")
        assert answer == "right"

    run = bench.run_async(body, ["right", "broken", "wrong", "skip"], model)
    assert outcomes(run) == [Outcome.PASSED, Outcome.ERROR, Outcome.FAILED, Outcome.SKIPPED]
    assert isinstance(run.first_failure, NameError)


def test_what_a_model_raises_is_raised_at_the_await(bench):
    async def answer(x):
        raise ConnectionError("no route")

    model = bench.model(answer)
    caught = []

    async def body(case):
        with pytest.raises(ConnectionError):
            await model(case.input)
        caught.append(case.input)

    bench.run_async(body, range(3), model)
    assert caught == [0, 1, 2]


def test_bodies_that_patch_run_one_by_one(bench, model, batches):
    async def body(case):
        with mock.patch.dict(os.environ, {"WHO": str(case.input)}):
            await model(case.input)
            await asyncio.sleep(0)
            assert os.environ["WHO"] == str(case.input)

    run = bench.run_async(body, range(10), model)
    assert outcomes(run) == [Outcome.PASSED] * 10
    assert batches == [[x] for x in range(10)]
    assert "`with` block" in next(iter(run.direct))


def test_whatever_ends_a_test_cancels_the_other_bodies(bench, model):
    cancelled = []

    async def body(case):
        await model(case.input)
        if case.input == 3:
            raise bench.Stop
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(case.input)
            raise

    async def quick_first(case):
        if case.input:
            await body(case)
        else:
            await model(0)

    with pytest.raises(bench.Stop):
        bench.run_async(quick_first, range(6), model)
    assert sorted(cancelled) == [1, 2, 4, 5]


def test_a_body_may_gather_questions_itself(bench, model, batches):
    async def body(case):
        answers = await asyncio.gather(*(model(case.input + part) for part in (0, 1000)))
        assert answers == [case.input, case.input + 1000]

    run = bench.run_async(body, range(5), model)
    assert outcomes(run) == [Outcome.PASSED] * 5


def test_the_approved_answer(bench, model):
    async def body(case):
        assert await model(case.input) == case.approved

    run = bench.run_async(body, ["a", "b"], model, approved=lambda trial: [b'"a"', None][trial.index])
    assert outcomes(run) == [Outcome.PASSED, Outcome.NEW]
