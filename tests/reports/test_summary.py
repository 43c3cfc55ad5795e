"""The end of a run, at the widths of terminals. REWRITE_DOCS=1 rewrites the snapshots."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_modelcheck.records import Calls, Comparison, Finding, Group, Interval, Status, Tally, Verdict
from pytest_modelcheck.reports.bars import PLAIN, axis_from, bar, has_bar, text_of, width_of
from pytest_modelcheck.reports.summary import EVERYTHING, QUIET, VERBOSE, summary_lines
from pytest_modelcheck.reports.terminal import failure

SNAPSHOTS = Path(__file__).with_name("snapshots")


def judged(name, status, passed, of, interval=None, then=None, required=None, **more):
    """A golden check with a number of passed cases."""
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
        approved_version="2.0",
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
    """Compare the lines with a file beside this one."""
    path = SNAPSHOTS / f"{name}.txt"
    text = "\n".join(lines) + "\n"
    if os.environ.get("REWRITE_DOCS") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def rendered(verdicts=VERDICTS, width=80, **more):
    """The lines without their colours."""
    return [text_of(line) for line in summary_lines(verdicts, width, **more)]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_end_of_the_run(width):
    lines = rendered(width=width)
    snapshot(f"summary-{width}", lines)
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(("name", "verbosity"), [("q", QUIET), ("v", VERBOSE), ("vv", EVERYTHING)])
def test_the_end_of_the_run_with_more_and_with_less_detail(report, name, verbosity):
    verdicts = [*VERDICTS, *(check.verdict for check in report.checks)]
    snapshot(f"summary-80-{name}", rendered(verdicts, verbosity=verbosity))


def test_quietly_all_green_is_one_line():
    assert rendered(VERDICTS[1:2], verbosity=QUIET) == ["1 passed; answers: 0 cached, 200 new"]
    assert rendered(VERDICTS[1:2], verbosity=QUIET - 1) == []
    assert rendered(VERDICTS, verbosity=QUIET - 1) == rendered(VERDICTS, verbosity=QUIET)


def test_more_than_everything_is_everything():
    assert rendered(verbosity=EVERYTHING + 1) == rendered(verbosity=EVERYTHING)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 110, 120, 160])
def test_a_line_fits_and_says_who_and_how_at_any_width(width):
    name = "test_a.py::test_" + "long_" * 30
    priced = replace(VERDICTS[0], check=name, calls=Calls(20_000, 180_000, 0, 0.5, cost=123.45))
    lines = rendered([priced, *VERDICTS], max(40, width))
    table = lines[: next(number for number, line in enumerate(lines) if "answers:" in line)]
    assert max(map(len, table)) <= max(40, width)
    assert all("91%" in line for line in table if "FAIL" in line)
    assert ("●" in lines[1]) == (width >= 80)


@pytest.mark.parametrize("length", range(6, 30))
def test_a_short_name_does_not_make_a_line_too_long(length):
    lines = rendered([replace(VERDICTS[0], check=f"test_a.py::{'x' * length}")])
    assert max(map(len, lines)) <= 80
    assert "●" in lines[1]


def test_rates_of_a_version_that_is_not_the_approved_one_are_not_called_approved():
    assert "  approved  " in rendered()[0]
    other = replace(VERDICTS[0], approved_version="1.9")
    assert "  before  " in rendered([other, *VERDICTS])[0]


def test_calls_and_cached_answers_have_a_column_each_unless_there_are_none():
    lines = rendered([replace(VERDICTS[1], calls=Calls(14, 3))], 120)
    assert "  calls  cached  " in lines[0]
    assert "     14       3  " in lines[1]
    assert "cached" not in rendered([replace(VERDICTS[1], calls=Calls(14, 0))], 120)[0]


def test_costs_of_calls_have_a_column_if_known():
    assert "cost" not in rendered()[0]
    lines = rendered([replace(VERDICTS[0], calls=Calls(200, 0, 0, 0.5, cost=1.25)), VERDICTS[1]])
    assert "changed  cost" in lines[0]
    assert "0  1.25" in lines[1]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_costs_of_a_model_fit_into_lines_that_end_after_commas(width):
    calls = Calls(303, requests=303, retries=3, latencies=(0.13, 0.42), tokens_in=31623, tokens_out=2879)
    *_, first, second = rendered([replace(VERDICTS[0], calls=replace(calls, cost=0.0065))], width)
    together = (
        "triage 2.1: 303 calls (3 retries), median 0.13 s, 95% within 0.42 s, 31,623 input + 2,879 output "
        "tokens, "
    )
    if width == 200:
        assert second == together + "cost 0.0065"
        return
    assert max(map(len, (first, second))) <= width
    assert second.startswith("  ")
    assert first.endswith(",")


def test_names_keep_their_columns_in_any_script():
    names = (
        "test_ascii",
        "test_返金のお願いはいつも正しく分類される",
        "test_👩\u200d🔬_cafe\u0301",
        "test_한국어",
    )
    lines = rendered([replace(VERDICTS[0], check=f"test_a.py::{name}") for name in names])
    rates = {width_of(line.partition("91%")[0]) for line in lines if "FAIL" in line}
    assert len(rates) == 1
    assert max(map(width_of, lines)) <= 80


def test_the_end_of_the_run_where_a_terminal_knows_only_ascii():
    lines = rendered(width=140, strokes=PLAIN)
    assert "o rate - its interval x approved | required" in lines[-2]
    assert lines[1].endswith("  .........----------o|--.")
    assert "test_names_and_typos_do~" in lines[3]
    everything = rendered(
        [replace(VERDICTS[0], slices=(Group("tone=é", 1, 2),))], strokes=PLAIN, verbosity=EVERYTHING
    )
    assert "…" not in "".join(everything)


@pytest.mark.parametrize("width", [80, 120])
def test_passing_checks_of_many_are_counted(width):
    many = [replace(VERDICTS[0], check="test_a.py::test_broken")]
    many += [replace(VERDICTS[1], check=f"test_a.py::test_{number:02}") for number in range(60)]
    lines = rendered(many, width)
    assert "test_broken" in lines[1]
    assert "60 more checks passed (-v shows them)" in lines
    assert len(lines) < 6
    assert len(rendered(many, width, verbosity=VERBOSE)) > 60
    assert len(rendered(many[:50], width)) > 50


def test_if_all_of_many_passed_there_is_no_table():
    many = [replace(VERDICTS[1], check=f"test_a.py::test_{number:02}") for number in range(60)]
    lines = rendered(many)
    assert lines[0] == "60 more checks passed (-v shows them)"
    assert lines[1].startswith("60 passed; ")


def test_marks_are_coloured_and_what_is_read_is_not():
    lines = list(summary_lines(VERDICTS, 80))
    marks = {text: style for line in lines for text, style in line if style}
    assert marks["pass"] == {"green": True}
    assert marks["FAIL"] == {"red": True, "bold": True}
    assert marks["warn"] == {"black": True, "Yellow": True}
    assert all(
        text.endswith(("passed", "100%", ".py", ".py ")) or text in ("pass", "FAIL", "warn") for text in marks
    )
    assert "test_known" in lines[2][2][0]
    assert lines[2][2][1] == {}


def test_a_name_cannot_drive_the_terminal():
    hostile = replace(VERDICTS[0], check="test_a.py::test[\x1b[2J\u202e]", model="a\x07", version="\r")
    text = "\n".join(rendered([hostile], 120, verbosity=EVERYTHING))
    assert not set(text) & set("\x1b\u202e\x07\r")
    assert "\\x1b" in text


def test_an_axis_shows_every_rate():
    assert axis_from(VERDICTS) == 0.6
    assert axis_from([]) == 0.0
    assert axis_from(VERDICTS[1:2]) == 0.9


@pytest.mark.parametrize("start", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("length", [12, 24])
def test_a_bar_is_as_wide_as_its_column(start, length):
    found = bar(VERDICTS[1], start, length)
    assert len(found) == length
    assert found.endswith("●")
    assert found.startswith("·")


@pytest.mark.parametrize(
    ("rate", "required", "drawn"), [(0.94, 0.95, "●│"), (0.95, 0.95, "●"), (0.001, 0.01, "●│")]
)
def test_a_rate_that_misses_what_is_required_stands_before_it(rate, required, drawn):
    found = bar(replace(VERDICTS[0], rate=rate, required=required, interval=None, comparison=None), 0.0, 12)
    assert found.strip("·") == drawn


def test_a_rate_without_a_place_on_the_axis_has_no_bar():
    for odd in (replace(VERDICTS[0], rate=None), replace(VERDICTS[0], scale=None, graded=True)):
        assert not has_bar(odd)
        assert bar(odd, 0.5, 24) == ""
        assert "●" not in "".join(rendered([odd]))


def test_a_failure_that_needs_a_baseline_and_has_one(report):
    verdict = report.checks[0].verdict
    snapshot("failure", failure(verdict).split("\n"))


def test_texts_of_a_model_cannot_drive_the_terminal(report):
    verdict = report.checks[0].verdict
    case = replace(
        verdict.shown[0], id="x\x1b[31m", message="first \x1b]0;title\x07\nsecond\u202e\r", origin="a\x9b"
    )
    text = failure(replace(verdict, shown=(case,), model="\x1b[2J", notes=("\u2066",)))
    assert not set(text) & set("\x1b\x07\r\x9b\u202e\u2066")
    assert "first \\x1b]0;title\\x07" in text


def test_checks_at_different_levels_have_them_all_named():
    strict = judged("test_triage.py::test_strict", Status.PASSED, 40, 40, (0.9, 1))
    loose = replace(strict, check="test_triage.py::test_loose", interval=Interval(0.93, 1, 0.95))
    lines = [text_of(line) for line in summary_lines([strict, loose], 100)]
    assert lines[-1].endswith("95% or 99% confidence bounds")


def test_features_that_failing_checks_share_are_named_below_them():
    slices = (Group("language=es", 0, 10), Group("language=en", 10, 10))
    cases = Tally(passed=10, failed=10)
    failed = [
        replace(
            VERDICTS[0],
            check=f"t.py::test_{name}",
            status=Status.FAILED,
            slices=slices,
            cases=cases,
            comparison=None,
        )
        for name in "ab"
    ]
    for verbosity in (QUIET, 0):
        lines = [text_of(line) for line in summary_lines(failed, 80, verbosity=verbosity)]
        assert "failures in common: language=es in 2 of 2 failed checks" in lines


def test_checks_are_in_the_order_that_a_reader_counts_in():
    named = [replace(VERDICTS[0], check=f"t.py::test[{number}]") for number in (10, 9)]
    text = "\n".join(text_of(line) for line in summary_lines(named, 80))
    assert text.index("test[9]") < text.index("test[10]")
