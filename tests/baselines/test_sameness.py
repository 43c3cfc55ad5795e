import pytest

from pytest_modelcheck.baselines.sameness import answers_differ, differ, shown_answers
from pytest_modelcheck.records import Outcome, TrialResult

P = Outcome.PASSED
CALLS = [("a", b"1"), ("b", b"2"), ("a", b"3")]


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ([("b", b"2"), ("a", b"1"), ("a", b"3")], False),
        ([("a", b"3"), ("b", b"2"), ("a", b"1")], True),
        ([("a", b"1"), ("c", b"2"), ("a", b"3")], False),
        ([("a", b"1"), ("c", b"4"), ("a", b"3")], True),
        ([("a", b"1"), ("b", b"2")], True),
        ([("c", b"9"), ("a", b"1"), ("b", b"2"), ("a", b"3")], True),
    ],
    ids=("another order", "equal calls in another order", "asked", "answered", "fewer", "more"),
)
def test_answers_are_compared_call_by_call(now, differs):
    assert answers_differ(CALLS, now) is differs
    trials = [TrialResult(P, tuple(calls)) for calls in (CALLS, now)]
    assert differ(*trials) is differs


def test_of_a_run_that_broke_only_the_calls_that_it_made_are_compared():
    then, broke = TrialResult(P, tuple(CALLS)), TrialResult(Outcome.ERROR, tuple(CALLS[:2]))
    assert not differ(broke, then)
    assert differ(TrialResult(P, tuple(CALLS[:2])), then)


@pytest.mark.parametrize(
    ("now", "then", "shown"),
    [
        ([("a", b"1"), ("b", b"2")], [("a", b"1"), ("b", b"3")], (b"2", b"3")),
        ([("a", b"1"), ("b", b"2")], [("b", b"2"), ("a", b"1")], (b"1", b"2")),
        ([("a", b"1"), ("c", b"4")], [("a", b"1"), ("b", b"2")], (b"4", b"2")),
        ([("a", b"0.3"), ("b", b"2")], [("a", b"0.30000000000000004"), ("b", b"3")], (b"2", b"3")),
        ([("a", b"1")], [], (b"1", None)),
        ([], [], (None, None)),
    ],
)
def test_of_several_answers_the_first_that_differs_is_shown(now, then, shown):
    trial = TrialResult(P, tuple(now), approved=TrialResult(P, tuple(then)))
    answer, base, before, base_before = shown_answers(trial, "a")
    assert (answer, before) == shown
    assert base is base_before is None
    assert shown_answers(TrialResult(P, tuple(now)), "a", TrialResult(P, tuple(then))) == (
        answer,
        None,
        before,
        None,
    )
    recorded = TrialResult(P, tuple(now), recorded=b"9", approved=TrialResult(P, tuple(then), recorded=b"8"))
    assert shown_answers(recorded, "a") == (b"9", None, b"8", None)
