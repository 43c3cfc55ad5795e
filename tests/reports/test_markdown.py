"""Markdown that no text of a model breaks out of."""

import json
from dataclasses import replace

import pytest

from pytest_modelcheck.records import (
    Finding,
    Grade,
    Moved,
    Outcome,
    Scale,
    ShownCase,
    Status,
    Tally,
    TrialResult,
)
from pytest_modelcheck.reports.markdown import code, to_markdown
from pytest_modelcheck.reports.model import RunInfo, RunReport


def test_the_heading_counts_and_the_table_is_worst_first(report):
    lines = to_markdown(report).splitlines()
    assert lines[0] == "### modelcheck: 1 not judged, 1 failed, 1 passed"
    assert lines[2] == "`triage 2.1` (approved: `2.0`)  "
    assert lines[3] == "- ❌ `test_triage.py::test_broken`: `no such file`"
    rows = [line for line in lines if line.startswith(("| ❌", "| ✅"))]
    assert rows == [
        "| ❌ | `test_triage.py::test_known` | 2/4 | 50% | 5–95% | 100% | 2 | 0 | 2 |",
        "| ✅ | `test_triage.py::test_typos` | 2/4 | 50% | 5–95% |  |  |  |  |",
    ]


def test_broken_cases_are_listed_for_what_did_not_pass(report):
    text = to_markdown(report)
    assert "- `2 broke, 0 fixed: a net loss of 2 cases, none allowed`" in text
    assert "| `t-1` | `about t-1` | `refund` | `other` | `refund` |" in text
    assert "| `t-2` | `about t-2` | `refund` | `null` | `refund` |" in text
    assert "`t-3`" not in text
    assert "- see all: `modelcheck diff 2.1`" in text
    assert "t-5" not in text


def test_a_perturbed_case_shows_its_input_and_the_earlier_answer(report):
    check = report.checks[1]
    failed = replace(check, verdict=replace(check.verdict, status=Status.FAILED))
    assert "| `t-5` | `Where si it?` | `shipping` | `other` |  |" in to_markdown(
        replace(report, checks=(failed,))
    )


def test_answers_are_shown_without_the_tags_of_their_types(report):
    check = report.checks[0]
    trial = check.cases[0].trials[0]
    (name, _), *_ = trial.calls
    now = replace(trial, calls=((name, b'{"total":{"$decimal":"9.75"}}'),))
    case = replace(check.cases[0], trials=(now,), expected={"total": "9.50"})
    text = to_markdown(replace(report, checks=(replace(check, cases=(case,)),)))
    assert """| `{"total":"9.50"}` | `{"total":"9.75"}` | `refund` |""" in text


def test_a_case_without_an_answer_shows_why(report):
    """An answer that could not be parsed, with ``wrong_if=``: its cell was empty."""
    check = report.checks[0]
    trial = replace(check.cases[0].trials[0], calls=(), message="Expecting value: line 1 column 1")
    case = replace(check.cases[0], trials=(trial,))
    text = to_markdown(replace(report, checks=(replace(check, cases=(case,)),)))
    assert "| `refund` | `Expecting value: line 1 column 1` |" in text


def test_at_most_ten_cases_are_shown(report):
    check = report.checks[0]
    many = tuple(replace(check.cases[0], id=f"t-{number}") for number in range(12))
    text = to_markdown(replace(report, checks=(replace(check, cases=many),)))
    assert "<summary>12 failing cases, 10 shown</summary>" in text
    assert "`t-9`" in text
    assert "`t-10`" not in text


def test_many_checks_are_cut(report):
    text = to_markdown(replace(report, checks=report.checks[1:] * 60))
    assert text.count("| ✅ |") == 50
    assert "10 more checks not shown." in text


def test_a_run_without_checks_says_so():
    assert to_markdown(RunReport(RunInfo(""))) == "### modelcheck: no check was run\n\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "`a|b`"),
        ("<script>alert(1)</script>", "`<script>alert(1)</script>`"),
        ("@everyone", "`@everyone`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a``b`", "``` a``b` ```"),
        ("", ""),
    ],
)
def test_text_cannot_leave_its_code_span(text, shown):
    assert code(text) == shown


@pytest.mark.parametrize(
    ("outcome", "note", "change", "summary"),
    [
        (Outcome.FAILED, "regressed", "regressed", "2 failing cases"),
        (Outcome.FAILED, "changed", "changed", "2 changed answers"),
        (Outcome.PASSED, "changed", "changed", "2 changed answers"),
        (Outcome.PASSED, "lowest score", None, "1 lowest score"),
    ],
)
def test_the_cases_are_listed_that_a_failure_is_about(report, outcome, note, change, summary):
    check = report.checks[0]
    verdict = replace(check.verdict, shown=(ShownCase("t-1", note, "Where is it?", ""),))
    cases = tuple(
        replace(case, change=change, trials=tuple(replace(trial, outcome=outcome) for trial in case.trials))
        for case in check.cases[:2]
    )
    text = to_markdown(replace(report, checks=(replace(check, verdict=verdict, cases=cases),)))
    assert f"<summary>{summary}</summary>" in text
    assert ("| `t-2` |" in text) is (change is not None)


def test_a_bar_is_escaped_in_tables_alone(report):
    """In a code span elsewhere, the escape would be shown, and copied with the command."""
    check = report.checks[0]
    command = "pytest 'test_triage.py::test_known[a|b]'"
    verdict = replace(check.verdict, check="test_triage.py::test_known[a|b]", advice=(("see all", command),))
    lines = to_markdown(replace(report, checks=(replace(check, verdict=verdict),))).splitlines()
    assert f"- see all: `{command}`" in lines
    assert any("| `test_triage.py::test_known[a\\|b]` |" in line for line in lines)


def test_the_answer_of_a_judge_stands_with_its_reason_under_the_judged_answer(report):
    check = report.checks[0]
    (trial,) = check.cases[0].trials
    given = b'{"question":"When?","answer":"Soon\\n```</details>@all"}'
    grade = b'{"$seen":[true,{"ok":true,"reason":"kind"}]}'
    case = replace(check.cases[0], trials=(replace(trial, grades=(Grade("helpful", given, grade),)),))
    text = to_markdown(replace(report, checks=(replace(check, cases=(case,)),)))
    _, _, opened = text.partition("<details><summary><code>t-1: judged by helpful</code></summary>\n\n")
    lines = [
        "question: When?",
        "answer: Soon\\n```</details>@all",
        "",
        "helpful says",
        "ok: true",
        "reason: kind",
    ]
    assert opened.splitlines()[:8] == ["````text", *lines, "````"]


def test_a_hostile_case_stays_in_its_cell(report):
    check = report.checks[0]
    case = replace(check.cases[0], id="x\n| y", input="a\n\n# b `` | <img src=x> \u202e\x1b[2J")
    text = to_markdown(replace(report, checks=(replace(check, cases=(case,)),)))
    (row,) = (line for line in text.splitlines() if "img" in line)
    assert row.startswith("| `x\\n\\| y` | ```a\\n\\n# b `` \\| <img src=x> \\u202e\\x1b[2J``` |")
    assert "\x1b" not in text


def test_moves_of_a_drift_check_are_a_table(report):
    check = report.checks[0]
    changes = (("refund", "40%", "12%"), ("`|other", "1%", "29%"))
    moved = Moved(
        "total variation", 0.284, 0.05, 0.02, 0.0004, 200, 180, paired=True, against="of 2.0", changes=changes
    )
    drifted = replace(check, verdict=replace(check.verdict, kind="drift", moved=moved))
    text = to_markdown(replace(report, checks=(drifted,)))
    assert (
        "total variation: 0.28 (by chance alone 0.05), p = 0.0004; "
        "`180 answers against 200 of 2.0, to the same inputs`\n\n"
        "| moved most | then | now |\n|---|--:|--:|\n"
        "| `refund` | `40%` | `12%` |\n| `` `\\|other `` | `1%` | `29%` |\n"
    ) in text


def test_the_misses_that_stand_out_are_named_below_the_table(report):
    findings = (Finding("at_least", Status.FAILED, "missed", p_value=0.0001, reveals="much"),)
    one = replace(report.checks[0], verdict=replace(report.checks[0].verdict, findings=findings))
    text = to_markdown(replace(report, checks=(one, one)))
    assert (
        "\n\n`even among 2 checks, chance hardly explains 2 of 2 missed limits: test_known, test_known`\n"
        in text
    )


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"graded": True}, "| 0.500 | 5–95% | 1.000 |"),
        ({"graded": True, "signed": True, "scale": Scale(-1, 1)}, "| +0.5 | 0.05 … 0.95 | +1 |"),
        ({"graded": True, "scale": None}, "| 0.500 | 0.05 … 0.95 | 1.000 |"),
        ({"moved": Moved("total variation", 0.284, 0, 0, 1, 2, 2, paired=True, against="")}, "| Δ 0.28 |"),
    ],
)
def test_a_figure_that_is_no_share_is_on_its_own_scale(report, fields, row):
    check = report.checks[0]
    other = replace(check, verdict=replace(check.verdict, **fields))
    assert row in to_markdown(replace(report, checks=(other,)))


def test_the_promise_of_an_interval_is_stated_below_the_table(report):
    assert "Intervals: 99% confidence bounds." in to_markdown(report).splitlines()
    bare = tuple(replace(one, verdict=replace(one.verdict, interval=None)) for one in report.checks)
    assert "interval," not in to_markdown(replace(report, checks=bare))


def changed(report, **trial):
    """The report with another first trial of its first case."""
    check, *others = report.checks
    case = replace(check.cases[0], trials=(replace(check.cases[0].trials[0], **trial),))
    return replace(report, checks=(replace(check, cases=(case, *check.cases[1:])), *others))


def test_long_answers_are_cut_so_that_the_difference_is_seen(report):
    then, now = ("As you asked, " * 20 + end for end in ("we can help", "we cannot help"))
    before = TrialResult(Outcome.PASSED, recorded=json.dumps(then).encode())
    text = to_markdown(changed(report, recorded=json.dumps(now).encode(), approved=before))
    assert "we cannot help` | `…" in text
    assert "we can help` |" in text


def test_a_case_that_broke_says_how_and_is_counted(report):
    text = to_markdown(changed(report, outcome=Outcome.ERROR, message="KeyError: 'label'"))
    assert "| `KeyError: 'label'` | `refund` |" in text
    check = report.checks[0]
    broken = replace(check, verdict=replace(check.verdict, cases=Tally(passed=2, failed=1, error=1)))
    assert "| 2/3 + 1 error |" in to_markdown(replace(report, checks=(broken,)))


def test_says_where_a_check_fails(report):
    assert "- where: `language=es: 0/2 pass (approved: 2/2)`\n" in to_markdown(report)


def test_says_first_what_failing_checks_have_in_common(report):
    again = replace(report.checks[0], verdict=replace(report.checks[0].verdict, check="t.py::test_again"))
    text = to_markdown(replace(report, checks=(*report.checks, again)))
    assert "\nFailures in common, of 2 failed checks: `language=es` in 2\n" in text
    assert text.index("in common") < text.index("| check |")


def test_fits_into_a_comment_whatever_failed(report):
    many = tuple(
        replace(report.checks[0], verdict=replace(report.checks[0].verdict, check=f"t.py::test_{number}"))
        for number in range(300)
    )
    text = to_markdown(replace(report, checks=many))
    assert len(text.encode()) <= 60_000
    assert text.endswith("more checks that did not pass.\n")
