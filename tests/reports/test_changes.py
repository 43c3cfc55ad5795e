"""What was changed in an input, in one line."""

import pytest

from pytest_modelcheck.reports.changes import changes


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Please refund order 1182", "Please refnud order 1182", "Please [refund→refnud] order 1182"),
        ("Hello", "Hello Thanks", "Hello [+Thanks]"),
        ("Hello you there", "Hello there", "Hello [-you] there"),
        ("a  b", "a b", "a [ b→b]"),
        ("Ask Maria Lopez", "Ask Omar Khan", "Ask [Maria→Omar] [Lopez→Khan]"),
        ("refund", "ref-und", "[refund→ref-und]"),
        ({"a": 1}, {"a": 2}, "a: [1→2]"),
        ({"a": {"b": "x y"}}, {"a": {"b": "x z"}}, "a.b: x [y→z]"),
        ({"a": 1, "b": None}, {"b": None}, "a: [-1]"),
        ([1, 2], [1], "[[1,2]→[1]]"),
        ("same", "same", "same"),
        ("caf\u00e9 noir", "cafe\u0301 noir", r"[caf\xe9→cafe\u0301] noir"),
        ("refund", "r\u0435fund", r"[refund→r\u0435fund]"),
        ("refund", "возврат", "[refund→возврат]"),
        ("cafe", "café", "[cafe→café]"),
    ],
)
def test_changes_stand_in_brackets(before, after, shown):
    assert changes(before, after) == shown


def test_what_does_not_change_is_shortened():
    before = "start " * 40 + "refund " + "end " * 60
    shown = changes(before, before.replace("refund", "refnud"))
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert " start [refund→refnud] end " in shown
    assert len(shown) < 75


def test_between_two_changes_both_ends_are_left():
    middle = "m " * 60
    assert changes(f"one {middle}two", f"eno {middle}owt").count("…") == 1


def test_what_cannot_be_seen_is_shown_as_its_escape():
    assert "\\u200b" in changes("refund", "ref\u200bund")


def test_nothing_acts_on_the_terminal():
    shown = changes("a \x1b[31mred", "a \x1b[32mred")
    assert "\x1b" not in shown


def test_is_cut_to_its_width():
    assert len(changes("a " * 300, "b " * 300, width=80)) == 80
