"""Nouns become plain JSON values and come back as they were."""

import json
import math
from dataclasses import replace

import pytest

from pytest_modelcheck.records import Interval, Origin, Scale, Verdict
from pytest_modelcheck.reports.model import CheckReport, Past, RunReport
from pytest_modelcheck.reports.packing import dumps, pack, unpack


def test_a_report_without_its_cases_comes_back_as_it_was(report):
    report = replace(report, checks=tuple(replace(check, cases=()) for check in report.checks))
    assert unpack(json.loads(json.dumps(pack(report))), RunReport) == report


def test_a_field_that_is_not_known_is_passed_over():
    assert unpack({"path": "a", "line": 1, "column": 7}, Origin) == Origin("a", 1)


def test_a_field_that_is_missing_is_an_error():
    with pytest.raises(TypeError, match="required positional argument"):
        unpack({"low": 0.0, "high": 1.0}, Interval)


def test_what_is_no_object_is_an_error():
    with pytest.raises(TypeError, match="Origin is an object, not 3"):
        unpack({"verdict": None, "origin": 3}, CheckReport)


def test_a_status_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="perhaps"):
        unpack({"version": "1", "status": "perhaps"}, Past)


def test_every_field_of_a_verdict_is_packed(report):
    packed = pack(report.checks[0].verdict)
    assert set(packed) == set(Verdict.__dataclass_fields__)


def test_a_scale_without_bounds_comes_back(report):
    verdict = replace(report.checks[0].verdict, scale=Scale(-math.inf, math.inf))
    packed = json.loads(json.dumps(pack(verdict), allow_nan=False))
    assert packed["scale"] == {"low": "-inf", "high": "inf"}
    assert unpack(packed, Verdict) == verdict


def test_what_is_no_unicode_is_written_as_its_escape():
    assert dumps({"a": ["b\ud800"]}) == b'{"a":["b\\\\ud800"]}'
