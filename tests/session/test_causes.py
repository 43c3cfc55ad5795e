"""Errors with nearly the same message are one cause; the report begins with the most frequent."""

import json
from types import SimpleNamespace

import pytest

from pytest_modelcheck.session.causes import Causes


class ValidationError(Exception):
    """An error as of a library that derives it from ``Exception`` alone."""


def noted(*errors, called=True, trials=1, uncalled=False):
    causes = Causes()
    for number, error in enumerate(errors):
        causes.note(
            SimpleNamespace(
                message=str(error),
                error=None if isinstance(error, str) else error,
                calls=["answer"] if called else [],
                uncalled=uncalled,
                trial=SimpleNamespace(index=number, case=SimpleNamespace(id=str(number // trials))),
            )
        )
    return causes


def amount(value):
    return ValueError(f"amount: not a number: {value!r}")


def test_errors_that_differ_in_values_are_one_cause_and_the_most_frequent_is_shown():
    causes = noted(KeyError("x"), amount("about 3"), amount("12,5"), amount([1]), amount({"a": 2}))
    assert causes.summary == "ValueError: amount: not a number: 'about 3' (4 of them; 1 other kind)"
    assert list(causes.trials) == [1, 0, 2]


def test_cases_whose_model_was_not_called_are_no_cause():
    assert noted("triage was given up", uncalled=True).summary is None


def test_a_case_that_breaks_in_several_trials_counts_once():
    causes = noted(KeyError("x"), *[amount("a")] * 3, KeyError("x"), trials=4)
    assert causes.summary == "KeyError: 'x' (2 of them; 1 other kind)"


def test_a_single_cause_has_no_count():
    assert noted(amount("a"), amount("b")).summary == "ValueError: amount: not a number: 'a'"
    assert noted("the error itself was not kept").summary == "the error itself was not kept"
    assert noted().summary is None


def test_errors_of_pydantic_are_shown_by_field():
    message = "1 validation error for Total\namount\n  Input should be a valid number [type=float_parsing]"
    assert (
        noted(ValidationError(message)).summary == "ValidationError: amount: Input should be a valid number"
    )


def test_however_many_causes_there_are_all_are_counted():
    causes = noted(*(RuntimeError("x" * number) for number in range(1, 200)))
    assert causes.summary.startswith("RuntimeError: ")
    assert len(list(causes.trials)) <= 100


@pytest.mark.parametrize(
    ("errors", "wrong_if"),
    [
        ([json.JSONDecodeError("no", "x", 0)], "JSONDecodeError"),
        ([json.JSONDecodeError("no", "x", 0), amount("x")], "ValueError"),
        ([KeyError("amount"), amount("x")], "(KeyError, ValueError)"),
        ([ValidationError("amount")], "ValidationError"),
    ],
)
def test_for_failed_parsing_wrong_if_is_proposed(errors, wrong_if):
    advice = noted(*errors).advice()
    assert (
        advice == f"an answer that cannot be parsed is an error here; wrong_if={wrong_if} counts it as wrong"
    )


def test_without_a_value_of_the_wrong_answer_it_is_not_proposed():
    advice = noted(amount("x")).advice("score(...)")
    assert advice.endswith("; catch ValueError in the body and say what it is worth, score(...)")


def test_it_is_proposed_too_where_the_model_itself_parses():
    assert "wrong_if=ValidationError" in noted(ValidationError("amount"), called=False).advice()


@pytest.mark.parametrize(
    ("error", "called"),
    [
        (RuntimeError("down"), True),
        (amount("x"), False),
        ("unknown", True),
        (ValueError("The truth value of an array with more than one element is ambiguous."), True),
    ],
)
def test_elsewhere_it_is_not(error, called):
    assert noted(error, called=called).advice() is None
