"""The JSON report: its schema, and the fields that it leaves out."""

import inspect
import json
import math
import os
import re
from dataclasses import fields, replace

import jsonschema
import pytest

from pytest_modelcheck.records import Calls, Comparison, Finding, Scale, ShownCase, Verdict
from pytest_modelcheck.records.packing import pack, unpack
from pytest_modelcheck.reports.jsons import SCHEMA, case_fields, dumps, to_json, value_of
from pytest_modelcheck.reports.model import CheckReport, ModelReport, PastResult, RunInfo, RunReport, Trouble


def test_a_report_without_its_cases_comes_back_as_it_was(report):
    report = replace(report, checks=tuple(replace(check, cases=()) for check in report.checks))
    assert unpack(json.loads(json.dumps(pack(report))), RunReport) == report


def test_every_field_of_a_verdict_is_packed(report):
    packed = pack(report.checks[0].verdict)
    assert set(packed) == set(Verdict.__dataclass_fields__)


def test_a_scale_without_bounds_comes_back(report):
    verdict = replace(report.checks[0].verdict, scale=Scale(-math.inf, math.inf))
    packed = json.loads(json.dumps(pack(verdict), allow_nan=False))
    assert packed["scale"] == {"low": "-inf", "high": "inf"}
    assert unpack(packed, Verdict) == verdict


def test_invalid_unicode_is_written_as_its_escape():
    assert dumps({"a": ["b\ud800"]}) == b'{"a":["b\\\\ud800"]}'


NOUNS = {
    "CheckReport": CheckReport,
    "ModelReport": ModelReport,
    "PastResult": PastResult,
    "RunInfo": RunInfo,
    "Trouble": Trouble,
    "Verdict": Verdict,
    "Calls": Calls,
    "Comparison": Comparison,
    "Finding": Finding,
    "ShownCase": ShownCase,
}


@pytest.fixture(scope="module")
def schema():
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_the_schema_is_a_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def described(noun):
    """The descriptions of a noun's attributes, as its docstring gives them."""
    text = inspect.getdoc(noun).partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", text, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", words).replace("``", "`") for name, words in entries}


@pytest.mark.parametrize("name", NOUNS)
def test_the_schema_describes_fields_as_docstrings_do(schema, name):
    """``REWRITE_DOCS=1`` writes them into the schema."""
    properties = schema["$defs"][name]["properties"]
    words = described(NOUNS[name])
    if os.environ.get("REWRITE_DOCS"):
        for field in words:
            properties[field]["description"] = words[field]
        SCHEMA.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert {field: properties[field].get("description") for field in words} == words


@pytest.mark.parametrize("name", NOUNS)
def test_the_schema_knows_every_field_of_a_noun(schema, name):
    assert set(schema["$defs"][name]["properties"]) == {field.name for field in fields(NOUNS[name])}


def test_the_schema_knows_every_field_of_a_case(report, schema):
    """A report with something of everything has all of them but a few."""
    rows = [case_fields(case) for check in report.checks for case in check.cases]
    of_cases = set().union(*rows)
    of_trials = set().union(*(trial for case in rows for trial in case["trials"]))
    known = schema["$defs"]
    assert set(known["CaseReport"]["properties"]) - of_cases == {"known_failure"}
    assert set(known["TrialReport"]["properties"]) - of_trials == {
        "approved_base_answer",
        "grades",
        "repeat",
        "score",
    }
    assert of_cases <= set(known["CaseReport"]["properties"])
    assert of_trials <= set(known["TrialReport"]["properties"])


def test_the_schema_describes_what_a_reader_of_a_report_meets_first(schema):
    for name in (
        "CaseReport",
        "CheckReport",
        "ModelReport",
        "PastResult",
        "RunInfo",
        "TrialReport",
        "Verdict",
    ):
        described = schema["$defs"][name]["properties"]
        assert [field for field, words in described.items() if "description" not in words] == []


def test_a_report_is_valid(report, schema):
    jsonschema.validate(json.loads(to_json(report)), schema)


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
def test_a_report_that_says_something_else_is_not_valid(report, schema, path, value):
    document = json.loads(to_json(report))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_cases_leave_out_what_has_nothing_to_say(report):
    document = json.loads(to_json(report))
    assert document["checks"][0]["cases"][2] == {
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
    assert document["checks"][1]["verdict"]["comparison"] is None


def test_a_long_answer_is_cut_to_a_text():
    long = b'{"a":"' + b"x" * 30_000 + b'"}'
    assert value_of(b'{"a":1}') == {"a": 1}
    assert len(value_of(long)) == 20_000
    assert value_of(long).endswith("…")
    assert value_of(b'"' + b"y" * 30_000 + b'"') == "y" * 19_999 + "…"
