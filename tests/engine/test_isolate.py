import asyncio
import random

import pytest

from pytest_modelcheck.engine.isolate import Failure, blame, blame_async
from pytest_modelcheck.errors import ModelError
from pytest_modelcheck.models.calling import caller_of
from pytest_modelcheck.models.model import Definition


def ask(caller, inputs, **options):
    try:
        return caller.call(inputs)
    except Exception as error:
        return blame(caller.call, inputs, error, **options)


async def ask_async(caller, inputs):
    try:
        return await caller.call_async(inputs)
    except Exception as error:
        return await blame_async(caller.call_async, inputs, error)


def failing_on(*bad):
    calls = []

    def model(inputs):
        calls.append(list(inputs))
        for x in inputs:
            if x in bad:
                raise ValueError(f"cannot read {x}")
        return [-x for x in inputs]

    definition = Definition(name="model", source="", location="conftest.py:1", batch=True)
    return caller_of(definition, model), calls


def shown(rows):
    return [str(row.error) if isinstance(row, Failure) else row for row in rows]


def test_a_batch_that_works_is_called_once():
    caller, calls = failing_on()
    assert ask(caller, [1, 2, 3]) == [-1, -2, -3]
    assert calls == [[1, 2, 3]]


@pytest.mark.parametrize("bad", [(0,), (7,), (3, 4), (0, 9)])
def test_the_guilty_inputs_are_found_and_the_others_answered(bad):
    caller, calls = failing_on(*bad)
    rows = shown(ask(caller, list(range(10))))
    assert rows == [f"cannot read {x}" if x in bad else -x for x in range(10)]
    assert len(calls) <= 1 + 2 * 4 * len(bad)


def test_a_model_that_fails_for_everything_is_given_up_soon():
    caller, calls = failing_on(*range(64))
    rows = ask(caller, list(range(64)))
    assert all(isinstance(row, Failure) for row in rows)
    assert len(calls) == 1 + 6 + 4


def test_a_model_that_fails_in_every_quarter_is_not_given_up_while_it_answers_some():
    bad = set(range(5, 64, 9))
    caller, calls = failing_on(*bad)
    rows = shown(ask(caller, list(range(64))))
    assert rows == [f"cannot read {x}" if x in bad else -x for x in range(64)]
    answered = [x for call in calls if not bad & set(call) for x in call]
    assert len(answered) == len(set(answered)) == 64 - len(bad)


@pytest.mark.parametrize("size", range(1, 20))
def test_whatever_fails_alone_is_the_same_in_every_batch(size):
    generator = random.Random(size)
    for _ in range(20):
        bad = {x for x in range(size) if generator.random() < generator.choice([0.1, 0.5, 0.9])}
        caller, calls = failing_on(*bad)
        rows = shown(ask(caller, list(range(size))))
        right = [f"cannot read {x}" if x in bad else -x for x in range(size)]
        given_up = size >= 8 and not any(isinstance(row, int) for row in rows)
        assert rows == right or given_up
        assert not any(call == [] for call in calls)


def test_a_wrong_number_of_answers_is_no_matter_of_inputs():
    calls = []
    definition = Definition(name="model", source="", location="conftest.py:1", batch=True)
    caller = caller_of(definition, lambda inputs: calls.append(1) or [1])
    rows = ask(caller, [1, 2, 3])
    assert {type(row.error) for row in rows} == {ModelError}
    assert "answered a batch of 3 inputs with 1 answers" in str(rows[0].error)
    assert len(calls) == 1


def test_a_failure_that_speaks_against_the_endpoint_is_no_matter_of_inputs():
    caller, calls = failing_on(2)
    rows = ask(caller, [1, 2, 3, 4], is_outage=lambda error: "cannot read" in str(error))
    assert shown(rows) == ["cannot read 2"] * 4
    assert len(calls) == 1


def test_interrupts_are_not_answers():
    def model(inputs):
        raise KeyboardInterrupt

    definition = Definition(name="model", source="", location="conftest.py:1", batch=True)
    with pytest.raises(KeyboardInterrupt):
        ask(caller_of(definition, model), [1, 2])


def test_the_same_for_a_model_that_is_awaited():
    async def model(inputs):
        if 3 in inputs:
            raise ValueError("cannot read 3")
        return [-x for x in inputs]

    definition = Definition(name="model", source="", location="conftest.py:1", batch=True)
    rows = asyncio.run(ask_async(caller_of(definition, model), list(range(6))))
    assert shown(rows) == [0, -1, -2, "cannot read 3", -4, -5]
