"""Enough exchanges are drawn for the level of the test, and never too many at once."""

import pytest

from pytest_modelcheck.stats.resampling import chunks, resamples_for


@pytest.mark.parametrize("false_fail_rate", [0.05, 0.01, 0.001, 0.01 / 200])
def test_the_p_value_can_get_well_below_the_level(false_fail_rate):
    """Pitfall: a permutation p-value cannot be under 1 / (B + 1)."""
    assert resamples_for(false_fail_rate) >= 10 / false_fail_rate
    assert 1 / (resamples_for(false_fail_rate) + 1) <= false_fail_rate / 10


def test_a_level_of_0_is_refused():
    with pytest.raises(ValueError, match="false_fail_rate must lie strictly between 0 and 1, not 0"):
        resamples_for(0)


@pytest.mark.parametrize("each", [0, 1, 1_000, 3_000_000])
def test_chunks_add_up_and_stay_small(each):
    found = chunks(1_999, each)
    assert sum(found) == 1_999
    assert max(found) == 1 or max(found) * each <= 2_000_000
