import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.reports.words import bracketed, marked, pieces

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


def test_marks_are_the_callers():
    assert marked(
        "due on Monday", "due on Friday", 80, lambda text, fate: text.upper() if fate == "new" else text
    ) == (
        "due on Monday",
        "due on FRIDAY",
    )


ANSWER = (
    "Dear customer, thank you for your patience about order {}. After a look into it we {} help you today."
)


@pytest.mark.parametrize("room", [200, 100, 60, 40, 20, 5])
def test_what_stayed_gives_way_to_what_did_not_and_nothing_else_is_marked(room):
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


def test_far_more_text_than_anybody_reads_is_told_soon():
    then, now = "a b c " * 20_000, "c b d " * 20_000
    both = marked(f"As we said: {then}", f"As we said: {now}", 70)
    assert both is None or max(map(len, both)) <= 70
    assert bracketed("d", "new") in marked(f"{then} d", f"{then} e", 70)[0].replace("[-", "{+").replace(
        "-]", "+}"
    )
