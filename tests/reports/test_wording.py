"""Costs in words."""

from dataclasses import replace

from pytest_modelcheck.records import Calls, Status, Verdict
from pytest_modelcheck.reports.wording import by_model, cost_of, together


def verdict(version, calls):
    return Verdict("test_a.py::test_a", "golden", Status.PASSED, (), "triage", version, calls=calls)


def test_times_that_round_to_nothing_are_left_out():
    calls = Calls(new=2, requests=2, failed=1, latencies=(0.00001, 0.00002))
    assert cost_of(calls) == "2 calls (1 failed call)"


def test_calls_that_are_no_longer_awaited_are_not_mentioned():
    assert cost_of(Calls(new=64, requests=1, latencies=(0.002,))) == ""
    assert cost_of(Calls(cached=64)) == ""


def test_trouble_is_spoken_of_however_fast_it_was():
    calls = Calls(new=3, requests=5, retries=2, timeouts=1, failed=1, uncalled=1200, latencies=(0.001,))
    assert cost_of(calls).startswith(
        "5 calls (2 retries, 1 timeout, 1 failed call, 1,200 calls not made), median"
    )


def test_checks_of_one_version_are_put_together():
    one = Calls(new=2, requests=2, latencies=(0.1, 0.2), cost=0.5)
    two = Calls(new=1, requests=1, latencies=(3.0,), tokens_in=10)
    lines = dict(by_model([verdict("2.0", one), verdict("2.0", two), verdict("2.1", one)]))
    assert lines == {
        "triage 2.0": "3 calls, median 0.2 s, 95% within 3 s, 10 input + 0 output tokens, cost 0.50",
        "triage 2.1": "2 calls, median 0.1 s, 95% within 0.2 s, cost 0.50",
    }


def test_long_waits_of_a_model_that_is_called_one_by_one_say_how_to_call_it_together():
    one = Calls(new=40, requests=40, serial=True, latencies=(0.3,) * 40)
    assert dict(by_model([verdict("2.0", one)])) == {
        "triage 2.0": "40 calls, median 0.3 s, 95% within 0.3 s; 12 s in all, one after another: "
        "@model_fixture(concurrency=8) makes eight at once"
    }
    together_already, short = replace(one, serial=False), replace(one, requests=10)
    for calls in (together_already, short):
        assert "at once" not in dict(by_model([verdict("2.0", calls)]))["triage 2.0"]


def test_a_check_with_many_calls_weighs_more_than_one_with_few():
    many = Calls(requests=4000, latencies=tuple([0.1] * 41))
    few = Calls(requests=10, latencies=tuple([5.0] * 10))
    both = together([many, few])
    assert len(both.latencies) <= 41
    assert (both.p50, both.p95) == (0.1, 0.1)
