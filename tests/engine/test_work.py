from types import SimpleNamespace

import pytest

from pytest_modelcheck.engine.work import Failures, Result
from pytest_modelcheck.errors import BudgetError
from pytest_modelcheck.records import Case, Outcome, Trial


def ended(outcome, error, number=0):
    result = Result(Trial(number, Case(number, id=f"c-{number}")))
    result.outcome, result.error = outcome, error
    return result


@pytest.fixture
def failures():
    return Failures(SimpleNamespace(keep_errors=False))


def test_the_first_failure_is_kept_with_its_traceback_and_few_messages(failures):
    results = [ended(Outcome.FAILED, AssertionError(f"no {number}"), number) for number in range(30)]
    for result in results:
        failures.note(result)
    assert str(failures.first) == "no 0"
    assert [result.message for result in results[18:22]] == ["no 18", "no 19", None, None]
    assert all(result.error is None for result in results)


def test_more_is_kept_of_broken_bodies(failures):
    results = [ended(Outcome.ERROR, ValueError(number), number) for number in range(1_010)]
    for result in results:
        failures.note(result)
    assert [result.error is not None for result in results[19:21]] == [True, False]
    assert [result.message for result in results[999:1001]] == ["999", None]


def test_all_errors_are_kept_where_that_is_wanted():
    failures = Failures(SimpleNamespace(keep_errors=True))
    results = [ended(Outcome.ERROR, ValueError(number), number) for number in range(40)]
    for result in results:
        failures.note(result)
    assert all(result.error is not None for result in results)


def test_a_model_that_was_not_called_is_no_failure_of_the_body(failures):
    for number in (0, 1, 1):
        failures.note(ended(Outcome.ERROR, BudgetError("the budget is spent"), number))
    assert (failures.first, failures.uncalled, failures.stopped) == (None, 2, "the budget is spent")


def test_a_result_without_an_error_is_left_alone(failures):
    result = ended(Outcome.SKIPPED, None)
    failures.note(result)
    assert (result.message, failures.first) == (None, None)
