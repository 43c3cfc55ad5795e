import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.reports.words import marked, pieces

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
    assert marked(then, now) is None


def test_words_are_marked_whole_and_punctuation_by_itself():
    assert marked("Your order ships today.", "Your orders ship today!") == (
        "Your [-order-] [-ships-] today[-.-]",
        "Your {+orders+} {+ship+} today{+!+}",
    )


def test_marks_are_the_callers():
    assert marked(
        "due on Monday", "due on Friday", lambda text, fate: text.upper() if fate == "new" else text
    ) == (
        "due on Monday",
        "due on FRIDAY",
    )
