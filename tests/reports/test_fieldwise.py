"""Answers of many fields are compared field by field."""

import pytest

from pytest_modelcheck.reports.fieldwise import ABSENT, differences


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b", 2, 3)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("a.b[1]", 2, 3)]),
        ([1], [1, 2], [("[1]", ABSENT, 2)]),
        ({"a": 1}, {}, [("a", 1, ABSENT)]),
        ({"a": 1}, {"a": [1]}, [("a", 1, [1])]),
        ({"a": None}, {"a": False}, [("a", None, False)]),
        ({"a": 1.0, "b": 0.3}, {"a": 1, "b": 0.1 + 0.2}, []),
        ({}, {}, []),
    ],
)
def test_the_fields_that_differ(then, now, found):
    assert differences(then, now) == found


@pytest.mark.parametrize(("then", "now"), [("a", "b"), (1, 2), ({}, []), (None, {}), ([], "a")])
def test_what_has_no_fields_in_common_is_not_compared_by_them(then, now):
    assert differences(then, now) is None
