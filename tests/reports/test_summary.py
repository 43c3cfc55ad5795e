"""The end of a run, at the widths of terminals. With REWRITE_DOCS=1 the snapshots are written anew."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelcheck.records import Calls, Comparison, Finding, Interval, Status, Tally, Verdict
from pytest_modelcheck.reports.bars import PLAIN, axis_from, bar
from pytest_modelcheck.reports.summary import summary_lines
from pytest_modelcheck.reports.terminal import failure

SNAPSHOTS = Path(__file__).with_name("snapshots")


def judged(name, status, passed, of, interval=None, then=None, required=None, **more):
    """A golden check with so many of its cases passed."""
    comparison = None
    if then is not None:
        comparison = Comparison(
            "2.0", of, 0, 0, of, then / of, passed / of, tuple("x" * max(0, then - passed))
        )
    return Verdict(
        check=name,
        kind="golden",
        status=status,
        findings=(Finding("at_least", status, f"{passed}/{of} cases pass"),),
        model="triage",
        version="2.1",
        rate=passed / of,
        cases=Tally(passed=passed, failed=of - passed),
        interval=interval and Interval(*interval, 0.99),
        required=required,
        comparison=comparison,
        calls=Calls(of, 0, 0, 0.5),
        **more,
    )


VERDICTS = (
    judged("test_triage.py::test_known", Status.FAILED, 182, 200, (0.85, 0.95), 193, 0.95),
    judged(
        "test_triage.py::test_names_and_typos_do_not_matter_at_all_in_any_language_whatsoever",
        Status.PASSED,
        200,
        200,
        (0.97, 1),
    ),
    judged(
        "test_triage.py::TestTone::test_polite[es-formal]",
        Status.INCONCLUSIVE,
        37,
        40,
        (0.76, 0.99),
        38,
        0.95,
    ),
    judged("tests/reviews/test_score.py::test_summaries", Status.PASSED, 30, 40, (0.6, 0.9), graded=True),
)


def snapshot(name, lines):
    """The lines are those of a file beside this one."""
    path = SNAPSHOTS / f"{name}.txt"
    text = "\n".join(lines) + "\n"
    if os.environ.get("REWRITE_DOCS") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_end_of_the_run(width):
    lines = [text for text, _ in summary_lines(VERDICTS, width)]
    snapshot(f"summary-{width}", lines)
    assert max(map(len, lines)) <= width


def test_the_end_of_the_run_where_a_terminal_knows_only_ascii():
    lines = [text for text, _ in summary_lines(VERDICTS, 120, strokes=PLAIN)]
    assert "o rate - its interval x approved | required" in lines[-2]
    assert lines[1].endswith("  .........----------ox--.")


@pytest.mark.parametrize("width", [80, 120])
def test_of_many_checks_those_that_passed_are_counted(width):
    many = [replace(VERDICTS[0], check="test_a.py::test_broken")]
    many += [replace(VERDICTS[1], check=f"test_a.py::test_{number:02}") for number in range(60)]
    lines = [text for text, _ in summary_lines(many, width, every=False)]
    assert "test_broken" in lines[1]
    assert "and 60 checks that passed: -v shows them" in lines
    assert len(lines) < 6
    assert len(list(summary_lines(many, width))) > 60
    assert len(list(summary_lines(many[:50], width, every=False))) > 50


def test_where_all_of_many_passed_there_is_no_table():
    many = [replace(VERDICTS[1], check=f"test_a.py::test_{number:02}") for number in range(60)]
    lines = [text for text, _ in summary_lines(many, 80, every=False)]
    assert lines[0] == "and 60 checks that passed: -v shows them"
    assert lines[1].startswith("60 passed; ")


def test_lines_are_coloured_by_status():
    styles = [markup for _, markup in summary_lines(VERDICTS[:2], 80)]
    assert styles == [{"bold": True}, {"red": True}, {"green": True}, {}]


def test_a_name_cannot_drive_the_terminal():
    hostile = replace(VERDICTS[0], check="test_a.py::test[\x1b[2J\u202e]", model="a\x07", version="\r")
    text = "\n".join(line for line, _ in summary_lines([hostile], 120))
    assert not set(text) & set("\x1b\u202e\x07\r")
    assert "\\x1b" in text


def test_an_axis_shows_every_rate():
    assert axis_from(VERDICTS) == 0.6
    assert axis_from([]) == 0.0
    assert axis_from(VERDICTS[1:2]) == 0.9


@pytest.mark.parametrize("start", [0.0, 0.5, 0.9])
def test_a_bar_is_as_wide_as_its_column(start):
    found = bar(VERDICTS[1], start)
    assert len(found) == 24
    assert found.endswith("─●")
    assert found.startswith("·")


def test_a_rate_without_a_place_on_the_axis_has_no_bar():
    assert bar(replace(VERDICTS[0], rate=None), 0.5) == ""
    assert bar(replace(VERDICTS[0], scale=None, graded=True), 0.5) == ""


def test_a_failure_that_needs_a_baseline_and_has_one(report):
    verdict = report.checks[0].verdict
    snapshot("failure", failure(verdict).split("\n"))


def test_what_a_model_says_cannot_drive_the_terminal(report):
    verdict = report.checks[0].verdict
    case = replace(
        verdict.shown[0], id="x\x1b[31m", message="first \x1b]0;title\x07\nsecond\u202e\r", origin="a\x9b"
    )
    text = failure(replace(verdict, shown=(case,), model="\x1b[2J", notes=("\u2066",)))
    assert not set(text) & set("\x1b\x07\r\x9b\u202e\u2066")
    assert "first \\x1b]0;title\\x07" in text
