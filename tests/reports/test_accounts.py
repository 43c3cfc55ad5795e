"""The account of one check, as lines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelcheck.errors import BaselineError
from pytest_modelcheck.reports import accounts
from pytest_modelcheck.reports.packing import pack


@pytest.fixture
def lines(report):
    check = report.checks[0]
    return [accounts.head_line(check), *(accounts.row_line(pack(case, brief=True)) for case in check.cases)]


def test_an_account_comes_back_as_it_was(report, lines):
    assert accounts.parse(accounts.joined(lines)) == report.checks[0]


def test_its_first_line_alone_says_how_the_check_came_out(report, lines):
    assert accounts.parse_head(lines[0], "a.report") == replace(report.checks[0], cases=())


def test_it_lies_beside_the_candidate():
    assert accounts.beside(Path("a/test_x.py/TestX.test[es-1].jsonl")) == Path(
        "a/test_x.py/TestX.test[es-1].report"
    )


@pytest.mark.parametrize("cut", [1, 40, -2])
def test_a_damaged_account_is_refused(lines, cut):
    with pytest.raises(
        BaselineError, match=r"^a.report: the account of a check is damaged .* Run pytest again\.$"
    ):
        accounts.parse(accounts.joined(lines)[:cut], "a.report")


def test_a_file_that_is_none_is_refused():
    with pytest.raises(BaselineError, match="not the account of a check"):
        accounts.parse(b'{"a": 1}\n', "a.report")


def test_an_account_of_a_newer_version_is_refused(lines):
    head = json.loads(lines[0]) | {"modelcheck_report": 2}
    with pytest.raises(
        BaselineError, match=r"written by a newer pytest-modelcheck \(form 2, this version reads 1\)"
    ):
        accounts.parse_head(json.dumps(head).encode(), "a.report")


def test_a_row_that_lacks_its_id_is_refused(lines):
    with pytest.raises(BaselineError, match="damaged"):
        accounts.parse(accounts.joined([lines[0], b"{}"]))


def test_right_answers_are_read_of_the_cases_that_are_asked_about():
    odd = '"\\",\n é'
    rows = [
        accounts.row_line({"id": odd, "input": 1, "expected": {"a": [1]}}),
        accounts.row_line({"id": "none", "input": 1}),
        b'{"id":"broken", never decoded',
    ]
    content = accounts.joined([b"{}", *rows])
    assert accounts.expectations(content, [odd, "none", "absent"]) == {odd: {"a": [1]}}
