import pytest

from pytest_modelcheck.calls.throttle import Pace, Turn, interval_of
from pytest_modelcheck.errors import UsageError


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [("500/minute", 0.12), ("10/s", 0.1), ("3600 / hour", 1.0), ("2 per second", 0.5), ("0.5/sec", 2.0)],
)
def test_rates(rate, seconds):
    assert interval_of(rate) == pytest.approx(seconds)


@pytest.mark.parametrize("rate", ["", "500", "500/fortnight", "0/minute", "-1/minute", "a/minute", 500, None])
def test_what_is_no_rate(rate):
    with pytest.raises(UsageError, match=r'write a number of calls and a time, "500/minute"'):
        interval_of(rate)


def test_calls_are_spaced_evenly_and_time_unused_is_not_saved_up():
    clock = Clock()
    pace = Pace(2.0, clock=clock)
    assert [pace.wait(Turn()) for _ in range(3)] == [0, 2, 4]
    clock.now += 60
    assert [pace.wait(Turn()) for _ in range(3)] == [0, 2, 4]


def test_who_waits_keeps_his_turn():
    clock = Clock()
    pace = Pace(2.0, clock=clock)
    pace.wait(Turn())
    turn = Turn()
    assert pace.wait(turn) == 2
    clock.now += 1.5
    assert pace.wait(turn) == 0.5
    clock.now += 0.5
    assert pace.wait(turn) == 0


def test_a_pause_holds_everybody_up_and_the_spaces_stay():
    clock = Clock()
    pace = Pace(2.0, clock=clock)
    turns = [Turn() for _ in range(3)]
    for turn in turns:
        pace.wait(turn)
    pace.pause(10)
    assert [pace.wait(turn) for turn in turns] == [10, 12, 14]


def test_a_shorter_pause_does_not_end_a_longer_one():
    pace = Pace(clock=Clock())
    pace.pause(10)
    pace.pause(1)
    assert pace.wait(Turn()) == 10


def test_without_a_rate_nobody_waits_but_for_a_pause():
    clock = Clock()
    pace = Pace(clock=clock)
    assert [pace.wait(Turn()) for _ in range(3)] == [0, 0, 0]
    pace.pause(3)
    assert pace.wait(Turn()) == 3
    clock.now += 3
    assert pace.wait(Turn()) == 0
