"""pass@k and pass^k, held against all choices of k runs, the published product and simulation."""

import itertools

import numpy as np
import pytest

from pytest_modelcheck.stats.passk import pass_at_k, pass_hat_k


@pytest.mark.parametrize(
    ("runs", "passes", "k"), [(5, 2, 1), (5, 2, 3), (6, 0, 2), (6, 6, 6), (7, 5, 4), (1, 1, 1)]
)
def test_they_are_shares_of_all_choices(runs, passes, k):
    chosen = list(itertools.combinations([True] * passes + [False] * (runs - passes), k))
    assert pass_at_k(runs, passes, k) == pytest.approx(np.mean([any(some) for some in chosen]))
    assert pass_hat_k(runs, passes, k) == pytest.approx(np.mean([all(some) for some in chosen]))


@pytest.mark.parametrize(("runs", "passes", "k"), [(100, 3, 10), (200, 150, 20), (20, 19, 2)])
def test_pass_at_k_is_the_product_of_its_authors(runs, passes, k):
    """Chen et al. 2021, figure 3: the numerically stable form."""
    product = 1.0 - np.prod(1.0 - k / np.arange(runs - passes + 1, runs + 1))
    theirs = product if runs - passes >= k else 1.0
    assert pass_at_k(runs, passes, k) == pytest.approx(theirs)


def test_they_are_unbiased_where_the_plain_power_is_not():
    chance, runs, k = 0.3, 5, 3
    passes = np.random.default_rng(0).binomial(runs, chance, 20_000)
    at, hat = ([one(runs, found, k) for found in range(runs + 1)] for one in (pass_at_k, pass_hat_k))
    assert np.array(at)[passes].mean() == pytest.approx(1 - 0.7**3, abs=0.01)
    assert np.array(hat)[passes].mean() == pytest.approx(0.3**3, abs=0.005)
    assert ((passes / runs) ** k).mean() > 0.3**3 + 0.02


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 1, 4), "k must be between 1 and 3, not 4"),
        ((3, 1, 0), "k must be"),
        ((0, 0, 1), "runs must be"),
        ((3, 4, 1), "passes must be"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pass_hat_k(*arguments)
