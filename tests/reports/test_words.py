"""Two texts side by side: cuts, words, and an input's changes in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.reports.words import bracketed, changes, marked_pieces, pieces, start_of, window

SAME = "word " * 50


def marked(before, after, room):
    """Both texts with brackets around the words that the other lacks."""
    sides = marked_pieces(before, after, room)
    return sides and tuple("".join(bracketed(text, fate) for fate, text in side) for side in sides)


@pytest.mark.parametrize("other", [None, SAME, "refund"])
def test_a_difference_that_is_visible_at_once_is_shown_from_the_beginning(other):
    assert start_of(SAME, [other], 120) == 0


@pytest.mark.parametrize("others", [[SAME + "no"], [None, SAME + "no"], ["refund", SAME + "no"]])
def test_a_late_difference_is_seen_on_both_sides(others):
    start = start_of(SAME + "yes", others, 120)
    assert window(SAME + "yes", start, 120).endswith(" word yes")
    assert window(SAME + "no", start, 120).endswith(" word no")


def test_texts_that_fit_are_whole_however_late_they_differ():
    assert start_of("a" * 100 + "b", ["a" * 100 + "c"], 120) == 0


def test_a_text_that_goes_on_where_the_other_ends():
    start = start_of(SAME + "yes", [SAME], 120)
    assert window(SAME + "yes", start, 120).endswith("yes")
    assert window(SAME, start, 120).startswith("…")


def test_an_invisible_character_is_shown_as_its_escape():
    assert window("a" * 50 + "\x1b[31m", 45, 20) == "…aaaa\\x1b[31m"


TEXT = st.text(alphabet="ab 1.é\n", max_size=40)


@given(TEXT, TEXT)
def test_nothing_is_lost_on_either_side(then, now):
    found = pieces(then, now)
    if found is not None:
        assert "".join(text for fate, text in found if fate != "new") == then
        assert "".join(text for fate, text in found if fate != "gone") == now


@given(st.text(max_size=40))
def test_equal_texts_have_nothing_marked(text):
    found = pieces(text, text)
    assert found is None or {fate for fate, _ in found} <= {"same"}


@pytest.mark.parametrize(
    ("then", "now"), [("refund", "other"), ("a", ""), ("", ""), ("one two three", "four five six")]
)
def test_texts_with_little_in_common_are_left_alone(then, now):
    assert marked(then, now, 80) is None


def test_words_are_marked_whole_and_punctuation_by_itself():
    assert marked("Your order ships today.", "Your orders ship today!", 80) == (
        "Your [-order-] [-ships-] today[-.-]",
        "Your {+orders+} {+ship+} today{+!+}",
    )


ANSWER = (
    "Dear customer, thank you for your patience about order {}. After a look into it we {} help you today."
)


@pytest.mark.parametrize("room", [200, 100, 60, 40, 20, 5])
def test_unchanged_text_gives_way_and_only_differences_are_marked(room):
    both = marked(ANSWER.format(7, "can"), ANSWER.format(8, "cannot"), room)
    assert max(map(len, both)) <= room
    if room >= 60:
        assert "[-7-]" in both[0]
        assert "{+8+}" in both[1]
        assert "[-can-]" in both[0]
        assert "{+cannot+}" in both[1]


def test_all_is_shown_where_there_is_room():
    then, now = ANSWER.format(7, "can"), ANSWER.format(8, "can")
    assert marked(then, now, 200) == (then.replace("7", "[-7-]"), now.replace("8", "{+8+}"))


@given(TEXT, TEXT, st.integers(1, 60))
def test_there_is_never_more_than_there_is_room_for(then, now, room):
    both = marked(then, now, room)
    assert both is None or max(map(len, both)) <= room


def test_a_very_long_text_is_compared_quickly():
    then, now = "a b c " * 20_000, "c b d " * 20_000
    both = marked(f"As we said: {then}", f"As we said: {now}", 70)
    assert both is None or max(map(len, both)) <= 70
    assert bracketed("d", "new") in marked(f"{then} d", f"{then} e", 70)[0].replace("[-", "{+").replace(
        "-]", "+}"
    )


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
        ({": a": 1}, {": a": 2}, ": a: [1→2]"),
        ("same", "same", "same"),
        ("caf\u00e9 noir", "cafe\u0301 noir", r"[caf\xe9→cafe\u0301] noir"),
        ("refund", "r\u0435fund", r"[refund→r\u0435fund]"),
        ("refund", "возврат", "[refund→возврат]"),
        ("cafe", "café", "[cafe→café]"),
    ],
)
def test_changes_stand_in_brackets(before, after, shown):
    assert changes(before, after) == shown


def test_equal_parts_are_shortened():
    before = "start " * 40 + "refund " + "end " * 60
    shown = changes(before, before.replace("refund", "refnud"))
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert " start [refund→refnud] end " in shown
    assert len(shown) < 75


def test_between_two_changes_both_ends_are_left():
    middle = "m " * 60
    assert changes(f"one {middle}two", f"eno {middle}owt").count("…") == 1


def test_changes_that_cannot_be_seen_are_shown_as_escapes():
    assert "\\u200b" in changes("refund", "ref\u200bund")


def test_nothing_acts_on_the_terminal():
    shown = changes("a \x1b[31mred", "a \x1b[32mred")
    assert "\x1b" not in shown


def test_is_cut_to_its_width():
    assert len(changes("a " * 300, "b " * 300, width=80)) == 80
