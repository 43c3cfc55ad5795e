from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_modelcheck.canonical import Codec, Unreadable, same

ENCODE = Codec().encode


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("x", "x", True),
        ("x", "y", False),
        ("1", 1, False),
        (1, 1.0, True),
        (1, True, False),
        (1.0, True, False),
        (0.0, False, False),
        (None, 0, False),
        (None, 0.0, False),
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.0 + 9e-7, True),
        (1.0, 1.0 + 2e-6, False),
        (1e-12, 3e-12, True),
        (0.0, -0.0, True),
        (0.0, 2e-9, False),
        (10**12, 10**12 + 1, False),
        (10**12, 10.0**12 + 1, True),
        (float("nan"), float("nan"), True),
        (float("nan"), 0.0, False),
        (float("inf"), 1e308, False),
        ([1.0, 2.0], [1.0, 2.0000001], True),
        ([1.0, 2.0], [1.0], False),
        ([1.0, 2.0], (1.0, 2.0), False),
        ({"a": 1.0}, {"a": 1.0000001}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ({"a": 1.0}, {"a": 1.0, "b": 1}, False),
        ({"a": [{"b": 0.3}]}, {"a": [{"b": 0.1 + 0.2}]}, True),
        (np.array([0.1, 0.3]), np.array([0.1, 0.1 + 0.2]), True),
        (np.array([0.1, 0.3]), np.array([0.1, 0.4]), False),
        (np.array([0.1], "f4"), np.array([0.1], "f8"), False),
        (np.float32(0.1), np.float32(0.10000001), True),
        ({1.0, 9.9999999}, {1.0, 10.0}, True),
        ({1.0, 9.9}, {1.0, 10.0}, False),
        ({"a", "b"}, {"a", "c"}, False),
        (0.3 + 1j, 0.1 + 0.2 + 1j, True),
    ],
)
def test_answers_are_the_same_within_the_last_bits_of_floats(a, b, equal):
    assert same(ENCODE(a), ENCODE(b)) is equal
    assert same(ENCODE(b), ENCODE(a)) is equal


def test_decimals_are_compared_as_numbers():
    assert same(b'{"$decimal":"1.0"}', b'{"$decimal":"1.00"}')
    assert not same(b'{"$decimal":"1.0"}', b'{"$decimal":"1.01"}')
    assert not same(b'{"$decimal":"one"}', b'{"$decimal":"1.01"}')
    assert not same(b'{"$decimal":[1]}', b'{"$decimal":{}}')


def test_the_tolerance_can_be_chosen():
    assert same(b"1.0", b"1.05", rel=0.1)
    assert not same(b"1.0", b"1.0000005", rel=1e-9)


def test_what_is_no_json_is_said_to_be():
    with pytest.raises(Unreadable, match="not JSON"):
        same(b"1", b"{")


@given(st.recursive(st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(), st.lists, max_leaves=6))
def test_an_answer_is_the_same_as_itself_written_otherwise(value):
    line = ENCODE(value)
    assert same(line, b" " + line)
