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
