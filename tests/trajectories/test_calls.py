from __future__ import annotations

import itertools

import pytest

from pytest_modelcheck import in_order, unordered
from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.trajectories.calls import ToolCall, ToolCalls


class IsPositive:
    """As dirty-equals has it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other > 0

    __hash__ = None


LOOK = ToolCall("look_up", {"order": "A-17"}, result={"status": "delivered"})
CHECK = ToolCall("check_policy", {"order": "A-17"})
REFUND = ToolCall("refund", {"order": "A-17", "amount": 20})
CALLS = ToolCalls([LOOK, CHECK, REFUND])


@pytest.mark.parametrize(
    ("patterns", "matched"),
    [
        ((), True),
        (("look_up", "refund"), True),
        (("refund", "look_up"), False),
        (("refund", "refund"), False),
        (("check_policy", ("refund", {"order": "A-17", "amount": IsPositive()})), True),
        ((("refund", {"order": "A-17"}),), False),
        ((["look_up", "check_policy"],), True),
        ((CALLS,), True),
    ],
)
def test_in_order_is_a_subsequence(patterns, matched):
    assert (in_order(*patterns) == CALLS) is matched
    assert (in_order(*patterns) == CALLS) is matched


@pytest.mark.parametrize(
    ("patterns", "matched"),
    [
        (("refund", "check_policy", "look_up"), True),
        (("look_up", "refund"), False),
        (("look_up", "check_policy", "refund", "refund"), False),
        ((ToolCalls([REFUND, LOOK, CHECK]),), True),
    ],
)
def test_unordered_is_the_same_calls_each_as_often(patterns, matched):
    assert (unordered(*patterns) == CALLS) is matched


def test_unordered_finds_a_way_wherever_there_is_one():
    """A pattern that matches several calls leaves those that others need to them."""
    calls = ToolCalls(
        [ToolCall("refund", {"amount": 1}), ToolCall("refund", {"amount": 2}), ToolCall("refund", None)]
    )
    patterns = ["refund", ("refund", {"amount": IsPositive()}), ("refund", {"amount": 1})]
    for order in itertools.permutations(patterns):
        assert calls == unordered(*order)
    assert calls != unordered("refund", ("refund", {"amount": 1}), ("refund", {"amount": 1}))


def test_equality_is_of_names_and_arguments_in_order():
    assert CALLS == ["look_up", "check_policy", "refund"]
    assert CALLS == (LOOK, "check_policy", ("refund", {"order": "A-17", "amount": 20}))
    assert CALLS != ["look_up", "refund", "check_policy"]
    assert CALLS != ["look_up", "check_policy"]
    assert ToolCalls([ToolCall("look_up", {"order": "A-17"}, error="no such order"), CHECK, REFUND]) == CALLS
    assert CALLS != 3


def test_a_call_is_found_by_its_name_where_it_is_the_only_one():
    assert CALLS["refund"] is REFUND
    assert CALLS[0] is LOOK
    assert CALLS[1:] == [CHECK, REFUND]
    with pytest.raises(AssertionError, match=r"delete was not called; the calls are: \[look_up\("):
        CALLS["delete"]
    with pytest.raises(AssertionError, match=r"refund was called 2 times.*calls.all\('refund'\)\[0\]"):
        ToolCalls([REFUND, REFUND])["refund"]


def test_membership_and_counts():
    assert "refund" in CALLS
    assert ("refund", {"order": "A-17", "amount": IsPositive()}) in CALLS
    assert "delete_account" not in CALLS
    assert CALLS.count("refund") == 1
    assert CALLS.all("delete_account") == []


def test_a_failed_call_that_is_made_again_counts_once():
    failed = ToolCall("refund", {"amount": 20}, error="timeout")
    calls = ToolCalls.merged([failed, failed, ToolCall("refund", {"amount": 20}, result="done")])
    assert len(calls) == 1
    assert (calls[0].retries, calls[0].error, calls[0].result) == (2, None, "done")
    assert calls.failed == []


def test_a_failed_call_that_is_made_otherwise_is_there_and_among_the_failed():
    failed = ToolCall("refund", {"amount": 2000}, error="too much")
    calls = ToolCalls.merged([failed, REFUND])
    assert calls == [failed, REFUND]
    assert calls.failed == [failed]
    assert calls.succeeded["refund"] is REFUND
    with pytest.raises(AssertionError, match=r"1 of them failed.*or calls.succeeded\['refund'\]"):
        calls["refund"]


@pytest.mark.parametrize(
    "patterns", [["look_up", 3], ["look_up", ("refund",)], [("refund", 1, 2)], [3], [None]]
)
def test_a_pattern_that_can_match_nothing_is_refused(patterns):
    with pytest.raises(UsageError, match="write names of tools, or pairs"):
        in_order(*patterns)


def test_a_matcher_that_is_compared_with_nothing_is_refused():
    with pytest.raises(UsageError, match=r"write `assert done\.calls == unordered\(refund\)`"):
        assert unordered("refund")


def test_matchers_and_calls_are_written_as_a_reader_writes_them():
    assert repr(in_order("look_up", ("refund", {"amount": 20}))) == "in_order(look_up, refund(amount=20))"
    assert repr(ToolCalls([REFUND])) == "[refund(order='A-17', amount=20)]"
