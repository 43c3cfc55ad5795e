"""A metric over all cases, without a run."""

import re

import pytest
from scipy.stats import norm

from pytest_modelcheck.checks.limits import Limits
from pytest_modelcheck.checks.metrics import MetricNoise, ScoredCase, Scores, metric_of


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.2])
def test_cases_reveal_what_misses_a_limit_in_nine_runs_of_ten_at_its_own_level(rate):
    cases = [ScoredCase(n, n % 2, (), ((float(n % 4 < 2),),), n, wrong=None) for n in range(80)]
    scores = Scores(metric_of("accuracy"), cases)
    text = MetricNoise(scores, required=0.9).reveals(Limits(at_least=0.9, false_fail_rate=rate))
    least = float(re.fullmatch(r"80 cases can only reveal accuracy under about (\S+)", text)[1])
    spread = float(scores.draws(rate, fall=False).std())
    assert least == pytest.approx(0.9 - (norm.ppf(1 - rate) + norm.ppf(0.9)) * spread, abs=0.01)


@pytest.mark.parametrize(
    ("approved", "repeated", "steady"),
    [((1, 1, 1), False, True), ((1,), False, False), ((1,), True, True), ((), False, True)],
)
def test_values_that_never_varied_are_noise_free_unless_one_approved_run_was_all(approved, repeated, steady):
    cases = [ScoredCase(n, 1, approved, ((1,),), n) for n in range(4)]
    assert Scores(metric_of("accuracy"), cases, repeated=repeated).may_be_steady is steady
    varying = [*cases, ScoredCase(4, 1, approved, ((1, 0),), 4, varies=True)]
    assert not Scores(metric_of("accuracy"), varying, repeated=repeated).may_be_steady
