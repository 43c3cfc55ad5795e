import dataclasses

import pytest

from pytest_modelcheck.baselines.baseline import Baseline
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.baselines.lines import encode
from pytest_modelcheck.baselines.objections import differences
from pytest_modelcheck.records import Finding, Status

HEAD = Header("tests/test_a.py::test", "golden", "triage", "2.1", fingerprint="f1", cases=2)


@pytest.fixture
def ran(record):
    def run(answers, **more):
        rows = {case: encode(record(case, answer)) for case, answer in answers.items()}
        return Baseline(dataclasses.replace(HEAD, **more), rows, "a.jsonl")

    return run


def test_where_and_with_what_a_check_ran_does_not_count(ran):
    one = ran({"a": 0.3}, environment="CPython 3.11.7, Linux", plugin="0.1.0", rate=0.5)
    two = ran({"a": 0.30000000000000004}, environment="CPython 3.13.0, Windows", plugin="0.2.0")
    assert differences(one, two) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fingerprint": "f2"}, "the model's fingerprint"),
        ({"systems": ("fp_1",)}, "the systems that answered"),
        ({"body": "ab"}, "the test"),
        ({"files": {"a.yaml": "12"}}, "the case files"),
        ({"others": {"tone": "3"}}, "the versions of other models"),
        ({"stopped": "stopped after 1 of 9 cases"}, "how many cases were run"),
    ],
)
def test_what_was_judged_counts(ran, change, told):
    assert differences(ran({"a": 1}), ran({"a": 1}, **change)) == [told]


def test_missed_limits_count_and_the_words_for_them_do_not(ran):
    def red(words):
        return ran({"a": 1}, findings=(Finding("at_least", Status.FAILED, words),))

    assert differences(red("mean 0.1"), red("mean 0.100001")) == []
    assert differences(red("mean 0.1"), ran({"a": 1})) == ["which limits were missed"]


def test_cases_that_differ_are_counted_with_those_of_one_side(ran):
    assert differences(ran({"a": 1, "b": 1, "c": 1}), ran({"a": 1, "b": 2, "d": 1})) == ["3 of 4 cases"]
