"""The JSON report: round trip, schema, refusals."""

import json
import os

import jsonschema
import orjson
import pytest

from pytest_modelcheck.errors import UsageError
from pytest_modelcheck.reports.jsons import from_json, to_json
from pytest_modelcheck.reports.model import RunInfo, RunReport
from pytest_modelcheck.reports.schema import PATH, schema


def test_a_report_round_trips(report):
    content = to_json(report)
    assert from_json(content) == report
    assert to_json(from_json(content)) == content


def test_an_empty_report_round_trips():
    report = RunReport(RunInfo("2025-03-01T12:00:00Z"))
    assert from_json(to_json(report)) == report


def test_the_schema_that_is_shipped_is_what_the_code_says():
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("REWRITE_DOCS") == "1":
        PATH.write_text(text, encoding="utf-8")
    assert PATH.read_text(encoding="utf-8") == text


def test_the_schema_is_a_schema_and_describes_every_field_of_a_report():
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    for name in ("CaseReport", "CheckReport", "ModelReport", "Past", "RunInfo", "TrialReport", "Verdict"):
        fields = found["$defs"][name]["properties"]
        assert [field for field, said in fields.items() if "description" not in said] == []


def test_a_report_is_valid(report):
    jsonschema.validate(json.loads(to_json(report)), schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["modelcheck_report"], 2),
        (["checks", 0, "verdict", "status"], "perhaps"),
        (["checks", 0, "verdict", "rate"], "half"),
        (["checks", 0, "cases", 0, "change"], "worse"),
        (["checks", 0, "cases", 0, "trials", 0, "outcome"], None),
        (["run"], []),
    ],
)
def test_a_report_that_says_something_else_is_not_valid(report, path, value):
    fields = json.loads(to_json(report))
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(fields, schema())


def test_cases_leave_out_what_has_nothing_to_say(report):
    fields = json.loads(to_json(report))
    assert fields["checks"][0]["cases"][2] == {
        "id": "t-3",
        "outcome": "passed",
        "input": "about t-3",
        "expected": "refund",
        "approved_outcome": "passed",
        "trials": [
            {
                "outcome": "passed",
                "answer": "refund",
                "approved_outcome": "passed",
                "approved_answer": "refund",
            }
        ],
    }
    assert fields["checks"][1]["verdict"]["comparison"] is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"a": 1}', b"\xff", b'{"modelcheck_report": 1}'])
def test_what_is_no_report_is_refused(content):
    with pytest.raises(UsageError, match=r"^my.json: not a JSON report of pytest-modelcheck"):
        from_json(content, "my.json")


def test_a_report_of_another_form_is_refused(report):
    fields = orjson.loads(to_json(report)) | {"modelcheck_report": 9}
    with pytest.raises(UsageError, match="has form 9, and this version reads 1"):
        from_json(orjson.dumps(fields))


def test_fields_of_a_later_version_are_passed_over(report):
    fields = orjson.loads(to_json(report)) | {"weather": "fine"}
    fields["checks"][0]["verdict"]["weather"] = "fine"
    assert from_json(orjson.dumps(fields)) == report


def test_what_is_no_unicode_is_written_as_its_escape():
    report = RunReport(RunInfo("", options={"a": "b\ud800"}))
    assert b"b\\\\ud800" in to_json(report)
