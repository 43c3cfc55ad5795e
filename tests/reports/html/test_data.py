"""What the page is told."""

import json
import re

from pytest_modelcheck.reports.html import to_html
from pytest_modelcheck.reports.html.data import case_rows, overview
from pytest_modelcheck.reports.html.page import escaped


def test_a_case_says_as_little_as_says_everything(report):
    rows = json.loads(case_rows(report.checks[0]))
    assert rows[2] == ["t-3", 0, [[0, ["refund"], 1, 1]], ["about t-3"], ["refund"], 0, 1]
    assert rows[0] == [
        "t-1",
        1,
        [[1, ["other"], ["refund"], 1, 0, 0, 0, 0, 0, 0, "assert 'other' == 'refund'"]],
        ["about t-1"],
        ["refund"],
        1,
        1,
        "tickets.yaml:7",
    ]


def test_an_answer_of_null_is_told_from_none(report):
    rows = json.loads(case_rows(report.checks[0]))
    assert rows[1][2][0][1] == [None]


def test_the_overview_counts_what_the_cases_tell(report):
    (failed, passed) = overview(report)["checks"]
    comparison = failed["verdict"]["comparison"]
    assert (comparison["regressed"], comparison["fixed"], comparison["changed"]) == (2, 0, 2)
    assert failed["count"] == 4
    assert failed["cases"] == []
    assert passed["verdict"]["comparison"] is None


def test_json_cannot_end_the_element_that_it_stands_in():
    content = escaped(json.dumps("</script><!--<script>&").encode())
    assert not re.search(rb"[<>&]", content)
    assert json.loads(content) == "</script><!--<script>&"


def test_the_page_names_nothing_to_be_loaded(report):
    page = to_html(report).decode()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\(", markup)
    assert page.count("<script>") == 1
    assert not re.search(r"<[a-z]+[^>]*\son[a-z]+=", markup)
