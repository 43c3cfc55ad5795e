import pytest

from pytest_modelcheck.calls.throttle import (
    CallBudget,
    CircuitBreaker,
    CostBudget,
    RateLimiter,
    Turn,
    interval_of,
)
from pytest_modelcheck.errors import BudgetError, OutageError, UsageError


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [("500/minute", 0.12), ("10/s", 0.1), ("3600 / hour", 1.0), ("2 per second", 0.5), ("0.5/sec", 2.0)],
)
def test_rates(rate, seconds):
    assert interval_of(rate) == pytest.approx(seconds)


@pytest.mark.parametrize("rate", ["", "500", "500/fortnight", "0/minute", "-1/minute", "a/minute", 500, None])
def test_other_values_are_no_rates(rate):
    with pytest.raises(UsageError, match=r'write a number of calls and a time, "500/minute"'):
        interval_of(rate)


def test_calls_are_spaced_evenly_and_time_unused_is_not_saved_up():
    clock = Clock()
    limiter = RateLimiter("30/minute", clock=clock)
    assert [limiter.wait(Turn()) for _ in range(3)] == [0, 2, 4]
    clock.now += 60
    assert [limiter.wait(Turn()) for _ in range(3)] == [0, 2, 4]


def test_waiters_keep_their_turn():
    clock = Clock()
    limiter = RateLimiter("30/minute", clock=clock)
    limiter.wait(Turn())
    turn = Turn()
    assert limiter.wait(turn) == 2
    clock.now += 1.5
    assert limiter.wait(turn) == 0.5
    clock.now += 0.5
    assert limiter.wait(turn) == 0


def test_a_pause_holds_everybody_up_and_the_spaces_stay():
    clock = Clock()
    limiter = RateLimiter("30/minute", clock=clock)
    turns = [Turn() for _ in range(3)]
    for turn in turns:
        limiter.wait(turn)
    limiter.pause(10)
    assert [limiter.wait(turn) for turn in turns] == [10, 12, 14]


def test_a_shorter_pause_does_not_end_a_longer_one():
    limiter = RateLimiter(clock=Clock())
    limiter.pause(10)
    limiter.pause(1)
    assert limiter.wait(Turn()) == 10


def test_without_a_rate_only_a_pause_is_waited_for():
    clock = Clock()
    limiter = RateLimiter(clock=clock)
    assert [limiter.wait(Turn()) for _ in range(3)] == [0, 0, 0]
    limiter.pause(3)
    assert limiter.wait(Turn()) == 3
    clock.now += 3
    assert limiter.wait(Turn()) == 0


# -- budgets ---------------------------------------------------------------------------------------------


def test_a_call_budget_without_a_limit_grants_any_amount():
    assert CallBudget().take(10**9) == 10**9


def test_calls_go_one_by_one_until_a_cost_is_known():
    budget = CostBudget("triage 2.1", 10)
    assert budget.take(1)
    assert not budget.take(1)
    budget.settle(1, 4.0, answered=True)
    assert budget.take(1)


def test_a_call_waits_while_those_under_way_might_leave_it_nothing():
    budget = CostBudget("triage 2.1", 10)
    budget.take(1)
    budget.settle(1, 4.0, answered=True)
    assert budget.take(1)
    assert not budget.take(1)  # 4 + 4 + 4 might be too much
    budget.settle(1, 1.0, answered=True)  # it was cheaper than feared
    assert budget.take(1)
    budget.settle(1, 4.0, answered=True)
    with pytest.raises(BudgetError, match=r"max_cost=10 is reached: triage 2.1 has cost 9"):
        budget.take(1)


def test_a_call_for_which_one_under_way_waits_starts_or_is_refused_at_once():
    budget = CostBudget("triage 2.1", 10)
    assert budget.take(1)
    assert budget.take(1, waits=False)
    budget.settle(1, 4.0, answered=True)
    assert not budget.take(2)
    with pytest.raises(BudgetError, match=r"max_cost=10 is reached: triage 2.1 has cost 4"):
        budget.take(2, waits=False)


def test_a_batch_is_expected_to_cost_as_much_as_its_inputs():
    budget = CostBudget("triage 2.1", 10)
    budget.take(2)
    budget.settle(2, 4.0, answered=True)
    assert budget.take(3)
    budget.settle(3, None, answered=False)  # it failed, and cost nothing
    with pytest.raises(BudgetError):
        budget.take(4)


def test_answers_without_a_cost_end_it():
    budget = CostBudget("triage 2.1", 10)
    budget.take(1)
    budget.settle(1, None, answered=True)
    with pytest.raises(BudgetError, match="whose answers do not report their cost"):
        budget.take(1)


def test_the_unused_part_of_a_call_budget_is_returned():
    call_budget = CallBudget(3, "--modelcheck-max-calls=3")
    assert call_budget.take(3) == 3
    call_budget.give_back(2)
    assert call_budget.take(3) == 2
    unlimited = CallBudget()
    unlimited.give_back(1)
    assert unlimited.take(5) == 5


def test_the_message_of_a_spent_call_budget():
    refusal = CallBudget(0, "--modelcheck-max-calls=0").refusal("triage 2.1")
    assert str(refusal) == "--modelcheck-max-calls=0 is used up: triage 2.1 was not called any more"


# -- models that are given up ----------------------------------------------------------------------------


def failing(breaker, times):
    for _ in range(times):
        breaker.failed(ConnectionError("refused"))


def test_an_answer_in_between_restarts_the_count():
    breaker = CircuitBreaker("triage 2.1", 3)
    failing(breaker, 2)
    breaker.succeeded()
    failing(breaker, 2)
    breaker.check()
    failing(breaker, 1)
    with pytest.raises(OutageError, match="triage 2.1 was given up after 3 calls in a row failed: Conn"):
        breaker.check()


def test_zero_is_never():
    breaker = CircuitBreaker("triage 2.1", 0)
    failing(breaker, 100)
    breaker.check()


def test_the_first_reason_stays():
    breaker = CircuitBreaker("triage 2.1", 1)
    failing(breaker, 1)
    breaker.open("for another reason")
    breaker.succeeded()
    assert breaker.reason == "triage 2.1 was given up after a call failed: ConnectionError: refused"


def test_a_failure_after_a_cached_answer_is_the_first_in_its_row():
    breaker = CircuitBreaker("triage 2.1", 2)
    failing(breaker, 1)
    breaker.failed(ConnectionError("refused"), after_success=True)
    breaker.check()
    failing(breaker, 1)
    with pytest.raises(OutageError):
        breaker.check()
