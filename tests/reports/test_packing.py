"""Nouns become plain JSON values and come back as they were."""

import json
import math
from dataclasses import replace

import pytest

from pytest_modelcheck.records import MISSING, Interval, Origin, Outcome, Scale, Verdict
from pytest_modelcheck.reports.model import CaseReport, RunReport, TrialReport
from pytest_modelcheck.reports.packing import pack, unpack


def test_a_report_comes_back_as_it_was(report):
    assert unpack(json.loads(json.dumps(pack(report))), RunReport) == report


def test_a_brief_report_comes_back_as_it_was(report):
    assert unpack(json.loads(json.dumps(pack(report, brief=True))), RunReport) == report


def test_brief_leaves_out_what_says_nothing():
    trial = TrialReport(Outcome.PASSED, answer=None)
    assert pack(trial, brief=True) == {"outcome": "passed", "answer": None}


def test_an_answer_of_null_is_not_no_answer():
    for answer in (None, MISSING, 0, False, ""):
        trial = TrialReport(Outcome.PASSED, answer=answer)
        again = unpack(pack(trial, brief=True), TrialReport)
        assert again.answer is answer or again.answer == answer
        assert type(again.answer) is type(answer)


def test_zero_and_false_are_not_the_same_default():
    assert pack(TrialReport(Outcome.PASSED, variant=0, score=0.0), brief=True) == {
        "outcome": "passed",
        "score": 0.0,
    }


def test_a_field_that_is_not_known_is_passed_over():
    assert unpack({"path": "a", "line": 1, "column": 7}, Origin) == Origin("a", 1)


def test_a_field_that_is_missing_is_an_error():
    with pytest.raises(TypeError, match="required positional argument"):
        unpack({"low": 0.0, "high": 1.0}, Interval)


def test_what_is_no_object_is_an_error():
    with pytest.raises(TypeError, match="Origin is an object, not 3"):
        unpack({"id": "a", "outcome": "passed", "input": "", "origin": 3}, CaseReport)


def test_an_outcome_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="perhaps"):
        unpack({"outcome": "perhaps"}, TrialReport)


def test_values_of_answers_are_left_alone():
    answer = {"outcome": "passed", "list": [1, {"a": None}]}
    packed = pack(TrialReport(Outcome.FAILED, answer), brief=True)
    assert packed["answer"] == answer
    assert unpack(packed, TrialReport).answer == answer


def test_every_field_of_a_verdict_is_packed(report):
    packed = pack(report.checks[0].verdict)
    assert set(packed) == set(Verdict.__dataclass_fields__)


def test_a_scale_without_bounds_comes_back(report):
    verdict = replace(report.checks[0].verdict, scale=Scale(-math.inf, math.inf))
    packed = json.loads(json.dumps(pack(verdict), allow_nan=False))
    assert packed["scale"] == {"low": "-inf", "high": "inf"}
    assert unpack(packed, Verdict) == verdict
