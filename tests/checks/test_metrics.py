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
    least = float(re.fullmatch(r"80 cases can reliably reveal only accuracy under about (\S+)", text)[1])
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


EXPECTED = ["spam", "spam", "ham", "ham", "ham"]


@pytest.mark.parametrize(
    ("name", "answers", "value"),
    [
        ("average_precision", [1, 1, 0, 1, 0], 2 / 3),
        ("average_precision", [True, True, False, True, False], 2 / 3),
        ("neg_brier_score", [1, 1, 0, 1, 0], -1 / 5),
        ("roc_auc", [1, 1, 0, 1, 0], 5 / 6),
        ("f1", ["spam", "spam", "ham", "spam", "ham"], 4 / 5),
        ("precision", ["spam", "spam", "ham", "spam", "eggs"], 2 / 3),
        ("recall", ["spam", "ham", "ham", "spam", "ham"], 1 / 2),
        ("jaccard", ["spam", "spam", "ham", "spam", "ham"], 2 / 3),
        ("f1_macro", ["spam", "spam", "ham", "spam", "ham"], 4 / 5),
    ],
)
def test_of_two_text_labels_the_later_one_is_meant(name, answers, value):
    assert metric_of(name).over(EXPECTED)(EXPECTED, answers) == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "expected", "answers"),
    [
        ("accuracy", ["1", "2"], [1, 2]),
        ("accuracy", ["False", "True"], [False, True]),
        ("f1", [True, False], ["spam", "ham"]),
        ("f1", ["ham", "spam"], [False, True]),
        ("neg_brier_score", ["ham", "spam"], ["ham", "spam"]),
    ],
)
def test_labels_of_two_types_have_no_metric(name, expected, answers):
    with pytest.raises(ValueError, match=r"."):
        metric_of(name).over(expected)(expected, answers)
