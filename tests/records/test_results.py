"""The outcome of a case, from those of its trials, and the answers of a trial."""

import itertools

import pytest

from pytest_modelcheck.records import (
    BITS,
    FOLDED,
    CaseResult,
    Outcome,
    Tally,
    TrialResult,
    fold,
    outcomes_in,
    tally,
)

P, F, E, S, X, XP, N = (
    Outcome(name) for name in ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "new")
)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([P], P),
        ([P, P, F], F),
        ([P, S], P),
        ([F, E], E),
        ([S, S], S),
        ([], S),
        ([N, P], P),
        ([N, S], N),
        ([X, XP], X),
        ([XP, XP], XP),
    ],
)
def test_a_case_is_as_bad_as_its_worst_trial_that_applies(outcomes, expected):
    case = CaseResult("a", "", None, "", tuple(map(TrialResult, outcomes)))
    assert case.outcome is fold(outcomes) is expected
    assert case.judged == (expected in (P, F))


@pytest.mark.parametrize("count", range(4))
def test_a_byte_stands_for_the_outcomes_of_a_case(count):
    for outcomes in itertools.combinations(Outcome, count):
        mask = sum(BITS[outcome] for outcome in outcomes)
        assert outcomes_in(mask) == set(outcomes)
        assert FOLDED[mask] is fold(outcomes)


def test_counts():
    counted = tally([P, P, F, E, S, X, XP, N])
    assert counted == Tally(2, 1, 1, 1, 1, 1, 1)
    assert (counted.judged, counted.total) == (3, 8)


def test_a_recorded_answer_comes_before_the_first():
    assert TrialResult(P).answer is None
    assert TrialResult(P, (("k", b"1"), ("l", b"2"))).answer == b"1"
    assert TrialResult(P, (("k", b"1"),), b"3").answer == b"3"


@pytest.mark.parametrize(
    ("calls", "recorded", "answers"),
    [
        ((("own", b"1"), ("other", b"2")), None, (b"2", b"1")),
        ((("other", b"2"), ("own", b"1")), None, (b"2", b"1")),
        ((("other", b"2"),), None, (b"2", None)),
        ((("own", b"1"), ("other", b"2")), b"3", (b"3", b"2")),
        ((), None, (None, None)),
    ],
)
def test_both_answers_of_a_perturbed_case_are_distinguished(calls, recorded, answers):
    assert TrialResult(P, calls, recorded, "typos").answers("own") == answers


def test_a_case_is_the_same_while_its_id_and_its_input_are():
    one = CaseResult("a", "ab", None, "x", ())
    assert one.is_same_as(CaseResult("a", "ab", "cd", "y", (TrialResult(P),)))
    assert not one.is_same_as(CaseResult("b", "ab", None, "x", ()))
    assert not one.is_same_as(CaseResult("a", "cd", None, "x", ()))
    assert not one.is_same_as(None)
