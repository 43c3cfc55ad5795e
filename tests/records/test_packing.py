"""Records as plain data, and back."""

import pytest

from pytest_modelcheck.records import Finding, Interval, Origin
from pytest_modelcheck.records.packing import unpack
from pytest_modelcheck.reports.model import CheckReport, PastResult


def test_a_field_that_is_not_known_is_passed_over():
    assert unpack({"path": "a", "line": 1, "column": 7}, Origin) == Origin("a", 1)


def test_a_field_that_is_missing_is_an_error():
    with pytest.raises(TypeError, match="it lacks 'level'"):
        unpack({"low": 0.0, "high": 1.0}, Interval)


def test_a_line_that_is_no_object_is_an_error():
    with pytest.raises(TypeError, match="origin: Origin is an object, not 3"):
        unpack({"origin": 3}, CheckReport)


def test_an_unknown_status_is_an_error():
    with pytest.raises(TypeError, match="status: .*perhaps"):
        unpack({"version": "1", "status": "perhaps"}, PastResult)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"limit": 3}, "limit: 3 is not of type str"),
        ({"against_baseline": "no"}, "against_baseline: 'no' is not of type bool"),
        ({"p_value": "0.5"}, "p_value: '0.5' is not of type float"),
        ({"nights": []}, r"nights: Nights is an object, not \[\]"),
    ],
)
def test_a_value_of_another_type_is_an_error_that_names_its_field(fields, problem):
    with pytest.raises(TypeError, match=problem):
        unpack({"limit": "at_least", "status": "failed", "summary": "", **fields}, Finding)
