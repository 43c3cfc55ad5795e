"""Both searches find where a rising function crosses zero, also where it is infinite or flat at the ends."""

import math

import pytest

from pytest_modelcheck.stats.root import crossing, smooth_crossing


def test_bisection_goes_to_the_last_bit():
    found = crossing(lambda x: x**3 - 2, 0, 2)
    assert found == pytest.approx(2 ** (1 / 3), abs=1e-15)


def test_bisection_finds_a_step():
    assert crossing(lambda x: -1.0 if x < 0.3 else 1.0, 0, 1) == pytest.approx(0.3, abs=1e-15)


def test_bisection_stops_within_a_distance():
    calls = []
    found = crossing(lambda x: calls.append(x) or x - 0.7, 0, 1, within=0.01)
    assert found == pytest.approx(0.7, abs=0.01)
    assert len(calls) == 7


@pytest.mark.parametrize(("value", "end"), [(-1.0, 1.0), (1.0, 0.0)])
def test_no_crossing_gives_the_end_that_is_nearest(value, end):
    assert crossing(lambda _: value, 0, 1) == pytest.approx(end, abs=1e-15)
    assert smooth_crossing(lambda _: value, 0, 1, within=1e-12) == pytest.approx(end, abs=1e-9)


def test_the_smooth_search_needs_few_evaluations():
    calls = []

    def normal_scale(x):
        calls.append(x)
        return math.atanh(2 * x - 1) + 1.5

    assert smooth_crossing(normal_scale, 0, 1, within=1e-10) == pytest.approx((1 + math.tanh(-1.5)) / 2)
    assert len(calls) <= 15


def test_the_smooth_search_bears_infinite_values():
    def jumps(x):
        return -math.inf if x < 0.25 else math.inf if x > 0.75 else x - 0.6

    assert smooth_crossing(jumps, 0, 1, within=1e-10) == pytest.approx(0.6, abs=1e-9)
