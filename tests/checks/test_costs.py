import pytest

from pytest_modelcheck.checks.decide import Costs, judge_costs
from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.records import Status


def latency(slow, fast, **options):
    costs = Costs(slow + fast, tuple([0.1] * fast + [9.0] * slow), (), slow + fast)
    [finding] = judge_costs(costs, Limits(max_latency_p95=1.0, **options))
    return finding


@pytest.mark.parametrize(
    ("slow", "fast", "status"),
    [
        (0, 100, Status.PASSED),
        (5, 95, Status.PASSED),
        (6, 94, Status.PASSED),
        (10, 90, Status.INCONCLUSIVE),
        (20, 80, Status.FAILED),
        (1, 3, Status.PASSED),
        (1, 0, Status.INCONCLUSIVE),
        (4, 0, Status.FAILED),
    ],
)
def test_a_latency_fails_where_luck_cannot_explain_it(slow, fast, status):
    assert latency(slow, fast).status is status


def test_the_p_value_is_that_of_the_binomial_test():
    from scipy.stats import binomtest

    expected = binomtest(20, 100, 0.05, alternative="greater").pvalue
    assert latency(20, 80).p_value == pytest.approx(expected)


def test_what_luck_could_explain_fails_where_that_is_asked_for():
    assert latency(10, 90, inconclusive="fail").status is Status.FAILED


def test_a_cost_is_per_case_whatever_number_of_answers_a_case_takes():
    costs = Costs(6, (), (1.0,) * 6, 2)
    [finding] = judge_costs(costs, Limits(max_cost_per_case=2.5))
    assert finding.status is Status.FAILED
    assert finding.summary == "a case costs 3 on average, at most 2.5 allowed"


def test_costs_that_are_known_of_some_answers_stand_for_all_and_that_is_said():
    [finding] = judge_costs(Costs(4, (), (1.0, 1.0), 4), Limits(max_cost_per_case=1.0))
    assert finding.status is Status.PASSED
    assert "(known of 2 of 4 answers)" in finding.summary


def test_tokens_are_per_case_too():
    [finding] = judge_costs(Costs(4, (), (), 2, (600, 900, 600, 900)), Limits(max_tokens_per_case=1000))
    assert finding.status is Status.FAILED
    assert finding.summary == "a case takes 1,500 tokens on average, at most 1,000 allowed"


@pytest.mark.parametrize("limit", ["max_latency_p95", "max_cost_per_case", "max_tokens_per_case"])
def test_nothing_known_is_never_a_pass(limit):
    costs = Costs(4, (), (), 4)
    [finding] = judge_costs(costs, Limits(**{limit: 1.0}))
    assert finding.status is Status.INCONCLUSIVE
    [finding] = judge_costs(costs, Limits(**{limit: 1.0}, inconclusive="fail"))
    assert finding.status is Status.FAILED


def test_no_limit_no_finding():
    assert judge_costs(Costs(1, (1.0,), (1.0,), 1), Limits()) == []
