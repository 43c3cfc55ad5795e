import pytest

from pytest_modelcheck.reports.windows import start_of, window

SAME = "word " * 50


@pytest.mark.parametrize("other", [None, SAME, "refund"])
def test_what_is_read_at_a_glance_begins_at_its_beginning(other):
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


def test_what_cannot_be_seen_is_shown_as_its_escape():
    assert window("a" * 50 + "\x1b[31m", 45, 20) == "…aaaa\\x1b[31m"
