from functools import wraps
from unittest import mock

import pytest

from pytest_modelcheck.engine.certain import certain_asks

INPUT, PERTURBED = ("M", "input"), ("M", "perturbed")


def asks(function):
    return certain_asks(function, "case", {"model": "M", "other": "O"})


def golden(model, case):
    assert model(case.input) == case.expected


def label(model, case):
    label = model(case.input)["label"]
    assert label == case.expected


def both(model, case, tmp_path):
    before, after = model(case.input), model(case.perturbed)
    assert before == after


def one_line(model, case):
    assert model(case.perturbed) == model(case.input)


def one_after_the_other(case, model):
    after = model(case.perturbed)
    text = case.input
    before = model(text)
    assert before == after


def two_models(model, other, case):
    assert other(case.input) == model(case.input)


def keywords(*, case, model):
    assert model(case.input)


def branch_behind(model, case):
    before, after = model(case.input), model(case.perturbed)
    if before != after:
        model("more")


def in_try(model, case):
    try:
        model(case.input)
    finally:
        pass


class TestClass:
    def method(self, model, case):
        assert model(case.input)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (golden, (INPUT,)),
        (label, (INPUT,)),
        (both, (INPUT, PERTURBED)),
        (one_line, (PERTURBED, INPUT)),
        (one_after_the_other, (PERTURBED, INPUT)),
        (two_models, (("O", "input"), INPUT)),
        (keywords, (INPUT,)),
        (branch_behind, (INPUT, PERTURBED)),
        (in_try, (INPUT,)),
        (TestClass().method, (INPUT,)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_asked_whatever_happens_is_certain(function, expected):
    assert asks(function) == expected


def test_an_answer_that_is_looked_into_may_break_what_follows():
    def body(model, case):
        assert model(case.input).label == model(case.perturbed).label

    assert asks(body) == (INPUT,)


def in_block(model, case):
    with mock.patch("os.getcwd"):
        assert model(case.input)


def condition(model, case):
    if case.expected:
        assert model(case.input)


def loop(model, case):
    for _ in range(2):
        model(case.input)


def computed(model, case):
    assert model(case.input.upper())


def something_first(model, case):
    print(case.id)
    assert model(case.input)


def expectation_first(model, case):
    assert case.expected == model(case.input)


def metadata(model, case):
    assert model(case.metadata)


def several_arguments(model, case):
    assert model(case.input, case.input)


def as_keyword(model, case):
    assert model(x=case.input)


def rebound(model, case):
    model = len
    assert model(case.input)


def other_case(model, case):
    case = mock
    assert model(case.input)


def inner(model, case):
    def ask():
        return model(case.input)

    assert ask()


def comprehension(model, case):
    assert [model(text) for text in [case.input]]


def lazily(model, case):
    yield model(case.input)


async def awaited(model, case):
    assert await model(case.input)


def not_ours(modle, case):
    assert modle(case.input)


def no_case(model):
    assert model("x")


@mock.patch("os.getcwd")
def patched(model, case):
    assert model(case.input)


def decorated(function):
    @wraps(function)
    def wrapper(model, case):
        return function(model, case)

    return wrapper


@pytest.mark.parametrize(
    "function",
    [
        in_block,
        condition,
        loop,
        computed,
        something_first,
        expectation_first,
        metadata,
        several_arguments,
        as_keyword,
        rebound,
        other_case,
        inner,
        comprehension,
        lazily,
        awaited,
        not_ours,
        no_case,
        patched,
        decorated(golden),
        len,
    ],
    ids=lambda value: value.__name__,
)
def test_what_something_may_prevent_or_change_is_not(function):
    assert asks(function) == ()
