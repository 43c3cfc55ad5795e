"""Values that scipy and statsmodels gave once, written down with the calls that gave them."""

import pytest

from pytest_modelcheck.stats.drift import score_drift
from pytest_modelcheck.stats.exchange import fisher_p_value
from pytest_modelcheck.stats.means import student_bounds, student_p_value
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.permutation import sign_flip_test
from pytest_modelcheck.stats.power import holm
from pytest_modelcheck.stats.rates import clopper_pearson, lower_tail, odd_one_out_p
from pytest_modelcheck.stats.trend import page_trend

CHANGES = [0.1, 0.4, -0.2, 0.3, 0.25]


@pytest.mark.parametrize(
    ("found", "reference"),
    [
        pytest.param(
            clopper_pearson(0, 1, 0.99),
            (0.0, 0.99),
            id='statsmodels 0.15.0: proportion_confint(0, 1, alpha=0.02, method="beta")',
        ),
        pytest.param(
            clopper_pearson(999_990, 1_000_000, 0.99),
            (0.9999798554219618, 0.999995869790777),
            id='statsmodels: proportion_confint(999990, 1000000, alpha=0.02, method="beta")',
        ),
        pytest.param(
            lower_tail(33, 40, 0.95),
            0.0033918975779359964,
            id='statsmodels: binom_test(33, 40, 0.95, alternative="smaller")',
        ),
        pytest.param(
            lower_tail(5, 1_000_000, 1e-5),
            0.06708501704958428,
            id="scipy 1.17.1: binom.cdf(5, 1_000_000, 1e-5)",
        ),
        pytest.param(
            odd_one_out_p(9, 14),
            0.0174337320605674,
            id='scipy: binomtest(9, 14, 1/3, alternative="greater")',
        ),
        pytest.param(
            mcnemar_exact(9, 2),
            0.03271484375,
            id="statsmodels: half of mcnemar([[50, 9], [2, 39]], exact=True)",
        ),
        pytest.param(
            fisher_p_value(290, 300, 80, 100),
            6.032248099409292e-07,
            id='scipy: fisher_exact([[290, 10], [80, 20]], alternative="greater")',
        ),
        pytest.param(
            holm([0.001, 0.04, 0.03, 0.2, 0.012]),
            [0.005, 0.09, 0.09, 0.2, 0.048],
            id='statsmodels: multipletests([...], method="holm")',
        ),
        pytest.param(
            page_trend([[1, 2, 3, 4, 5], [2, 1, 3, 5, 4], [1, 3, 2, 4, 5]]),
            0.00012962962962962966,
            id='scipy: page_trend_test([...], method="exact")',
        ),
        pytest.param(
            score_drift([1, 2, 3e-10], [2, 4, 4.5, 0], 0.01).distance,
            1.62500000005,
            id="scipy: wasserstein_distance([1, 2, 3e-10], [2, 4, 4.5, 0])",
        ),
        pytest.param(
            student_p_value(CHANGES, 0.3),
            0.14051553281336954,
            id='statsmodels: DescrStatsW(CHANGES).ttest_mean(0.3, alternative="smaller")',
        ),
        pytest.param(
            student_bounds(CHANGES, 0.99),
            (-0.22119279203264586, 0.5611927920326458),
            id="statsmodels: DescrStatsW(CHANGES).tconfint_mean(0.02)",
        ),
        pytest.param(
            sign_flip_test([0.6, 0.1, 0.0, 0.5, -0.05], 0.01).p_value,
            0.125,
            id='scipy: permutation_test of the differences, permutation_type="samples"',
        ),
    ],
)
def test_values_of_other_libraries(found, reference):
    assert found == pytest.approx(reference, rel=1e-9)
