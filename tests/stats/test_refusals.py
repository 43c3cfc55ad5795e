"""Invalid arguments: errors name the parameter, its value, and the values that it may have."""

import math

import numpy as np
import pytest

from pytest_modelcheck.stats.drift import feature_drift, label_drift, score_drift, total_variation
from pytest_modelcheck.stats.early import BettingTest, watch_drop, watch_mean
from pytest_modelcheck.stats.exchange import exchange_p_value, fisher_p_value, odd_run_p_value, page_trend
from pytest_modelcheck.stats.means import (
    cluster_means,
    detectable_mean,
    gaffke_bounds,
    mean_p_value,
    student_bounds,
)
from pytest_modelcheck.stats.noise import noise_calibrated_excess, regression_excess
from pytest_modelcheck.stats.paired import (
    detectable_drop,
    drop_p_value,
    drop_power,
    holm,
    mcnemar_exact,
    pairs_needed,
)
from pytest_modelcheck.stats.permutation import resamples_for, scores_test, sign_flip_test
from pytest_modelcheck.stats.rates import (
    clopper_pearson,
    detectable_rate,
    failing_count,
    odd_one_out_p,
    pass_hat_k,
    runs_needed,
)
from pytest_modelcheck.stats.slices import concentrations


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: total_variation([], ["a"]), "a sample is empty: there is nothing to compare"),
        (lambda: label_drift("ab", "a", 0.01, paired=True), "must be of one size, not 2 and 1"),
        (lambda: score_drift([1, 2], [1], 0.01, paired=True), "must be of one size, not 2 and 1"),
        (lambda: score_drift([], [1], 0.01), "a sample must be a flat sequence"),
        (lambda: score_drift([1, float("nan")], [1], 0.05), "a sample must be a flat sequence"),
        (lambda: BettingTest(0.9, 0.9, 0.8), "expected must lie below null"),
        (lambda: BettingTest(1.1, 0.9, 0.8), "expected must lie below null"),
        (lambda: BettingTest(0.9, 0.8, 1.8), r"on_expected must lie in \[0, 1\], not 1.8"),
        (lambda: BettingTest(0.9, 0.8, 0.8).feed(2), r"a value must lie in \[0, 1\], not 2"),
        (lambda: watch_mean(0.9, 0.1, 0.01, 0.1, total=1).feed([1, 1]), "values seen must be at least 1"),
        (lambda: watch_mean(0.0, 0.1, 0.01, 0.1), "tolerance must be positive and at most 0, not 0.1"),
        (lambda: watch_mean(0.9, 0.0, 0.01, 0.1), "tolerance must be positive and at most 0.9, not 0.0"),
        (lambda: watch_mean(0.9, 0.1, 0.0, 0.1), "false_fail_rate must lie strictly between"),
        (lambda: watch_drop(1.0, 0.1, 0.01, 0.1), r"max_drop must lie in \[0, 1\), not 1.0"),
        (lambda: watch_drop(0.5, 0.6, 0.01, 0.1), "tolerance must be positive and at most 0.5, not 0.6"),
        (lambda: exchange_p_value([], []), "0 approved and 0 current units"),
        (lambda: exchange_p_value([[1]], [[1], [0]]), "1 approved and 2 current units"),
        (lambda: exchange_p_value([[1]], [[]]), "at least one run on either side"),
        (lambda: exchange_p_value([[]], [[1]]), "at least one run on either side"),
        (lambda: odd_run_p_value([[1, 0], [1]]), "equally many runs, not"),
        (lambda: fisher_p_value(3, 2, 1, 1), "approved_passed must be between 0 and 2, not 3"),
        (lambda: gaffke_bounds([], 0.9), "a flat sequence of at least one value"),
        (lambda: gaffke_bounds([[0.5]], 0.9), "a flat sequence of at least one value"),
        (lambda: gaffke_bounds([0.5, 1.2], 0.9), r"every value must lie in \[0.0, 1.0\]"),
        (lambda: gaffke_bounds([0.5, float("nan")], 0.9), r"every value must lie in \[0.0, 1.0\]"),
        (lambda: gaffke_bounds([2.0], 0.9, low=-1.0), r"every value must lie in \[-1.0, 1.0\]"),
        (lambda: gaffke_bounds([0.5], 1.0), "level must lie strictly between 0 and 1, not 1.0"),
        (lambda: mean_p_value([0.5], 1.5), r"at_least must lie in \[0, 1\], not 1.5"),
        (lambda: mcnemar_exact(-1, 0), "regressed must be at least 0, not -1"),
        (lambda: mcnemar_exact(0, -1), "fixed must be at least 0, not -1"),
        (lambda: drop_p_value(1, 0, 10, 1.0), "max_drop must lie between -1 and 1, not 1.0"),
        (lambda: drop_p_value(11, 0, 10, 0.1), "regressed must be between 0 and 10, not 11"),
        (lambda: drop_p_value(5, 6, 10, 0.01), "fixed must be between 0 and 5, not 6"),
        (lambda: scores_test([[1.0]], [[1.0], [0.5]], 0.01), "1 cases of the baseline against 2 of the"),
        (lambda: scores_test([[]], [[1.0]], 0.01), "every case needs the score of"),
        (lambda: scores_test([], [], 0.01), "every case needs the score of"),
        (lambda: scores_test([[float("nan")]], [[1.0]], 0.01), "every case needs the score of"),
        (lambda: drop_power(0, 0.1, 0.1, 0.01), "pairs must be at least 1, not 0"),
        (lambda: drop_power(10, 0.9, 0.1, 0.01), "a drop of 0.9 is not possible where 0.1 are fixed"),
        (lambda: pairs_needed(0.05, 0.1, 0.01, max_drop=0.05), "a drop of 0.05 is not above max_drop=0.05"),
        (lambda: detectable_drop(10, 0.1, 0.01, power=1.0), "power must lie strictly between"),
        (lambda: detectable_mean(0, 0.1, 0.9, 0.01), "units must be at least 1, not 0"),
        (lambda: clopper_pearson(3, 2, 0.95), "successes must be between 0 and 2, not 3"),
        (lambda: clopper_pearson(0, 0, 0.95), "n must be at least 1, not 0"),
        (lambda: clopper_pearson(1, 2, 95), "level must lie strictly between 0 and 1, not 95"),
        (lambda: failing_count(0, 0.9, 0.01), "n must be at least 1, not 0"),
        (lambda: detectable_rate(10, 0.9, 0.01, power=1), "power must lie strictly between 0 and 1, not 1"),
        (lambda: feature_drift(np.zeros((7, 2)), np.zeros((9, 2)), 0.05), "of at least 8 rows"),
        (lambda: feature_drift(np.zeros(20), np.zeros((9, 2)), 0.05), "a table of finite numbers"),
        (lambda: feature_drift(np.full((9, 2), np.nan), np.zeros((9, 2)), 0.05), "a table of finite"),
        (lambda: feature_drift(np.zeros((9, 2)), np.zeros((9, 3)), 0.05), r"shapes \(9, 2\) and \(9, 3\)"),
        (
            lambda: feature_drift(np.zeros((9, 2)), np.zeros((10, 2)), 0.05, paired=True),
            r"the samples do not fit together: shapes \(9, 2\) and \(10, 2\)",
        ),
        (lambda: page_trend([]), "a trend needs a row for each case and at least three"),
        (lambda: page_trend([[1, 2]]), "a trend needs a row for each case and at least three"),
        (lambda: page_trend([1, 2, 3]), "a trend needs a row for each case and at least three"),
        (
            lambda: page_trend([[1, 2, math.nan]]),
            "a trend needs a row for each case and at least three",
        ),
        (lambda: student_bounds([[1.0, 2.0]], 0.95), "need a flat sequence of finite numbers"),
        (lambda: student_bounds([1.0, math.inf], 0.95), "need a flat sequence of finite numbers"),
        (lambda: student_bounds([1.0, math.nan], 0.95), "need a flat sequence of finite numbers"),
        (lambda: cluster_means([1, 0], ["a"]), "shorter"),
        (lambda: noise_calibrated_excess([], 3, 0.01), "there is no case to compare"),
        (lambda: noise_calibrated_excess([np.zeros((4, 4))], 1, 0.01), "bases must be at least 2, not 1"),
        (lambda: noise_calibrated_excess([np.zeros((3, 3))], 3, 0.01), "a variant beside its 3 base runs"),
        (lambda: noise_calibrated_excess([np.zeros((4, 3))], 3, 0.01), r"symmetric, not \(4, 3\)"),
        (lambda: noise_calibrated_excess([np.triu(np.ones((4, 4)), 1)], 3, 0.01), "square and symmetric"),
        (lambda: noise_calibrated_excess([np.full((4, 4), 2.0)], 3, 0.01), r"must lie in \[0, 1\]"),
        (lambda: noise_calibrated_excess([np.ones((4, 4))], 3, 0.01), "cannot disagree with itself"),
        (lambda: regression_excess([], [], 0.01), "0 approved and 0 current cases"),
        (lambda: regression_excess([[True]], [], 0.01), "1 approved and 0 current cases"),
        (lambda: regression_excess([[]], [[True, True]], 0.01), "case 0 has too few runs: 0 approved"),
        (lambda: regression_excess([[True]], [[True]], 0.01), "too few runs: 1 approved, 1 current"),
        (lambda: regression_excess([[1, 1]], [[]], 0.01), "too few runs: 2 approved"),
        (lambda: sign_flip_test([], 0.01), "differences must be a flat sequence of at least one number"),
        (lambda: sign_flip_test([[1, 2]], 0.01), "differences must be a flat sequence"),
        (lambda: sign_flip_test([1.0, math.nan], 0.01), "differences must be a flat sequence"),
        (lambda: resamples_for(0), "false_fail_rate must lie strictly between 0 and 1, not 0"),
        (lambda: holm([0.1, 1.5]), r"a p-value must lie in \[0, 1\], not 1.5"),
        (lambda: runs_needed(0.95, 0.95, 0.01), "a rate of 0.95 is not below at_least=0.95"),
        (lambda: pass_hat_k(3, 1, 4), "k must be between 1 and 3, not 4"),
        (lambda: pass_hat_k(3, 1, 0), "k must be"),
        (lambda: pass_hat_k(0, 0, 1), "runs must be"),
        (lambda: pass_hat_k(3, 4, 1), "passes must be"),
        (lambda: odd_one_out_p(-1, 3), "cached must be"),
        (lambda: odd_one_out_p(4, 3), "cached must be"),
        (lambda: odd_one_out_p(0, -1), "odd must be"),
        (lambda: concentrations([[1.0]] * 2, [[0.0]] * 2, [[True] * 3], 0.01), "and slices of shape"),
    ],
)
def test_a_mistake_is_refused_at_once(call, message):
    with pytest.raises(ValueError, match=message):
        call()
