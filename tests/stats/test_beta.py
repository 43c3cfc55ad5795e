import random

import pytest
from scipy.special import betaincinv

from pytest_modelcheck.stats.beta import beta_quantile


@pytest.mark.parametrize("seed", range(20))
def test_quantiles_are_those_of_scipy(seed):
    generator = random.Random(seed)
    for _ in range(50):
        n = int(10 ** generator.uniform(0, 5))
        successes = generator.choice([1, n, generator.randint(1, n)])
        tail = generator.choice([1e-10, 1e-4, 0.01, 0.05, 0.5, 0.95])
        for a, b in ((successes, n - successes + 1), (n - successes + 1, successes)):
            assert beta_quantile(tail, a, b) == pytest.approx(betaincinv(a, b, tail), rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(1, 10**6), (10**6, 1), (5 * 10**5, 5 * 10**5), (10**6, 10**3)])
def test_of_a_million_trials_too(a, b):
    assert beta_quantile(0.01, a, b) == pytest.approx(betaincinv(a, b, 0.01), rel=1e-8)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.1, 3.0), (2.5, 0.3)])
def test_parameters_that_are_no_counts(a, b):
    for tail in (0.001, 0.3, 0.99):
        assert beta_quantile(tail, a, b) == pytest.approx(betaincinv(a, b, tail), rel=1e-8)


def test_what_is_known_by_heart():
    assert beta_quantile(0.25, 1, 1) == pytest.approx(0.25)
    assert beta_quantile(0.5, 7, 7) == pytest.approx(0.5)
    assert beta_quantile(0.01, 1, 2) == pytest.approx(1 - 0.99**0.5)
