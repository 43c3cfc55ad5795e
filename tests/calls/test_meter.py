import random

import pytest

from pytest_modelcheck.calls.meter import DistinctCalls, Meter, thinned
from pytest_modelcheck.models.usage import Usage
from pytest_modelcheck.records import Calls


def test_a_check_gets_the_counts_since_it_began():
    meter = Meter()
    meter.called(9.0)
    meter.questions(5)
    mark = meter.mark()
    meter.questions(3, [b"a"], [b"b", b"c", b"b", b"a"])
    meter.called(0.2)
    meter.called(0.1)
    meter.called(1.0, failed=True, timeout=True)
    meter.called(0.5, failed=True)
    meter.retried()
    meter.spent(Usage(10, 2, 0.5))
    calls = meter.since(mark, Calls(cached=7, seconds=3.0))
    assert calls == Calls(
        new=3,
        cached=7,
        seconds=3.0,
        requests=4,
        retries=1,
        failed=1,
        timeouts=1,
        uncalled=2,
        latencies=(0.1, 0.2, 1.0),
        tokens_in=10,
        tokens_out=2,
        cost=0.5,
        costs=(0.5,),
    )


def test_costs_of_answers_are_sorted():
    meter = Meter()
    meter.spent(Usage(cost=9.0))
    mark = meter.mark()
    for cost in (0.3, None, 0.1):
        meter.spent(Usage(cost=cost))
    assert meter.since(mark, Calls()).costs == (0.1, 0.3)


def test_an_unreported_amount_is_not_zero():
    meter = Meter()
    meter.spent(Usage())
    calls = meter.since(Meter().mark(), Calls())
    assert (calls.tokens_in, calls.tokens_out, calls.cost) == (None, None, None)


def test_quantiles_survive_thinning():
    numbers = [float(number) for number in range(2000)]
    calls = Calls(latencies=thinned(numbers))
    assert len(calls.latencies) == 41
    assert calls.p95 == pytest.approx(1900, abs=51)
    assert calls.p50 == pytest.approx(1000, abs=51)


@pytest.mark.parametrize("held", [10, 1 << 16])
def test_different_digests_are_counted_once_and_calls_without_one_each_time(held):
    generator = random.Random(1)
    keys = [generator.randbytes(16) for _ in range(300)]
    found = DistinctCalls(held)
    for _ in range(3):
        for key in keys:
            found.update([key, None])
    assert found.cached == 300 + 900
    found.update([b"one more than all"])
    found.new = 901
    assert found.cached == 300
