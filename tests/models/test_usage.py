from types import SimpleNamespace

import pytest

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.models.usage import Answer, Measured, Scales, Usage, usage_of


@pytest.mark.parametrize(
    "reported",
    [
        {"prompt_tokens": 7, "completion_tokens": 2},
        {"input_tokens": 7, "output_tokens": 2},
        SimpleNamespace(prompt_tokens=7, completion_tokens=2),
        SimpleNamespace(input_tokens=7, output_tokens=2),
    ],
)
def test_tokens_by_the_names_in_use(reported):
    assert usage_of(reported) == Usage(7, 2)


@pytest.mark.parametrize(
    "reported", [None, {}, {"prompt_tokens": "many"}, {"cost": -1}, {"cost": float("nan")}, 7]
)
def test_what_says_nothing(reported):
    assert usage_of(reported) == Usage()


def test_a_cost_that_is_reported_counts_without_a_price():
    assert Scales(None, None, "triage").weigh(Answer("x", usage={"cost": 0.5})) == ("x", Usage(cost=0.5))


def test_a_price_is_asked_of_what_is_reported_else_of_the_answer():
    def price(thing):
        return len(thing)

    assert Scales(None, price, "triage").weigh("four")[1].cost == 4
    assert Scales(lambda answer: {"prompt_tokens": 1}, price, "triage").weigh("four")[1].cost == 1


@pytest.mark.parametrize("cost", [None, "cheap", True, -1, float("inf")])
def test_a_price_must_be_a_number(cost):
    with pytest.raises(UsageError, match="cost= of the model fixture 'triage' gave"):
        Scales(None, lambda answer: cost, "triage").weigh("x")


def test_what_fails_on_an_answer_is_named():
    with pytest.raises(UsageError, match="usage= of the model fixture 'triage' failed on a str: Attr"):
        Scales(lambda answer: answer.usage, None, "triage").weigh("x")


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b'["x"]', b"[1,2,3,4,5]"])
def test_a_measure_that_somebody_else_wrote_is_none(line):
    assert Measured.read(line) is None


def test_a_measure_is_one_short_line():
    assert Measured("refund", 0.25, Usage()).line() == b"[0.25]"
    assert Measured("refund", 0.25, Usage(cost=0.5)).line() == b"[0.25,null,null,0.5]"
