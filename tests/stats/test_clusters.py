"""Groups of dependent cases become one number each, and that is what keeps the false alarms down."""

import numpy as np
import pytest

from pytest_modelcheck.stats.clusters import cluster_means, cluster_sums
from pytest_modelcheck.stats.gaffke import mean_p_value
from pytest_modelcheck.stats.paired import mcnemar_exact
from pytest_modelcheck.stats.sign_flip import sign_flip_test


def test_clusters_come_in_the_order_in_which_they_first_appear():
    assert cluster_means([1, 0, 0, 1, 1], ["b", "a", "b", "a", "b"]) == [2 / 3, 0.5]
    assert cluster_sums([1, 0, 0, 1, -1], ["b", "a", "b", "a", "b"]) == [0, 1]


def test_every_value_needs_a_cluster():
    with pytest.raises(ValueError, match="shorter"):
        cluster_means([1, 0], ["a"])


def test_false_alarms_of_a_drop_are_kept_by_flipping_whole_clusters():
    """Twenty templates of twenty cases that break or are fixed together."""
    rng = np.random.default_rng(5)
    alone, together = [], []
    clusters = np.repeat(np.arange(20), 20)
    for _ in range(400):
        change = rng.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=20)[clusters] * (rng.random(400) < 0.5)
        alone.append(mcnemar_exact(int((change == 1).sum()), int((change == -1).sum())))
        sums = cluster_sums(change.tolist(), clusters.tolist())
        together.append(sign_flip_test(sums, 0.05).p_value)
    assert np.mean(np.array(alone) <= 0.05) > 0.2
    assert np.mean(np.array(together) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_false_alarms_of_a_rate_are_kept_by_taking_cluster_means():
    rng = np.random.default_rng(6)
    alone, together = [], []
    for _ in range(300):
        means = rng.beta(4.5, 0.5, 25)  # of mean 0.9
        passed = rng.binomial(10, means)
        together.append(mean_p_value(passed / 10, 0.9))
        alone.append(mean_p_value(np.repeat([1.0, 0.0], [passed.sum(), 250 - passed.sum()]), 0.9))
    assert np.mean(np.array(alone) <= 0.05) > 0.1
    assert np.mean(np.array(together) <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5
