"""Widths of text on a terminal."""

import pytest

from pytest_modelcheck.reports.bars import cut, padded, shortened, width_of


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("refund", 6),
        ("返金", 4),
        ("ﾊﾝｶｸ", 4),
        ("e\u0301", 1),
        ("\u0301", 0),
        ("🙂", 2),
        ("👩\u200d🔬", 2),
        ("👍🏽", 2),
        ("\u2764\ufe0f", 2),
        ("\u2764", 1),
        ("🇪🇸", 2),
    ],
)
def test_a_text_takes_as_many_cells_as_are_seen(text, width):
    assert width_of(text) == width
    assert width_of(padded(text, 20)) == 20


@pytest.mark.parametrize(
    "text",
    ["test_refunds_of_parcels", "返金のお願いはいつも正しく", "x👩\u200d🔬y👩\u200d🔬z返e\u0301金" * 2],
)
@pytest.mark.parametrize("width", range(1, 24))
def test_a_cut_name_fits_and_keeps_both_ends(text, width):
    found = cut(text, width)
    assert width - 2 <= width_of(found) <= width
    if found != text:
        head, tail = found.split("…")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_a_beginning_fits_and_leaves_no_accent_alone():
    assert shortened("ae\u0301", 2) == "ae\u0301"
    assert shortened("ae\u0301b", 1, from_end=True) == "b"
    assert shortened("e\u0301b", 2, from_end=True) == "e\u0301b"


def test_a_cut_name_cannot_drive_the_terminal():
    assert cut("a\x1b[2Jb", 40) == "a\\x1b[2Jb"
