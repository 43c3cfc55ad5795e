import pytest

from pytest_modelcheck.baselines.sameness import equivalent, same_answer
from pytest_modelcheck.records import CaseRecord, Outcome, TrialRecord


def one(*asked, **trial):
    return CaseRecord("a", "aa", None, "a", (TrialRecord(Outcome.PASSED, asked, **trial),))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (b"0.1", b"0.10000000001", True),
        (b"0.1", b"0.11", False),
        (None, None, True),
        (None, b"null", False),
        (b"null", None, False),
        (b'"a"', b'"a"', True),
    ],
)
def test_answers_are_the_same_within_the_last_bits(a, b, expected):
    assert same_answer(a, b) is expected


def test_every_answer_of_a_trial_counts_not_just_the_first():
    assert not equivalent(one(("aa", b"1"), ("bb", b"2")), one(("aa", b"1"), ("bb", b"3")))
    assert equivalent(one(("aa", b"1"), ("bb", b"2.0")), one(("aa", b"1"), ("bb", b"2.0000000001")))


def test_another_question_is_not_the_same():
    assert not equivalent(one(("aa", b"1")), one(("bb", b"1")))
    assert not equivalent(one(("aa", b"1")), one(("aa", b"1"), ("aa", b"1")))


def test_what_was_recorded_counts():
    assert equivalent(one(recorded=b"0.5"), one(recorded=b"0.50000000001"))
    assert not equivalent(one(recorded=b"0.5"), one())


@pytest.mark.parametrize("change", [{"perturbation": "typos"}, {"variant": 1}, {"repeat": 1}, {"about": "x"}])
def test_another_trial_is_not_the_same(change):
    assert not equivalent(one(), one(**change))
