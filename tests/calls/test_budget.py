import pytest

from pytest_modelcheck.calls.throttle import Allowance, Purse
from pytest_modelcheck.errors import BudgetError


def test_an_allowance_without_a_limit_gives_whatever_is_wanted():
    assert Allowance().take(10**9) == 10**9


def test_calls_go_one_by_one_until_a_cost_is_known():
    purse = Purse("triage 2.1", 10)
    assert purse.take(1)
    assert not purse.take(1)
    purse.settle(1, 4.0, answered=True)
    assert purse.take(1)


def test_a_call_waits_while_those_under_way_might_leave_it_nothing():
    purse = Purse("triage 2.1", 10)
    purse.take(1)
    purse.settle(1, 4.0, answered=True)
    assert purse.take(1)
    assert not purse.take(1)  # 4 + 4 + 4 might be too much
    purse.settle(1, 1.0, answered=True)  # it was cheaper than feared
    assert purse.take(1)
    purse.settle(1, 4.0, answered=True)
    with pytest.raises(BudgetError, match=r"max_cost=10 is reached: triage 2.1 has cost 9"):
        purse.take(1)


def test_a_batch_is_expected_to_cost_as_much_as_its_inputs():
    purse = Purse("triage 2.1", 10)
    purse.take(2)
    purse.settle(2, 4.0, answered=True)
    assert purse.take(3)
    purse.settle(3, None, answered=False)  # it failed, and cost nothing
    with pytest.raises(BudgetError):
        purse.take(4)


def test_answers_without_a_cost_end_it():
    purse = Purse("triage 2.1", 10)
    purse.take(1)
    purse.settle(1, None, answered=True)
    with pytest.raises(BudgetError, match="whose answers do not say what they cost"):
        purse.take(1)
