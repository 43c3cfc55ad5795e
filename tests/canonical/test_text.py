from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import encode_plain, excerpt


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x07\x7f\x85", "\\x07\\x7f\\x85"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("\ud800", "\\ud800"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0041", "\\U000e0041"),
        ("👨\u200d👩\u200d👧 é", "👨\u200d👩\u200d👧 é"),
        (None, "null"),
        (2.5, "2.5"),
        ({"b": [1, 2], "a": "x"}, '{"b":[1,2],"a":"x"}'),
        ({"a": "x\ny"}, '{"a":"x\\ny"}'),
        ((1,), '{"$tuple":[1]}'),
        (b"ab", '{"$bytes":"YWI="}'),
    ],
)
def test_a_value_is_one_line(value, line):
    assert excerpt(value) == line


def test_a_long_value_is_cut():
    assert excerpt("a" * 81) == "a" * 79 + "…"
    assert excerpt("a" * 80) == "a" * 80
    assert excerpt("word " * 3, 10) == "word word…"


def test_an_escape_is_never_cut_in_half():
    assert excerpt("abcdef\x1b[0m", 10) == "abcdef…"
    assert excerpt("abcde\x1b", 9) == "abcde\\x1b"
    assert excerpt("abcde\x1bf", 9) == "abcde…"


def test_an_object_is_shown_by_its_fields_or_its_repr():
    assert excerpt(object()) == "<object object>"
    cycle: list[object] = [1]
    cycle.append(cycle)
    assert excerpt(cycle) == "[1, [...]]"


@given(st.text(st.characters(exclude_categories=[])), st.integers(1, 30))
def test_no_text_can_act_on_the_terminal(text, width):
    line = excerpt(text, width)
    assert len(line) <= width
    line.encode()
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_no_printable_character_acts_on_the_screen():
    """Most texts therefore pass without a closer look."""
    escaped = [excerpt(chr(code)) for code in range(0x110000) if chr(code).isprintable()]
    assert not [text for text in escaped if len(text) > 1]
    assert len(escaped) > 100_000


class Name(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"x" * 2000, "2,000 bytes"),
        ({"raw": b"x" * 17, "label": "cat"}, '{"raw":"17 bytes","label":"cat"}'),
        ([np.zeros((32, 32, 3), np.uint8)], '["array 32×32×3 uint8 (0, 0, 0, 0, …)"]'),
        (PurePosixPath("pictures/cat.png"), "pictures/cat.png"),
        ((1, b"ab"), '{"$tuple":[1,{"$bytes":"YWI="}]}'),
        ({"a": "x\ud800", "b": (1,)}, '{"a":{"$escaped":"x\\\\ud800"},"b":{"$tuple":[1]}}'),
        ([Name("a\ud800"), b"x" * 50], '[{"$escaped":"a\\\\ud800"},"50 bytes"]'),
    ],
)
def test_large_contents_are_summarised(value, shown):
    assert excerpt(value, 200) == shown


def test_short_text_is_left_as_it_is():
    assert encode_plain({"a": [1, "x", (b"ab",)]}, brief=True) == encode_plain({"a": [1, "x", (b"ab",)]})
